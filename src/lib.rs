//! homepay: a smart-home voice-payment hub. What a home uses, joined with what it may spend.
//!
//! # The flow: one way in, one writer, one way out
//! ```text
//! broker ─ io::mqtt, io::broker ── Message + ack ticket ─┐
//! wallet ─ callbacks, answers ───────────────────────────┤                     (pure)
//! owner  ─ api::control, cli ────────────────────────────┼─► engine::intake ─ protocols ─► Event
//! clock  ─ engine::run ──────────────────────────────────┘                       │ bounded queue
//!            engine::turn  takes all that waits, in ONE transaction:             ▼
//!                 facts = store.facts(needs(event)); decision = decide(facts, event, now);
//!                 store.write(decision)
//!                 commit → acks released → outbox handed on
//!                            ├─ engine::settle ─ wallets ─► HTTP ─► answer ─► Event
//!                            └─ publications ─► ports::Broker ─► broker
//! ```
//!
//! # The crates: each names only lower floors, and Cargo holds it
//! | floor | crates under `src/` |
//! |---|---|
//! | 0 | [`domain`](homepay_domain): pure rules |
//! | 1 | [`ports`](homepay_ports): what the engine needs of the world; [`text`](homepay_text): what people write |
//! | 2 | [`language`](homepay_language), [`devices`](homepay_devices), [`files`](homepay_files), [`protocols`](homepay_protocols), [`export`](homepay_export), [`wallets`](homepay_wallets): outside words ⇄ domain; [`store`](homepay_store), [`io`](homepay_io): bodies of the ports |
//! | 3 | [`engine`](homepay_engine): intake, turn, outbox, workers: machines that the simulation drives, too |
//! | 4 | [`api`](homepay_api), [`sandbox`](homepay_sandbox) |
//! | 5 | this package: [`app`], the only place that names concrete bodies of the ports, [`config`], [`cli`] |
//!
//! # What is not here
//! - No float near money or counters, no clock or randomness in the domain.
//! - No write outside a turn; no transaction open across a network call.
//! - Nothing sent or acked that is not committed.
//! - No second idempotency key for the same step of the same order.
//! - No `allow` of a lint without its reason.
//!
//! # Walk-throughs
//! Paths are below `src/`.
//!
//! *An order*: `io/bus.rs` → `engine/intake.rs` → `protocols/native` → `domain/decide` (`ask`, `evaluate`,
//! `pay`) → `store/sqlite` → reply.
//! *A speaker that does not sign*: `protocols/voice` → `language/speech` → the same order; what only the
//! books know the meaning of is settled by `engine/voice.rs` when everything before it stands.
//! *A look*: `engine/view.rs` holds the book as the newest turn left it; `engine/state_views.rs` and
//! `protocols/views` make of it what `api` answers and `engine/state_publisher.rs` publishes.
//! *An owner's verb*: `protocols/native/verbs.rs` is the one table, for MQTT, HTTP and the command line.
//! *A turn that fails*: `engine/outage.rs` keeps its work in order until the store commits again;
//! `engine/vitals.rs` says so to readiness and health.
//! *What time it is*: `domain/timekeeper.rs` goes by the monotonic clock; `engine/clock_watch.rs` looks for
//! somebody who agrees with a leap of the wall clock.
//! *Lost books, a restore*: `store/sqlite/marker.rs`, `store/sqlite/restore.rs`; *tampering*:
//! `store/sqlite/verify.rs`, which `app/books_watch.rs` runs beside the daemon.
//! *A payment in doubt*: `engine/wallet_worker.rs` → `PaymentStatus::Unknown` → `domain/decide/wallet_status.rs` asks how it
//! stands before anything is paid again.
//! *A reading*: `devices` → `protocols/readings.rs` → `domain/decide/reading.rs` → `domain/meter.rs` →
//! `domain/usage`.
//! *An alert*: `domain/decide/watch` looks at what is due at a tick → `domain/alert` →
//! `language/phrases/alerts.rs`, and speakers by `protocols/voice`.
//! *A market price*: `engine/price_worker.rs` or a message → `protocols/native/price_message.rs` →
//! `domain/decide/market_prices.rs` → `domain/usage`, where `domain/bill.rs` finds it.
//! *A page, a sign-in, an approval on the phone*: `console` → `api` (`wish`, `decide`) → `domain/decide`
//! (`access`, `owner_command`); what is live comes by `console/live.rs` from what was published.
//! *A limit lowered in Home Assistant*: `protocols/homeassistant` → `engine/homeassistant.rs` →
//! `domain/decide/lower.rs` → the number as it stands.
//! *A bill*: `files/tariff` reads what is published → `domain/tariff` → `domain/bill.rs`: of use and
//! dated prices, never of a sum that was kept; `domain/live.rs` remembers days that are over;
//! `domain/decide/rerate.rs` computes anew what was billed.
//! *A bill to pay*: `protocols/native/bill.rs` → `domain/decide/payable.rs` → `domain/payable.rs`,
//! which becomes an order on its day.
//! *A statement*: `store/sqlite/reader.rs` → `domain/statement` → `export`.

pub mod app;
pub mod cli;
pub mod config;
pub mod lifecycle;
pub mod telemetry;
