//! Market prices of the next hours that are not known.

use super::{fire, resolve, since};
use crate::alert::{Alert, AlertKind, Severity};
use crate::bill::Billing;
use crate::book::Book;
use crate::decision::Decision;
use crate::tariff::{SLOT_S, Slot, Tariff, Unpriced};
use crate::time::UnixMs;
use std::collections::BTreeMap;

/// For how long ahead prices should be known, in seconds.
pub const PRICE_ALERT_AHEAD_S: i64 = 3 * 3_600;

/// How long after a start, or a new household, prices may still be on their way, in seconds.
pub const GRACE_S: i64 = 120;

/// Warns of prices that bills will need and nobody told.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    if book.watch.since(at) < GRACE_S {
        return;
    }
    let mut missing: BTreeMap<String, Slot> = BTreeMap::new();
    for tariff in book.household.tariffs.values() {
        if let Some((source, slot)) = first_missing(book, tariff, at) {
            let first = missing.entry(source).or_insert(slot);
            *first = slot.min(*first);
        }
    }
    let zone = &book.home.zone;
    for (source, slot) in &missing {
        let day = slot.start().in_zone(zone).date().to_string();
        let kind = AlertKind::PricesMissing;
        let mut alert = Alert::new(kind, Severity::Warning, source, &day, at);
        alert.subject = Some(source.clone());
        alert.detail = since(slot.start());
        fire(book, alert, decision);
    }
    let over = book.alerts.values().filter(|alert| {
        alert.kind == AlertKind::PricesMissing
            && alert.resolved_at.is_none()
            && alert.subject.as_ref().is_none_or(|source| !missing.contains_key(source))
    });
    for alert in over {
        resolve(alert, decision, at);
    }
}

/// The first of the next slots whose market price a tariff needs and nobody told.
fn first_missing(book: &Book, tariff: &Tariff, at: UnixMs) -> Option<(String, Slot)> {
    let (supply, spot) = (tariff.supply(&book.home), Billing::of(book).spot(tariff));
    (0..PRICE_ALERT_AHEAD_S / SLOT_S).find_map(|step| {
        match supply.price_at(Slot::of(at).plus(step).start(), &[], spot) {
            Err(Unpriced::NoSpot { source_name, slot, .. }) => Some((source_name, slot)),
            Ok(_)
            | Err(
                Unpriced::NoVersion { .. }
                | Unpriced::NoCalendar { .. }
                | Unpriced::NeedsSlots { .. }
                | Unpriced::NoWindow { .. }
                | Unpriced::NoHouseholdSize
                | Unpriced::NoBaseline { .. }
                | Unpriced::TooLarge,
            ) => None,
        }
    })
}
