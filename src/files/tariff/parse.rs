//! A tariff's file, read and judged in full.

use super::context::TariffContext;
use super::holidays::{calendar, calendar_file};
use super::rounding::rounding;
use super::tariff_form::TariffForm;
use super::version::versions;
use homepay_domain::ids::Name;
use homepay_domain::money::Currency;
use homepay_domain::tariff::{Calendar, Plan, PlanName};
use homepay_domain::usage::{UTILITIES, quantity_of};
use homepay_text::problem::{Problem, hint, shown};
use homepay_text::toml_table::Diagnostics;
use homepay_text::units::PriceUnit;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::DeTable;

/// What a file says that no plan can be computed without, and this hub cannot compute.
const NOT_SUPPORTED: [(&str, &str); 16] = [
    ("demand", "a price for the highest power"),
    ("demand_charge", "a price for the highest power"),
    ("demand_charges", "a price for the highest power"),
    ("power", "a price for power"),
    ("capacity", "a price for power"),
    ("export", "a price for what is sent out"),
    ("export_rates", "a price for what is sent out"),
    ("feed_in", "a price for what is sent out"),
    ("sell", "a price for what is sent out"),
    ("max_demand", "a price for the highest power"),
    ("excess_power", "a price for power"),
    ("netting", "what is sent out against what is used"),
    ("net_billing", "what is sent out against what is used"),
    ("net_metering", "what is sent out against what is used"),
    ("reactive", "a price for reactive power"),
    ("formula", "a formula of its own: only market × factor + add, with floor and cap,"),
];

/// A tariff as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub utility: Name,
    pub plan: Plan,
    /// The text of the file of holidays that it names.
    pub holidays: Option<String>,
    /// What its readers are told.
    pub notes: String,
}

/// Reads a tariff. `file` is what problems name; `beside` gives the text of a file of the same
/// folder.
///
/// # Errors
/// Every mistake, by line; of the shape of the file only the first.
pub fn read_tariff(
    file: &str,
    text: &str,
    beside: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Published, Vec<Problem>> {
    let (page, table) = Diagnostics::open(file, text);
    let lists = lists_for_tables(&page, &table);
    if page.is_broken() || lists {
        return Err(page.into_problems());
    }
    let published = match shape::<TariffForm>(&page, text) {
        Some(form) => published(&TariffContext { page: &page, unit: None }, &form, beside),
        None => None,
    };
    let problems = page.into_problems();
    published.filter(|_| problems.is_empty()).ok_or(problems)
}

/// Keys that are one table, of the file and of a version.
const TABLES: [&str; 8] =
    ["tiers", "spot", "minimum", "rounding", "seasons", "rates", "windows", "holidays"];

/// Notes lists where a table belongs; true where there is one.
fn lists_for_tables(page: &Diagnostics<'_>, table: &Spanned<DeTable<'_>>) -> bool {
    let versions = table.get_ref().get("versions").and_then(|value| value.get_ref().as_array());
    let versions = versions.into_iter().flatten().filter_map(|v| v.get_ref().as_table());
    let mut found = false;
    for table in versions.chain([table.get_ref()]) {
        for key in TABLES {
            let list = table.get(key).filter(|value| value.get_ref().as_array().is_some());
            if let Some(list) = list {
                page.wrong(list.span().start, format!("{key} is a list: write one table [{key}]"));
                found = true;
            }
        }
    }
    found
}

/// Reads the shape of a file; notes the first mistake in it.
pub(super) fn shape<T: DeserializeOwned>(page: &Diagnostics<'_>, text: &str) -> Option<T> {
    match toml::from_str::<T>(text) {
        Ok(form) => Some(form),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            page.wrong(at, plainly(error.message()));
            None
        }
    }
}

/// What is wrong with the shape of a file, with a hint what was meant.
fn plainly(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(word) = quoted.next().filter(|_| message.starts_with("unknown ")) else {
        return message.to_owned();
    };
    if let Some((key, what)) = NOT_SUPPORTED.iter().find(|(key, _)| *key == word) {
        return format!(
            "\"{key}\" is not supported: the hub cannot compute {what} and makes no bill"
        );
    }
    let near = hint(word, quoted.clone());
    let known: Vec<&str> = quoted.collect();
    let kind =
        if message.starts_with("unknown variant") { "is none of" } else { "is no key here:" };
    format!("\"{}\" {kind} {}{near}", shown(word), known.join(", "))
}

fn published(
    words: &TariffContext<'_, '_>,
    form: &TariffForm,
    beside: &dyn Fn(&str) -> Result<String, String>,
) -> Option<Published> {
    let id = match &form.id {
        None => Some(String::new()),
        Some(id) => match Name::parse(id.get_ref()) {
            Ok(id) => Some(id.to_string()),
            Err(error) => {
                words.wrong(id, format!("id: {error}"));
                None
            }
        },
    };
    let utility = utility(words, form);
    let currency = currency(words, form);
    let zone = zone(words, form);
    let unit = utility.as_ref().and_then(|utility| unit(words, form, utility));
    let holidays = holidays(words, form, beside);
    let calendar = holidays.as_ref().and_then(|(calendar, _)| calendar.as_ref());
    let versions = versions(words, form, calendar);
    let known = versions.as_deref().unwrap_or_default();
    let rounding = rounding(words, (&form.rounding, known), currency.flatten());
    let name = form.name.as_ref().map_or_else(PlanName::default, |name| PlanName {
        zh_cn: name.zh_cn.clone(),
        en: name.en.clone(),
    });
    let (calendar, holidays) = holidays?;
    Some(Published {
        utility: utility?,
        plan: Plan {
            id: id?,
            name,
            currency: currency?,
            zone: zone?,
            unit: unit?,
            calendar,
            rounding: rounding?,
            versions: versions?,
        },
        holidays,
        notes: form.notes.clone().unwrap_or_default(),
    })
}

fn utility(words: &TariffContext<'_, '_>, form: &TariffForm) -> Option<Name> {
    let text = form.utility.as_ref().map_or("electricity", |text| text.get_ref().as_str());
    if let Some(what) = unknown_utility(text) {
        words.wrong(form.utility.as_ref()?, what);
        return None;
    }
    Name::parse(text).ok()
}

/// What is wrong with a word for a utility: of one that nobody counts nothing would be billed.
pub fn unknown_utility(word: &str) -> Option<String> {
    if UTILITIES.contains(&word) {
        return None;
    }
    let near = hint(word, UTILITIES);
    let all = UTILITIES.join(", ");
    Some(format!("there is no utility \"{}\"{near} (there are: {all})", shown(word)))
}

fn currency(words: &TariffContext<'_, '_>, form: &TariffForm) -> Option<Option<Currency>> {
    let Some(code) = &form.currency else { return Some(None) };
    match Currency::from_code(code.get_ref()) {
        Ok(currency) => Some(Some(currency)),
        Err(error) => {
            words.wrong(code, error.to_string());
            None
        }
    }
}

fn zone(words: &TariffContext<'_, '_>, form: &TariffForm) -> Option<Option<TimeZone>> {
    let Some(zone) = &form.zone else { return Some(None) };
    match TimeZone::get(zone.get_ref()) {
        Ok(found) => Some(Some(found)),
        Err(_) => {
            let text = shown(zone.get_ref());
            words.wrong(zone, format!("\"{text}\" is not an IANA zone such as Asia/Shanghai"));
            None
        }
    }
}

fn unit(words: &TariffContext<'_, '_>, form: &TariffForm, utility: &Name) -> Option<String> {
    let counted = quantity_of(utility).unit();
    let of_versions = form.versions.iter().filter_map(|version| version.get_ref().unit.as_ref());
    let (mut whole, mut bases) = (true, BTreeSet::new());
    for text in form.unit.iter().chain(of_versions) {
        let unit = PriceUnit::parse(text.get_ref());
        let unit = unit.filter(|unit| unit.prices(utility.as_str(), counted));
        let text_shown = shown(text.get_ref());
        let what = match unit {
            None => format!(
                "unit \"{text_shown}\" does not price {utility}: give the price of one {counted}"
            ),
            Some(unit) => match (unit.currency, form.currency.as_ref().map(|c| c.get_ref())) {
                (Some(of_unit), Some(code)) if of_unit.code() != code => {
                    format!("unit \"{text_shown}\" is not in the tariff's currency {code}")
                }
                (Some(of_unit), None) => format!(
                    "unit \"{text_shown}\" says a currency: write currency = \"{of_unit}\", too"
                ),
                _ => {
                    bases.insert(unit.base);
                    continue;
                }
            },
        };
        words.wrong(text, what);
        whole = false;
    }
    if bases.len() > 1 {
        words.page.wrong(0, "unit: a version is priced by kWh and another by m³: make two tariffs");
        return None;
    }
    // Gas may be priced by its energy: the household says what a cubic metre holds.
    let base = bases.first().copied().unwrap_or(counted);
    whole.then(|| base.to_owned())
}

type Holidays = (Option<Calendar>, Option<String>);

fn holidays(
    words: &TariffContext<'_, '_>,
    form: &TariffForm,
    beside: &dyn Fn(&str) -> Result<String, String>,
) -> Option<Holidays> {
    match (&form.holidays, &form.holidays_file) {
        (None, None) => Some((None, None)),
        (Some(here), None) => Some((Some(calendar(words, here.get_ref())?), None)),
        (Some(_), Some(file)) => {
            words.wrong(
                file,
                "holidays_file cannot be used together with holidays: keep one of them",
            );
            None
        }
        (None, Some(file)) => {
            let name = file.get_ref();
            match beside(name) {
                Err(why) => {
                    let what = format!("holidays_file \"{}\" cannot be read: {why}", shown(name));
                    words.wrong(file, what);
                    None
                }
                Ok(text) => match calendar_file(name, &text) {
                    Ok(calendar) => Some((Some(calendar), Some(text))),
                    Err(problems) => {
                        words.page.others(problems);
                        None
                    }
                },
            }
        }
    }
}
