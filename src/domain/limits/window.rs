//! Periods: [local midnight, next local midnight) in the home's zone, and what is built of days.

use crate::time::UnixMs;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Over which time a limit adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Each order for itself.
    Order,
    /// A local day, 23 to 25 hours long.
    Day,
    Week,
    Month,
    Year,
    /// Since the limit began; never resets.
    AllTime,
    /// The last `span_s` seconds before each order.
    Rolling {
        span_s: i64,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// At the calendar's own days, weeks, months and years.
    #[default]
    Calendar,
    /// At `from`, and every period after it. A start on the 31st falls on the last day of shorter
    /// months and goes back to 31.
    Anchored {
        /// The first day of the first period.
        from: Date,
    },
}

/// On which day a calendar week begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// Monday, as ISO 8601 has it.
    #[default]
    Monday,
    Sunday,
}

/// One period of a limit: its key is made once, when room is taken, and kept with the hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Names the period: kind and first day, such as `day:2026-11-21`.
    pub key: String,
    pub start: UnixMs,
    /// The first instant after it; none where it never ends.
    pub end: Option<UnixMs>,
}

impl Period {
    /// The period that `at` falls into.
    pub fn window(
        self,
        alignment: Alignment,
        week_start: WeekStart,
        zone: &TimeZone,
        at: UnixMs,
    ) -> Window {
        let today = at.in_zone(zone).date();
        let days = |kind: &str, first: Date, next: Date| Window {
            key: format!("{kind}:{first}"),
            start: midnight(first, zone),
            end: Some(midnight(next, zone)),
        };
        match (self, alignment) {
            (Period::Order, _) => Window { key: "order".to_owned(), start: at, end: Some(at) },
            (Period::AllTime, _) => {
                Window { key: "all_time".to_owned(), start: UnixMs(0), end: None }
            }
            (Period::Rolling { span_s }, _) => Window {
                key: "rolling".to_owned(),
                start: at.plus_s(-span_s),
                end: Some(at.plus_s(span_s)),
            },
            (Period::Day, _) => days("day", today, plus_days(today, 1)),
            (Period::Week, Alignment::Calendar) => {
                let first = week_first(today, week_start);
                days("week", first, plus_days(first, 7))
            }
            (Period::Month, Alignment::Calendar) => {
                let first = today.first_of_month();
                days("month", first, plus_months(first, 1))
            }
            (Period::Year, Alignment::Calendar) => {
                let first = today.first_of_year();
                days("year", first, plus_months(first, 12))
            }
            (Period::Week, Alignment::Anchored { from }) => {
                let weeks = days_between(from, today).div_euclid(7);
                let first = plus_days(from, weeks.saturating_mul(7));
                days("week-anchored", first, plus_days(first, 7))
            }
            (Period::Month, Alignment::Anchored { from }) => {
                let (first, next) = anchored(from, today, 1);
                days("month-anchored", first, next)
            }
            (Period::Year, Alignment::Anchored { from }) => {
                let (first, next) = anchored(from, today, 12);
                days("year-anchored", first, next)
            }
        }
    }
}

/// The first instant of a local day. Where midnight is skipped by a clock change, the first
/// instant that exists.
pub fn midnight(day: Date, zone: &TimeZone) -> UnixMs {
    if let Ok(midnight) = zone.to_ambiguous_timestamp(day.into()).unambiguous() {
        return UnixMs(midnight.as_millisecond());
    }
    day.to_zoned(zone.clone())
        .and_then(|zoned| zoned.start_of_day())
        .map(|zoned| UnixMs::from_zoned(&zoned))
        .unwrap_or(UnixMs(i64::MAX))
}

/// A day moved by whole days, held at the calendar's ends.
pub fn plus_days(day: Date, days: i64) -> Date {
    day.saturating_add(days.clamp(-CALENDAR_DAYS_MAX, CALENDAR_DAYS_MAX).days())
}

/// More days than the calendar has, within what a span may hold.
const CALENDAR_DAYS_MAX: i64 = 7_000_000;

fn plus_months(day: Date, months: i64) -> Date {
    day.saturating_add(months.months())
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map(|span| i64::from(span.get_days())).unwrap_or(0)
}

fn week_first(day: Date, start: WeekStart) -> Date {
    let first = match start {
        WeekStart::Monday => Weekday::Monday,
        WeekStart::Sunday => Weekday::Sunday,
    };
    plus_days(day, -i64::from(day.weekday().since(first)))
}

/// The anchored period of `step` months around `today`: always counted from the anchor itself, so
/// that a short month does not shorten the ones after it.
pub fn anchored(from: Date, today: Date, step: i64) -> (Date, Date) {
    let months = (i64::from(today.year()) - i64::from(from.year())) * 12 + i64::from(today.month())
        - i64::from(from.month());
    let mut periods = months.div_euclid(step);
    if plus_months(from, periods * step) > today {
        periods -= 1;
    } else if plus_months(from, (periods + 1) * step) <= today {
        periods += 1;
    }
    (plus_months(from, periods * step), plus_months(from, (periods + 1) * step))
}
