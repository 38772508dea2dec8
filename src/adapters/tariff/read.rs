//! A tariff's file, read and judged in full.

use super::charges::{self, charges};
use super::form::{RoundForm, RoundedForm, RoundingForm, TariffForm, VersionForm};
use super::holidays::{calendar, calendar_file};
use super::market::rule;
use super::seasons::{self, seasons, window_names};
use super::tiers::tiers;
use super::windows::tells_holidays;
use super::words::Words;
use crate::adapters::problem::{Problem, hint, shown};
use crate::adapters::sheet::Page;
use crate::domain::ids::Name;
use crate::domain::limits::window::plus_days;
use crate::domain::money::Currency;
use crate::domain::tariff::{Calendar, Mode, Of, Plan, PlanName, Rounding, Version};
use crate::domain::usage::quantity_of;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;

/// What a file says that no plan can be computed without, and this hub cannot compute.
const NOT_SUPPORTED: [(&str, &str); 12] = [
    ("demand", "a price for the highest power"),
    ("demand_charge", "a price for the highest power"),
    ("demand_charges", "a price for the highest power"),
    ("power", "a price for power"),
    ("capacity", "a price for power"),
    ("export", "a price for what is sent out"),
    ("export_rates", "a price for what is sent out"),
    ("feed_in", "a price for what is sent out"),
    ("sell", "a price for what is sent out"),
    ("net_metering", "what is sent out against what is used"),
    ("reactive", "a price for reactive power"),
    ("formula", "a formula of its own: only market × factor + add, with floor and cap,"),
];

/// A tariff as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What is delivered.
    pub utility: Name,
    /// What is published.
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
    let (page, table) = Page::open(file, text);
    let lists = lists_for_tables(&page, &table);
    if page.is_broken() || lists {
        return Err(page.into_problems());
    }
    let published = match shape::<TariffForm>(&page, text) {
        Some(form) => published(&Words { page: &page }, &form, beside),
        None => None,
    };
    let problems = page.into_problems();
    published.filter(|_| problems.is_empty()).ok_or(problems)
}

/// Keys that are one table, of the file and of a version.
const TABLES: [&str; 8] =
    ["tiers", "spot", "minimum", "rounding", "seasons", "rates", "windows", "holidays"];

/// Notes lists where a table belongs; true where there is one.
fn lists_for_tables(page: &Page<'_>, table: &Spanned<DeTable<'_>>) -> bool {
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
pub(super) fn shape<T: DeserializeOwned>(page: &Page<'_>, text: &str) -> Option<T> {
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
    words: &Words<'_, '_>,
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
    let rounding = rounding(words, &form.rounding, currency.flatten());
    let calendar = holidays.as_ref().and_then(|(calendar, _)| calendar.as_ref());
    let versions = versions(words, form, calendar);
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

fn utility(words: &Words<'_, '_>, form: &TariffForm) -> Option<Name> {
    let text = form.utility.as_ref().map_or("electricity", |text| text.get_ref().as_str());
    match Name::parse(text) {
        Ok(name) => Some(name),
        Err(error) => {
            words.wrong(form.utility.as_ref()?, format!("utility: {error}"));
            None
        }
    }
}

fn currency(words: &Words<'_, '_>, form: &TariffForm) -> Option<Option<Currency>> {
    let Some(code) = &form.currency else { return Some(None) };
    match Currency::from_code(code.get_ref()) {
        Ok(currency) => Some(Some(currency)),
        Err(error) => {
            words.wrong(code, error.to_string());
            None
        }
    }
}

fn zone(words: &Words<'_, '_>, form: &TariffForm) -> Option<Option<TimeZone>> {
    let Some(zone) = &form.zone else { return Some(None) };
    match TimeZone::get(zone.get_ref()) {
        Ok(found) => Some(Some(found)),
        Err(_) => {
            let text = shown(zone.get_ref());
            words.wrong(zone, format!("\"{text}\" is no IANA zone such as Asia/Shanghai"));
            None
        }
    }
}

fn unit(words: &Words<'_, '_>, form: &TariffForm, utility: &Name) -> Option<String> {
    let unit = quantity_of(utility).unit();
    let of_versions = form.versions.iter().filter_map(|version| version.get_ref().unit.as_ref());
    let mut whole = true;
    for text in form.unit.iter().chain(of_versions) {
        let same = text.get_ref() == unit || (unit == "m³" && text.get_ref() == "m3");
        if !same {
            let text_shown = shown(text.get_ref());
            let what = format!(
                "unit \"{text_shown}\" does not price {utility}: give the price of one {unit}"
            );
            words.wrong(text, what);
            whole = false;
        }
    }
    whole.then(|| unit.to_owned())
}

type Holidays = (Option<Calendar>, Option<String>);

fn holidays(
    words: &Words<'_, '_>,
    form: &TariffForm,
    beside: &dyn Fn(&str) -> Result<String, String>,
) -> Option<Holidays> {
    match (&form.holidays, &form.holidays_file) {
        (None, None) => Some((None, None)),
        (Some(here), None) => Some((Some(calendar(words, here.get_ref())?), None)),
        (Some(_), Some(file)) => {
            words.wrong(file, "holidays_file stands beside holidays: write one of the two");
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

fn rounding(
    words: &Words<'_, '_>,
    form: &RoundingForm,
    currency: Option<Currency>,
) -> Option<Rounding> {
    let of = match form.of {
        RoundedForm::Total => Of::Total,
        RoundedForm::Lines => Of::Lines,
    };
    let mode = match form.mode {
        RoundForm::HalfUp => Mode::HalfUp,
        RoundForm::HalfEven => Mode::HalfEven,
        RoundForm::Up => Mode::Up,
        RoundForm::Down => Mode::Down,
    };
    let digits = form.digits.as_ref();
    if let Some((digits, currency)) = digits.zip(currency)
        && *digits.get_ref() > currency.digits()
    {
        let has = currency.digits();
        words.wrong(digits, format!("{currency} has {has} decimals: nobody can pay more"));
        return None;
    }
    Some(Rounding { of, mode, digits: digits.map(|digits| *digits.get_ref()) })
}

fn versions(
    words: &Words<'_, '_>,
    form: &TariffForm,
    calendar: Option<&Calendar>,
) -> Option<Vec<Version>> {
    if form.versions.is_empty() {
        words.page.wrong(0, "there is no [[versions]]: write since when which prices hold");
        return None;
    }
    let mut versions: Vec<Version> = Vec::new();
    let mut whole = true;
    let mut before: Option<(Option<Date>, Option<Date>)> = None;
    for (place, at) in form.versions.iter().enumerate() {
        let days = days(words, at, place, before);
        before = days.or(before);
        let version = days.and_then(|days| version(words, form, at, days, calendar));
        whole &= version.is_some();
        versions.extend(version);
    }
    whole.then_some(versions)
}

/// The days of a version, judged against the one before.
fn days(
    words: &Words<'_, '_>,
    at: &Spanned<VersionForm>,
    place: usize,
    before: Option<(Option<Date>, Option<Date>)>,
) -> Option<(Option<Date>, Option<Date>)> {
    let form = at.get_ref();
    let day = |what, of: &Option<Spanned<toml::Value>>| match of {
        None => Some(None),
        Some(of) => words.day(what, of).map(Some),
    };
    let (from, to) = (day("from", &form.from), day("to", &form.to));
    let (from, to) = (from?, to?);
    let start = form.from.as_ref().map_or(at.span().start, |from| from.span().start);
    let wrong = |what: String| words.page.wrong(start, what);
    if from.is_none() && place > 0 {
        wrong("from is missing: only the first version may leave it out".to_owned());
        return None;
    }
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        wrong(format!("to {to} is before from {from}"));
        return None;
    }
    if let (Some(from), Some((earlier, until))) = (from, before) {
        if earlier.is_some_and(|earlier| from <= earlier) {
            wrong(format!("from {from} is not after the version before: versions rise by date"));
            return None;
        }
        if let Some(until) = until {
            if from <= until {
                wrong(format!("from {from} to {until} two versions hold: an overlap"));
                return None;
            }
            let next = plus_days(until, 1);
            if from != next {
                wrong(format!("from {next} until {from} no version holds: a gap"));
                return None;
            }
        }
    }
    Some((from, to))
}

fn version(
    words: &Words<'_, '_>,
    form: &TariffForm,
    at: &Spanned<VersionForm>,
    (from, to): (Option<Date>, Option<Date>),
    calendar: Option<&Calendar>,
) -> Option<Version> {
    let own = at.get_ref();
    let verified = match &own.verified {
        None => Some(None),
        Some(of) => words.day("verified", of).map(Some),
    };
    let spot_form = own.spot.as_ref().or(form.spot.as_ref());
    let flat = flat_rates(words, form, own)?;
    let said = seasons::Said {
        windows: own.windows.as_ref().or(form.windows.as_ref()),
        rates: own.rates.as_ref().or(flat.as_ref()).or(form.rates.as_ref()),
        top: &form.seasons,
        own: &own.seasons,
        spot: spot_form.is_some(),
        at: at.span().start,
    };
    let names = window_names(&said);
    let tiers = tiers(words, own.tiers.as_ref().or(form.tiers.as_ref()), &names);
    let prices = tiers.as_ref().map(|tiers| tiers.prices(names.len()));
    let seasons = seasons(words, &said, &names, &prices?);
    let spot = match spot_form {
        None => Some(None),
        Some(form) => rule(words, form, &names).map(Some),
    };
    let charges = charges(words, &charges_said(form, own), &names);
    let (tiers, seasons, charges) = (tiers?, seasons?, charges?);
    holidays_last(words, (form, own), &said, calendar, (from, to, at))?;
    let crossing = tiers.crossing;
    let ladders = tiers.ladders(words, &seasons)?;
    Some(Version {
        from,
        to,
        source: own.source.clone().unwrap_or_default(),
        verified: verified?,
        windows: names,
        seasons,
        ladders,
        crossing,
        spot: spot?,
        adders: charges.adders,
        fixed: charges.fixed,
        minimum: charges.minimum,
        taxes: charges.taxes,
        credits: charges.credits,
    })
}

/// A version's one price, as rates of the one window.
fn flat_rates(
    words: &Words<'_, '_>,
    form: &TariffForm,
    own: &VersionForm,
) -> Option<Option<Spanned<super::form::RatesForm>>> {
    let Some(price) = &own.price else { return Some(None) };
    let windows = own.windows.is_some() || form.windows.is_some();
    if own.rates.is_some() || windows {
        words.wrong(price, "price is for a tariff of one price: with windows write rates");
        return None;
    }
    let figures = super::figure::Figures(vec![price.get_ref().0.clone()]);
    let figures = Spanned::new(price.span(), figures);
    let all = crate::domain::tariff::ALL_DAY.to_owned();
    Some(Some(Spanned::new(price.span(), [(all, figures)].into_iter().collect())))
}

fn charges_said<'f>(form: &'f TariffForm, own: &'f VersionForm) -> charges::Said<'f> {
    charges::Said {
        adders: own.adders.as_ref().or(form.adders.as_ref()).map_or(&[], Vec::as_slice),
        fixed: own.fixed.as_ref().or(form.fixed.as_ref()).map_or(&[], Vec::as_slice),
        minimum: own.minimum.as_ref().or(form.minimum.as_ref()),
        taxes: own.taxes.as_ref().or(form.taxes.as_ref()).map_or(&[], Vec::as_slice),
        credits: own.credits.as_ref().or(form.credits.as_ref()).map_or(&[], Vec::as_slice),
    }
}

/// Notes a version whose windows depend on holidays that the calendar does not know.
fn holidays_last(
    words: &Words<'_, '_>,
    (form, own): (&TariffForm, &VersionForm),
    said: &seasons::Said<'_>,
    calendar: Option<&Calendar>,
    (from, to, at): (Option<Date>, Option<Date>, &Spanned<VersionForm>),
) -> Option<()> {
    let of_seasons = form.seasons.values().chain(own.seasons.values());
    let of_seasons = of_seasons.filter_map(|season| season.get_ref().windows.as_ref());
    let mut windows = said.windows.into_iter().chain(of_seasons);
    if !windows.any(|windows| tells_holidays(windows.get_ref())) {
        return Some(());
    }
    let what = match calendar {
        // A calendar that cannot be read has its own mistakes.
        None if form.holidays.is_some() || form.holidays_file.is_some() => None,
        None => Some("windows tell holidays apart: add holidays or holidays_file".to_owned()),
        Some(calendar) => {
            let early = from.filter(|from| *from < calendar.from);
            let late = to.filter(|to| *to > calendar.to);
            early.or(late).map(|day| {
                let (from, to) = (calendar.from, calendar.to);
                format!("the holidays are known from {from} to {to}, and the version has {day}")
            })
        }
    };
    match what {
        None => Some(()),
        Some(what) => {
            words.wrong(at, what);
            None
        }
    }
}
