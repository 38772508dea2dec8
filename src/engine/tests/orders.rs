//! What becomes of orders: tables over the pure decision, with a book and no store.

mod duplicates;
mod edits;
mod guesses;
mod notices;
mod proofs;
mod waiting;
mod windows;

use homepay_domain::book::Book;
use homepay_domain::decide::decide;
use homepay_domain::decision::{Change, CommandOutcome, Decision, Effect, RuleCheck};
use homepay_domain::event::{ConfirmationAnswer, Event, OrderRequest, OwnerCommand, Stamp};
use homepay_domain::facts::Facts;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::{Order, State};
use homepay_domain::reply::Code;
use homepay_domain::settlement::{
    DeclineCode, IN_FLIGHT_MAX_S, PaymentCommand, PaymentSeen, PaymentStatus, RefundSeen, refund_id,
};
use homepay_domain::time::UnixMs;
use homepay_files::household::{limit_of_form, read_household};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

mod world;

use world::{OrderWorld, held, name, paid};

const NUMBER: u8 = 47;

fn code(order: &Order) -> Option<Code> {
    order.reason.as_ref().map(|r| r.code)
}

fn limit(id: &str, rest: &str) -> String {
    format!("[[limits]]\nid = \"{id}\"\n{rest}\n")
}

fn home_day(amount: &str) -> String {
    limit("day", &format!("scope = {{ home = true }}\nperiod = \"day\"\namount = \"{amount}\""))
}

#[test]
fn every_scope_and_field_refuses_with_its_own_code() {
    let base = home_day("1000.00");
    let with = |rest: &str| format!("{base}{}", limit("x", rest));
    let table = [
        (String::new(), Code::NoLimitSet),
        (
            limit("x", "scope = { device = \"kids\" }\nperiod = \"day\"\namount = \"99.00\""),
            Code::NoLimitSet,
        ),
        (home_day("29.89"), Code::LimitExceeded),
        (home_day("0.00"), Code::LimitExceeded),
        (
            with("scope = { device = \"kitchen\" }\nperiod = \"day\"\namount = \"1.00\""),
            Code::LimitExceeded,
        ),
        (
            with("scope = { room = \"kitchen\" }\nperiod = \"week\"\namount = \"1.00\""),
            Code::LimitExceeded,
        ),
        (
            with("scope = { member = \"mum\" }\nperiod = \"month\"\namount = \"1.00\""),
            Code::LimitExceeded,
        ),
        (
            with("scope = { category = \"grocery\" }\nperiod = \"year\"\namount = \"1.00\""),
            Code::LimitExceeded,
        ),
        (
            with("scope = { payee = \"shop\" }\nperiod = \"all_time\"\namount = \"1.00\""),
            Code::LimitExceeded,
        ),
        (
            with(
                "scope = { device = \"kitchen\", member = \"mum\" }\nrolling = \"6h\"\namount = \"1.00\"",
            ),
            Code::LimitExceeded,
        ),
        (
            with("scope = { home = true }\nperiod = \"order\"\namount = \"29.89\""),
            Code::LimitExceeded,
        ),
        (with("scope = { home = true }\nperiod = \"day\"\nmax_count = 0"), Code::CountExceeded),
        (
            with("scope = { home = true }\nperiod = \"day\"\nmax_per_item = \"29.89\""),
            Code::PerItemExceeded,
        ),
        (
            with("scope = { home = true }\nperiod = \"day\"\nhours = [\"13:00-14:00\"]"),
            Code::OutsideHours,
        ),
        (
            with(
                "scope = { home = true }\nperiod = \"day\"\ncategories = { block = [\"grocery\"] }",
            ),
            Code::CategoryBlocked,
        ),
        (
            with("scope = { home = true }\nperiod = \"day\"\ncategories = { allow = [\"games\"] }"),
            Code::CategoryBlocked,
        ),
        (
            with("scope = { home = true }\nperiod = \"day\"\npayees = { block = [\"shop\"] }"),
            Code::PayeeBlocked,
        ),
        (
            with(
                "scope = { home = true }\nperiod = \"day\"\nvalid_to = \"2026-11-01\"\namount = \"1.00\"",
            ),
            Code::Replayed,
        ),
    ];
    for (limits, want) in table {
        let mut world = OrderWorld::new(&limits);
        let order = world.ask_by("order-0001", "water", 1, "kitchen", Some("mum"));
        if want == Code::Replayed {
            assert_eq!(order.state, State::Approved, "a limit that has ended does not count");
            continue;
        }
        assert_eq!((order.state, code(&order)), (State::Declined, Some(want)), "{limits}");
        assert!(order.holds.is_empty(), "a refused order takes no room");
        let failed = world.looked.last().map(|l| l.verdict.clone());
        assert_eq!(
            failed.as_deref(),
            Some(want.as_str()),
            "explain ends with the rule that failed"
        );
    }
}

/// One piece is held against it, however many are bought; and only pieces of the limit's scope.
#[test]
fn a_single_piece_may_cost_no_more_than_the_limit_says() {
    let each = |scope: &str, most: &str| {
        let rest = format!("scope = {{ {scope} }}\nperiod = \"day\"\nmax_per_item = \"{most}\"");
        home_day("900.00") + &limit("each", &rest)
    };
    let games = "category = \"games\"";
    for (scope, most, sku, pieces, refused) in [
        ("home = true", "29.90", "water", 1, false),
        ("home = true", "29.90", "water", 3, false),
        ("home = true", "29.89", "water", 1, true),
        ("home = true", "0.00", "water", 1, true),
        ("device = \"kids\"", "1.00", "water", 1, false),
        (games, "1.00", "water", 2, false),
        (games, "49.99", "card", 1, true),
        (games, "50.00", "card", 2, false),
    ] {
        let mut world = OrderWorld::new(&each(scope, most));
        let order = world.ask("order-0001", sku, pieces);
        let want = refused.then_some(Code::PerItemExceeded);
        assert_eq!(code(&order), want, "{pieces} {sku}, at most {most} of {scope}");
        if let Some(reason) = order.reason.filter(|_| refused) {
            let most = world.book.home.currency.parse(most).unwrap();
            assert_eq!((reason.rule, reason.left), (Some(name("each")), Some(most)));
        }
        let looked = world.looked.iter().find(|l| &*l.check == "per_item");
        assert_eq!(looked.is_some(), scope == "home = true" || (scope == games && sku == "card"));
    }
}

#[test]
fn a_freeze_shows_in_the_states_of_the_devices_that_it_is_about() {
    let mut world = OrderWorld::new(&home_day("90.00"));
    let devices = world.book.household.devices.len();
    for (device, shown) in [(Some(name("kitchen")), 1), (None, devices)] {
        for command in [OwnerCommand::Freeze(device.clone()), OwnerCommand::Thaw(device.clone())] {
            let actor = homepay_domain::actor::Actor::System;
            let event = Event::OwnerCommanded { stamp: None, actor, command };
            let decision = world.decide(&event, None);
            let told = decision.effects.iter().filter(|e| matches!(e, Effect::Refresh(Some(_))));
            assert_eq!(told.count(), shown, "{device:?}");
        }
    }
}

#[test]
fn the_order_of_checks_is_fixed() {
    let everything = home_day("1.00")
        + &limit(
            "a",
            "scope = { home = true }\nperiod = \"order\"\namount = \"1.00\"\nhours = [\"01:00-02:00\"]\ncategories = { allow = [\"games\"] }\npayees = { block = [\"shop\"] }",
        );
    let mut world = OrderWorld::new(&everything);
    world.wish(OwnerCommand::Freeze(None));
    assert_eq!(code(&world.ask("order-0001", "nothing", 1)), Some(Code::Frozen));
    world.wish(OwnerCommand::Thaw(None));
    assert_eq!(code(&world.ask("order-0002", "nothing", 1)), Some(Code::UnknownItem));
    assert_eq!(code(&world.ask("order-0003", "water", 1)), Some(Code::OutsideHours));
    let steps = [
        (
            r#"{"id":"a","scope":{"home":true},"period":"order","amount":"1.00","categories":{"allow":["games"]},"payees":{"block":["shop"]}}"#,
            Code::CategoryBlocked,
            None,
        ),
        (
            r#"{"id":"a","scope":{"home":true},"period":"order","amount":"1.00","payees":{"block":["shop"]}}"#,
            Code::PayeeBlocked,
            None,
        ),
        (
            r#"{"id":"a","scope":{"home":true},"period":"order","amount":"2.00"}"#,
            Code::LimitExceeded,
            Some("a"),
        ),
        (
            r#"{"id":"a","scope":{"home":true},"period":"week","amount":"2.00","max_count":0}"#,
            Code::LimitExceeded,
            Some("day"),
        ),
    ];
    for (index, (form, want, rule)) in steps.into_iter().enumerate() {
        world.limit(form);
        let order = world.ask(&format!("order-1{index:03}"), "water", 1);
        assert_eq!(code(&order), Some(want), "{form}");
        let named = order.reason.unwrap().rule.map(|r| r.to_string());
        assert!(rule.is_none() || named.as_deref() == rule, "{form}: {named:?}");
    }
}

#[test]
fn holds_count_in_full_and_are_freed_when_nothing_was_paid() {
    let mut world = OrderWorld::new(&home_day("60.00"));
    world.ask("order-0001", "water", 1);
    world.ask("order-0002", "water", 1);
    let third = world.ask("order-0003", "water", 1);
    assert_eq!(code(&third), Some(Code::LimitExceeded));
    assert_eq!(third.reason.unwrap().left, Some(Minor(20)), "two holds of 29.90 leave 0.20");
    let declined = world
        .answer("order-0002", PaymentStatus::Declined { code: DeclineCode::InsufficientFunds });
    assert_eq!((declined.state, code(&declined)), (State::Failed, Some(Code::InsufficientFunds)));
    assert_eq!(world.ask("order-0004", "water", 1).state, State::Approved);
}

#[test]
fn a_number_a_pin_and_silence() {
    let limits = limit(
        "day",
        "scope = { home = true }\nperiod = \"day\"\namount = \"500.00\"\nconfirm_above = \"20.00\"\napprove_above = \"100.00\"",
    );
    let mut world = OrderWorld::new(&limits);
    assert_eq!(world.ask("order-0001", "water", 1).state, State::AwaitingConfirmation);
    assert_eq!(
        world.said("order-0001", ConfirmationAnswer::Number("47".into())).state,
        State::Approved
    );
    world.ask("order-0002", "water", 1);
    let wrong = world.said("order-0002", ConfirmationAnswer::Number("yes".into()));
    assert_eq!((wrong.state, code(&wrong)), (State::Declined, Some(Code::ConfirmationFailed)));
    world.ask("order-0003", "water", 1);
    world.wait_s(61);
    let late = &world.orders[&OrderId::parse("order-0003").unwrap()];
    assert_eq!((late.state, code(late)), (State::Expired, Some(Code::DeadlinePassed)));
    let large = world.ask_by("order-0004", "water", 4, "kitchen", Some("mum"));
    assert_eq!(large.state, State::AwaitingConfirmation);
    let nobody = || ConfirmationAnswer::Pin { of: vec![] };
    assert_eq!(world.said("order-0004", nobody()).state, State::AwaitingConfirmation);
    assert_eq!(
        world.said("order-0004", ConfirmationAnswer::Pin { of: vec![name("mum")] }).state,
        State::AwaitingApproval
    );
    let id = OrderId::parse("order-0004").unwrap();
    assert!(matches!(world.wish(OwnerCommand::Approve(id.clone())), CommandOutcome::Done(_)));
    assert_eq!(world.orders[&id].state, State::Approved);
    world.ask("order-0005", "water", 1);
    for _ in 0..3 {
        world.said("order-0005", nobody());
    }
    let locked = &world.orders[&OrderId::parse("order-0005").unwrap()];
    assert_eq!(locked.state, State::Declined, "three wrong PINs lock the order");
    assert_eq!(code(&world.ask("order-0006", "water", 1)), Some(Code::Risk), "five wrong guesses");
}

#[test]
fn a_doubtful_payment_is_asked_about_and_never_paid_twice() {
    let mut world = OrderWorld::new(&home_day("500.00"));
    world.ask("order-0001", "water", 1);
    let unknown = || PaymentStatus::Unknown { why: "lost".into() };
    for _ in 0..3 {
        let order = world.answer("order-0001", unknown());
        assert_eq!(order.state, State::Approved, "silence is neither yes nor no");
        let (_, asked) = world.asks.last().unwrap();
        assert!(matches!(asked, PaymentCommand::Inquire { .. }), "one asks before one pays again");
    }
    world.answer("order-0001", world.absent());
    let (_, again) = world.asks.last().unwrap();
    assert_eq!(again.idempotency_key().as_deref(), Some("order-0001-auth"), "the same key");
    let paid = paid(Minor(2990), vec![]);
    assert_eq!(world.answer("order-0001", paid).state, State::Settled);
}

#[test]
fn what_stays_in_doubt_is_undone_and_said() {
    let unknown = || PaymentStatus::Unknown { why: "down".into() };
    let mut world = OrderWorld::new(&home_day("500.00"));
    world.ask("order-0001", "water", 1);
    world.answer("order-0001", unknown());
    world.wait_s(901);
    assert!(matches!(world.asks.last().unwrap().1, PaymentCommand::Inquire { .. }));
    let late = world.answer("order-0001", paid(Minor(2990), vec![]));
    assert_eq!(late.state, State::Approved, "not said before the money is back");
    let refunds = vec![RefundSeen { id: refund_id(&late.id, 1), amount: Minor(2990) }];
    let back = world.answer("order-0001", paid(Minor(2990), refunds));
    assert_eq!((back.state, code(&back)), (State::Failed, Some(Code::WalletUnreachable)));
    assert_eq!(back.net(), Minor::ZERO);
    let mut world = OrderWorld::new(&home_day("500.00"));
    world.ask("order-0002", "water", 1);
    world.answer("order-0002", unknown());
    world.wait_s(901);
    let waits = world.answer("order-0002", world.absent());
    assert_eq!(waits.state, State::Failed, "its signature is long too old to arrive");
    const { assert!(901 > IN_FLIGHT_MAX_S) };
    assert_eq!(world.book.uses.window(&name("day"), "day:2026-11-21").held, Minor::ZERO);
}

#[test]
fn a_clock_that_leapt_ahead_does_not_end_what_may_still_arrive() {
    let mut world = OrderWorld::new(&home_day("500.00"));
    world.ask("order-0001", "water", 1);
    let sent = world.now;
    world.answer("order-0001", PaymentStatus::Unknown { why: "lost".into() });
    world.wait_s(86_400);
    for (by_wallet_s, state) in [
        (5, State::Approved),
        (IN_FLIGHT_MAX_S - 1, State::Approved),
        (IN_FLIGHT_MAX_S, State::Failed),
    ] {
        let answer = PaymentStatus::Absent { by_wallet: sent.plus_s(by_wallet_s) };
        let order = world.answer("order-0001", answer);
        assert_eq!(order.state, state, "{by_wallet_s} s after it was sent, by the wallet");
    }
}

#[test]
fn refunds_follow_the_limits_rule_and_never_give_a_count_back() {
    let limits =
        limit(
            "keep",
            "scope = { home = true }\nperiod = \"day\"\namount = \"500.00\"\nmax_count = 2",
        ) + &limit("restore", "scope = { home = true }\nperiod = \"month\"\namount = \"500.00\"");
    let mut world = OrderWorld::new(&limits);
    let order = world.paid("order-0001", "water", 2);
    world.wish(OwnerCommand::Refund(order.id.clone(), Some(Minor(1000))));
    let refunds = vec![RefundSeen { id: refund_id(&order.id, 1), amount: Minor(1000) }];
    let part = world.answer("order-0001", paid(Minor(5980), refunds));
    assert_eq!((part.state, part.net()), (State::PartiallyRefunded, Minor(4980)));
    let used = |w: &OrderWorld, id: &str, key: &str| w.book.uses.window(&name(id), key);
    assert_eq!(used(&world, "keep", "day:2026-11-21").spent, Minor(5980));
    assert_eq!(used(&world, "restore", "month:2026-11-01").spent, Minor(4980));
    assert_eq!(used(&world, "restore", "month:2026-11-01").count, 1);
    let told = world.wish(OwnerCommand::Refund(order.id, Some(Minor(4981))));
    assert!(matches!(told, CommandOutcome::Refused { .. }), "never more than was paid");
}

#[test]
fn the_period_is_named_when_room_is_taken() {
    let mut world = OrderWorld::new(&home_day("60.00"));
    world.wait_s(11 * 3600 + 59 * 60);
    world.ask("order-0001", "water", 2);
    world.now = world.now.plus_s(3600);
    world.answer("order-0001", paid(Minor(5980), vec![]));
    let used = |w: &OrderWorld, key: &str| w.book.uses.window(&name("day"), key).spent;
    assert_eq!(used(&world, "day:2026-11-21"), Minor(5980), "captured after midnight, held before");
    assert_eq!(used(&world, "day:2026-11-22"), Minor::ZERO);
    assert_eq!(world.ask("order-0002", "water", 2).state, State::Approved, "a new day");
    world.now = world.now.plus_s(-20 * 3600);
    let back = world.ask("order-0003", "water", 1);
    assert_eq!(code(&back), Some(Code::LimitExceeded), "a clock set back reopens nothing");
}

#[test]
fn an_edit_never_resets_use() {
    let mut world = OrderWorld::new(&home_day("100.00"));
    world.paid("order-0001", "water", 2);
    world.limit(r#"{"id":"day","scope":{"home":true},"period":"day","amount":"80.00"}"#);
    let refused = world.ask("order-0002", "water", 1);
    assert_eq!(refused.reason.unwrap().left, Some(Minor(2020)));
    assert_eq!(world.book.household.limits[&name("day")].version, 2);
}

#[test]
fn delivery_is_paid_at_most_as_held() {
    let mut world = OrderWorld::new(&home_day("500.00"));
    let order = world.ask("order-0001", "rice", 1);
    assert!(matches!(
        world.asks.last().unwrap().1,
        PaymentCommand::Authorize { capture: false, .. }
    ));
    world.answer("order-0001", held(order.amount));
    let too_much = world.wish(OwnerCommand::Fulfil(order.id.clone(), Some(Minor(6901))));
    assert!(matches!(too_much, CommandOutcome::Refused { code: Code::LimitExceeded, .. }));
    world.wish(OwnerCommand::Fulfil(order.id.clone(), Some(Minor(5000))));
    let done = world.answer("order-0001", paid(Minor(5000), vec![]));
    assert_eq!((done.state, done.captured), (State::Settled, Minor(5000)));
    let used = world.book.uses.window(&name("day"), "day:2026-11-21");
    assert_eq!((used.held, used.spent), (Minor::ZERO, Minor(5000)), "the rest of the hold is free");
    world.ask("order-0002", "rice", 1);
    world.answer("order-0002", held(Minor(6900)));
    world.wait_s(6 * 86_400 + 1);
    assert!(
        matches!(world.asks.last().unwrap().1, PaymentCommand::Void { .. }),
        "our hold ends first"
    );
    let ended = world.answer("order-0002", PaymentStatus::Voided);
    assert_eq!(ended.state, State::Expired);
}
