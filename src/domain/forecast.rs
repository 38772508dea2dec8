//! What a bill will come to, and when the next tier begins.
//!
//! Method: what is left of the billing cycle is used in the pattern of the last four weeks, workdays
//! as workdays and weekends as weekends, quarter of an hour by quarter of an hour, and as much as in
//! the last week: weather stays for some days. That goes through the same engine as the bill. The
//! interval is the 80 % one of the sum of the days that are left, from how much single days differed
//! from the mean of their kind and how little a week tells of the mean. With less than
//! [`FORECAST_DAYS_MIN`] whole days nothing is said.

use super::bill::Billing;
use super::ids::Name;
use super::limits::window::{midnight, plus_days};
use super::money::Minor;
use super::tariff::{MeteredUse, Prior, Slot, SlotUse, Tariff, Unpriced, Use};
use super::time::UnixMs;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// How many whole days are looked back at, at most.
pub const KNOWN_DAYS_MAX: i64 = 28;

/// How many whole days must be known before anything is said.
pub const FORECAST_DAYS_MIN: i64 = 7;

/// How many of the last days tell how much is used now.
const LEVEL_DAYS: i64 = 7;

/// How far ahead the beginning of a tier is looked for, in days.
const CROSSING_DAYS_MAX: i64 = 366;

/// The square of 1.2816, in thousandths: four of five sums lie within so many deviations.
const Z_SQUARED_MILLI: i128 = 1_642;

/// Quarters of an hour of a day on the wall.
const QUARTERS: usize = 96;

/// What is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The cycle's first day, and the day after its last.
    pub cycle: (Date, Date),
    /// What its bill will likely come to.
    pub likely: Minor,
    /// One bill in ten will be below.
    pub low: Minor,
    /// One bill in ten will be above.
    pub high: Minor,
    /// From how many whole days that is concluded.
    pub known_days: i64,
    /// The day on which the next tier begins, if it goes on like this and before counters start
    /// anew; none where there is none.
    pub tier_ends_on: Option<Date>,
}

/// A kind of day: how it is used, on the mean.
#[derive(Clone, Copy)]
struct DayPattern {
    quarters: [i64; QUARTERS],
    days: i64,
    total: i64,
}

impl Default for DayPattern {
    fn default() -> DayPattern {
        DayPattern { quarters: [0; QUARTERS], days: 0, total: 0 }
    }
}

struct Habit {
    workday: DayPattern,
    weekend: DayPattern,
    days: i64,
    /// What the last week used, and what the pattern has for it.
    level: (i128, i128),
    /// The mean square by which a day differs from its kind, in micro-units squared.
    variance: i128,
}

/// Looks ahead under a tariff. `None` while too little is known.
///
/// # Errors
/// What is missing for a total.
pub fn outlook(
    billing: &Billing<'_>,
    (id, tariff): (&Name, &Tariff),
    at: UnixMs,
) -> Result<Option<Outlook>, Unpriced> {
    let supply = tariff.supply(billing.home);
    let today = at.in_zone(supply.zone).date();
    let cycle = supply.bill_around(today);
    let back = plus_days(today, -KNOWN_DAYS_MAX);
    let used = billing.home_use((id, tariff), (back.min(cycle.0), plus_days(today, 1)));
    let Some(habit) = Habit::of(&used, (back, today), supply.zone) else { return Ok(None) };
    let ahead = habit.ahead(supply.zone, (Slot::of(at).next(), cycle.1));
    let half = habit.half_width(plus_days_between(today, cycle.1));
    let prior = Prior::Known(billing.reached((id, tariff), midnight(cycle.0, supply.zone))?);
    let spot = billing.spot(tariff);
    let bill = |scale: (i128, i128)| {
        let of_slot = |of: &SlotUse| SlotUse { micro: scaled(of.micro, scale), ..*of };
        let all = used.with(&Use::sorted(ahead.slots().iter().map(of_slot).collect()));
        supply.bill(MeteredUse::Slots(&all), &prior, spot, cycle).map(|bill| bill.total)
    };
    let sum = i128::from(ahead.total());
    let (low, high) = ((sum - half).max(0), sum + half);
    let whole = sum.max(1);
    Ok(Some(Outlook {
        cycle,
        likely: bill((1, 1))?,
        low: bill((low, whole))?,
        high: bill((high, whole))?,
        known_days: habit.days,
        tier_ends_on: tier_ends_on(billing, (id, tariff), &habit, at)?,
    }))
}

fn scaled(micro: i64, (part, whole): (i128, i128)) -> i64 {
    i64::try_from(i128::from(micro) * part / whole).unwrap_or(i64::MAX)
}

fn plus_days_between(first: Date, next: Date) -> i64 {
    first.until(next).map_or(0, |span| i64::from(span.get_days())).max(0)
}

pub(super) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Which quarter of an hour on the wall a slot is.
fn quarter(slot: Slot, zone: &TimeZone) -> (Date, usize) {
    let civil = slot.start().in_zone(zone);
    let minutes = i32::from(civil.hour()) * 60 + i32::from(civil.minute());
    (civil.date(), usize::try_from(minutes / 15).unwrap_or(0))
}

impl Habit {
    /// From the whole days before `today`, from the first on which anything was used.
    fn of(used: &Use, (back, today): (Date, Date), zone: &TimeZone) -> Option<Habit> {
        let known = used.between(midnight(back, zone), midnight(today, zone));
        let began = known.first().map(|of| of.slot.start().in_zone(zone).date())?;
        // The first day may have begun in its middle.
        let first = if began == back { back } else { plus_days(began, 1) };
        let days = plus_days_between(first, today);
        if days < FORECAST_DAYS_MIN {
            return None;
        }
        let mut totals: Vec<(bool, i64)> =
            (0..days).map(|step| (is_weekend(plus_days(first, step)), 0)).collect();
        let mut patterns = [DayPattern::default(), DayPattern::default()];
        for of in known.iter().filter(|of| of.slot.start() >= midnight(first, zone)) {
            let (day, place) = quarter(of.slot, zone);
            let weekend = is_weekend(day);
            let step = usize::try_from(plus_days_between(first, day)).unwrap_or(0);
            if let Some((_, total)) = totals.get_mut(step) {
                *total = total.saturating_add(of.micro);
            }
            let pattern = &mut patterns[usize::from(weekend)];
            if let Some(micro) = pattern.quarters.get_mut(place) {
                *micro = micro.saturating_add(of.micro);
            }
        }
        for (weekend, total) in &totals {
            let pattern = &mut patterns[usize::from(*weekend)];
            pattern.days += 1;
            pattern.total = pattern.total.saturating_add(*total);
        }
        let squares = totals.iter().map(|(weekend, total)| {
            let off = i128::from(*total) - i128::from(patterns[usize::from(*weekend)].mean());
            off.saturating_mul(off)
        });
        let variance = squares.fold(0, i128::saturating_add) / i128::from((days - 2).max(1));
        let week = totals.iter().rev().take(usize::try_from(LEVEL_DAYS).unwrap_or(0));
        let level = week.fold((0, 0), |(used, usual), (weekend, total)| {
            let mean = patterns[usize::from(*weekend)].mean();
            (used + i128::from(*total), usual + i128::from(mean))
        });
        let level = if level.1 > 0 { level } else { (1, 1) };
        let [workday, weekend] = patterns;
        Some(Habit { workday, weekend, days, level, variance })
    }

    fn pattern(&self, day: Date) -> &DayPattern {
        let (wanted, other) = match is_weekend(day) {
            true => (&self.weekend, &self.workday),
            false => (&self.workday, &self.weekend),
        };
        if wanted.days > 0 { wanted } else { other }
    }

    /// The use to come from a slot on, until before a day.
    fn ahead(&self, zone: &TimeZone, (from, next): (Slot, Date)) -> Use {
        let until = Slot::of(midnight(next, zone));
        let slots = (from.0..until.0).map(|slot| {
            let (day, place) = quarter(Slot(slot), zone);
            let pattern = self.pattern(day);
            let sum = pattern.quarters.get(place).copied().unwrap_or(0);
            let micro = scaled(sum / pattern.days.max(1), self.level);
            SlotUse { slot: Slot(slot), micro, estimated: true, ..SlotUse::default() }
        });
        Use::sorted(slots.collect())
    }

    /// Half of the width of the interval of the sum of so many days, in micro-units: single days
    /// differ, and so may the mean itself.
    fn half_width(&self, days: i64) -> i128 {
        let (n, m) = (i128::from(days), i128::from(LEVEL_DAYS));
        let variance = self.variance.saturating_mul(n).saturating_mul(m + n) / m;
        (variance / 1_000).saturating_mul(Z_SQUARED_MILLI).isqrt()
    }
}

impl DayPattern {
    fn mean(&self) -> i64 {
        self.total / self.days.max(1)
    }
}

/// The day on which the counter of the tier now in force will pass its bound.
fn tier_ends_on(
    billing: &Billing<'_>,
    (id, tariff): (&Name, &Tariff),
    habit: &Habit,
    at: UnixMs,
) -> Result<Option<Date>, Unpriced> {
    let supply = tariff.supply(billing.home);
    let now = billing.price_now((id, tariff), at)?;
    let Some(left) = now.left_in_tier.and_then(micro) else { return Ok(None) };
    let today = at.in_zone(supply.zone).date();
    let Some(anew) = supply.counter_ends(at)? else { return Ok(None) };
    let (mut left, mut day) = (left, today);
    for _ in 0..CROSSING_DAYS_MAX {
        if day >= anew {
            return Ok(None);
        }
        let of_day = if day == today {
            habit.ahead(supply.zone, (Slot::of(at), plus_days(today, 1))).total()
        } else {
            scaled(habit.pattern(day).mean(), habit.level)
        };
        left = left.saturating_sub(of_day);
        if left < 0 {
            return Ok(Some(day));
        }
        day = plus_days(day, 1);
    }
    Ok(None)
}

fn micro(units: rust_decimal::Decimal) -> Option<i64> {
    let micro = units.checked_mul(rust_decimal::Decimal::from(1_000_000))?.trunc();
    i64::try_from(micro.normalize().mantissa()).ok().filter(|_| micro.normalize().scale() == 0)
}
