//! Rules that change in their period, and rules that could never warn.

use super::{AlertWorld, BILL, DEVICES};
use homepay_domain::alert::AlertKind;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::{Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::live::Costs;
use homepay_domain::money::Minor;
use homepay_engine::state_views::device_state;
use homepay_files::household::{firing, read_household};
use homepay_language::phrases::Phrases;

#[test]
fn an_amount_that_is_raised_in_its_period_arms_its_bands_anew() {
    let mut world = AlertWorld::new(BILL, Rules::default(), "2026-11-14T00:00:00");
    let sum = world.days("meter", "2026-11-14", &[3_000, 3_000, 3_000, 3_000, 3_000]);
    world.until("2026-11-19T00:00:30");
    assert_eq!(world.told(AlertKind::CostBand).len(), 1, "60.00 of 100.00");
    let raised = BILL.replace("100.00", "200.00");
    let home = world.book.home.clone();
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&format!("{DEVICES}{raised}"), "test", &home, &none).unwrap();
    world.decide(&crate::wished(OwnerCommand::Apply(Box::new(house))));
    world.until("2026-11-19T00:20:00");
    assert_eq!(world.told(AlertKind::CostBand).len(), 1, "60.00 of 200.00");
    world.shows("meter", sum + 8_000, "2026-11-20T00:00:00");
    world.until("2026-11-20T00:00:30");
    let told: Vec<_> = world.told(AlertKind::CostBand).iter().map(|a| (a.band, a.limit)).collect();
    let of = |amount| (Some(50), Some(Minor(amount)));
    assert_eq!(told, [of(10_000), of(20_000)], "100.00 of 200.00 is half of it once more");
    world.until("2026-11-20T00:20:00");
    assert_eq!(world.told(AlertKind::CostBand).len(), 2, "once");
}

#[test]
fn a_rule_that_can_never_warn_is_refused() {
    let world = AlertWorld::new("", Rules::default(), "2026-11-14T00:00:00");
    let none = |_: &str| Err("none".to_owned());
    let house = |more: &str| {
        let bare = "[[devices]]\nid = \"lamp\"\nkind = \"appliance\"\nname = \"lamp\"\n\
                    profile = \"generic-json\"\ntopic = \"a/lamp\"\n";
        read_household(&format!("{DEVICES}{bare}{more}"), "test", &world.book.home, &none)
    };
    let rule =
        |watched: &str| format!("[[alerts]]\n{watched}\nperiod = \"month\"\ncost = \"5.00\"\n");
    let problems = house(&rule("device = \"lamp\"")).unwrap_err();
    assert!(problems[0].what.contains("lamp has no tariff"), "{problems:?}");
    assert!(house(&rule("device = \"washer\"")).is_ok());
    let home = "[[members]]\nid = \"mum\"\nname = \"Mum\"\nrole = \"owner\"\n";
    let text = format!("{home}{}", rule("home = true"));
    let problems = read_household(&text, "test", &world.book.home, &none).unwrap_err();
    assert!(problems[0].what.contains("counted under a tariff"), "{problems:?}");
}

#[test]
fn a_refused_rise_names_its_bound_and_how_to_take_what_is_held() {
    let mut world = AlertWorld::new("", Rules::default(), "2026-11-14T00:00:00");
    world.shows("washer", 1_000, "2026-11-14T10:00:00");
    world.shows("washer", 1_001, "2026-11-14T10:01:00");
    world.shows("washer", 1_601, "2026-11-14T10:01:10");
    let alert = world.told(AlertKind::ReadingRejected)[0].clone();
    let [zh, en] = world.says(&alert);
    assert!(en.contains("rose by 6 kWh at once"), "{en}");
    assert!(zh.contains("一下子涨了") && zh.contains("度"), "{zh}");
    let to_do = |lang| Phrases::new().alert_to_do(&alert, lang).unwrap();
    for lang in [Lang::En, Lang::ZhCn] {
        let to_do = to_do(lang);
        for part in ["43470", "max_power_w", "washer", "homepay usage correct"] {
            assert!(to_do.contains(part), "{part}: {to_do}");
        }
    }
    let name = Name::parse("washer").unwrap();
    let state = device_state(&world.book, &name, &Costs::default(), world.now).unwrap();
    let most = state.last_reading["energy"].per_hour_max.as_deref();
    assert_eq!(most, Some("43.47"), "{state:?}");
    // It stays at its new level: within the hour the time since can have held it.
    world.shows("washer", 1_602, "2026-11-14T10:20:00");
    let told = world.told(AlertKind::ReadingRejected);
    assert!(told.len() == 2 && told[1].resolved_at.is_some(), "{told:?}");
    let [_, en] = world.says(told[1]);
    assert!(en.contains("was used after all"), "{en}");
}

#[test]
fn a_single_bad_value_ends_its_alert_by_itself() {
    let mut world = AlertWorld::new("", Rules::default(), "2026-11-14T00:00:00");
    world.shows("washer", 1_000, "2026-11-14T10:00:00");
    world.shows("washer", 1_001, "2026-11-14T10:01:00");
    world.shows("washer", 9_001, "2026-11-14T10:01:10");
    world.shows("washer", 1_002, "2026-11-14T10:02:00");
    let told = world.told(AlertKind::ReadingRejected);
    assert!(told.len() == 2 && told[1].resolved_at.is_some(), "{told:?}");
    let over = told[1].clone();
    let [zh, en] = world.says(&over);
    assert!(en.contains("80 kWh") && en.contains("not billed"), "{en}");
    assert!(zh.contains("恢复正常") && zh.contains("不计费"), "{zh}");
    let to_do = Phrases::new().alert_to_do(&over, Lang::En).unwrap();
    assert!(to_do.contains("homepay usage correct washer"), "{to_do}");
    // Once more on that day: it stands in the list, and is not told again.
    world.shows("washer", 9_001, "2026-11-14T10:03:00");
    assert!(world.book.alerts[&over.id].resolved_at.is_none());
    world.shows("washer", 1_003, "2026-11-14T10:04:00");
    assert!(world.book.alerts[&over.id].resolved_at.is_some());
    assert_eq!(world.told(AlertKind::ReadingRejected).len(), 2);
}

#[test]
fn a_band_that_is_no_longer_reached_once_its_amount_was_raised_is_over() {
    let mut world = AlertWorld::new(BILL, Rules::default(), "2026-11-14T00:00:00");
    world.days("meter", "2026-11-14", &[3_000, 3_000, 3_000, 3_000, 3_000]);
    world.until("2026-11-19T00:00:30");
    let id = world.told(AlertKind::CostBand)[0].id.clone();
    let home = world.book.home.clone();
    let none = |_: &str| Err("none".to_owned());
    for (amount, over) in [("110.00", false), ("200.00", true)] {
        let raised = BILL.replace("100.00", amount);
        let house = read_household(&format!("{DEVICES}{raised}"), "test", &home, &none).unwrap();
        world.decide(&crate::wished(OwnerCommand::Apply(Box::new(house))));
        let until = if over { "2026-11-19T00:40:00" } else { "2026-11-19T00:20:00" };
        world.until(until);
        assert_eq!(world.book.alerts[&id].resolved_at.is_some(), over, "60.00 of {amount}");
    }
}

#[test]
fn a_rule_of_what_cannot_cost_is_refused_and_one_that_hardly_will_is_told() {
    let world = AlertWorld::new("", Rules::default(), "2026-11-14T00:00:00");
    let read = |devices: &str, price: &str, rule: &str| {
        let text = format!(
            "{devices}[[tariffs]]\nid = \"power\"\nutility = \"electricity\"\n{price}\n\
             [[alerts]]\n{rule}\ncost = \"5.00\"\n"
        );
        let file = |name: &str| Ok(if name == "fee.toml" { FEE } else { FREE }.to_owned());
        read_household(&text, "test", &world.book.home, &file)
    };
    let device = |model: &str| {
        format!(
            "[[devices]]\nid = \"kettle\"\nkind = \"appliance\"\nname = \"kettle\"\n\
             profile = \"ha-statestream\"\nmodel = \"{model}\"\n\
             topic = \"ha/sensor/kettle\"\ntariff = \"power\"\n"
        )
    };
    let month = |watched: &str| format!("{watched}\nperiod = \"month\"");
    let rules = [
        month("device = \"kettle\""),
        month("category = \"electricity\""),
        month("home = true"),
        "tariff = \"power\"".to_owned(),
    ];
    for rule in &rules {
        let only_power = read(&device("power-w"), PRICED, rule).unwrap_err();
        assert!(only_power[0].what.contains("kettle tells no energy"), "{only_power:?}");
        assert!(only_power[0].what.contains("adds up power"), "{only_power:?}");
        let free = read(&device("energy-kwh"), "file = \"free.toml\"", rule).unwrap_err();
        assert!(free[0].what.contains("the prices of power are 0"), "{free:?}");
        for model in ["energy-kwh", "power-w-integrated"] {
            let fine = read(&device(model), PRICED, rule).unwrap();
            assert!(firing::idle(&fine).is_empty(), "{:?}", firing::idle(&fine));
        }
    }
    // A fee is due without any use: the bill's rule can warn by that alone, and it is said.
    let fee = "file = \"fee.toml\"";
    let idle = |rule: &str| firing::idle(&read(&device("power-w"), fee, rule).unwrap()).join("\n");
    for rule in &rules[1..] {
        let idle = idle(rule);
        assert!(idle.contains("only what is due without use can warn"), "{idle}");
        assert!(idle.contains("nothing of it is billed"), "{idle}");
    }
    assert!(read(&device("power-w"), fee, &rules[0]).is_err(), "a device pays no fee");
}

const PRICED: &str = "versions = [{ from = \"2026-01-01\", price = \"0.60\", unit = \"kWh\" }]";
const FREE: &str = "currency = \"CNY\"
[[versions]]
price = \"0\"
";
const FEE: &str = "currency = \"CNY\"\n[[versions]]\nprice = \"0.60\"\n\
    fixed = [{ name = \"base\", per = \"month\", amount = \"9.00\" }]\n";
