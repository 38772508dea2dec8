//! Use cut into pieces of one price: by version, season, window and tier.

use super::day::{BillingPeriod, DayOf};
use super::ladder::Crossing;
use super::slot::{MeteredUse, SlotPart, SlotUse, Use};
use super::supply::{Prior, Supply, Unpriced};
use super::walk::Walk;
use crate::limits::window::midnight;
use crate::meter::units;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Use of one price but the market's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PricedUse {
    pub(super) version: usize,
    pub(super) season: usize,
    pub(super) window: usize,
    /// From 0; also where there are no tiers.
    pub(super) tier: usize,
    /// When; unset where only a total is known.
    pub(super) slot: Option<SlotPart>,
    pub(super) units: Decimal,
    pub(super) estimated: bool,
}

/// Use that its ladder takes in one go: a tier that is crossed in it is shared in proportion.
pub(super) struct LadderGroup {
    day: DayOf,
    ladder: usize,
    run: Date,
    items: Vec<GroupedUse>,
}

pub(super) struct GroupedUse {
    pub(super) window: usize,
    pub(super) slot: Option<SlotPart>,
    pub(super) units: Decimal,
    pub(super) estimated: bool,
}

/// Use in one window.
struct WindowUse {
    window: usize,
    slot: Option<SlotPart>,
    micro: i64,
    estimated: bool,
}

impl Supply<'_> {
    /// Cuts what was measured. With `by_slot` every piece knows its slot, where slots are known.
    pub(super) fn cut(
        &self,
        measured: MeteredUse<'_>,
        prior: &Prior,
        period: BillingPeriod,
        by_slot: bool,
    ) -> Result<Vec<PricedUse>, Unpriced> {
        let mut walk = Walk::new(self, prior, period);
        match measured {
            MeteredUse::Slots(used) => self.cut_slots(used, &mut walk, prior, period, by_slot),
            MeteredUse::Registers(registers) => {
                self.cut_registers(registers, &mut walk.even(), period)
            }
        }
    }

    /// How a crossing is divided on a day; `usual` where neither household nor plan says.
    pub(super) fn crossing(&self, version: usize, usual: Crossing) -> Crossing {
        self.terms.crossing_split.or(self.version(version).crossing).unwrap_or(usual)
    }

    fn cut_slots(
        &self,
        used: &Use,
        walk: &mut Walk<'_, '_>,
        prior: &Prior,
        period: BillingPeriod,
        by_slot: bool,
    ) -> Result<Vec<PricedUse>, Unpriced> {
        let (first, next) = period.days;
        let (start, end) = (midnight(first, self.zone), midnight(next, self.zone));
        let used = &*self.aligned(used);
        if *prior == Prior::Counted {
            self.count(used, walk, period)?;
        }
        let mut pieces = Vec::new();
        let mut groups: Vec<LadderGroup> = Vec::new();
        for (day, of) in self.runs_of(used.between(start, end), by_slot)? {
            let version = self.version(day.version);
            let item = GroupedUse {
                window: of.window,
                slot: of.slot,
                units: units(of.micro),
                estimated: of.estimated,
            };
            let Some(ladder) = version.ladder(of.window) else {
                pieces.push(piece(&day, &item, 0, item.units));
                continue;
            };
            match self.crossing(day.version, Crossing::Chronological) {
                Crossing::Chronological => {
                    for (tier, part) in walk.take(&day, ladder, item.units)? {
                        pieces.push(piece(&day, &item, tier, part));
                    }
                }
                Crossing::Proportional => {
                    let run = self.run(version.ladders[ladder].counter, day.date, period.bill).0;
                    gather(&mut groups, (day, ladder, run), item)?;
                }
            }
        }
        share_out(groups, walk, &mut pieces)?;
        Ok(pieces)
    }

    /// Slots with their days; those of one window that follow each other on a day are one, where
    /// nobody must tell them apart: their order and their tiers stay.
    fn runs_of(
        &self,
        slots: &[SlotUse],
        by_slot: bool,
    ) -> Result<Vec<(DayOf, WindowUse)>, Unpriced> {
        let mut runs: Vec<(DayOf, WindowUse)> = Vec::new();
        for of_slot in slots.iter().filter(|of_slot| of_slot.micro != 0) {
            let at = of_slot.start();
            let day = match runs.last() {
                Some((day, _)) if at < day.next => *day,
                Some(_) | None => self.day_at(at)?,
            };
            let window = self.window_at(&day, at);
            let keep = by_slot || self.version(day.version).spot.is_some();
            let (micro, estimated) = (of_slot.micro, of_slot.estimated);
            match runs.last_mut() {
                Some((of, stay))
                    if !keep
                        && of.date == day.date
                        && (stay.window, stay.estimated) == (window, estimated) =>
                {
                    stay.micro = stay.micro.checked_add(micro).ok_or(Unpriced::TooLarge)?;
                }
                Some(_) | None => {
                    let slot = keep.then_some(of_slot.part());
                    runs.push((day, WindowUse { window, slot, micro, estimated }));
                }
            }
        }
        Ok(runs)
    }

    /// Counts the use before a bill, as far as its counters reach back.
    fn count(
        &self,
        used: &Use,
        walk: &mut Walk<'_, '_>,
        BillingPeriod { days: (first, _), bill }: BillingPeriod,
    ) -> Result<(), Unpriced> {
        let Ok((version, _)) = self.version_on(first) else { return Ok(()) };
        let counters = self.version(version).ladders.iter().map(|ladder| ladder.counter);
        let since = counters.map(|counter| self.run(counter, first, bill).0).min();
        let Some(since) = since.filter(|since| *since < first) else { return Ok(()) };
        let (from, to) = (midnight(since, self.zone), midnight(first, self.zone));
        let known = used.between(from, to);
        // Before the plan began it counted nothing.
        let began = known.partition_point(|of_slot| {
            let day = of_slot.start().in_zone(self.zone).date();
            self.plan.version(day).is_none()
        });
        for (day, of) in self.runs_of(known.get(began..).unwrap_or_default(), false)? {
            let version = self.version(day.version);
            let Some(ladder) = version.ladder(of.window) else { continue };
            walk.take(&day, ladder, units(of.micro))?;
        }
        Ok(())
    }
}

pub(super) fn piece(day: &DayOf, item: &GroupedUse, tier: usize, units: Decimal) -> PricedUse {
    PricedUse {
        version: day.version,
        season: day.season,
        window: item.window,
        tier,
        slot: item.slot,
        units,
        estimated: item.estimated,
    }
}

/// Adds use to the group of its version, season, ladder and run of the counter.
pub(super) fn gather(
    groups: &mut Vec<LadderGroup>,
    (day, ladder, run): (DayOf, usize, Date),
    item: GroupedUse,
) -> Result<(), Unpriced> {
    let same = |group: &LadderGroup| {
        (group.day.version, group.day.season, group.ladder, group.run)
            == (day.version, day.season, ladder, run)
    };
    let at = groups.iter().rposition(same).unwrap_or_else(|| {
        groups.push(LadderGroup { day, ladder, run, items: Vec::new() });
        groups.len() - 1
    });
    let items = &mut groups[at].items;
    let whole = |known: &&mut GroupedUse| known.slot.is_none() && known.window == item.window;
    match items.iter_mut().find(whole).filter(|_| item.slot.is_none()) {
        Some(known) => {
            known.units = known.units.checked_add(item.units).ok_or(Unpriced::TooLarge)?;
            known.estimated |= item.estimated;
        }
        None => items.push(item),
    }
    Ok(())
}

/// Gives each group to its ladder, and every item of it the group's tiers in proportion.
pub(super) fn share_out(
    groups: Vec<LadderGroup>,
    walk: &mut Walk<'_, '_>,
    pieces: &mut Vec<PricedUse>,
) -> Result<(), Unpriced> {
    for group in groups {
        let add = |sum: Decimal, item: &GroupedUse| sum.checked_add(item.units);
        let all = group.items.iter().try_fold(Decimal::ZERO, add).ok_or(Unpriced::TooLarge)?;
        let parts = walk.take(&group.day, group.ladder, all)?;
        for item in &group.items {
            let mut left = item.units;
            for (place, (tier, part)) in parts.iter().enumerate() {
                let last = place + 1 == parts.len();
                let units = if last { Some(left) } else { proportion(item.units, *part, all) };
                let units = units.ok_or(Unpriced::TooLarge)?;
                left = left.checked_sub(units).ok_or(Unpriced::TooLarge)?;
                pieces.push(piece(&group.day, item, *tier, units));
            }
        }
    }
    Ok(())
}

/// `of × part / all`, exact where it has an end.
fn proportion(of: Decimal, part: Decimal, all: Decimal) -> Option<Decimal> {
    if all.is_zero() { Some(Decimal::ZERO) } else { of.checked_mul(part)?.checked_div(all) }
}
