//! The owner's pages: written by the server, every form works without script.
//!
//! # Map
//! - [`router`]: all routes in one list; [`Pages`] is what they share. Everything is read from the
//!   `Api`'s view or ledger and changed by its `wish` and `decide`: the pages are one more door, with no
//!   state of their own but when a session was last seen.
//! - `guard.rs` stands before every page: own names (421), own forms (403), headers.
//! - `page.rs`: what every page knows, the frame, faults. `signed.rs`: who is signed in, as an extractor.
//! - `words.rs` + `words/*.ftl`: both languages. `shown.rs`: money and times as people read them.
//! - `passwords.rs`, `cookies.rs`, `sign_in.rs`, `setup.rs`: accounts; what they lead to is decided in
//!   the domain (`domain/access`, `domain/decide/access.rs`).
//! - `wizard/`: the steps after the first sign-in, each of which adds tables to the household.
//! - `trust.rs`: how a phone learns to know the home's certificates.
//! - `codes.rs`, `passkeys.rs`, `pending.rs`: other ways to prove who one is. `security/`: their page.
//! - `home.rs`, `orders.rs`, `order_acts.rs`, `limits/`, `costs/`, `alerts.rs`, `bills.rs`, `devices.rs`,
//!   `more.rs`: pages. `acts.rs`: what a form wishes of the books, and how a refusal is said.
//!   `live.rs`: parts of pages that follow the books by
//!   server-sent events.
//! - `assets.rs` + `assets/`: files of others and our own; `assets/VENDOR.md` says whose and which.
//!
//! How to add a page: `README.md`.
//!
//! # What never happens here
//! - A GET changes nothing. - Nothing inline in a page: the policy forbids scripts and styles in it.
//! - No password and no token is logged, kept or journalled.

mod acts;
mod alerts;
mod assets;
mod bills;
mod codes;
mod cookies;
mod costs;
mod devices;
mod fields;
mod guard;
mod home;
mod limits;
mod live;
mod more;
mod order_acts;
mod orders;
mod page;
#[cfg(feature = "passkeys")]
mod passkeys;
mod passwords;
mod pending;
mod security;
mod setup;
mod shown;
mod sign_in;
mod signed;
mod trust;
mod wizard;
mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use homepay_api::Api;
use homepay_api::hosts::OwnNames;
use passwords::PasswordDesk;
use pending::PendingDesk;

/// The largest form that is read, in bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// What the pages share.
#[derive(Clone)]
pub struct Pages {
    pub api: Api,
    /// Under which names they may be asked for.
    pub names: OwnNames,
    /// True where pages are shown without TLS to other machines, too: behind a proxy of the owner's.
    pub is_plain_allowed: bool,
}

/// What a page's handler is given.
#[derive(Clone)]
struct Shared {
    pages: Pages,
    desk: PasswordDesk,
    pending: PendingDesk,
}

impl axum::extract::FromRef<Shared> for Pages {
    fn from_ref(shared: &Shared) -> Pages {
        shared.pages.clone()
    }
}

impl axum::extract::FromRef<Shared> for PasswordDesk {
    fn from_ref(shared: &Shared) -> PasswordDesk {
        shared.desk.clone()
    }
}

impl axum::extract::FromRef<Shared> for PendingDesk {
    fn from_ref(shared: &Shared) -> PendingDesk {
        shared.pending.clone()
    }
}

/// The routes of all pages, behind the guard.
pub fn router(pages: Pages) -> Router {
    let shared = Shared {
        pages: pages.clone(),
        desk: PasswordDesk::default(),
        pending: PendingDesk::default(),
    };
    Router::new()
        .route("/", get(home::home))
        .route("/live/home", get(home::live))
        .route("/freeze", post(home::freeze))
        .route("/thaw", post(home::thaw))
        .route("/orders", get(orders::orders))
        .route("/live/orders", get(orders::live_orders))
        .route("/orders/{id}", get(orders::order))
        .route("/live/orders/{id}", get(orders::live_order))
        .route("/orders/{id}/approve", post(order_acts::approve))
        .route("/orders/{id}/reject", post(order_acts::reject))
        .route("/orders/{id}/cancel", post(order_acts::cancel))
        .route("/orders/{id}/refund", post(order_acts::refund))
        .route("/costs", get(costs::costs))
        .route("/costs/export/{format}", get(costs::download))
        .route("/more", get(more::more))
        .route("/help", get(more::help))
        .route("/members", get(more::members))
        .route("/notify", get(more::notify))
        .route("/notify/try", post(more::try_notify))
        .route("/alerts", get(alerts::alerts))
        .route("/alerts/ack", post(alerts::ack))
        .route("/alerts/snooze", post(alerts::snooze))
        .route("/bills", get(bills::bills).post(bills::add))
        .route("/bills/{id}/pay", post(bills::pay))
        .route("/bills/{id}/cancel", post(bills::cancel))
        .route("/devices", get(devices::devices))
        .route("/devices/{id}", get(devices::device))
        .route("/devices/{id}/freeze", post(devices::freeze))
        .route("/devices/{id}/thaw", post(devices::thaw))
        .route("/setup", get(setup::form).post(setup::set_up))
        .merge(wizard::router())
        .merge(limits::router())
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/trust", get(trust::page))
        .route("/ca.crt", get(trust::certificate))
        .route("/display", post(page::display))
        .route("/sign-in/code", post(sign_in::second))
        .merge(security::router())
        .merge(passkey_routes())
        .merge(assets::router())
        .fallback(page::nothing)
        .method_not_allowed_fallback(page::not_so)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(pages, guard::guard))
        .with_state(shared)
}

#[cfg(feature = "passkeys")]
fn passkey_routes() -> Router<Shared> {
    Router::new()
        .route("/security/passkeys/begin", post(passkeys::begin_new))
        .route("/security/passkeys/end", post(passkeys::end_new))
        .route("/sign-in/passkey/begin", post(passkeys::begin_sign_in))
        .route("/sign-in/passkey/end", post(passkeys::end_sign_in))
        .route("/proof/begin", post(passkeys::begin_proof))
        .route("/orders/{id}/passkey/begin", post(passkeys::begin_approval))
        .route("/proof/end", post(passkeys::end_proof))
}

#[cfg(not(feature = "passkeys"))]
fn passkey_routes() -> Router<Shared> {
    Router::new()
}
