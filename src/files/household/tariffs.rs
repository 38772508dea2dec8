//! Tariffs: prices by date written here, or a published tariff from its file.

use super::gas;
use super::tables::ParseContext;
use crate::tariff::{Published, read_tariff, shipped_tariffs, unknown_utility};
use homepay_domain::ids::Name;
use homepay_domain::tariff::{
    BILLING_DAY_MAX, Counter, Crossing, FixedShare, Plan, Tariff, TariffFile, Terms,
};
use homepay_domain::usage::quantity_of;
use homepay_text::amount::plain_decimal;
use homepay_text::problem::shown;
use homepay_text::toml_table::{Diagnostics, Located, TomlTable};
use homepay_text::units::PriceUnit;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// How use that crosses a tier may be divided, by word.
pub(super) const CROSSINGS: [(&str, Crossing); 2] =
    [("proportional", Crossing::Proportional), ("chronological", Crossing::Chronological)];

/// How charges that no use explains may be shared, by word.
pub(super) const FIXED_SHARES: [(&str, FixedShare); 3] =
    [("home", FixedShare::Home), ("by_use", FixedShare::ByUse), ("equal", FixedShare::Equal)];

/// The most people that a household is said to have.
const HOUSEHOLD_SIZE_MAX: u32 = 99;

/// The most months of a billing cycle.
const CYCLE_MONTHS_MAX: u32 = 12;

pub(super) fn tariff(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<Tariff> {
    let utility = sheet.need_name("utility").and_then(|utility| {
        let unknown = unknown_utility(utility.value.as_str());
        match unknown {
            None => Some(utility.value),
            Some(what) => {
                sheet.wrong(utility.at, what);
                None
            }
        }
    });
    let payee = context.refer(&context.payees, sheet.name("payee"));
    let terms = terms(sheet);
    let inline = sheet.has("versions");
    match sheet.text("file") {
        Some(file) if inline => {
            sheet.find("versions");
            sheet.wrong(file.at, "file cannot be used together with versions: keep one of them");
            None
        }
        Some(file) => {
            let (Published { plan, .. }, file) = published(context, sheet, file, utility.as_ref())?;
            let terms = terms?;
            enough(sheet, &plan, &terms);
            let calorific = gas::calorific(sheet, utility.as_ref(), &plan)?;
            Some(Tariff { utility: utility?, payee, plan, terms, file: Some(file), calorific })
        }
        None if inline || sheet.has("file") => {
            let versions = versions(sheet, utility.as_ref());
            let utility = utility?;
            let unit = gas::priced_in(sheet, &utility);
            let plan = Plan::flat(unit, versions?);
            let calorific = gas::calorific(sheet, Some(&utility), &plan)?;
            Some(Tariff { utility, payee, plan, terms: terms?, file: None, calorific })
        }
        None => {
            sheet.find("versions");
            sheet.missing("versions (or file)");
            None
        }
    }
}

/// What the household says of itself.
fn terms(sheet: &TomlTable<'_>) -> Option<Terms> {
    let bounded = |key: &'static str, most: u32| match sheet.whole(key) {
        None => Some(None),
        Some(of) if (1..=most).contains(&of.value) => Some(Some(of.value)),
        Some(of) => {
            sheet.wrong(of.at, format!("{key} is {}: write 1 to {most}", of.value));
            None
        }
    };
    let size = bounded("household_size", HOUSEHOLD_SIZE_MAX);
    let day = bounded("billing_day", u32::from(BILLING_DAY_MAX));
    let months = bounded("cycle_months", CYCLE_MONTHS_MAX);
    let start = match sheet.date("cycle_start") {
        None => Some(None),
        Some(text) => date_of(sheet, "cycle_start", &text).map(Some),
    };
    let crossing = sheet.choice("crossing_split", &CROSSINGS);
    let fixed = sheet.choice("fixed_share", &FIXED_SHARES);
    let baseline = sheet.text("baseline");
    let small = |of: Option<u32>| of.and_then(|of| u8::try_from(of).ok());
    Some(Terms {
        household_size: size?,
        baseline: baseline.map(|text| text.value.to_owned()),
        crossing_split: crossing.map(|crossing| crossing.value),
        billing_day: small(day?),
        cycle_start: start?,
        cycle_months: small(months?),
        fixed_share: fixed.map_or_else(FixedShare::default, |fixed| fixed.value),
    })
}

/// Notes what the plan must know of the household and is not said.
fn enough(sheet: &TomlTable<'_>, plan: &Plan, terms: &Terms) {
    let ladders = || plan.versions.iter().flat_map(|version| &version.ladders);
    if terms.cycle_start.is_none()
        && ladders().any(|ladder| matches!(ladder.counter, Counter::Cycle { .. }))
    {
        sheet.missing("cycle_start (the first day of one of your bills, such as \"2026-10-01\")");
    }
    let regions: BTreeSet<&String> = plan
        .versions
        .iter()
        .flat_map(|version| &version.seasons)
        .flat_map(|season| season.baselines.keys())
        .filter(|region| !region.is_empty())
        .collect();
    let known: Vec<&str> = regions.iter().map(|region| region.as_str()).collect();
    match &terms.baseline {
        None if regions.len() > 1 => {
            sheet.missing(&format!("baseline (one of {})", known.join(", ")));
        }
        Some(baseline) if !regions.is_empty() && !regions.contains(baseline) => {
            let what = format!(
                "baseline \"{}\" is none of the tariff's: {}",
                shown(baseline),
                known.join(", ")
            );
            sheet.wrong(sheet.at_key("baseline"), what);
        }
        Some(_) | None => {}
    }
}

/// The tariff of a file: its text is here, beside the household, or among the shipped ones.
fn published(
    context: &ParseContext<'_>,
    sheet: &TomlTable<'_>,
    file: Located<&str>,
    utility: Option<&Name>,
) -> Option<(Published, TariffFile)> {
    let beside = |name: &str| {
        let kept = shipped_tariffs::shipped(name).map(str::to_owned);
        (context.files)(name).or_else(|why| kept.ok_or(why))
    };
    let here = sheet.text("text").map(|text| text.value.to_owned());
    let holidays_here = sheet.text("holidays_text").map(|text| text.value.to_owned());
    let text = match here {
        Some(text) => text,
        None => match beside(file.value) {
            Ok(text) => text,
            Err(why) => {
                let what = format!("file \"{}\" cannot be read: {why}", shown(file.value));
                context.page.wrong(file.at, what);
                return None;
            }
        },
    };
    let holidays = |name: &str| match &holidays_here {
        Some(text) => Ok(text.clone()),
        None => beside(&shipped_tariffs::beside(file.value, name)),
    };
    let published = match read_tariff(file.value, &text, &holidays) {
        Ok(published) => published,
        Err(problems) => {
            context.page.others(problems);
            return None;
        }
    };
    other_terms(context, (file.value, &text), &published, utility);
    let holidays = published.holidays.clone();
    let file = TariffFile { name: file.value.to_owned(), text, holidays };
    Some((published, file))
}

/// Notes a file whose currency or utility is not what it is used for.
fn other_terms(
    context: &ParseContext<'_>,
    (file, text): (&str, &str),
    published: &Published,
    utility: Option<&Name>,
) {
    let (page, table) = Diagnostics::open(file, text);
    {
        let sheet = TomlTable::new(&page, table.get_ref(), 0);
        let home = context.home.currency;
        if let Some(code) = published.plan.currency.filter(|code| *code != home) {
            let what = format!("prices are in {code}, the home's books in {home}");
            sheet.wrong(sheet.at_key("currency"), what);
        }
        if let Some(wanted) = utility.filter(|wanted| **wanted != published.utility) {
            let other = &published.utility;
            let what = format!("prices are of {other}, not of {wanted} as the household says");
            sheet.wrong(sheet.at_key("utility"), what);
        }
    }
    context.page.others(page.into_problems());
}

fn date_of(sheet: &TomlTable<'_>, key: &str, text: &Located<String>) -> Option<Date> {
    let day = text.value.parse::<Date>().ok();
    if day.is_none() {
        let what = format!("{key} \"{}\" is not a date: write \"2026-01-01\"", shown(&text.value));
        sheet.wrong(text.at, what);
    }
    day
}

fn versions(sheet: &TomlTable<'_>, utility: Option<&Name>) -> Option<Vec<(Date, Decimal)>> {
    let rows = sheet.sheets("versions");
    let written = sheet.find("versions").and_then(|value| value.get_ref().as_array());
    if written.is_some_and(|list| list.is_empty()) {
        let what = "versions is empty: write [{ from = \"2026-01-01\", price = \"0.617\", \
                    unit = \"kWh\" }]";
        sheet.wrong(sheet.at_key("versions"), what);
    }
    let mut last: Option<Date> = None;
    let mut versions = Vec::new();
    for row in &rows {
        let version = version(row, utility, last);
        row.finish("a price version");
        if let Some(version) = version {
            last = Some(version.0);
            versions.push(version);
        }
    }
    Some(versions)
}

fn version(
    row: &TomlTable<'_>,
    utility: Option<&Name>,
    last: Option<Date>,
) -> Option<(Date, Decimal)> {
    if !row.has("from") {
        row.missing("from");
    }
    let from = row.date("from");
    let price = row.need_text("price");
    let unit = row.need_text("unit");
    let price = price.and_then(|text| price_of(row, text));
    let per_unit = unit.and_then(|text| units_in(row, text, utility?));
    let from = from.and_then(|text| {
        date_of(row, "from", &text).map(|day| Located { value: day, at: text.at })
    })?;
    if let Some(last) = last.filter(|last| from.value <= *last) {
        let what = format!("from {} is not after {last}: versions rise by date", from.value);
        row.wrong(from.at, what);
    }
    Some((from.value, price?.checked_mul(per_unit?)?.normalize()))
}

fn price_of(row: &TomlTable<'_>, text: Located<&str>) -> Option<Decimal> {
    match plain_decimal(text.value) {
        Some(price) if price > Decimal::ZERO => Some(price),
        Some(_) => {
            row.wrong(text.at, format!("price \"{}\" is not above zero", shown(text.value)));
            None
        }
        None => {
            let what = format!("price \"{}\" is not a price: write \"0.617\"", shown(text.value));
            row.wrong(text.at, what);
            None
        }
    }
}

/// How much of the price's unit is one unit that the utility is counted in. A price for a unit that
/// measures something else would be wrong by its factor.
fn units_in(row: &TomlTable<'_>, text: Located<&str>, utility: &Name) -> Option<Decimal> {
    let unit = quantity_of(utility).unit();
    let of = PriceUnit::parse(text.value);
    // The price stands beside it in the home's money.
    let of = of.filter(|of| of.prices(utility.as_str(), unit) && !text.value.contains('/'));
    let share = of.map(|of| of.share);
    if share.is_none() {
        let what = format!(
            "unit \"{}\" does not price {utility}: give the price of one {unit}",
            shown(text.value)
        );
        row.wrong(text.at, what);
    }
    share
}
