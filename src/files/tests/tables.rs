//! Tables from data files: periods, rounding, meters.

use homepay_domain::limits::window::{Alignment, Period, WeekStart};
use homepay_domain::meter::{Meter, Quantity, ReadingOutcome, RiseBounds, Shown};
use homepay_domain::money::{Currency, lines_that_add_up};
use homepay_domain::time::UnixMs;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

fn cases(part: &str) -> Vec<Value> {
    let text = include_str!("../../../tests/cases/tariffs.json");
    let all: Value = serde_json::from_str(text).expect("the cases are JSON");
    all[part].as_array().expect("a list of cases").clone()
}

fn case(part: &str, id: &str) -> Value {
    cases(part).into_iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no case {id}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not text"))
}

fn decimal(value: &Value) -> Decimal {
    text(value).parse().expect("a decimal")
}

fn date(value: &Value) -> Date {
    text(value).parse().expect("a date")
}

fn noon(day: Date, zone: &TimeZone) -> UnixMs {
    let zoned = day.at(12, 0, 0, 0).to_zoned(zone.clone()).expect("noon exists");
    UnixMs::from_zoned(&zoned)
}

#[test]
fn anchored_periods_start_where_the_cases_say() {
    let zone = TimeZone::get("Europe/London").expect("a zone");
    for (id, period) in
        [("vrp-consent-31-aug-monthly", Period::Month), ("vrp-consent-29-feb-year", Period::Year)]
    {
        let case = case("limit_periods", id);
        let from = date(&case["consent_from"]);
        let starts: Vec<Date> =
            case["starts"].as_array().expect("starts").iter().map(date).collect();
        for pair in starts.windows(2) {
            let (first, next) = (pair[0], pair[1]);
            let mut day = first;
            // Every day from a start until before the next one falls into that one period.
            while day < next {
                let alignment = Alignment::Anchored { from };
                let window = period.window(alignment, WeekStart::Monday, &zone, noon(day, &zone));
                let start = window.start.in_zone(&zone).date();
                let end = window.end.expect("it ends").in_zone(&zone).date();
                assert_eq!((start, end), (first, next), "{id} on {day}");
                day = day.tomorrow().expect("tomorrow");
            }
        }
    }
}

#[test]
fn a_week_starts_on_the_day_that_is_set() {
    let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
    let case = case("limit_periods", "calendar-week");
    let at = noon(date(&case["date"]), &zone);
    for (start, want) in [(WeekStart::Monday, "monday_start"), (WeekStart::Sunday, "sunday_start")]
    {
        let window = Period::Week.window(Alignment::Calendar, start, &zone, at);
        assert_eq!(window.start.in_zone(&zone).date(), date(&case[want]), "{want}");
    }
}

#[test]
fn local_days_have_23_to_25_hours() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    for (day, hours) in [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)] {
        let at = noon(day.parse().expect("a date"), &zone);
        let window = Period::Day.window(Alignment::Calendar, WeekStart::Monday, &zone, at);
        let ms = window.end.expect("it ends").since_ms(window.start);
        assert_eq!(ms, hours * 3_600_000, "{day}");
    }
}

#[test]
fn a_fortnight_is_refused() {
    let form = serde_json::json!({"id": "f", "scope": {"home": true}, "period": "fortnight", "amount": "1.00"});
    let form = serde_json::from_value(form).expect("a form");
    let home = homepay_domain::household::Home {
        zone: TimeZone::UTC,
        currency: Currency::from_code("CNY").expect("a currency"),
        lang: homepay_domain::household::Lang::En,
        rules: homepay_domain::household::Rules::default(),
    };
    let none = homepay_domain::household::Household::default();
    let refused = homepay_files::household::limit_of_form(&form, &home, &none);
    assert!(refused.expect_err("refused").contains("fortnight"));
}

#[test]
fn rounding_is_once_and_half_away_from_zero() {
    let case_lines = case("rounding", "round-lines-vs-total");
    let eur = Currency::from_code("EUR").expect("EUR");
    let lines: Vec<Decimal> =
        case_lines["lines"].as_array().expect("lines").iter().map(decimal).collect();
    let (shown, total) = lines_that_add_up(eur, &lines).expect("fits");
    assert_eq!(eur.text(total), text(&case_lines["half_up_of_sum"]));
    assert_eq!(shown.iter().map(|m| m.0).sum::<i64>(), total.0, "lines add up to the total");
    for (id, field) in [
        ("round-negative", "half_up_away_from_zero"),
        ("round-jpy", "half_up"),
        ("round-kwd", "half_up"),
    ] {
        let case = case("rounding", id);
        let currency = Currency::from_code(text(&case["currency"])).expect("a currency");
        let rounded = currency.round(decimal(&case["value"])).expect("fits");
        assert_eq!(currency.text(rounded), text(&case[field]), "{id}");
    }
    let trap = case("rounding", "float-trap");
    let cny = Currency::from_code("CNY").expect("CNY");
    for case in trap["cases"].as_array().expect("cases") {
        let minor = cny.parse(text(&case["x"])).expect("an amount");
        assert_eq!(minor.0.to_string(), text(&case["right_minor_units"]), "{case}");
    }
}

#[test]
fn counters_are_read_as_the_cases_say() {
    for case in cases("meters") {
        let Some(readings) = case["readings_kwh"].as_array() else { continue };
        let max_kw: i64 = text(&case["max_kw"]).parse().expect("kW");
        let hours: i64 = text(&case["hours_between"]).parse().expect("hours");
        let micro = |value: Decimal| Quantity::Energy.micro(value, "kWh").expect("fits");
        let modulus = case["modulus"].as_str().map(|m| micro(m.parse().expect("a modulus")));
        let bounds = RiseBounds {
            per_hour_micro: max_kw * 1_000_000,
            modulus_micro: modulus,
            midnight: None,
        };
        let (mut meter, mut used, mut odd) = (Meter::default(), 0_i64, Vec::new());
        for (index, reading) in (0_i64..).zip(readings) {
            let shown =
                Shown { at: UnixMs(index * hours * 3_600_000), micro: micro(decimal(reading)) };
            let (next, taken) = meter.read(bounds, shown, false);
            meter = next;
            match taken {
                ReadingOutcome::Used { micro, .. }
                | ReadingOutcome::Restarted { micro, .. }
                | ReadingOutcome::Proved { micro, .. } => used += micro,
                ReadingOutcome::Dropped => odd.push("meter_reset"),
                ReadingOutcome::Rejected => odd.push("reading_rejected"),
                ReadingOutcome::Baseline
                | ReadingOutcome::Ignored
                | ReadingOutcome::Waiting
                | ReadingOutcome::Late
                | ReadingOutcome::NewDay => {}
            }
        }
        assert_eq!(used, micro(decimal(&case["total"])), "{}", case["id"]);
        let want: Vec<&str> = case["event"].as_str().into_iter().collect();
        assert_eq!(odd, want, "{}", case["id"]);
    }
}

#[test]
fn a_glitch_to_zero_is_not_billed_again() {
    let bounds = RiseBounds { per_hour_micro: 20_000_000, modulus_micro: None, midnight: None };
    let at = |minutes: i64, micro| Shown { at: UnixMs(minutes * 60_000), micro };
    let (mut meter, mut used) = (Meter::default(), 0);
    let shown = [(0, 812_300_000), (5, 0), (10, 812_300_000), (15, 812_400_000)];
    for (minutes, micro) in shown {
        let (next, taken) = meter.read(bounds, at(minutes, micro), false);
        meter = next;
        if let ReadingOutcome::Used { micro, .. } = taken {
            used += micro;
        }
    }
    assert_eq!(used, 100_000);
    let (_, retained) = meter.read(bounds, at(20, 812_500_000), true);
    assert_eq!(retained, ReadingOutcome::Ignored, "a retained message is never consumption");
}
