//! Orders that waited are judged anew when somebody says yes, and only what bought counts.

use super::{NUMBER, OrderWorld, code, home_day, limit, name, paid};
use homepay_domain::decision::{CommandOutcome, Effect};
use homepay_domain::event::{ConfirmationAnswer, Event, OwnerCommand};
use homepay_domain::ids::OrderId;
use homepay_domain::limits::used::Used;
use homepay_domain::money::Minor;
use homepay_domain::order::{Order, State};
use homepay_domain::reply::{Code, Status};
use homepay_domain::settlement::{DeclineCode, PaymentStatus};

/// Who says yes to an order that waits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Yes {
    Number,
    Pin,
    Owner,
}

const EVERY_YES: [Yes; 3] = [Yes::Number, Yes::Pin, Yes::Owner];

fn asks(yes: Yes, rest: &str) -> String {
    let field = if yes == Yes::Owner { "approve_above" } else { "confirm_above" };
    format!(
        "scope = {{ home = true }}\nperiod = \"day\"\namount = \"200.00\"\n\
         {field} = \"20.00\"\n{rest}"
    )
}

impl OrderWorld {
    /// Says yes to an order; how it stands, what its device is told, and the owner.
    fn yes(&mut self, id: &str, yes: Yes) -> (Order, Vec<Status>, CommandOutcome) {
        let order = OrderId::parse(id).unwrap();
        let event = match yes {
            Yes::Owner => Event::OwnerCommanded {
                stamp: None,
                actor: homepay_domain::actor::Actor::System,
                command: OwnerCommand::Approve(order.clone()),
            },
            Yes::Number | Yes::Pin => {
                let said = match yes {
                    Yes::Pin => ConfirmationAnswer::Pin { of: vec![name("mum")] },
                    _ => ConfirmationAnswer::Number(NUMBER.to_string()),
                };
                let stamp = Some(self.stamp());
                let (device, order) = (name("kitchen"), order.clone());
                Event::AnswerReceived { stamp, device, order, answer: said, session: None }
            }
        };
        let decision = self.decide(&event, Some(&order));
        let said = decision.effects.iter().filter_map(|effect| match effect {
            Effect::Reply(reply) => Some(reply.status),
            _ => None,
        });
        (self.orders[&order].clone(), said.collect(), decision.outcome)
    }

    fn used(&self, id: &str, key: &str) -> Used {
        self.book.uses.window(&name(id), key)
    }
}

const TODAY: &str = "day:2026-11-21";

#[test]
fn whoever_says_yes_is_refused_by_the_rules_as_they_stand_then() {
    let edit = |json: &'static str| move |world: &mut OrderWorld| world.limit(json);
    type Change = Box<dyn Fn(&mut OrderWorld)>;
    let changes: [(&str, Change, Code); 8] = [
        ("home frozen", Box::new(|w| drop(w.wish(OwnerCommand::Freeze(None)))), Code::Frozen),
        (
            "device frozen",
            Box::new(|w| drop(w.wish(OwnerCommand::Freeze(Some(name("kitchen")))))),
            Code::Frozen,
        ),
        (
            "lowered",
            Box::new(edit(r#"{"id":"day","scope":{"home":true},"period":"day","amount":"10.00"}"#)),
            Code::LimitExceeded,
        ),
        (
            "hours",
            Box::new(edit(
                r#"{"id":"x","scope":{"home":true},"period":"day","hours":["13:00-14:00"]}"#,
            )),
            Code::OutsideHours,
        ),
        (
            "category",
            Box::new(edit(
                r#"{"id":"x","scope":{"home":true},"period":"day","categories":{"block":["grocery"]}}"#,
            )),
            Code::CategoryBlocked,
        ),
        (
            "payee",
            Box::new(edit(
                r#"{"id":"x","scope":{"home":true},"period":"day","payees":{"block":["shop"]}}"#,
            )),
            Code::PayeeBlocked,
        ),
        (
            "count",
            Box::new(edit(r#"{"id":"x","scope":{"home":true},"period":"day","max_count":0}"#)),
            Code::CountExceeded,
        ),
        (
            "removed",
            Box::new(|w| drop(w.wish(OwnerCommand::RemoveLimit(name("day"))))),
            Code::NoLimitSet,
        ),
    ];
    for yes in EVERY_YES {
        for (about, change, want) in &changes {
            let mut world = OrderWorld::new(&limit("day", &asks(yes, "")));
            world.ask_by("order-0001", "water", 1, "kitchen", Some("mum"));
            change(&mut world);
            let (order, said, told) = world.yes("order-0001", yes);
            assert_eq!((order.state, code(&order)), (State::Declined, Some(*want)), "{about}");
            assert_eq!(said, [Status::Declined], "{yes:?}, {about}: it is said");
            let refused = matches!(told, CommandOutcome::Refused { code, .. } if code == *want);
            assert_eq!(refused, yes == Yes::Owner, "{about}: {told:?}");
            assert!(world.asks.is_empty(), "{about}: nothing was asked of the wallet");
            assert_eq!(world.used("day", TODAY), Used::default(), "{about}: its room is free");
            let last = world.looked.last().map(|l| l.verdict.clone());
            assert_eq!(last.as_deref(), Some(want.as_str()), "{about}: it is explained");
        }
    }
}

#[test]
fn an_order_that_waits_does_not_stand_in_its_own_way() {
    for yes in EVERY_YES {
        // It fills the amount and the count by itself, rolling and by the calendar.
        let limits = limit("day", &asks(yes, "max_count = 1")).replace("200.00", "29.90")
            + &limit(
                "span",
                "scope = { home = true }\nrolling = \"6h\"\namount = \"29.90\"\nmax_count = 1",
            );
        let mut world = OrderWorld::new(&limits);
        world.ask_by("order-0001", "water", 1, "kitchen", Some("mum"));
        let (order, ..) = world.yes("order-0001", yes);
        assert_eq!(order.state, State::Approved, "{yes:?}: {:?}", order.reason);
        let held = Used { held: Minor(2990), spent: Minor::ZERO, count: 1 };
        assert_eq!(world.used("day", TODAY), held, "{yes:?}");
        assert_eq!(world.book.uses.rolling(&name("span"), world.now.plus_s(-60)).0, held);
        assert_eq!(code(&world.ask("order-0002", "water", 1)), Some(Code::LimitExceeded));
    }
}

#[test]
fn room_is_taken_in_the_periods_of_now() {
    for yes in EVERY_YES {
        let mut world = OrderWorld::new(&limit("day", &asks(yes, "")));
        world.wait_s(11 * 3_600 + 59 * 60 + 50);
        world.ask_by("order-0001", "water", 1, "kitchen", Some("mum"));
        world.limit(r#"{"id":"games","scope":{"home":true},"period":"month","amount":"900.00"}"#);
        world.wait_s(30);
        let (order, ..) = world.yes("order-0001", yes);
        assert_eq!(order.state, State::Approved, "{yes:?}");
        assert_eq!(world.used("day", TODAY), Used::default(), "{yes:?}: yesterday is free");
        let held = Used { held: Minor(2990), spent: Minor::ZERO, count: 1 };
        assert_eq!(world.used("day", "day:2026-11-22"), held, "{yes:?}");
        assert_eq!(world.used("games", "month:2026-11-01"), held, "a limit that came meanwhile");
        let answer = paid(Minor(2990), vec![]);
        world.answer("order-0001", answer);
        let spent = Used { held: Minor::ZERO, spent: Minor(2990), count: 1 };
        assert_eq!(world.used("games", "month:2026-11-01"), spent);
    }
}

#[test]
fn a_limit_that_asks_for_an_owner_by_now_is_respected() {
    let mut world = OrderWorld::new(&limit("day", &asks(Yes::Number, "")));
    world.ask("order-0001", "water", 1);
    world.limit(
        r#"{"id":"x","scope":{"home":true},"period":"day","amount":"900.00","approve_above":"9.00",
            "approve_within":"10m"}"#,
    );
    let (order, said, _) = world.yes("order-0001", Yes::Number);
    assert_eq!((order.state, said), (State::AwaitingApproval, vec![Status::AwaitingApproval]));
    assert_eq!(order.due, Some(world.now.plus_s(600)));
    assert_eq!(world.yes("order-0001", Yes::Owner).0.state, State::Approved);
}

#[test]
fn only_what_bought_counts() {
    let counted = "scope = { home = true }\nperiod = \"day\"\namount = \"900.00\"\nmax_count = 1";
    let rolling = limit(
        "span",
        "scope = { home = true }\nrolling = \"6h\"\namount = \"900.00\"\nmax_count = 1",
    );
    let asking = |field: &str| limit("day", &format!("{counted}\n{field} = \"20.00\"")) + &rolling;
    type End = Box<dyn Fn(&mut OrderWorld)>;
    let id = || OrderId::parse("order-0001").unwrap();
    let ends: [(&str, End); 6] = [
        (
            "",
            Box::new(|w| {
                w.answer(
                    "order-0001",
                    PaymentStatus::Declined { code: DeclineCode::InsufficientFunds },
                );
            }),
        ),
        ("confirm_above", Box::new(|w| drop(w.said("order-0001", ConfirmationAnswer::Cancel)))),
        (
            "confirm_above",
            Box::new(|w| drop(w.said("order-0001", ConfirmationAnswer::Number("11".into())))),
        ),
        ("confirm_above", Box::new(|w| w.wait_s(61))),
        ("approve_above", Box::new(move |w| drop(w.wish(OwnerCommand::Reject(id()))))),
        ("approve_above", Box::new(move |w| drop(w.wish(OwnerCommand::Cancel(id()))))),
    ];
    for (field, end) in ends {
        let plain = limit("day", counted) + &rolling;
        let mut world = OrderWorld::new(&if field.is_empty() { plain } else { asking(field) });
        world.ask("order-0001", "water", 1);
        let second = world.ask("order-0002", "water", 1);
        assert_eq!(code(&second), Some(Code::CountExceeded), "an open order has its place");
        end(&mut world);
        let ended = world.orders[&id()].state;
        let next = world.ask("order-0003", "water", 1);
        assert_ne!(next.state, State::Declined, "after {ended:?}: {:?}", next.reason);
    }
    let mut world = OrderWorld::new(&limit("day", counted));
    world.paid("order-0001", "water", 1);
    world.wish(OwnerCommand::Refund(id(), None));
    let refunds = vec![homepay_domain::settlement::RefundSeen {
        id: homepay_domain::settlement::refund_id(&id(), 1),
        amount: Minor(2990),
    }];
    let order = world.answer("order-0001", paid(Minor(2990), refunds));
    assert_eq!(order.state, State::Refunded);
    let refused = world.ask("order-0002", "water", 1);
    assert_eq!(code(&refused), Some(Code::CountExceeded), "a refund gives no place back");
    let reason = refused.reason.unwrap();
    assert_eq!((reason.orders, reason.asked, reason.left), (Some((1, 1)), None, None));
}

#[test]
fn an_order_of_a_home_without_limits_of_its_kind_is_left_alone() {
    let mut world = OrderWorld::new(&home_day("900.00"));
    let order = world.ask("order-0001", "water", 1);
    assert_eq!(order.state, State::Approved);
    let (after, said, told) = world.yes("order-0001", Yes::Owner);
    assert_eq!((after, said), (order, vec![]));
    assert!(matches!(told, CommandOutcome::Refused { code: Code::WrongState, .. }));
}
