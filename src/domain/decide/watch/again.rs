//! Alerts that are said again: after a snooze, by their rule until somebody takes note, and aloud
//! once quiet hours are over. What is no longer so is not said.

use crate::alert::{Alert, AlertKind, AlertRule, Severity};
use crate::book::Book;
use crate::decision::{Change, Decision, Effect};
use crate::time::UnixMs;

/// For how long an alert may still be said aloud after it fired, in seconds: two quiet nights.
const ALOUD_WITHIN_S: i64 = 86_400;

/// Looks at every alert that nobody took note of.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    for alert in book.alerts.values().filter(|alert| alert.is_open(at)) {
        if alert.snoozed_until.is_some_and(|until| at < until) {
            continue;
        }
        let rule = rule_of(book, alert);
        let woken = alert.snoozed_until.is_some();
        let told = woken || is_repeated(book, rule, alert, at);
        let mut next = alert.clone();
        if told {
            next.snoozed_until = None;
            next.told_at = Some(at);
            next.repeated = next.repeated.saturating_add(1);
            decision.effects.push(Effect::Warn(Box::new(next.clone())));
        }
        let aloud = is_aloud(book, rule, &next, told, at);
        if aloud {
            next.spoken_at = Some(at);
            decision.effects.push(Effect::SpeakAlert(Box::new(next.clone())));
        }
        if told || aloud {
            decision.changes.push(Change::Alert { alert: Box::new(next) });
        }
    }
}

/// The owner's rule by which an alert fired, where it is still in force.
fn rule_of<'a>(book: &'a Book, alert: &Alert) -> Option<&'a AlertRule> {
    let rules = &book.household.alerts;
    rules.iter().find(|rule| {
        let (subject, device) = rule.subject();
        alert.over == Some(rule.period)
            && alert.subject.as_ref() == Some(&subject)
            && alert.device == device
    })
}

/// True where a higher band of the same is known: only the highest is said.
fn is_below_another(book: &Book, alert: &Alert) -> bool {
    let higher = |other: &Alert| {
        (other.kind, &other.subject, &other.period) == (alert.kind, &alert.subject, &alert.period)
            && other.band > alert.band
    };
    alert.kind == AlertKind::CostBand && book.alerts.values().any(higher)
}

/// True where its rule says it again now. Of several bands only the highest is.
fn is_repeated(book: &Book, rule: Option<&AlertRule>, alert: &Alert, at: UnixMs) -> bool {
    let Some(after_s) = rule.and_then(|rule| rule.repeat_s) else { return false };
    if at.since_ms(alert.said_at()) < after_s.saturating_mul(1_000) {
        return false;
    }
    !is_below_another(book, alert)
}

/// True where speakers are to say it now: it is critical, or its rule wants it, and nobody sleeps.
fn is_aloud(book: &Book, rule: Option<&AlertRule>, alert: &Alert, told: bool, at: UnixMs) -> bool {
    let wanted = alert.severity == Severity::Critical || rule.is_some_and(|rule| rule.speak);
    let new = alert.spoken_at.is_none()
        && at.since_ms(alert.said_at()) < ALOUD_WITHIN_S.saturating_mul(1_000);
    let time = at.in_zone(&book.home.zone).time();
    let quiet = book.home.rules.quiet.is_some_and(|quiet| quiet.holds(time));
    wanted && (new || told) && !quiet && !is_below_another(book, alert)
}
