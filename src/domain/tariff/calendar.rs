//! Kinds of days, and the calendar that knows the holidays.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What kind of day a local day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Monday to Friday, and days that are worked in lieu.
    Weekday,
    Saturday,
    Sunday,
    /// A holiday, whatever day of the week it falls on.
    Holiday,
}

/// All kinds, in the order of [`DayKind`].
pub const DAY_KINDS: [DayKind; 4] =
    [DayKind::Weekday, DayKind::Saturday, DayKind::Sunday, DayKind::Holiday];

impl DayKind {
    /// The word in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            DayKind::Weekday => "weekday",
            DayKind::Saturday => "saturday",
            DayKind::Sunday => "sunday",
            DayKind::Holiday => "holiday",
        }
    }

    /// The kind of a day by its place in the week alone.
    pub fn of_week(day: Date) -> DayKind {
        match day.weekday() {
            Weekday::Saturday => DayKind::Saturday,
            Weekday::Sunday => DayKind::Sunday,
            Weekday::Monday
            | Weekday::Tuesday
            | Weekday::Wednesday
            | Weekday::Thursday
            | Weekday::Friday => DayKind::Weekday,
        }
    }
}

/// The holidays of a span of days. Of a day outside the span nobody knows whether it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The first day that it knows.
    pub from: Date,
    /// The last day that it knows.
    pub to: Date,
    /// Days that count as holidays: also the day off for a holiday that falls on a weekend.
    pub holidays: BTreeSet<Date>,
    /// Days of a weekend that are worked, and count as weekdays.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub working: BTreeSet<Date>,
}

impl Calendar {
    /// The kind of a day; `None` outside the calendar.
    pub fn kind(&self, day: Date) -> Option<DayKind> {
        if day < self.from || day > self.to {
            return None;
        }
        Some(if self.working.contains(&day) {
            DayKind::Weekday
        } else if self.holidays.contains(&day) {
            DayKind::Holiday
        } else {
            DayKind::of_week(day)
        })
    }
}
