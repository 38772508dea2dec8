//! A bill for use that was made: what it came to then, what it comes to now, and what the next bill
//! still has to put right. A bill that was settled is never written again.

use super::ids::Name;
use super::money::Minor;
use super::time::UnixMs;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A bill for use that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageBill {
    pub tariff: Name,
    /// The month, as `2026-11`.
    pub period: String,
    /// Its first local day.
    pub from: Date,
    /// The local day after its last.
    pub to: Date,
    /// What its use comes to, as it was computed last.
    pub total: Minor,
    /// What the next bill adds, or takes off when below zero, because of it.
    pub owed: Minor,
    /// True where nothing was measured when the cycle was over: it is from before the hub was there, and
    /// nobody owes the hub for it, whatever is entered later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmeasured: bool,
    /// What it came to before, and until when that stood, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<(UnixMs, Minor)>,
}

/// A bill computed anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recomputed {
    pub tariff: Name,
    pub period: String,
    /// What it comes to now.
    pub total: Minor,
}

impl UsageBill {
    /// A bill that was made now; `owed` is what it was too little to be paid.
    pub fn made((tariff, period): (Name, String), days: (Date, Date), total: Minor) -> UsageBill {
        let (from, to) = days;
        UsageBill {
            tariff,
            period,
            from,
            to,
            total,
            owed: Minor::ZERO,
            unmeasured: false,
            earlier: Vec::new(),
        }
    }

    /// The bill after it was computed anew; `None` where that changes nothing.
    pub fn rerated(&self, total: Minor, at: UnixMs) -> Option<UsageBill> {
        if total == self.total || self.unmeasured {
            return None;
        }
        let owed = self.owed.plus(total.minus(self.total)?)?;
        let mut bill = UsageBill { total, owed, ..self.clone() };
        bill.earlier.push((at, self.total));
        Some(bill)
    }

    /// The bill once another has put right what it owed.
    #[must_use]
    pub fn put_right(&self) -> UsageBill {
        UsageBill { owed: Minor::ZERO, ..self.clone() }
    }
}
