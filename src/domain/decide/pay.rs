//! The steps that every order takes with money: approve, end, free and settle its room.

use crate::book::Book;
use crate::decision::{Decision, Effect};
use crate::ids::OrderId;
use crate::limits::used::Hold;
use crate::money::Minor;
use crate::order::{Attempt, Ending, Order, State};
use crate::reply::Reason;
use crate::settlement::PaymentCommand;
use crate::time::UnixMs;

/// How much longer the wallet keeps a hold than we do, in seconds: ours ends first.
pub const WALLET_HOLD_MARGIN_S: i64 = 3600;

/// Approves an order whose room is taken: the wallet is asked for the money.
pub fn approve(order: &mut Order, book: &Book, decision: &mut Decision, at: UnixMs) {
    order.step(State::Approved, at);
    order.challenge = None;
    order.due = None;
    if !book.id.is_empty() {
        order.payment = Some(OrderId::of_payment(&order.id, &book.id));
    }
    let goal = PaymentCommand::Authorize {
        order: order.payment_id(),
        amount: order.amount,
        payee: order.payee.clone(),
        category: order.category(),
        lines: order.pay_lines(),
        capture: !order.on_fulfilment,
        expires_in_s: book.home.rules.hold_for_s.saturating_add(WALLET_HOLD_MARGIN_S),
    };
    begin(order, goal, decision, at);
}

/// Hands a new goal out to the wallet.
pub fn begin(order: &mut Order, goal: PaymentCommand, decision: &mut Decision, at: UnixMs) {
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
        decision.effects.push(Effect::SendCommand {
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
    let id = order.payment_id();
    if let Some(attempt) = &mut order.attempt {
        if !matches!(attempt.sent, PaymentCommand::Inquire { .. }) {
            attempt.doubt_at = at;
        }
        attempt.sent = PaymentCommand::Inquire { order: id };
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

/// Ends an order that was not bought: its room is free, and its places in counts are too, unless
/// money stays with the payee.
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
        hold.freed = !net.is_positive();
    }
}

/// Begins to undo what the wallet may have done; the order ends as `ending` says.
pub fn undo(order: &mut Order, ending: Ending, decision: &mut Decision, at: UnixMs) {
    order.ending = Some(ending);
    // A request may still be on its way. Voiding blindly could race with it, so the wallet is asked
    // how the payment stands first.
    order.due = None;
    match &order.attempt {
        Some(_) => inquire(order, at, decision, at),
        None => {
            let goal = PaymentCommand::Void { order: order.payment_id() };
            begin(order, goal, decision, at);
        }
    }
}

/// Turns holds into spending; what was held above the captured amount is free again.
pub fn settle_room(holds: &mut [Hold], captured: Minor) {
    for hold in holds {
        hold.held = Minor::ZERO;
        hold.spent = hold.share.min(captured);
    }
}

/// Reduces each restoring hold to the net captured amount. A refund that does not say which line it
/// is for frees a line only as far as the other lines cannot account for the net.
pub fn refund_room(holds: &mut [Hold], net: Minor) {
    for hold in holds {
        if hold.restores {
            hold.spent = hold.spent.min(net);
        }
    }
}

/// Says how the order stands, where its state has words.
pub fn say(order: &Order, decision: &mut Decision, at: UnixMs) {
    decision.effects.extend(crate::reply::Reply::of(order, at).map(Effect::Reply));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Origin;

    /// Found by the simulation: a payment handed out again was under way when its order was given
    /// up, was told failed by the first "never heard of it", and then arrived.
    #[test]
    fn a_goal_that_was_handed_out_again_is_in_doubt_from_then_on() {
        let id = OrderId::parse("order-00031").expect("an id");
        let text = r#"{"id":"order-00031","origin":{"from":"device","device":"kitchen"},
            "member":null,"lang":"en","session":null,"fingerprint":"","state":"approved",
            "amount":1365,"lines":[],"payee":null,"on_fulfilment":false,"holds":[],"reason":null,
            "challenge":null,"pin_tries":0,"owner_next":false,"approve_within_s":600,"due":null,
            "attempt":null,"authorized":false,"ending":null,"captured":0,"refunded":0,
            "refunds":0,"returned":[],"asked_at":0,"changed_at":0}"#;
        let mut order: Order = serde_json::from_str(text).expect("an order");
        assert!(matches!(order.origin, Origin::Device { .. }));
        let mut decision = Decision::nothing();
        let (first, again, over) = (UnixMs(0), UnixMs(899_000), UnixMs(900_000));
        let goal = PaymentCommand::Capture { order: id, amount: order.amount };
        begin(&mut order, goal, &mut decision, first);
        inquire(&mut order, first, &mut decision, first);
        repeat(&mut order, again, &mut decision);
        let ending = Ending { state: State::Failed, reason: None };
        undo(&mut order, ending, &mut decision, over);
        let attempt = order.attempt.as_ref().expect("it is asked about");
        assert_eq!(attempt.doubt_at, over, "the repeated goal may have left until now");
        inquire(&mut order, over, &mut decision, over.plus_s(30));
        let attempt = order.attempt.as_ref().expect("it is asked about");
        assert_eq!(attempt.doubt_at, over, "questions move nothing");
    }
}
