//! The JSON of `homepay-wallet-v1` as the hub reads it. Money is a string: a number, whole or
//! not, does not parse.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a payment stands.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Payment {
    pub id: String,
    pub status: Status,
    pub amount: String,
    pub currency: String,
    pub captured: String,
    pub refunded: String,
    pub refunds: Vec<Refund>,
    #[serde(default)]
    pub payee: Option<String>,
    #[serde(default)]
    pub decline_code: Option<String>,
}

/// The states of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Authorized,
    Captured,
    Voided,
    Expired,
    Declined,
    Pending,
}

/// Money that was given back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Refund {
    pub id: String,
    pub amount: String,
}

/// A refusal, as RFC 9457 has it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Problem {
    pub code: String,
    #[serde(default)]
    pub detail: Option<String>,
}

/// What is in the account.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Balance {
    pub account: String,
    pub currency: String,
    pub available: String,
    pub held: String,
}

/// What can pay.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Sources {
    pub account: String,
    pub currency: String,
    pub sources: Vec<Source>,
}

/// One thing that can pay.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Source {
    pub id: String,
    pub kind: String,
    pub available: String,
}

/// Money that moved, a page of it, the oldest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Statement {
    pub account: String,
    pub currency: String,
    pub entries: Vec<Entry>,
    pub next: Option<String>,
}

/// One movement of money.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Entry {
    pub id: String,
    pub kind: EntryKind,
    pub payment: Option<String>,
    #[serde(default)]
    pub refund: Option<String>,
    pub amount: String,
    #[serde(default)]
    pub currency: Option<String>,
    #[schemars(with = "String")]
    pub at: jiff::Timestamp,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Capture,
    Refund,
    Topup,
}
