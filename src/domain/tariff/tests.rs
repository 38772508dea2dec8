//! Figures of plans that are made here; those of published ones are in `src/files/tests/tariffs.rs`.

use super::*;
use crate::money::{Currency, Minor};
use crate::time::UnixMs;
use jiff::civil::date;
use jiff::tz::TimeZone;

mod laws;
mod parts;

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// Peak from 6 to 22, tiers of a year at 3120 and 4800 kWh.
fn plan() -> Plan {
    let mut plan = Plan::flat("kWh", [(date(2020, 1, 1), dec("0.617"))]);
    let version = &mut plan.versions[0];
    version.windows = vec!["peak".to_owned(), "valley".to_owned()];
    let span = |from: u16, to: u16, window| ClockSpan { from: from * 60, to: to * 60, window };
    version.seasons[0].days =
        DayTables::every_day(vec![span(0, 6, 1), span(6, 22, 0), span(22, 24, 1)]);
    let rates = |texts: [&str; 3]| texts.map(dec).to_vec();
    version.seasons[0].rates =
        vec![rates(["0.617", "0.677", "0.977"]), rates(["0.307", "0.337", "0.487"])];
    version.ladders = vec![Ladder {
        windows: vec![0, 1],
        counter: Counter::Year,
        by_season: false,
        steps: vec![Steps {
            persons_from: None,
            season: None,
            up_to: vec![Bound::Units(dec("3120")), Bound::Units(dec("4800"))],
        }],
    }];
    plan
}

struct TestHome {
    plan: Plan,
    terms: Terms,
    zone: TimeZone,
}

impl TestHome {
    fn new(plan: Plan) -> TestHome {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        TestHome { plan, terms: Terms::default(), zone }
    }

    fn supply(&self) -> Supply<'_> {
        Supply {
            plan: &self.plan,
            terms: &self.terms,
            zone: &self.zone,
            currency: Currency::from_code("CNY").expect("a currency"),
        }
    }
}

fn registers(peak: i64, valley: i64) -> Vec<Register> {
    let of =
        |window: &str, kwh: i64| Register { window: window.to_owned(), micro: kwh * 1_000_000 };
    vec![of("peak", peak), of("valley", valley)]
}

#[test]
fn a_month_that_crosses_a_tier_is_divided_as_the_household_says() {
    let mut house = TestHome::new(plan());
    let registers = registers(300, 200);
    let prior = Prior::Known(vec![3_000_000_000]);
    let days = (date(2026, 9, 1), date(2026, 10, 1));
    for (crossing, want) in [
        (None, "264.74"),
        (Some(Crossing::Proportional), "264.74"),
        (Some(Crossing::Chronological), "263.3"),
    ] {
        house.terms.crossing_split = crossing;
        let bill = house
            .supply()
            .bill(MeteredUse::Registers(&registers), &prior, &SpotPrices::default(), days)
            .expect("a bill");
        assert_eq!(bill.exact, dec(want), "{crossing:?}");
        let shown: i64 = bill.lines.iter().map(|line| line.shown.0).sum();
        assert_eq!(Minor(shown), bill.total);
    }
}

#[test]
fn the_price_now_knows_its_tier_and_its_next_change() {
    let house = TestHome::new(plan());
    let at = |text: &str| UnixMs(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond());
    let now = house
        .supply()
        .price_at(at("2026-09-01T21:00:00+08:00"), &[3_119_500_000], &SpotPrices::default())
        .expect("a price");
    assert_eq!((now.price, now.tier), (dec("0.617"), Some(1)));
    assert_eq!(now.left_in_tier, Some(dec("0.5")));
    let next = now.next.expect("a change");
    assert_eq!((next.at, next.price), (at("2026-09-01T22:00:00+08:00"), dec("0.307")));
}
