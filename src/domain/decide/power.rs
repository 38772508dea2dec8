//! Power that is added up to energy: how long a word of it holds, and what ends it.

use super::reading::ReadingDecision;
use crate::book::Book;
use crate::decision::{Change, Decision};
use crate::integral::drawn;
use crate::meter::{Meter, Quantity, Shown};
use crate::time::UnixMs;

/// How long after the hub stopped a power that was told before may still hold, in milliseconds.
const HELD_OVER_STOP_MS: i64 = 900_000;

/// How long a power holds at most where a device says that it is there and tells only what changes, in
/// milliseconds: one day.
const POWER_HOLDS_MS_MAX: i64 = 86_400_000;

impl ReadingDecision<'_> {
    /// Energy of a power that held until another was told.
    pub(super) fn integrate(&mut self, power: &Meter, at: UnixMs, gap_s: u32, priority: u8) {
        let Some(told) = power.last else { return };
        let quantity = self.counted_as(Quantity::Energy);
        let known = self.meter(quantity);
        let (known_at, known_priority) = (known.last.map(|last| last.at), known.priority);
        let Some(mut meter) = known.by_source(priority, at) else { return };
        let until = self.held_until(power, told.at, at, i64::from(gap_s) * 1_000);
        if until < at {
            self.note("gap_not_counted", Quantity::Power);
        }
        // Where another source counted meanwhile, nothing is counted twice.
        let counted = known_at.filter(|_| known_priority != priority);
        let told = Shown { at: counted.map_or(told.at, |counted| counted.max(told.at)), ..told };
        let (micro, rest) = drawn(told, until, meter.rest);
        let total = meter.last.map_or(0, |last| last.micro).saturating_add(micro);
        let shown = Shown { at, micro: total };
        meter.last = Some(shown);
        meter.rest = rest;
        let used = self.divider().spread((told.at, until), micro);
        self.keep(quantity, meter, shown, used);
    }

    /// Until when a power held that was told at one time, where the next word came at another. A device
    /// that tells what changes is silent while nothing does: as long as it says that it is there, its
    /// last word holds.
    fn held_until(&self, power: &Meter, told: UnixMs, at: UnixMs, gap_ms: i64) -> UnixMs {
        if let Some(ended) = power.ended {
            return at.min(ended.max(told));
        }
        let there = self.book.sightings.get(self.id).is_some_and(|s| s.online == Some(true));
        at.min(told.plus_ms(if there { POWER_HOLDS_MS_MAX } else { gap_ms }))
    }

    /// The device says that it is gone: what it draws from here on is not known.
    pub(super) fn power_ended(&mut self, now: UnixMs) {
        let meter = self.meter(Quantity::Power);
        if meter.last.is_none() || meter.ended.is_some() {
            return;
        }
        self.keep_power(meter.ended_at(now));
    }

    /// One of its parts has no power to tell, such as a sensor that is unavailable.
    pub(super) fn power_of_part_ended(&mut self, part: Option<&str>, now: UnixMs) {
        let Some(part) = part else { return self.power_ended(now) };
        let mut whole = self.meter(Quantity::Power);
        let Some(meter) = whole.parts.get_mut(part).filter(|meter| meter.ended.is_none()) else {
            return;
        };
        meter.ended = Some(now);
        self.keep_power(whole);
    }

    fn keep_power(&mut self, meter: Meter) {
        let (device, quantity) = (self.id.clone(), Quantity::Power);
        let added = Vec::new();
        self.decision.changes.push(Change::MeterMoved { device, quantity, meter, added });
    }
}

/// The hub did not hear what was drawn while it was away: a power that was told before holds for a while
/// and no longer.
pub(super) fn powers_ended(book: &Book, decision: &mut Decision) {
    let ended = book.seen.plus_ms(HELD_OVER_STOP_MS);
    let powers = book.meters.iter().filter(|((_, of), meter)| {
        *of == Quantity::Power && meter.last.is_some() && meter.ended.is_none()
    });
    for ((device, quantity), meter) in powers {
        let (device, quantity) = (device.clone(), *quantity);
        let meter = meter.clone().ended_at(ended);
        decision.changes.push(Change::MeterMoved { device, quantity, meter, added: Vec::new() });
    }
}
