//! A table as people's meters and portals export it: which line is the head, which columns hold the time
//! and the use, and cells made plain.

use super::figures::{mark_of, plain};
use super::moment::{DateOrder, iso, order_of};
use super::source_form::ColumnsForm;
use homepay_text::problem::shown;
use serde_json::{Map, Value};

/// How many lines may stand before the head.
const LINES_BEFORE_MAX: usize = 40;

/// What an owner says of a file that does not say it itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileHints<'a> {
    /// Which number of its dates is the day.
    pub dates: Option<DateOrder>,
    /// What its values are in.
    pub unit: Option<&'a str>,
    /// Which column holds the use.
    pub column: Option<&'a str>,
}

/// A table whose columns are known.
pub struct Table<'t> {
    /// The text from the head on.
    text: &'t str,
    /// Which mark parts the cells.
    mark: char,
    /// Where each of [`COLUMN_ROLES`] stands.
    places: [Option<usize>; COLUMN_ROLES.len()],
    /// The columns that may hold the use, by place and name.
    values: Vec<(usize, String)>,
    /// What the table before it says of all rows.
    before: Vec<(String, String)>,
}

/// What a column can hold beside the use.
const COLUMN_ROLES: [&str; 8] =
    ["start", "end", "date", "time", "end_time", "unit", "step", "minutes"];

/// Finds the head of a table; none where no line names a time and a use.
pub fn find<'t>(text: &'t str, columns: &ColumnsForm) -> Option<Table<'t>> {
    let mut at = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.split_inclusive('\n').take(LINES_BEFORE_MAX) {
        lines.push((at, line));
        at += line.len();
    }
    let head = lines.iter().position(|(_, line)| {
        let cells = cells(line, mark_in(line));
        let of = |role: &str| place(&cells, columns.names(role)).is_some();
        (of("start") || of("date")) && cells.iter().any(|cell| holds_use(cell, columns))
    })?;
    let (from, line) = *lines.get(head)?;
    let mark = mark_in(line);
    let cells = cells(line, mark);
    let places = COLUMN_ROLES.map(|role| place(&cells, columns.names(role)));
    let values = cells
        .iter()
        .enumerate()
        .filter(|(at, cell)| holds_use(cell, columns) && !places.contains(&Some(*at)));
    let values = values.map(|(at, cell)| (at, cell.clone())).collect();
    let before = lines.get(..head).map(|lines| said_before(lines, mark)).unwrap_or_default();
    Some(Table { text: text.get(from..)?, mark, places, values, before })
}

/// The one row of a table that stands before the list: it holds for all of the list's rows.
fn said_before(lines: &[(usize, &str)], mark: char) -> Vec<(String, String)> {
    let filled = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let rows: Vec<Vec<String>> = filled.map(|(_, line)| cells(line, mark)).collect();
    match &rows[..] {
        [names, row] if names.len() > 2 => {
            let pairs = names.iter().map(|name| plain_name(name)).zip(row.iter().cloned());
            pairs.collect()
        }
        _ => Vec::new(),
    }
}

fn mark_in(line: &str) -> char {
    let count = |mark: char| line.matches(mark).count();
    [',', '\t', ';'].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(',')
}

fn cells(line: &str, mark: char) -> Vec<String> {
    let mut reader = reader(line, mark);
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

fn reader(text: &str, mark: char) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .delimiter(u8::try_from(mark).unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes())
}

/// A column's name without its unit, in small letters.
fn plain_name(cell: &str) -> String {
    let lower = cell.to_lowercase();
    let bare = lower.split(['(', '[']).next().unwrap_or_default();
    let words = bare.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The same without a unit that is its last word.
fn bare_name(cell: &str) -> String {
    let name = plain_name(cell);
    match name.rsplit_once(' ').filter(|(_, last)| known_unit(last).is_some()) {
        Some((bare, _)) => bare.to_owned(),
        None => name,
    }
}

/// The unit in a column's name: in brackets, after `in`, or as its last word.
fn unit_in(cell: &str) -> Option<&'static str> {
    let words = cell.split(|c: char| !c.is_alphanumeric() && c != '³');
    words.rev().find_map(known_unit)
}

/// A unit of use or of mean power; the empty one is that of what is no use, such as reactive energy.
pub fn known_unit(word: &str) -> Option<&'static str> {
    Some(match word.trim().to_lowercase().as_str() {
        "kwh" => "kWh",
        "wh" => "Wh",
        "mwh" => "MWh",
        "w" | "watt" | "watts" => "W",
        "kw" => "kW",
        "m3" | "m³" | "cbm" => "m³",
        "l" | "liter" | "litre" | "litres" => "L",
        "mj" => "MJ",
        "gj" => "GJ",
        "var" | "kvar" | "varh" | "kvarh" | "va" | "kva" | "vah" | "kvah" => "",
        _ => return None,
    })
}

fn place(cells: &[String], names: &[String]) -> Option<usize> {
    // The first name in the list of names goes first, not the first column.
    names.iter().find_map(|name| {
        let name = plain_name(name);
        cells.iter().position(|cell| plain_name(cell) == name)
    })
}

/// True for a column that can hold the use: it is called so, or has a unit of use.
fn holds_use(cell: &str, columns: &ColumnsForm) -> bool {
    let name = plain_name(cell);
    let skipped = columns.skip.iter().any(|word| name.contains(&word.to_lowercase()));
    let unit = unit_in(cell);
    let called = columns.value.iter().any(|word| name.contains(&plain_name(word)));
    !skipped && unit != Some("") && (called || unit.is_some())
}

/// True for a time of day that is 24:00, also behind a date.
fn is_end_of_day(cell: &str) -> bool {
    let time = cell.trim().rsplit([' ', 'T', ',']).next().unwrap_or_default();
    ["24:00", "24:00:00"].contains(&time)
}

impl Table<'_> {
    /// True where the only time of a row is that of its end: nobody calls the begin of a step 24:00.
    pub fn tells_ends(&self) -> bool {
        let [start, end, _, time, end_time, ..] = self.places;
        let mut reader = reader(self.text, self.mark);
        let rows = reader.records().skip(1).filter_map(Result::ok);
        let mut times = rows.flat_map(|row| {
            let cells = [start, time].into_iter().flatten();
            cells.filter_map(|at| row.get(at).map(is_end_of_day)).collect::<Vec<bool>>()
        });
        end.is_none() && end_time.is_none() && times.any(|is_end| is_end)
    }

    /// The rows as objects of `start`, `end`, `value`, `unit`, `step` and `minutes`.
    ///
    /// # Errors
    /// Says what of the file is not clear, and how it can be said.
    pub fn rows(&self, columns: &ColumnsForm, hints: &FileHints<'_>) -> Result<Value, String> {
        let mut reader = reader(self.text, self.mark);
        let records: Result<Vec<::csv::StringRecord>, _> = reader.records().skip(1).collect();
        let records = records.map_err(|error| error.to_string())?;
        let (value, unit) = self.value_column(columns, hints)?;
        let all = |at: Option<usize>| {
            let cells = records.iter().filter_map(move |row| row.get(at?));
            cells.filter(|cell| !cell.is_empty())
        };
        let [start, end, date, time, end_time, unit_at, step, minutes] = self.places;
        let order = match (hints.dates, columns.dates.as_deref()) {
            (Some(order), _) => order,
            (None, Some("mdy")) => DateOrder::MonthFirst,
            (None, Some("dmy")) => DateOrder::DayFirst,
            (None, _) => order_of(all(start).chain(all(date)))?,
        };
        let mark = mark_of(all(Some(value)), self.mark == ',')?;
        let mut rows = Vec::with_capacity(records.len());
        for row in &records {
            let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).filter(|c| !c.is_empty());
            let day = cell(date);
            let joined = |day: &str, time: Option<&str>| match time {
                Some(time) => format!("{day} {time}"),
                None => day.to_owned(),
            };
            let begin = match (cell(start), day) {
                (Some(start), None) => Some(start.to_owned()),
                // A start that is a time alone is on the day of its own column.
                (Some(start), Some(day)) if iso(start, order).is_err() => {
                    Some(joined(day, Some(start)))
                }
                (Some(start), Some(_)) => Some(start.to_owned()),
                (None, Some(day)) => Some(joined(day, cell(time))),
                (None, None) => None,
            };
            let Some(begin) = begin else { continue };
            let until = match (cell(end), cell(end_time), day) {
                (Some(end), _, Some(day)) if iso(end, order).is_err() => {
                    Some(joined(day, Some(end)))
                }
                (Some(end), ..) => Some(end.to_owned()),
                (None, Some(end), Some(day)) => Some(joined(day, Some(end))),
                (None, ..) => None,
            };
            // What is no time is told by whoever reads the rows: with its place.
            let moment = |text: String| iso(&text, order).unwrap_or(text);
            let unit = cell(unit_at).or(unit).unwrap_or_default();
            let of_unit = match known_unit(unit) {
                Some("") => continue,
                Some(known) => known.to_owned(),
                None => unit.to_owned(),
            };
            let mut object = Map::new();
            let mut put = |name: &str, text: Option<String>| {
                if let Some(text) = text {
                    object.insert(name.to_owned(), Value::String(text));
                }
            };
            put("start", Some(moment(begin)));
            put("end", until.map(moment));
            put("value", cell(Some(value)).map(|text| plain(text, mark)));
            put("unit", Some(of_unit));
            let before = |role: &str| self.before_of(columns.names(role)).map(str::to_owned);
            put("step", cell(step).map(str::to_owned).or_else(|| before("step")));
            let minutes = cell(minutes).map(str::to_owned).or_else(|| before("minutes"));
            let seconds = minutes.and_then(|text| text.parse::<i64>().ok()).map(|m| m * 60);
            put("seconds", seconds.map(|seconds| seconds.to_string()));
            rows.push(Value::Object(object));
        }
        Ok(Value::Array(rows))
    }

    fn before_of(&self, names: &[String]) -> Option<&str> {
        let mut said = self.before.iter();
        let same = |name: &String| names.iter().any(|other| plain_name(other) == *name);
        said.find(|(name, _)| same(name)).map(|(_, cell)| cell.as_str())
    }

    /// Which column holds the use, and what it is in where the rows do not say it.
    fn value_column<'a>(
        &'a self,
        columns: &'a ColumnsForm,
        hints: &FileHints<'a>,
    ) -> Result<(usize, Option<&'a str>), String> {
        let names = || {
            let names: Vec<String> =
                self.values.iter().map(|(_, name)| format!("\"{}\"", shown(name))).collect();
            names.join(", ")
        };
        let named = match hints.column {
            Some(wanted) => {
                let alike = |(_, name): &&(usize, String)| bare_name(name) == bare_name(wanted);
                let found = self.values.iter().find(alike);
                let none = || format!("--column {wanted}: use can stand in {}", names());
                vec![found.ok_or_else(none)?]
            }
            None => {
                // A column with a unit of its own goes before one that is only called so.
                let with_unit = self.values.iter().filter(|(_, name)| unit_in(name).is_some());
                let with_unit: Vec<&(usize, String)> = with_unit.collect();
                if with_unit.is_empty() { self.values.iter().collect() } else { with_unit }
            }
        };
        let [(value, name)] = named[..] else {
            let what =
                format!("several columns can hold the use: {}: write --column NAME", names());
            return Err(what);
        };
        let unit = unit_in(name).or(hints.unit).or_else(|| self.before_of(columns.names("unit")));
        let [.., unit_at, _, _] = self.places;
        let unit = unit.or(columns.default_unit.as_deref());
        if unit.is_none() && unit_at.is_none() {
            return Err(format!(
                "the unit of \"{}\" is not given: write --unit kWh or --unit Wh",
                shown(name)
            ));
        }
        Ok((*value, unit))
    }
}
