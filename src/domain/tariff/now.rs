//! What the next unit costs, and when that changes.

use super::charge::{ChargePart, CreditBy};
use super::cut::PricedUse;
use super::day::DayOf;
use super::ladder::Counter;
use super::part::with_levies;
use super::slot::{SLOT_S, Slot, SlotPart, Use};
use super::spot::SpotPrices;
use super::supply::{Prior, Supply, Unpriced};
use super::walk::Walk;
use crate::limits::window::{midnight, plus_days};
use crate::meter::units;
use crate::time::UnixMs;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// How far ahead every window is looked at for the next change, in days.
const AHEAD_DAYS: i64 = 8;

/// How far ahead seasons and versions are looked at, in days.
const FAR_AHEAD_DAYS: i64 = 400;

/// A price that will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceChange {
    pub at: UnixMs,
    /// In major units for one unit.
    pub price: Decimal,
    pub window: String,
}

/// What one unit costs at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceNow {
    /// In major units for one unit, with adders, taxes and what is taken off for each unit.
    pub price: Decimal,
    pub window: String,
    /// The season; unset where there is only one.
    pub season: Option<String>,
    /// The tier, from 1; unset where there are none.
    pub tier: Option<usize>,
    /// How much is left in it, in units; unset in the last.
    pub left_in_tier: Option<Decimal>,
    /// Since when the version holds; unset where nobody said.
    pub version: Option<Date>,
    /// True when a price stood in for one that is missing.
    pub estimated: bool,
    /// The next change, tiers aside; unset where none is known.
    pub next: Option<PriceChange>,
}

/// A price, and where it was found.
struct LocatedPrice {
    day: DayOf,
    window: usize,
    tier: usize,
    left: Option<Decimal>,
    price: Decimal,
    estimated: bool,
}

impl Supply<'_> {
    /// What the next unit costs. `reached` is what each ladder's counter has reached by then, in
    /// micro-units: see [`Supply::reached`].
    ///
    /// # Errors
    /// What is missing for a price.
    pub fn price_at(
        &self,
        at: UnixMs,
        reached: &[i64],
        spot: &SpotPrices,
    ) -> Result<PriceNow, Unpriced> {
        let today = self.day_at(at)?;
        let now = self.found(at, (today.date, reached), spot)?;
        let version = self.version(now.day.version);
        let many = version.seasons.len() > 1;
        let season = version.seasons.get(now.day.season).filter(|_| many);
        let tiered = version.ladder(now.window).is_some();
        Ok(PriceNow {
            price: now.price.normalize(),
            window: version.windows.get(now.window).cloned().unwrap_or_default(),
            season: season.map(|season| season.name.clone()),
            tier: tiered.then_some(now.tier + 1),
            left_in_tier: now.left.map(|left| left.normalize()),
            version: version.from,
            estimated: now.estimated,
            next: self.next_change(at, &now, (today.date, reached), spot),
        })
    }

    /// The first day whose use decides what the days from `first` on cost.
    pub fn counted_since(&self, first: Date) -> Date {
        let Ok((version, _)) = self.version_on(first) else { return first };
        let bill = self.bill_around(first);
        let ladders = self.version(version).ladders.iter();
        let runs = ladders.map(|ladder| self.run(ladder.counter, first, bill).0);
        runs.min().unwrap_or(first).min(first)
    }

    /// The bill that a day will be on: its cycle of months.
    pub fn bill_around(&self, day: Date) -> (Date, Date) {
        match self.terms.cycle_start {
            Some(start) => super::day::cycle_of(day, start, self.cycle_months()),
            None => self.run(Counter::Month, day, (day, day)),
        }
    }

    /// What each ladder's counter has reached at an instant, in micro-units; `used` is the home's
    /// use since [`Supply::counted_since`].
    ///
    /// # Errors
    /// What is missing to know it.
    pub fn reached(&self, used: &Use, at: UnixMs) -> Result<Vec<i64>, Unpriced> {
        let today = self.day_at(at)?;
        let bill = self.bill_around(today.date);
        let version = self.version(today.version);
        let mut reached = Vec::with_capacity(version.ladders.len());
        for ladder in &version.ladders {
            let since = self.run(ladder.counter, today.date, bill).0;
            let slots = used.between(midnight(since, self.zone), at);
            let mut sum = 0_i64;
            let mut seen: Option<DayOf> = None;
            for of_slot in slots {
                let start = of_slot.start();
                if ladder.windows.len() < version.windows.len() || ladder.by_season {
                    let day = match seen {
                        Some(day) if start < day.next => day,
                        Some(_) | None => self.day_at(start)?,
                    };
                    seen = Some(day);
                    let other = (day.version, day.season) != (today.version, today.season);
                    if (ladder.by_season && other)
                        || !ladder.windows.contains(&self.window_at(&day, start))
                    {
                        continue;
                    }
                }
                sum = sum.saturating_add(of_slot.micro);
            }
            reached.push(sum);
        }
        Ok(reached)
    }

    /// The day on which the counter of the tier in force at an instant starts anew; none where
    /// there is none.
    ///
    /// # Errors
    /// What is missing to know it.
    pub fn counter_ends(&self, at: UnixMs) -> Result<Option<Date>, Unpriced> {
        let day = self.day_at(at)?;
        let version = self.version(day.version);
        let ladder = version.ladder(self.window_at(&day, at));
        let ladder = ladder.and_then(|at| version.ladders.get(at));
        Ok(ladder.map(|l| self.run(l.counter, day.date, self.bill_around(day.date)).1))
    }

    /// The days that the counter of the tier in force at an instant runs over: the first, and the
    /// day after the last; none where there is none.
    ///
    /// # Errors
    /// What is missing to know it.
    pub fn counter_days(&self, at: UnixMs) -> Result<Option<(Date, Date)>, Unpriced> {
        let day = self.day_at(at)?;
        let version = self.version(day.version);
        let ladder = version.ladder(self.window_at(&day, at));
        let ladder = ladder.and_then(|at| version.ladders.get(at));
        Ok(ladder.map(|l| self.run(l.counter, day.date, self.bill_around(day.date))))
    }

    /// The price at an instant, when counters had reached so much on `as_of`.
    fn found(
        &self,
        at: UnixMs,
        (as_of, reached): (Date, &[i64]),
        spot: &SpotPrices,
    ) -> Result<LocatedPrice, Unpriced> {
        let day = self.day_at(at)?;
        let window = self.window_at(&day, at);
        let version = self.version(day.version);
        let (mut tier, mut left) = (0, None);
        if let Some(ladder) = version.ladder(window) {
            let counter = version.ladders[ladder].counter;
            let prior = Prior::Known(reached.to_vec());
            let bill = self.bill_around(day.date);
            let same = self.run(counter, as_of, self.bill_around(as_of)).0
                == self.run(counter, day.date, bill).0;
            let none = Prior::Known(Vec::new());
            let mut walk = Walk::new(self, if same { &prior } else { &none }, bill.into());
            let (_, bounds) = walk.reached(&day, ladder)?;
            let reached = units(reached.get(ladder).copied().filter(|_| same).unwrap_or(0));
            tier = bounds.iter().take_while(|bound| reached >= **bound).count();
            left = bounds.get(tier).and_then(|bound| bound.checked_sub(reached));
        }
        let piece = PricedUse {
            version: day.version,
            season: day.season,
            window,
            tier,
            slot: Some(SlotPart { slot: Slot::of(at), minute: 0 }),
            units: Decimal::ONE,
            estimated: false,
        };
        let (price, estimated) = self.unit_price(&piece, spot)?;
        Ok(LocatedPrice { day, window, tier, left, price, estimated })
    }

    /// What one more unit of a piece adds to the bill.
    pub(super) fn unit_price(
        &self,
        piece: &PricedUse,
        spot: &SpotPrices,
    ) -> Result<(Decimal, bool), Unpriced> {
        let (mut parts, estimated) = self.unit_parts(piece, spot)?;
        let version = self.version(piece.version);
        for (at, credit) in version.credits.iter().enumerate() {
            match credit.by {
                CreditBy::Unit { amount, up_to: None } if credit.max.is_none() => {
                    parts.push((ChargePart::Credit(at), -amount));
                }
                CreditBy::Unit { .. } | CreditBy::Percent { .. } | CreditBy::Fixed { .. } => {}
            }
        }
        let price = with_levies(version, &parts).ok_or(Unpriced::TooLarge)?;
        Ok((price, estimated))
    }

    fn next_change(
        &self,
        at: UnixMs,
        now: &LocatedPrice,
        reached: (Date, &[i64]),
        spot: &SpotPrices,
    ) -> Option<PriceChange> {
        let today = now.day.date;
        let mut instants = Vec::new();
        for ahead in 0..AHEAD_DAYS {
            let Ok(day) = self.day(plus_days(today, ahead)) else { break };
            instants.push(day.start);
            match &self.version(day.version).spot {
                Some(rule) => {
                    let step = i64::from(rule.minutes) * 60 / SLOT_S;
                    let slots = (Slot::of(day.start).0..Slot::of(day.next).0)
                        .step_by(usize::try_from(step.max(1)).unwrap_or(1));
                    instants.extend(slots.map(|slot| Slot(slot).start()));
                }
                None => instants.extend(self.spans(&day).iter().filter_map(|span| {
                    let (hour, minute) = (span.from / 60, span.from % 60);
                    let time =
                        day.date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                    let zoned = time.to_zoned(self.zone.clone()).ok()?;
                    Some(UnixMs::from_zoned(&zoned))
                })),
            }
        }
        let last = plus_days(today, FAR_AHEAD_DAYS);
        for version in &self.plan.versions {
            instants.extend(version.from.map(|from| midnight(from, self.zone)));
        }
        for season in &self.version(now.day.version).seasons {
            for year in [today.year(), today.year().saturating_add(1)] {
                let first = Date::new(year, season.from.month, season.from.day).ok();
                instants.extend(first.map(|first| midnight(first, self.zone)));
            }
        }
        instants.retain(|instant| *instant > at && *instant <= midnight(last, self.zone));
        instants.sort_unstable();
        instants.dedup();
        for instant in instants {
            // What is not known yet is no change.
            let found = self.found(instant, reached, spot).ok()?;
            if found.price != now.price {
                let windows = &self.version(found.day.version).windows;
                let window = windows.get(found.window).cloned().unwrap_or_default();
                return Some(PriceChange { at: instant, price: found.price.normalize(), window });
            }
        }
        None
    }
}
