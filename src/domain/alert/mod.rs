//! Alerts: once per band and period, kept over restarts, taken note of, snoozed, said again.

mod kind;
mod rule;
pub mod unlike;

pub use kind::{ALERT_KINDS, AlertKind};
pub use rule::{AlertPeriod, AlertRule, Watched, bands_reached, period_name};

use super::ids::Name;
use super::label::Label;
use super::money::Minor;
use super::payable::PayHow;
use super::reply::Reason;
use super::time::UnixMs;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl Severity {
    /// The word in files and messages.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// The figures of an alert beside a value and its bound, by what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Detail {
    /// What a bill will likely come to lies between these, four times out of five.
    Projected {
        /// One in ten will be below.
        low: Minor,
        /// One in ten will be above.
        high: Minor,
    },
    /// A tier that begins, or has begun.
    Tier {
        tier: usize,
        /// How much is left before it begins, in units; none once it has begun.
        left: Option<Decimal>,
        /// What left is counted in.
        unit: String,
        /// What a unit costs in it, in major units.
        price: Decimal,
        /// The day on which it will begin, if it goes on like this.
        on: Option<Date>,
    },
    /// What a device used on a day, and what it usually uses, in micro-units.
    Used {
        micro: i64,
        usual_micro: i64,
        /// What both are counted in.
        unit: String,
    },
    /// What a counter rose by at once, which its device cannot have used, in micro-units.
    Held {
        micro: i64,
        /// What it is counted in.
        unit: String,
        /// How much the device can use in an hour.
        per_hour_micro: i64,
        /// Readings went back to what they were before: it does not count.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dropped: bool,
    },
    /// A device that never told a figure.
    Never {
        /// Since when it is known.
        since: UnixMs,
        /// True where it spoke, and nothing of what it said could be read.
        heard: bool,
    },
    /// Since when, or from when on.
    Since { at: UnixMs },
}

/// An alert that fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// `<kind>.<subject>.<period>[.<band>]`: what makes it fire once.
    pub id: String,
    /// What it is about.
    pub kind: AlertKind,
    /// How much it matters.
    pub severity: Severity,
    /// The device, where it is about one.
    pub device: Option<Name>,
    /// How people call that device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<Label>,
    /// The order, bill or category, where it is about one.
    pub subject: Option<String>,
    /// The utility, where it is about a tariff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utility: Option<Name>,
    /// The period, as `2026-11` or `2026-11-21`.
    pub period: String,
    /// Which kind of period, where a rule of the owner's asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<AlertPeriod>,
    /// The band in per cent.
    pub band: Option<u16>,
    pub value: Option<Minor>,
    pub limit: Option<Minor>,
    /// What people call the payee, where it is about a bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee_name: Option<Label>,
    /// How that bill is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<PayHow>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    pub at: UnixMs,
    /// When its period is over: nothing is said of it again from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<UnixMs>,
    /// When somebody took note.
    pub acked_at: Option<UnixMs>,
    pub snoozed_until: Option<UnixMs>,
    /// When it was said again last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<UnixMs>,
    /// How often it was said again.
    #[serde(default)]
    pub repeated: u32,
    /// When it was no longer so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<UnixMs>,
    /// When speakers said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken_at: Option<UnixMs>,
}

impl Alert {
    /// Makes an alert with the id that makes it fire once.
    pub fn new(
        kind: AlertKind,
        severity: Severity,
        subject: &str,
        period: &str,
        at: UnixMs,
    ) -> Alert {
        Alert {
            id: format!("{}.{subject}.{period}", kind.as_str()),
            kind,
            severity,
            device: None,
            device_name: None,
            subject: Some(subject.to_owned()),
            utility: None,
            period: period.to_owned(),
            over: None,
            band: None,
            value: None,
            limit: None,
            payee_name: None,
            pay: None,
            reason: None,
            detail: None,
            at,
            ends_at: None,
            acked_at: None,
            snoozed_until: None,
            told_at: None,
            repeated: 0,
            resolved_at: None,
            spoken_at: None,
        }
    }

    /// True while it is still so, as far as is known, and nobody took note of it.
    pub fn is_open(&self, at: UnixMs) -> bool {
        self.acked_at.is_none()
            && self.resolved_at.is_none()
            && self.ends_at.is_none_or(|ends_at| at < ends_at)
    }

    /// When it was said last.
    pub fn said_at(&self) -> UnixMs {
        self.told_at.unwrap_or(self.at)
    }
}
