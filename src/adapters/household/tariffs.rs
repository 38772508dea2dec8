//! Tariffs: prices by date, here or in a file of their own.

use super::read::Desk;
use crate::adapters::amount::plain_decimal;
use crate::adapters::problem::shown;
use crate::adapters::sheet::{Page, Placed, Sheet};
use crate::domain::ids::Name;
use crate::domain::tariff::{Plan, Tariff, Terms};
use crate::domain::usage::quantity_of;
use jiff::civil::Date;
use rust_decimal::Decimal;

pub(super) fn tariff(desk: &Desk<'_>, sheet: &Sheet<'_>) -> Option<Tariff> {
    let utility = sheet.need_name("utility").map(|utility| utility.value);
    let payee = desk.refer(&desk.payees, sheet.name("payee"));
    let inline = sheet.has("versions");
    let versions = match sheet.text("file") {
        Some(file) if inline => {
            sheet.find("versions");
            sheet.wrong(file.at, "file stands beside versions: write one of the two");
            None
        }
        Some(file) => from_file(desk, file, utility.as_ref()),
        None if inline || sheet.has("file") => versions(sheet, utility.as_ref()),
        None => {
            sheet.find("versions");
            sheet.missing("versions (or file)");
            None
        }
    };
    let utility = utility?;
    let plan = Plan::flat(quantity_of(&utility).unit(), versions?);
    Some(Tariff { utility, payee, plan, terms: Terms::default(), file: None })
}

/// Keys of tariff files that say more than this version can compute.
const NOT_SUPPORTED: [&str; 9] =
    ["tiers", "bands", "periods", "seasons", "schedule", "schedules", "fixed", "slots", "rates"];

fn from_file(
    desk: &Desk<'_>,
    file: Placed<&str>,
    utility: Option<&Name>,
) -> Option<Vec<(Date, Decimal)>> {
    let text = match (desk.files)(file.value) {
        Ok(text) => text,
        Err(why) => {
            let what = format!("file \"{}\" cannot be read: {why}", shown(file.value));
            desk.page.wrong(file.at, what);
            return None;
        }
    };
    let (page, table) = Page::open(file.value, &text);
    let read = {
        let sheet = Sheet::new(&page, table.get_ref(), 0);
        for key in NOT_SUPPORTED.into_iter().filter(|key| sheet.find(key).is_some()) {
            let what = format!(
                "\"{key}\" is not supported: this version knows one price from a day on \
                 (versions = [{{ from, price, unit }}])"
            );
            page.wrong(sheet.at_key(key), what);
        }
        // What the tariff is and where it was published is for its readers.
        for key in ["id", "name", "utility", "currency", "source", "notes"] {
            sheet.find(key);
        }
        other_terms(desk, &sheet, utility);
        if !sheet.has("versions") {
            sheet.missing("versions");
        }
        let read = versions(&sheet, utility);
        sheet.finish("a tariff's file");
        read
    };
    desk.page.others(page.into_problems());
    read
}

/// Notes a file whose currency or utility is not what it is used for.
fn other_terms(desk: &Desk<'_>, sheet: &Sheet<'_>, utility: Option<&Name>) {
    let home = desk.home.currency.code();
    if let Some(code) = sheet.peek("currency").filter(|code| *code != home) {
        let what = format!("prices are in {}, the home's books in {home}", shown(code));
        sheet.wrong(sheet.at_key("currency"), what);
    }
    let wanted = utility.map(Name::as_str);
    if let Some(other) = sheet.peek("utility").filter(|other| wanted.is_some_and(|w| w != *other)) {
        let what = format!("prices are of {}, not of what the tariff says", shown(other));
        sheet.wrong(sheet.at_key("utility"), what);
    }
}

fn versions(sheet: &Sheet<'_>, utility: Option<&Name>) -> Option<Vec<(Date, Decimal)>> {
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

fn version(row: &Sheet<'_>, utility: Option<&Name>, last: Option<Date>) -> Option<(Date, Decimal)> {
    if !row.has("from") {
        row.missing("from");
    }
    let from = row.date("from");
    let price = row.need_text("price");
    let unit = row.need_text("unit");
    let price = price.and_then(|text| price_of(row, text));
    let unit = unit.and_then(|text| unit_of(row, text, utility?));
    let from = from.and_then(|text| match text.value.parse::<Date>() {
        Ok(day) => Some(Placed { value: day, at: text.at }),
        Err(_) => {
            let what =
                format!("from \"{}\" is not a date: write \"2026-01-01\"", shown(&text.value));
            row.wrong(text.at, what);
            None
        }
    });
    let from = from?;
    if let Some(last) = last.filter(|last| from.value <= *last) {
        let what = format!("from {} is not after {last}: versions rise by date", from.value);
        row.wrong(from.at, what);
    }
    unit?;
    Some((from.value, price?))
}

fn price_of(row: &Sheet<'_>, text: Placed<&str>) -> Option<Decimal> {
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

/// The unit that the utility is counted in. A price for another one would be wrong by its factor.
fn unit_of(row: &Sheet<'_>, text: Placed<&str>, utility: &Name) -> Option<String> {
    let unit = quantity_of(utility).unit();
    if text.value == unit || (text.value == "m3" && unit == "m³") {
        return Some(unit.to_owned());
    }
    let what = format!(
        "unit \"{}\" does not price {utility}: give the price of one {unit}",
        shown(text.value)
    );
    row.wrong(text.at, what);
    None
}
