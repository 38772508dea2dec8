//! Where market prices come from.

use super::tables::ParseContext;
use crate::published::request::{SourceContext, missing};
use crate::published::shipped_sources;
use crate::tariff::spot::PriceListUnit;
use homepay_domain::household::{PublishedBy, SpotFrom, SpotSource};
use homepay_text::problem::{hint, shown};
use homepay_text::span;
use homepay_text::toml_table::{Located, TomlTable};

/// How often a source is read where nothing is said, in seconds.
pub(super) const EVERY_S: i64 = 3_600;

/// The least time between two readings, in seconds: who publishes prices is not to be flooded.
const EVERY_S_MIN: i64 = 60;

/// The longest topic that MQTT carries, in bytes.
const TOPIC_BYTES_MAX: usize = 65_535;

pub(super) fn source(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<SpotSource> {
    let from = from(context, sheet);
    let every_s = every(sheet);
    let unit = sheet.text("unit");
    if let Some(Located { value, at }) = unit {
        match PriceListUnit::parse(value) {
            Err(why) => sheet.wrong(at, format!("unit: {why}")),
            Ok(unit) => {
                let home = context.home.currency;
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

/// Prices of a source that is known.
fn published(
    context: &ParseContext<'_>,
    sheet: &TomlTable<'_>,
    source: &Located<&str>,
) -> Option<SpotFrom> {
    let text = |key: &'static str| sheet.text(key).map(|text| text.value.to_owned());
    let tax = sheet.choice("tax", &[("in", true), ("out", false)]);
    let by = PublishedBy {
        source: source.value.to_owned(),
        zone: text("zone").unwrap_or_default(),
        url: text("url").unwrap_or_default(),
        token_file: text("token_file"),
        with_tax: tax.is_some_and(|tax| tax.value),
    };
    for other in ["topic", "file"] {
        if sheet.has(other) {
            sheet.wrong(
                source.at,
                format!("source cannot be used together with {other}: keep one of them"),
            );
        }
    }
    let Some(form) = shipped_sources::prices().get(source.value) else {
        let known = shipped_sources::prices().keys().map(String::as_str);
        let near = hint(source.value, known.clone());
        let known: Vec<&str> = known.collect();
        let (source_name, known) = (shown(source.value), known.join(", "));
        let what = format!("there is no source \"{source_name}\"{near}: there are {known}");
        sheet.wrong(source.at, what);
        return None;
    };
    let token = if by.token_file.is_some() { "told" } else { "" };
    let currency = context.home.currency.code();
    let told = SourceContext { zone: &by.zone, token, url: &by.url, currency };
    if let Some(Err(why)) = form.request.as_ref().map(|request| missing(request, &told)) {
        sheet.wrong(source.at, format!("{}: {why}", by.source));
    }
    let (with, without) = (form.list.value_with_tax.is_some(), form.list.value.is_some());
    match (by.with_tax, with, without || form.list.times.is_some()) {
        (true, false, _) => sheet.wrong(
            source.at,
            format!("{} publishes no prices with taxes: leave tax out", by.source),
        ),
        (false, true, false) => sheet.wrong(
            source.at,
            format!("{} publishes prices with taxes only: write tax = \"in\"", by.source),
        ),
        _ => {}
    }
    Some(SpotFrom::Published(by))
}

fn from(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<SpotFrom> {
    if let Some(source) = sheet.text("source") {
        return published(context, sheet, &source);
    }
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
            sheet.missing("topic, file, url or source");
            None
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            sheet.wrong(sheet.at(), "prices come from one of topic, file, url: write one");
            None
        }
    }
}

fn every(sheet: &TomlTable<'_>) -> Option<i64> {
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
