//! The wallet told its balance: whether there is little left.

use super::answer::raise;
use crate::alert::{Alert, AlertKind, Severity};
use crate::decision::{Change, Decision, Effect};
use crate::facts::Facts;
use crate::money::Minor;
use crate::time::UnixMs;

/// Warns once while there is less than the owner wants, and tells when there is enough again.
pub fn balance_told(facts: &Facts<'_>, available: Minor, now: UnixMs) -> Decision {
    let mut decision = Decision::nothing();
    let (book, at) = (facts.book, facts.book.time(now));
    let Some(low) = book.home.rules.wallet_low else { return decision };
    let mut warned = book
        .alerts
        .values()
        .filter(|alert| alert.kind == AlertKind::WalletLow && alert.resolved_at.is_none());
    match (available < low, warned.next()) {
        (true, None) => {
            let time = at.in_zone(&book.home.zone).strftime("%Y-%m-%dT%H:%M").to_string();
            let kind = AlertKind::WalletLow;
            let mut alert = Alert::new(kind, Severity::Critical, "wallet", &time, at);
            alert.value = Some(available);
            alert.limit = Some(low);
            raise(alert, &mut decision);
        }
        (false, Some(alert)) => {
            let value = Some(available);
            let alert = Alert { value, resolved_at: Some(at), ..alert.clone() };
            decision.effects.push(Effect::Warn(Box::new(alert.clone())));
            decision.changes.push(Change::Alert { alert: Box::new(alert) });
        }
        (true, Some(_)) | (false, None) => {}
    }
    decision
}
