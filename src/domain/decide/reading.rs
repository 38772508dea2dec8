//! A device measured: what was used, what it costs so far, whom to warn.

use super::admit;
use super::answer::raise;
use crate::domain::alert::{
    Alert, AlertKind, AlertPeriod, AlertRule, Severity, Watched, bands_reached,
};
use crate::domain::bill::{billed_devices, month_name};
use crate::domain::book::Book;
use crate::domain::decision::{Change, Decision, Effect};
use crate::domain::event::{Stamp, Value};
use crate::domain::facts::Facts;
use crate::domain::household::{Device, DeviceKind};
use crate::domain::ids::Name;
use crate::domain::limits::window::plus_days;
use crate::domain::meter::{Bounds, Meter, Quantity, Shown, Taken};
use crate::domain::time::UnixMs;
use crate::domain::usage::{DayUse, cost_of, priced_quantity, split_by_day};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// What an appliance can draw where nothing is stated, in watts: 32 A at 230 V.
const APPLIANCE_W_MAX: u32 = 7_360;

/// What a home can draw where nothing is stated, in watts: three phases of 63 A at 230 V.
const METER_W_MAX: u32 = 43_470;

/// What a home's water or gas pipe can carry, in micro-m³ an hour.
const FLOW_MICRO_MAX: i64 = 16_000_000;

/// Decides a reading.
pub fn reading_taken(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    id: &Name,
    taken_at: UnixMs,
    values: &[Value],
    retained: bool,
    now: UnixMs,
) -> Decision {
    let mut decision = Decision::nothing();
    if let Some(stamp) = stamp {
        match admit(facts, stamp, now) {
            Ok(window) => {
                decision.changes.push(Change::Heard { signer: stamp.signer.clone(), window });
            }
            Err(_) => return decision,
        }
    }
    let Some(device) = facts.book.household.devices.get(id) else { return decision };
    let mut added = Vec::new();
    for value in values {
        read(facts.book, (id, device), value, taken_at, retained, &mut decision, &mut added);
    }
    if !added.is_empty() {
        warn_of_cost(facts.book, (id, device), &added, &mut decision, facts.book.time(now));
    }
    decision.effects.push(Effect::Refresh(Some(id.clone())));
    decision
}

type Added = Vec<(Quantity, Date, i64)>;

fn read(
    book: &Book,
    (id, device): (&Name, &Device),
    value: &Value,
    at: UnixMs,
    retained: bool,
    decision: &mut Decision,
    added: &mut Added,
) {
    let meter = book.meters.get(&(id.clone(), value.quantity)).copied().unwrap_or_default();
    let shown = Shown { at, micro: value.micro };
    let (meter, taken) = if value.quantity.is_counter() {
        meter.read(bounds(device, value.quantity), shown, retained)
    } else {
        gauge(meter, shown, retained)
    };
    let used = match taken {
        Taken::Ignored => return,
        Taken::Used { from, micro } | Taken::Restarted { from, micro } => Some((from, micro)),
        Taken::Baseline | Taken::Dropped | Taken::Rejected | Taken::Waiting => None,
    };
    let mut days = Vec::new();
    if let Some((from, micro)) = used.filter(|(_, micro)| *micro > 0) {
        let parts = split_by_day(&book.home.zone, from, at, micro);
        let estimated = parts.len() > 1;
        for (day, micro) in parts {
            added.push((value.quantity, day, micro));
            days.push((day, DayUse { micro, estimated }));
        }
    }
    warn_of_meter(book, id, value.quantity, taken, decision, at);
    decision.changes.push(Change::Read {
        device: id.clone(),
        quantity: value.quantity,
        meter,
        micro: value.micro,
        at,
        added: days,
    });
}

fn gauge(meter: Meter, shown: Shown, retained: bool) -> (Meter, Taken) {
    if retained || meter.last.is_some_and(|last| shown.at < last.at) {
        return (meter, Taken::Ignored);
    }
    (Meter { last: Some(shown), aside: None }, Taken::Baseline)
}

fn bounds(device: &Device, quantity: Quantity) -> Bounds {
    let watts = device.max_power_w.unwrap_or(match device.kind {
        DeviceKind::Meter => METER_W_MAX,
        DeviceKind::Appliance | DeviceKind::Speaker => APPLIANCE_W_MAX,
    });
    let per_hour_micro = match quantity {
        Quantity::Energy | Quantity::EnergyExport | Quantity::Power => i64::from(watts) * 1_000,
        Quantity::Water | Quantity::Gas => FLOW_MICRO_MAX,
    };
    let modulus_micro = device.modulus.and_then(|m| quantity.micro(m, quantity.unit()));
    Bounds { per_hour_micro, modulus_micro }
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

/// Warns of every band that is reached now and was not warned of in this period.
fn warn_of_cost(
    book: &Book,
    (id, device): (&Name, &Device),
    added: &Added,
    decision: &mut Decision,
    at: UnixMs,
) {
    for rule in &book.household.alerts {
        if !concerns(book, rule, (id, device)) {
            continue;
        }
        let today = at.in_zone(&book.home.zone).date();
        let (period, first, next) = match rule.period {
            AlertPeriod::Day => (today.to_string(), today, plus_days(today, 1)),
            AlertPeriod::Month => {
                let first = today.first_of_month();
                (month_name(first), first, plus_days(today.last_of_month(), 1))
            }
        };
        let Some(cost) = watched_cost(book, rule, id, added, (first, next)) else { continue };
        let Some(value) = book.home.currency.round(cost) else { continue };
        for band in bands_reached(&rule.bands, value, rule.cost) {
            let (subject, device) = subject_of(rule);
            let severity = if band >= 100 { Severity::Critical } else { Severity::Warning };
            let mut alert = Alert::new(
                AlertKind::CostBand,
                severity,
                &format!("{subject}-{band}"),
                &period,
                at,
            );
            alert.subject = Some(subject);
            let known = device.as_ref().and_then(|id| book.household.devices.get(id));
            alert.device_name = known.map(|d| d.name.clone());
            alert.device = device;
            alert.band = Some(band);
            alert.value = Some(value);
            alert.limit = Some(rule.cost);
            if !book.alerts.contains_key(&alert.id) {
                raise(alert, decision);
            }
        }
    }
}

fn subject_of(rule: &AlertRule) -> (String, Option<Name>) {
    match &rule.watched {
        Watched::Device(device) => (device.to_string(), Some(device.clone())),
        Watched::Category(category) => (category.to_string(), None),
        Watched::Home => ("home".to_owned(), None),
    }
}

fn concerns(book: &Book, rule: &AlertRule, (id, device): (&Name, &Device)) -> bool {
    match &rule.watched {
        Watched::Device(watched) => watched == id,
        Watched::Home => true,
        Watched::Category(category) => device
            .tariff
            .as_ref()
            .and_then(|tariff| book.household.tariffs.get(tariff))
            .is_some_and(|tariff| tariff.utility == *category),
    }
}

/// The exact cost that a rule watches, with what this reading added. `None` while a price is
/// missing.
fn watched_cost(
    book: &Book,
    rule: &AlertRule,
    reading: &Name,
    added: &Added,
    (first, next): (Date, Date),
) -> Option<Decimal> {
    let mut sum = Decimal::ZERO;
    for (tariff_id, tariff) in &book.household.tariffs {
        let devices: Vec<&Name> = match &rule.watched {
            Watched::Device(device) => {
                let of = book.household.devices.get(device)?.tariff.as_ref();
                if of == Some(tariff_id) { vec![device] } else { Vec::new() }
            }
            Watched::Category(category) if tariff.utility != *category => Vec::new(),
            Watched::Category(_) | Watched::Home => billed_devices(book, tariff_id),
        };
        let quantity = priced_quantity(tariff);
        for device in devices {
            sum =
                sum.checked_add(cost_of(book.usage.days(device, quantity, first, next), tariff)?)?;
            if device != reading {
                continue;
            }
            for (_, day, micro) in
                added.iter().filter(|(q, day, _)| *q == quantity && (first..next).contains(day))
            {
                sum = sum.checked_add(tariff.cost(*day, *micro)?)?;
            }
        }
    }
    Some(sum)
}
