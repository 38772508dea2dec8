//! Orders that were asked for a moment ago: by them one sentence that two speakers heard is one order,
//! and the same said twice is asked about.

use super::ids::{Name, OrderId};
use super::money::Minor;
use super::order::{Order, OrderLine, State};
use super::shared_map::SharedMap;
use super::time::UnixMs;
use std::collections::VecDeque;
use std::sync::Arc;

/// Within how many milliseconds the same from another speaker of the home is the same sentence.
pub const HEARD_TWICE_MS: i64 = 3_000;

/// Within how many milliseconds the same from the same speaker is asked about.
pub const SAID_AGAIN_MS: i64 = 10_000;

/// How many orders of one device are remembered.
const PER_DEVICE_MAX: usize = 4;

/// An order that was asked for lately.
#[derive(Clone, Debug)]
struct RecentOrder {
    id: OrderId,
    at: UnixMs,
    lines: Arc<[OrderLine]>,
    amount: Minor,
    stands: bool,
}

/// See the module. A fold of the changes of orders, like the rest of the book.
#[derive(Clone, Debug, Default)]
pub struct RecentOrders {
    by_device: SharedMap<Name, VecDeque<RecentOrder>>,
}

impl RecentOrders {
    /// Notes an order as it stands now.
    pub fn note(&mut self, order: &Order) {
        let Some(device) = order.device() else { return };
        let stands = match order.state {
            State::Declined | State::Cancelled | State::Expired | State::Failed => false,
            State::Asked
            | State::AwaitingConfirmation
            | State::AwaitingApproval
            | State::Approved
            | State::Capturing
            | State::Settled
            | State::Refunding
            | State::PartiallyRefunded
            | State::Refunded => true,
        };
        if let Some(of_device) = self.by_device.get_mut(device) {
            if let Some(known) = of_device.iter_mut().find(|known| known.id == order.id) {
                known.stands = stands;
                return;
            }
            if of_device.back().is_some_and(|last| last.at > order.asked_at) {
                return;
            }
        }
        if order.lines.is_empty() {
            return;
        }
        let of_device = self.by_device.get_or_default(device);
        of_device.push_back(RecentOrder {
            id: order.id.clone(),
            at: order.asked_at,
            lines: order.lines.clone(),
            amount: order.amount,
            stands,
        });
        if of_device.len() > PER_DEVICE_MAX {
            of_device.pop_front();
        }
    }

    /// The last order of the home that was bought or may still be: what it is for, what it costs, and
    /// when it was asked.
    pub fn last(&self) -> Option<(&[OrderLine], Minor, UnixMs)> {
        let standing = self.by_device.values().flatten().filter(|order| order.stands);
        let last = standing.max_by_key(|order| order.at)?;
        Some((&last.lines, last.amount, last.at))
    }

    /// True where another device asked for the same things at that very moment, whatever became of
    /// it: what was answered "no" there is not bought here.
    pub fn heard_elsewhere(&self, device: &Name, lines: &[OrderLine], at: UnixMs) -> bool {
        let others = self.by_device.iter().filter(|(other, _)| *other != device);
        others.flat_map(|(_, orders)| orders).any(|order| {
            at.since_ms(order.at).abs() <= HEARD_TWICE_MS && are_same(&order.lines, lines)
        })
    }

    /// True where the device itself asked for the same things a moment ago, and they are bought or
    /// may still be.
    pub fn said_again(&self, device: &Name, lines: &[OrderLine], at: UnixMs) -> bool {
        let own = self.by_device.get(device).into_iter().flatten();
        own.filter(|order| order.stands).any(|order| {
            at.since_ms(order.at).abs() <= SAID_AGAIN_MS && are_same(&order.lines, lines)
        })
    }
}

/// True for the same things in any order.
fn are_same(some: &[OrderLine], others: &[OrderLine]) -> bool {
    let within = |line: &OrderLine| {
        others.iter().any(|other| other.sku == line.sku && other.quantity == line.quantity)
    };
    some.len() == others.len() && some.iter().all(within)
}
