//! The rows of a document: since when, until when, how much.

use super::source_form::{ClockForm, RowTimeForm, SourceForm};
use super::table::{self, FileHints};
use super::tree::json_text;
use crate::grid::named;
use homepay_devices::doc::{Doc, Matches, Path};
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::time::UnixMs;
use homepay_text::amount::decimal_text;
use homepay_text::problem::shown;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};
use rust_decimal::Decimal;

/// The most rows of a document: two years of quarters of an hour.
pub const ROWS_MAX: usize = 2 * 366 * 96;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// How long the text of a day is, such as `2026-01-01`.
const DAY_CHARS: usize = 10;

/// The longest row, in milliseconds: 32 days.
const ROW_LENGTH_MS_MAX: i64 = 32 * 86_400_000;

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// Which, for whoever must find it.
    pub at: String,
    pub start: UnixMs,
    /// When it ends; unset where nothing says it.
    pub end: Option<UnixMs>,
    /// Its value, in the source's unit.
    pub value: Decimal,
    /// What the value is in, where the row says it.
    pub unit: Option<String>,
}

/// What a source is read with.
#[derive(Clone, Copy, Debug)]
pub struct ReadContext<'a> {
    /// The zone of prices, as the household says.
    pub zone: &'a str,
    /// The home's time zone.
    pub timezone: &'a TimeZone,
    /// True where values are wanted with taxes.
    pub with_tax: bool,
    /// When it was asked for: of prices that hold for long what lies around it is taken.
    pub now: Option<UnixMs>,
    /// What the owner says of a file that does not say it.
    pub hints: FileHints<'a>,
}

impl<'a> ReadContext<'a> {
    /// For a file of use on the clock of a time zone.
    #[must_use]
    pub fn of_file(timezone: &'a TimeZone, hints: FileHints<'a>) -> ReadContext<'a> {
        ReadContext { zone: "", timezone, with_tax: false, now: None, hints }
    }
}

/// The rows of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentRows {
    /// Those that were read, the oldest first.
    pub rows: Vec<DocumentRow>,
    /// Which could not be read, and why.
    pub refused: Vec<String>,
}

/// Reads a document of a source. A row that is wrong takes nothing from the others.
///
/// # Errors
/// Says what is missing or wrong, and in which row where none can be read.
pub fn rows(
    form: &SourceForm,
    text: &str,
    context: &ReadContext<'_>,
) -> Result<DocumentRows, String> {
    let json = json_text(text, &form.list, &context.hints)?;
    let doc = Doc::parse(&json).map_err(|(reason, what)| format!("{reason}: {what}"))?;
    let reader = DocumentReader { form, context, doc: &doc };
    reader.refuse()?;
    let groups = match &form.list.groups {
        Some(path) => reader.all(&doc, path)?,
        None => vec![doc.text()],
    };
    let scale = reader.scale()?;
    let mut read = DocumentRows::default();
    for group in groups {
        reader.group(&doc.part(group), scale, &mut read)?;
        if read.rows.len() > ROWS_MAX {
            return Err(format!("has more than {ROWS_MAX} rows"));
        }
    }
    if read.rows.is_empty() {
        let none = || format!("no row of {} was found", form.id);
        return Err(if read.refused.is_empty() { none() } else { named(&read.refused) });
    }
    read.rows.sort_by_key(|row| row.start);
    Ok(read)
}

/// The address of a list's next page; none where this page is the last one.
pub fn next_page(form: &SourceForm, text: &str, context: &ReadContext<'_>) -> Option<String> {
    let path = form.list.next.as_deref()?;
    let json = json_text(text, &form.list, &context.hints).ok()?;
    let doc = Doc::parse(&json).ok()?;
    let reader = DocumentReader { form, context, doc: &doc };
    reader.one(&doc, path).ok().flatten().map(plain)
}

/// True where a document can be of this source.
pub fn is_of(form: &SourceForm, text: &str, context: &ReadContext<'_>) -> bool {
    if let Some(columns) = &form.list.columns {
        // By its head alone: what is not clear in it is told when it is read.
        let begins = |head: &String| text.lines().any(|line| line.contains(head.as_str()));
        return form.list.head.as_ref().is_none_or(begins) && table::find(text, columns).is_some();
    }
    let Ok(json) = json_text(text, &form.list, &context.hints) else { return false };
    let Ok(doc) = Doc::parse(&json) else { return false };
    let reader = DocumentReader { form, context, doc: &doc };
    let path = form.list.needs.as_deref().unwrap_or(&form.list.rows);
    reader.all(&doc, path).is_ok_and(|found| !found.is_empty())
}

struct DocumentReader<'a, 'd> {
    form: &'a SourceForm,
    context: &'a ReadContext<'a>,
    doc: &'d Doc<'d>,
}

impl<'d> DocumentReader<'_, 'd> {
    fn path(&self, path: &str) -> Result<Path, String> {
        Path::parse(&path.replace("{zone}", self.context.zone))
    }

    fn one<'t>(&self, of: &Doc<'t>, path: &str) -> Result<Option<&'t str>, String> {
        Ok(match of.find(&self.path(path)?) {
            Matches::One("null" | "\"\"") | Matches::None => None,
            Matches::One(text) => Some(text),
            Matches::Many(all) => all.first().copied(),
        })
    }

    fn all<'t>(&self, of: &Doc<'t>, path: &str) -> Result<Vec<&'t str>, String> {
        Ok(match of.find(&self.path(path)?) {
            Matches::None => Vec::new(),
            Matches::One(text) => vec![text],
            Matches::Many(all) => all,
        })
    }

    fn refuse(&self) -> Result<(), String> {
        for refuse in &self.form.list.refuse {
            let found = self.one(self.doc, &refuse.path)?.map(plain);
            let holds = |found: &String| refuse.is.as_ref().is_none_or(|is| is == found);
            if let Some(found) = found.filter(holds) {
                return Err(refuse.why.replace("{found}", &shown(&found)));
            }
        }
        Ok(())
    }

    /// What all values are multiplied by.
    fn scale(&self) -> Result<Decimal, String> {
        let Some(path) = &self.form.list.power_of_ten else { return Ok(Decimal::ONE) };
        let all = self.all(self.doc, path)?;
        let Some(text) = all.first().copied() else { return Ok(Decimal::ONE) };
        if all.iter().any(|other| plain(other) != plain(text)) {
            return Err(format!("{path}: the file has series of several scales: keep one of them"));
        }
        let fault = || format!("{path}: \"{}\" is not a power of ten from -9 to 9", shown(text));
        let power: i32 = plain(text).parse().map_err(|_| fault())?;
        let ten = Decimal::TEN;
        match power {
            0..=9 => Ok((0..power).fold(Decimal::ONE, |scale, _| scale * ten)),
            -9..0 => Ok((power..0).fold(Decimal::ONE, |scale, _| scale / ten)),
            _ => Err(fault()),
        }
    }

    fn group(
        &self,
        group: &Doc<'d>,
        scale: Decimal,
        read: &mut DocumentRows,
    ) -> Result<(), String> {
        let list = &self.form.list;
        if let Some(position) = &list.position {
            return self.by_position(group, position, scale, &mut read.rows);
        }
        let texts = self.all(group, &list.rows)?;
        let times = match &list.times {
            Some(path) => self.all(group, path)?,
            None => {
                self.value_path()?;
                texts.clone()
            }
        };
        if times.len() != texts.len() {
            return Err(format!("{} times for {} values", times.len(), texts.len()));
        }
        let mut before = None;
        for (place, pair) in texts.into_iter().zip(times).enumerate() {
            let at = format!("row {}", place + 1);
            match self.row(group, pair, scale, &mut before) {
                Ok(None) => {}
                Ok(Some(row)) => read.rows.push(DocumentRow { at, ..row }),
                Err(why) => read.refused.push(format!("{at}: {why}")),
            }
        }
        Ok(())
    }

    /// A row; none where it does not count or is not known yet.
    fn row(
        &self,
        group: &Doc<'d>,
        (text, time): (&'d str, &'d str),
        scale: Decimal,
        before: &mut Option<UnixMs>,
    ) -> Result<Option<DocumentRow>, String> {
        let list = &self.form.list;
        let row = group.part(text);
        if !self.counts(&row)? {
            return Ok(None);
        }
        let start = match &list.times {
            Some(_) => Some(time),
            None => self.one(&row, &list.start.path)?,
        };
        let begin = start.ok_or("has no begin")?;
        let start = self.time(&list.start, begin, *before)?.plus_s(list.start_add_s);
        let skipped = self.is_skipped(&list.start, begin);
        // A time that the clock skips says nothing of the times after it.
        if !skipped {
            *before = Some(start);
        }
        let value = match &list.times {
            Some(_) => Some(text).filter(|text| *text != "null"),
            None => self.value(&row)?,
        };
        // A row without a value is one that is not known yet.
        let Some(value) = value else { return Ok(None) };
        let value = number(value, scale)?;
        if skipped && value.is_zero() {
            return Ok(None);
        }
        if skipped {
            return Err(format!("the clock skips {}, and something was used then", plain(begin)));
        }
        let day = list.columns.as_ref().and_then(|_| self.day_after(&list.start, begin));
        let length = self.length(&row, group)?;
        let (start, end) = match (list.start_is_end, length) {
            (true, Some(ms)) => (start.plus_ms(-ms), Some(start)),
            (true, None) => (start, None),
            (false, length) => (start, self.end(&row, start, length)?.or(day)),
        };
        let unit = match &list.unit {
            Some(path) => self.one(&row, path)?.map(plain),
            None => None,
        };
        Ok(Some(DocumentRow { at: String::new(), start, end, value, unit }))
    }

    /// The midnight after a day, of a row that is of a day.
    fn day_after(&self, form: &RowTimeForm, text: &str) -> Option<UnixMs> {
        let day: Date = Some(plain(text)).filter(|text| text.len() == DAY_CHARS)?.parse().ok()?;
        Some(midnight(plus_days(day, 1), &self.zone_of(form).ok()?))
    }

    /// True for a time on a clock that skips it, as in the night in which summer time begins.
    fn is_skipped(&self, form: &RowTimeForm, text: &str) -> bool {
        let (Ok(zone), Ok(told)) = (self.zone_of(form), plain(text).parse::<DateTime>()) else {
            return false;
        };
        let clock = form.format == ClockForm::Local && plain(text).parse::<Timestamp>().is_err();
        clock && matches!(zone.to_ambiguous_timestamp(told).offset(), AmbiguousOffset::Gap { .. })
    }

    fn zone_of(&self, form: &RowTimeForm) -> Result<TimeZone, String> {
        match form.timezone.as_deref() {
            Some(name) => TimeZone::get(name).map_err(|error| error.to_string()),
            None => Ok(self.context.timezone.clone()),
        }
    }

    /// When a row ends: by its own word, else by its length.
    fn end(
        &self,
        row: &Doc<'_>,
        start: UnixMs,
        length: Option<i64>,
    ) -> Result<Option<UnixMs>, String> {
        let told = match &self.form.list.end {
            Some(form) => match self.one(row, &form.path)? {
                Some(text) => Some(self.time(form, text, Some(start))?),
                None => None,
            },
            None => None,
        };
        // A row of a day's last time ends at a time of the next day.
        let told = told.map(|end| match self.form.list.columns.is_some() && end <= start {
            true => end.plus_ms(DAY_MS),
            false => end,
        });
        Ok(told.or_else(|| length.map(|ms| start.plus_ms(ms))))
    }

    /// Rows that count from the begin of their part.
    fn by_position(
        &self,
        group: &Doc<'d>,
        position: &str,
        scale: Decimal,
        rows: &mut Vec<DocumentRow>,
    ) -> Result<(), String> {
        let list = &self.form.list;
        let begin = self.one(group, &list.start.path)?.ok_or("a part has no begin")?;
        let begin = self.time(&list.start, begin, None)?;
        let length = self.length(group, group)?.ok_or("a part has no step")?;
        let end = match &list.end {
            Some(form) => match self.one(group, &form.path)? {
                Some(text) => Some(self.time(form, text, None)?),
                None => None,
            },
            None => None,
        };
        let mut told: Vec<(i64, Decimal)> = Vec::new();
        for (place, text) in self.all(group, &list.rows)?.into_iter().enumerate() {
            let (row, at) = (group.part(text), format!("row {}", place + 1));
            let fault = |what: &str| format!("{at}: {what}");
            let number_of = self.one(&row, position)?.map(plain).and_then(|n| n.parse().ok());
            let value = self.value(&row)?.ok_or_else(|| fault("has no value"))?;
            let value = number(value, scale).map_err(|e| fault(&e))?;
            told.push((number_of.ok_or_else(|| fault("has no position"))?, value));
        }
        told.sort_by_key(|(place, _)| *place);
        let Some((mut last, _)) = told.last().copied() else { return Ok(()) };
        if let Some(end) = end {
            last = last.max(end.since_ms(begin) / length);
        }
        if usize::try_from(last).map_or(true, |last| last > ROWS_MAX) {
            return Err(format!("a part has more than {ROWS_MAX} rows"));
        }
        let mut next = told.iter().peekable();
        let mut value = None;
        for place in 1..=last {
            while let Some((_, told)) = next.next_if(|(at, _)| *at <= place) {
                value = Some(*told);
            }
            let Some(value) = value else { continue };
            let start = begin.plus_ms((place - 1) * length);
            let at = format!("position {place}");
            rows.push(DocumentRow {
                at,
                start,
                end: Some(start.plus_ms(length)),
                value,
                unit: None,
            });
        }
        Ok(())
    }

    fn counts(&self, row: &Doc<'_>) -> Result<bool, String> {
        for only in &self.form.list.only {
            let found = self.one(row, &only.path)?.map(plain);
            let is = only.is.replace("{zone}", self.context.zone);
            if found.is_none_or(|found| found != is) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where the value stands, with taxes or without as is wanted.
    fn value_path(&self) -> Result<&str, String> {
        let list = &self.form.list;
        let (with, without) = (list.value_with_tax.as_deref(), list.value.as_deref());
        let path = if self.context.with_tax { with } else { without };
        path.ok_or_else(|| match self.context.with_tax {
            true => format!("{} publishes no prices with taxes: leave tax out", self.form.id),
            false => {
                format!("{} publishes prices with taxes only: write tax = \"in\"", self.form.id)
            }
        })
    }

    fn value<'t>(&self, row: &Doc<'t>) -> Result<Option<&'t str>, String> {
        self.one(row, self.value_path()?)
    }

    /// How long a row lasts, in milliseconds.
    fn length(&self, row: &Doc<'_>, group: &Doc<'_>) -> Result<Option<i64>, String> {
        let list = &self.form.list;
        let told = match &list.length {
            Some(path) => match self.one(row, path)? {
                Some(text) => Some(plain(text)),
                None => self.one(group, path)?.map(plain),
            },
            None => None,
        };
        let Some(text) = told else { return Ok(list.minutes.map(|m| i64::from(m) * 60_000)) };
        let fault = || format!("\"{}\" is not a span of a second to 32 days", shown(&text));
        let ms = match text.parse::<i64>() {
            Ok(seconds) => seconds.saturating_mul(1_000),
            Err(_) => {
                let span: Span = text.parse().map_err(|_| fault())?;
                let duration = SignedDuration::try_from(span).map_err(|error| error.to_string())?;
                i64::try_from(duration.as_millis()).map_err(|_| fault())?
            }
        };
        (1_000..=ROW_LENGTH_MS_MAX).contains(&ms).then_some(Some(ms)).ok_or_else(fault)
    }

    fn time(
        &self,
        form: &RowTimeForm,
        text: &str,
        before: Option<UnixMs>,
    ) -> Result<UnixMs, String> {
        let text = plain(text);
        let fault = || format!("\"{}\" is not a time as this source writes it", shown(&text));
        let number = || text.parse::<i64>().map_err(|_| fault());
        match form.format {
            ClockForm::Rfc3339 => {
                let told = text.parse::<Timestamp>().map_err(|_| fault())?;
                Ok(UnixMs(told.as_millisecond()))
            }
            ClockForm::UnixS => Ok(UnixMs(number()?.saturating_mul(1_000))),
            ClockForm::UnixMs => Ok(UnixMs(number()?)),
            ClockForm::Local => {
                if let Ok(told) = text.parse::<Timestamp>() {
                    return Ok(UnixMs(told.as_millisecond()));
                }
                let zone = self.zone_of(form)?;
                let (text, fold) = match text.strip_suffix(['A', 'B']) {
                    Some(rest) => (rest, Some(text.ends_with('B'))),
                    None => (text.as_str(), None),
                };
                let told: DateTime = text.parse().map_err(|_| fault())?;
                local(told, &zone, before, fold).ok_or_else(fault)
            }
        }
    }
}

/// A time on a clock. Of the two times of an hour that comes twice the later is meant where the row says
/// so (`fold`), or where the earlier was told before.
fn local(
    told: DateTime,
    zone: &TimeZone,
    before: Option<UnixMs>,
    fold: Option<bool>,
) -> Option<UnixMs> {
    let both = zone.to_ambiguous_timestamp(told);
    let early = UnixMs(both.earlier().ok()?.as_millisecond());
    let late = UnixMs(both.later().ok()?.as_millisecond());
    let passed = before.is_some_and(|before| early <= before && before < late);
    Some(if fold.unwrap_or(passed) { late } else { early })
}

/// A JSON scalar as its plain text.
fn plain(text: &str) -> String {
    serde_json::from_str::<String>(text).unwrap_or_else(|_| text.trim().to_owned())
}

fn number(text: &str, scale: Decimal) -> Result<Decimal, String> {
    let text = plain(text);
    let value = decimal_text(&text).ok_or_else(|| format!("\"{}\" is no number", shown(&text)))?;
    value.checked_mul(scale).map(|v| v.normalize()).ok_or_else(|| "too large".to_owned())
}
