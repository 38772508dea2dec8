//! The shipped tariffs against worked bills: every total from the files, every trap avoided.

use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::money::Currency;
use homepay_domain::tariff::{
    Bill, Crossing, LineKind, MeteredUse, Prior, Register, Slot, SlotUse, SpotPrices, Supply,
    Terms, Unpriced, Use,
};
use homepay_domain::time::UnixMs;
use homepay_files::household::{read_household, write_household};
use homepay_files::tariff::{Published, shipped_tariffs};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::Value;

fn cases() -> Value {
    serde_json::from_str(include_str!("../../../tests/cases/tariffs.json"))
        .expect("the cases are JSON")
}

pub fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// A shipped tariff by its id.
pub fn shipped(id: &str) -> Published {
    let read = |path| shipped_tariffs::read_shipped(path).expect("shipped");
    let mut found = shipped_tariffs::paths().filter_map(|path| read(path).ok());
    found.find(|published| published.plan.id == id).unwrap_or_else(|| panic!("no tariff {id}"))
}

pub struct TariffHome {
    pub published: Published,
    pub terms: Terms,
}

impl TariffHome {
    pub fn of(id: &str) -> TariffHome {
        TariffHome { published: shipped(id), terms: Terms::default() }
    }

    pub fn supply(&self) -> Supply<'_> {
        let plan = &self.published.plan;
        Supply {
            plan,
            terms: &self.terms,
            zone: plan.zone.as_ref().expect("shipped tariffs have a zone"),
            currency: plan.currency.expect("and a currency"),
        }
    }

    pub fn slots(&self, used: &Use, spot: &SpotPrices, days: (Date, Date)) -> Bill {
        self.supply().bill(MeteredUse::Slots(used), &Prior::Counted, spot, days).expect("a bill")
    }

    fn registers(&self, of: &[(&str, &str)], prior: &str, days: (Date, Date)) -> Bill {
        let registers: Vec<Register> = of
            .iter()
            .map(|(window, kwh)| Register { window: (*window).to_owned(), micro: micro(kwh) })
            .collect();
        let prior = Prior::Known(vec![micro(prior)]);
        let measured = MeteredUse::Registers(&registers);
        self.supply().bill(measured, &prior, &SpotPrices::default(), days).expect("a bill")
    }
}

pub fn micro(kwh: &str) -> i64 {
    let micro = dec(kwh) * Decimal::from(1_000_000);
    i64::try_from(micro.normalize().mantissa()).expect("micro-units")
}

pub fn at(text: &str) -> UnixMs {
    UnixMs(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
}

/// So much in the slot of a time.
pub fn used(when: &str, kwh: &str) -> SlotUse {
    SlotUse { slot: Slot::of(at(when)), micro: micro(kwh), ..SlotUse::default() }
}

/// The same in each of some slots.
fn each(when: &str, slots: i64, kwh: &str) -> Use {
    let first = Slot::of(at(when));
    Use::new((0..slots).map(|step| SlotUse {
        slot: first.plus(step),
        micro: micro(kwh),
        ..SlotUse::default()
    }))
}

fn month(year: i16, month: i8) -> (Date, Date) {
    let first = date(year, month, 1);
    (first, first.last_of_month().tomorrow().expect("a day"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

/// The bill of a case, from the tariff's file, and what of it the case speaks of.
fn bill_of(case: &Value) -> (Bill, Decimal) {
    let (id, usage) = (text(case, "id"), &case["usage"]);
    let mut house = TariffHome::of(text(case, "tariff"));
    let kwh = |key: &str| text(usage, key);
    let none = SpotPrices::default();
    let whole = |bill: Bill| {
        let exact = bill.exact;
        (bill, exact)
    };
    match id {
        "bj-2880" | "bj-2881" | "bj-4800" | "bj-6000" => {
            let days = (date(2026, 1, 1), date(2027, 1, 1));
            whole(house.registers(&[("all", kwh("kwh"))], kwh("prior_kwh"), days))
        }
        // The year before is given too: its counter must not reach over the new year.
        "bj-jan" => {
            let used = each("2025-12-30T00:00:00+08:00", 1, "6000").with(&each(
                "2026-01-01T00:00:00+08:00",
                200,
                "0.25",
            ));
            whole(house.slots(&used, &none, month(2026, 1)))
        }
        "sh-t1" | "sh-cross-prop" | "sh-cross-peak-first" | "sh-3tiers" | "zj-cross-prop" => {
            house.terms.crossing_split = Some(match kwh("crossing_split") {
                "proportional" => Crossing::Proportional,
                "peak_first" => Crossing::Chronological,
                other => panic!("{other}"),
            });
            let of = [("peak", kwh("peak_kwh")), ("valley", kwh("valley_kwh"))];
            whole(house.registers(&of, kwh("prior_kwh"), month(2026, 9)))
        }
        "tw-2month-700-summer" => {
            let days = (date(2026, 6, 1), date(2026, 8, 1));
            whole(house.registers(&[("all", kwh("kwh"))], "0", days))
        }
        "pge-july" => {
            let of = [("peak", kwh("peak_kwh")), ("off_peak", kwh("off_peak_kwh"))];
            whole(house.registers(&of, "0", month(2026, 7)))
        }
        // Energy lines only: the rebate is on the bill and not in the case.
        "on-tou" => {
            let of = [("off", kwh("off_kwh")), ("mid", kwh("mid_kwh")), ("on", kwh("on_kwh"))];
            let bill = house.registers(&of, "0", month(2026, 1));
            let of_use = bill.exact_of_use;
            (bill, of_use)
        }
        "on-tiered-1200" => {
            let bill = house.registers(&[("all", kwh("kwh"))], "0", month(2026, 1));
            let of_use = bill.exact_of_use;
            (bill, of_use)
        }
        "on-ulo-version-change" => {
            let used = each("2025-10-31T23:00:00-04:00", 4, "50").with(&each(
                "2025-11-01T00:00:00-04:00",
                4,
                "50",
            ));
            let bill = house.slots(&used, &none, (date(2025, 10, 1), date(2025, 12, 1)));
            let of_use = bill.exact_of_use;
            (bill, of_use)
        }
        "de-2025-11-25-17h" | "de-nye-2025" => {
            let (hour, day) = if id == "de-nye-2025" {
                ("2025-12-31T17:00:00+01:00", date(2025, 12, 31))
            } else {
                ("2025-11-25T17:00:00+01:00", date(2025, 11, 25))
            };
            let mut spot = SpotPrices::default();
            spot.put(Slot::of(at(hour)), 4, dec(kwh("spot_ct")) / Decimal::ONE_HUNDRED);
            let used = each(hour, 4, "2.5");
            whole(house.slots(&used, &spot, (day, day.tomorrow().expect("a day"))))
        }
        "agile-capped" | "agile-below-cap" => {
            let mut spot = SpotPrices::default();
            let hour = "2026-01-10T17:00:00Z";
            spot.put(Slot::of(at(hour)), 2, dec(kwh("wholesale_p")) / Decimal::ONE_HUNDRED);
            let used = each(hour, 2, "0.6");
            whole(house.slots(&used, &spot, (date(2026, 1, 10), date(2026, 1, 11))))
        }
        "at-11h" => {
            let used = each("2020-08-11T13:00:00+02:00", 44, "0.25");
            whole(house.slots(&used, &none, (date(2020, 8, 11), date(2020, 8, 12))))
        }
        "au-free-70" => {
            let used = Use::new([
                used("2026-01-10T11:00:00+11:00", "40"),
                used("2026-01-10T13:45:00+11:00", "30"),
                used("2026-01-10T20:00:00+11:00", "10"),
            ]);
            whole(house.slots(&used, &none, (date(2026, 1, 10), date(2026, 1, 11))))
        }
        "dst-2026-03-29" | "dst-2026-06-15" => {
            let day: Date = kwh("date").parse().expect("a date");
            let next = day.tomorrow().expect("a day");
            let zone = house.supply().zone.clone();
            let first = homepay_domain::limits::window::midnight(day, &zone);
            let last = homepay_domain::limits::window::midnight(next, &zone);
            let slots = (Slot::of(first).0..Slot::of(last).0).map(|slot| SlotUse {
                slot: Slot(slot),
                micro: 250_000,
                ..SlotUse::default()
            });
            whole(house.slots(&Use::new(slots), &none, (day, next)))
        }
        other => panic!("no way to make the bill {other}"),
    }
}

#[test]
fn every_worked_bill_is_exact_and_no_trap_is_stepped_into() {
    for case in cases()["bills"].as_array().expect("bills") {
        let (bill, of_case) = bill_of(case);
        let id = text(case, "id");
        assert_eq!(of_case, dec(text(case, "total_exact")), "{id}: {:#?}", bill.lines);
        let currency = Currency::from_code(text(case, "currency")).expect("a currency");
        assert_eq!(bill.currency, currency);
        let rounding = shipped(text(case, "tariff")).plan.rounding;
        let rounded = currency.exact(rounding.round(currency, of_case).expect("fits"));
        assert_eq!(rounded, dec(text(case, "total_half_up")), "{id}");
        for trap in case["traps"].as_array().into_iter().flatten() {
            assert_ne!(of_case, dec(text(trap, "wrong_total")), "{id}: {}", trap["why"]);
        }
        let shown: i64 = bill.lines.iter().map(|line| line.shown.0).sum();
        assert_eq!(shown, bill.total.0, "{id}: lines add up to the total");
        let exact: Decimal = bill.lines.iter().map(|line| line.amount).sum();
        assert_eq!(exact, bill.exact, "{id}");
    }
}

#[test]
fn sixteen_tariffs_are_shipped_and_all_can_be_read() {
    let mut ids = Vec::new();
    for path in shipped_tariffs::paths() {
        match shipped_tariffs::read_shipped(path).expect("shipped") {
            Ok(published) => ids.push(published.plan.id),
            Err(problems) => panic!("{problems:#?}"),
        }
    }
    for tariff in cases()["tariffs"].as_array().expect("tariffs") {
        let id = text(tariff, "id");
        assert!(ids.iter().any(|known| known == id), "{id} is not shipped");
        let plan = shipped(id).plan;
        assert_eq!(plan.currency.expect("one").code(), text(tariff, "currency"));
        let zone = plan.zone.expect("one");
        assert_eq!(zone.iana_name(), tariff["tz"].as_str());
        assert!(!plan.name.zh_cn.is_empty() && !plan.name.en.is_empty(), "{id}");
    }
}

#[test]
fn a_line_says_its_window_tier_and_version() {
    let house = TariffHome::of("cn-shanghai-res-tou");
    let bill = house.registers(&[("peak", "300"), ("valley", "200")], "3000", month(2026, 9));
    let lines: Vec<_> = bill
        .lines
        .iter()
        .map(|l| (l.window.as_deref().unwrap_or(""), l.tier.unwrap_or(0), l.quantity, l.rate))
        .collect();
    let want = [
        ("peak", 1, "72", "0.617"),
        ("valley", 1, "48", "0.307"),
        ("peak", 2, "228", "0.677"),
        ("valley", 2, "152", "0.337"),
    ];
    assert_eq!(lines, want.map(|(w, t, q, r)| (w, t, dec(q), Some(dec(r)))));
    assert!(bill.lines.iter().all(|line| line.kind == LineKind::Energy && line.unit == "kWh"));
}

#[test]
fn a_larger_household_has_larger_tiers() {
    let mut house = TariffHome::of("cn-shanghai-res-tou");
    let (of, days) = ([("peak", "4000"), ("valley", "2000")], month(2026, 9));
    assert_eq!(house.registers(&of, "0", days).exact, dec("3526"));
    house.terms.household_size = Some(5);
    let larger = house.registers(&of, "0", days);
    let own = TariffHome::of("cn-shanghai-res-tou-5p").registers(&of, "0", days);
    assert_eq!(larger.exact, own.exact);
}

#[test]
fn a_missing_price_gives_no_total_and_is_named() {
    let house = TariffHome::of("de-spot-2025");
    let mut spot = SpotPrices::default();
    spot.put(Slot::of(at("2025-11-25T17:00:00+01:00")), 3, dec("0.1"));
    let days = (date(2025, 11, 25), date(2025, 11, 26));
    let used = each("2025-11-25T17:00:00+01:00", 4, "1");
    let bill = |used: &Use, days| {
        house.supply().bill(MeteredUse::Slots(used), &Prior::Counted, &spot, days)
    };
    let why = bill(&used, days).expect_err("one quarter has no price").to_string();
    assert!(why.contains("2025-11-25T17:45:00+01:00") && why.contains("2025-01-01"), "{why}");
    assert!(bill(&each("2025-11-25T17:00:00+01:00", 3, "1"), days).is_ok());
    let used = each("2026-01-01T00:00:00+01:00", 4, "1");
    let why = bill(&used, (date(2026, 1, 1), date(2026, 1, 2))).expect_err("no version");
    assert!(matches!(why, Unpriced::NoVersion { .. }), "{why}");
    let house = TariffHome::of("ca-on-oeb-tou-2025");
    let used = each("2028-01-03T12:00:00-05:00", 4, "1");
    let measured = MeteredUse::Slots(&used);
    let days = (date(2028, 1, 1), date(2028, 2, 1));
    let why = house.supply().bill(measured, &Prior::Counted, &SpotPrices::default(), days);
    assert!(matches!(why, Err(Unpriced::NoCalendar { .. })), "{why:?}");
}

/// Bills that the cases do not have, of the same tariffs: worked by hand.
#[test]
fn other_bills_of_the_shipped_tariffs_are_right() {
    let none = SpotPrices::default();
    // Two months of a little: the least of two months.
    let taipower = TariffHome::of("tw-taipower-res-tiered");
    let two = (date(2026, 6, 1), date(2026, 8, 1));
    assert_eq!(taipower.registers(&[("all", "20")], "0", two).exact, dec("200"));
    // 2 × (120 and 210) in winter, the rest in the third tier.
    let winter = (date(2026, 11, 1), date(2027, 1, 1));
    let bill = taipower.registers(&[("all", "700")], "0", winter);
    assert_eq!(bill.exact, dec("427.2") + dec("949.2") + dec("125.2"));
    // A cycle over the change of season: its bounds go on, its prices change with the day.
    let mut taipower = taipower;
    taipower.terms.cycle_start = Some(date(2026, 9, 1));
    let used = each("2026-09-30T12:00:00+08:00", 1, "240").with(&each(
        "2026-10-01T12:00:00+08:00",
        1,
        "100",
    ));
    let cycle = (date(2026, 9, 1), date(2026, 11, 1));
    let bill = taipower.slots(&used, &none, cycle);
    assert_eq!(bill.exact, dec("427.2") + dec("226"));
    // The second month of a cycle begins where the first ended.
    let second = taipower.slots(&used, &none, (date(2026, 10, 1), date(2026, 11, 1)));
    assert_eq!(second.exact_of_use, dec("226"));
    // Free hours: 50 kWh of each day, not of two days together.
    let free = TariffHome::of("au-free-window-cap");
    let used = each("2026-01-10T11:00:00+11:00", 1, "60").with(&each(
        "2026-01-11T11:00:00+11:00",
        1,
        "30",
    ));
    let days = (date(2026, 1, 10), date(2026, 1, 12));
    assert_eq!(free.slots(&used, &none, days).exact, dec("3.63") + dec("2.2"));
    // The day of 25 hours: seven of them at night.
    let berlin = TariffHome::of("test-zone-berlin");
    let used = each("2026-10-25T00:00:00+02:00", 100, "0.25");
    let day = (date(2026, 10, 25), date(2026, 10, 26));
    assert_eq!(berlin.slots(&used, &none, day).exact, dec("6.8"));
    // Four prices in one hour.
    let quarters = TariffHome::of("test-quarter-hour");
    let hour = "2026-01-01T12:00:00+01:00";
    let day = (date(2026, 1, 1), date(2026, 1, 2));
    assert_eq!(quarters.slots(&each(hour, 4, "1"), &none, day).exact, dec("1"));
    assert_eq!(quarters.slots(&each(hour, 1, "4"), &none, day).exact, dec("0.4"));
    // A market price below zero takes its VAT along.
    let spot_2026 = TariffHome::of("de-spot-2026");
    let hour = "2026-05-01T13:00:00+02:00";
    let mut spot = SpotPrices::default();
    spot.put(Slot::of(at(hour)), 4, dec("-0.5"));
    let day = (date(2026, 5, 1), date(2026, 5, 2));
    let bill = spot_2026.slots(&each(hour, 4, "2.5"), &spot, day);
    // (−0.5 + 0.085 + 0.0199 + 0.02946 + 0.0205) × 1.19 + 0.0215 for each of 10 kWh; 5.99 a month.
    assert_eq!(bill.exact_of_use, dec("-4.107166") + dec("0.215"));
    assert_eq!(bill.exact_of_fixed, dec("5.99"));
}

#[test]
fn a_bill_over_a_change_of_season_has_an_allowance_for_each_part() {
    let house = TariffHome::of("us-pge-e-tou-c-p");
    // Ten days of summer and ten of winter: 135 and 110 kWh at the lower price.
    let days = (date(2026, 9, 21), date(2026, 10, 11));
    let used = each("2026-09-25T12:00:00-07:00", 1, "200").with(&each(
        "2026-10-05T12:00:00-07:00",
        1,
        "50",
    ));
    let bill = house.slots(&used, &SpotPrices::default(), days);
    let summer = dec("135") * dec("0.318") + dec("65") * dec("0.3994");
    let winter = dec("50") * dec("0.28617");
    assert_eq!(bill.exact_of_use, summer + winter);
    assert_eq!(bill.exact_of_fixed, dec("20") * dec("0.79343"));
}

#[test]
fn a_household_says_what_its_tariff_must_know() {
    let home = Home {
        zone: jiff::tz::TimeZone::get("Asia/Taipei").expect("a zone"),
        currency: Currency::from_code("TWD").expect("a currency"),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    };
    let none = |_: &str| Err("no such file".to_owned());
    let read = |more: &str| {
        let text = format!(
            "[[tariffs]]\nid = \"power\"\nutility = \"electricity\"\n\
             file = \"tariffs/tw/taipower-residential.toml\"\n{more}"
        );
        read_household(&text, "household.toml", &home, &none)
    };
    let told = read("").expect_err("its cycle is not known");
    assert!(told[0].to_string().starts_with("household.toml:1: cycle_start"), "{told:?}");
    let house = read("cycle_start = 2026-10-01\nfixed_share = \"equal\"\n").expect("it reads");
    let tariff = house.tariffs.values().next().expect("one");
    assert_eq!(tariff.terms.cycle_start, Some(date(2026, 10, 1)));
    let around = tariff.supply(&home).bill_around(date(2026, 12, 24));
    assert_eq!(around, (date(2026, 12, 1), date(2027, 2, 1)));
    let stored = serde_json::to_string(&house).expect("stored");
    assert_eq!(serde_json::from_str::<Household>(&stored).expect("read again"), house);
    let written = write_household(&house, &home);
    let again = read_household(&written, "exported.toml", &home, &none).expect("it reads");
    assert_eq!(again, house);
}

#[test]
fn holidays_and_seasons_choose_the_window() {
    let house = TariffHome::of("ca-on-oeb-tou-2025");
    let none = SpotPrices::default();
    for (when, window) in [
        ("2026-01-05T08:00:00-05:00", "on"),
        ("2026-01-05T12:00:00-05:00", "mid"),
        ("2026-07-06T12:00:00-04:00", "on"),
        ("2026-07-06T08:00:00-04:00", "mid"),
        ("2026-07-01T12:00:00-04:00", "off"),
        ("2026-12-28T12:00:00-05:00", "off"),
        ("2026-12-29T12:00:00-05:00", "mid"),
        ("2026-01-10T12:00:00-05:00", "off"),
        ("2026-05-01T06:45:00-04:00", "off"),
    ] {
        let now = house.supply().price_at(at(when), &[], &none).expect("a price");
        assert_eq!(now.window, window, "{when}");
    }
}
