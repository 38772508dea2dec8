//! A device measured: what was used. What that costs, and whether to warn, is looked at by the
//! clock.

use super::{admit, phases};
use crate::book::Book;
use crate::decision::{Change, Decision, Effect};
use crate::event::{DeviceStatus, ReadingTime, ReadingValue, Stamp, ValueSemantics};
use crate::facts::{Around, Facts};
use crate::fault_injection::{InjectedFault, is_injected};
use crate::household::{Device, DeviceKind};
use crate::ids::Name;
use crate::limits::window::midnight;
use crate::marks::{Mark, reached};
use crate::meter::{Meter, Quantity, ReadingOutcome, RiseBounds, SLACK_PCT, Shown};
use crate::tariff::{Divider, Slot, SlotUse, Tariff, Use};
use crate::time::UnixMs;
use crate::usage::priced_quantity;
use crate::usage::register::in_window;
use std::collections::BTreeMap;

/// What a whole home can draw, and an appliance of which neither its owner nor its profile says what
/// it can, in watts: three phases of 63 A at 230 V.
const HOME_W_MAX: u32 = 43_470;

/// From how much on a negative power is no noise, in micro-watts: one watt.
const FEEDS_IN_MICRO_W_MIN: i64 = 1_000_000;

/// What a home's water or gas pipe can carry, in micro-m³ an hour.
const FLOW_MICRO_MAX: i64 = 16_000_000;

/// By how much a clock that is put back leaves the order of messages as it is, in milliseconds.
const CLOCK_BACK_MS_MAX: i64 = 1_000;

/// What a device said.
pub struct ReadingInput<'a> {
    pub device: &'a Name,
    pub at: ReadingTime,
    pub values: &'a [ReadingValue],
    /// True when the broker kept it from earlier.
    pub retained: bool,
    /// What else it said.
    pub status: &'a DeviceStatus,
}

pub fn reading_taken(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    heard: &ReadingInput<'_>,
    now: UnixMs,
) -> Decision {
    let mut decision = Decision::nothing();
    if let Some(stamp) = stamp {
        match admit(facts.book, stamp, now) {
            Ok(window) => {
                decision
                    .changes
                    .push(Change::ReplayWindowAdvanced { signer: stamp.signer.clone(), window });
            }
            Err(_) => return decision,
        }
    }
    let (book, id) = (facts.book, heard.device);
    let Some(device) = book.household.devices.get(id) else { return decision };
    let mut desk = ReadingDecision {
        book,
        around: &facts.around,
        id,
        device,
        heard,
        decision,
        sight: heard.status.clone(),
    };
    for value in heard.values {
        desk.read(value);
    }
    if heard.status.online == Some(false) {
        desk.power_ended(now);
    }
    for part in &heard.status.power_unknown {
        desk.power_of_part_ended(part.as_deref(), now);
    }
    let ReadingDecision { mut decision, sight, .. } = desk;
    if device.phases_net {
        phases::net(&mut decision);
    }
    let known = book.sightings.get(id).cloned().unwrap_or_default();
    if let Some(sighting) = known.after(&sight, now, heard.retained) {
        let (device, sighting) = (id.clone(), Box::new(sighting));
        decision.changes.push(Change::Sighted { device, sighting });
    }
    decision.effects.push(Effect::Refresh(Some(id.clone())));
    decision
}

/// The values of one message, one after the other.
pub(super) struct ReadingDecision<'a> {
    pub(super) book: &'a Book,
    around: &'a BTreeMap<(Name, Quantity), Around>,
    pub(super) id: &'a Name,
    pub(super) device: &'a Device,
    heard: &'a ReadingInput<'a>,
    pub(super) decision: Decision,
    sight: DeviceStatus,
}

impl ReadingDecision<'_> {
    /// The counter as it stands after what was read of this message so far: it may tell several channels.
    pub(super) fn meter(&self, quantity: Quantity) -> Meter {
        let moved = self.decision.changes.iter().rev().find_map(|change| {
            let (Change::Read { quantity: of, meter, .. }
            | Change::MeterMoved { quantity: of, meter, .. }) = change
            else {
                return None;
            };
            (*of == quantity).then_some(meter)
        });
        let known = || self.book.meters.get(&(self.id.clone(), quantity));
        moved.or_else(known).cloned().unwrap_or_default()
    }

    /// Shares use out over time by the windows of what supplies the device.
    pub(super) fn divider(&self) -> Divider<'_> {
        Divider::of(self.tariff().map(|tariff| tariff.supply(&self.book.home)))
    }

    pub(super) fn note(&mut self, reason: &str, quantity: Quantity) {
        self.sight.reasons.push((reason.to_owned(), quantity.as_str().to_owned()));
    }

    fn read(&mut self, value: &ReadingValue) {
        let (quantity, retained) = (self.counted_as(value.quantity), self.heard.retained);
        let whole = self.meter(quantity);
        let mut bounds = bounds(self.device, quantity, &value.semantics);
        let arrived = Shown { at: self.heard.at.at(), micro: value.micro };
        let part = value.semantics.part.as_deref();
        let of_part = |whole: &Meter, shown| match part {
            Some(part) => whole.part(part, bounds, shown),
            None => whole.clone(),
        };
        let known = of_part(&whole, arrived);
        let at = in_order(&known, self.heard.at);
        let shown = Shown { at, micro: value.micro };
        if retained && whole.last.is_some() && whole.priority != value.semantics.priority {
            return;
        }
        let Some(whole) = whole.by_source(value.semantics.priority, at) else { return };
        let meter = of_part(&whole, shown);
        if known.last.is_some_and(|last| shown.micro < last.micro) {
            let zone = &self.book.home.zone;
            bounds.midnight = Some(midnight(at.in_zone(zone).date(), zone));
        }
        let Some(meter) = meter.netted(value.semantics.net, shown) else {
            self.note("counter_alone", quantity);
            return;
        };
        let before = meter.clone();
        let (meter, taken) = match (quantity.is_counter(), value.semantics.interval) {
            (true, true) => meter.add(bounds, shown, retained),
            (true, false) => {
                meter.read_marked(bounds, shown, retained, value.semantics.marker.as_deref())
            }
            (false, _) if i128::from(shown.micro) > power_micro_max(bounds) => {
                self.note("power_too_large", quantity);
                return;
            }
            (false, _) => gauge(meter, shown, retained),
        };
        match taken {
            ReadingOutcome::Dropped => self.note("held_drop", quantity),
            ReadingOutcome::Rejected => {
                reached(Mark::ReadingHeld);
                self.note("held_jump", quantity)
            }
            ReadingOutcome::Waiting => self.note("held_until_clear", quantity),
            ReadingOutcome::Late => self.note("held_late", quantity),
            ReadingOutcome::NewDay => self.note("day_began", quantity),
            ReadingOutcome::Proved { .. } => self.note("held_counted", quantity),
            ReadingOutcome::Restarted { .. } => self.note("counter_restarted", quantity),
            ReadingOutcome::Ignored => {
                self.late(value, shown);
                return;
            }
            ReadingOutcome::Baseline | ReadingOutcome::Used { .. } => {}
        }
        let rise = match (value.semantics.interval, before.last) {
            (false, Some(last)) => shown.micro.saturating_sub(last.micro),
            (true, _) | (false, None) => shown.micro,
        };
        self.warn(quantity, taken, (&before, at, rise), bounds);
        self.end_doubt((quantity, value.semantics.interval), taken, (&before, &meter), at);
        let window = value.semantics.window.as_deref();
        let used = match taken {
            ReadingOutcome::Used { from, micro } | ReadingOutcome::Restarted { from, micro } => {
                self.split(window, (from, at), micro)
            }
            ReadingOutcome::Proved { from, micro } => {
                estimated(self.split(window, (from, at), micro))
            }
            ReadingOutcome::Baseline
            | ReadingOutcome::Dropped
            | ReadingOutcome::Rejected
            | ReadingOutcome::Waiting
            | ReadingOutcome::Late
            | ReadingOutcome::NewDay
            | ReadingOutcome::Ignored => Vec::new(),
        };
        let used =
            if quantity == Quantity::Energy && self.feeds_in() { self.fed_in(used) } else { used };
        let bound_micro = quantity.is_counter().then_some(bounds.per_hour_micro);
        let meter = Meter { bound_micro, ..meter };
        let whole = match part {
            Some(part) => whole.with_part(part, meter),
            None => meter,
        };
        let micro = whole.last.filter(|_| part.is_some()).map_or(shown.micro, |last| last.micro);
        self.keep(quantity, whole, Shown { micro, ..shown }, used);
        let gap_s = value.semantics.integrate_gap_s.filter(|_| quantity == Quantity::Power);
        if let Some(gap_s) = gap_s.filter(|_| !matches!(taken, ReadingOutcome::Ignored)) {
            self.integrate(&before, at, gap_s, value.semantics.priority);
        }
    }

    /// What was used between two instants, shared out by time; within a window of the device's tariff
    /// where it is of a register for that one.
    fn split(
        &self,
        window: Option<&str>,
        (from, to): (UnixMs, UnixMs),
        micro: i64,
    ) -> Vec<SlotUse> {
        let Some(window) = window else {
            return self.divider().spread((from, to), micro);
        };
        in_window(self.tariff(), &self.book.home, window, (from, to), micro)
    }

    fn tariff(&self) -> Option<&Tariff> {
        let tariff = self.device.tariff.as_ref();
        tariff.and_then(|id| self.book.household.tariffs.get(id))
    }

    /// What a device that produces counts is sent out; energy under a tariff for heat or cold is
    /// heat or cold.
    pub(super) fn counted_as(&self, quantity: Quantity) -> Quantity {
        match (self.device.kind, quantity, self.tariff().map(priced_quantity)) {
            (DeviceKind::Production, Quantity::Energy, _) => Quantity::EnergyExport,
            (_, Quantity::Energy, Some(priced @ (Quantity::Heat | Quantity::Cooling))) => priced,
            (_, quantity, _) => quantity,
        }
    }

    /// True for an appliance that feeds in, by the sign of its power, and has no counter for it: what its
    /// only counter rises by is produced.
    fn feeds_in(&self) -> bool {
        // What it rose by was drawn or produced under the power that held until now.
        let told = self.heard.values.iter().find(|value| value.quantity == Quantity::Power);
        let known = self.meter(Quantity::Power).last.map(|last| last.micro);
        let power = known.or(told.map(|value| value.micro));
        self.device.kind == DeviceKind::Appliance
            && power.is_some_and(|micro_w| micro_w <= -FEEDS_IN_MICRO_W_MIN)
            && self.meter(Quantity::EnergyExport).last.is_none()
    }

    /// Counts what was produced as sent out; what is left as used is nothing.
    fn fed_in(&mut self, produced: Vec<SlotUse>) -> Vec<SlotUse> {
        if produced.iter().all(|of_slot| of_slot.micro == 0) {
            return produced;
        }
        self.note("fed_in", Quantity::Energy);
        self.decision.changes.push(Change::MeterMoved {
            device: self.id.clone(),
            quantity: Quantity::EnergyExport,
            meter: self.meter(Quantity::EnergyExport),
            added: produced,
        });
        Vec::new()
    }

    /// A reading from between two others: what was shared out between those by time is now known
    /// better. The sum does not change, so no limit or total does; only when it was used.
    fn late(&mut self, value: &ReadingValue, shown: Shown) {
        // What parts of a device showed is not kept by part: only their sum is.
        if let Some(part) = &value.semantics.part {
            let meter = self.meter(self.counted_as(value.quantity));
            let last = meter.parts.get(part).and_then(|part| part.last);
            let told = matches!(self.heard.at, ReadingTime::Reported(_)) && !self.heard.retained;
            if told && last.is_some_and(|last| shown.at < last.at) {
                self.note("late_not_taken", value.quantity);
            }
            return;
        }
        let key = (self.id.clone(), value.quantity);
        let Some(Around { before: Some(before), same: None, after: Some(after) }) =
            self.around.get(&key).copied()
        else {
            return;
        };
        let fits = before.micro <= shown.micro && shown.micro <= after.micro;
        // Where a counter began anew in between, less was used than the difference.
        let span = (Slot::of(before.at).start(), Slot::of(after.at).next().start());
        let used = self.book.usage.between(self.id, value.quantity, span).total();
        let whole = used >= after.micro.saturating_sub(before.micro);
        if value.semantics.interval || !fits || !whole || self.heard.retained {
            return;
        }
        let mut divider = self.divider();
        let mut part =
            |from: Shown, to: Shown| divider.spread((from.at, to.at), to.micro - from.micro);
        let taken = part(before, after).into_iter();
        let taken = taken.map(|of| SlotUse { micro: -of.micro, estimated: false, ..of });
        let better = part(before, shown).into_iter().chain(part(shown, after));
        let added = Use::new(taken.chain(better)).slots().to_vec();
        self.note("late_reading", value.quantity);
        self.decision.changes.push(Change::Read {
            device: self.id.clone(),
            quantity: value.quantity,
            meter: self.meter(value.quantity),
            micro: shown.micro,
            at: shown.at,
            added,
        });
    }

    pub(super) fn keep(
        &mut self,
        quantity: Quantity,
        meter: Meter,
        shown: Shown,
        mut used: Vec<SlotUse>,
    ) {
        if is_injected(InjectedFault::UseCountedTwice) {
            used.extend(used.clone());
        }
        let nothing = used.iter().all(|of_slot| of_slot.micro == 0);
        self.decision.changes.push(Change::Read {
            device: self.id.clone(),
            quantity,
            meter,
            micro: shown.micro,
            at: shown.at,
            added: if nothing { Vec::new() } else { used },
        });
    }
}

/// When in their time so much was used is not known.
fn estimated(mut used: Vec<SlotUse>) -> Vec<SlotUse> {
    used.iter_mut().for_each(|of_slot| of_slot.estimated = true);
    used
}

/// When a reading counts: one whose time is that of its message comes after the one before it, though
/// both were heard in the same millisecond or the clock was put back a little in between.
fn in_order(known: &Meter, measured: ReadingTime) -> UnixMs {
    match (measured, known.newest()) {
        (ReadingTime::Received(at), Some(newest))
            if (0..=CLOCK_BACK_MS_MAX).contains(&newest.since_ms(at)) =>
        {
            newest.plus_ms(1)
        }
        (ReadingTime::Received(at) | ReadingTime::Reported(at), _) => at,
    }
}

/// The most power that a reading may claim, in micro-watts: a thousandth of it is what the device may
/// draw in an hour in micro-kWh; with the counters' slack.
fn power_micro_max(bounds: RiseBounds) -> i128 {
    i128::from(bounds.per_hour_micro) * 1_000 * SLACK_PCT / 100
}

fn gauge(meter: Meter, shown: Shown, retained: bool) -> (Meter, ReadingOutcome) {
    if retained || meter.last.is_some_and(|last| shown.at < last.at) {
        return (meter, ReadingOutcome::Ignored);
    }
    (Meter { last: Some(shown), aside: None, ended: None, ..meter }, ReadingOutcome::Baseline)
}

/// What bounds the rise of a device's counter.
pub(super) fn bounds(device: &Device, quantity: Quantity, how: &ValueSemantics) -> RiseBounds {
    let watts = device.max_power_w.unwrap_or(match (device.kind, how.most_w) {
        // Whatever it is read with, it measures a home.
        (DeviceKind::Meter, most_w) => most_w.unwrap_or(0).max(HOME_W_MAX),
        (DeviceKind::Appliance | DeviceKind::Speaker | DeviceKind::Production, most_w) => {
            most_w.unwrap_or(HOME_W_MAX)
        }
    });
    let per_hour_micro = match quantity {
        Quantity::Energy
        | Quantity::EnergyExport
        | Quantity::Power
        | Quantity::Heat
        | Quantity::Cooling => i64::from(watts) * 1_000,
        Quantity::Water | Quantity::Gas => FLOW_MICRO_MAX,
    };
    let stated = device.modulus.and_then(|m| quantity.micro(m, quantity.unit()));
    RiseBounds { per_hour_micro, modulus_micro: stated.or(how.modulus_micro), midnight: None }
}
