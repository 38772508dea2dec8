//! Rates as the database has them, made up in the shape of real ones.

use super::{ImportOptions, ImportedTariff, Pooling, import_urdb};
use crate::tariff::{Published, read_tariff};
use homepay_domain::tariff::{Counter, MeteredUse, Prior, Register, SpotPrices, Supply, Terms};
use jiff::civil::date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// Two seasons, two periods each, a ladder of an allowance a day in each of the four periods.
fn coastal() -> Value {
    let hours = |peak: usize, off: usize| -> Vec<usize> {
        (0..24).map(|hour| if (16..21).contains(&hour) { peak } else { off }).collect()
    };
    let months: Vec<Vec<usize>> =
        (0..12).map(|m| if (5..9).contains(&m) { hours(0, 1) } else { hours(2, 3) }).collect();
    let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
    let ladder = |max: &str, low: &str| {
        let (max, low) = (number(max), number(low));
        json!([
            {"rate": low, "max": max, "unit": "kWh daily"},
            {"rate": low, "adj": number("0.0814"), "unit": "kWh daily"},
        ])
    };
    json!({
        "label": "0123456789abcdef01234567", "utility": "Coastal Power Co", "name": "TOU-X",
        "startdate": 1_780_297_200, "uri": "https://example.org/rate",
        "energyratestructure": [
            ladder("13.5", "0.441"), ladder("13.5", "0.318"), ladder("11.0", "0.31617"),
            ladder("11.0", "0.28617"),
        ],
        "energyweekdayschedule": months, "energyweekendschedule": months,
        "fixedchargefirstmeter": 0.79343, "fixedchargeunits": "$/day",
    })
}

fn asked(tiers: Option<Pooling>) -> ImportOptions {
    let zone = TimeZone::get("America/Los_Angeles").ok();
    ImportOptions { tiers, zone, ..ImportOptions::default() }
}

fn import(rate: &Value, asked: &ImportOptions) -> Result<ImportedTariff, Vec<String>> {
    import_urdb(&rate.to_string(), asked)
}

fn published(rate: &Value, asked: &ImportOptions) -> Published {
    let imported = import(rate, asked).unwrap_or_else(|whats| panic!("{whats:#?}"));
    let none = |_: &str| Err(String::new());
    read_tariff("imported", &imported.text, &none).expect("it was read before")
}

/// A July of 150 kWh at peak and 450 beside it.
fn july(published: &Published) -> Decimal {
    let plan = &published.plan;
    let supply = Supply {
        plan,
        terms: &Terms::default(),
        zone: plan.zone.as_ref().expect("a zone"),
        currency: plan.currency.expect("a currency"),
    };
    let of = |window: &str, kwh: i64| Register { window: window.into(), micro: kwh * 1_000_000 };
    let registers = [of("p0", 150), of("p1", 450)];
    let (none, days) = (SpotPrices::default(), (date(2026, 7, 1), date(2026, 8, 1)));
    let measured = MeteredUse::Registers(&registers);
    supply.bill(measured, &Prior::Counted, &none, days).expect("a bill").exact
}

#[test]
fn what_ladders_mean_must_be_said_and_decides_the_bill() {
    let told = import(&coastal(), &asked(None)).expect_err("it is not said");
    assert!(told[0].contains("--tiers combined"), "{told:?}");
    assert_eq!(july(&published(&coastal(), &asked(Some(Pooling::Combined)))), dec("248.62043"));
    assert_eq!(july(&published(&coastal(), &asked(Some(Pooling::Individual)))), dec("236.41043"));
}

#[test]
fn a_rate_keeps_its_dates_seasons_and_charges() {
    let of = published(&coastal(), &asked(Some(Pooling::Combined)));
    let version = &of.plan.versions[0];
    assert_eq!(version.from, Some(date(2026, 6, 1)));
    let names: Vec<&str> = version.seasons.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["jun-sep", "oct-may"]);
    assert!(version.ladders[0].by_season && version.ladders[0].counter == Counter::Bill);
    assert_eq!(version.fixed[0].amount, dec("0.79343"));
    assert!(version.source.contains("https://example.org/rate"));
    assert_eq!(of.plan.name.en, "Coastal Power Co, TOU-X");
    let said = import(&coastal(), &asked(Some(Pooling::Combined))).expect("imported").said;
    assert!(said[0].contains("no holidays"), "{said:?}");
}

#[test]
fn one_period_with_tiers_needs_no_word_on_them() {
    let rate = json!({
        "utility": "Inland", "name": "R-1",
        "energyratestructure": [
            [{"rate": 0.1, "max": 500, "unit": "kWh"}, {"rate": 0.12, "max": 1000, "unit": "kWh"}, {"rate": 1.5e-1, "unit": "kWh"}],
            [{"rate": 0.2, "max": 300, "unit": "kWh"}, {"rate": 0.22, "max": 1000, "unit": "kWh"}, {"rate": 0.25, "unit": "kWh"}]
        ],
        "energyweekdayschedule": (0..12).map(|m| vec![usize::from((3..6).contains(&m)); 24]).collect::<Vec<_>>(),
        "fixedmonthlycharge": 9, "mincharge": "12.5", "minchargeunits": "$/month",
        "fueladjustmentsmonthly": [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
    });
    let of = published(&rate, &asked(None));
    let version = &of.plan.versions[0];
    assert_eq!((version.from, version.ladders[0].counter), (None, Counter::Month));
    assert_eq!(version.ladders[0].steps.len(), 2);
    assert_eq!(version.adders[0].rates[0], dec("0.01"));
    let minimum = version.minimum.as_ref().map(|m| m.amount);
    assert_eq!((minimum, version.fixed[0].amount), (Some(dec("12.5")), dec("9")));
    let again = json!({"items": [rate]});
    assert_eq!(published(&again, &asked(None)).plan, of.plan, "as the service answers");
}

#[test]
fn what_would_change_the_meaning_is_refused_and_named() {
    let table = [
        ("/flatdemandstructure", json!([[{"rate": 5.1}]]), "flatdemandstructure: a price for the"),
        ("/demandratestructure", json!([[{"rate": 5.1}]]), "demandratestructure: a price for the"),
        ("/energyratestructure/0/0/unit", json!("kVA"), "unit \"kVA\""),
        ("/energyratestructure/0/0/unit", json!("kWh/kW"), "unit \"kWh/kW\""),
        ("/energyratestructure/0/0/sell", json!(0.05), "sell: what is sent out"),
        ("/dgrules", json!("Net Metering"), "\"Net Metering\""),
        ("/usenetmetering", json!(true), "\"Net Metering\""),
        ("/energyratestructure/0/1/max", json!(99), "the last tier of a period has an end"),
        ("/energyratestructure/0/0/max", json!(12.7), "is no whole part of"),
        ("/energyratestructure/0/0/rate", json!("free"), "rate \"free\" is not a figure"),
        ("/energyratestructure/0/0/rate", json!(-0.1), "is below zero"),
        ("/energyratestructure", json!([]), "there is no price"),
        ("/energyweekdayschedule/3", json!([1, 2]), "not 12 months of 24 hours"),
        ("/energyweekdayschedule/3/3", json!(9), "names period 9"),
        ("/fixedchargeunits", json!("$/week"), "fixedchargeunits \"$/week\""),
        ("/annualmincharge", json!(100), "annualmincharge"),
        ("/startdate", json!("soon"), "is not a time in unix seconds"),
        ("/currency", json!("DOLLAR"), "DOLLAR"),
    ];
    for (at, put, what) in table {
        let mut rate = coastal();
        let (parent, key) = at.rsplit_once('/').expect("a pointer");
        let parent = rate.pointer_mut(parent).expect("there");
        match key.parse::<usize>() {
            Ok(place) => parent[place] = put,
            Err(_) => parent[key] = put,
        }
        let told = import(&rate, &asked(Some(Pooling::Combined))).expect_err(at);
        assert!(told.iter().any(|told| told.contains(what)), "{at}: {told:?}");
    }
    let mut rate = coastal();
    rate["energyratestructure"][0][0]["max"] = json!(12.5);
    let told = import(&rate, &asked(Some(Pooling::Individual))).expect_err("two allowances");
    assert!(told[0].contains("have different allowances a day"), "{told:?}");
    for text in ["", "[]", "{}", "[1]", "{\"items\":[{},{}]}", "null"] {
        assert!(import_urdb(text, &asked(None)).is_err(), "{text}");
    }
    let mut rate = coastal();
    rate["dgrules"] = json!("Net Metering");
    let no_export = ImportOptions { no_export: true, ..asked(Some(Pooling::Combined)) };
    assert_eq!(july(&published(&rate, &no_export)), dec("248.62043"));
}

/// Two periods of one month, the one with two tiers and the other with three, at other bounds.
fn uneven() -> Value {
    let day: Vec<usize> = (0..24).map(|hour| usize::from(hour < 12)).collect();
    json!({
        "utility": "Inland", "name": "R-2",
        "energyratestructure": [
            [{"rate": 0.1, "max": 300, "unit": "kWh"}, {"rate": 0.2, "unit": "kWh"}],
            [{"rate": 0.01, "max": 100, "unit": "kWh"}, {"rate": 0.02, "max": 500, "unit": "kWh"},
             {"rate": 0.04, "unit": "kWh"}],
        ],
        "energyweekdayschedule": vec![day.clone(); 12], "energyweekendschedule": vec![day; 12],
    })
}

/// Worked by hand. With one allowance p0 has 60 % and p1 40 % of every tier of the home's 600 kWh,
/// whose bounds are 100, 300 and 500; apart, p0 has 300 and 60 kWh, and p1 100 and 140.
#[test]
fn periods_whose_tiers_differ_have_their_own_price_between_all_bounds() {
    for (pooling, want) in [
        // p0: 60 + 120 at 0.1, 120 + 60 at 0.2; p1: 40 at 0.01, 80 + 80 at 0.02, 40 at 0.04.
        (Pooling::Combined, dec("18") + dec("36") + dec("0.4") + dec("3.2") + dec("1.6")),
        (Pooling::Individual, dec("30") + dec("12") + dec("1") + dec("2.8")),
    ] {
        let of = published(&uneven(), &asked(Some(pooling)));
        let plan = &of.plan;
        let supply = Supply {
            plan,
            terms: &Terms::default(),
            zone: plan.zone.as_ref().expect("a zone"),
            currency: plan.currency.expect("a currency"),
        };
        let of =
            |window: &str, kwh: i64| Register { window: window.into(), micro: kwh * 1_000_000 };
        let registers = [of("p0", 360), of("p1", 240)];
        let (none, days) = (SpotPrices::default(), (date(2026, 7, 1), date(2026, 8, 1)));
        let bill = supply.bill(MeteredUse::Registers(&registers), &Prior::Counted, &none, days);
        assert_eq!(bill.expect("a bill").exact, want, "{pooling:?}");
    }
}

#[test]
fn seasons_with_other_numbers_of_tiers_are_one_ladder() {
    let mut rate = uneven();
    let months: Vec<Vec<usize>> = (0..12).map(|m| vec![usize::from(m >= 6); 24]).collect();
    rate["energyweekdayschedule"] = json!(months);
    rate["energyweekendschedule"] = json!(months);
    let of = published(&rate, &asked(None));
    let version = &of.plan.versions[0];
    let rates = |season: usize, window: usize| {
        let rates = version.seasons[season].rates[window].iter();
        rates.map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(rates(0, 0), "0.1 0.1 0.2 0.2");
    assert_eq!(rates(1, 1), "0.01 0.02 0.02 0.04");
}

#[test]
fn allowances_of_a_day_that_differ_by_period_are_parts_of_the_least() {
    let mut rate = coastal();
    rate["energyratestructure"][0][0]["max"] = json!(10.8);
    let version = published(&rate, &asked(Some(Pooling::Combined))).plan.versions.remove(0);
    assert_eq!(version.seasons[0].baselines[""], dec("10.8"));
    // Off peak 13.5 a day is 125 % of it.
    let rates = &version.seasons[0].rates;
    assert_eq!(rates[0], [dec("0.441"), dec("0.5224"), dec("0.5224")]);
    assert_eq!(rates[1], [dec("0.318"), dec("0.318"), dec("0.3994")]);
}
