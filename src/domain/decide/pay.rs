//! The steps that every order takes with money: approve, end, free and settle its room.

use crate::domain::decision::{Decision, Effect};
use crate::domain::household::Rules;
use crate::domain::limits::used::Hold;
use crate::domain::money::Minor;
use crate::domain::order::{Attempt, Ending, Order, State};
use crate::domain::reply::Reason;
use crate::domain::settlement::Ask;
use crate::domain::time::UnixMs;

/// How much longer the wallet keeps a hold than we do, in seconds: ours ends first.
pub const WALLET_HOLD_MARGIN_S: i64 = 3600;

/// Approves an order whose room is taken: the wallet is asked for the money.
pub fn approve(order: &mut Order, rules: Rules, decision: &mut Decision, at: UnixMs) {
    order.step(State::Approved, at);
    order.challenge = None;
    order.due = None;
    let goal = Ask::Authorize {
        order: order.id.clone(),
        amount: order.amount,
        payee: order.payee.clone(),
        category: order.category(),
        lines: order.pay_lines(),
        capture: !order.on_fulfilment,
        expires_in_s: rules.hold_for_s.saturating_add(WALLET_HOLD_MARGIN_S),
    };
    begin(order, goal, decision, at);
}

/// Hands a new goal out to the wallet.
pub fn begin(order: &mut Order, goal: Ask, decision: &mut Decision, at: UnixMs) {
    let number = order.attempt.as_ref().map_or(0, |a| a.number).saturating_add(1);
    order.attempt = Some(Attempt {
        sent: goal.clone(),
        goal,
        number,
        tries: 0,
        since: at,
        doubt_at: at,
        due: at,
    });
    hand_out(order, decision);
}

/// Hands out what the attempt says.
pub fn hand_out(order: &Order, decision: &mut Decision) {
    if let Some(attempt) = &order.attempt {
        decision.effects.push(Effect::Ask {
            order: order.id.clone(),
            number: attempt.number,
            ask: attempt.sent.clone(),
            due: attempt.due,
        });
    }
}

/// Asks how the payment stands, at `due`, before anything is paid again. Where a goal was handed
/// out last, it may have left as late as now.
pub fn inquire(order: &mut Order, due: UnixMs, decision: &mut Decision, at: UnixMs) {
    let id = order.id.clone();
    if let Some(attempt) = &mut order.attempt {
        if !matches!(attempt.sent, Ask::Inquire { .. }) {
            attempt.doubt_at = at;
        }
        attempt.sent = Ask::Inquire { order: id };
        attempt.number = attempt.number.saturating_add(1);
        attempt.due = due;
    }
    hand_out(order, decision);
}

/// Hands the goal out again, under the same key.
pub fn repeat(order: &mut Order, due: UnixMs, decision: &mut Decision) {
    if let Some(attempt) = &mut order.attempt {
        attempt.sent = attempt.goal.clone();
        attempt.number = attempt.number.saturating_add(1);
        attempt.due = due;
    }
    hand_out(order, decision);
}

/// Ends an order that no money moved for: all its room is free, its counts stay.
pub fn end(order: &mut Order, state: State, reason: Option<Reason>, at: UnixMs) {
    order.step(state, at);
    order.reason = reason;
    order.due = None;
    order.challenge = None;
    order.attempt = None;
    order.ending = None;
    let net = order.net();
    for hold in &mut order.holds {
        hold.held = Minor::ZERO;
        hold.spent = hold.share.min(net);
    }
}

/// Begins to undo what the wallet may have done; the order ends as `ending` says.
pub fn undo(order: &mut Order, ending: Ending, decision: &mut Decision, at: UnixMs) {
    order.ending = Some(ending);
    order.due = None;
    match &order.attempt {
        Some(_) => inquire(order, at, decision, at),
        None => {
            let goal = Ask::Void { order: order.id.clone() };
            begin(order, goal, decision, at);
        }
    }
}

/// Money moved: holds become spending, what was held above it is free.
pub fn settle_room(holds: &mut [Hold], captured: Minor) {
    for hold in holds {
        hold.held = Minor::ZERO;
        hold.spent = hold.share.min(captured);
    }
}

/// Money came back: limits that restore give the room back, the others keep it. A line that the
/// refund does not name keeps its room as long as the rest of the order can account for it.
pub fn refund_room(holds: &mut [Hold], net: Minor) {
    for hold in holds {
        if hold.restores {
            hold.spent = hold.spent.min(net);
        }
    }
}

/// Says how the order stands, where its state has words.
pub fn say(order: &Order, decision: &mut Decision, at: UnixMs) {
    decision.effects.extend(crate::domain::reply::Reply::of(order, at).map(Effect::Say));
}
