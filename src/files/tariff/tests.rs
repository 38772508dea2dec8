//! Tariff files that are right, and every way in which one can be wrong.

use super::*;
use homepay_domain::tariff::{Bound, ChargePart, CreditBy, Slot};
use homepay_text::problem::Problem;

mod lists;
mod units;

/// A file that says everything that one can say.
const BASE: &str = include_str!("tests/base.toml");

fn read(text: &str) -> Result<Published, Vec<Problem>> {
    let beside = |name: &str| match name {
        "holidays.toml" => Ok("from = \"2026-01-01\"\nto = \"2026-12-31\"\nsource = \"x\"\n\
             days = [\"2026-01-01\"]\n"
            .to_owned()),
        "worse.toml" => Ok("from = \"2026-01-01\"\nto = \"2026-12-31\"\nsource = \"x\"\n\
             days = [\"2027-01-01\"]\n"
            .to_owned()),
        _ => Err("no such file".to_owned()),
    };
    read_tariff("base.toml", text, &beside)
}

#[test]
fn a_file_that_says_everything_reads() {
    let plan = read(BASE).unwrap_or_else(|problems| panic!("{problems:#?}")).plan;
    assert_eq!(plan.versions.len(), 2);
    let [first, second] = &plan.versions[..] else { panic!("two versions") };
    assert_eq!(first.windows, ["low", "peak"]);
    assert_eq!(first.seasons.len(), 2);
    let summer = |at: usize| &plan.versions[at].seasons[0].rates[1][0];
    assert_eq!((summer(0).to_string(), summer(1).to_string()), ("0.3".into(), "0.31".into()));
    assert_eq!(second.seasons[1].rates[1][0].to_string(), "0.32");
    assert!(first.ladders[0].by_season);
    assert!(matches!(
        first.ladders[0].steps[0].up_to[..],
        [Bound::Baseline(_), Bound::Baseline(_)]
    ));
    assert!(first.taxes[1].on.contains(&ChargePart::Tax(0)));
    assert!(matches!(first.credits[1].by, CreditBy::Unit { up_to: Some(_), .. }));
    let spot = first.spot.as_ref().expect("a rule");
    assert_eq!(spot.listed.0.len(), 8);
    assert!(spot.listed.0.contains_key(&Slot(1_767_222_000 / 900)));
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_to_do() {
    let cases = include_str!("tests/mistakes.jsonl");
    let (mut count, mut wrong) = (0, Vec::new());
    for line in cases.lines() {
        let case: (String, String, usize, String) = serde_json::from_str(line).expect(line);
        let (find, put, at, what) = case;
        assert!(BASE.contains(&find), "{find}");
        let told = read(&BASE.replacen(&find, &put, 1)).err().unwrap_or_default();
        count += 1;
        if !told.iter().any(|p| p.line == at && p.what.contains(&what)) {
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            wrong.push(format!("{put}\n  wanted {at}: {what}\n  told {}", told.join(" | ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 40, "{count} mistakes");
}

#[test]
fn holidays_may_stand_in_a_file_of_their_own() {
    let from = BASE.find("[holidays]").expect("there");
    let to = BASE.find("[rounding]").expect("there");
    let with = |file: &str| {
        let (before, after) = (&BASE[..from], &BASE[to..]);
        format!("{before}holidays_file = \"{file}\"\n{after}")
    };
    let read_file = |file: &str| read(&with(file));
    assert!(read_file("holidays.toml").expect("it reads").holidays.is_some());
    let told = |file: &str| read_file(file).expect_err("wrong")[0].to_string();
    assert_eq!(
        told("worse.toml"),
        "worse.toml:4: 2027-01-01 is outside of 2026-01-01 to 2026-12-31"
    );
    assert!(told("nowhere.toml").starts_with("base.toml:9: holidays_file \"nowhere.toml\""));
}

#[test]
fn a_price_alone_is_a_tariff() {
    let plan = read("[[versions]]\nfrom = 2026-01-01\nprice = \"0.617\"\nunit = \"kWh\"\n");
    let plan = plan.expect("it reads").plan;
    assert_eq!(plan.versions[0].seasons[0].rates, [["0.617".parse().expect("a decimal")]]);
    let nothing = read("id = \"x\"\nversions = []\n").expect_err("no prices");
    assert!(nothing[0].what.contains("there is no [[versions]]"), "{nothing:?}");
}

#[test]
fn what_is_no_tariff_does_not_panic() {
    for text in ["", "[", "versions = 1", "[[versions]]", "versions = [[]]", "\u{0}"] {
        assert!(read(text).is_err(), "{text}");
    }
    let mut cut = BASE.to_owned();
    while let Some((at, _)) = cut.char_indices().next_back() {
        cut.truncate(at);
        if at % 7 == 0 {
            let _ = read(&cut);
        }
    }
}
