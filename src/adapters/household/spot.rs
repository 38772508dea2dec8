//! Where market prices come from.

use super::read::Desk;
use crate::adapters::problem::shown;
use crate::adapters::sheet::{Placed, Sheet};
use crate::adapters::span;
use crate::adapters::tariff::spot::Unit;
use crate::domain::household::{SpotFrom, SpotSource};

/// How often a source is read where nothing is said, in seconds.
pub(super) const EVERY_S: i64 = 3_600;

/// The least time between two readings, in seconds: who publishes prices is not to be flooded.
const EVERY_S_MIN: i64 = 60;

/// The longest topic that MQTT carries, in bytes.
const TOPIC_BYTES_MAX: usize = 65_535;

pub(super) fn source(desk: &Desk<'_>, sheet: &Sheet<'_>) -> Option<SpotSource> {
    let from = from(sheet);
    let every_s = every(sheet);
    let unit = sheet.text("unit");
    if let Some(Placed { value, at }) = unit {
        match Unit::parse(value) {
            Err(why) => sheet.wrong(at, format!("unit: {why}")),
            Ok(unit) => {
                let home = desk.home.currency;
                if let Some(other) = unit.currency.filter(|currency| *currency != home) {
                    let what = format!("prices are in {other}, the home's books in {home}");
                    sheet.wrong(at, what);
                }
            }
        }
    }
    let unit = unit.map(|unit| unit.value.to_owned());
    Some(SpotSource { from: from?, every_s: every_s?, unit })
}

fn from(sheet: &Sheet<'_>) -> Option<SpotFrom> {
    let (topic, file, url) = (sheet.text("topic"), sheet.text("file"), sheet.text("url"));
    match (topic, file, url) {
        (Some(topic), None, None) => {
            let sized = !topic.value.is_empty() && topic.value.len() <= TOPIC_BYTES_MAX;
            if !sized || topic.value.contains(['+', '#', '\0']) {
                let what = format!("topic \"{}\" is not one topic", shown(topic.value));
                sheet.wrong(topic.at, what);
            }
            Some(SpotFrom::Topic(topic.value.to_owned()))
        }
        (None, Some(file), None) => Some(SpotFrom::File(file.value.to_owned())),
        (None, None, Some(url)) => {
            if !url.value.starts_with("https://") && !url.value.starts_with("http://") {
                let what = format!("url \"{}\" is neither http:// nor https://", shown(url.value));
                sheet.wrong(url.at, what);
            }
            Some(SpotFrom::Url(url.value.to_owned()))
        }
        (None, None, None) => {
            sheet.missing("topic, file or url");
            None
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            sheet.wrong(sheet.at(), "prices come from one of topic, file, url: write one");
            None
        }
    }
}

fn every(sheet: &Sheet<'_>) -> Option<i64> {
    let Some(text) = sheet.text("every") else { return Some(EVERY_S) };
    match span::seconds(text.value) {
        Ok(span_s) if span_s >= EVERY_S_MIN => Some(span_s),
        Ok(_) => {
            sheet.wrong(text.at, "every is shorter than 1m: write \"1h\"");
            None
        }
        Err(why) => {
            sheet.wrong(text.at, format!("every: {why}"));
            None
        }
    }
}
