//! What an event needs of the store, and what it gets.

use super::book::Book;
use super::event::{Digest, Event, OwnerCommand};
use super::ids::{Name, OrderId};
use super::limits::Limit;
use super::limits::used::Hold;
use super::meter::{Quantity, Shown};
use super::order::Order;
use super::time::UnixMs;
use std::collections::BTreeMap;

/// By limit: the holds of its orders, newest period only.
pub type HoldsByLimit = BTreeMap<Name, Vec<(OrderId, Hold)>>;

/// What must be fetched before an event is decided, beyond the warm book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// An order that may have come to its end.
    pub order: Option<OrderId>,
    /// Whether a message was heard before.
    pub message: Option<Digest>,
    /// The last paid order of a device.
    pub last_of: Option<Name>,
    /// Limits that are edited: what orders took of them since their new periods began.
    pub edits: Vec<Limit>,
    /// Counters that a device read at a time: where that was before their last reading, the readings
    /// around it.
    pub around: Vec<(Name, Quantity, UnixMs)>,
    /// How far the books' time is taken back, in milliseconds: orders that are over and lie in that
    /// time are needed.
    pub back_by_ms: i64,
    /// Use of a counter that must be at hand, from one instant to another.
    pub used: Option<(Name, Quantity, (UnixMs, UnixMs))>,
}

/// What a counter showed before a time, at it, and after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The last reading before.
    pub before: Option<Shown>,
    /// The reading at that very time.
    pub same: Option<Shown>,
    /// The first reading after.
    pub after: Option<Shown>,
}

/// What an event is decided on.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub book: &'a Book,
    /// The order that the event is about, or the last one of the device, if it exists.
    pub order: Option<Order>,
    /// True when this very message was heard and answered.
    pub already_processed: bool,
    /// What orders took of the limits that are edited, since their new periods began.
    pub holds: HoldsByLimit,
    /// Orders that are over and bought something, since the running periods began of limits that are
    /// new or count anew.
    pub bought: Vec<Order>,
    /// What counters showed around a reading that came late.
    pub around: BTreeMap<(Name, Quantity), Around>,
    /// Orders that are over and lie ahead of the time that an owner takes the clock back to.
    pub ahead: Vec<Order>,
    /// A random number from 10 to 99.
    pub challenge: u8,
}

/// What an event needs.
pub fn needs(event: &Event) -> Needs {
    match event {
        Event::OrderRequested(stamp, asked) => Needs {
            order: Some(asked.order.clone()),
            message: stamp.as_ref().map(|s| s.digest.clone()),
            ..Needs::default()
        },
        Event::AnswerReceived { stamp, order, .. } => Needs {
            order: Some(order.clone()),
            message: stamp.as_ref().map(|s| s.digest.clone()),
            ..Needs::default()
        },
        Event::WalletAnswered { order, .. } => {
            Needs { order: Some(order.clone()), ..Needs::default() }
        }
        Event::OwnerCommanded { stamp, command: wish, .. } => {
            let heard = stamp.as_ref().map(|s| s.digest.clone());
            Needs { order: wish.order().cloned(), message: heard, ..needs_of(wish) }
        }
        Event::ReadingReceived { device, at, values, retained, .. } => {
            let counters = values.iter().filter(|v| v.quantity.is_counter() && !retained);
            let around = counters.map(|v| (device.clone(), v.quantity, at.at())).collect();
            Needs { around, ..Needs::default() }
        }
        Event::ClockStepped { by_ms, .. } if *by_ms < 0 => {
            Needs { back_by_ms: by_ms.saturating_neg(), ..Needs::default() }
        }
        Event::AccessRequested { .. }
        | Event::PricesReceived { .. }
        | Event::BalanceReceived { .. }
        | Event::StoreRecovered { .. }
        | Event::BooksBegun { .. }
        | Event::BooksChecked { .. }
        | Event::PaymentsUnknown { .. }
        | Event::WorkSetAside { .. }
        | Event::ClockWatched { .. }
        | Event::ClockStepped { .. }
        | Event::RoutesRead { .. }
        | Event::NoticeAnswered { .. }
        | Event::Started { .. }
        | Event::ClockTicked => Needs::default(),
    }
}

/// What an owner's wish needs besides its order.
fn needs_of(wish: &OwnerCommand) -> Needs {
    match wish {
        OwnerCommand::RefundLast(device) => {
            Needs { last_of: Some(device.clone()), ..Needs::default() }
        }
        OwnerCommand::SetLimit(limit) | OwnerCommand::LowerLimit(limit) => {
            Needs { edits: vec![(**limit).clone()], ..Needs::default() }
        }
        OwnerCommand::Approve(_)
        | OwnerCommand::ApproveProven(..)
        | OwnerCommand::Reject(_)
        | OwnerCommand::Cancel(_)
        | OwnerCommand::Refund(..)
        | OwnerCommand::Fulfil(..)
        | OwnerCommand::RemoveLimit(_)
        | OwnerCommand::Freeze(_)
        | OwnerCommand::Thaw(_)
        | OwnerCommand::Rerate(_)
        | OwnerCommand::AckAlert(_)
        | OwnerCommand::SnoozeAlert(..)
        | OwnerCommand::AddBill(_)
        | OwnerCommand::PayBill(_)
        | OwnerCommand::CancelBill(_)
        | OwnerCommand::TryNotify(_)
        | OwnerCommand::Inspect => Needs::default(),
        OwnerCommand::CorrectUse(said) => {
            let span = (said.from, said.to);
            let used = Some((said.device.clone(), said.quantity, span));
            Needs { used, ..Needs::default() }
        }
        OwnerCommand::ImportUse(said) => {
            let used = Some((said.device.clone(), said.quantity, said.span()));
            Needs { used, ..Needs::default() }
        }
        OwnerCommand::Apply(household) | OwnerCommand::Edit { next: household, .. } => {
            Needs { edits: household.limits.values().cloned().collect(), ..Needs::default() }
        }
    }
}
