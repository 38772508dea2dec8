//! Which days a statement is of.

use crate::limits::window::plus_days;
use jiff::civil::Date;

/// Some days, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: Date,
    /// The day after the last.
    pub next: Date,
}

impl Days {
    pub fn day(day: Date) -> Days {
        Days { first: day, next: plus_days(day, 1) }
    }

    /// The week, from Monday, that a day lies in.
    pub fn week(day: Date) -> Days {
        let first = plus_days(day, -i64::from(day.weekday().to_monday_zero_offset()));
        Days { first, next: plus_days(first, 7) }
    }

    /// The month that a day lies in.
    pub fn month(day: Date) -> Days {
        Days { first: day.first_of_month(), next: plus_days(day.last_of_month(), 1) }
    }

    /// The year that a day lies in.
    pub fn year(day: Date) -> Days {
        Days { first: day.first_of_year(), next: plus_days(day.last_of_year(), 1) }
    }

    /// True for a day of them.
    pub fn holds(&self, day: Date) -> bool {
        self.first <= day && day < self.next
    }

    /// The last of them.
    pub fn last(&self) -> Date {
        plus_days(self.next, -1)
    }
}
