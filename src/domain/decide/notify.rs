//! Who is told of what an event led to, and what comes of it.
//!
//! Notices are made of the effects that everybody else hears of, too: an order that changed, an alert.
//! So whoever decides need not think of them, and nobody is told of what does not stand.

use super::answer::raise;
use crate::alert::{Alert, AlertKind, Severity};
use crate::book::Book;
use crate::decision::{Change, CommandOutcome, Decision, Effect};
use crate::facts::Facts;
use crate::ids::Name;
use crate::notice::{DeliveryOutcome, NOTICES_OPEN_MAX, Notice, NoticeState, NoticeSubject, Route};
use crate::order::State;
use crate::reply::Code;
use crate::time::UnixMs;

/// How often a notice is tried at most: with the waits between, for about five hours.
const DELIVERY_TRIES_MAX: u32 = 12;

/// How long after the first try the next one is, in seconds; each wait is three times the last.
const RETRY_FIRST_S: i64 = 5;

/// The longest wait between two tries, in seconds.
const RETRY_MOST_S: i64 = 3_600;

/// How long another side may make us wait, in seconds.
const RETRY_ASKED_MOST_S: i64 = 86_400;

/// How often what nobody reacts to is repeated to one person at most.
const ESCALATIONS_MAX: u32 = 5;

/// Adds to a decision who is told of it.
pub fn tell_people(book: &Book, decision: &mut Decision, now: UnixMs) {
    let notices = &book.notices;
    if notices.routes.is_empty() && notices.open.is_empty() {
        return;
    }
    let at = book.time(now);
    let mut matters: Vec<NoticeSubject> = Vec::new();
    for effect in &decision.effects {
        match effect {
            Effect::Announce(order) => {
                matters.push(NoticeSubject::Order { order: Box::new((**order).clone()) });
            }
            Effect::Warn(alert) => matters.push(NoticeSubject::Alert { alert: alert.clone() }),
            Effect::Reply(_)
            | Effect::RepeatReply { .. }
            | Effect::CacheReply { .. }
            | Effect::SendCommand { .. }
            | Effect::SpeakAlert(_)
            | Effect::Notify(_)
            | Effect::Refresh(_) => {}
        }
    }
    over(book, decision, &matters, at);
    for subject in matters {
        for route in &notices.routes {
            tell(book, route, &subject, decision, at);
        }
    }
}

/// What was to be told again is dropped once somebody reacted, or it is over. What was held back in
/// quiet hours is told as it ended.
fn over(book: &Book, decision: &mut Decision, matters: &[NoticeSubject], at: UnixMs) {
    if book.notices.open.is_empty() {
        return;
    }
    let mut stands: Vec<NoticeSubject> = matters.to_vec();
    for change in &decision.changes {
        if let Change::Alert { alert } = change {
            stands.push(NoticeSubject::Alert { alert: alert.clone() });
        }
    }
    for now_so in stands.iter().filter(|subject| !subject.waits()) {
        let same = book.notices.open.values().filter(|notice| {
            let was = notice.subject.as_ref();
            was.is_some_and(|was| was.key() == now_so.key() && was.waits())
        });
        for notice in same {
            let is_known = notice.escalation > 0 || tells(book, notice, now_so);
            let next = if is_known {
                notice.done(NoticeState::Dropped, None, at)
            } else {
                Notice { subject: Some(now_so.clone()), ..notice.clone() }
            };
            put(next, decision);
        }
    }
}

/// True where the same way is told of how it ended by a notice of its own.
fn tells(book: &Book, notice: &Notice, subject: &NoticeSubject) -> bool {
    let route = book.notices.route(&notice.route);
    route.is_none_or(|route| subject.topic().is_some_and(|topic| route.what.contains(&topic)))
}

fn is_wanted(route: &Route, subject: &NoticeSubject) -> bool {
    let Some(topic) = subject.topic() else { return false };
    let about_itself = match subject {
        NoticeSubject::Alert { alert } => {
            alert.kind == AlertKind::NotifyFailed
                && alert.subject.as_deref() == Some(route.id.as_str())
        }
        NoticeSubject::Order { .. } | NoticeSubject::Trial => false,
    };
    let grave = match subject {
        NoticeSubject::Alert { alert } => rank(alert.severity) >= rank(route.severity),
        NoticeSubject::Order { .. } | NoticeSubject::Trial => true,
    };
    route.what.contains(&topic) && grave && !about_itself
}

const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

fn tell(book: &Book, route: &Route, subject: &NoticeSubject, decision: &mut Decision, at: UnixMs) {
    let is_backup = route.escalate_after_s.is_some();
    if !is_wanted(route, subject) || (is_backup && !subject.waits()) {
        return;
    }
    let id = format!("{}.{}.{}", route.id, subject.key(), subject.step());
    if book.notices.knows(&route.id, &id) {
        return;
    }
    let due = route.escalate_after_s.map_or(at, |after_s| at.plus_s(after_s));
    let is_critical = subject.severity() == Severity::Critical;
    let mut notice = Notice::waiting(id, &route.id, subject.clone(), at);
    notice.due = route.open_at(due, &book.home.zone, is_critical);
    notice.escalation = u32::from(is_backup);
    if book.notices.open.len() >= NOTICES_OPEN_MAX {
        let why = format!("{NOTICES_OPEN_MAX} others wait");
        notice = notice.done(NoticeState::Failed, Some(why), at);
    }
    put(notice, decision);
}

fn put(notice: Notice, decision: &mut Decision) {
    let notice = Box::new(notice);
    decision.changes.push(Change::Notice { notice: notice.clone() });
    decision.effects.push(Effect::Notify(notice));
}

/// The configuration was read: who is told from now on. What waits for ways that are gone is dropped.
pub fn routes_read(facts: &Facts<'_>, routes: &[Route], now: UnixMs) -> Decision {
    let (book, mut decision) = (facts.book, Decision::nothing());
    let at = book.time(now);
    if book.notices.routes != routes {
        decision.changes.push(Change::NotifyRoutes { routes: routes.to_vec() });
    }
    for notice in book.notices.open.values() {
        if routes.iter().all(|route| route.id != notice.route) {
            put(notice.done(NoticeState::Dropped, None, at), &mut decision);
        }
    }
    decision
}

/// After a start: what waited is handed out again.
pub fn hand_out_again(book: &Book, decision: &mut Decision) {
    let open = book.notices.open.values();
    decision.effects.extend(open.map(|notice| Effect::Notify(Box::new(notice.clone()))));
}

/// Somebody wants to see whether word arrives: by one way, or by all.
pub fn try_out(facts: &Facts<'_>, only: Option<&Name>, now: UnixMs) -> Decision {
    let (book, mut decision) = (facts.book, Decision::nothing());
    let at = book.time(now);
    let ways = book.notices.routes.iter().filter(|route| only.is_none_or(|id| route.id == *id));
    for route in ways {
        let id = format!("{}.trial.{}", route.id, at.0);
        put(Notice::waiting(id, &route.id, NoticeSubject::Trial, at), &mut decision);
    }
    if decision.changes.is_empty() {
        let known: Vec<&str> = book.notices.routes.iter().map(|route| route.id.as_str()).collect();
        let why = match (only, known.is_empty()) {
            (_, true) => "no [[notify]] entry is in the configuration".to_owned(),
            (Some(id), false) => format!("there is no entry {id}: {}", known.join(", ")),
            (None, false) => "nothing to try".to_owned(),
        };
        return Decision::refused(Code::NotFound, why);
    }
    decision.outcome = CommandOutcome::Done(None);
    decision
}

/// A try to deliver came to an end.
pub fn answered(facts: &Facts<'_>, id: &str, delivery: &DeliveryOutcome, now: UnixMs) -> Decision {
    let (book, mut decision) = (facts.book, Decision::nothing());
    let at = book.time(now);
    // It was dropped while it was on its way: that it arrived changes nothing.
    let Some(notice) = book.notices.open.get(id) else { return decision };
    let tries = notice.tries.saturating_add(1);
    let tried = Notice { tries, ..notice.clone() };
    match delivery {
        DeliveryOutcome::Accepted => {
            put(tried.done(NoticeState::Delivered, None, at), &mut decision);
            repeat(book, &tried, &mut decision, at);
            works_again(book, &tried.route, &mut decision, at);
        }
        DeliveryOutcome::Later { why, after_s } if tries < DELIVERY_TRIES_MAX => {
            let wait_s = after_s
                .map_or_else(|| wait_s(tries), |asked_s| asked_s.clamp(1, RETRY_ASKED_MOST_S));
            let next = Notice { due: at.plus_s(wait_s), why: Some(why.clone()), ..tried };
            put(next, &mut decision);
        }
        DeliveryOutcome::Later { why, .. } | DeliveryOutcome::Refused { why } => {
            put(tried.done(NoticeState::Failed, Some(why.clone()), at), &mut decision);
            if !is_about_notices(notice) {
                failed(book, &notice.route, &mut decision, at);
            }
        }
    }
    decision
}

/// How long to wait after so many tries, in seconds.
fn wait_s(tries: u32) -> i64 {
    let steps = tries.saturating_sub(1).min(8);
    RETRY_FIRST_S.saturating_mul(3_i64.saturating_pow(steps)).min(RETRY_MOST_S)
}

/// Alerts about notices make no more of them when they fail, too; nor does what somebody tries out.
fn is_about_notices(notice: &Notice) -> bool {
    match &notice.subject {
        Some(NoticeSubject::Alert { alert }) => alert.kind == AlertKind::NotifyFailed,
        Some(NoticeSubject::Trial) | None => true,
        Some(NoticeSubject::Order { .. }) => false,
    }
}

/// Told again, where nobody has reacted yet.
fn repeat(book: &Book, notice: &Notice, decision: &mut Decision, at: UnixMs) {
    let Some(route) = book.notices.route(&notice.route) else { return };
    let (Some(after_s), Some(subject)) = (route.escalate_after_s, &notice.subject) else { return };
    let still = match subject {
        NoticeSubject::Order { order } => {
            book.open.get(&order.id).is_some_and(|order| order.state == State::AwaitingApproval)
        }
        NoticeSubject::Alert { alert } => book.alerts.get(&alert.id).is_some_and(|alert| {
            alert.is_open(at) && alert.snoozed_until.is_none_or(|until| until <= at)
        }),
        NoticeSubject::Trial => false,
    };
    if !still || notice.escalation == 0 || notice.escalation >= ESCALATIONS_MAX {
        return;
    }
    let escalation = notice.escalation.saturating_add(1);
    let base = format!("{}.{}.{}", route.id, subject.key(), subject.step());
    let mut next = Notice::waiting(format!("{base}.{escalation}"), &route.id, subject.clone(), at);
    let is_critical = subject.severity() == Severity::Critical;
    next.due = route.open_at(at.plus_s(after_s), &book.home.zone, is_critical);
    next.escalation = escalation;
    put(next, decision);
}

/// An alert, once a day for each way: by the others it is told, too.
fn failed(book: &Book, route: &Name, decision: &mut Decision, at: UnixMs) {
    let day = at.in_zone(&book.home.zone).date().to_string();
    let alert = Alert::new(AlertKind::NotifyFailed, Severity::Warning, route.as_str(), &day, at);
    if !book.alerts.contains_key(&alert.id) {
        raise(alert, decision);
    }
}

fn works_again(book: &Book, route: &Name, decision: &mut Decision, at: UnixMs) {
    let failing = book.alerts.values().filter(|alert| {
        alert.kind == AlertKind::NotifyFailed
            && alert.resolved_at.is_none()
            && alert.subject.as_deref() == Some(route.as_str())
    });
    for alert in failing {
        raise(Alert { resolved_at: Some(at), ..alert.clone() }, decision);
    }
}
