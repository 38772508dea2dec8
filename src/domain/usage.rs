//! Use by local day, and shared out over time.

use super::ids::Name;
use super::limits::window::{midnight, plus_days};
use super::meter::Quantity;
use super::tariff::{SLOT_S, Slot, SlotUse, Tariff, Use};
use super::time::UnixMs;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a device used on one local day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// How much, in micro-units.
    pub micro: i64,
    /// True when a part of it was measured over a midnight and shared out by time.
    pub estimated: bool,
}

/// Use of each counter by local day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageBook {
    days: BTreeMap<(Name, Quantity), BTreeMap<Date, DayUse>>,
}

/// How many days one reading may be shared out over; the rest falls on the last.
const SPLIT_DAYS_MAX: usize = 400;

/// Shares a use out over the local days that it spans, in proportion to time; the last day takes
/// what the division leaves.
pub fn split_by_day(zone: &TimeZone, from: UnixMs, to: UnixMs, micro: i64) -> Vec<(Date, i64)> {
    let total_ms = i128::from(to.since_ms(from)).max(1);
    let mut parts = Vec::new();
    let mut day = from.in_zone(zone).date();
    let mut start = from;
    let mut left = micro;
    while parts.len() < SPLIT_DAYS_MAX {
        let next = midnight(plus_days(day, 1), zone);
        if next >= to {
            break;
        }
        let ms = i128::from(next.since_ms(start));
        let part = i64::try_from(i128::from(micro) * ms / total_ms).unwrap_or(0);
        parts.push((day, part));
        left = left.saturating_sub(part);
        start = next;
        day = plus_days(day, 1);
    }
    parts.push((day, left));
    parts
}

impl UsageBook {
    /// Adds to a day.
    pub fn add(
        &mut self,
        device: &Name,
        quantity: Quantity,
        day: Date,
        micro: i64,
        estimated: bool,
    ) {
        let days = self.days.entry((device.clone(), quantity)).or_default();
        let used = days.entry(day).or_default();
        used.micro = used.micro.saturating_add(micro);
        used.estimated |= estimated;
    }

    /// A day's use.
    pub fn day(&self, device: &Name, quantity: Quantity, day: Date) -> DayUse {
        self.days
            .get(&(device.clone(), quantity))
            .and_then(|days| days.get(&day))
            .copied()
            .unwrap_or_default()
    }

    /// The days of a device from `first` until before `next`.
    pub fn days(
        &self,
        device: &Name,
        quantity: Quantity,
        first: Date,
        next: Date,
    ) -> impl Iterator<Item = (Date, DayUse)> {
        let days = self.days.get(&(device.clone(), quantity));
        days.into_iter().flat_map(move |d| d.range(first..next)).map(|(day, used)| (*day, *used))
    }

    /// The use of a device over local days from `first` until before `next`, by slots.
    pub fn used(
        &self,
        device: &Name,
        quantity: Quantity,
        zone: &TimeZone,
        (first, next): (Date, Date),
    ) -> Use {
        of_days(zone, self.days(device, quantity, first, next))
    }

    /// Forgets days before `first`; they stay in the store.
    pub fn forget(&mut self, first: Date) {
        for days in self.days.values_mut() {
            *days = days.split_off(&first);
        }
    }
}

/// The quantity that a tariff's unit prices.
pub fn priced_quantity(tariff: &Tariff) -> Quantity {
    quantity_of(&tariff.utility)
}

/// The quantity that a utility delivers.
pub fn quantity_of(utility: &Name) -> Quantity {
    match utility.as_str() {
        "water" => Quantity::Water,
        "gas" => Quantity::Gas,
        _ => Quantity::Energy,
    }
}

/// Use of local days by slots: what a day used is spread evenly over its 23 to 25 hours.
pub fn of_days(zone: &TimeZone, days: impl Iterator<Item = (Date, DayUse)>) -> Use {
    let mut slots = Vec::new();
    for (day, used) in days {
        let first = Slot::of(midnight(day, zone));
        let next = Slot::of(midnight(plus_days(day, 1), zone));
        let count = next.0.saturating_sub(first.0).max(1);
        debug_assert!(count <= 25 * 3_600 / SLOT_S + 1, "a day has at most 25 hours");
        let (each, more) = (used.micro.div_euclid(count), used.micro.rem_euclid(count));
        slots.extend((0..count).map(|step| SlotUse {
            slot: first.plus(step),
            micro: each + i64::from(step < more),
            estimated: used.estimated,
        }));
    }
    Use::new(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spans_midnight_is_shared_out_by_time() {
        let zone = TimeZone::get("America/Toronto").expect("a zone");
        let at =
            |text: &str| UnixMs(text.parse::<jiff::Timestamp>().expect("time").as_millisecond());
        let (from, to) = (at("2025-10-31T20:00-04:00"), at("2025-11-01T04:00-04:00"));
        let parts = split_by_day(&zone, from, to, 8_000_000);
        let day = |m, d| jiff::civil::date(2025, m, d);
        assert_eq!(parts, [(day(10, 31), 4_000_000), (day(11, 1), 4_000_000)]);
        let parts = split_by_day(&zone, from, at("2025-11-03T00:00-05:00"), 10);
        assert_eq!(parts.iter().map(|p| p.1).sum::<i64>(), 10, "nothing is lost in the division");
    }
}
