//! Time goes on: deadlines fall due, doubtful payments are given up, months are billed.

use super::checks::plain_check;
use super::evaluate::evaluate_limits;
use super::{answer, ask, notify, pay, payable, power, wallet_status, watch};
use crate::alert::{Alert, AlertKind, Severity};
use crate::bill::{self, Billing};
use crate::book::Book;
use crate::decision::{Change, Decision};
use crate::facts::Facts;
use crate::ids::Name;
use crate::limits::{Target, TargetLine};
use crate::money::Minor;
use crate::order::{Ending, Order, State};
use crate::reply::{Code, Reason};
use crate::settlement::PaymentCommand;
use crate::time::UnixMs;
use crate::timekeeper::TimeAnchor;
use crate::usage_bill::UsageBill;
use jiff::civil::Date;
use std::borrow::Cow;

/// The daemon began: what was handed out may or may not have left, so the wallet is asked.
pub fn started(facts: &Facts<'_>, anchor: &TimeAnchor, now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let mut decision = Decision::nothing();
    decision.changes.push(Change::TimeAnchored { anchor: anchor.clone() });
    for before in facts.book.open.values().filter(|o| o.attempt.is_some()) {
        let mut order = before.clone();
        if let Some(attempt) = &mut order.attempt {
            attempt.doubt_at = at;
        }
        pay::inquire(&mut order, at, &mut decision, at);
        decision.put_order(Some(before), order);
    }
    power::powers_ended(facts.book, &mut decision);
    notify::hand_out_again(facts.book, &mut decision);
    decision
}

/// Looks at everything that waits.
pub fn clock_ticked(facts: &Facts<'_>, now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let mut decision = Decision::nothing();
    let mut any_acted = false;
    for before in facts.book.open.values().filter(|o| may_act(facts, o, at)) {
        let mut order = before.clone();
        let acted = fall_due(&mut order, &mut decision, at)
            || give_up(facts, &mut order, &mut decision, at);
        if acted {
            any_acted = true;
            decision.put_order(Some(before), order);
        }
    }
    // Bills are judged by the books as they are before this tick, in which what ended just now still has
    // its room: they wait for the next.
    if !any_acted {
        bills(facts, &mut decision, at);
        decision = payable::fall_due(facts, decision, at);
    }
    watch::look(facts, &mut decision, at);
    decision
}

/// True when time alone may move the order: most open orders wait for somebody else.
fn may_act(facts: &Facts<'_>, order: &Order, at: UnixMs) -> bool {
    let late = order.due.is_some_and(|due| due <= at);
    late || order.attempt.as_ref().is_some_and(|a| overdue(facts, a.since, at))
}

fn overdue(facts: &Facts<'_>, since: UnixMs, at: UnixMs) -> bool {
    at.since_ms(since) >= facts.book.home.rules.gives_up_after_s.saturating_mul(1000)
}

/// A deadline passed: silence is a no.
fn fall_due(order: &mut Order, decision: &mut Decision, at: UnixMs) -> bool {
    if order.due.is_none_or(|due| due > at) {
        return false;
    }
    let late = Some(Reason::of(Code::DeadlinePassed));
    match order.state {
        State::AwaitingConfirmation | State::AwaitingApproval => {
            pay::end(order, State::Expired, late, at);
            pay::say(order, decision, at);
            true
        }
        State::Approved if order.attempt.is_none() => {
            let ending = Ending { state: State::Expired, reason: late };
            pay::undo(order, ending, decision, at);
            true
        }
        State::Asked
        | State::Approved
        | State::Capturing
        | State::Settled
        | State::Declined
        | State::Cancelled
        | State::Expired
        | State::Failed
        | State::Refunding
        | State::PartiallyRefunded
        | State::Refunded => false,
    }
}

/// A payment that stayed in doubt too long is undone. A capture is not: what was delivered is
/// owed, and the hold bounds how long it can stay open.
fn give_up(facts: &Facts<'_>, order: &mut Order, decision: &mut Decision, at: UnixMs) -> bool {
    let Some(attempt) = &order.attempt else { return false };
    let paying = match attempt.goal {
        PaymentCommand::Authorize { .. } => true,
        PaymentCommand::Capture { .. }
        | PaymentCommand::Void { .. }
        | PaymentCommand::Refund { .. }
        | PaymentCommand::Inquire { .. } => false,
    };
    if !paying || order.ending.is_some() || !overdue(facts, attempt.since, at) {
        return false;
    }
    let reason = Some(Reason::of(Code::WalletUnreachable));
    pay::undo(order, Ending { state: State::Failed, reason }, decision, at);
    wallet_status::warn_unclear(order, decision, at);
    true
}

/// A billing cycle that is over is billed once, through the same limits as any order.
fn bills(facts: &Facts<'_>, decision: &mut Decision, at: UnixMs) {
    let book = facts.book;
    // What one bill takes of a limit the next one finds taken.
    let mut seen = Cow::Borrowed(book);
    for (tariff_id, tariff) in &book.household.tariffs {
        let Some((period, days)) = bill::cycle_to_bill(book, (tariff_id, tariff), at) else {
            continue;
        };
        let billing = Billing::of(book);
        // A cycle of which nothing was measured is from before the hub was there.
        let measured = billing.was_measured((tariff_id, tariff), days);
        let made = billing.bill((tariff_id, tariff), days).ok().filter(|_| measured);
        let Some(total) = made.map(|bill| bill.total) else {
            // Nothing stands in for what is not known; computed anew, it is put right.
            let bill = (tariff_id.clone(), period.clone());
            let made = UsageBill::made(bill, days, Minor::ZERO);
            let bill = Box::new(UsageBill { unmeasured: !measured, ..made });
            decision.changes.push(Change::UsageBill { bill });
            if measured {
                unpaid(tariff_id.as_str(), &period, decision, at);
            }
            continue;
        };
        let Some(amount) = make(book, (tariff_id, &period), days, total, decision) else {
            continue;
        };
        let bill = (period.as_str(), total);
        let order = bill::order(book, (tariff_id, tariff), bill, amount, at);
        let lines = [TargetLine::single(Some(tariff.utility.clone()), amount)];
        let target = Target {
            device: None,
            room: None,
            member: None,
            payee: order.payee.as_ref(),
            lines: &lines,
        };
        let looked = vec![plain_check("frozen", "pass")];
        let verdict = if book.is_frozen(None) {
            ask::refused_early("frozen", Code::Frozen)
        } else {
            evaluate_limits(&seen, target, at, looked)
        };
        if verdict.refused.is_some() {
            unpaid(tariff_id.as_str(), &period, decision, at);
        }
        let looked = verdict.looked.clone();
        decision.changes.push(Change::Judged { order: order.id.clone(), looked });
        // Nobody is there to say a number: what would be confirmed goes to the owner.
        let verdict = verdict.for_nobody(book.home.rules.approve_within_s);
        let known = decision.changes.len();
        let taken = std::mem::replace(decision, Decision::nothing());
        *decision = ask::apply_verdict(facts, order, verdict, i64::MAX, taken, at);
        for change in decision.changes.iter().skip(known) {
            seen.to_mut().apply(change);
        }
    }
}

/// Writes a bill down, with what it puts right of earlier ones. What is to be paid; `None` where
/// that is nothing: a bill below zero is taken off the next one.
fn make(
    book: &Book,
    (tariff, period): (&Name, &str),
    days: (Date, Date),
    total: Minor,
    decision: &mut Decision,
) -> Option<Minor> {
    let right: Vec<&UsageBill> = bill::to_put_right(book, tariff).collect();
    let amount = right.iter().try_fold(total, |sum, bill| sum.plus(bill.owed))?;
    let mut made = UsageBill::made((tariff.clone(), period.to_owned()), days, total);
    if amount < Minor::ZERO {
        made.owed = amount;
    }
    let all = right.into_iter().map(UsageBill::put_right).chain([made]);
    decision.changes.extend(all.map(|bill| Change::UsageBill { bill: Box::new(bill) }));
    amount.is_positive().then_some(amount)
}

fn unpaid(tariff: &str, period: &str, decision: &mut Decision, at: UnixMs) {
    let mut alert = Alert::new(AlertKind::BillUnpaid, Severity::Critical, tariff, period, at);
    alert.subject = Some(tariff.to_owned());
    answer::raise(alert, decision);
}
