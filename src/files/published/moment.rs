//! Times as people's files write them, made ISO 8601: which number is the day is decided by all of a
//! column, never by one cell.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use std::collections::BTreeSet;

/// Which of the numbers of a date comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// The day, as in 31/01/2026.
    DayFirst,
    /// The month, as in 01/31/2026.
    MonthFirst,
}

/// A date's three numbers as they stand, and how they are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    Certain(i16, i8, i8),
    /// Two numbers of which one is the day, and the year.
    Either(i8, i8, i16),
}

impl Numbers {
    fn date(self, order: DateOrder) -> Option<Date> {
        let (year, month, day) = match (self, order) {
            (Numbers::Certain(year, month, day), _) => (year, month, day),
            (Numbers::Either(day, month, year), DateOrder::DayFirst)
            | (Numbers::Either(month, day, year), DateOrder::MonthFirst) => (year, month, day),
        };
        Date::new(year, month, day).ok()
    }
}

/// Splits a cell into its date's numbers and the rest, which is a time or nothing.
fn split(cell: &str) -> Option<(Numbers, &str)> {
    let cell = cell.trim();
    let end = cell.find(|c: char| !c.is_ascii_digit() && !['.', '/', '-'].contains(&c));
    let (date, rest) = cell.split_at(end.unwrap_or(cell.len()));
    let rest = rest.trim_start_matches(['T', ',']).trim();
    let date = date.trim_end_matches(['.', '-', '/']);
    if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
        let of = |range: std::ops::Range<usize>| date.get(range)?.parse::<i16>().ok();
        let (month, day) = (i8::try_from(of(4..6)?).ok()?, i8::try_from(of(6..8)?).ok()?);
        return Some((Numbers::Certain(of(0..4)?, month, day), rest));
    }
    let mark = date.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<&str> = date.split(mark).collect();
    let [one, two, three] = parts[..] else { return None };
    let small = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() <= 2);
    let year = |text: &str| match text.len() {
        4 => text.parse::<i16>().ok(),
        2 => text.parse::<i16>().ok().map(|year| 2_000 + year),
        _ => None,
    };
    if one.len() == 4 {
        return Some((Numbers::Certain(year(one)?, small(two)?, small(three)?), rest));
    }
    let (one, two, year) = (small(one)?, small(two)?, year(three)?);
    // Dates with points begin with the day wherever they are written so.
    let numbers = match mark {
        '.' => Numbers::Certain(year, two, one),
        _ => Numbers::Either(one, two, year),
    };
    Some((numbers, rest))
}

/// Which number is the day in all of these cells.
///
/// # Errors
/// Says that it is not clear, or that both orders occur.
pub fn order_of<'a>(cells: impl Iterator<Item = &'a str>) -> Result<DateOrder, String> {
    let mut either: Vec<(i8, i8, i16)> = Vec::new();
    for cell in cells {
        if let Some((Numbers::Either(one, two, year), _)) = split(cell) {
            either.push((one, two, year));
        }
    }
    let day_first = either.iter().find(|(one, ..)| *one > 12);
    let month_first = either.iter().find(|(_, two, _)| *two > 12);
    match (day_first, month_first) {
        (Some(a), Some(b)) => Err(format!(
            "{}/{}/{} begins with the day and {}/{}/{} with the month: a file cannot mix the two",
            a.0, a.1, a.2, b.0, b.1, b.2
        )),
        (Some(_), None) => Ok(DateOrder::DayFirst),
        (None, Some(_)) => Ok(DateOrder::MonthFirst),
        (None, None) => by_following(&either),
    }
}

/// From how many days on it decides that they follow each other: the first of three months may look like
/// three days of one.
const DAYS_DECIDE_MIN: usize = 4;

/// Where no number is above twelve: the order in which the days of the file follow each other.
fn by_following(either: &[(i8, i8, i16)]) -> Result<DateOrder, String> {
    let Some((one, two, year)) = either.first() else { return Ok(DateOrder::DayFirst) };
    let follow = |order: DateOrder| {
        let numbers = either.iter().map(|(a, b, c)| Numbers::Either(*a, *b, *c));
        let days: Option<BTreeSet<Date>> = numbers.map(|of| of.date(order)).collect();
        let days: Vec<Date> = days.unwrap_or_default().into_iter().collect();
        days.len() >= DAYS_DECIDE_MIN
            && days.windows(2).all(|pair| pair[0].tomorrow().ok() == Some(pair[1]))
    };
    let alike = either.iter().all(|(one, two, _)| one == two);
    match (follow(DateOrder::DayFirst), follow(DateOrder::MonthFirst)) {
        (true, false) => Ok(DateOrder::DayFirst),
        (false, true) => Ok(DateOrder::MonthFirst),
        _ if alike => Ok(DateOrder::DayFirst),
        _ => Err(format!(
            "{one}/{two}/{year} may be a day of month {one} or of month {two}, and nothing in the file \
             decides it: write --dates dmy or --dates mdy"
        )),
    }
}

/// A cell as ISO 8601: a day, a time on the clock, or a time with its offset. An `A` or `B` after it says
/// which of the two times of an hour that comes twice is meant.
///
/// # Errors
/// Says what is no time.
pub fn iso(cell: &str, order: DateOrder) -> Result<String, String> {
    let fault = || format!("\"{}\" is not a time", homepay_text::problem::shown(cell));
    let (numbers, rest) = split(cell).ok_or_else(fault)?;
    let date = numbers.date(order).ok_or_else(fault)?;
    if rest.is_empty() {
        return Ok(date.to_string());
    }
    let (date, time, tail) = clock(date, rest).ok_or_else(fault)?;
    Ok(format!("{date}T{time}{tail}"))
}

/// A time of day: on which day it is (24:00 is of the next), and what stands after it.
fn clock(date: Date, text: &str) -> Option<(Date, Time, String)> {
    let upper = text.trim().to_ascii_uppercase();
    let (upper, noon) = match upper.strip_suffix("AM").or_else(|| upper.strip_suffix("A.M.")) {
        Some(rest) => (rest.trim().to_owned(), Some(0)),
        None => match upper.strip_suffix("PM").or_else(|| upper.strip_suffix("P.M.")) {
            Some(rest) => (rest.trim().to_owned(), Some(12)),
            None => (upper, None),
        },
    };
    let end = upper.find(|c: char| ['+', '-', 'Z'].contains(&c)).unwrap_or(upper.len());
    let (told, offset) = upper.split_at(end);
    let fold = told.chars().find(|c| ['A', 'B'].contains(c));
    let plain: String = told.chars().filter(|c| !['A', 'B', ' '].contains(c)).collect();
    let parts: Vec<&str> = plain.split([':', '.']).collect();
    let number = |at: usize| parts.get(at).map_or(Some(0), |part| part.parse::<i8>().ok());
    let (mut hour, minute) = (number(0)?, number(1)?);
    // What is finer than a second says nothing of use.
    let second = number(2)?;
    if parts.len() < 2 || parts.len() > 4 {
        return None;
    }
    if let Some(noon) = noon {
        hour = (1..=12).contains(&hour).then_some(hour % 12 + noon)?;
    }
    let (date, hour) = match (hour, minute, second) {
        (24, 0, 0) => (date.checked_add(1.day()).ok()?, 0),
        _ => (date, hour),
    };
    let time = Time::new(hour, minute, second, 0).ok()?;
    let mut tail = offset.trim().to_owned();
    tail.extend(fold.filter(|_| offset.is_empty()));
    Some((date, time, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_files_write_them() {
        for (cell, want) in [
            ("2026-02-01 00:15", "2026-02-01T00:15:00"),
            ("2026/02/01 00:15:30", "2026-02-01T00:15:30"),
            ("20260201 00:15", "2026-02-01T00:15:00"),
            ("01.02.2026 00:15", "2026-02-01T00:15:00"),
            ("1.2.26 9:15", "2026-02-01T09:15:00"),
            ("01/02/2026 24:00", "2026-02-02T00:00:00"),
            ("01.02.2026", "2026-02-01"),
            ("31/12/2026, 12:15 AM", "2026-12-31T00:15:00"),
            ("31/12/2026 12:15 pm", "2026-12-31T12:15:00"),
            ("25.10.2026 02:00A", "2026-10-25T02:00:00A"),
            ("25.10.2026 2B:15", "2026-10-25T02:15:00B"),
            ("2026-10-25T02:00:00+01:00", "2026-10-25T02:00:00+01:00"),
            ("2026-10-25T02:00Z", "2026-10-25T02:00:00Z"),
        ] {
            assert_eq!(iso(cell, DateOrder::DayFirst).as_deref(), Ok(want), "{cell}");
        }
        for bad in ["", "soon", "32.01.2026", "01.13.2026", "01.02.2026 25:00", "01.02.2026 1"] {
            assert!(iso(bad, DateOrder::DayFirst).is_err(), "{bad}");
        }
    }

    #[test]
    fn which_number_is_the_day_is_decided_by_the_whole_file_or_asked() {
        let order = |cells: &[&str]| order_of(cells.iter().copied());
        assert_eq!(order(&["01/02/2026", "13/02/2026"]), Ok(DateOrder::DayFirst));
        assert_eq!(order(&["01/02/2026", "01/13/2026"]), Ok(DateOrder::MonthFirst));
        let days = ["01/02/2026", "02/02/2026", "03/02/2026", "04/02/2026"];
        assert_eq!(order(&days), Ok(DateOrder::DayFirst));
        let days = ["02/01/2026", "02/02/2026", "02/03/2026", "02/04/2026"];
        assert_eq!(order(&days), Ok(DateOrder::MonthFirst));
        // Three months, each by its fifth day, or three days of May.
        assert!(order(&["01/05/2026", "02/05/2026", "03/05/2026"]).is_err());
        assert_eq!(order(&["03.04.2026 00:00", "2026-01-01"]), Ok(DateOrder::DayFirst));
        assert_eq!(order(&["05/05/2026"]), Ok(DateOrder::DayFirst));
        let why = order(&["01/02/2026 00:00", "01/02/2026 00:15"]).expect_err("not decided");
        assert!(why.contains("--dates dmy"), "{why}");
        let why = order(&["13/02/2026", "02/13/2026"]).expect_err("both");
        assert!(why.contains("cannot mix the two"), "{why}");
    }
}
