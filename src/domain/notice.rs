//! Notices: word of an order or an alert to one person by one way. A notice stands in the books from
//! the turn that caused it until it was delivered, given up, or its matter is over.

use super::alert::{Alert, AlertKind, Severity};
use super::ids::Name;
use super::limits::hours::Hours;
use super::order::{Order, Origin, State};
use super::shared_map::SharedMap;
use super::time::UnixMs;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many notices wait at once at most. What comes beyond is noted as not delivered.
pub const NOTICES_OPEN_MAX: usize = 500;

/// How many notices that are over are kept at hand for each way.
pub const NOTICES_DONE_KEPT: usize = 20;

/// What somebody wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeTopic {
    /// An order waits for an owner.
    Approval,
    /// An order was paid, refused, given back.
    Order,
    /// An alert that is neither of the next two.
    Alert,
    /// A bill falls due, was paid or was not.
    Bill,
    /// Somebody guesses, or the books or the wallet are not as they should be.
    Security,
}

/// Every topic with its word in files.
pub const NOTICE_TOPICS: [(&str, NoticeTopic); 5] = [
    ("approval", NoticeTopic::Approval),
    ("order", NoticeTopic::Order),
    ("alert", NoticeTopic::Alert),
    ("bill", NoticeTopic::Bill),
    ("security", NoticeTopic::Security),
];

impl NoticeTopic {
    /// Where an alert belongs.
    pub fn of_alert(kind: AlertKind) -> NoticeTopic {
        match kind {
            AlertKind::BillUnpaid | AlertKind::BillDue | AlertKind::BillRefused => {
                NoticeTopic::Bill
            }
            AlertKind::PinLocked
            | AlertKind::Guessing
            | AlertKind::ClockLeapt
            | AlertKind::BooksUnsound
            | AlertKind::BooksBegun
            | AlertKind::PaymentsUnknown
            | AlertKind::SignIn
            | AlertKind::CredentialsChanged
            | AlertKind::WalletDisagrees => NoticeTopic::Security,
            AlertKind::CostBand
            | AlertKind::CostProjected
            | AlertKind::TierAhead
            | AlertKind::TierCrossed
            | AlertKind::UnusualUse
            | AlertKind::MeterReset
            | AlertKind::ReadingRejected
            | AlertKind::MeterSilent
            | AlertKind::PricesMissing
            | AlertKind::WalletUnreachable
            | AlertKind::WalletLow
            | AlertKind::RefundFailed
            | AlertKind::StoreFailed
            | AlertKind::NotifyFailed
            | AlertKind::WorkSetAside => NoticeTopic::Alert,
        }
    }
}

/// Who is told of what by which way: an entry `[[notify]]` of the configuration, without its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub id: Name,
    /// The channel that it goes by.
    pub channel: String,
    /// Whose it is, where it is one person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Name>,
    pub what: Vec<NoticeTopic>,
    /// Alerts below it are not told.
    pub severity: Severity,
    /// When nothing is told but what is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Hours>,
    /// Told only of approvals and critical alerts that nobody reacted to for so long, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_after_s: Option<i64>,
}

impl Route {
    /// When something that is due at `at` may be told: then, or when its quiet hours end.
    pub fn open_at(&self, at: UnixMs, zone: &TimeZone, is_critical: bool) -> UnixMs {
        match self.quiet {
            Some(hours) if !is_critical => end_of_quiet(hours, at, zone),
            Some(_) | None => at,
        }
    }
}

/// Seconds in a minute, and minutes in a day.
const MINUTE_S: i64 = 60;
const DAY_MINUTES: i64 = 24 * 60;

/// The first minute from `at` on that is not within the hours; `at` itself where it is not.
fn end_of_quiet(hours: Hours, at: UnixMs, zone: &TimeZone) -> UnixMs {
    if !hours.holds(at.in_zone(zone).time()) {
        return at;
    }
    let minute = UnixMs(at.seconds().div_euclid(MINUTE_S).saturating_mul(MINUTE_S * 1000));
    let steps = (1..=DAY_MINUTES).map(|step| minute.plus_s(step * MINUTE_S));
    let mut open = steps.filter(|next| !hours.holds(next.in_zone(zone).time()));
    open.next().unwrap_or(at)
}

/// What a notice is about, as it stood when the notice was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum NoticeSubject {
    Order {
        order: Box<Order>,
    },
    Alert {
        alert: Box<Alert>,
    },
    /// Nothing: an owner tries whether word arrives.
    Trial,
}

impl NoticeSubject {
    /// The order's id or the alert's.
    pub fn key(&self) -> &str {
        match self {
            NoticeSubject::Order { order } => order.id.as_str(),
            NoticeSubject::Alert { alert } => &alert.id,
            NoticeSubject::Trial => "trial",
        }
    }

    /// What it belongs to; none where nobody is told.
    pub fn topic(&self) -> Option<NoticeTopic> {
        match self {
            NoticeSubject::Order { order } => match order.state {
                State::AwaitingApproval => Some(NoticeTopic::Approval),
                State::Settled
                | State::Declined
                | State::Cancelled
                | State::Expired
                | State::Failed
                | State::PartiallyRefunded
                | State::Refunded => Some(match order.origin {
                    Origin::Device { .. } => NoticeTopic::Order,
                    Origin::Bill { .. } | Origin::Payable { .. } => NoticeTopic::Bill,
                }),
                State::Asked
                | State::AwaitingConfirmation
                | State::Approved
                | State::Capturing
                | State::Refunding => None,
            },
            NoticeSubject::Alert { alert } => Some(NoticeTopic::of_alert(alert.kind)),
            NoticeSubject::Trial => None,
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            NoticeSubject::Order { order } if order.state == State::AwaitingApproval => {
                Severity::Warning
            }
            NoticeSubject::Alert { alert } if alert.resolved_at.is_none() => alert.severity,
            NoticeSubject::Order { .. } | NoticeSubject::Alert { .. } | NoticeSubject::Trial => {
                Severity::Info
            }
        }
    }

    /// True for what somebody is to react to: it is told on until somebody does.
    pub fn waits(&self) -> bool {
        match self {
            NoticeSubject::Order { order } => order.state == State::AwaitingApproval,
            NoticeSubject::Alert { alert } => {
                alert.severity == Severity::Critical
                    && alert.acked_at.is_none()
                    && alert.resolved_at.is_none()
                    && alert.snoozed_until.is_none_or(|until| until <= alert.said_at())
            }
            NoticeSubject::Trial => false,
        }
    }

    /// Its step, so that each is told once: part of the notice's id.
    pub fn step(&self) -> String {
        match self {
            NoticeSubject::Order { order } => format!("{}-{}", order.state.as_str(), order.refunds),
            NoticeSubject::Alert { alert } => match alert.resolved_at {
                Some(_) => "over".to_owned(),
                None => alert.repeated.to_string(),
            },
            NoticeSubject::Trial => String::new(),
        }
    }
}

/// How a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// It is to be delivered when it is due.
    Waiting,
    /// The other side took it.
    Delivered,
    /// It was refused, or tried too often.
    Failed,
    /// Its matter was over before it was told.
    Dropped,
}

impl NoticeState {
    /// The word in payloads.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeState::Waiting => "waiting",
            NoticeState::Delivered => "delivered",
            NoticeState::Failed => "failed",
            NoticeState::Dropped => "dropped",
        }
    }
}

/// Word to one person by one way. It leaves at least once, always under the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: String,
    pub route: Name,
    /// What it is about; none once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<NoticeSubject>,
    /// When it was made.
    pub at: UnixMs,
    /// It does not leave before.
    pub due: UnixMs,
    /// How often it was tried.
    #[serde(default)]
    pub tries: u32,
    /// Which repetition it is, of what nobody reacted to; 0 = it is none.
    #[serde(default)]
    pub escalation: u32,
    pub state: NoticeState,
    /// Why it was not delivered at the last try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<UnixMs>,
}

impl Notice {
    /// A notice that waits.
    pub fn waiting(id: String, route: &Name, subject: NoticeSubject, at: UnixMs) -> Notice {
        Notice {
            id,
            route: route.clone(),
            subject: Some(subject),
            at,
            due: at,
            tries: 0,
            escalation: 0,
            state: NoticeState::Waiting,
            why: None,
            done_at: None,
        }
    }

    pub fn done(&self, state: NoticeState, why: Option<String>, at: UnixMs) -> Notice {
        Notice { state, why, subject: None, done_at: Some(at), ..self.clone() }
    }
}

/// What came of a try to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The other side took it, by its own word.
    Accepted,
    /// It will not be taken, however often it is tried.
    Refused { why: String },
    /// It may be taken later.
    Later {
        why: String,
        /// Not before so long, in seconds, where the other side says so.
        after_s: Option<i64>,
    },
}

/// Who is told, and what waits to be told.
#[derive(Clone, Debug, Default)]
pub struct NoticeBook {
    /// As the configuration had them at the last start.
    pub routes: Vec<Route>,
    /// Those that wait, by id.
    pub open: SharedMap<String, Notice>,
    /// The last ones that are over, the newest at the end.
    pub done: SharedMap<Name, VecDeque<Notice>>,
}

impl NoticeBook {
    /// Takes a notice as it stands now.
    pub fn put(&mut self, notice: &Notice) {
        if notice.state == NoticeState::Waiting {
            self.open.insert(notice.id.clone(), notice.clone());
            return;
        }
        self.open.remove(&notice.id);
        let done = self.done.get_or_default(&notice.route);
        done.push_back(notice.clone());
        if done.len() > NOTICES_DONE_KEPT {
            done.pop_front();
        }
    }

    pub fn route(&self, id: &Name) -> Option<&Route> {
        self.routes.iter().find(|route| route.id == *id)
    }

    /// True where this was told before, or is about to be.
    pub fn knows(&self, route: &Name, id: &str) -> bool {
        self.open.contains_key(id)
            || self.done.get(route).is_some_and(|done| done.iter().any(|notice| notice.id == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::AlertKind;

    #[test]
    fn a_snoozed_alert_waits_for_nobody_until_it_is_said_again() {
        let mut alert = Alert::new(
            AlertKind::UnusualUse,
            Severity::Critical,
            "freezer",
            "2026-11-28",
            UnixMs(0),
        );
        let waits = |alert: &Alert| NoticeSubject::Alert { alert: Box::new(alert.clone()) }.waits();
        assert!(waits(&alert));
        alert.snoozed_until = Some(UnixMs(60_000));
        assert!(!waits(&alert));
        alert.told_at = Some(UnixMs(60_000));
        assert!(waits(&alert));
        alert.acked_at = Some(UnixMs(61_000));
        assert!(!waits(&alert));
    }

    #[test]
    fn quiet_hours_put_off_until_their_end_and_over_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let ms = |text: &str| {
            let at: jiff::Timestamp = text.parse().expect("a time");
            UnixMs(at.as_millisecond())
        };
        let quiet = Hours::parse("22:00-07:00").ok();
        let id = Name::parse("mum-phone").expect("a name");
        let route = Route {
            id,
            channel: "ntfy".to_owned(),
            member: None,
            what: vec![NoticeTopic::Order],
            severity: Severity::Info,
            quiet,
            escalate_after_s: None,
        };
        for (at, is_critical, want) in [
            ("2026-11-28T21:59:59+08:00", false, "2026-11-28T21:59:59+08:00"),
            ("2026-11-28T22:00:00+08:00", false, "2026-11-29T07:00:00+08:00"),
            ("2026-11-29T06:59:30+08:00", false, "2026-11-29T07:00:00+08:00"),
            ("2026-11-29T07:00:00+08:00", false, "2026-11-29T07:00:00+08:00"),
            ("2026-11-29T03:00:00+08:00", true, "2026-11-29T03:00:00+08:00"),
        ] {
            assert_eq!(route.open_at(ms(at), &zone, is_critical), ms(want), "{at} {is_critical}");
        }
    }
}
