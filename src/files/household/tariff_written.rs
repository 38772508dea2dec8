//! A tariff as it is written: one from a file takes the file's text along, so that an export needs
//! nothing beside it.

use super::tariffs::{CROSSINGS, FIXED_SHARES};
use super::write::{Fields, word};
use homepay_domain::ids::Name;
use homepay_domain::tariff::{Calorific, FixedShare, Plan, Tariff};
use jiff::civil::Date;
use rust_decimal::Decimal;
use toml_edit::{Array, InlineTable, Value as TomlValue};

/// The keys of a tariff.
pub(super) fn tariff_fields(id: &Name, tariff: &Tariff) -> Fields {
    let mut fields = Fields::named("id", id);
    fields.text("utility", tariff.utility.as_str()).maybe("payee", tariff.payee.as_ref());
    let terms = &tariff.terms;
    let whole = [
        ("household_size", terms.household_size),
        ("billing_day", terms.billing_day.map(u32::from)),
        ("cycle_months", terms.cycle_months.map(u32::from)),
    ];
    for (key, value) in whole {
        if let Some(value) = value {
            fields.put(key, i64::from(value));
        }
    }
    fields
        .maybe("baseline", terms.baseline.as_ref())
        .maybe("cycle_start", terms.cycle_start.map(|day| day.to_string()))
        .maybe("crossing_split", terms.crossing_split.map(|crossing| word(&CROSSINGS, &crossing)));
    if terms.fixed_share != FixedShare::default() {
        fields.text("fixed_share", word(&FIXED_SHARES, &terms.fixed_share));
    }
    if !tariff.calorific.is_empty() {
        let row = |of: &Calorific| {
            InlineTable::from_iter([
                ("from", of.from.to_string()),
                ("calorific_value", of.kwh_per_m3.to_string()),
                ("correction_factor", of.correction.to_string()),
            ])
        };
        fields.put("calorific", Array::from_iter(tariff.calorific.iter().map(row)));
    }
    let Some(file) = &tariff.file else {
        flat(&mut fields, &tariff.plan);
        return fields;
    };
    let count = tariff.plan.versions.len();
    let last = tariff.plan.versions.last().and_then(|version| version.from);
    let last = last.map_or(String::new(), |from| format!(", the last from {from}"));
    let plural = if count == 1 { "" } else { "s" };
    fields.text("file", &file.name);
    fields.secret("text", &file.text, &format!("{count} version{plural}{last}"));
    if let Some(holidays) = &file.holidays {
        let days = holidays.lines().count();
        fields.secret("holidays_text", holidays, &format!("{days} lines"));
    }
    fields
}

/// The prices that a household wrote itself.
fn flat(fields: &mut Fields, plan: &Plan) {
    let mut versions = Array::new();
    for (from, price) in flat_prices(plan) {
        let (from, price) = (from.to_string(), price.to_string());
        let row = [("from", from), ("price", price), ("unit", plan.unit.clone())];
        versions
            .push_formatted(TomlValue::from(InlineTable::from_iter(row)).decorated("\n    ", ""));
    }
    versions.set_trailing_comma(true);
    versions.set_trailing("\n");
    let count = plan.versions.len();
    let last = flat_prices(plan).last().map_or(String::new(), |(from, price)| {
        format!(", from {from} on \"{price}\" a {}", plan.unit)
    });
    let plural = if count == 1 { "" } else { "s" };
    fields.secret("versions", versions, &format!("{count} price{plural}{last}"));
}

fn flat_prices(plan: &Plan) -> impl Iterator<Item = (Date, Decimal)> + '_ {
    plan.versions.iter().filter_map(|version| {
        let price = version.seasons.first()?.rates.first()?.first()?;
        Some((version.from?, *price))
    })
}
