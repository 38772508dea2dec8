//! Charges, credits, rounding, market prices and stored forms, one by one.

use super::*;
use crate::ids::Name;

fn flat(price: &str) -> TestHome {
    TestHome::new(Plan::flat("kWh", [(date(2020, 1, 1), dec(price))]))
}

fn bill_of(house: &TestHome, kwh: i64, days: (Date, Date)) -> Bill {
    let registers = [Register { window: ALL_DAY.to_owned(), micro: kwh * 1_000_000 }];
    let measured = MeteredUse::Registers(&registers);
    let none = SpotPrices::default();
    house.supply().bill(measured, &Prior::Counted, &none, days).expect("a bill")
}

fn fixed(name: &str, per: Per, amount: &str) -> Fixed {
    let (name, amount) = (name.to_owned(), dec(amount));
    Fixed { name, per, amount, prorate: false, unused_percent: None }
}

fn november() -> (Date, Date) {
    (date(2026, 11, 1), date(2026, 12, 1))
}

#[test]
fn a_minimum_fills_up_a_small_bill_and_leaves_a_large_one() {
    let mut house = flat("0.50");
    house.plan.versions[0].minimum =
        Some(Minimum { per: Per::Month, amount: dec("20"), prorate: false });
    assert_eq!(bill_of(&house, 10, november()).exact, dec("20"));
    assert_eq!(bill_of(&house, 100, november()).exact, dec("50"));
    let two = (date(2026, 10, 1), date(2026, 12, 1));
    assert_eq!(bill_of(&house, 10, two).exact, dec("40"), "the least of two months");
}

#[test]
fn charges_fall_due_on_the_first_day_of_their_period() {
    let mut house = flat("1");
    let charge = |name: &str, per| fixed(name, per, "1");
    house.plan.versions[0].fixed =
        vec![charge("day", Per::Day), charge("month", Per::Month), charge("year", Per::Year)];
    for (from, to, want) in [
        (date(2026, 11, 1), date(2026, 12, 1), 31),
        (date(2026, 11, 2), date(2026, 12, 1), 29),
        (date(2026, 1, 1), date(2027, 1, 1), 365 + 12 + 1),
        (date(2025, 12, 15), date(2026, 1, 15), 31 + 1 + 1),
    ] {
        assert_eq!(bill_of(&house, 0, (from, to)).exact, Decimal::from(want), "{from} to {to}");
    }
    house.terms.billing_day = Some(15);
    let days = (date(2026, 11, 2), date(2026, 11, 16));
    assert_eq!(bill_of(&house, 0, days).exact, Decimal::from(14 + 1));
}

/// A month from the 31st begins on the last day of shorter months, and goes back to the 31st.
#[test]
fn a_month_from_the_thirty_first_begins_on_the_last_day_of_shorter_ones() {
    let mut house = flat("1");
    house.plan.versions[0].fixed = vec![fixed("month", Per::Month, "10")];
    for (billing, begins) in [
        (31, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        (30, ["2026-01-30", "2026-02-28", "2026-03-30", "2026-04-30", "2026-05-30"]),
        (29, ["2028-01-29", "2028-02-29", "2028-03-29", "2028-04-29", "2028-05-29"]),
        (29, ["2026-01-29", "2026-02-28", "2026-03-29", "2026-04-29", "2026-05-29"]),
    ] {
        house.terms.billing_day = Some(billing);
        let days = begins.map(|day| day.parse::<Date>().expect("a day"));
        for pair in days.windows(2) {
            let last = pair[1].yesterday().expect("a day");
            for day in [pair[0], last] {
                assert_eq!(house.supply().bill_around(day), (pair[0], pair[1]), "{billing}: {day}");
            }
            let bill = bill_of(&house, 0, (pair[0], pair[1]));
            assert_eq!(bill.exact, dec("10"), "one month is due in each");
        }
        let whole = bill_of(&house, 0, (days[0], days[4]));
        assert_eq!(whole.exact, dec("40"), "and four in all of them");
    }
}

#[test]
fn a_charge_by_days_is_whole_over_its_period_and_in_parts_adds_up_to_it() {
    let mut house = flat("1");
    house.plan.versions[0].fixed = vec![
        Fixed { prorate: true, ..fixed("month", Per::Month, "9.30") },
        Fixed { prorate: true, ..fixed("year", Per::Year, "36.50") },
    ];
    let bill = bill_of(&house, 0, (date(2026, 1, 1), date(2026, 1, 11)));
    // 10 of 31 days of 9.30, and 10 of 365 of 36.50.
    assert_eq!(bill.exact, dec("4"));
    let month = bill.lines.iter().find(|line| line.what == "month").expect("a line");
    assert_eq!((month.quantity, month.rate), (dec("0.322581"), Some(dec("9.3"))));
    let rest = bill_of(&house, 0, (date(2026, 1, 11), date(2026, 2, 1)));
    let all = bill_of(&house, 0, (date(2026, 1, 1), date(2026, 2, 1)));
    assert_eq!(all.exact, dec("12.4"));
    assert_eq!(bill.exact.checked_add(rest.exact), Some(all.exact));
    assert_eq!(bill_of(&house, 0, (date(2026, 1, 1), date(2027, 1, 1))).exact, dec("148.1"));
}

#[test]
fn half_a_fee_is_taken_only_where_nothing_was_used() {
    let mut house = flat("1");
    house.plan.versions[0].fixed =
        vec![Fixed { unused_percent: Some(dec("50")), ..fixed("basic", Per::Month, "935.25") }];
    assert_eq!(bill_of(&house, 0, november()).exact, dec("467.625"));
    assert_eq!(bill_of(&house, 1, november()).exact, dec("936.25"));
    // Two months by time: the second is the one without use.
    let slot = Slot::of(crate::limits::window::midnight(date(2026, 10, 5), &house.zone));
    let used = Use::new([SlotUse { slot, micro: 1_000_000, ..SlotUse::default() }]);
    let days = (date(2026, 10, 1), date(2026, 12, 1));
    let none = SpotPrices::default();
    let bill = house.supply().bill(MeteredUse::Slots(&used), &Prior::Counted, &none, days);
    assert_eq!(bill.expect("a bill").exact, dec("1") + dec("935.25") + dec("467.625"));
}

#[test]
fn groups_are_rounded_by_themselves_and_the_rest_is_one() {
    let mut house = flat("0.335");
    house.plan.versions[0].fixed =
        vec![fixed("basic", Per::Month, "1.009"), fixed("levy", Per::Month, "0.999")];
    let group = |on: &str, mode| RoundingGroup { on: vec![on.to_owned()], mode, digits: None };
    house.plan.rounding = Rounding {
        of: Of::Groups,
        mode: Mode::Up,
        digits: None,
        groups: vec![group("levy", Mode::Down), group("use", Mode::Down)],
    };
    let bill = bill_of(&house, 1, november());
    // 0.99 and 0.33, cut; 1.009 beside them, up.
    let cents: Vec<i64> = bill.rounded.iter().map(|group| group.total.0).collect();
    assert_eq!((cents, bill.total), (vec![99, 33, 101], Minor(233)));
    assert_eq!(bill.lines.iter().map(|line| line.shown.0).sum::<i64>(), 233);
}

/// Three groups of 0.999, each cut to 0.99: who used all pays 2.97, and nobody else less than nothing.
#[test]
fn shares_of_a_bill_that_was_cut_in_groups_add_up_and_none_is_below_zero() {
    let mut house = flat("0.999");
    house.plan.versions[0].fixed =
        vec![fixed("basic", Per::Month, "0.999"), fixed("levy", Per::Month, "0.999")];
    let group =
        |on: &str| RoundingGroup { on: vec![on.to_owned()], mode: Mode::Down, digits: None };
    let groups = vec![group("basic"), group("levy"), group("use")];
    house.plan.rounding = Rounding { of: Of::Groups, groups, ..Rounding::default() };
    house.terms.fixed_share = FixedShare::ByUse;
    let slot = Slot::of(crate::limits::window::midnight(date(2026, 11, 5), &house.zone));
    let used = Use::new([SlotUse { slot, micro: 1_000_000, ..SlotUse::default() }]);
    let (none, prior) = (SpotPrices::default(), Prior::Counted);
    let sharing = house.supply().sharing(&used, &prior, &none, november()).expect("a bill");
    let washer = Name::parse("washer").expect("a name");
    let shares = sharing.among(&[(washer, used.clone())]).expect("shares");
    let shown = [shares.devices[0].1.shown, shares.rest.shown, shares.home.shown];
    assert_eq!((shown, shares.bill.total), ([Minor(297), Minor(0), Minor(0)], Minor(297)));
}

#[test]
fn credits_and_taxes_go_by_what_they_are_on() {
    let mut house = flat("1");
    let version = &mut house.plan.versions[0];
    version.fixed = vec![fixed("meter", Per::Month, "10")];
    version.taxes = vec![
        Tax { name: "levy".to_owned(), percent: dec("10"), on: vec![ChargePart::Energy] },
        Tax {
            name: "VAT".to_owned(),
            percent: dec("20"),
            on: vec![ChargePart::Energy, ChargePart::Tax(0)],
        },
    ];
    let percent = |percent, on| CreditBy::Percent { percent: dec(percent), on };
    version.credits = vec![
        Credit {
            name: "rebate".to_owned(),
            by: percent("50", vec![ChargePart::Energy, ChargePart::Fixed(0)]),
            max: Some(dec("30")),
        },
        Credit {
            name: "green".to_owned(),
            by: CreditBy::Unit { amount: dec("0.1"), up_to: Some(Bound::Units(dec("40"))) },
            max: None,
        },
        Credit {
            name: "loyal".to_owned(),
            by: CreditBy::Fixed { per: Per::Month, amount: dec("2"), prorate: false },
            max: None,
        },
    ];
    let bill = bill_of(&house, 100, november());
    // 100 + 10; levy 10; VAT 22; rebate 55 but at most 30; 40 × 0.1; 2.
    assert_eq!(bill.exact, dec("106"));
    assert_eq!((bill.exact_of_use, bill.exact_of_fixed), (dec("132"), dec("10")));
    assert_eq!(bill.exact_of_credits, dec("-36"));
    house.plan.versions[0].taxes[1].on.push(ChargePart::Credit(0));
    assert_eq!(bill_of(&house, 100, november()).exact, dec("100"), "VAT on what is left");
}

#[test]
fn a_total_is_rounded_once_as_the_plan_says() {
    let mut house = flat("0.335");
    for (of, mode, digits, kwh, want) in [
        (Of::Total, Mode::HalfUp, None, 3, 101),
        (Of::Total, Mode::HalfEven, None, 3, 100),
        (Of::Total, Mode::Up, None, 1, 34),
        (Of::Total, Mode::Down, None, 1, 33),
        (Of::Total, Mode::HalfUp, Some(0), 3, 100),
        (Of::Lines, Mode::HalfUp, None, 1, 34),
    ] {
        house.plan.rounding = Rounding { of, mode, digits, groups: Vec::new() };
        let bill = bill_of(&house, kwh, november());
        assert_eq!(bill.total, Minor(want), "{of:?} {mode:?} {digits:?}");
        assert_eq!(bill.lines.iter().map(|line| line.shown.0).sum::<i64>(), want);
    }
}

#[test]
fn a_market_price_has_its_factor_cap_floor_and_stand_in() {
    let mut rule = SpotRule {
        source: "market".to_owned(),
        minutes: 30,
        factor: dec("2"),
        add: vec![dec("0.1")],
        floor: Some(dec("-0.05")),
        cap: Some(dec("0.5")),
        missing: Missing::Refuse,
        listed: SpotPrices::default(),
    };
    let mut prices = SpotPrices::default();
    for (slot, price) in [(0, "0.1"), (1, "0.2"), (2, "0.9"), (3, "0.9"), (4, "-1"), (5, "-1")] {
        prices.put(Slot(slot), 1, dec(price));
    }
    let price = |rule: &SpotRule, slot| rule.price(&prices, Slot(slot), 0);
    assert_eq!(price(&rule, 1), Some((dec("0.4"), false)), "the mean of the half hour");
    assert_eq!(price(&rule, 2), Some((dec("0.5"), false)));
    assert_eq!(price(&rule, 4), Some((dec("-0.05"), false)));
    rule.floor = None;
    assert_eq!(price(&rule, 4), Some((dec("-1.9"), false)), "negative prices are prices");
    prices.0.remove(&Slot(0));
    assert_eq!(rule.price(&prices, Slot(1), 0), None, "half of a half hour is not enough");
    rule.missing = Missing::Price(dec("0.2"));
    assert_eq!(rule.price(&prices, Slot(1), 0), Some((dec("0.5"), true)));
}

#[test]
fn days_of_23_and_25_hours_have_their_own_slots() {
    let mut house = flat("1");
    house.zone = TimeZone::get("Europe/Berlin").expect("a zone");
    for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
    {
        let of = house.supply().day(day).expect("a day");
        assert_eq!(of.next.since_ms(of.start), hours * 3_600_000, "{day}");
    }
}

#[test]
fn what_was_stored_before_there_were_plans_still_reads() {
    let old = r#"{"utility":"electricity","payee":"grid","versions":[
        {"from":"2026-01-01","price":"0.617","unit":"kWh"},
        {"from":"2026-07-01","price":"0.7","unit":"kWh"}]}"#;
    let tariff: Tariff = serde_json::from_str(old).expect("it reads");
    assert_eq!(tariff.plan.versions.len(), 2);
    assert_eq!(tariff.plan.version(date(2026, 7, 1)), Some(1));
    assert_eq!(tariff.plan.version(date(2025, 12, 31)), None);
    let text = serde_json::to_string(&tariff).expect("it is written");
    assert_eq!(serde_json::from_str::<Tariff>(&text).expect("it reads back"), tariff);
    let mut spot = tariff.clone();
    spot.plan = plan();
    let mut listed = SpotPrices::default();
    listed.put(Slot(7), 2, dec("-0.5"));
    spot.plan.versions[0].spot = Some(SpotRule {
        source: "market".to_owned(),
        minutes: 15,
        factor: Decimal::ONE,
        add: vec![Decimal::ZERO; 2],
        floor: None,
        cap: None,
        missing: Missing::Refuse,
        listed,
    });
    spot.plan.zone = TimeZone::get("Asia/Shanghai").ok();
    let text = serde_json::to_string(&spot).expect("it is written");
    assert_eq!(serde_json::from_str::<Tariff>(&text).expect("it reads back"), spot);
    assert_eq!(spot.utility, Name::parse("electricity").expect("a name"));
}
