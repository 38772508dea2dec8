//! An owner wants something. Authority was checked at the door it came by.

use super::limit_edit::{LimitEdits, set_limit};
use super::{
    REQUEST_FRESH_S, access, admit, answer, approval, lower, notify, pay, payable, rerate,
    wallet_status,
};
use crate::actor::Actor;
use crate::decision::{Change, CommandOutcome, Decision, Effect};
use crate::event::{OwnerCommand, Stamp};
use crate::facts::Facts;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::household::Household;
use crate::ids::{Name, OrderId};
use crate::money::Minor;
use crate::order::{Order, State};
use crate::reply::{Code, Reason};
use crate::settlement::PaymentCommand;
use crate::time::UnixMs;
use serde_json::{Map, Value};

/// Decides an owner's wish.
pub fn owner_wished(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    (actor, wish): (&Actor, &OwnerCommand),
    now: UnixMs,
) -> Decision {
    let mut heard = None;
    if let Some(stamp) = stamp {
        let digest = stamp.digest.clone();
        if facts.already_processed {
            let effects = vec![Effect::RepeatReply { digest }];
            return Decision { effects, ..Decision::nothing() };
        }
        match admit(facts.book, stamp, now) {
            Ok(window) => {
                heard = Some((
                    Change::ReplayWindowAdvanced { signer: stamp.signer.clone(), window },
                    digest,
                ))
            }
            Err(code) => {
                return Decision::refused(code, not_admitted(code, stamp, now));
            }
        }
    }
    let at = facts.book.time(now);
    if let Some((code, why)) = access::refusal_of(facts.book, actor, at) {
        return Decision::refused(code, why);
    }
    let mut decision = match wish {
        OwnerCommand::Approve(_) if matches!(actor, Actor::Member { .. }) => Decision::refused(
            Code::Forbidden,
            "at the console an approval needs proof of who approves, and of what",
        ),
        OwnerCommand::Approve(id) => approval::approve_order(facts, id, actor, at),
        OwnerCommand::ApproveProven(id, proof) => {
            approval::approve_proven(facts, (id, proof), actor, at)
        }
        OwnerCommand::Reject(id) => with_order(facts, id, |order, d| reject(order, d, at)),
        OwnerCommand::Cancel(id) => with_order(facts, id, |order, d| cancel(order, d, at)),
        OwnerCommand::Refund(id, amount) => with_order(facts, id, |o, d| refund(o, *amount, d, at)),
        OwnerCommand::RefundLast(device) => refund_last(facts, device, at),
        OwnerCommand::Fulfil(id, amount) => with_order(facts, id, |o, d| fulfil(o, *amount, d, at)),
        OwnerCommand::SetLimit(limit) => set_limit(facts, limit, at),
        OwnerCommand::LowerLimit(limit) => lower::lower_limit(facts, limit, at),
        OwnerCommand::RemoveLimit(id) => remove_limit(&facts.book.household, id, at),
        OwnerCommand::Freeze(device) => freeze(facts, device.as_ref(), true),
        OwnerCommand::Thaw(device) => freeze(facts, device.as_ref(), false),
        OwnerCommand::AckAlert(id) => note_alert(facts, id, |alert| alert.acked_at = Some(at)),
        OwnerCommand::SnoozeAlert(id, until) => {
            note_alert(facts, id, |alert| alert.snoozed_until = Some(*until))
        }
        OwnerCommand::Rerate(bills) => rerate::rerate(facts, bills, at),
        OwnerCommand::CorrectUse(said) => rerate::correct(facts, said, at),
        OwnerCommand::ImportUse(said) => rerate::import(facts, said, at),
        OwnerCommand::Apply(household) => apply(facts, household, at),
        OwnerCommand::Edit { base, .. }
            if **base != *facts.book.household && !is_injected(InjectedFault::EditUnseen) =>
        {
            let why = "the household was changed since it was looked at";
            Decision::refused(Code::StaleEdit, why)
        }
        OwnerCommand::Edit { next, .. } => apply(facts, next, at),
        OwnerCommand::AddBill(bill) => payable::add(facts, bill, at),
        OwnerCommand::PayBill(id) => payable::pay_now(facts, id, at),
        OwnerCommand::CancelBill(id) => payable::cancel(facts, id, at),
        OwnerCommand::TryNotify(only) => notify::try_out(facts, only.as_ref(), at),
        OwnerCommand::Inspect => {
            Decision { outcome: CommandOutcome::Done(None), ..Decision::nothing() }
        }
    };
    if let Some((change, digest)) = heard {
        decision.changes.push(change);
        let order = wish.order().cloned().unwrap_or_else(OrderId::none);
        decision.effects.push(Effect::CacheReply { digest, order });
    }
    decision
}

/// Why a signed request is not looked at, in words.
fn not_admitted(code: Code, stamp: &Stamp, now: UnixMs) -> String {
    let Stamp { epoch, seq, ts, .. } = stamp;
    if code == Code::Stale {
        let off = now.seconds().saturating_sub(*ts);
        return format!(
            "ts is {off} s before the hub's clock: at most {REQUEST_FRESH_S} s either way"
        );
    }
    format!("epoch {epoch}, seq {seq} was used before, or is too old: count seq up")
}

pub(super) type Refusal = (Code, String);

pub(super) fn with_order(
    facts: &Facts<'_>,
    id: &OrderId,
    act: impl FnOnce(&mut Order, &mut Decision) -> Result<(), Refusal>,
) -> Decision {
    let Some(before) = &facts.order else {
        return Decision::refused(Code::NotFound, format!("there is no order {id}"));
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

pub(super) fn is_not(order: &Order, wanted: &str) -> Refusal {
    let (id, state) = (&order.id, order.state.as_str());
    (Code::WrongState, format!("order {id} is not {wanted}: it is {state}"))
}

fn reject(order: &mut Order, decision: &mut Decision, at: UnixMs) -> Result<(), Refusal> {
    if order.state != State::AwaitingApproval {
        return Err(is_not(order, "waiting for approval"));
    }
    pay::end(order, State::Declined, Some(Reason::of(Code::ApprovalRejected)), at);
    pay::say(order, decision, at);
    Ok(())
}

fn cancel(order: &mut Order, decision: &mut Decision, at: UnixMs) -> Result<(), Refusal> {
    let can = matches!(
        order.state,
        State::AwaitingConfirmation | State::AwaitingApproval | State::Approved
    );
    if !can {
        return Err(is_not(order, "open (a paid order is refunded instead)"));
    }
    answer::cancel(order, decision, at);
    Ok(())
}

fn refund(
    order: &mut Order,
    amount: Option<Minor>,
    decision: &mut Decision,
    at: UnixMs,
) -> Result<(), Refusal> {
    if !matches!(order.state, State::Settled | State::PartiallyRefunded) {
        return Err(is_not(order, "paid"));
    }
    let left = order.net();
    let amount = amount.unwrap_or(left);
    if !amount.is_positive() || amount > left {
        let code = if amount > left { Code::LimitExceeded } else { Code::Malformed };
        return Err((code, "a refund is above zero and at most what was paid".into()));
    }
    order.step(State::Refunding, at);
    wallet_status::refund(order, amount, "owner", decision, at);
    Ok(())
}

/// How long whoever speaks at a device may undo its last order, in seconds; afterwards it is the
/// owner's to do.
pub const REFUND_LAST_S: i64 = 86_400;

fn refund_last(facts: &Facts<'_>, device: &Name, at: UnixMs) -> Decision {
    let paid = |o: &&Order| o.device() == Some(device) && o.state == State::Settled;
    let recent = |o: &&Order| at.since_ms(o.asked_at) <= REFUND_LAST_S * 1_000;
    match facts.order.as_ref().filter(paid).filter(recent) {
        Some(order) => with_order(facts, &order.id, |o, d| refund(o, None, d, at)),
        None => Decision::refused(Code::NotFound, format!("no paid order of {device} to refund")),
    }
}

fn fulfil(
    order: &mut Order,
    amount: Option<Minor>,
    decision: &mut Decision,
    at: UnixMs,
) -> Result<(), Refusal> {
    let ready = order.state == State::Approved
        && order.on_fulfilment
        && order.authorized
        && order.attempt.is_none();
    if !ready {
        return Err(is_not(order, "held by the wallet and waiting for fulfilment"));
    }
    let amount = amount.unwrap_or(order.amount);
    if !amount.is_positive() || amount > order.amount {
        let why = "a capture is above zero and at most the hold: order the rest anew";
        return Err((Code::LimitExceeded, why.to_owned()));
    }
    order.step(State::Capturing, at);
    order.due = None;
    pay::begin(order, PaymentCommand::Capture { order: order.payment_id(), amount }, decision, at);
    Ok(())
}

pub(super) fn done(changes: Vec<Change>) -> Decision {
    Decision { changes, effects: vec![Effect::Refresh(None)], outcome: CommandOutcome::Done(None) }
}

fn remove_limit(house: &Household, id: &Name, at: UnixMs) -> Decision {
    if !house.limits.contains_key(id) {
        return Decision::refused(Code::NotFound, format!("there is no limit {id}"));
    }
    done(vec![Change::LimitRemoved { limit: id.clone(), at }])
}

fn freeze(facts: &Facts<'_>, device: Option<&Name>, frozen: bool) -> Decision {
    if let Some(device) = device.filter(|d| !facts.book.household.devices.contains_key(d)) {
        return Decision::refused(Code::UnknownDevice, format!("there is no device {device}"));
    }
    let mut decision = done(vec![Change::Frozen { device: device.cloned(), frozen }]);
    // That of the home shows in the state of each device, too.
    let shown = facts.book.household.devices.keys().filter(|id| device.is_none_or(|d| d == *id));
    decision.effects.extend(shown.map(|id| Effect::Refresh(Some(id.clone()))));
    decision
}

fn note_alert(
    facts: &Facts<'_>,
    id: &str,
    note: impl FnOnce(&mut crate::alert::Alert),
) -> Decision {
    let Some(alert) = facts.book.alerts.get(id) else {
        return Decision::refused(Code::NotFound, format!("there is no alert {id}"));
    };
    let mut alert = alert.clone();
    note(&mut alert);
    done(vec![Change::Alert { alert: Box::new(alert) }])
}

/// A whole household in the place of the one before. Limits that are not in it go out of force;
/// those that stay keep their use.
/// What an edit of the household changes, a line a thing, without what stands in it: it holds keys.
fn changed(before: &Household, next: &Household) -> Vec<String> {
    let table = |household: &Household| match serde_json::to_value(household) {
        Ok(Value::Object(tables)) => tables,
        Ok(_) | Err(_) => Map::new(),
    };
    let (before, next) = (table(before), table(next));
    let mut lines = Vec::new();
    for key in before.keys().chain(next.keys().filter(|key| !before.contains_key(*key))) {
        match (before.get(key), next.get(key)) {
            (was, is) if was == is => {}
            (Some(Value::Object(was)), Some(Value::Object(is))) => {
                let added = is.keys().filter(|id| !was.contains_key(*id));
                lines.extend(added.map(|id| format!("{key}.{id} added")));
                let removed = was.keys().filter(|id| !is.contains_key(*id));
                lines.extend(removed.map(|id| format!("{key}.{id} removed")));
                let other = was.keys().filter(|id| is.get(*id).is_some_and(|now| *now != was[*id]));
                lines.extend(other.map(|id| format!("{key}.{id} changed")));
            }
            (None, Some(Value::Object(is))) => {
                lines.extend(is.keys().map(|id| format!("{key}.{id} added")));
            }
            (Some(Value::Object(was)), None) => {
                lines.extend(was.keys().map(|id| format!("{key}.{id} removed")));
            }
            (_, _) => lines.push(format!("{key} changed")),
        }
    }
    lines
}

fn apply(facts: &Facts<'_>, household: &Household, at: UnixMs) -> Decision {
    let now = &facts.book.household;
    let mut changes = Vec::new();
    let bare = |h: &Household| Household { limits: Default::default(), ..h.clone() };
    if bare(now) != bare(household) {
        let (before, next) = (bare(now), bare(household));
        let changed = changed(&before, &next);
        changes.push(Change::Household { household: Box::new(next), hash: None, at, changed });
    }
    for id in now.limits.keys().filter(|id| !household.limits.contains_key(*id)) {
        changes.push(Change::LimitRemoved { limit: id.clone(), at });
    }
    let mut edits = LimitEdits::new(facts, household, at);
    household.limits.values().for_each(|limit| edits.set(limit));
    let (edited, outcomes) = edits.done();
    changes.extend(edited);
    Decision {
        changes,
        effects: vec![Effect::Refresh(None)],
        outcome: CommandOutcome::Limits(outcomes),
    }
}
