//! Use by quarters of an hour: what every bill is computed from.

pub mod correction;
pub mod packed;
pub mod register;

use super::ids::Name;
use super::limits::window::{midnight, plus_days};
use super::meter::Quantity;
use super::shared_map::SharedMap;
use super::tariff::{Slot, SlotUse, SpotPrices, Tariff, Use};
use super::time::UnixMs;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use packed::{PackedDay, SLOTS_PER_DAY};
use std::sync::Arc;

/// A day of UTC: unix seconds / 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcDay(pub i64);

/// Slots of a day, as the slots' own numbers count.
const SLOTS_A_DAY: i64 = 96;

const _: () = assert!(SLOTS_PER_DAY as i64 == SLOTS_A_DAY);

impl UtcDay {
    /// The day that an instant falls into.
    pub fn of(at: UnixMs) -> UtcDay {
        Slot::of(at).day()
    }

    fn slots(self) -> impl Iterator<Item = Slot> {
        let first = self.0.saturating_mul(SLOTS_A_DAY);
        (0..SLOTS_A_DAY).map(move |step| Slot(first.saturating_add(step)))
    }
}

impl Slot {
    /// The day of UTC that it lies in.
    pub fn day(self) -> UtcDay {
        UtcDay(self.0.div_euclid(SLOTS_A_DAY))
    }

    /// Its place in that day.
    fn place(self) -> usize {
        usize::try_from(self.0.rem_euclid(SLOTS_A_DAY)).unwrap_or(0)
    }
}

/// Use of each counter by day of UTC, each day packed; and the market prices of the same slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageBook {
    days: SharedMap<(Name, Quantity), SharedMap<UtcDay, PackedDay>>,
    spot: SharedMap<Name, Arc<SpotPrices>>,
}

/// The middle one of several uses; of an even number the lower of the middle two.
pub fn median(mut of: Vec<i64>) -> Option<i64> {
    of.sort_unstable();
    of.get(of.len().saturating_sub(1) / 2).copied()
}

impl UsageBook {
    /// Adds what was used; a correction may take away.
    pub fn add(&mut self, device: &Name, quantity: Quantity, used: &[SlotUse]) {
        let days = self.days.get_or_default(&(device.clone(), quantity));
        for of_day in used.chunk_by(|one, next| one.slot.day() == next.slot.day()) {
            let Some(first) = of_day.first() else { continue };
            let packed = days.get_or_default(&first.slot.day());
            let mut day = packed.day();
            for of_slot in of_day {
                let place = of_slot.slot.place();
                if let (Ok(slot), 1..) = (u8::try_from(place), of_slot.minute) {
                    let micro = day.parts.entry((slot, of_slot.minute)).or_default();
                    *micro = micro.saturating_add(of_slot.micro);
                } else if let Some(micro) = day.micro.get_mut(place) {
                    *micro = micro.saturating_add(of_slot.micro);
                }
                day.estimated |= u128::from(of_slot.estimated) << place;
                day.imported |= u128::from(of_slot.imported) << place;
            }
            *packed = day.pack();
        }
    }

    /// Puts a day in, as the store has it.
    pub fn put(&mut self, device: &Name, quantity: Quantity, day: UtcDay, packed: PackedDay) {
        self.days.get_or_default(&(device.clone(), quantity)).insert(day, packed);
    }

    /// A day, as the store keeps it.
    pub fn packed(&self, device: &Name, quantity: Quantity, day: UtcDay) -> Option<&PackedDay> {
        self.days.get(&(device.clone(), quantity))?.get(&day)
    }

    /// The use of a device in the slots, and parts of slots, that begin from `first` until before `next`.
    pub fn between(
        &self,
        device: &Name,
        quantity: Quantity,
        (first, next): (UnixMs, UnixMs),
    ) -> Use {
        let Some(days) = self.days.get(&(device.clone(), quantity)) else { return Use::default() };
        if first >= next {
            return Use::default();
        }
        let mut slots = Vec::new();
        for (utc, packed) in days.range(UtcDay::of(first)..=UtcDay::of(next)) {
            let day = packed.day();
            for (place, (slot, micro)) in utc.slots().zip(day.micro).enumerate() {
                let (estimated, imported) =
                    (day.estimated >> place & 1 == 1, day.imported >> place & 1 == 1);
                let whole = SlotUse { slot, minute: 0, micro, estimated, imported };
                let of_slot = u8::try_from(place).unwrap_or(u8::MAX);
                let later = day.parts.range((of_slot, 1)..=(of_slot, u8::MAX));
                let later = later.map(|((_, minute), micro)| SlotUse {
                    minute: *minute,
                    micro: *micro,
                    ..whole
                });
                slots.extend(std::iter::once(whole).chain(later).filter(|of| {
                    let within = of.start() >= first && of.start() < next;
                    within && (of.micro != 0 || estimated)
                }));
            }
        }
        Use::sorted(slots)
    }

    /// The use of a device over local days from `first` until before `next`.
    pub fn used(
        &self,
        device: &Name,
        quantity: Quantity,
        zone: &TimeZone,
        (first, next): (Date, Date),
    ) -> Use {
        self.between(device, quantity, (midnight(first, zone), midnight(next, zone)))
    }

    /// Forgets a device's days before one; they stay in the store.
    pub fn forget(&mut self, device: &Name, quantity: Quantity, first: UtcDay) {
        let counter = (device.clone(), quantity);
        let known = self.days.get(&counter).into_iter();
        let old: Vec<UtcDay> = known.flat_map(|d| d.range(..first)).map(|(day, _)| *day).collect();
        // Readers share what is not touched: where nothing is old, nothing is copied.
        if old.is_empty() {
            return;
        }
        if let Some(days) = self.days.get_mut(&counter) {
            old.iter().for_each(|day| days.remove(day));
        }
    }

    /// The market prices of a source, as far as they are at hand.
    pub fn spot(&self, source: &str) -> Option<&SpotPrices> {
        self.spot.iter().find(|(name, _)| name.as_str() == source).map(|(_, prices)| &**prices)
    }

    /// Takes market prices in; a price that was known is replaced.
    pub fn put_spot(&mut self, source: &Name, prices: &SpotPrices) {
        let known = Arc::make_mut(self.spot.get_or_default(source));
        known.0.extend(prices.0.iter().map(|(slot, price)| (*slot, *price)));
    }

    /// Forgets market prices of slots before one; they stay in the store.
    pub fn forget_spot(&mut self, first: Slot) {
        let is_old = |prices: &SpotPrices| prices.0.first_key_value().is_some_and(|p| *p.0 < first);
        let old = self.spot.iter().filter(|(_, prices)| is_old(prices));
        let old: Vec<Name> = old.map(|(source, _)| source.clone()).collect();
        for source in old {
            let prices = Arc::make_mut(self.spot.get_or_default(&source));
            prices.0 = prices.0.split_off(&first);
        }
    }

    /// True where another copy holds the same: neither changed since they were one.
    pub fn shares_all(&self, other: &UsageBook) -> bool {
        self.days.shares_all(&other.days) && self.spot.shares_all(&other.spot)
    }

    /// Every device and quantity that has any use.
    pub fn counters(&self) -> impl Iterator<Item = &(Name, Quantity)> {
        self.days.keys()
    }

    /// All of it, by counter and day.
    pub fn all(&self) -> impl Iterator<Item = (&(Name, Quantity), &SharedMap<UtcDay, PackedDay>)> {
        self.days.iter()
    }

    /// The local days from `first` until before `next` on which a device used anything: how much,
    /// in micro-units, and whether a part of it is an estimate.
    pub fn local_days(
        &self,
        device: &Name,
        quantity: Quantity,
        zone: &TimeZone,
        (first, next): (Date, Date),
    ) -> Vec<(Date, i64, bool)> {
        let mut told = Vec::new();
        let mut day = first;
        while day < next {
            let used = self.used(device, quantity, zone, (day, plus_days(day, 1)));
            if !used.slots().is_empty() {
                let estimated = used.slots().iter().any(|of_slot| of_slot.estimated);
                told.push((day, used.total(), estimated));
            }
            day = plus_days(day, 1);
        }
        told
    }
}

/// The quantity that a tariff's unit prices.
pub fn priced_quantity(tariff: &Tariff) -> Quantity {
    quantity_of(&tariff.utility)
}

/// The utilities that there are tariffs of.
pub const UTILITIES: [&str; 5] = ["electricity", "water", "gas", "heat", "cooling"];

/// The quantity that a utility delivers.
pub fn quantity_of(utility: &Name) -> Quantity {
    match utility.as_str() {
        "water" => Quantity::Water,
        "gas" => Quantity::Gas,
        "heat" => Quantity::Heat,
        "cooling" => Quantity::Cooling,
        _ => Quantity::Energy,
    }
}

/// A local day's use, of which only the sum is known, spread evenly over its 23 to 25 hours.
pub fn of_day(zone: &TimeZone, day: Date, micro: i64) -> Vec<SlotUse> {
    let first = Slot::of(midnight(day, zone));
    let next = Slot::of(midnight(plus_days(day, 1), zone));
    let count = next.0.saturating_sub(first.0).max(1);
    let (each, more) = (micro.div_euclid(count), micro.rem_euclid(count));
    let of_slot = |step| SlotUse {
        slot: first.plus(step),
        micro: each + i64::from(step < more),
        estimated: true,
        ..SlotUse::default()
    };
    (0..count).map(of_slot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<jiff::Timestamp>().expect("time").as_millisecond())
    }

    fn washer() -> Name {
        Name::parse("washer").expect("a name")
    }

    #[test]
    fn use_is_found_by_local_days_and_days_before_are_forgotten() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let mut book = UsageBook::default();
        let day = |d| jiff::civil::date(2026, 11, d);
        for (text, micro) in [
            ("2026-11-20T23:50+08:00", 1),
            ("2026-11-21T00:00+08:00", 10),
            ("2026-11-21T23:59+08:00", 100),
            ("2026-11-22T00:00+08:00", 1_000),
        ] {
            let used = [SlotUse { slot: Slot::of(at(text)), micro, ..SlotUse::default() }];
            book.add(&washer(), Quantity::Energy, &used);
        }
        let total = |book: &UsageBook, first, next| {
            book.used(&washer(), Quantity::Energy, &zone, (day(first), day(next))).total()
        };
        assert_eq!((total(&book, 21, 22), total(&book, 20, 23)), (110, 1_111));
        let taken = [SlotUse {
            slot: Slot::of(at("2026-11-21T00:00+08:00")),
            micro: -3,
            estimated: true,
            ..SlotUse::default()
        }];
        book.add(&washer(), Quantity::Energy, &taken);
        assert_eq!(total(&book, 21, 22), 107, "a correction takes away");
        book.forget(&washer(), Quantity::Energy, UtcDay::of(at("2026-11-21T00:00Z")));
        assert_eq!(total(&book, 20, 23), 1_100);
    }

    #[test]
    fn a_day_of_which_only_the_sum_is_known_is_spread() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        for (text, slots) in [("2026-03-29", 92), ("2026-06-15", 96), ("2026-10-25", 100)] {
            let used = of_day(&zone, text.parse().expect("a day"), 1_000);
            assert_eq!((used.len(), used.iter().map(|u| u.micro).sum::<i64>()), (slots, 1_000));
        }
    }
}
