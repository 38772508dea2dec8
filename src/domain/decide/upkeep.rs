//! What the hub tells of itself: the store failed for a while, something had to be given up.

use super::answer::raise;
use crate::domain::alert::{Alert, AlertKind, Detail, Severity};
use crate::domain::decision::Decision;
use crate::domain::facts::Facts;
use crate::domain::time::UnixMs;

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
