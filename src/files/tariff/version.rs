//! What holds when: versions that follow each other without gap or overlap.

use super::charges::{self, charges};
use super::context::TariffContext;
use super::figure::Figures;
use super::market::rule;
use super::seasons::{self, seasons, window_names};
use super::tariff_form::{RatesForm, TariffForm, VersionForm};
use super::tiers::tiers;
use super::windows::tells_holidays;
use homepay_domain::limits::window::plus_days;
use homepay_domain::tariff::{ALL_DAY, Calendar, Version};
use homepay_text::units::PriceUnit;
use jiff::civil::Date;
use toml::Spanned;

pub(super) fn versions(
    words: &TariffContext<'_, '_>,
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
    words: &TariffContext<'_, '_>,
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
    words: &TariffContext<'_, '_>,
    form: &TariffForm,
    at: &Spanned<VersionForm>,
    (from, to): (Option<Date>, Option<Date>),
    calendar: Option<&Calendar>,
) -> Option<Version> {
    let own = at.get_ref();
    let written = own.unit.as_ref().or(form.unit.as_ref());
    let unit = written.and_then(|unit| PriceUnit::parse(unit.get_ref()));
    let words = &TariffContext { unit, ..*words };
    if let Some(tiers) = own.tiers.as_ref().or(form.tiers.as_ref()) {
        words.counted("tiers", tiers)?;
    }
    let verified = match &own.verified {
        None => Some(None),
        Some(of) => words.day("verified", of).map(Some),
    };
    let spot_form = own.spot.as_ref().or(form.spot.as_ref());
    let flat = flat_rates(words, form, own)?;
    let said = seasons::SeasonForms {
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
    words: &TariffContext<'_, '_>,
    form: &TariffForm,
    own: &VersionForm,
) -> Option<Option<Spanned<RatesForm>>> {
    let Some(price) = &own.price else { return Some(None) };
    let windows = own.windows.is_some() || form.windows.is_some();
    if own.rates.is_some() || windows {
        words.wrong(price, "price is for a tariff of one price: with windows write rates");
        return None;
    }
    let figures = Figures(vec![price.get_ref().0.clone()]);
    let figures = Spanned::new(price.span(), figures);
    let all = ALL_DAY.to_owned();
    Some(Some(Spanned::new(price.span(), [(all, figures)].into_iter().collect())))
}

fn charges_said<'f>(form: &'f TariffForm, own: &'f VersionForm) -> charges::ChargeForms<'f> {
    charges::ChargeForms {
        adders: own.adders.as_ref().or(form.adders.as_ref()).map_or(&[], Vec::as_slice),
        fixed: own.fixed.as_ref().or(form.fixed.as_ref()).map_or(&[], Vec::as_slice),
        minimum: own.minimum.as_ref().or(form.minimum.as_ref()),
        taxes: own.taxes.as_ref().or(form.taxes.as_ref()).map_or(&[], Vec::as_slice),
        credits: own.credits.as_ref().or(form.credits.as_ref()).map_or(&[], Vec::as_slice),
    }
}

/// Notes a version whose windows depend on holidays that the calendar does not know.
fn holidays_last(
    words: &TariffContext<'_, '_>,
    (form, own): (&TariffForm, &VersionForm),
    said: &seasons::SeasonForms<'_>,
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
