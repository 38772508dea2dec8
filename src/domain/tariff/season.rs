//! Seasons: parts of the year with their own prices, and windows: parts of the day.

use super::calendar::DayKind;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes of a day on the clock.
pub const DAY_MIN: u16 = 24 * 60;

/// A day of any year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MonthDay {
    pub month: i8,
    pub day: i8,
}

impl MonthDay {
    /// The day of the year that a date is.
    pub fn of(date: Date) -> MonthDay {
        MonthDay { month: date.month(), day: date.day() }
    }
}

/// A part of the day on the clock: [from, to) in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockSpan {
    pub from: u16,
    /// The minute after its last, at most [`DAY_MIN`].
    pub to: u16,
    /// The window it belongs to, by its place in [`super::Version::windows`].
    pub window: usize,
}

/// The windows of each kind of day: every minute is in exactly one span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTables {
    /// Of Monday to Friday.
    pub weekday: Vec<ClockSpan>,
    pub saturday: Vec<ClockSpan>,
    pub sunday: Vec<ClockSpan>,
    pub holiday: Vec<ClockSpan>,
}

impl DayTables {
    /// The spans of a kind of day.
    pub fn of(&self, kind: DayKind) -> &[ClockSpan] {
        match kind {
            DayKind::Weekday => &self.weekday,
            DayKind::Saturday => &self.saturday,
            DayKind::Sunday => &self.sunday,
            DayKind::Holiday => &self.holiday,
        }
    }

    /// The same spans on all days.
    pub fn every_day(spans: Vec<ClockSpan>) -> DayTables {
        DayTables {
            saturday: spans.clone(),
            sunday: spans.clone(),
            holiday: spans.clone(),
            weekday: spans,
        }
    }

    /// True when it must be known whether a day is a holiday, to know its windows.
    pub fn needs_calendar(&self) -> bool {
        [&self.weekday, &self.saturday, &self.sunday].into_iter().any(|t| *t != self.holiday)
    }
}

/// A part of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    /// Its name, such as `summer`; `year` where there is only one.
    pub name: String,
    pub from: MonthDay,
    /// Its last day; before `from` where it goes over the new year.
    pub to: MonthDay,
    /// When which window is.
    pub days: DayTables,
    /// Prices by window, then by tier, in major units for one unit; empty where all is spot.
    pub rates: Vec<Vec<Decimal>>,
    /// The baseline allowance in units a day, by region; the region of a plan that knows only one
    /// is the empty text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Decimal>,
}

impl Season {
    /// True when a day lies in it.
    pub fn has(&self, day: Date) -> bool {
        let day = MonthDay::of(day);
        if self.from <= self.to {
            (self.from..=self.to).contains(&day)
        } else {
            day >= self.from || day <= self.to
        }
    }
}
