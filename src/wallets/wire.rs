//! The JSON of `homepay-wallet-v1` as the hub reads it. Money is a string: a number, whole or
//! not, does not parse.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub id: String,
    pub status: Status,
    pub amount: String,
    pub currency: String,
    pub captured: String,
    pub refunded: String,
    pub refunds: Vec<Refund>,
    #[serde(default)]
    pub decline_code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Authorized,
    Captured,
    Voided,
    Expired,
    Declined,
    Pending,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub amount: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    pub code: String,
    #[serde(default)]
    pub detail: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Balance {
    pub account: String,
    pub currency: String,
    pub available: String,
    pub held: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sources {
    pub account: String,
    pub currency: String,
    pub sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    pub id: String,
    pub kind: String,
    pub available: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Statement {
    pub account: String,
    pub currency: String,
    pub entries: Vec<Entry>,
    pub next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub id: String,
    pub kind: EntryKind,
    pub payment: Option<String>,
    #[serde(default)]
    pub refund: Option<String>,
    pub amount: String,
    pub at: jiff::Timestamp,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntryKind {
    Capture,
    Refund,
    Topup,
}
