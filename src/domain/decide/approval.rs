//! An owner says yes to an order that waits.

use super::owner_command::{Refusal, is_not, with_order};
use super::pay;
use super::reevaluate::{Waited, judge_again};
use crate::actor::Actor;
use crate::approval::{ApprovalProof, approval_digest, approval_text};
use crate::decision::{Change, CommandOutcome, Decision};
use crate::facts::Facts;
use crate::ids::OrderId;
use crate::order::{Order, State};
use crate::reply::Code;
use crate::time::UnixMs;

/// An owner says yes. Their word stands for a number that a limit asks for by now; what the limits
/// refuse by now is declined.
pub(super) fn approve_order(
    facts: &Facts<'_>,
    id: &OrderId,
    actor: &Actor,
    at: UnixMs,
) -> Decision {
    told_if_declined(with_order(facts, id, |order, d| {
        order.approved_by = Some(actor.clone());
        approve(facts, order, d, at)
    }))
}

/// The same, at the console: to the order as it was looked at, and the proof stays in the journal. What
/// is another order by now is not approved.
pub(super) fn approve_proven(
    facts: &Facts<'_>,
    (id, proof): (&OrderId, &ApprovalProof),
    actor: &Actor,
    at: UnixMs,
) -> Decision {
    let text = facts.order.as_ref().map(|order| approval_text(&facts.book.home, order));
    told_if_declined(with_order(facts, id, |order, d| {
        let text = text.unwrap_or_default();
        if proof.looked_at != approval_digest(&text) {
            let why = format!("order {id} has changed since it was looked at");
            return Err((Code::OrderChanged, why));
        }
        order.approved_by = Some(actor.clone());
        let (order_id, proof) = (id.clone(), Box::new(proof.clone()));
        approve(facts, order, d, at)?;
        d.changes.push(Change::Approved { order: order_id, text, proof });
        Ok(())
    }))
}

/// Tells an owner that an order was declined where they said yes to it.
pub(super) fn told_if_declined(mut decision: Decision) -> Decision {
    if let CommandOutcome::Done(Some(order)) = &decision.outcome
        && order.state == State::Declined
        && let Some(reason) = &order.reason
    {
        let rule = reason.rule.as_ref().map_or("the house".to_owned(), |r| format!("limit {r}"));
        let why = format!(
            "order {} is declined by {rule}, as it stands now: `homepay order explain {}` tells \
             more; change that and have it ordered again",
            order.id, order.id
        );
        let why = if reason.code == Code::Frozen {
            format!("order {} is declined: the device or the home is frozen", order.id)
        } else {
            why
        };
        decision.outcome = CommandOutcome::Refused { code: reason.code, why };
    }
    decision
}

fn approve(
    facts: &Facts<'_>,
    order: &mut Order,
    decision: &mut Decision,
    at: UnixMs,
) -> Result<(), Refusal> {
    if order.state != State::AwaitingApproval {
        return Err(is_not(order, "waiting for approval"));
    }
    if order.due.is_some_and(|due| due <= at) {
        return Err((Code::DeadlinePassed, format!("order {} waited too long", order.id)));
    }
    if let Waited::GoesOn { .. } = judge_again(facts.book, order, decision, at) {
        pay::approve(order, facts.book, decision, at);
        pay::say(order, decision, at);
    }
    Ok(())
}
