//! The JSON of `homepay-wallet-v1` as the hub reads it. Money is a string: a number, whole or
//! not, does not parse.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a payment stands.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PaymentBody {
    /// The payment's id, which the hub chose.
    pub id: String,
    /// The state that the payment is in now.
    pub status: WireStatus,
    /// What was authorized, as decimal text.
    pub amount: String,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// What has been captured so far, as decimal text.
    pub captured: String,
    /// Sum of `refunds`, as decimal text.
    pub refunded: String,
    /// Each refund by itself, in any order.
    pub refunds: Vec<Refund>,
    /// Id of whoever is paid, where the wallet shows it.
    #[serde(default)]
    pub payee: Option<String>,
    /// Why it was declined, such as `insufficient_funds`; only then.
    #[serde(default)]
    pub decline_code: Option<String>,
}

/// The states of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WireStatus {
    /// Held and not captured; no money has moved.
    Authorized,
    /// Captured, in full or in part.
    Captured,
    /// Released by the hub; no money moved.
    Voided,
    /// Released by the wallet, because the hold lapsed.
    Expired,
    /// Refused for good; `decline_code` says why.
    Declined,
    /// Not decided yet; ask again later.
    Pending,
}

/// Money that was given back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Refund {
    /// The refund's id, which the hub chose.
    pub id: String,
    /// What was refunded, as decimal text.
    pub amount: String,
}

/// A refusal, as RFC 9457 has it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ProblemBody {
    /// A stable code, for programs.
    pub code: String,
    /// An explanation for people, for the log only.
    #[serde(default)]
    pub detail: Option<String>,
}

/// What is in the account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BalanceBody {
    /// The account that was asked about.
    pub account: String,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// Free to spend, as decimal text.
    pub available: String,
    /// Reserved by holds, as decimal text.
    pub held: String,
}

/// Body of `GET …/sources`: what can pay.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SourcesBody {
    /// The account that was asked about.
    pub account: String,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// All sources that the wallet shows.
    pub sources: Vec<SourceBody>,
}

/// One thing that can pay.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SourceBody {
    /// The wallet's id of it, such as `balance`.
    pub id: String,
    /// What it is, such as `card`.
    pub kind: String,
    /// Free to spend, as decimal text.
    pub available: String,
}

/// Money that moved, a page of it, the oldest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StatementBody {
    /// The account that was asked about.
    pub account: String,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// The lines of this page, oldest first.
    pub entries: Vec<EntryBody>,
    /// Cursor of the next page; `null` on the last.
    pub next: Option<String>,
}

/// One movement of money.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EntryBody {
    /// The wallet's own id of the line.
    pub id: String,
    /// Why the money moved, and so which way.
    pub kind: EntryKindWord,
    /// The payment's id; `null` for a top-up.
    pub payment: Option<String>,
    /// The refund's id, where it is one.
    #[serde(default)]
    pub refund: Option<String>,
    /// How much, as decimal text; never negative.
    pub amount: String,
    /// ISO 4217 code; the page's where it is absent.
    #[serde(default)]
    pub currency: Option<String>,
    /// RFC 3339 instant by the wallet's clock.
    #[schemars(with = "String")]
    pub at: jiff::Timestamp,
}

/// Why money moved, in the wallet's words.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKindWord {
    /// Money out: a payment was captured.
    Capture,
    /// Money in: a capture was refunded.
    Refund,
    /// Money in: the owner topped the account up.
    Topup,
}
