//! A device answers a question about its order: a number, a PIN, or no.

use super::reevaluate::{Waited, judge_again};
use super::{admit, ask, enter, pay};
use crate::alert::{Alert, AlertKind, Severity};
use crate::book::{Book, GUESSES_MAX};
use crate::decision::{Change, Decision, Effect};
use crate::event::{ConfirmationAnswer, Stamp};
use crate::facts::Facts;
use crate::household::{Role, Secret};
use crate::ids::{Name, OrderId};
use crate::marks::{Mark, reached};
use crate::order::{Ending, Order, State};
use crate::reply::{Code, Reason, Reply};
use crate::time::UnixMs;

/// Wrong PINs for one order before it is locked.
pub const PIN_TRIES_MAX: u8 = 3;

/// How often a question is asked again where the answer was not understood.
pub const MISHEARD_MAX: u8 = 1;

/// An answer as it was heard.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub device: &'a Name,
    pub order: &'a OrderId,
    pub said: &'a ConfirmationAnswer,
    /// The voice session in which it was said, where that is told.
    pub session: Option<&'a str>,
}

pub fn answer_heard(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    heard: Answered<'_>,
    now: UnixMs,
) -> Decision {
    let Answered { device, order: id, said, session } = heard;
    let lang = facts.order.as_ref().map_or(facts.book.home.lang, |o| o.lang);
    let refuse = |code| Reply {
        session: session.map(str::to_owned),
        ..Reply::refusal(device, Some(id.clone()), code, lang, now)
    };
    let mut decision = match enter(facts, stamp, id, &refuse, now) {
        Ok(decision) => decision,
        Err(done) => return done,
    };
    // An order of another device is none of this one's business: it is told nothing of it.
    let Some(before) = facts.order.as_ref().filter(|o| o.device() == Some(device)) else {
        if *said != ConfirmationAnswer::Silence {
            decision.effects.push(Effect::Reply(refuse(Code::NotFound)));
        }
        return decision;
    };
    let at = facts.book.time(now);
    let mut order = before.clone();
    if let Some(session) = session {
        order.session = Some(session.to_owned());
    }
    if *said == ConfirmationAnswer::Cancel {
        cancel(&mut order, &mut decision, at);
    } else if *said == ConfirmationAnswer::Silence {
        // Nobody speaks any more: only a question that is still open falls with the conversation.
        if order.state != State::AwaitingConfirmation {
            return decision;
        }
        order.session = None;
        pay::end(&mut order, State::Expired, Some(Reason::of(Code::DeadlinePassed)), at);
        pay::say(&order, &mut decision, at);
    } else if order.state == State::AwaitingConfirmation {
        confirm(facts, &mut order, said, &mut decision, at);
    } else {
        decision.effects.extend(ask::as_it_stands(&order, at).map(Effect::Reply));
        return decision;
    }
    order.conversation_ends_unless_asked();
    decision.put_order(Some(before), order);
    decision
}

/// Withdraws an order: at once while nothing was asked of the wallet, by undoing afterwards. A paid
/// one stays as it is: that is what refunds are for.
pub fn cancel(order: &mut Order, decision: &mut Decision, at: UnixMs) {
    match order.state {
        State::AwaitingConfirmation | State::AwaitingApproval => {
            pay::end(order, State::Cancelled, None, at);
            pay::say(order, decision, at);
        }
        State::Approved if order.ending.is_none() => {
            let ending = Ending { state: State::Cancelled, reason: None };
            pay::undo(order, ending, decision, at);
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
        | State::Refunded => {
            decision.effects.extend(ask::as_it_stands(order, at).map(Effect::Reply));
        }
    }
}

fn confirm(
    facts: &Facts<'_>,
    order: &mut Order,
    said: &ConfirmationAnswer,
    decision: &mut Decision,
    at: UnixMs,
) {
    if order.due.is_some_and(|due| due <= at) {
        pay::end(order, State::Expired, Some(Reason::of(Code::DeadlinePassed)), at);
        pay::say(order, decision, at);
        return;
    }
    let guessing = order.device().is_some_and(|device| is_guessing(facts.book, device, at));
    if guessing {
        reached(Mark::Guessing);
        // A right answer among so many is no proof that somebody knew it.
        pay::end(order, State::Declined, Some(Reason::of(Code::Risk)), at);
        pay::say(order, decision, at);
        return;
    }
    if *said == ConfirmationAnswer::Misheard && order.misheard < MISHEARD_MAX {
        reached(Mark::Misheard);
        order.misheard += 1;
        let reason = Some(Reason::of(Code::NotUnderstood));
        let reply = Reply::of(order, at).map(|reply| Reply { reason, ..reply });
        decision.effects.extend(reply.map(Effect::Reply));
        return;
    }
    let right = match said {
        ConfirmationAnswer::Number(number) => number.trim().parse::<u8>().ok() == order.challenge,
        // A PIN stands for the member who ordered; where nobody is named, for any owner.
        ConfirmationAnswer::Pin { of } => of.iter().any(|member| counts(facts.book, order, member)),
        ConfirmationAnswer::Cancel | ConfirmationAnswer::Silence | ConfirmationAnswer::Misheard => {
            false
        }
    };
    if right {
        confirmed(facts, order, decision, at);
        return;
    }
    if let Some(device) = order.device().cloned() {
        if facts.book.recent_guesses(&device, at) + 1 == GUESSES_MAX {
            raise(guesses_alert(facts.book, &device, at), decision);
        }
        decision.changes.push(Change::Guessed { device, at });
    }
    let is_pin = matches!(said, ConfirmationAnswer::Pin { .. });
    order.pin_tries = order.pin_tries.saturating_add(u8::from(is_pin));
    if is_pin && order.pin_tries < PIN_TRIES_MAX {
        let reason = Some(Reason::of(Code::ConfirmationFailed));
        let reply = Reply::of(order, at).map(|reply| Reply { reason, ..reply });
        decision.effects.extend(reply.map(Effect::Reply));
        return;
    }
    if is_pin {
        reached(Mark::PinLocked);
        let mut alert =
            Alert::new(AlertKind::PinLocked, Severity::Warning, order.id.as_str(), "order", at);
        alert.device = order.device().cloned();
        raise(alert, decision);
    }
    pay::end(order, State::Declined, Some(Reason::of(Code::ConfirmationFailed)), at);
    pay::say(order, decision, at);
}

/// Whether a member's PIN confirms an order: that of whoever ordered; where nobody is named, any
/// owner's.
fn counts(book: &Book, order: &Order, member: &Name) -> bool {
    match &order.member {
        Some(asker) => asker == member,
        None => book.household.members.get(member).is_some_and(|m| m.role == Role::Owner),
    }
}

/// A PIN before it is compared: what is known of it at no cost.
#[derive(Clone, Copy, Debug)]
pub struct UncheckedPin<'a> {
    /// The envelope; none where the broker vouches for the device.
    pub stamp: Option<&'a Stamp>,
    pub device: &'a Name,
    pub order: &'a OrderId,
}

/// The hashes that a PIN is worth comparing with: those of the members whose PIN can confirm this
/// order now. Empty where the answer would be refused, or would change nothing, whatever PIN it is.
pub fn pins_to_compare(book: &Book, pin: UncheckedPin<'_>, now: UnixMs) -> Vec<(Name, Secret)> {
    let at = book.time(now);
    let is_admitted = pin.stamp.is_none_or(|stamp| admit(book, stamp, now).is_ok());
    let waits = |o: &&Order| {
        o.device() == Some(pin.device)
            && o.state == State::AwaitingConfirmation
            && o.due.is_none_or(|due| at < due)
    };
    let order = book.open.get(pin.order).filter(waits);
    let Some(order) = order.filter(|_| is_admitted && !is_guessing(book, pin.device, at)) else {
        return Vec::new();
    };
    let members = book.household.members.iter().filter(|(id, _)| counts(book, order, id));
    members.filter_map(|(id, m)| m.pin.clone().map(|hash| (id.clone(), hash))).collect()
}

/// True where so many wrong numbers and PINs were said at a device that no more are looked at.
fn is_guessing(book: &Book, device: &Name, at: UnixMs) -> bool {
    book.recent_guesses(device, at) >= GUESSES_MAX
}

fn confirmed(facts: &Facts<'_>, order: &mut Order, decision: &mut Decision, at: UnixMs) {
    let approve = match judge_again(facts.book, order, decision, at) {
        Waited::Declined => return,
        Waited::GoesOn { approve } => approve,
    };
    if let Some(within_s) = approve {
        (order.owner_next, order.approve_within_s) = (true, within_s);
    }
    if order.owner_next {
        order.step(State::AwaitingApproval, at);
        order.challenge = None;
        order.due = Some(at.plus_s(order.approve_within_s));
    } else {
        pay::approve(order, facts.book, decision, at);
    }
    pay::say(order, decision, at);
}

/// Somebody guesses at a device: it takes no number, no PIN and no order for a while. Told each time.
fn guesses_alert(book: &Book, device: &Name, at: UnixMs) -> Alert {
    let local = at.in_zone(&book.home.zone);
    let (day, time) = (local.date().to_string(), local.strftime("%H%M").to_string());
    let alert = Alert::new(AlertKind::Guessing, Severity::Warning, device.as_str(), &day, at);
    let device_name = book.household.devices.get(device).map(|d| d.name.clone());
    Alert { id: format!("{}.{time}", alert.id), device: Some(device.clone()), device_name, ..alert }
}

pub fn raise(alert: Alert, decision: &mut Decision) {
    decision.effects.push(Effect::Warn(Box::new(alert.clone())));
    decision.changes.push(Change::Alert { alert: Box::new(alert) });
}
