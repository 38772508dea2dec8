//! Alerts: once per band and period, kept over restarts.

use super::ids::Name;
use super::money::Minor;
use super::payable::PayHow;
use super::reply::Reason;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    /// One device's cost.
    Device(Name),
    /// All devices of a tariff with this utility.
    Category(Name),
    /// Everything.
    Home,
}

/// Over which period an alert's cost is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertPeriod {
    /// The local day.
    Day,
    /// The calendar month.
    Month,
}

/// When to warn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRule {
    /// What is watched.
    pub watched: Watched,
    /// Over which period.
    pub period: AlertPeriod,
    /// The cost that is 100 %.
    pub cost: Minor,
    /// At which per cent of it to warn, rising.
    pub bands: Vec<u16>,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Cost reached a band.
    CostBand,
    /// A counter fell.
    MeterReset,
    /// A counter rose more than it can.
    ReadingRejected,
    /// A PIN was wrong too often.
    PinLocked,
    /// The wallet gives no answer.
    WalletUnreachable,
    /// A bill was not paid.
    BillUnpaid,
    /// Money did not come back.
    RefundFailed,
    /// A bill that was entered falls due.
    BillDue,
    /// An order did not pay such a bill.
    BillRefused,
}

/// Every kind, for tests and tables.
pub const ALERT_KINDS: [AlertKind; 9] = [
    AlertKind::CostBand,
    AlertKind::MeterReset,
    AlertKind::ReadingRejected,
    AlertKind::PinLocked,
    AlertKind::WalletUnreachable,
    AlertKind::BillUnpaid,
    AlertKind::RefundFailed,
    AlertKind::BillDue,
    AlertKind::BillRefused,
];

impl AlertKind {
    /// The name in payloads and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            AlertKind::CostBand => "cost_band",
            AlertKind::MeterReset => "meter_reset",
            AlertKind::ReadingRejected => "reading_rejected",
            AlertKind::PinLocked => "pin_locked",
            AlertKind::WalletUnreachable => "wallet_unreachable",
            AlertKind::BillUnpaid => "bill_unpaid",
            AlertKind::RefundFailed => "refund_failed",
            AlertKind::BillDue => "bill_due",
            AlertKind::BillRefused => "bill_refused",
        }
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Act.
    Critical,
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
    pub device_name: Option<String>,
    /// The order, bill or category, where it is about one.
    pub subject: Option<String>,
    /// The period, as `2026-11` or `2026-11-21`.
    pub period: String,
    /// The band in per cent.
    pub band: Option<u16>,
    /// What was reached.
    pub value: Option<Minor>,
    /// Of what.
    pub limit: Option<Minor>,
    /// What people call the payee, where it is about a bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee_name: Option<String>,
    /// How that bill is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<PayHow>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it fired.
    pub at: UnixMs,
    /// When somebody took note.
    pub acked_at: Option<UnixMs>,
    /// Quiet until then.
    pub snoozed_until: Option<UnixMs>,
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
            period: period.to_owned(),
            band: None,
            value: None,
            limit: None,
            payee_name: None,
            pay: None,
            reason: None,
            at,
            acked_at: None,
            snoozed_until: None,
        }
    }
}

/// The bands that `value` has reached of `limit`, rising. A limit of zero is reached by any cost.
pub fn bands_reached(bands: &[u16], value: Minor, limit: Minor) -> Vec<u16> {
    bands
        .iter()
        .copied()
        .filter(|band| {
            let needed = i128::from(limit.0) * i128::from(*band);
            value.is_positive() && i128::from(value.0) * 100 >= needed
        })
        .collect()
}
