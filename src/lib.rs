//! homepay: a smart-home voice-payment hub. What a home uses, joined with what it may spend.
//!
//! # The flow: one way, one door
//! ```text
//! broker ─ io::mqtt, io::broker ── Message + ack ticket ─┐
//! wallet ─ callbacks, answers ───────────────────────────┤                     (pure)
//! owner  ─ api::control, cli ────────────────────────────┼─► engine::intake ─ adapters ─► Event
//! clock  ─ engine::run ──────────────────────────────────┘                       │ bounded queue
//!            engine::turn  takes all that waits, in ONE transaction:             ▼
//!                 facts = store.facts(needs(event)); decision = decide(facts, event, now);
//!                 store.write(decision)
//!                 commit → acks released → outbox handed on
//!                            ├─ engine::settle ─ wallets ─► HTTP ─► answer ─► Event
//!                            └─ publications ─► io::bus ─► broker
//! ```
//!
//! # Floors: a module names only lower ones
//! | floor | rooms |
//! |---|---|
//! | 0 | [`domain`]: pure rules, compiled alone by `tests/domain_alone.rs` |
//! | 1 | [`ports`]: what the engine needs of the world |
//! | 2 | [`adapters`] (words ⇄ events), [`wallets`] (asks ⇄ requests), [`store`], [`io`] |
//! | 3 | [`engine`]: intake, turn, outbox |
//! | 4 | [`api`], [`sandbox`], [`config`], [`telemetry`], [`lifecycle`] |
//! | 5 | [`app`]: the only place that names concrete bodies of the ports |
//! | 6 | [`cli`] |
//!
//! # What is not here
//! - No float near money or counters, no clock or randomness in the domain.
//! - No write outside a turn; no transaction open across a network call.
//! - Nothing sent or acked that is not committed.
//! - No second idempotency key for the same step of the same order.
//! - No `allow` of a lint without its reason.
//!
//! # Walk-throughs
//! *An order*: `io::bus` → [`engine::intake`] → [`adapters::native::heard`] →
//! [`domain::decide`] (`ask`, `judge`, `pay`) → [`store::sqlite`] → reply.
//! *A speaker that does not sign*: [`adapters::voice`] → [`adapters::speech`] → the same order;
//! questions are answered between turns by [`engine::voice`].
//! *A turn that fails*: [`engine::backlog`] keeps its work in order until the store commits again;
//! [`engine::vitals`] says so to readiness and health.
//! *What time it is*: [`domain::timekeeper`] goes by the monotonic clock; [`engine::clock`] looks for
//! somebody who agrees with a leap of the wall clock.
//! *Lost books, a restore*: [`store::sqlite::marker`], [`store::sqlite::restore`]; *tampering*:
//! [`store::sqlite::verify`], which `app/books_watch.rs` runs beside the daemon.
//! *A payment in doubt*: [`engine::settle`] → `Answer::Unknown` → `domain/decide/wallet.rs` asks
//! how it stands before anything is paid again.
//! *A reading*: [`adapters::profile`] → `domain/decide/reading.rs` → [`domain::meter`] →
//! [`domain::usage`].
//! *An alert*: `domain/decide/watch` looks at what is due at a tick → [`domain::alert`] →
//! `adapters/phrases/alerts.rs`, and speakers by `adapters/voice/told.rs`.
//! *A market price*: `engine/prices.rs` or a message → [`adapters::native::prices`] →
//! `domain/decide/prices.rs` → [`domain::usage`], where [`domain::bill`] finds it.
//! *A limit lowered in Home Assistant*: [`adapters::homeassistant`] → `engine/homeassistant.rs` →
//! [`domain::decide`] (`lower`) → the number as it stands.
//! *A bill*: [`adapters::tariff`] reads what is published → [`domain::tariff`] → [`domain::bill`]: of
//! use and dated prices, never of a sum that was kept; [`domain::live`] remembers days that are over;
//! `domain/decide/rerate.rs` computes anew what was billed.
//! *A bill to pay*: [`adapters::native::bill`] → `domain/decide/payable.rs` →
//! [`domain::payable`], which becomes an order on its day.
//! *A statement*: [`store::sqlite::read`] → [`domain::statement`] → [`adapters::export`].
//!
//! # How to add
//! a device: one folder under `devices/`, no Rust; a tariff: one file under `tariffs/`; a wallet: one
//! file under [`wallets`] and a line in [`app`]; a field of a limit: [`domain::limits`],
//! `domain/decide/judge.rs`, the form in [`adapters::household`]; an export: one file under
//! [`adapters::export`] and a word in `cli/statement.rs`.

pub mod adapters;
pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod io;
pub mod lifecycle;
pub mod ports;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod wallets;
