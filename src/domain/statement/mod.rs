//! A statement: the money that moved in a period, what it was for, and what is held and has not
//! moved. Computed from the orders; nothing is accumulated.

pub mod days;
pub mod totals;

use super::ids::{Name, OrderId};
use super::money::{Currency, Minor, lines_of_total};
use super::order::{Order, OrderLine, State};
use super::settlement::refund_id;
use super::time::UnixMs;
use days::Days;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::sync::Arc;

/// Which way money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementKind {
    Capture,
    Refund,
}

impl MovementKind {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            MovementKind::Capture => "capture",
            MovementKind::Refund => "refund",
        }
    }
}

/// What of a movement belongs to one category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementPart {
    /// The category; none where the items have none.
    pub category: Option<Name>,
    /// How much, with the movement's sign.
    pub amount: Minor,
}

/// Money that moved once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The same in every export, for ever: the order's id, and `-r<n>` for its refund number n.
    pub id: String,
    pub order: OrderId,
    /// The wallet's id of the payment or of the refund: its receipt.
    pub receipt: String,
    pub kind: MovementKind,
    pub at: UnixMs,
    /// The day of that in the home's zone.
    pub date: Date,
    /// What was spent, in minor units: below zero for a refund.
    pub amount: Minor,
    /// The same by category; adds up to the amount.
    pub parts: Vec<MovementPart>,
    pub payee: Option<Name>,
    pub device: Option<Name>,
    pub member: Option<Name>,
    /// What it was for.
    pub lines: Arc<[OrderLine]>,
}

/// An order whose money is held by limits and has not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOrder {
    pub order: OrderId,
    pub state: State,
    /// What it will cost.
    pub amount: Minor,
    /// When it was asked.
    pub asked_at: UnixMs,
    /// Who would be paid.
    pub payee: Option<Name>,
    pub device: Option<Name>,
    pub member: Option<Name>,
    /// What it is for.
    pub lines: Arc<[OrderLine]>,
}

/// A statement of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub days: Days,
    /// The home's zone: what its days and times are in.
    pub zone: TimeZone,
    pub currency: Currency,
    /// What was spent before the first day, since the books began; refunds taken off.
    pub opening: Minor,
    /// Money that moved, oldest first.
    pub movements: Vec<Movement>,
    /// What is held now, oldest first: not part of any sum.
    pub held: Vec<HeldOrder>,
}

impl Statement {
    /// The statement of some days. `orders` are all that may have moved money in them, `before` is
    /// what all others spent earlier, `open` are the orders that are owed a step now.
    pub fn of<'a>(
        (days, zone, currency): (Days, &TimeZone, Currency),
        before: Minor,
        orders: impl IntoIterator<Item = &'a Order>,
        open: impl IntoIterator<Item = &'a Order>,
    ) -> Statement {
        let all = orders.into_iter().flat_map(|order| movements(order, zone, currency));
        let (earlier, mut moved): (Vec<Movement>, Vec<Movement>) =
            all.filter(|m| m.date < days.next).partition(|m| m.date < days.first);
        let opening = sum(earlier.iter().map(|m| m.amount).chain([before]));
        moved.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let mut held: Vec<HeldOrder> = open.into_iter().filter_map(held).collect();
        held.sort_by(|a, b| (a.asked_at, &a.order).cmp(&(b.asked_at, &b.order)));
        Statement { days, zone: zone.clone(), currency, opening, movements: moved, held }
    }

    /// What was captured in these days.
    pub fn paid(&self) -> Minor {
        sum(self.movements.iter().filter(|m| m.kind == MovementKind::Capture).map(|m| m.amount))
    }

    /// What came back in these days, as a figure above zero.
    pub fn returned(&self) -> Minor {
        let back =
            self.movements.iter().filter(|m| m.kind == MovementKind::Refund).map(|m| m.amount);
        Minor(sum(back).0.saturating_neg())
    }

    /// What was spent in these days: captures less refunds.
    pub fn net(&self) -> Minor {
        sum(self.movements.iter().map(|m| m.amount))
    }

    /// What was spent until the end of the last day, since the books began.
    pub fn closing(&self) -> Minor {
        sum([self.opening, self.net()])
    }

    /// What is held now.
    pub fn held_sum(&self) -> Minor {
        sum(self.held.iter().map(|held| held.amount))
    }
}

/// A sum, held at the ends of the range: orders are bounded far below it.
pub(super) fn sum(amounts: impl IntoIterator<Item = Minor>) -> Minor {
    Minor(amounts.into_iter().fold(0, |sum: i64, amount| sum.saturating_add(amount.0)))
}

/// What an order moved: its capture and its refunds.
pub fn movements(order: &Order, zone: &TimeZone, currency: Currency) -> Vec<Movement> {
    if !order.captured.is_positive() {
        return Vec::new();
    }
    // Orders of older books say only when they last changed.
    let captured_at = order.captured_at.unwrap_or(order.changed_at);
    let moved = |id: String, receipt: String, kind, at: UnixMs, (before, after): (Minor, Minor)| {
        let parts = parts(order, currency, before, after);
        Movement {
            id,
            order: order.id.clone(),
            receipt,
            kind,
            at,
            date: at.in_zone(zone).date(),
            amount: sum(parts.iter().map(|part| part.amount)),
            parts,
            payee: order.payee.clone(),
            device: order.device().cloned(),
            member: order.member.clone(),
            lines: order.lines.clone(),
        }
    };
    let (id, receipt) = (order.id.to_string(), order.payment_id().to_string());
    let mut net = order.captured;
    let capture = moved(id, receipt, MovementKind::Capture, captured_at, (Minor::ZERO, net));
    let mut all = vec![capture];
    for (place, (number, amount)) in order.returned.iter().enumerate() {
        let left = net.minus(*amount).unwrap_or(net);
        let at = order.returned_at.get(place).copied().unwrap_or(order.changed_at);
        let (id, receipt) =
            (format!("{}-r{number}", order.id), refund_id(&order.payment_id(), *number));
        all.push(moved(id, receipt, MovementKind::Refund, at, (net, left)));
        net = left;
    }
    all
}

/// By category what was spent after, less what was spent before: so that what came back in full
/// leaves nothing behind in any of them.
fn parts(order: &Order, currency: Currency, before: Minor, after: Minor) -> Vec<MovementPart> {
    let mut categories: Vec<(Option<Name>, Minor)> = Vec::new();
    for line in order.lines.iter() {
        match categories.iter_mut().find(|(category, _)| *category == line.category) {
            Some((_, amount)) => *amount = sum([*amount, line.amount]),
            None => categories.push((line.category.clone(), line.amount)),
        }
    }
    if categories.is_empty() {
        categories.push((None, order.amount));
    }
    let amounts: Vec<Minor> = categories.iter().map(|(_, amount)| *amount).collect();
    let (then, now) = (split(currency, &amounts, before), split(currency, &amounts, after));
    let changes = then.iter().zip(now).map(|(then, now)| Minor(now.0.saturating_sub(then.0)));
    let parts = categories.into_iter().zip(changes);
    parts.map(|((category, _), amount)| MovementPart { category, amount }).collect()
}

/// A total shared out in proportion; all of it to the first where that cannot be computed.
fn split(currency: Currency, amounts: &[Minor], total: Minor) -> Vec<Minor> {
    let whole = Decimal::from(sum(amounts.iter().copied()).0);
    let share = |amount: &Minor| {
        currency.exact(total).checked_mul(Decimal::from(amount.0))?.checked_div(whole)
    };
    let exact: Option<Vec<Decimal>> = amounts.iter().map(share).collect();
    exact.and_then(|exact| lines_of_total(currency, &exact, total)).unwrap_or_else(|| {
        let rest = amounts.iter().skip(1).map(|_| Minor::ZERO);
        std::iter::once(total).chain(rest).collect()
    })
}

fn held(order: &Order) -> Option<HeldOrder> {
    let waits = match order.state {
        State::AwaitingConfirmation
        | State::AwaitingApproval
        | State::Approved
        | State::Capturing => order.captured == Minor::ZERO,
        State::Asked
        | State::Settled
        | State::Declined
        | State::Cancelled
        | State::Expired
        | State::Failed
        | State::Refunding
        | State::PartiallyRefunded
        | State::Refunded => false,
    };
    waits.then(|| HeldOrder {
        order: order.id.clone(),
        state: order.state,
        amount: order.amount,
        asked_at: order.asked_at,
        payee: order.payee.clone(),
        device: order.device().cloned(),
        member: order.member.clone(),
        lines: order.lines.clone(),
    })
}

#[cfg(test)]
mod tests;
