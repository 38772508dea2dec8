//! Devices that are silent: that were heard and are not any more, and that never were.

use super::{about, fire, resolve, since};
use crate::alert::{Alert, AlertKind, Detail, Severity};
use crate::book::Book;
use crate::decision::{Change, Decision};
use crate::household::DeviceKind;
use crate::ids::Name;
use crate::time::UnixMs;

/// How long a device may be silent whose profile does not say, in seconds.
pub const SILENCE_S: i64 = 86_400;

/// How long after it was added a device may have told nothing, in seconds.
pub const NEVER_S: i64 = 86_400;

/// Looks at every device that measures.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    for (id, device) in &book.household.devices {
        if device.kind == DeviceKind::Speaker {
            continue;
        }
        if measured_at(book, id).is_none() {
            never(book, id, decision, at);
        } else if device.tariff.is_some() {
            silent(book, id, decision, at);
        }
    }
    let open = book
        .alerts
        .values()
        .filter(|alert| alert.kind == AlertKind::MeterSilent && alert.resolved_at.is_none());
    for alert in open {
        let device = alert.device.as_ref();
        let gone = device.is_none_or(|id| !book.household.devices.contains_key(id));
        let heard = device.and_then(|id| match alert.detail {
            Some(Detail::Never { .. }) => measured_at(book, id),
            Some(_) | None => heard_at(book, id).filter(|heard| *heard > alert.at),
        });
        if gone || heard.is_some() {
            resolve(alert, decision, at);
        }
    }
}

/// When a device was heard, or measured, last.
fn heard_at(book: &Book, id: &Name) -> Option<UnixMs> {
    measured_at(book, id).max(sighted_at(book, id))
}

fn sighted_at(book: &Book, id: &Name) -> Option<UnixMs> {
    book.sightings.get(id).map(|s| s.heard_at).filter(|heard| heard.0 > 0)
}

fn measured_at(book: &Book, id: &Name) -> Option<UnixMs> {
    let of_device = book.meters.iter().filter(|((device, _), _)| device == id);
    of_device.filter_map(|(_, meter)| meter.last.map(|last| last.at)).max()
}

/// A device that never told a figure: its topic, channel or model is likely wrong. It is noted when
/// such a device is first seen, and warned of once when a day has passed.
fn never(book: &Book, id: &Name, decision: &mut Decision, at: UnixMs) {
    let known = book.sightings.get(id);
    let Some(added) = known.and_then(|sighting| sighting.added_at) else {
        let mut sighting = known.cloned().unwrap_or_default();
        sighting.added_at = Some(at);
        let (device, sighting) = (id.clone(), Box::new(sighting));
        decision.changes.push(Change::Sighted { device, sighting });
        return;
    };
    if at.since_ms(added) <= NEVER_S * 1_000 {
        return;
    }
    let day = added.in_zone(&book.home.zone).date().to_string();
    let mut alert = Alert::new(AlertKind::MeterSilent, Severity::Warning, id.as_str(), &day, at);
    about(book, &mut alert, Some(id.clone()));
    alert.detail = Some(Detail::Never { since: added, heard: sighted_at(book, id).is_some() });
    fire(book, alert, decision);
}

/// A device that was heard before and is silent: once for each silence.
fn silent(book: &Book, id: &Name, decision: &mut Decision, at: UnixMs) {
    let Some(heard) = heard_at(book, id) else { return };
    let by_profile = book.sightings.get(id).and_then(|s| s.silence_s);
    let silence_s = by_profile.map_or(SILENCE_S, i64::from);
    if at.since_ms(heard) <= silence_s.saturating_mul(1_000) {
        return;
    }
    let day = heard.in_zone(&book.home.zone).date().to_string();
    let mut alert = Alert::new(AlertKind::MeterSilent, Severity::Warning, id.as_str(), &day, at);
    about(book, &mut alert, Some(id.clone()));
    alert.detail = since(heard);
    fire(book, alert, decision);
}
