//! Parts of the day, and that every minute of every kind of day is in exactly one.

use super::context::TariffContext;
use super::tariff_form::WindowsForm;
use homepay_domain::tariff::{ClockSpan, DAY_KINDS, DAY_MIN, DayKind, DayTables};
use homepay_text::problem::{hint, shown};
use toml::Spanned;

/// What a span may begin with, and which kinds of days it means.
const DAYS: [(&str, &[DayKind]); 6] = [
    ("weekday", &[DayKind::Weekday]),
    ("saturday", &[DayKind::Saturday]),
    ("sunday", &[DayKind::Sunday]),
    ("weekend", &[DayKind::Saturday, DayKind::Sunday]),
    ("holiday", &[DayKind::Holiday]),
    ("everyday", &DAY_KINDS),
];

/// A span as it was written.
struct WrittenSpan<'a> {
    span: ClockSpan,
    kind: DayKind,
    at: &'a Spanned<String>,
}

/// True when windows say what is on holidays.
pub(super) fn tells_holidays(form: &WindowsForm) -> bool {
    form.values().flatten().any(|span| span.get_ref().contains(DayKind::Holiday.as_str()))
}

/// Reads windows. Where no span says `holiday`, holidays are not told apart: the weekday's windows
/// stand for them, and no calendar is asked.
pub(super) fn tables(
    words: &TariffContext<'_, '_>,
    names: &[String],
    form: &Spanned<WindowsForm>,
) -> Option<DayTables> {
    let mut all = Vec::new();
    let mut whole = true;
    for (name, spans) in form.get_ref() {
        let window = names.iter().position(|known| known == name)?;
        if spans.is_empty() {
            words.wrong(form, format!("window \"{}\" has no spans", shown(name)));
            whole = false;
        }
        for at in spans {
            match spans_of(at.get_ref(), window) {
                Ok(spans) => {
                    all.extend(spans.into_iter().map(|(kind, span)| WrittenSpan {
                        span,
                        kind,
                        at,
                    }));
                }
                Err(what) => {
                    words.wrong(at, what);
                    whole = false;
                }
            }
        }
    }
    if !whole {
        return None;
    }
    let of = |kind| table(words, form, names, &all, kind);
    let (weekday, saturday) = (of(DayKind::Weekday), of(DayKind::Saturday));
    let sunday = of(DayKind::Sunday);
    let told = tells_holidays(form.get_ref());
    let holiday = if told { of(DayKind::Holiday) } else { weekday.clone() };
    Some(DayTables { weekday: weekday?, saturday: saturday?, sunday: sunday?, holiday: holiday? })
}

/// `[days ]HH:MM-HH:MM`; over midnight it is the two ends of each of those days.
fn spans_of(text: &str, window: usize) -> Result<Vec<(DayKind, ClockSpan)>, String> {
    let text = text.trim();
    let (days, clock) = text.rsplit_once(' ').unwrap_or(("everyday", text));
    let mut kinds = Vec::new();
    for word in days.split(',').map(str::trim) {
        let Some((_, of)) = DAYS.iter().find(|(known, _)| *known == word) else {
            let known: Vec<&str> = DAYS.iter().map(|(word, _)| *word).collect();
            let near = hint(word, known.iter().copied());
            let (word, known) = (shown(word), known.join(", "));
            return Err(format!("\"{word}\" is not a kind of day: write one of {known}{near}"));
        };
        kinds.extend(of.iter().copied());
    }
    let fault = || format!("\"{}\" is not a span of the day: write \"07:00-11:00\"", shown(text));
    let (from, to) = clock.split_once('-').ok_or_else(fault)?;
    let (from, to) = (minute(from).ok_or_else(fault)?, minute(to).ok_or_else(fault)?);
    if from == to || from == DAY_MIN {
        return Err(format!("\"{}\" is empty: a whole day is \"00:00-24:00\"", shown(text)));
    }
    let spans = if from < to {
        vec![ClockSpan { from, to, window }]
    } else {
        vec![ClockSpan { from: 0, to, window }, ClockSpan { from, to: DAY_MIN, window }]
    };
    let spans = spans.into_iter().filter(|span| span.from < span.to);
    Ok(spans.flat_map(|span| kinds.iter().map(move |kind| (*kind, span))).collect())
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= DAY_MIN).then_some(hour * 60 + minute)
}

/// The spans of one kind of day, in order; notes what is left out or told twice.
fn table(
    words: &TariffContext<'_, '_>,
    form: &Spanned<WindowsForm>,
    names: &[String],
    all: &[WrittenSpan<'_>],
    kind: DayKind,
) -> Option<Vec<ClockSpan>> {
    let mut of: Vec<&WrittenSpan<'_>> = all.iter().filter(|written| written.kind == kind).collect();
    of.sort_by_key(|written| written.span);
    let mut whole = true;
    let mut until = 0;
    let mut last: Option<&WrittenSpan<'_>> = None;
    for written in &of {
        let span = written.span;
        if span.from > until {
            gap(words, form, kind, (until, span.from));
            whole = false;
        }
        if span.from < until {
            let other = last.map_or("", |last| names[last.span.window].as_str());
            let (name, clock) = (&names[span.window], clock(span.from));
            let what = format!(
                "\"{name}\" and \"{other}\" both have {clock} of a {}: each minute has one price",
                kind.as_str()
            );
            words.wrong(written.at, what);
            whole = false;
        }
        if span.to > until {
            last = Some(written);
        }
        until = until.max(span.to);
    }
    if until < DAY_MIN {
        gap(words, form, kind, (until, DAY_MIN));
        whole = false;
    }
    whole.then(|| merged(of.into_iter().map(|written| written.span)))
}

/// Neighbours of one window are one span.
fn merged(spans: impl Iterator<Item = ClockSpan>) -> Vec<ClockSpan> {
    let mut merged: Vec<ClockSpan> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.window == span.window && last.to == span.from => last.to = span.to,
            Some(_) | None => merged.push(span),
        }
    }
    merged
}

fn gap(
    words: &TariffContext<'_, '_>,
    form: &Spanned<WindowsForm>,
    kind: DayKind,
    (from, to): (u16, u16),
) {
    let (from, to, kind) = (clock(from), clock(to), kind.as_str());
    let what = format!("no window has {from} to {to} of a {kind}: every minute needs a price");
    words.wrong(form, what);
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
