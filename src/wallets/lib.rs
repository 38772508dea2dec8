//! Wallets: what is asked becomes an HTTP request, what comes back becomes an answer.
//!
//! Pure: no I/O, no clock, no randomness. Time and nonces are arguments, the sending is the
//! `ports::Wallet` port's. One more wallet is one file here with a body of [`Connector`], one line
//! below, and one line where the app chooses by `wallet.kind`. Its tests are recorded answers and
//! an outside peer; what it cannot read it answers [`PaymentStatus::Unknown`], never a guess.

#![deny(clippy::wildcard_enum_match_arm)]
#![deny(missing_docs)]

pub mod base;
pub mod native;
mod payment_status;
pub mod sign;
pub mod structured;
#[cfg(test)]
mod vectors;
pub mod webhook;
pub mod wire;

use homepay_domain::ids::OrderId;
use homepay_domain::money::Minor;
use homepay_domain::settlement::{PaymentCommand, PaymentStatus};
use homepay_domain::time::UnixMs;
use homepay_ports::{HttpRequest, HttpResponse, SendFault};

/// What the port brought back.
pub type HttpResult = Result<HttpResponse, SendFault>;

/// A nonce: random, new for every request and every retry.
pub type Nonce = [u8; sign::NONCE_BYTES];

/// A kind of wallet.
pub trait Connector: Send + Sync {
    /// The request that asks it. A retry is made anew, with a new nonce, and carries the same
    /// idempotency key.
    fn request(&self, ask: &PaymentCommand, now: UnixMs, nonce: Nonce) -> HttpRequest;

    /// What the reply to `request` says about the payment. Only what is proven to come from the
    /// wallet and agrees with the ask is anything but [`PaymentStatus::Unknown`].
    fn answer(
        &self,
        ask: &PaymentCommand,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> PaymentStatus;

    /// The request for the balance.
    fn balance_request(&self, now: UnixMs, nonce: Nonce) -> HttpRequest;

    /// The balance.
    ///
    /// # Errors
    /// Says why the reply is not believed.
    fn balance(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<Balance, String>;

    /// The request for the sources of money.
    fn sources_request(&self, now: UnixMs, nonce: Nonce) -> HttpRequest;

    /// The sources of money.
    ///
    /// # Errors
    /// Says why the reply is not believed.
    fn sources(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<Vec<Source>, String>;

    /// The request for one page of the statement: `from` ≤ time < `to`, from the cursor on.
    fn statement_request(
        &self,
        from: UnixMs,
        to: UnixMs,
        cursor: Option<&str>,
        now: UnixMs,
        nonce: Nonce,
    ) -> HttpRequest;

    /// One page of the statement.
    ///
    /// # Errors
    /// Says why the reply is not believed.
    fn statement(
        &self,
        request: &HttpRequest,
        reply: HttpResult,
        now: UnixMs,
    ) -> Result<WalletStatement, String>;
}

/// What the wallet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Free to spend, in minor units.
    pub available: Minor,
    /// Reserved by holds, in minor units.
    pub held: Minor,
}

/// Where money can come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The wallet's id of it, such as `balance`.
    pub id: String,
    /// What it is, such as `card`.
    pub kind: String,
    /// Free to spend, in minor units.
    pub available: Minor,
}

/// What moved the money of a statement's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A payment: money out.
    Capture,
    /// Given back: money in.
    Refund,
    /// Put in by the owner.
    TopUp,
}

/// One line of the wallet's statement: money that moved. Holds are not on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementEntry {
    /// The wallet's own id of the line.
    pub id: String,
    /// Why the money moved, and so which way.
    pub kind: EntryKind,
    /// The payment, which is the order; none for a top-up.
    pub payment: Option<OrderId>,
    /// The refund's id, for a refund.
    pub refund: Option<String>,
    /// How much; never negative, [`EntryKind`] says which way.
    pub amount: Minor,
    /// Its ISO 4217 code, where the line says one.
    pub currency: Option<String>,
    /// When it moved, by the wallet's clock.
    pub at: UnixMs,
}

/// One page of the statement, oldest line first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletStatement {
    /// The lines of this page, oldest first.
    pub entries: Vec<StatementEntry>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}
