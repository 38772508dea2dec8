//! Gas that is counted in m³ and priced in kWh: what a cubic metre holds, by date.

use homepay_domain::ids::Name;
use homepay_domain::tariff::{Calorific, Plan};
use homepay_domain::usage::quantity_of;
use homepay_text::amount::plain_decimal;
use homepay_text::problem::shown;
use homepay_text::toml_table::{Located, TomlTable};
use homepay_text::units::PriceUnit;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// The unit that a household's own prices are of: gas may be priced by its energy.
pub(super) fn priced_in(sheet: &TomlTable<'_>, utility: &Name) -> &'static str {
    let versions = sheet.sheets("versions");
    let by_energy = versions.iter().any(|row| row.peek("unit").and_then(base_of) == Some("kWh"));
    if utility.as_str() == "gas" && by_energy { "kWh" } else { quantity_of(utility).unit() }
}

/// What a unit of prices counts: kWh or m³.
fn base_of(unit: &str) -> Option<&'static str> {
    PriceUnit::parse(unit).map(|unit| unit.base)
}

/// What a cubic metre holds: there where gas is priced in kWh, and only there. `None` where it is
/// faulty, which is noted.
pub(super) fn calorific(
    sheet: &TomlTable<'_>,
    utility: Option<&Name>,
    plan: &Plan,
) -> Option<Vec<Calorific>> {
    let by_energy = utility.is_some_and(|of| of.as_str() == "gas") && plan.unit == "kWh";
    let rows = sheet.sheets("calorific");
    let mut values: Vec<Calorific> = Vec::with_capacity(rows.len());
    let mut whole = true;
    for row in &rows {
        let value = calorific_row(row, values.last().map(|of| of.from));
        row.finish("a calorific value");
        whole &= value.is_some();
        values.extend(value);
    }
    if !by_energy && !rows.is_empty() {
        let what = "calorific is of no use: only gas with prices for a kWh needs it";
        sheet.wrong(sheet.at_key("calorific"), what);
        return None;
    }
    let mixed = sheet
        .sheets("versions")
        .iter()
        .filter_map(|row| row.peek("unit").and_then(base_of))
        .any(|base| base != "kWh" && by_energy);
    if mixed {
        sheet.wrong(
            sheet.at_key("versions"),
            "versions price gas in kWh and in m³: write one of the two",
        );
        return None;
    }
    let begins = plan.versions.iter().filter_map(|version| version.from).min();
    match (by_energy, values.first(), begins) {
        (true, None, _) if whole => {
            sheet.missing(
                "calorific ([{ from = \"2026-01-01\", calorific_value = \"11.264\", \
                 correction_factor = \"0.9672\" }], as on your bill)",
            );
            None
        }
        (true, Some(first), Some(begins)) if first.from > begins => {
            let what = format!("calorific begins on {}, and prices on {begins}", first.from);
            sheet.wrong(sheet.at_key("calorific"), what);
            None
        }
        (_, _, _) => whole.then_some(values),
    }
}

fn calorific_row(row: &TomlTable<'_>, last: Option<Date>) -> Option<Calorific> {
    if !row.has("from") {
        row.missing("from");
    }
    let from = row.date("from");
    let value = row.need_text("calorific_value").and_then(|text| kwh_of(row, text));
    let correction = match row.text("correction_factor") {
        None => Some(Decimal::ONE),
        Some(text) => above_zero(row, "correction_factor", text),
    };
    let from = from.and_then(|text| match text.value.parse::<Date>() {
        Ok(day) => Some(Located { value: day, at: text.at }),
        Err(_) => {
            let what =
                format!("from \"{}\" is not a date: write \"2026-01-01\"", shown(&text.value));
            row.wrong(text.at, what);
            None
        }
    })?;
    if let Some(last) = last.filter(|last| from.value <= *last) {
        let what = format!("from {} is not after {last}: values rise by date", from.value);
        row.wrong(from.at, what);
    }
    Some(Calorific { from: from.value, kwh_per_m3: value?, correction: correction? })
}

/// A calorific value in kWh: in those, or with its unit.
fn kwh_of(row: &TomlTable<'_>, text: Located<&str>) -> Option<Decimal> {
    let (number, unit) = text.value.trim().split_once(' ').unwrap_or((text.value.trim(), "kWh/m³"));
    let value = above_zero(row, "calorific_value", Located { value: number, at: text.at })?;
    match unit.trim() {
        "kWh/m³" | "kWh/m3" => Some(value),
        // 3.6 MJ are one kWh.
        "MJ/m³" | "MJ/m3" => value.checked_div(Decimal::new(36, 1)),
        other => {
            let what = format!(
                "calorific_value is in \"{}\": write a number of kWh/m³, or with MJ/m3 behind it",
                shown(other)
            );
            row.wrong(text.at, what);
            None
        }
    }
}

fn above_zero(row: &TomlTable<'_>, key: &str, text: Located<&str>) -> Option<Decimal> {
    let read = plain_decimal(text.value).filter(|number| *number > Decimal::ZERO);
    if read.is_none() {
        let what = format!("{key} \"{}\" is not a number above zero", shown(text.value));
        row.wrong(text.at, what);
    }
    read
}
