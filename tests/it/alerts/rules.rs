//! Rules that change in their period, and rules that could never warn.

use super::{BILL, DEVICES, World};
use homepay::adapters::household::read_household;
use homepay::adapters::phrases::Phrases;
use homepay::domain::alert::AlertKind;
use homepay::domain::event::{Event, Wish};
use homepay::domain::household::{Lang, Rules};
use homepay::domain::ids::Name;
use homepay::domain::live::Costs;
use homepay::domain::money::Minor;
use homepay::engine::speak::device_state;

#[test]
fn an_amount_that_is_raised_in_its_period_arms_its_bands_anew() {
    let mut world = World::new(BILL, Rules::default(), "2026-11-14T00:00:00");
    let sum = world.days("meter", "2026-11-14", &[3_000, 3_000, 3_000, 3_000, 3_000]);
    world.until("2026-11-19T00:00:30");
    assert_eq!(world.told(AlertKind::CostBand).len(), 1, "60.00 of 100.00");
    let raised = BILL.replace("100.00", "200.00");
    let home = world.book.home.clone();
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&format!("{DEVICES}{raised}"), "test", &home, &none).unwrap();
    world.decide(&Event::OwnerWished { stamp: None, wish: Wish::Apply(Box::new(house)) });
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
    let world = World::new("", Rules::default(), "2026-11-14T00:00:00");
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
    let mut world = World::new("", Rules::default(), "2026-11-14T00:00:00");
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
    assert_eq!(state["last_reading"]["energy"]["per_hour_max"], "43.47", "{state}");
    // It stays at its new level: within the hour the time since can have held it.
    world.shows("washer", 1_602, "2026-11-14T10:20:00");
    let told = world.told(AlertKind::ReadingRejected);
    assert!(told.len() == 2 && told[1].resolved_at.is_some(), "{told:?}");
    let [_, en] = world.says(told[1]);
    assert!(en.contains("was used after all"), "{en}");
}
