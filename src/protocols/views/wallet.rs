//! The wallet as owners look at it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WalletStatusView {
    /// True where it answered.
    pub reachable: bool,
    /// Why it did not.
    pub why: Option<String>,
    /// Orders of which it is asked something.
    pub unsettled: usize,
    /// Orders that are owed a step.
    pub open_orders: usize,
    pub outbox: OutboxView,
}

/// What stands committed and is to leave the hub.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutboxView {
    /// How many publications and payment commands wait.
    pub waiting: i64,
    /// When the oldest was made, unix milliseconds.
    pub oldest_ms: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BalanceView {
    pub available: String,
    /// Reserved for payments under way.
    pub held: String,
    /// ISO 4217 code of the amounts.
    pub currency: String,
    pub sources: Vec<SourceView>,
}

/// A source of money in the wallet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SourceView {
    pub id: String,
    /// What it is, such as `balance` or `card`.
    pub kind: String,
    pub available: String,
}

/// The wallet's statement beside the books.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReconcileView {
    /// How many movements were compared.
    pub lines: usize,
    /// True where nothing differs.
    pub agrees: bool,
    pub differences: Vec<Difference>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
}

/// Something that one side has and the other has not, or otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// What it is about: `<payment> paid`, `<refund> refunded`, or the statement line's id.
    pub line: String,
    /// What the books say, decimal text.
    pub journal: Option<String>,
    /// What the wallet says, decimal text.
    pub wallet: Option<String>,
    pub why: &'static str,
}
