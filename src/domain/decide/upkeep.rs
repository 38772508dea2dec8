//! What the hub tells of itself: the store failed for a while, something had to be given up.

use super::answer::raise;
use crate::alert::{Alert, AlertKind, Detail, Severity};
use crate::decision::Decision;
use crate::facts::Facts;
use crate::time::UnixMs;

/// The store commits again: whoever waited was answered late, and the owner hears why.
pub fn store_recovered(facts: &Facts<'_>, since: UnixMs, why: &str, now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let time = since.in_zone(&facts.book.home.zone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let mut alert = Alert::new(AlertKind::StoreFailed, Severity::Warning, why, &time, at);
    alert.detail = Some(Detail::Since { at: since });
    let mut decision = Decision::nothing();
    raise(alert, &mut decision);
    decision
}

/// Something could not be written, and was given up so that the rest goes on.
pub fn work_set_aside(facts: &Facts<'_>, what: &str, why: &str, now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let time = at.in_zone(&facts.book.home.zone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let subject = format!("{what} ({why})");
    let mut decision = Decision::nothing();
    raise(
        Alert::new(AlertKind::WorkSetAside, Severity::Critical, &subject, &time, at),
        &mut decision,
    );
    decision
}

/// All limits start from zero: the owner hears of it, and the journal keeps it.
pub fn books_begun(facts: &Facts<'_>, why: &str, now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let time = at.in_zone(&facts.book.home.zone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let mut decision = Decision::nothing();
    raise(Alert::new(AlertKind::BooksBegun, Severity::Critical, why, &time, at), &mut decision);
    decision
}

/// One alert while the books do not hold, and a word when they do again.
pub fn books_checked(facts: &Facts<'_>, faults: &[String], now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let mut decision = Decision::nothing();
    let mut unsound = facts
        .book
        .alerts
        .values()
        .filter(|alert| alert.kind == AlertKind::BooksUnsound && alert.resolved_at.is_none());
    match (faults.first(), unsound.next()) {
        (Some(fault), None) => {
            let time = at.in_zone(&facts.book.home.zone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
            let kind = AlertKind::BooksUnsound;
            raise(Alert::new(kind, Severity::Critical, fault, &time, at), &mut decision);
        }
        (None, Some(alert)) => {
            raise(Alert { resolved_at: Some(at), ..alert.clone() }, &mut decision);
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    decision
}

/// How many payments an alert names; more are only counted.
const PAYMENTS_NAMED_MAX: usize = 3;

/// Money left the wallet that no order here accounts for: said once a day.
pub fn payments_unknown(facts: &Facts<'_>, payments: &[String], now: UnixMs) -> Decision {
    let at = facts.book.time(now);
    let day = at.in_zone(&facts.book.home.zone).date().to_string();
    let named: Vec<&str> = payments.iter().take(PAYMENTS_NAMED_MAX).map(String::as_str).collect();
    let more = payments.len().saturating_sub(PAYMENTS_NAMED_MAX);
    let mut subject = named.join(", ");
    if more > 0 {
        subject.push_str(&format!(" + {more}"));
    }
    let mut decision = Decision::nothing();
    let known = facts.book.alerts.values();
    let today = known.filter(|a| a.kind == AlertKind::PaymentsUnknown && a.period == day).count();
    if today == 0 {
        let kind = AlertKind::PaymentsUnknown;
        raise(Alert::new(kind, Severity::Critical, &subject, &day, at), &mut decision);
    }
    decision
}
