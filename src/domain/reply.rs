//! What a speaker is told: status and reason. The words are put to it by `homepay-language`.

use super::household::Lang;
use super::ids::{Name, OrderId};
use super::money::Minor;
use super::order::{Order, OrderLine, Origin, State};
use super::time::UnixMs;
use super::unclear::{Doubt, Unclear};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The status of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Held on every limit, being paid.
    Approved,
    Settled,
    Declined,
    Confirm,
    /// The owner was asked.
    AwaitingApproval,
    Cancelled,
    Expired,
    Failed,
    /// A part came back.
    PartiallyRefunded,
    Refunded,
}

/// Every status, for tests and tables.
pub const STATUSES: [Status; 10] = [
    Status::Approved,
    Status::Settled,
    Status::Declined,
    Status::Confirm,
    Status::AwaitingApproval,
    Status::Cancelled,
    Status::Expired,
    Status::Failed,
    Status::PartiallyRefunded,
    Status::Refunded,
];

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// Why an order was refused, or did not come to its end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        /// Every code, for tests and tables.
        pub const CODES: &[Code] = &[$(Code::$variant,)+];

        impl Code {
            /// The code as payloads show it.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// Nobody knows the device, or it is not a speaker.
    UnknownDevice = "unknown_device",
    /// The mac is wrong, or its key is not active.
    BadSignature = "bad_signature",
    /// Signed too long ago, or in the future.
    Stale = "stale",
    /// The number was heard before.
    Replayed = "replayed",
    /// The broker kept it from earlier.
    Retained = "retained",
    /// Not of the form that the contract asks for.
    Malformed = "malformed",
    /// The owner froze the device or the home.
    Frozen = "frozen",
    /// Not in the catalogue.
    UnknownItem = "unknown_item",
    /// The words do not say one clear thing.
    NotUnderstood = "not_understood",
    /// The id belongs to another order.
    OrderIdConflict = "order_id_conflict",
    /// Priced in another currency than the home's.
    CurrencyMismatch = "currency_mismatch",
    /// No limit covers it.
    NoLimitSet = "no_limit_set",
    /// Not at this time of day.
    OutsideHours = "outside_hours",
    /// Not this kind of thing.
    CategoryBlocked = "category_blocked",
    /// Not from this seller.
    PayeeBlocked = "payee_blocked",
    /// More than is left.
    LimitExceeded = "limit_exceeded",
    /// More orders than allowed.
    CountExceeded = "count_exceeded",
    /// A single piece costs more than one may.
    PerItemExceeded = "per_item_exceeded",
    /// Another speaker heard the same sentence.
    Duplicate = "duplicate",
    Risk = "risk",
    /// Another number was said.
    ConfirmationFailed = "confirmation_failed",
    /// The owner said no.
    ApprovalRejected = "approval_rejected",
    /// Nobody answered in time.
    DeadlinePassed = "deadline_passed",
    /// The wallet said no.
    WalletDeclined = "wallet_declined",
    InsufficientFunds = "insufficient_funds",
    /// The wallet could not be asked.
    WalletUnreachable = "wallet_unreachable",
    /// A command names what does not exist.
    NotFound = "not_found",
    /// A command fits another state than this one.
    WrongState = "wrong_state",
    /// Whoever asks may not do it.
    Forbidden = "forbidden",
    /// An edit was made of an older version than the one that stands.
    StaleEdit = "stale_edit",
    /// The order is another than the one that was looked at.
    OrderChanged = "order_changed",
    /// The hub's clock leapt and is not believed yet.
    ClockHeld = "clock_held",
    /// The books cannot be written just now.
    StoreUnavailable = "store_unavailable",
}

/// Why, with the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: Code,
    /// The limit that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Name>,
    /// What was asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Minor>,
    /// What it had left before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Minor>,
    /// Orders that counted before and the most of them, where the number of orders decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<(u32, u32)>,
    /// When it has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<UnixMs>,
    /// What of a sentence was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclear: Option<Box<Unclear>>,
}

impl Reason {
    /// A reason without figures.
    pub fn of(code: Code) -> Reason {
        Reason {
            code,
            rule: None,
            asked: None,
            left: None,
            orders: None,
            resets_at: None,
            unclear: None,
        }
    }

    /// A sentence was not understood.
    pub fn unclear(unclear: &Unclear) -> Reason {
        Reason { unclear: Some(Box::new(unclear.clone())), ..Reason::of(unclear.code()) }
    }

    /// A reason that a limit gave.
    pub fn by(code: Code, rule: &Name) -> Reason {
        Reason { rule: Some(rule.clone()), ..Reason::of(code) }
    }
}

/// What the asker of an order is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub device: Name,
    /// Of which order, where that is known.
    pub order: Option<OrderId>,
    pub status: Status,
    /// What it costs, or once it is paid what was taken, where that is known.
    pub amount: Option<Minor>,
    /// What it is for.
    pub lines: Arc<[OrderLine]>,
    pub reason: Option<Reason>,
    /// The number to say.
    pub challenge: Option<u8>,
    /// Why it is asked for, where the amount is not the reason.
    pub doubt: Option<Doubt>,
    pub deadline: Option<UnixMs>,
    /// What came back so far.
    pub refunded: Minor,
    /// The least that is left in the limits which the order took room in, and until when.
    pub left: Option<(Minor, Option<UnixMs>)>,
    /// The voice session that waits for this reply; none = nobody waits, it is news.
    pub session: Option<String>,
    pub lang: Lang,
    pub at: UnixMs,
}

impl Reply {
    /// A refusal that says nothing of the household: for what cannot be authenticated or read.
    pub fn refusal(
        device: &Name,
        order: Option<OrderId>,
        code: Code,
        lang: Lang,
        at: UnixMs,
    ) -> Reply {
        Reply {
            device: device.clone(),
            order,
            status: Status::Declined,
            amount: None,
            lines: Arc::default(),
            reason: Some(Reason::of(code)),
            challenge: None,
            doubt: None,
            deadline: None,
            refunded: Minor::ZERO,
            left: None,
            session: None,
            lang,
            at,
        }
    }

    /// How an order stands, for the device that asked. `None` for bills and for states that are
    /// not told.
    pub fn of(order: &Order, at: UnixMs) -> Option<Reply> {
        let device = match &order.origin {
            Origin::Device { device } => device.clone(),
            Origin::Bill { .. } | Origin::Payable { .. } => return None,
        };
        Some(Reply {
            device,
            order: Some(order.id.clone()),
            status: status_of(order)?,
            // Less than was asked for may have been delivered.
            amount: Some(if order.captured.is_positive() { order.captured } else { order.amount }),
            lines: order.lines.clone(),
            reason: order.reason.clone(),
            challenge: order.challenge,
            doubt: order.doubt,
            deadline: waits(order.state).then_some(order.due).flatten(),
            refunded: order.refunded,
            left: None,
            session: order.session.clone(),
            lang: order.lang,
            at,
        })
    }
}

/// True in the states in which a person is waited for.
fn waits(state: State) -> bool {
    state == State::AwaitingConfirmation || state == State::AwaitingApproval
}

/// The status that a state shows; `None` where a step is under way and nothing new is to say.
pub fn status_of(order: &Order) -> Option<Status> {
    match order.state {
        State::Asked | State::Capturing | State::Refunding => None,
        State::AwaitingConfirmation => Some(Status::Confirm),
        State::AwaitingApproval => Some(Status::AwaitingApproval),
        State::Approved => Some(Status::Approved),
        State::Settled => Some(Status::Settled),
        State::Declined => Some(Status::Declined),
        State::Cancelled => Some(Status::Cancelled),
        State::Expired => Some(Status::Expired),
        State::Failed => Some(Status::Failed),
        State::PartiallyRefunded => Some(Status::PartiallyRefunded),
        State::Refunded => Some(Status::Refunded),
    }
}
