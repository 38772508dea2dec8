//! What can be bought.

use super::tables::ParseContext;
use homepay_domain::household::{CaptureWhen, Item};
use homepay_domain::money::Currency;
use homepay_language::speech::normal;
use homepay_text::problem::shown;
use homepay_text::toml_table::{Located, TomlTable, text_of};
use std::collections::BTreeMap;
use toml::de::DeValue;

/// The words for when money moves.
pub(super) const CAPTURES: [(&str, CaptureWhen); 2] =
    [("immediate", CaptureWhen::Immediate), ("on_fulfilment", CaptureWhen::OnFulfilment)];

pub(super) fn item(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<Item> {
    let name = sheet.need_label("name");
    let aliases = sheet.texts("aliases").unwrap_or_default();
    for alias in aliases.iter().filter(|alias| normal(alias.value).is_empty()) {
        sheet.wrong(alias.at, "an alias is empty");
    }
    let unit = sheet.text("unit");
    let price = sheet.need_text("price");
    let currency = sheet.text("currency").and_then(|text| currency_of(sheet, text));
    let category = sheet.name("category");
    let payee = context.refer(&context.payees, sheet.name("payee"));
    let capture = sheet.choice("capture", &CAPTURES);
    let priced_in = currency.unwrap_or(context.home.currency);
    let price = price.and_then(|text| match priced_in.parse(text.value) {
        Ok(price) if price.is_positive() => Some(price),
        Ok(_) => {
            sheet.wrong(text.at, "price is zero: what costs nothing is not bought");
            None
        }
        Err(error) => {
            sheet.wrong(text.at, format!("price: {error}"));
            None
        }
    });
    Some(Item {
        name: name?,
        aliases: aliases.into_iter().map(|alias| alias.value.to_owned()).collect(),
        unit: unit.map(|unit| unit.value.to_owned()),
        price: price?,
        currency,
        category: category.map(|category| category.value),
        payee,
        capture: capture.map(|capture| capture.value).unwrap_or_default(),
    })
}

fn currency_of(sheet: &TomlTable<'_>, text: Located<&str>) -> Option<Currency> {
    let read = Currency::from_code(text.value);
    read.map_err(|error| sheet.wrong(text.at, format!("currency: {error}"))).ok()
}

/// Notes names that two items answer to, as speech hears them: such a word would buy neither.
pub(super) fn one_name_one_item(context: &ParseContext<'_>) {
    let mut heard: BTreeMap<String, (usize, &str, usize)> = BTreeMap::new();
    for (row, (_, sheet)) in context.catalog.sheets.iter().enumerate() {
        let sku = sheet.peek("sku").unwrap_or("?");
        for name in names(context, sheet) {
            let word = normal(name.value);
            let line = context.page.line(name.at);
            match heard.get(&word) {
                Some((other, other_sku, other_line)) if *other != row => {
                    let what = format!(
                        "\"{}\" is also a name of \"{}\", on line {other_line}: \
                         two items cannot share one",
                        shown(name.value),
                        shown(other_sku)
                    );
                    context.page.wrong(name.at, what);
                }
                Some(_) => {}
                None => {
                    heard.insert(word, (row, sku, line));
                }
            }
        }
    }
}

/// An item's name and aliases; what is no text was noted before.
fn names<'a>(context: &ParseContext<'_>, sheet: &TomlTable<'a>) -> Vec<Located<&'a str>> {
    let aliases = match sheet.find("aliases").map(|value| value.get_ref()) {
        Some(DeValue::Array(aliases)) => aliases.iter().filter(|a| a.get_ref().is_str()).collect(),
        _ => Vec::new(),
    };
    let name = sheet.find("name");
    let whole = name.filter(|value| value.get_ref().is_str());
    // One name for each language, where there are several.
    let languages = name.and_then(|value| value.get_ref().as_table());
    let languages = languages.into_iter().flat_map(|table| table.iter().map(|(_, value)| value));
    let texts = whole.into_iter().chain(languages.filter(|v| v.get_ref().is_str())).chain(aliases);
    texts
        .filter_map(|value| text_of(context.page, "name", value))
        .filter(|text| !normal(text.value).is_empty())
        .collect()
}
