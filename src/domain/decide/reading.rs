//! A device measured: what was used. What that costs, and whether to warn, is looked at by the
//! clock.

use super::admit;
use super::answer::raise;
use crate::domain::alert::{Alert, AlertKind, Severity};
use crate::domain::book::Book;
use crate::domain::decision::{Change, Decision, Effect};
use crate::domain::event::{How, Measured, Sight, Stamp, Value};
use crate::domain::facts::{Around, Facts};
use crate::domain::household::{Device, DeviceKind};
use crate::domain::ids::Name;
use crate::domain::integral::{Between, between};
use crate::domain::meter::{Bounds, Meter, Quantity, Shown, Taken};
use crate::domain::tariff::{Slot, SlotUse, Use};
use crate::domain::time::UnixMs;
use crate::domain::usage::split_by_slot;
use std::collections::BTreeMap;

/// What an appliance can draw where nothing is stated, in watts: 32 A at 230 V.
const APPLIANCE_W_MAX: u32 = 7_360;

/// What a home can draw where nothing is stated, in watts: three phases of 63 A at 230 V.
const METER_W_MAX: u32 = 43_470;

/// What a home's water or gas pipe can carry, in micro-m³ an hour.
const FLOW_MICRO_MAX: i64 = 16_000_000;

/// By how much a clock that is put back leaves the order of messages as it is, in milliseconds.
const CLOCK_BACK_MS_MAX: i64 = 1_000;

/// What a device said.
pub struct Heard<'a> {
    /// The device.
    pub device: &'a Name,
    /// When it measured.
    pub at: Measured,
    /// What it measured.
    pub values: &'a [Value],
    /// True when the broker kept it from earlier.
    pub retained: bool,
    /// What else it said.
    pub sight: &'a Sight,
}

/// Decides a reading.
pub fn reading_taken(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    heard: &Heard<'_>,
    now: UnixMs,
) -> Decision {
    let mut decision = Decision::nothing();
    if let Some(stamp) = stamp {
        match admit(facts.book, stamp, now) {
            Ok(window) => {
                decision.changes.push(Change::Heard { signer: stamp.signer.clone(), window });
            }
            Err(_) => return decision,
        }
    }
    let (book, id) = (facts.book, heard.device);
    let Some(device) = book.household.devices.get(id) else { return decision };
    let mut desk = Desk {
        book,
        around: &facts.around,
        id,
        device,
        heard,
        decision,
        sight: heard.sight.clone(),
    };
    for value in heard.values {
        desk.read(value);
    }
    let Desk { mut decision, sight, .. } = desk;
    let known = book.sightings.get(id).cloned().unwrap_or_default();
    if let Some(sighting) = known.after(&sight, now, heard.retained) {
        let (device, sighting) = (id.clone(), Box::new(sighting));
        decision.changes.push(Change::Sighted { device, sighting });
    }
    decision.effects.push(Effect::Refresh(Some(id.clone())));
    decision
}

/// The values of one message, one after the other.
struct Desk<'a> {
    book: &'a Book,
    around: &'a BTreeMap<(Name, Quantity), Around>,
    id: &'a Name,
    device: &'a Device,
    heard: &'a Heard<'a>,
    decision: Decision,
    sight: Sight,
}

impl Desk<'_> {
    fn meter(&self, quantity: Quantity) -> Meter {
        self.book.meters.get(&(self.id.clone(), quantity)).cloned().unwrap_or_default()
    }

    fn note(&mut self, reason: &str, quantity: Quantity) {
        self.sight.reasons.push((reason.to_owned(), quantity.as_str().to_owned()));
    }

    fn read(&mut self, value: &Value) {
        let (quantity, retained) = (value.quantity, self.heard.retained);
        let bounds = bounds(self.device, quantity, &value.how);
        let known = self.meter(quantity);
        let at = in_order(&known, self.heard.at);
        let shown = Shown { at, micro: value.micro };
        if retained && known.last.is_some() && known.priority != value.how.priority {
            return;
        }
        let Some(meter) = known.by_source(value.how.priority, at) else { return };
        let before = meter.last;
        let (meter, taken) = match (quantity.is_counter(), value.how.interval) {
            (true, true) => meter.add(bounds, shown, retained),
            (true, false) => {
                meter.read_marked(bounds, shown, retained, value.how.marker.as_deref())
            }
            (false, _) => gauge(meter, shown, retained),
        };
        match taken {
            Taken::Dropped => self.note("held_drop", quantity),
            Taken::Rejected => self.note("held_jump", quantity),
            Taken::Waiting => self.note("held_until_clear", quantity),
            Taken::Restarted { .. } => self.note("counter_restarted", quantity),
            Taken::Ignored => {
                self.late(value, shown);
                return;
            }
            Taken::Baseline | Taken::Used { .. } => {}
        }
        warn_of_meter(self.book, self.id, quantity, taken, &mut self.decision, at);
        let used = match taken {
            Taken::Used { from, micro } | Taken::Restarted { from, micro } => Some((from, micro)),
            Taken::Baseline
            | Taken::Dropped
            | Taken::Rejected
            | Taken::Waiting
            | Taken::Ignored => None,
        };
        self.keep(quantity, meter, shown, used);
        let gap_s = value.how.integrate_gap_s.filter(|_| quantity == Quantity::Power);
        if let (Some(gap_s), Some(before)) = (gap_s, before) {
            self.integrate((before, shown), gap_s, bounds, value.how.priority);
        }
    }

    /// A reading from between two others: what was shared out between those by time is now known
    /// better. The sum does not change, so no limit or total does; only when it was used.
    fn late(&mut self, value: &Value, shown: Shown) {
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
        if value.how.interval || !fits || !whole || self.heard.retained {
            return;
        }
        let part = |from: Shown, to: Shown| split_by_slot(from.at, to.at, to.micro - from.micro);
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

    /// Energy between two readings of power.
    fn integrate(&mut self, (from, to): (Shown, Shown), gap_s: u32, bounds: Bounds, priority: u8) {
        let known = self.meter(Quantity::Energy);
        let Some(mut meter) = known.by_source(priority, to.at) else { return };
        // What a device may draw in an hour in micro-kWh is a thousandth of it in micro-watts.
        let most_micro_w = bounds.per_hour_micro.saturating_mul(1_000);
        match between(from, to, meter.rest, i64::from(gap_s) * 1_000, most_micro_w) {
            Between::Gap => self.note("gap_not_counted", Quantity::Power),
            Between::TooMuch => self.note("power_too_large", Quantity::Power),
            Between::Used { micro, rest } => {
                let total = meter.last.map_or(0, |last| last.micro).saturating_add(micro);
                let shown = Shown { at: to.at, micro: total };
                meter.last = Some(shown);
                meter.rest = rest;
                self.keep(Quantity::Energy, meter, shown, Some((from.at, micro)));
            }
        }
    }

    fn keep(
        &mut self,
        quantity: Quantity,
        meter: Meter,
        shown: Shown,
        used: Option<(UnixMs, i64)>,
    ) {
        let added = match used.filter(|(_, micro)| *micro > 0) {
            Some((from, micro)) => split_by_slot(from, shown.at, micro),
            None => Vec::new(),
        };
        self.decision.changes.push(Change::Read {
            device: self.id.clone(),
            quantity,
            meter,
            micro: shown.micro,
            at: shown.at,
            added,
        });
    }
}

/// When a reading counts: one whose time is that of its message comes after the one before it, though
/// both were heard in the same millisecond or the clock was put back a little in between.
fn in_order(known: &Meter, measured: Measured) -> UnixMs {
    match (measured, known.newest()) {
        (Measured::Heard(at), Some(newest))
            if (0..=CLOCK_BACK_MS_MAX).contains(&newest.since_ms(at)) =>
        {
            newest.plus_ms(1)
        }
        (Measured::Heard(at) | Measured::Told(at), _) => at,
    }
}

fn gauge(meter: Meter, shown: Shown, retained: bool) -> (Meter, Taken) {
    if retained || meter.last.is_some_and(|last| shown.at < last.at) {
        return (meter, Taken::Ignored);
    }
    (Meter { last: Some(shown), aside: None, ..meter }, Taken::Baseline)
}

/// What bounds the rise of a device's counter.
pub(super) fn bounds(device: &Device, quantity: Quantity, how: &How) -> Bounds {
    let watts = device.max_power_w.or(how.most_w).unwrap_or(match device.kind {
        DeviceKind::Meter => METER_W_MAX,
        DeviceKind::Appliance | DeviceKind::Speaker => APPLIANCE_W_MAX,
    });
    let per_hour_micro = match quantity {
        Quantity::Energy | Quantity::EnergyExport | Quantity::Power => i64::from(watts) * 1_000,
        Quantity::Water | Quantity::Gas => FLOW_MICRO_MAX,
    };
    let stated = device.modulus.and_then(|m| quantity.micro(m, quantity.unit()));
    Bounds { per_hour_micro, modulus_micro: stated.or(how.modulus_micro) }
}

/// A counter that fell or jumped is asked about, once a day.
fn warn_of_meter(
    book: &Book,
    id: &Name,
    quantity: Quantity,
    taken: Taken,
    decision: &mut Decision,
    at: UnixMs,
) {
    let kind = match taken {
        Taken::Dropped => AlertKind::MeterReset,
        Taken::Rejected => AlertKind::ReadingRejected,
        Taken::Baseline
        | Taken::Used { .. }
        | Taken::Ignored
        | Taken::Waiting
        | Taken::Restarted { .. } => return,
    };
    let day = at.in_zone(&book.home.zone).date().to_string();
    let subject = format!("{id}-{}", quantity.as_str().replace('_', "-"));
    let mut alert = Alert::new(kind, Severity::Warning, &subject, &day, at);
    alert.device = Some(id.clone());
    alert.device_name = book.household.devices.get(id).map(|d| d.name.clone());
    if !book.alerts.contains_key(&alert.id) {
        raise(alert, decision);
    }
}
