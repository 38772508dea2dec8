//! Limits that are made or edited while periods run.

use super::{OrderWorld, code, home_day, limit, name};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::ids::OrderId;
use homepay_domain::limits::used::Used;
use homepay_domain::money::Minor;
use homepay_domain::order::State;
use homepay_domain::reply::Code;
use homepay_files::household::{LimitEdit, form_of_limit};
use homepay_protocols::views::limits::LimitEditView;
use serde_json::{Value, json};

impl OrderWorld {
    /// Edits a limit as an owner's request does; what is told of it.
    fn edit(&mut self, fields: &Value) -> Result<Value, String> {
        let edit: LimitEdit = serde_json::from_value(fields.clone()).map_err(|e| e.to_string())?;
        let limit = edit.applied(&self.book.home, &self.book.household)?;
        match self.wish(OwnerCommand::SetLimit(Box::new(limit))) {
            CommandOutcome::Limits(outcomes) => {
                let told = outcomes.first().map(|edit| LimitEditView::of(&self.book.home, edit));
                Ok(serde_json::to_value(told).unwrap())
            }
            other => panic!("{fields}: {other:?}"),
        }
    }

    fn form(&self, id: &str) -> Value {
        json!(form_of_limit(&self.book.household.limits[&name(id)], &self.book.home))
    }
}

#[test]
fn a_new_limit_counts_what_its_scope_has_spent_and_holds() {
    let table = [
        ("calendar", json!({"scope": {"home": true}, "period": "day"}), (8_970, 2_990, 4)),
        ("week", json!({"scope": {"home": true}, "period": "week"}), (8_970, 2_990, 4)),
        ("rolling", json!({"scope": {"home": true}, "rolling": "6h"}), (8_970, 2_990, 4)),
        ("device", json!({"scope": {"device": "kids"}, "period": "day"}), (0, 2_990, 1)),
        ("room", json!({"scope": {"room": "kitchen"}, "period": "day"}), (8_970, 0, 3)),
        ("category", json!({"scope": {"category": "games"}, "period": "day"}), (0, 0, 0)),
        ("payee", json!({"scope": {"payee": "shop"}, "period": "all_time"}), (8_970, 2_990, 4)),
        ("member", json!({"scope": {"member": "mum"}, "period": "day"}), (0, 2_990, 1)),
    ];
    for (about, rule, (spent, held, count)) in table {
        let mut world = OrderWorld::new(&home_day("900.00"));
        for id in ["order-0001", "order-0002", "order-0003"] {
            world.paid(id, "water", 1);
        }
        let failed = world.ask("order-0004", "water", 1);
        world.wish(OwnerCommand::Cancel(failed.id));
        let answer = homepay_domain::settlement::PaymentStatus::Voided;
        world.answer("order-0004", answer);
        world.ask_by("order-0005", "water", 1, "kids", Some("mum"));
        let mut fields = json!({"id": "new", "amount": "119.60"});
        fields.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
        let told = world.edit(&fields).unwrap();
        let shown = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let want = json!({"spent": shown(spent), "held": shown(held), "orders": count});
        let want = if count == 0 { Value::Null } else { want };
        assert_eq!(told["counts"], want, "{about}: {told}");
        // The order that was open settles in the new limit, too.
        let answer = super::paid(Minor(2_990), vec![]);
        world.asks.retain(|(_, ask)| ask.order().as_str().starts_with("order-0005"));
        world.answer("order-0005", answer);
        let after = &world.book.household.limits[&name("new")];
        let used = match after.period {
            homepay_domain::limits::window::Period::Rolling { span_s } => {
                world.book.uses.rolling(&after.id, world.now.plus_s(-span_s)).0
            }
            period => {
                let zone = &world.book.home.zone;
                let key = period.window(after.alignment, after.week_start, zone, world.now).key;
                world.book.uses.window(&after.id, &key)
            }
        };
        assert_eq!((used.held, used.spent), (Minor(0), Minor(spent + held)), "{about}");
        if spent + held == 11_960 {
            let more = world.ask("order-0006", "water", 1);
            assert_eq!(code(&more), Some(Code::LimitExceeded), "{about}");
        }
    }
}

#[test]
fn an_order_that_waits_moves_with_the_period_of_its_limit() {
    let rest =
        "scope = { home = true }\nperiod = \"day\"\namount = \"29.90\"\nconfirm_above = \"9.00\"";
    let mut world = OrderWorld::new(&limit("day", rest));
    world.ask("order-0001", "water", 1);
    world.edit(&json!({"id": "day", "period": "week"})).unwrap();
    let held = Used { held: Minor(2_990), spent: Minor(0), count: 1 };
    assert_eq!(world.book.uses.window(&name("day"), "week:2026-11-16"), held);
    assert_eq!(world.book.uses.window(&name("day"), "day:2026-11-21"), Used::default());
    world.said("order-0001", homepay_domain::event::ConfirmationAnswer::Cancel);
    assert_eq!(world.book.uses.window(&name("day"), "week:2026-11-16"), Used::default());
    let again = world.ask("order-0002", "water", 1);
    assert_eq!(again.state, State::AwaitingConfirmation, "{:?}", again.reason);
    let yes = homepay_domain::event::ConfirmationAnswer::Number(super::NUMBER.to_string());
    assert_eq!(world.said("order-0002", yes).state, State::Approved);
}

#[test]
fn only_what_is_named_changes_and_both_are_told() {
    let full = json!({
        "id": "day", "scope": {"home": true}, "period": "day", "amount": "200.00", "max_count": 5,
        "on_refund": "restore", "confirm_above": "20.00", "approve_above": "100.00",
        "approve_within": "10m", "hours": ["07:00-22:00"], "categories": {"block": ["games"]},
        "payees": {"allow": ["shop"]},
    });
    let edits = [
        ("amount", json!("300.00"), json!("300.00")),
        ("amount", Value::Null, Value::Null),
        ("amount", json!("unlimited"), Value::Null),
        ("max_count", json!(9), json!(9)),
        ("max_count", Value::Null, Value::Null),
        ("max_count", json!("none"), Value::Null),
        ("confirm_above", Value::Null, Value::Null),
        ("approve_above", json!("none"), Value::Null),
        ("approve_within", json!("5m"), json!("5m")),
        ("hours", Value::Null, Value::Null),
        ("hours", json!(["none"]), Value::Null),
        ("hours", json!(["08:00-20:00"]), json!(["08:00-20:00"])),
        ("categories", Value::Null, Value::Null),
        ("payees", json!({"block": ["shop"]}), json!({"block": ["shop"]})),
        ("on_refund", Value::Null, Value::Null),
        ("period", json!("week"), json!("week")),
        ("scope", json!({"home": true}), json!({"home": true})),
    ];
    for (key, value, want) in edits {
        let mut world = OrderWorld::new("");
        world.edit(&full).unwrap();
        let before = world.form("day");
        let told = world.edit(&json!({"id": "day", key: value})).unwrap();
        let mut expected = before.clone();
        expected[key] = want;
        let bare = |form: &Value| {
            let fields = form.as_object().unwrap().iter();
            fields
                .filter(|(_, v)| !v.is_null())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect::<Value>()
        };
        assert_eq!(bare(&world.form("day")), bare(&expected), "{key} {value}");
        if before != world.form("day") {
            assert_eq!((&told["before"], &told["after"]), (&before, &world.form("day")));
            let line = told["changes"][0].as_str().unwrap();
            assert!(line.starts_with("~ limit day: ") && line.contains(key), "{line}");
        }
    }
    let mut world = OrderWorld::new("");
    world.edit(&full).unwrap();
    let refused = world.edit(&json!({"id": "day", "scope": {"device": "kids"}, "amount": "1.00"}));
    assert!(refused.as_ref().is_err_and(|why| why.starts_with("scope: ")), "{refused:?}");
    let rolling = world.edit(&json!({"id": "day", "rolling": "6h"})).unwrap();
    assert_eq!(
        (&rolling["after"]["rolling"], &rolling["after"]["period"]),
        (&json!("6h"), &Value::Null)
    );
    for (fields, want) in [
        (json!({"id": "x", "amount": "1.00", "period": "day"}), "scope"),
        (json!({"id": "x", "amount": "1.00", "scope": {"home": true}}), "period"),
        (json!({"id": "x", "scope": {"home": true}, "period": "day"}), "amount"),
        (json!({"id": "day", "amonut": "1.00"}), "amonut"),
        (json!({"id": "day", "scope": null}), "scope"),
        (json!({"id": "day", "amount": 3}), "amount of money"),
    ] {
        let refused = world.edit(&fields);
        assert!(refused.as_ref().is_err_and(|why| why.contains(want)), "{fields}: {refused:?}");
    }
    assert_eq!(world.book.household.limits.len(), 1);
}

#[test]
fn an_edit_of_an_older_version_is_refused() {
    let mut world = OrderWorld::new(&home_day("100.00"));
    let edit: LimitEdit = serde_json::from_value(json!({"id": "day", "amount": "50.00"})).unwrap();
    let old = edit.applied(&world.book.home, &world.book.household).unwrap();
    world.edit(&json!({"id": "day", "max_count": 3})).unwrap();
    let told = world.wish(OwnerCommand::SetLimit(Box::new(old)));
    assert!(matches!(told, CommandOutcome::Refused { code: Code::StaleEdit, .. }), "{told:?}");
    assert_eq!(world.book.household.limits[&name("day")].max_count, Some(3));
    let none = OrderId::parse("order-0001").unwrap();
    assert!(!world.orders.contains_key(&none));
}

#[test]
fn rules_that_no_order_meets_are_refused_and_sleep_when_an_amount_is_lowered() {
    let mut world = OrderWorld::new("");
    let day = |more: Value| {
        let mut fields = json!({
            "id": "day", "scope": {"home": true}, "period": "day", "amount": "100.00",
        });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    for (key, more) in [
        ("confirm_above", json!({"confirm_above": "100.00"})),
        ("confirm_above", json!({"confirm_above": "100.01"})),
        ("approve_above", json!({"approve_above": "250.00"})),
        ("max_count", json!({"period": "order", "max_count": 2})),
    ] {
        let refused = world.edit(&day(more.clone()));
        assert!(refused.as_ref().is_err_and(|why| why.starts_with(key)), "{more}: {refused:?}");
    }
    world.edit(&day(json!({"confirm_above": "50.00", "approve_above": "80.00"}))).unwrap();
    world.edit(&json!({"id": "day", "amount": "10.00"})).unwrap();
    assert_eq!(world.form("day")["confirm_above"], "50.00", "it asks again once it is raised");
    // What is written of it is read again, and what sleeps stays in the books.
    let home = world.book.home.clone();
    let text = homepay_files::household::write_household(&world.book.household, &home);
    let none = |_: &str| Err("none".to_owned());
    let mut read = homepay_files::household::read_household(&text, "export", &home, &none).unwrap();
    let limit = read.limits.get_mut(&name("day")).unwrap();
    let stands = &world.book.household.limits[&name("day")];
    (limit.version, limit.made_at) = (stands.version, stands.made_at);
    limit.keep_idle_rules(stands);
    assert_eq!(limit, stands);
}
