//! What the clock looks at to warn: one thing a tick at most, so that no turn is long. Nothing is
//! computed where nothing was read since, and everything once in a quarter of an hour.

mod again;
mod ahead;
mod cost;
mod devices;
pub mod price_alerts;
pub mod silent;

use super::answer::raise;
use super::rerate;
use crate::alert::{Alert, Detail};
use crate::book::Book;
use crate::decision::{Change, Decision, Effect};
use crate::facts::Facts;
use crate::ids::Name;
use crate::time::UnixMs;
use crate::watch::AlertScan;

/// How often cost is looked at while readings come, in seconds: bands are warned of no later.
pub const COST_EVERY_S: i64 = 2;

/// How often what is to come, and devices, are looked at while readings come, in seconds.
pub const AHEAD_EVERY_S: i64 = 60;

/// How often bills that were made lately are computed anew while readings come, in seconds.
pub const BILLS_EVERY_S: i64 = 900;

/// How often alerts are looked at that may be said again, in seconds.
pub const AGAIN_EVERY_S: i64 = 60;

/// Looks at what is due.
pub fn look(facts: &Facts<'_>, decision: &mut Decision, at: UnixMs) {
    let (book, watch) = (facts.book, &facts.book.watch);
    let look = if watch.is_due(AlertScan::Cost, COST_EVERY_S, at) {
        cost::look(book, decision, at);
        AlertScan::Cost
    } else if watch.is_due(AlertScan::Ahead, AHEAD_EVERY_S, at) {
        ahead::look(book, decision, at);
        AlertScan::Ahead
    } else if watch.is_due(AlertScan::Devices, AHEAD_EVERY_S, at) {
        devices::look(book, decision, at);
        AlertScan::Devices
    } else if watch.has_news(AlertScan::Bills, BILLS_EVERY_S, at) {
        rerate::look(book, decision, at);
        AlertScan::Bills
    } else if watch.is_again(AGAIN_EVERY_S, at) {
        price_alerts::look(book, decision, at);
        again::look(book, decision, at);
        AlertScan::Again
    } else {
        return;
    };
    decision.changes.push(Change::AlertScanned { look, at });
}

/// Fires an alert that did not fire yet, or fired when its rule said another amount.
fn fire(book: &Book, alert: Alert, decision: &mut Decision) {
    let known = book.alerts.get(&alert.id);
    if known.is_none_or(|known| known.limit != alert.limit) {
        raise(alert, decision);
    }
}

/// It is no longer so: what nobody took note of is not said again, and what people wait for is told.
pub(in crate::decide) fn resolve(alert: &Alert, decision: &mut Decision, at: UnixMs) {
    let alert = Alert { resolved_at: Some(at), ..alert.clone() };
    if alert.kind.ends_by_itself() {
        decision.effects.push(Effect::Warn(Box::new(alert.clone())));
    }
    decision.changes.push(Change::Alert { alert: Box::new(alert) });
}

/// The device that an alert is about, with its name.
fn about(book: &Book, alert: &mut Alert, device: Option<Name>) {
    let known = device.as_ref().and_then(|id| book.household.devices.get(id));
    alert.device_name = known.map(|device| device.name.clone());
    alert.device = device;
}

/// Since when, or from when on.
fn since(at: UnixMs) -> Option<Detail> {
    Some(Detail::Since { at })
}
