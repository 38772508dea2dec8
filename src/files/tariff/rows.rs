//! Rows of times and values, as CSV or JSON. Numbers stay the text that they were written as.

use homepay_domain::time::UnixMs;
use homepay_text::problem::{hint, shown};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest list that is read, in bytes.
const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PriceRow {
    /// Which, for whoever must find it.
    pub(super) at: String,
    pub(super) start: String,
    pub(super) end: Option<String>,
    pub(super) value: String,
}

/// Rows, and what their values are in, where the list says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PriceRows {
    pub(super) unit: Option<String>,
    pub(super) rows: Vec<PriceRow>,
}

#[derive(Deserialize)]
struct JsonRow<'a> {
    start: String,
    #[serde(default)]
    end: Option<String>,
    #[serde(borrow, alias = "price", alias = "kWh", alias = "kwh")]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct JsonList<'a> {
    #[serde(default)]
    unit: Option<String>,
    #[serde(borrow, alias = "rows")]
    prices: Vec<JsonRow<'a>>,
}

/// Reads rows. A column of values is called one of `values`, or by a unit with a `/`.
pub(super) fn rows(text: &str, values: &[&str], most: usize) -> Result<PriceRows, String> {
    if text.len() > LIST_BYTES_MAX {
        return Err(format!("has {} bytes: at most {LIST_BYTES_MAX} are read", text.len()));
    }
    let text = text.trim_start_matches('\u{feff}');
    let first = text.trim_start().chars().next();
    let list = match first {
        Some('[') => json(None, serde_json::from_str(text).map_err(|e| e.to_string())?),
        Some('{') => {
            let list: JsonList<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
            json(list.unit, list.prices)
        }
        Some(_) => csv(text, values)?,
        None => return Err("is empty".to_owned()),
    };
    if list.rows.is_empty() {
        return Err("has no rows".to_owned());
    }
    if list.rows.len() > most {
        return Err(format!("has {} rows: at most {most} are read", list.rows.len()));
    }
    Ok(list)
}

fn json(unit: Option<String>, list: Vec<JsonRow<'_>>) -> PriceRows {
    let row = |(place, row): (usize, JsonRow<'_>)| PriceRow {
        at: format!("row {}", place + 1),
        start: row.start,
        end: row.end,
        value: row.value.get().trim_matches('"').to_owned(),
    };
    PriceRows { unit, rows: list.into_iter().enumerate().map(row).collect() }
}

fn csv(text: &str, values: &[&str]) -> Result<PriceRows, String> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(place, line)| (place + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let (_, head) = lines.next().ok_or("is empty")?;
    let split = if head.contains(';') { ';' } else { ',' };
    let names: Vec<&str> = head.split(split).map(|name| name.trim().trim_matches('"')).collect();
    let column = |wanted: &str| names.iter().position(|name| *name == wanted);
    let of_value = |name: &&str| values.contains(name) || name.contains('/');
    let value = names.iter().position(of_value).ok_or_else(|| {
        let near = names.iter().map(|name| hint(name, values.iter().copied()));
        let near = near.collect::<String>();
        format!("line 1: no column is called {}{near}", values.join(" or "))
    })?;
    let start = column("start").ok_or("line 1: no column is called start")?;
    let end = column("end");
    let unit = names.get(value).filter(|name| name.contains('/')).map(|name| (*name).to_owned());
    let mut rows = Vec::new();
    for (place, line) in lines {
        let cells: Vec<&str> =
            line.split(split).map(|cell| cell.trim().trim_matches('"')).collect();
        if cells.len() != names.len() {
            let (has, wanted) = (cells.len(), names.len());
            return Err(format!("line {place}: {has} cells where the head has {wanted}"));
        }
        let cell = |at: usize| cells.get(at).map(|cell| (*cell).to_owned()).unwrap_or_default();
        let end = end.map(cell).filter(|end| !end.is_empty());
        let at = format!("line {place}");
        rows.push(PriceRow { at, start: cell(start), end, value: cell(value) });
    }
    Ok(PriceRows { unit, rows })
}

/// A time with its offset: without one an hour of autumn could be either of two.
pub(super) fn time(row: &PriceRow, text: &str) -> Result<UnixMs, String> {
    let time = text.parse::<Timestamp>().map_err(|_| {
        let (at, text) = (&row.at, shown(text));
        format!(
            "{at}: \"{text}\" is not a time with an offset: write \"2026-01-01T00:00:00+08:00\""
        )
    })?;
    Ok(UnixMs(time.as_millisecond()))
}
