//! Bills that were worked out outside, from published figures, line by line: `cases/worked-bills.py`
//! computes each of them again with Python's decimals.

use homepay_domain::tariff::{
    Bill, MeteredUse, Prior, Register, Slot, SlotUse, SpotPrices, Supply, Terms, Use,
};
use homepay_domain::time::UnixMs;
use homepay_files::tariff::shipped_tariffs::{listed, read_shipped};
use homepay_files::tariff::{Published, read_tariff};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const WORKED_BILLS: &str = include_str!("../../../tests/cases/worked-bills.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bills {
    /// Tariffs that are only here, by name.
    tariffs: BTreeMap<String, String>,
    bills: Vec<BillCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BillCase {
    id: String,
    /// A file that is shipped, or one of the tariffs here.
    tariff: String,
    /// The bill's first day, and the day after its last.
    from: Date,
    to: Date,
    /// Totals by window, in units.
    #[serde(default)]
    registers: BTreeMap<String, Decimal>,
    /// Use by time, in units: when, and how much.
    #[serde(default)]
    used: Vec<(String, Decimal)>,
    /// Market prices of hours, in major units.
    #[serde(default)]
    spot: Vec<(String, Decimal)>,
    /// What the tiers' counter had reached before.
    #[serde(default)]
    prior: Decimal,
    #[serde(default)]
    household_size: Option<u32>,
    #[serde(default)]
    billing_day: Option<u8>,
    #[serde(default)]
    cycle_start: Option<Date>,
    /// As it is paid.
    total: String,
    /// Before it is rounded, where it has an end.
    #[serde(default)]
    exact: Option<Decimal>,
    /// Some of its lines: name, and exact amount.
    #[serde(default)]
    lines: Vec<(String, Decimal)>,
    /// What taxes were counted on, by name.
    #[serde(default)]
    on: BTreeMap<String, Vec<String>>,
    /// Where its prices stand, and how it was computed.
    #[serde(rename = "source")]
    _source: String,
}

const SLOTS_AN_HOUR: i64 = 4;

fn micro(units: Decimal) -> i64 {
    let micro = units * Decimal::from(1_000_000);
    i64::try_from(micro.normalize().mantissa()).expect("micro-units")
}

fn published(bills: &Bills, name: &str) -> Published {
    let none = |file: &str| Err(format!("{file}: no such file"));
    let read = match bills.tariffs.get(name) {
        Some(text) => read_tariff(name, text, &none),
        None => read_shipped(name).unwrap_or_else(|| panic!("{name} is not shipped")),
    };
    read.unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

fn bill_of(case: &BillCase, published: &Published) -> Bill {
    let plan = &published.plan;
    let BillCase { household_size, billing_day, cycle_start, .. } = *case;
    let terms = Terms { household_size, billing_day, cycle_start, ..Terms::default() };
    let supply = Supply {
        plan,
        terms: &terms,
        zone: plan.zone.as_ref().expect("a zone"),
        currency: plan.currency.expect("a currency"),
    };
    let slot_at = |when: &str| {
        let at = when.parse::<jiff::Timestamp>().expect("a time");
        Slot::of(UnixMs(at.as_millisecond()))
    };
    let mut spot = SpotPrices::default();
    for (when, price) in &case.spot {
        spot.put(slot_at(when), SLOTS_AN_HOUR, *price);
    }
    let slot = |(when, units): &(String, Decimal)| {
        let slot = slot_at(when);
        SlotUse { slot, micro: micro(*units), ..SlotUse::default() }
    };
    let used = Use::new(case.used.iter().map(slot));
    let register = |(window, units): (&String, &Decimal)| Register {
        window: window.clone(),
        micro: micro(*units),
    };
    let registers: Vec<Register> = case.registers.iter().map(register).collect();
    let by_time = !case.used.is_empty();
    let measured =
        if by_time { MeteredUse::Slots(&used) } else { MeteredUse::Registers(&registers) };
    let prior =
        if case.prior.is_zero() { Prior::Counted } else { Prior::Known(vec![micro(case.prior)]) };
    let bill = supply.bill(measured, &prior, &spot, (case.from, case.to));
    bill.unwrap_or_else(|why| panic!("{}: {why}", case.id))
}

#[test]
fn every_bill_that_was_worked_out_outside_is_made() {
    let bills: Bills = toml::from_str(WORKED_BILLS).expect("the bills are TOML");
    for case in &bills.bills {
        let (id, bill) = (&case.id, bill_of(case, &published(&bills, &case.tariff)));
        let told = || format!("{id}: {:#?}", bill.lines);
        assert_eq!(bill.currency.text(bill.total), case.total, "{}", told());
        if let Some(exact) = case.exact {
            assert_eq!(bill.exact, exact, "{}", told());
        }
        let shown: i64 = bill.lines.iter().map(|line| line.shown.0).sum();
        assert_eq!(shown, bill.total.0, "{id}: lines add up to the total");
        for (name, amount) in &case.lines {
            let of = bill.lines.iter().filter(|line| line.what == *name);
            assert_eq!(
                of.map(|line| line.amount).sum::<Decimal>(),
                *amount,
                "{name} in {}",
                told()
            );
        }
        for (name, on) in &case.on {
            let line = bill.lines.iter().find(|line| line.what == *name);
            assert_eq!(line.expect(name).on, *on, "{id}: what {name} is on");
        }
    }
}

/// The same bills by another program that knows nothing of this one.
#[test]
fn another_program_comes_to_the_same_totals() {
    let bills: Bills = toml::from_str(WORKED_BILLS).expect("the bills are TOML");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/worked-bills.py");
    let Ok(output) = Command::new("python3").arg(script).output() else {
        eprintln!("python3 is not here: nothing is compared");
        return;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let theirs: BTreeMap<String, String> = serde_json::from_slice(&output.stdout).expect("JSON");
    for case in &bills.bills {
        assert_eq!(theirs.get(&case.id), Some(&case.total), "{}", case.id);
    }
    assert_eq!(theirs.len(), bills.bills.len(), "each is computed twice");
}

/// A tariff that nobody made a bill of may say anything.
#[test]
fn every_shipped_tariff_has_a_worked_bill_and_says_where_it_is_from() {
    let bills: Bills = toml::from_str(WORKED_BILLS).expect("the bills are TOML");
    let older: Value =
        serde_json::from_str(include_str!("../../../tests/cases/tariffs.json")).expect("JSON");
    for path in listed() {
        let published = published(&bills, path);
        let id = published.plan.id.as_str();
        let here = bills.bills.iter().any(|case| case.tariff == path);
        let there =
            older["bills"].as_array().expect("bills").iter().any(|case| case["tariff"] == id);
        // It is Shanghai's with the household's size, and is held against it.
        let is_a_part = id == "cn-shanghai-res-tou-5p";
        assert!(here || there || is_a_part, "{path} has no worked bill");
        assert!(!published.notes.is_empty(), "{path} says nothing of what was not checked");
        let sources = published.plan.versions.iter();
        assert!(sources.clone().all(|version| !version.source.is_empty()), "{path} has no source");
        if here {
            assert!(sources.clone().all(|version| version.from.is_some()), "{path} has no day");
        }
    }
}
