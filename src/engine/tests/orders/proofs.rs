//! An approval at the console is of what was looked at, and by somebody who proved it.

use super::{OrderWorld, limit, name};
use homepay_domain::access::{AccessChange, BrowserSession};
use homepay_domain::actor::Actor;
use homepay_domain::approval::{ApprovalProof, ProofKind, approval_digest, approval_text};
use homepay_domain::decision::{Change, CommandOutcome, Decision};
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::ids::OrderId;
use homepay_domain::order::State;
use homepay_domain::reply::Code;

fn signed_in() -> (OrderWorld, Actor) {
    let mut world = OrderWorld::new(&limit(
        "day",
        "scope = { home = true }\nperiod = \"day\"\namount = \"500.00\"\napprove_above = \"20.00\"",
    ));
    let members = &world.book.household.members;
    let is_owner = |role| role == homepay_domain::household::Role::Owner;
    let owner = members.iter().find(|(_, member)| is_owner(member.role)).map(|(id, _)| id.clone());
    let member = owner.unwrap_or_else(|| name("mum"));
    let session = BrowserSession {
        member: member.clone(),
        agent: "test".to_owned(),
        began_at: world.now,
        ended_at: None,
    };
    world.book.access.apply(&AccessChange::Session { id: "s1".into(), session });
    (world, Actor::Member { member, session: "s1".into() })
}

fn decided(world: &mut OrderWorld, actor: &Actor, id: &str, wish: OwnerCommand) -> Decision {
    let event = Event::OwnerCommanded { stamp: None, actor: actor.clone(), command: wish };
    world.decide(&event, Some(&OrderId::parse(id).unwrap()))
}

fn code_of(decision: &Decision) -> Option<Code> {
    match &decision.outcome {
        CommandOutcome::Refused { code, .. } => Some(*code),
        CommandOutcome::Done(_) | CommandOutcome::Limits(_) | CommandOutcome::Nothing => None,
    }
}

#[test]
fn what_was_looked_at_is_approved_and_nothing_else() {
    let (mut world, owner) = signed_in();
    let order = world.ask("looked-at-1", "water", 2);
    let other = world.ask("looked-at-2", "water", 3);
    let text = approval_text(&world.book.home, &order);
    let proof = |text: &str| {
        let looked_at = approval_digest(text);
        Box::new(ApprovalProof { looked_at, by: ProofKind::Password })
    };
    let plain = OwnerCommand::Approve(order.id.clone());
    let refused = decided(&mut world, &owner, "looked-at-1", plain);
    assert_eq!(code_of(&refused), Some(Code::Forbidden), "no proof, no approval");
    // Another order's text, and what this one would be with another amount, line or payee.
    let others = [
        approval_text(&world.book.home, &other),
        text.replace("\n5980\n", "\n598\n"),
        text.replace("*2=", "*1="),
        text.replace("approve", "reject"),
        String::new(),
    ];
    for changed in others {
        assert_ne!(changed, text, "a case that changes nothing");
        let wish = OwnerCommand::ApproveProven(order.id.clone(), proof(&changed));
        let refused = decided(&mut world, &owner, "looked-at-1", wish);
        assert_eq!(code_of(&refused), Some(Code::OrderChanged), "{changed}");
        assert!(refused.changes.iter().all(|c| !matches!(c, Change::Order { .. })), "{changed}");
    }
    assert_eq!(world.orders[&order.id].state, State::AwaitingApproval);
    let wish = OwnerCommand::ApproveProven(order.id.clone(), proof(&text));
    let done = decided(&mut world, &owner, "looked-at-1", wish);
    assert_eq!(code_of(&done), None);
    let kept = done
        .changes
        .iter()
        .any(|change| matches!(change, Change::Approved { text: kept, .. } if *kept == text));
    assert!(kept, "the text stays in the journal");
    assert_eq!(world.orders[&order.id].approved_by, Some(owner));
}
