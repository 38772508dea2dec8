//! Local days under a plan, and the runs of days that counters count over.

use super::calendar::DayKind;
use super::ladder::Counter;
use super::plan::Version;
use super::season::{ClockSpan, Season};
use super::supply::{Supply, Unpriced};
use crate::limits::window::{anchored, midnight, plus_days};
use crate::time::UnixMs;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// Milliseconds of a day without a clock change.
const DAY_MS: i64 = 86_400_000;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// A local day, and what holds on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayOf {
    pub date: Date,
    /// The version in force, by its place.
    pub version: usize,
    /// The season, by its place.
    pub season: usize,
    /// Its kind; unset where the calendar does not know it and no window depends on it.
    pub kind: Option<DayKind>,
    pub start: UnixMs,
    /// The first instant after it: 23 to 25 hours later.
    pub next: UnixMs,
}

/// The days that are billed, and the bill that they are of: a day's cost within a month's bill
/// counts tiers as the month does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingPeriod {
    /// The first day, and the day after the last.
    pub days: (Date, Date),
    /// The same of the bill.
    pub bill: (Date, Date),
}

impl From<(Date, Date)> for BillingPeriod {
    /// A bill of its own.
    fn from(days: (Date, Date)) -> BillingPeriod {
        BillingPeriod { days, bill: days }
    }
}

/// The cycle of some months that a day lies in, when some cycle begins on `start`: its first day,
/// and the day after its last.
pub fn cycle_of(day: Date, start: Date, months: u8) -> (Date, Date) {
    anchored(start, day, i64::from(months.max(1)))
}

impl<'a> Supply<'a> {
    /// The version and season of a day, whatever its kind.
    ///
    /// # Errors
    /// There is no version.
    pub fn version_on(&self, day: Date) -> Result<(usize, usize), Unpriced> {
        let none = || Unpriced::NoVersion { day, why: self.versions_known() };
        let version = self.plan.version(day).ok_or_else(none)?;
        let season = self.version(version).season(day).ok_or_else(none)?;
        Ok((version, season))
    }

    fn versions_known(&self) -> String {
        let known = self.plan.versions.iter().map(|v| {
            let from = v.from.map_or_else(|| "the beginning".to_owned(), |d| d.to_string());
            v.to.map_or_else(|| format!("from {from} on"), |to| format!("{from} to {to}"))
        });
        let known: Vec<String> = known.collect();
        if known.is_empty() {
            "the tariff has no prices".to_owned()
        } else {
            format!("the tariff's prices are for {}", known.join(", "))
        }
    }

    /// A day and what holds on it.
    ///
    /// # Errors
    /// There is no version; or its windows depend on holidays that nobody knows.
    pub fn day(&self, day: Date) -> Result<DayOf, Unpriced> {
        let (version, season) = self.version_on(day)?;
        let kind = self.plan.day_kind(day);
        if kind.is_none() && self.season(version, season).days.needs_calendar() {
            let known = self.plan.calendar.as_ref().map(|c| (c.from, c.to));
            let (from, to) = known.unwrap_or((day, day));
            return Err(Unpriced::NoCalendar { day, from, to });
        }
        let (start, next) = (midnight(day, self.zone), midnight(plus_days(day, 1), self.zone));
        Ok(DayOf { date: day, version, season, kind, start, next })
    }

    /// The day that an instant lies in.
    ///
    /// # Errors
    /// As of [`Supply::day`].
    pub fn day_at(&self, at: UnixMs) -> Result<DayOf, Unpriced> {
        self.day(at.in_zone(self.zone).date())
    }

    /// A version by its place.
    pub(super) fn version(&self, at: usize) -> &'a Version {
        &self.plan.versions[at]
    }

    /// A season by its place.
    pub(super) fn season(&self, version: usize, season: usize) -> &'a Season {
        &self.plan.versions[version].seasons[season]
    }

    /// The spans of a day on the clock.
    pub(super) fn spans(&self, day: &DayOf) -> &'a [ClockSpan] {
        let kind = day.kind.unwrap_or(DayKind::of_week(day.date));
        self.season(day.version, day.season).days.of(kind)
    }

    /// The window of an instant of a day. On the days of clock changes an hour of the clock may be
    /// missing or come twice.
    pub(super) fn window_at(&self, day: &DayOf, at: UnixMs) -> usize {
        let minute = if day.next.since_ms(day.start) == DAY_MS {
            at.since_ms(day.start).div_euclid(MINUTE_MS)
        } else {
            let time = at.in_zone(self.zone).time();
            i64::from(time.hour()) * 60 + i64::from(time.minute())
        };
        let within =
            |span: &&ClockSpan| (i64::from(span.from)..i64::from(span.to)).contains(&minute);
        self.spans(day).iter().find(within).map_or(0, |span| span.window)
    }

    /// The name of that window.
    pub fn window_name(&self, day: &DayOf, at: UnixMs) -> Option<&'a str> {
        let windows = &self.version(day.version).windows;
        windows.get(self.window_at(day, at)).map(String::as_str)
    }

    /// Some days as a part of the household's bill around them, where it has them all.
    pub fn period(&self, days: (Date, Date)) -> BillingPeriod {
        let bill = self.bill_around(days.0);
        if bill.0 <= days.0 && days.1 <= bill.1 {
            BillingPeriod { days, bill }
        } else {
            days.into()
        }
    }

    /// The days that a counter runs over around a day of the bill for `first` until before `next`.
    pub(super) fn run(
        &self,
        counter: Counter,
        day: Date,
        (first, next): (Date, Date),
    ) -> (Date, Date) {
        match counter {
            Counter::Day => (day, plus_days(day, 1)),
            Counter::Month => {
                // January has every billing day; shorter months begin on their last day.
                let billing = i8::try_from(self.billing_day()).unwrap_or(1);
                anchored(date(2000, 1, billing), day, 1)
            }
            Counter::Cycle { .. } => {
                cycle_of(day, self.terms.cycle_start.unwrap_or(first), self.cycle_months())
            }
            Counter::Year => {
                let start = day.first_of_year();
                (start, plus_days(day.last_of_year(), 1))
            }
            Counter::Bill => (first, next),
        }
    }

    /// The baseline allowance of some days, in units; only of those of one version and season
    /// where these are given.
    ///
    /// # Errors
    /// It is not known which baseline is the household's.
    pub(super) fn allowance(
        &self,
        (first, next): (Date, Date),
        only: Option<(usize, usize)>,
    ) -> Result<Decimal, Unpriced> {
        let mut sum = Decimal::ZERO;
        let mut day = first;
        while day < next {
            let (version, season) = self.version_on(day)?;
            if only.is_none_or(|only| only == (version, season)) {
                let a_day = self.baseline(self.season(version, season))?;
                sum = sum.checked_add(a_day).ok_or(Unpriced::TooLarge)?;
            }
            day = plus_days(day, 1);
        }
        Ok(sum)
    }

    /// How many days of a run are of one version and season, and how many it has; all of them where
    /// no version and season are given.
    pub(super) fn days_of_part(
        &self,
        (first, next): (Date, Date),
        only: Option<(usize, usize)>,
    ) -> (u32, u32) {
        let Some(only) = only else { return (1, 1) };
        let (mut days, mut all) = (0, 0);
        let mut day = first;
        while day < next {
            all += 1;
            days += u32::from(self.version_on(day).is_ok_and(|of| of == only));
            day = plus_days(day, 1);
        }
        (days, all)
    }

    fn baseline(&self, season: &Season) -> Result<Decimal, Unpriced> {
        let region = self.terms.baseline.as_deref();
        let only = || season.baselines.values().next().filter(|_| season.baselines.len() == 1);
        let found = match region {
            Some(region) => season.baselines.get(region).or_else(|| season.baselines.get("")),
            None => only(),
        };
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = season.baselines.keys().map(String::as_str).collect();
            Unpriced::NoBaseline { known: known.join(", ") }
        })
    }
}
