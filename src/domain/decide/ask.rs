//! An order is asked for.

use super::checks::plain_check;
use super::evaluate::{Verdict, evaluate_limits};
use super::{enter, pay};
use crate::book::Book;
use crate::decision::{Change, Decision, Effect, RuleCheck};
use crate::event::{OrderRequest, Stamp};
use crate::facts::Facts;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::household::{CaptureWhen, Household, Item};
use crate::ids::Name;
use crate::limits::{Target, TargetLine};
use crate::money::{Currency, Minor, lines_that_add_up};
use crate::order::{AMOUNT_MAX, ORDER_LINES_MAX, Order, OrderLine, Origin, State};
use crate::reply::{Code, Reason, Reply, Status, status_of};
use crate::time::UnixMs;
use crate::unclear::Doubt;
use rust_decimal::Decimal;
use std::sync::Arc;

/// How long an order that nobody signed may wait for its turn, in milliseconds. Signed ones say
/// themselves when they were made.
pub const UNSIGNED_WAIT_MS_MAX: i64 = 10_000;

/// Decides an order that was asked for.
pub fn order_asked(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    asked: &OrderRequest,
    now: UnixMs,
) -> Decision {
    let lang = asked.lang.unwrap_or(facts.book.home.lang);
    let refuse = |code| Reply {
        session: asked.session.clone(),
        ..Reply::refusal(&asked.device, Some(asked.order.clone()), code, lang, now)
    };
    if asked.heard_at.is_some_and(|heard| now.since_ms(heard) > UNSIGNED_WAIT_MS_MAX) {
        // Whoever spoke was not answered and has gone: it is not bought behind their back.
        let mut decision = Decision::nothing();
        decision.effects.push(Effect::Reply(refuse(Code::Stale)));
        return decision;
    }
    let mut decision = match enter(facts, stamp, &asked.order, &refuse, now) {
        Ok(decision) => decision,
        Err(done) => return done,
    };
    if let Some(order) = facts.order.as_ref().filter(|_| !replant()) {
        let reply = match (order.fingerprint == asked.fingerprint, stamp) {
            // Without an envelope it is the same words at the same moment, told a second time.
            (true, None) => None,
            (true, Some(_)) => as_it_stands(order, now),
            (false, _) => Some(refuse(Code::OrderIdConflict)),
        };
        decision.effects.extend(reply.map(Effect::Reply));
        return decision;
    }
    new_order(facts, (stamp.is_none(), asked), decision, now)
}

/// With the redelivery fault planted, an order that exists is asked anew.
fn replant() -> bool {
    is_injected(InjectedFault::RedeliveryNotRecognised)
}

/// The reply that tells how an order stands, also while a step is under way.
pub fn as_it_stands(order: &Order, at: UnixMs) -> Option<Reply> {
    Reply::of(order, at).or_else(|| {
        let mut shown = order.clone();
        shown.state =
            if order.state == State::Refunding { State::Settled } else { State::Approved };
        debug_assert!(status_of(&shown).is_some(), "every such state has a status");
        Reply::of(&shown, at)
    })
}

fn new_order(
    facts: &Facts<'_>,
    (is_unsigned, asked): (bool, &OrderRequest),
    mut decision: Decision,
    now: UnixMs,
) -> Decision {
    let book = facts.book;
    let at = book.time(now);
    let mut order = blank(book, asked, at);
    let device = book.household.devices.get(&asked.device);
    let mut verdict = match price(book, asked) {
        _ if book.is_frozen(Some(&asked.device)) => refused_early("frozen", Code::Frozen),
        Err(reason) => refused_for("item", reason),
        Ok(priced) => {
            order.lines = priced.lines;
            order.amount = priced.amount;
            order.payee = priced.payee;
            order.on_fulfilment = priced.on_fulfilment;
            let again = is_unsigned && book.recent.said_again(&asked.device, &order.lines, at);
            let doubt = asked.doubt.filter(|doubt| !bought_at_once(*doubt));
            order.doubt = doubt.or(again.then_some(Doubt::Again));
            let lines = TargetLine::of(&order);
            let target = Target {
                device: Some(&asked.device),
                room: device.and_then(|d| d.room.as_ref()),
                member: asked.member.as_ref(),
                payee: order.payee.as_ref(),
                lines: &lines,
            };
            let looked = vec![plain_check("frozen", "pass"), plain_check("item", "pass")];
            let verdict = evaluate_limits(book, target, at, looked);
            if is_unsigned && book.recent.heard_elsewhere(&asked.device, &order.lines, at) {
                refused_early("duplicate", Code::Duplicate)
            } else if order.doubt.is_some() {
                verdict.confirmed_whatever_it_costs()
            } else {
                verdict
            }
        }
    };
    decision.changes.push(Change::Judged {
        order: order.id.clone(),
        looked: std::mem::take(&mut verdict.looked),
    });
    let patience_s = asked.answer_within_s.unwrap_or(i64::MAX);
    apply_verdict(facts, order, verdict, patience_s, decision, at)
}

/// With the fault planted, what only sounds like a name is bought as if it had been said.
fn bought_at_once(doubt: Doubt) -> bool {
    doubt == Doubt::Alike && is_injected(InjectedFault::AlikeBought)
}

/// The verdict on an order that is refused before any limit is looked at.
pub fn refused_early(check: &'static str, code: Code) -> Verdict {
    refused_for(check, Reason::of(code))
}

fn refused_for(check: &'static str, reason: Reason) -> Verdict {
    let mut looked: Vec<RuleCheck> = Vec::new();
    if check != "frozen" {
        looked.push(plain_check("frozen", "pass"));
    }
    looked.push(plain_check(check, reason.code.as_str()));
    Verdict {
        looked,
        refused: Some(reason),
        holds: Vec::new(),
        confirm: false,
        approve: None,
        left: None,
    }
}

/// Puts a new order where its verdict leads. `patience_s`: how long the asker waits for an answer at
/// most, in seconds.
pub fn apply_verdict(
    facts: &Facts<'_>,
    mut order: Order,
    verdict: Verdict,
    patience_s: i64,
    mut decision: Decision,
    at: UnixMs,
) -> Decision {
    let rules = facts.book.home.rules;
    if let Some(reason) = verdict.refused {
        order.reason = Some(reason);
        order.step(State::Declined, at);
    } else {
        order.holds = verdict.holds;
        order.owner_next = verdict.approve.is_some();
        order.approve_within_s = verdict.approve.unwrap_or(rules.approve_within_s);
        if verdict.confirm {
            order.challenge = Some(facts.challenge);
            order.due = Some(at.plus_s(rules.confirm_within_s.min(patience_s)));
            order.step(State::AwaitingConfirmation, at);
        } else if order.owner_next {
            order.due = Some(at.plus_s(order.approve_within_s));
            order.step(State::AwaitingApproval, at);
        } else {
            pay::approve(&mut order, facts.book, &mut decision, at);
        }
    }
    let reply = Reply::of(&order, at).map(|reply| Reply {
        left: verdict.left.filter(|_| reply.status != Status::Declined),
        ..reply
    });
    decision.effects.extend(reply.map(Effect::Reply));
    order.conversation_ends_unless_asked();
    decision.put_order(facts.order.as_ref(), order);
    decision
}

/// An order of which only the asking is known.
fn blank(book: &Book, asked: &OrderRequest, at: UnixMs) -> Order {
    let origin = Origin::Device { device: asked.device.clone() };
    let lang = asked.lang.unwrap_or(book.home.lang);
    Order {
        member: asked.member.clone(),
        session: asked.session.clone(),
        fingerprint: asked.fingerprint.clone(),
        ..Order::asked(asked.order.clone(), origin, lang, book.home.rules, at)
    }
}

struct Priced {
    lines: Arc<[OrderLine]>,
    amount: Minor,
    payee: Option<Name>,
    on_fulfilment: bool,
}

/// Finds and prices the items; lines add up to the one rounded total.
fn price(book: &Book, asked: &OrderRequest) -> Result<Priced, Reason> {
    let items = asked.items.as_ref().map_err(Reason::unclear)?;
    priced(book, asked, items).map_err(Reason::of)
}

fn priced(book: &Book, asked: &OrderRequest, items: &[(Name, Decimal)]) -> Result<Priced, Code> {
    let currency = book.home.currency;
    if asked.currency.is_some_and(|c| c != currency) {
        return Err(Code::CurrencyMismatch);
    }
    if items.is_empty() || items.len() > ORDER_LINES_MAX {
        return Err(Code::Malformed);
    }
    let found = find(&book.household, items)?;
    if found.iter().any(|(_, item, _)| item.currency.is_some_and(|c| c != currency)) {
        return Err(Code::CurrencyMismatch);
    }
    // One payment has one payee: what two sellers get is asked for twice.
    let payee = found[0].1.payee.clone();
    let on_fulfilment = found[0].1.capture == CaptureWhen::OnFulfilment;
    let same = found.iter().all(|(_, item, _)| {
        item.payee == payee && (item.capture == CaptureWhen::OnFulfilment) == on_fulfilment
    });
    if !same {
        return Err(Code::Malformed);
    }
    let (amounts, amount) = sums(currency, &found).ok_or(Code::Malformed)?;
    if amount.0 <= 0 || amount.0 > AMOUNT_MAX {
        return Err(Code::Malformed);
    }
    let lines = found
        .iter()
        .zip(amounts)
        .map(|((sku, item, quantity), amount)| OrderLine {
            sku: (*sku).clone(),
            name: item.name.clone(),
            quantity: quantity.normalize().to_string(),
            amount,
            category: item.category.clone(),
            unit: item.unit.clone(),
        })
        .collect();
    Ok(Priced { lines, amount, payee, on_fulfilment })
}

type ItemQuantities<'a> = Vec<(&'a Name, &'a Item, Decimal)>;

fn find<'a>(
    house: &'a Household,
    items: &'a [(Name, Decimal)],
) -> Result<ItemQuantities<'a>, Code> {
    items
        .iter()
        .map(|(sku, quantity)| {
            let item = house.catalog.get(sku).ok_or(Code::UnknownItem)?;
            if *quantity <= Decimal::ZERO {
                return Err(Code::Malformed);
            }
            Ok((sku, item, *quantity))
        })
        .collect()
}

fn sums(currency: Currency, found: &ItemQuantities<'_>) -> Option<(Vec<Minor>, Minor)> {
    let exact: Option<Vec<Decimal>> = found
        .iter()
        .map(|(_, item, quantity)| currency.exact(item.price).checked_mul(*quantity))
        .collect();
    lines_that_add_up(currency, &exact?)
}
