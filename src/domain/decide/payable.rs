//! Bills to pay: entered, reminded of, paid on their day through all limits, taken back.

use super::answer::{self, raise};
use super::approval::told_if_declined;
use super::ask::{apply_verdict, refused_early};
use super::checks::plain_check;
use super::evaluate::{Verdict, evaluate_limits};
use super::pay;
use super::reevaluate::{Waited, judge_again};
use crate::alert::{Alert, AlertKind, Severity};
use crate::decision::{Change, CommandOutcome, Decision, Effect};
use crate::facts::Facts;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::ids::Name;
use crate::limits::{Target, TargetLine};
use crate::order::Order;
use crate::payable::{BILLS_MAX, PayHow, Payable, Stage};
use crate::reply::Code;
use crate::time::UnixMs;

/// A bill is entered. What is there already under its id, and says the same, stays as it is.
pub fn add(facts: &Facts<'_>, bill: &Payable, at: UnixMs) -> Decision {
    let done = |changes| Decision {
        changes,
        effects: vec![Effect::Refresh(None)],
        outcome: CommandOutcome::Done(None),
    };
    match facts.book.payables.get(&bill.id) {
        Some(known) if known.is_same(bill) => done(Vec::new()),
        Some(known) => {
            let why = format!(
                "there is a bill {} of {} due {}, and it says something else: give this one an id \
                 of its own, or cancel that one and enter it under another",
                known.id,
                facts.book.home.currency.text(known.amount),
                known.due
            );
            Decision::refused(Code::OrderIdConflict, why)
        }
        None if facts.book.payables.len() >= BILLS_MAX => {
            let why = format!("there are {BILLS_MAX} bills: no more are taken");
            Decision::refused(Code::CountExceeded, why)
        }
        None => {
            let bill = Payable { entered_at: at, ..bill.clone() };
            done(vec![Change::Payable { payable: Box::new(bill) }])
        }
    }
}

/// An owner wants a bill paid now: their word is the approval that limits ask for, and goes no
/// further than that.
pub fn pay_now(facts: &Facts<'_>, id: &Name, at: UnixMs) -> Decision {
    let Some(bill) = facts.book.payables.get(id) else { return unknown(id) };
    match bill.stage() {
        Stage::Waiting | Stage::Unpaid => {
            let order = bill.next_order(&facts.book.home, at);
            let mut verdict = judged(facts, &order, at);
            (verdict.confirm, verdict.approve) = (false, None);
            let mut decision = ask(facts, bill, order, verdict, Decision::nothing(), at);
            decision.outcome = newest(&decision);
            decision
        }
        Stage::AwaitingApproval => told_if_declined(with_order(facts, bill, |order, decision| {
            if let Waited::GoesOn { .. } = judge_again(facts.book, order, decision, at) {
                pay::approve(order, facts.book, decision, at);
            }
            Ok(())
        })),
        Stage::Paid if is_injected(InjectedFault::BillPaidAgain) => {
            let order = bill.next_order(&facts.book.home, at);
            let mut verdict = judged(facts, &order, at);
            (verdict.confirm, verdict.approve) = (false, None);
            ask(facts, bill, order, verdict, Decision::nothing(), at)
        }
        stage @ (Stage::Paying | Stage::Paid | Stage::Cancelled) => {
            let why = format!("bill {id} is {}: there is nothing to pay", stage.as_str());
            Decision::refused(Code::WrongState, why)
        }
    }
}

/// An owner takes a bill back.
pub fn cancel(facts: &Facts<'_>, id: &Name, at: UnixMs) -> Decision {
    let Some(bill) = facts.book.payables.get(id) else { return unknown(id) };
    let mut taken_back = bill.clone();
    taken_back.cancelled = true;
    let taken_back = Change::Payable { payable: Box::new(taken_back) };
    match bill.stage() {
        Stage::Waiting | Stage::Unpaid => Decision {
            changes: vec![taken_back],
            effects: vec![Effect::Refresh(None)],
            outcome: CommandOutcome::Done(None),
        },
        Stage::AwaitingApproval => {
            let mut decision = with_order(facts, bill, |order, decision| {
                answer::cancel(order, decision, at);
                Ok(())
            });
            decision.changes.insert(0, taken_back);
            decision
        }
        stage @ (Stage::Paying | Stage::Paid | Stage::Cancelled) => {
            let order = bill.order.as_ref().map_or_else(String::new, ToString::to_string);
            let why = format!(
                "bill {id} is {}: what its order {order} paid is given back with homepay order \
                 refund",
                stage.as_str()
            );
            Decision::refused(Code::WrongState, why)
        }
    }
}

fn unknown(id: &Name) -> Decision {
    Decision::refused(Code::NotFound, format!("there is no bill {id}: see homepay bill list"))
}

/// A step of the bill's open order.
fn with_order(
    facts: &Facts<'_>,
    bill: &Payable,
    act: impl FnOnce(&mut Order, &mut Decision) -> Result<(), (Code, String)>,
) -> Decision {
    let open = bill.order.as_ref().and_then(|id| facts.book.open.get(id));
    let Some(before) = open else {
        return Decision::refused(Code::WrongState, format!("the order of bill {} ended", bill.id));
    };
    let mut order = before.clone();
    let mut decision = Decision::nothing();
    match act(&mut order, &mut decision) {
        Ok(()) => {
            decision.outcome = CommandOutcome::Done(Some(Box::new(order.clone())));
            decision.put_order(Some(before), order);
            decision
        }
        Err((code, why)) => Decision::refused(code, why),
    }
}

/// The order that a decision leaves, for who waits.
fn newest(decision: &Decision) -> CommandOutcome {
    let orders = decision.changes.iter().rev();
    let newest = orders.filter_map(Change::order).next();
    CommandOutcome::Done(newest.cloned().map(Box::new))
}

fn judged(facts: &Facts<'_>, order: &Order, at: UnixMs) -> Verdict {
    if facts.book.is_frozen(None) {
        return refused_early("frozen", Code::Frozen);
    }
    let lines = [TargetLine::single(order.category(), order.amount)];
    let target = Target {
        device: None,
        room: None,
        member: None,
        payee: order.payee.as_ref(),
        lines: &lines,
    };
    evaluate_limits(facts.book, target, at, vec![plain_check("frozen", "pass")])
}

/// Puts the order of a bill where its verdict leads.
fn ask(
    facts: &Facts<'_>,
    bill: &Payable,
    order: Order,
    verdict: Verdict,
    mut decision: Decision,
    at: UnixMs,
) -> Decision {
    let bill = Payable {
        order: Some(order.id.clone()),
        orders: bill.orders.saturating_add(1),
        standing: None,
        ..bill.clone()
    };
    // Before its order, which tells how it stands.
    decision.changes.push(Change::Payable { payable: Box::new(bill) });
    let looked = verdict.looked.clone();
    decision.changes.push(Change::Judged { order: order.id.clone(), looked });
    apply_verdict(facts, order, verdict, i64::MAX, decision, at)
}

/// Looks at the bills whose day has come. One order at a time: the next is judged once the room of
/// this one is taken.
pub fn fall_due(facts: &Facts<'_>, mut decision: Decision, at: UnixMs) -> Decision {
    let home = &facts.book.home;
    let today = at.in_zone(&home.zone).date();
    let mut taken = decision.changes.iter().any(takes_room);
    for bill in facts.book.payables.values() {
        match bill.stage() {
            Stage::Waiting => {
                let ordered = bill.pay != PayHow::Manual && today >= bill.pay_day(home);
                if ordered && taken {
                    // Its turn comes with the next tick.
                    continue;
                }
                let order = ordered.then(|| bill.next_order(home, at));
                let verdict = order.map(|order| (verdict(facts, bill, &order, at), order));
                if let Some((Some(verdict), order)) = verdict {
                    taken = true;
                    decision = ask(facts, bill, order, verdict, decision, at);
                } else if !bill.reminded && today >= bill.reminder_day(home) {
                    remind(facts, bill, &mut decision, at);
                }
            }
            Stage::Unpaid if bill.warned < bill.orders => {
                warn(facts, bill, &mut decision, at);
            }
            Stage::AwaitingApproval
            | Stage::Paying
            | Stage::Paid
            | Stage::Unpaid
            | Stage::Cancelled => {}
        }
    }
    decision
}

/// True for what leaves a limit with less room than the book knows of.
fn takes_room(change: &Change) -> bool {
    matches!(change, Change::Hold { before, .. } if before.is_none())
}

/// The verdict on a bill that pays itself; none while it is only too early in the day for it.
fn verdict(facts: &Facts<'_>, bill: &Payable, order: &Order, at: UnixMs) -> Option<Verdict> {
    let home = &facts.book.home;
    let within_s = bill.approve_within_s(home, at);
    let mut verdict = judged(facts, order, at);
    if let Some(reason) = &verdict.refused {
        let in_time = at.in_zone(&home.zone).date() <= bill.due;
        return (reason.code != Code::OutsideHours || !in_time).then_some(verdict);
    }
    if bill.pay == PayHow::Approve && verdict.approve.is_none() {
        verdict.looked.push(plain_check("approve", "approve"));
        verdict.approve = Some(within_s);
    }
    // Nobody is there to say a number: what would be confirmed goes to the owner, who has time
    // until the bill is due.
    let mut verdict = verdict.for_nobody(within_s);
    verdict.approve = verdict.approve.map(|asked_s| asked_s.max(within_s));
    Some(verdict)
}

fn remind(facts: &Facts<'_>, bill: &Payable, decision: &mut Decision, at: UnixMs) {
    let late = at.in_zone(&facts.book.home.zone).date() > bill.due;
    let severity = if late { Severity::Warning } else { Severity::Info };
    raise(alert(facts, bill, AlertKind::BillDue, severity, at), decision);
    let reminded = Payable { reminded: true, ..bill.clone() };
    decision.changes.push(Change::Payable { payable: Box::new(reminded) });
}

/// An order did not pay the bill: the owner hears why, once for each order.
fn warn(facts: &Facts<'_>, bill: &Payable, decision: &mut Decision, at: UnixMs) {
    if let Some(reason) = bill.unpaid_because() {
        let mut alert = alert(facts, bill, AlertKind::BillRefused, Severity::Critical, at);
        alert.id = format!("{}.{}", alert.id, bill.orders);
        alert.limit = reason.left;
        alert.reason = Some(reason);
        raise(alert, decision);
    }
    let warned = Payable { warned: bill.orders, ..bill.clone() };
    decision.changes.push(Change::Payable { payable: Box::new(warned) });
}

fn alert(
    facts: &Facts<'_>,
    bill: &Payable,
    kind: AlertKind,
    severity: Severity,
    at: UnixMs,
) -> Alert {
    let mut alert = Alert::new(kind, severity, bill.id.as_str(), &bill.due.to_string(), at);
    let payee = facts.book.household.payees.get(&bill.payee);
    alert.payee_name = payee.map(|payee| payee.name.clone());
    alert.value = Some(bill.amount);
    alert.pay = Some(bill.pay);
    alert
}
