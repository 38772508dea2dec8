//! When to warn.

use super::tables::ParseContext;
use homepay_domain::alert::{AlertPeriod, AlertRule, Severity, Watched};
use homepay_domain::ids::Name;
use homepay_text::problem::hint;
use homepay_text::span;
use homepay_text::toml_table::{TomlTable, whole_of};
use std::collections::BTreeMap;

/// The words for periods.
pub(super) const PERIODS: [(&str, AlertPeriod); 3] =
    [("day", AlertPeriod::Day), ("month", AlertPeriod::Month), ("bill", AlertPeriod::Bill)];

/// The words for how much it matters.
pub(super) const SEVERITIES: [(&str, Severity); 3] =
    [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];

/// The least time after which an alert is said again, in seconds.
const REPEAT_S_MIN: i64 = 900;

/// At which per cent to warn where nothing is said.
pub(super) const BANDS: [u16; 3] = [50, 80, 100];

/// The highest band, in per cent.
const BAND_MAX: u16 = 1000;

pub(super) fn alerts(context: &ParseContext<'_>) -> Vec<AlertRule> {
    let mut rules = Vec::new();
    let mut seen: BTreeMap<(Watched, AlertPeriod), usize> = BTreeMap::new();
    for sheet in &context.alerts {
        let rule = alert(context, sheet);
        sheet.finish("an alert");
        let Some(rule) = rule else { continue };
        let line = context.page.line(sheet.at());
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

fn alert(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<AlertRule> {
    let watched = watched(context, sheet);
    let period = period(sheet);
    let cost = sheet.need_text("cost");
    let bands = bands(sheet);
    let cost = cost.and_then(|text| {
        let read = context.home.currency.parse(text.value);
        read.map_err(|error| sheet.wrong(text.at, format!("cost: {error}"))).ok()
    });
    let severity = sheet.choice("severity", &SEVERITIES).map(|severity| severity.value);
    let repeat_s = repeat(sheet);
    let speak = sheet.flag("speak").is_some_and(|speak| speak.value);
    let (watched, period, cost) = (watched?, period?, cost?);
    Some(AlertRule { watched, period, cost, bands, severity, repeat_s, speak })
}

/// A bill is watched over its billing cycle, everything else over a day or a month.
fn period(sheet: &TomlTable<'_>) -> Option<AlertPeriod> {
    let bill = sheet.has("tariff");
    if bill && !sheet.has("period") {
        return Some(AlertPeriod::Bill);
    }
    let period = sheet.need_choice("period", &PERIODS)?;
    match (period.value, bill) {
        (AlertPeriod::Bill, true) | (AlertPeriod::Day | AlertPeriod::Month, false) => {}
        (AlertPeriod::Day | AlertPeriod::Month, true) => {
            let what = "a tariff's bill is watched over its billing cycle: leave period out";
            sheet.wrong(period.at, what);
        }
        (AlertPeriod::Bill, false) => {
            let what = "period \"bill\" is of a tariff: write \"day\" or \"month\"";
            sheet.wrong(period.at, what);
        }
    }
    Some(period.value)
}

fn repeat(sheet: &TomlTable<'_>) -> Option<i64> {
    let text = sheet.text("repeat")?;
    match span::seconds(text.value) {
        Ok(span_s) if span_s >= REPEAT_S_MIN => Some(span_s),
        Ok(_) => {
            let least = span::text(REPEAT_S_MIN);
            sheet.wrong(text.at, format!("repeat is shorter than {least}: write \"6h\""));
            None
        }
        Err(why) => {
            sheet.wrong(text.at, format!("repeat: {why}"));
            None
        }
    }
}

fn watched(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<Watched> {
    let device = sheet.name("device");
    let category = sheet.name("category");
    let home = sheet.flag("home");
    let tariff = sheet.name("tariff");
    let keys = ["device", "category", "home", "tariff"];
    let written = keys.into_iter().filter(|key| sheet.has(key)).count();
    if written == 0 {
        sheet.missing("device, category, tariff or home = true");
    }
    if written > 1 {
        sheet
            .wrong(sheet.at(), "an alert watches one of device, category, tariff, home: write one");
        return None;
    }
    if let Some(tariff) = tariff {
        let at = tariff.at;
        let tariff = context.refer(&context.tariffs, Some(tariff))?;
        if !counts(context, |of| of == tariff.as_str()) {
            let what = format!("no device is counted under {tariff}: this would never warn");
            context.page.absent(at, what);
        }
        return Some(Watched::Bill(tariff));
    }
    if let Some(device) = device {
        let at = device.at;
        let device = context.refer(&context.devices, Some(device))?;
        if let Some(why) = never_costs(context, &device) {
            sheet.wrong(at, format!("{device} {why}: this would never warn"));
        }
        return Some(Watched::Device(device));
    }
    if let Some(category) = category {
        let utilities: Vec<&str> =
            context.tariffs.sheets.iter().filter_map(|(_, sheet)| sheet.peek("utility")).collect();
        let name: &Name = &category.value;
        if !utilities.contains(&name.as_str()) {
            let near = hint(name.as_str(), utilities);
            context.page.absent(category.at, format!("no tariff has the utility \"{name}\"{near}"));
        }
        return Some(Watched::Category(category.value));
    }
    let home = home?;
    if !home.value {
        sheet.wrong(home.at, "home is false: write home = true, or leave the alert out");
    } else if !counts(context, |_| true) {
        let what = "no device is counted under a tariff, so nothing costs: this would never warn";
        sheet.wrong(home.at, what);
    }
    Some(Watched::Home)
}

/// True where some device's use is counted under a tariff that is asked for.
fn counts(context: &ParseContext<'_>, asked: impl Fn(&str) -> bool) -> bool {
    context.devices.sheets.iter().any(|(_, sheet)| {
        let uses = !matches!(sheet.peek("kind"), Some("speaker" | "production"));
        uses && sheet.peek("tariff").is_some_and(&asked)
    })
}

/// Why the use of a device never costs anything, where it does not.
fn never_costs(context: &ParseContext<'_>, device: &Name) -> Option<&'static str> {
    let (_, sheet) = context.devices.sheets.iter().find(|(id, _)| id.as_ref() == Some(device))?;
    match (sheet.peek("kind"), sheet.has("tariff")) {
        (Some("speaker"), _) => Some("is a speaker and uses nothing that is priced"),
        (Some("production"), _) => Some("produces, which costs nothing"),
        (_, false) => Some("has no tariff, so what it uses has no price"),
        (_, true) => None,
    }
}

fn bands(sheet: &TomlTable<'_>) -> Vec<u16> {
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
