//! Readings that are in doubt: they are asked about, and it is said how that ended.

use super::answer::raise;
use super::reading::ReadingDecision;
use super::watch::resolve;
use crate::alert::{Alert, AlertKind, Detail, Severity};
use crate::decision::Change;
use crate::meter::{Meter, Quantity, ReadingOutcome, RiseBounds};
use crate::time::UnixMs;

impl ReadingDecision<'_> {
    /// A counter that fell or jumped is asked about, once a day; and it is said when what was held
    /// counts after all.
    pub(super) fn warn(
        &mut self,
        quantity: Quantity,
        taken: ReadingOutcome,
        (before, at, rise): (&Meter, UnixMs, i64),
        bounds: RiseBounds,
    ) {
        let low = before.aside.zip(before.last).is_some_and(|(a, l)| a.first.micro < l.micro);
        let kind = match taken {
            ReadingOutcome::Dropped => AlertKind::MeterReset,
            // It did not look like one at first.
            ReadingOutcome::Restarted { .. } if low => AlertKind::MeterReset,
            ReadingOutcome::Rejected => AlertKind::ReadingRejected,
            ReadingOutcome::Proved { .. } => return self.doubt_over(quantity, true, at),
            ReadingOutcome::Baseline
            | ReadingOutcome::Used { .. }
            | ReadingOutcome::Ignored
            | ReadingOutcome::Waiting
            | ReadingOutcome::Late
            | ReadingOutcome::NewDay
            | ReadingOutcome::Restarted { .. } => return,
        };
        let day = at.in_zone(&self.book.home.zone).date().to_string();
        let mut alert = Alert::new(kind, Severity::Warning, &self.subject(quantity), &day, at);
        alert.device = Some(self.id.clone());
        alert.device_name = Some(self.device.name.clone());
        if kind == AlertKind::ReadingRejected {
            alert.detail = Some(Detail::Held {
                micro: rise,
                unit: quantity.unit().to_owned(),
                per_hour_micro: bounds.per_hour_micro,
                dropped: false,
            });
        }
        match self.book.alerts.get(&alert.id) {
            None => raise(alert, &mut self.decision),
            // Told once a day; that it is so again stands in the list.
            Some(known) if known.kind.ends_by_itself() && known.resolved_at.is_some() => {
                let mut alert = Alert { resolved_at: None, detail: alert.detail, ..known.clone() };
                set_dropped(&mut alert, true);
                self.decision.changes.push(Change::Alert { alert: Box::new(alert) });
            }
            Some(_) => {}
        }
    }

    /// What its meter's alerts are of.
    fn subject(&self, quantity: Quantity) -> String {
        format!("{}-{}", self.id, quantity.as_str().replace('_', "-"))
    }

    /// Ends the alert of what was in doubt where that went back to what was before, so that nothing of
    /// it will count.
    pub(super) fn end_doubt(
        &mut self,
        (quantity, interval): (Quantity, bool),
        taken: ReadingOutcome,
        (before, after): (&Meter, &Meter),
        at: UnixMs,
    ) {
        let was_in_doubt = before.held.is_some() || before.aside.is_some();
        let never_was = before.held.is_some() && after.held.is_none();
        let ended = match taken {
            ReadingOutcome::Used { .. } => was_in_doubt && !after.is_in_doubt(interval, at),
            ReadingOutcome::Dropped
            | ReadingOutcome::Late
            | ReadingOutcome::NewDay
            | ReadingOutcome::Restarted { .. } => never_was,
            ReadingOutcome::Baseline
            | ReadingOutcome::Ignored
            | ReadingOutcome::Waiting
            | ReadingOutcome::Rejected
            | ReadingOutcome::Proved { .. } => false,
        };
        if ended {
            self.doubt_over(quantity, false, at);
        }
    }

    /// What was in doubt counts, or does not.
    fn doubt_over(&mut self, quantity: Quantity, counts: bool, at: UnixMs) {
        let subject = self.subject(quantity);
        let of = |alert: &&Alert| {
            alert.kind == AlertKind::ReadingRejected
                && alert.resolved_at.is_none()
                && alert.subject.as_deref() == Some(subject.as_str())
        };
        for alert in self.book.alerts.values().filter(of) {
            let was_told = matches!(alert.detail, Some(Detail::Held { dropped: true, .. }));
            let mut alert = alert.clone();
            set_dropped(&mut alert, !counts);
            if was_told && !counts {
                let alert = Alert { resolved_at: Some(at), ..alert };
                self.decision.changes.push(Change::Alert { alert: Box::new(alert) });
            } else {
                resolve(&alert, &mut self.decision, at);
            }
        }
    }
}

/// Notes of an alert whether what was in doubt was dropped, as it stands or as it was told before on its
/// day.
fn set_dropped(alert: &mut Alert, is: bool) {
    if let Some(Detail::Held { dropped, .. }) = &mut alert.detail {
        *dropped = is;
    }
}
