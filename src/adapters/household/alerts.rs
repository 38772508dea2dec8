//! When to warn.

use super::read::Desk;
use crate::adapters::problem::hint;
use crate::adapters::sheet::{Sheet, whole_of};
use crate::domain::alert::{AlertPeriod, AlertRule, Watched};
use crate::domain::ids::Name;
use std::collections::BTreeMap;

/// The words for periods.
pub(super) const PERIODS: [(&str, AlertPeriod); 2] =
    [("day", AlertPeriod::Day), ("month", AlertPeriod::Month)];

/// At which per cent to warn where nothing is said.
pub(super) const BANDS: [u16; 3] = [50, 80, 100];

/// The highest band, in per cent.
const BAND_MAX: u16 = 1000;

pub(super) fn alerts(desk: &Desk<'_>) -> Vec<AlertRule> {
    let mut rules = Vec::new();
    let mut seen: BTreeMap<(Watched, AlertPeriod), usize> = BTreeMap::new();
    for sheet in &desk.alerts {
        let rule = alert(desk, sheet);
        sheet.finish("an alert");
        let Some(rule) = rule else { continue };
        let line = desk.page.line(sheet.at());
        match seen.insert((rule.watched.clone(), rule.period), line) {
            None => rules.push(rule),
            Some(first) => {
                let what = format!("the same is watched on line {first}: put the bands together");
                sheet.wrong(sheet.at(), what);
            }
        }
    }
    rules
}

fn alert(desk: &Desk<'_>, sheet: &Sheet<'_>) -> Option<AlertRule> {
    let watched = watched(desk, sheet);
    let period = sheet.need_choice("period", &PERIODS);
    let cost = sheet.need_text("cost");
    let bands = bands(sheet);
    let cost = cost.and_then(|text| {
        let read = desk.home.currency.parse(text.value);
        read.map_err(|error| sheet.wrong(text.at, format!("cost: {error}"))).ok()
    });
    Some(AlertRule { watched: watched?, period: period?.value, cost: cost?, bands })
}

fn watched(desk: &Desk<'_>, sheet: &Sheet<'_>) -> Option<Watched> {
    let device = sheet.name("device");
    let category = sheet.name("category");
    let home = sheet.flag("home");
    let written = ["device", "category", "home"].into_iter().filter(|key| sheet.has(key)).count();
    if written == 0 {
        sheet.missing("device, category or home = true");
    }
    if written > 1 {
        sheet.wrong(sheet.at(), "an alert watches one of device, category, home: write one");
        return None;
    }
    if let Some(device) = device {
        return desk.refer(&desk.devices, Some(device)).map(Watched::Device);
    }
    if let Some(category) = category {
        let utilities: Vec<&str> =
            desk.tariffs.sheets.iter().filter_map(|(_, sheet)| sheet.peek("utility")).collect();
        let name: &Name = &category.value;
        if !utilities.contains(&name.as_str()) {
            let near = hint(name.as_str(), utilities);
            desk.page.absent(category.at, format!("no tariff has the utility \"{name}\"{near}"));
        }
        return Some(Watched::Category(category.value));
    }
    let home = home?;
    if !home.value {
        sheet.wrong(home.at, "home is false: write home = true, or leave the alert out");
    }
    Some(Watched::Home)
}

fn bands(sheet: &Sheet<'_>) -> Vec<u16> {
    let Some(values) = sheet.list("bands") else { return BANDS.to_vec() };
    if values.is_empty() {
        sheet.wrong(sheet.at_key("bands"), "bands is empty: write [50, 80, 100]");
    }
    let mut bands: Vec<u16> = Vec::new();
    for value in values {
        let at = value.span().start;
        let whole = whole_of(value.get_ref()).and_then(|whole| u16::try_from(whole).ok());
        match whole.filter(|band| (1..=BAND_MAX).contains(band)) {
            None => {
                sheet.wrong(at, format!("a band is a whole number of per cent, 1 to {BAND_MAX}"));
            }
            Some(band) if bands.last().is_some_and(|last| band <= *last) => {
                sheet.wrong(at, format!("band {band} is not above the one before it"));
            }
            Some(band) => bands.push(band),
        }
    }
    bands
}
