//! An order: what was asked, how it stands, which steps it may take.

use super::actor::Actor;
use super::event::Digest;
use super::household::{Lang, Rules};
use super::ids::{Name, OrderId};
use super::label::Label;
use super::limits::used::Hold;
use super::money::Minor;
use super::reply::Reason;
use super::settlement::{PayLine, PaymentCommand};
use super::time::UnixMs;
use super::unclear::Doubt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Heard, not yet judged. Never stored: judging happens in the same turn.
    Asked,
    /// A number was spoken; the same number is waited for.
    AwaitingConfirmation,
    /// Sent to the owner.
    AwaitingApproval,
    /// Held on every limit, being paid or waiting for fulfilment.
    Approved,
    /// Money is being moved under the wallet's hold.
    Capturing,
    Settled,
    Declined,
    /// Withdrawn before it was paid.
    Cancelled,
    /// Nobody answered in time.
    Expired,
    /// Approved, but not paid.
    Failed,
    /// Money is on its way back.
    Refunding,
    /// A part came back.
    PartiallyRefunded,
    Refunded,
}

/// Every state, for tests and tables.
pub const STATES: [State; 13] = [
    State::Asked,
    State::AwaitingConfirmation,
    State::AwaitingApproval,
    State::Approved,
    State::Capturing,
    State::Settled,
    State::Declined,
    State::Cancelled,
    State::Expired,
    State::Failed,
    State::Refunding,
    State::PartiallyRefunded,
    State::Refunded,
];

/// The one table of allowed steps.
pub const STEPS: [(State, &[State]); 13] = [
    (
        State::Asked,
        &[State::AwaitingConfirmation, State::AwaitingApproval, State::Approved, State::Declined],
    ),
    (
        State::AwaitingConfirmation,
        &[
            State::AwaitingApproval,
            State::Approved,
            State::Declined,
            State::Cancelled,
            State::Expired,
        ],
    ),
    (
        State::AwaitingApproval,
        &[State::Approved, State::Declined, State::Cancelled, State::Expired],
    ),
    (
        State::Approved,
        &[State::Capturing, State::Settled, State::Cancelled, State::Expired, State::Failed],
    ),
    (State::Capturing, &[State::Settled, State::Cancelled, State::Expired, State::Failed]),
    (State::Settled, &[State::Refunding]),
    (State::Declined, &[]),
    (State::Cancelled, &[]),
    (State::Expired, &[]),
    (State::Failed, &[]),
    (State::Refunding, &[State::Settled, State::PartiallyRefunded, State::Refunded]),
    (State::PartiallyRefunded, &[State::Refunding]),
    (State::Refunded, &[]),
];

impl State {
    /// The word in documents and in the books.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Asked => "asked",
            State::AwaitingConfirmation => "awaiting_confirmation",
            State::AwaitingApproval => "awaiting_approval",
            State::Approved => "approved",
            State::Capturing => "capturing",
            State::Settled => "settled",
            State::Declined => "declined",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
            State::Failed => "failed",
            State::Refunding => "refunding",
            State::PartiallyRefunded => "partially_refunded",
            State::Refunded => "refunded",
        }
    }

    /// True when the table allows the step.
    pub fn may_become(self, next: State) -> bool {
        STEPS.iter().any(|(from, to)| *from == self && to.contains(&next))
    }

    /// True when the house still owes the order a step: it is kept warm and looked at.
    pub fn is_open(self) -> bool {
        match self {
            State::Asked
            | State::AwaitingConfirmation
            | State::AwaitingApproval
            | State::Approved
            | State::Capturing
            | State::Refunding => true,
            State::Settled
            | State::Declined
            | State::Cancelled
            | State::Expired
            | State::Failed
            | State::PartiallyRefunded
            | State::Refunded => false,
        }
    }
}

/// The largest amount of one order, in minor units: far from overflow in every sum.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// How many lines an order may have.
pub const ORDER_LINES_MAX: usize = 32;

/// Where an order comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// A device heard it.
    Device { device: Name },
    /// The hub pays for use.
    Bill {
        tariff: Name,
        /// The month, as `2026-11`.
        period: String,
    },
    /// A bill that was entered is paid.
    Payable { bill: Name },
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: Name,
    /// Its name when it was ordered.
    pub name: Label,
    /// How many, as plain decimal text.
    pub quantity: String,
    /// What the line costs.
    pub amount: Minor,
    /// What kind of spending it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Name>,
    /// The measure word it is counted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A step at the wallet that is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What shall come true.
    pub goal: PaymentCommand,
    /// What was handed out last: the goal, or a question about it.
    pub sent: PaymentCommand,
    /// Numbers the things handed out; an answer to an older one is not looked at.
    pub number: u32,
    /// How often the goal stayed in doubt.
    pub tries: u32,
    /// When the first of them was handed out.
    pub since: UnixMs,
    /// Until when the goal may last have left: a lost request cannot arrive much later.
    pub doubt_at: UnixMs,
    pub due: UnixMs,
}

/// How an order shall end once the wallet has undone what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Cancelled, expired or failed.
    pub state: State,
    pub reason: Option<Reason>,
}

/// True for what needs not be written: nothing yet.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// An order as it stands. What is not there yet is not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    /// The payment's id at the wallet; none = the order's own, as before books had ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<OrderId>,
    /// Where it comes from.
    pub origin: Origin,
    /// Who spoke, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Name>,
    /// The language of its replies.
    pub lang: Lang,
    /// The voice session in which it is asked about; none once that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What was asked, hashed: the same id with another fingerprint is a conflict.
    pub fingerprint: Digest,
    pub state: State,
    pub amount: Minor,
    /// What it is for.
    pub lines: Arc<[OrderLine]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payee: Option<Name>,
    /// True when money moves only at fulfilment.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_fulfilment: bool,
    /// Room taken in limits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub holds: Vec<Hold>,
    /// Why it stands so, where there is a why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The number that confirms it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<u8>,
    /// Why it is confirmed whatever it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// How often its question was answered by words that are no answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub misheard: u8,
    /// Wrong PINs so far.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pin_tries: u8,
    /// True when the owner must say yes after the number was said.
    #[serde(default, skip_serializing_if = "is_default")]
    pub owner_next: bool,
    /// How long the owner then has, in seconds.
    pub approve_within_s: i64,
    /// Which owner said yes to it, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Actor>,
    /// When it falls due: confirmation, approval, hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<UnixMs>,
    /// What the wallet still owes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// True once the wallet holds the amount.
    #[serde(default, skip_serializing_if = "is_default")]
    pub authorized: bool,
    /// How it ends once undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub captured: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<UnixMs>,
    /// Money that came back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunded: Minor,
    /// Refunds asked so far: numbers the next one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunds: u32,
    /// Refunds that came back: number and amount.
    #[serde(default, skip_serializing_if = "is_default")]
    pub returned: Vec<(u32, Minor)>,
    /// When each of them came back, in the same order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub returned_at: Vec<UnixMs>,
    /// When it was asked.
    pub asked_at: UnixMs,
    /// When its state last changed.
    pub changed_at: UnixMs,
}

impl Order {
    /// The payment's id at the wallet.
    #[must_use]
    pub fn payment_id(&self) -> OrderId {
        self.payment.clone().unwrap_or_else(|| self.id.clone())
    }

    /// An order of which only the asking is known: not priced, not judged.
    pub fn asked(id: OrderId, origin: Origin, lang: Lang, rules: Rules, at: UnixMs) -> Order {
        Order {
            id,
            payment: None,
            origin,
            member: None,
            lang,
            session: None,
            fingerprint: Digest::default(),
            state: State::Asked,
            amount: Minor::ZERO,
            lines: Arc::default(),
            payee: None,
            on_fulfilment: false,
            holds: Vec::new(),
            reason: None,
            challenge: None,
            doubt: None,
            misheard: 0,
            pin_tries: 0,
            owner_next: false,
            approved_by: None,
            approve_within_s: rules.approve_within_s,
            due: None,
            attempt: None,
            authorized: false,
            ending: None,
            captured: Minor::ZERO,
            captured_at: None,
            refunded: Minor::ZERO,
            refunds: 0,
            returned: Vec::new(),
            returned_at: Vec::new(),
            asked_at: at,
            changed_at: at,
        }
    }

    /// The device that asked; none for a bill.
    pub fn device(&self) -> Option<&Name> {
        match &self.origin {
            Origin::Device { device } => Some(device),
            Origin::Bill { .. } | Origin::Payable { .. } => None,
        }
    }

    /// Takes a step of the table.
    ///
    /// # Panics
    /// When the table does not allow it: the books would be wrong, so the house stops instead.
    pub fn step(&mut self, next: State, at: UnixMs) {
        assert!(
            self.state.may_become(next),
            "order {}: no step from {:?} to {next:?}",
            self.id,
            self.state
        );
        self.state = next;
        self.changed_at = at;
    }

    /// Money moved and not given back.
    pub fn net(&self) -> Minor {
        self.captured.minus(self.refunded).unwrap_or(Minor::ZERO)
    }

    /// The conversation in which it was asked goes on only while it is asked about: what comes later
    /// is news.
    pub fn conversation_ends_unless_asked(&mut self) {
        if self.state != State::AwaitingConfirmation {
            self.session = None;
        }
    }

    /// The lines as a wallet is shown them.
    pub fn pay_lines(&self) -> Vec<PayLine> {
        self.lines
            .iter()
            .map(|line| PayLine {
                sku: line.sku.to_string(),
                quantity: line.quantity.clone(),
                amount: line.amount,
            })
            .collect()
    }

    /// The category of all lines, where they share one.
    pub fn category(&self) -> Option<Name> {
        let first = self.lines.first()?.category.clone();
        self.lines.iter().all(|line| line.category == first).then_some(first).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_states_word_is_that_of_its_documents() {
        for state in STATES {
            let word = serde_json::to_value(state).expect("a state is a word");
            assert_eq!(word, state.as_str());
        }
    }

    #[test]
    fn the_table_names_every_state_once_and_ends_where_nothing_is_owed() {
        for state in STATES {
            assert_eq!(STEPS.iter().filter(|(from, _)| *from == state).count(), 1, "{state:?}");
        }
        for state in STATES {
            for next in STATES {
                let allowed = state.may_become(next);
                assert!(!(allowed && next == State::Asked), "{state:?} goes back to asked");
                assert!(!(allowed && state == next), "{state:?} steps onto itself");
            }
            let last = STEPS.iter().any(|(from, to)| *from == state && to.is_empty());
            assert!(!(last && state.is_open()), "{state:?} is open and has no way on");
        }
        assert!(!State::Settled.may_become(State::Cancelled), "paid is undone by refund only");
        assert!(!State::Failed.may_become(State::Settled));
    }
}
