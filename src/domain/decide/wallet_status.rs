//! The wallet answers, or is silent.
//!
//! What is unknown stays unknown until the wallet says so: it is asked how the payment stands, and
//! only when it has never heard of it the same step is tried again, under the same key.

use super::answer::raise;
use super::pay;
use crate::alert::{Alert, AlertKind, Severity};
use crate::decision::Decision;
use crate::facts::Facts;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::ids::{Name, OrderId};
use crate::limits::window::Period;
use crate::marks::{Mark, reached};
use crate::money::Minor;
use crate::order::{Attempt, Ending, Order, State};
use crate::reply::{Code, Reason};
use crate::settlement::{
    DeclineCode, IN_FLIGHT_MAX_S, PaymentCommand, PaymentStatus, RefundSeen, refund_id,
};
use crate::time::UnixMs;

/// The first wait before a doubtful step is asked about, in milliseconds; it doubles each time.
pub const RETRY_FIRST_MS: i64 = 500;

/// The longest such wait, in milliseconds.
pub const RETRY_MS_MAX: i64 = 60_000;

/// Decides what a wallet's answer means for its order.
pub fn wallet_answered(
    facts: &Facts<'_>,
    number: u32,
    asked: &PaymentCommand,
    answer: &PaymentStatus,
    now: UnixMs,
) -> Decision {
    let mut decision = Decision::nothing();
    let Some(before) = &facts.order else { return decision };
    // Numbers begin anew with each attempt: what an earlier one was answered, told twice, is not of this.
    let is_latest = |a: &&Attempt| a.number == number && a.sent == *asked;
    let Some(attempt) = before.attempt.as_ref().filter(is_latest) else {
        return decision;
    };
    let at = facts.book.time(now);
    let mut order = before.clone();
    let inquired = matches!(asked, PaymentCommand::Inquire { .. });
    if let Err(()) = agrees(&order, attempt, answer) {
        disagrees(facts, &order, &mut decision, at);
        doubt(&mut order, &mut decision, at);
        decision.put_order(Some(before), order);
        return decision;
    }
    match answer {
        PaymentStatus::Unknown { .. } if is_injected(InjectedFault::UnknownReadAsDeclined) => {
            declined(&mut order, attempt, DeclineCode::Declined, &mut decision, at);
        }
        PaymentStatus::Unknown { .. } if is_injected(InjectedFault::NewKeyPerTry) && !inquired => {
            new_key(&mut order, number, &mut decision, at);
        }
        PaymentStatus::Unknown { .. } | PaymentStatus::Pending => {
            doubt(&mut order, &mut decision, at)
        }
        PaymentStatus::Absent { by_wallet } if inquired => {
            absent(&mut order, attempt, *by_wallet, &mut decision, at);
        }
        PaymentStatus::Absent { .. } => doubt(&mut order, &mut decision, at),
        PaymentStatus::Authorized { .. } => held(&mut order, attempt, &mut decision, at),
        PaymentStatus::Paid { captured, refunds, .. } => {
            paid(facts, &mut order, attempt, (*captured, refunds), &mut decision, at);
        }
        PaymentStatus::Voided => released(&mut order, attempt, &mut decision, at),
        PaymentStatus::Declined { code } => declined(&mut order, attempt, *code, &mut decision, at),
    }
    decision.put_order(Some(before), order);
    decision
}

/// Planted: pays again under another id instead of asking.
fn new_key(order: &mut Order, number: u32, decision: &mut Decision, at: UnixMs) {
    if let Some(Attempt { goal: PaymentCommand::Authorize { order: id, .. }, .. }) =
        &mut order.attempt
    {
        *id = OrderId::from_store(&format!("{}-try-{number}", order.id));
    }
    pay::repeat(order, at, decision);
}

fn doubt(order: &mut Order, decision: &mut Decision, at: UnixMs) {
    let Some(attempt) = &mut order.attempt else { return };
    attempt.tries = attempt.tries.saturating_add(1);
    let due = at.plus_ms(wait_ms(attempt.tries));
    pay::inquire(order, due, decision, at);
}

/// Exponential back-off with a cap: the wait before the next question, after `tries` unclear
/// answers.
fn wait_ms(tries: u32) -> i64 {
    let doublings = tries.saturating_sub(1).min(16);
    RETRY_FIRST_MS.saturating_mul(1_i64 << doublings).min(RETRY_MS_MAX)
}

/// The wallet does not know the payment. A lost request may still arrive until its signature
/// expires, so an order that is being undone ends only after that. Both clocks must agree: ours may
/// have leapt ahead, and the wallet's signed time is proof.
fn absent(
    order: &mut Order,
    attempt: &Attempt,
    by_wallet: UnixMs,
    decision: &mut Decision,
    at: UnixMs,
) {
    if order.ending.is_none() {
        reached(Mark::AbsentRepeated);
        pay::repeat(order, at, decision);
    } else if at.min(by_wallet) >= attempt.doubt_at.plus_s(IN_FLIGHT_MAX_S) {
        reached(Mark::AbsentProven);
        ended(order, decision, at);
    } else {
        doubt(order, decision, at);
    }
}

/// Whether what the wallet shows is the payment that was asked for, whichever question it answers.
fn agrees(order: &Order, attempt: &Attempt, answer: &PaymentStatus) -> Result<(), ()> {
    let (amount, captured, seen) = match answer {
        PaymentStatus::Authorized { amount, seen } => (Some(*amount), None, seen),
        PaymentStatus::Paid { captured, seen, .. } => (None, Some(*captured), seen),
        PaymentStatus::Voided
        | PaymentStatus::Declined { .. }
        | PaymentStatus::Pending
        | PaymentStatus::Absent { .. }
        | PaymentStatus::Unknown { .. } => return Ok(()),
    };
    let wanted = match &attempt.goal {
        PaymentCommand::Authorize { amount, capture: true, .. }
        | PaymentCommand::Capture { amount, .. } => Some(*amount),
        PaymentCommand::Authorize { .. }
        | PaymentCommand::Void { .. }
        | PaymentCommand::Refund { .. }
        | PaymentCommand::Inquire { .. } => None,
    };
    let same_amount = amount.or(seen.amount).is_none_or(|amount| amount == order.amount);
    let same_capture = wanted.is_none_or(|wanted| captured.is_none_or(|amount| amount == wanted));
    let booked = order.payee.as_ref().map(Name::as_str);
    let same_payee = seen.payee.is_none() || seen.payee.as_deref() == booked;
    let agrees = same_amount && same_capture && same_payee;
    if agrees || is_injected(InjectedFault::AmountNotCompared) { Ok(()) } else { Err(()) }
}

/// The wallet shows another payment under this id: nothing is believed of it, and the owner hears
/// of it once.
fn disagrees(facts: &Facts<'_>, order: &Order, decision: &mut Decision, at: UnixMs) {
    reached(Mark::WalletDisagrees);
    let id = order.id.as_str();
    let alert = Alert::new(AlertKind::WalletDisagrees, Severity::Critical, id, "order", at);
    let is_new = !facts.book.alerts.contains_key(&alert.id);
    if is_new || is_injected(InjectedFault::AlertToldTwice) {
        raise(alert, decision);
    }
}

/// The wallet holds the amount.
fn held(order: &mut Order, attempt: &Attempt, decision: &mut Decision, at: UnixMs) {
    order.authorized = true;
    if order.ending.is_some() {
        let goal = PaymentCommand::Void { order: order.payment_id() };
        next_goal(order, attempt, goal, decision, at);
        return;
    }
    match &attempt.goal {
        PaymentCommand::Authorize { capture: false, .. } => {
            order.attempt = None;
            order.due = Some(at.plus_s(hold_for_s(&attempt.goal)));
        }
        PaymentCommand::Authorize { .. } => {
            let goal = PaymentCommand::Capture { order: order.payment_id(), amount: order.amount };
            next_goal(order, attempt, goal, decision, at);
        }
        PaymentCommand::Capture { .. } | PaymentCommand::Void { .. } => {
            pay::repeat(order, retry_due(attempt, at), decision)
        }
        PaymentCommand::Refund { .. } | PaymentCommand::Inquire { .. } => {
            doubt(order, decision, at)
        }
    }
}

/// Our hold ends before the wallet's.
fn hold_for_s(goal: &PaymentCommand) -> i64 {
    match goal {
        PaymentCommand::Authorize { expires_in_s, .. } => {
            expires_in_s.saturating_sub(pay::WALLET_HOLD_MARGIN_S)
        }
        PaymentCommand::Capture { .. }
        | PaymentCommand::Void { .. }
        | PaymentCommand::Refund { .. }
        | PaymentCommand::Inquire { .. } => 0,
    }
}

/// A step that the wallet has not done yet is repeated at once the first time, later with waits.
fn retry_due(attempt: &Attempt, at: UnixMs) -> UnixMs {
    if attempt.tries <= 1 { at } else { at.plus_ms(wait_ms(attempt.tries)) }
}

fn next_goal(
    order: &mut Order,
    attempt: &Attempt,
    goal: PaymentCommand,
    decision: &mut Decision,
    at: UnixMs,
) {
    if attempt.goal == goal {
        pay::repeat(order, retry_due(attempt, at), decision);
    } else {
        pay::begin(order, goal, decision, at);
    }
}

fn paid(
    facts: &Facts<'_>,
    order: &mut Order,
    attempt: &Attempt,
    (captured, refunds): (Minor, &[RefundSeen]),
    decision: &mut Decision,
    at: UnixMs,
) {
    if captured > order.amount {
        // More than was ever held: nothing is believed of it, and the owner hears of it.
        warn_unclear(order, decision, at);
        doubt(order, decision, at);
        return;
    }
    order.captured = captured;
    if captured.is_positive() {
        order.captured_at.get_or_insert(at);
    }
    if let PaymentCommand::Refund { number, amount, .. } = &attempt.goal {
        let id = refund_id(&order.payment_id(), *number);
        match refunds.iter().find(|seen| seen.id == id) {
            Some(seen) if seen.amount == *amount => {
                refunded(order, (*number, *amount), decision, at);
            }
            Some(_) | None => pay::repeat(order, retry_due(attempt, at), decision),
        }
        return;
    }
    if order.ending.is_some() {
        // A late yes after we gave up: the money goes back.
        reached(Mark::LateYesTakenBack);
        refund(order, captured, "late", decision, at);
        return;
    }
    let capturing = order.state == State::Capturing || !order.on_fulfilment;
    if !capturing {
        warn_unclear(order, decision, at);
    }
    order.attempt = None;
    order.due = None;
    order.step(State::Settled, at);
    pay::settle_room(&mut order.holds, captured);
    if is_injected(InjectedFault::WindowKeyAtCapture) {
        rekey(facts, order, at);
    }
    pay::say(order, decision, at);
}

/// Planted: books the spending into the period of the capture.
fn rekey(facts: &Facts<'_>, order: &mut Order, at: UnixMs) {
    for hold in &mut order.holds {
        if let Some(limit) = facts.book.household.limits.get(&hold.limit)
            && !matches!(limit.period, Period::Rolling { .. })
        {
            let zone = &facts.book.home.zone;
            let window = limit.period.window(limit.alignment, limit.week_start, zone, at);
            hold.window = window.key;
        }
    }
}

/// Asks the wallet to give money back.
pub fn refund(order: &mut Order, amount: Minor, reason: &str, decision: &mut Decision, at: UnixMs) {
    order.refunds = order.refunds.saturating_add(1);
    let goal = PaymentCommand::Refund {
        order: order.payment_id(),
        number: order.refunds,
        amount,
        reason: reason.to_owned(),
    };
    pay::begin(order, goal, decision, at);
}

fn refunded(
    order: &mut Order,
    (number, amount): (u32, Minor),
    decision: &mut Decision,
    at: UnixMs,
) {
    order.returned.push((number, amount));
    order.returned_at.push(at);
    order.refunded = order.refunded.plus(amount).unwrap_or(order.captured).min(order.captured);
    order.attempt = None;
    if order.ending.is_some() {
        ended(order, decision, at);
        return;
    }
    let all = order.refunded == order.captured;
    if !all {
        reached(Mark::PartlyRefunded);
    }
    order.step(if all { State::Refunded } else { State::PartiallyRefunded }, at);
    let net = order.net();
    pay::refund_room(&mut order.holds, net);
    pay::say(order, decision, at);
}

/// The wallet let the hold go.
fn released(order: &mut Order, attempt: &Attempt, decision: &mut Decision, at: UnixMs) {
    if order.ending.is_some() {
        ended(order, decision, at);
        return;
    }
    match &attempt.goal {
        PaymentCommand::Refund { .. } => refund_refused(order, decision, at),
        PaymentCommand::Authorize { .. }
        | PaymentCommand::Capture { .. }
        | PaymentCommand::Void { .. }
        | PaymentCommand::Inquire { .. } => {
            let reason = Some(Reason::of(Code::WalletDeclined));
            pay::end(order, State::Failed, reason, at);
            pay::say(order, decision, at);
        }
    }
}

fn declined(
    order: &mut Order,
    attempt: &Attempt,
    code: DeclineCode,
    decision: &mut Decision,
    at: UnixMs,
) {
    match &attempt.goal {
        PaymentCommand::Authorize { .. } if order.ending.is_some() => ended(order, decision, at),
        PaymentCommand::Authorize { .. } | PaymentCommand::Inquire { .. } => {
            let code = match code {
                DeclineCode::InsufficientFunds => Code::InsufficientFunds,
                DeclineCode::Declined => Code::WalletDeclined,
            };
            pay::end(order, State::Failed, Some(Reason::of(code)), at);
            pay::say(order, decision, at);
        }
        // The payment exists, only this step was refused: ask how it stands.
        PaymentCommand::Capture { .. } | PaymentCommand::Void { .. } => doubt(order, decision, at),
        PaymentCommand::Refund { .. } if order.ending.is_some() => {
            warn_unclear(order, decision, at);
            doubt(order, decision, at);
        }
        PaymentCommand::Refund { .. } => refund_refused(order, decision, at),
    }
}

/// The wallet will not give the money back: the order stands as it did, and the owner hears of it.
fn refund_refused(order: &mut Order, decision: &mut Decision, at: UnixMs) {
    order.attempt = None;
    let back = if order.refunded.is_positive() { State::PartiallyRefunded } else { State::Settled };
    order.step(back, at);
    let id = order.id.as_str();
    raise(Alert::new(AlertKind::RefundFailed, Severity::Warning, id, "order", at), decision);
    pay::say(order, decision, at);
}

/// Everything is undone: the order ends as it was to.
fn ended(order: &mut Order, decision: &mut Decision, at: UnixMs) {
    let ending = order.ending.take().unwrap_or(Ending {
        state: State::Failed,
        reason: Some(Reason::of(Code::WalletUnreachable)),
    });
    pay::end(order, ending.state, ending.reason, at);
    pay::say(order, decision, at);
}

/// The wallet and the books do not agree: the owner hears of it, once per order.
pub fn warn_unclear(order: &Order, decision: &mut Decision, at: UnixMs) {
    let id = order.id.as_str();
    let alert = Alert::new(AlertKind::WalletUnreachable, Severity::Critical, id, "order", at);
    raise(alert, decision);
}
