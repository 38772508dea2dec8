//! What is asked of a wallet and what a wallet may answer.
//!
//! Only an explicit yes moves money. Everything that is not explicitly yes, no, pending or
//! never-heard-of-it is [`PaymentStatus::Unknown`], and an unknown answer is asked about before anything
//! is paid again.

use super::ids::{Name, OrderId};
use super::money::Minor;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};

/// One line of what is paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayLine {
    /// The catalogue's sku, or the tariff's id for a bill.
    pub sku: String,
    /// How much of it, as decimal text.
    pub quantity: String,
    pub amount: Minor,
}

/// What the wallet is asked to do. `order` is the payment's id at the wallet, as
/// [`crate::order::Order::payment_id`] gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum PaymentCommand {
    /// Reserve `amount`; with `capture` also move it at once.
    Authorize {
        order: OrderId,
        amount: Minor,
        payee: Option<Name>,
        /// What kind of spending it is.
        category: Option<Name>,
        /// What is paid for.
        lines: Vec<PayLine>,
        /// True = money moves at once; false = a hold that [`PaymentCommand::Capture`] settles.
        capture: bool,
        /// How long the wallet keeps a hold, in seconds. Longer than ours.
        expires_in_s: i64,
    },
    /// Move money under an earlier hold; the rest of the hold is released.
    Capture {
        order: OrderId,
        /// How much, at most the hold.
        amount: Minor,
    },
    /// Release a hold that has not been captured.
    Void { order: OrderId },
    Refund {
        order: OrderId,
        /// The refund's own number within the order, from 1. Its id at the wallet is
        /// `<order>-ref-<number>`.
        number: u32,
        /// How much; all refunds together at most what was captured.
        amount: Minor,
        /// Why, in a word.
        reason: String,
    },
    /// How does the payment stand? Changes nothing.
    Inquire { order: OrderId },
}

impl PaymentCommand {
    /// The payment that it is about.
    pub fn order(&self) -> &OrderId {
        match self {
            PaymentCommand::Authorize { order, .. }
            | PaymentCommand::Capture { order, .. }
            | PaymentCommand::Void { order }
            | PaymentCommand::Refund { order, .. }
            | PaymentCommand::Inquire { order } => order,
        }
    }

    /// The key under which a wallet recognises this ask when it hears it again: made from the
    /// order alone, so that every try of the same step carries the same key. `None` for asks that
    /// change nothing.
    pub fn idempotency_key(&self) -> Option<String> {
        match self {
            PaymentCommand::Authorize { order, .. } => Some(format!("{order}-auth")),
            PaymentCommand::Capture { order, .. } => Some(format!("{order}-cap-1")),
            PaymentCommand::Void { order } => Some(format!("{order}-void")),
            PaymentCommand::Refund { order, number, .. } => Some(refund_id(order, *number)),
            PaymentCommand::Inquire { .. } => None,
        }
    }
}

/// The wallet's id of an order's refund number `number`.
pub fn refund_id(order: &OrderId, number: u32) -> String {
    format!("{order}-ref-{number}")
}

/// One refund as the wallet shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSeen {
    /// The refund's id, as [`refund_id`] made it.
    pub id: String,
    /// How much was given back.
    pub amount: Minor,
}

/// What a wallet shows of the payment that it answers about. What it does not show is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSeen {
    /// The amount that was asked for.
    pub amount: Option<Minor>,
    pub payee: Option<String>,
}

/// What a wallet's answer says about the payment, whatever was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The amount is held and not yet moved.
    Authorized {
        /// How much is held.
        amount: Minor,
        /// Whose payment it is.
        seen: PaymentSeen,
    },
    Paid {
        /// How much was captured.
        captured: Minor,
        refunds: Vec<RefundSeen>,
        /// Whose payment it is.
        seen: PaymentSeen,
    },
    /// The hold was released (by us, or because it expired): no money moved, none will.
    Voided,
    /// An explicit no; no money moved.
    Declined {
        /// The wallet's own code, such as `insufficient_funds`.
        code: DeclineCode,
    },
    /// The wallet works on it; ask again later.
    Pending,
    /// The wallet has never heard of the payment.
    Absent {
        /// When it said so, by its own clock, as it signed. What was sent before and is still on its
        /// way counts only by that clock.
        by_wallet: UnixMs,
    },
    /// Anything else: lost, late, garbled, badly signed, an error page. Money may have moved.
    Unknown {
        /// What was seen, for the log.
        why: String,
    },
}

/// Why a wallet said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineCode {
    InsufficientFunds,
    /// Any other explicit refusal.
    Declined,
}

/// How long a request may be on its way before the wallet refuses its signature, in seconds.
pub const SIGNATURE_S: i64 = 30;

/// How long after it was last in doubt a request can still have an effect, in seconds: its
/// signature's life, and as much again for clocks that differ. Counted by both clocks, ours and the
/// wallet's: nothing is signed with a time much later than the books have seen.
pub const IN_FLIGHT_MAX_S: i64 = 2 * SIGNATURE_S;
