//! Alerts as owners look at them.

use crate::native::encode::{AlertView, Encoder};
use homepay_domain::alert::Alert;
use homepay_domain::household::Lang;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlertsView {
    pub alerts: Vec<AlertDetails>,
}

/// An alert, and what an owner did about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlertDetails {
    #[serde(flatten)]
    pub alert: AlertView,
    /// When an owner took note of it.
    pub acked_at: Option<String>,
    /// Until when an owner wants to hear no more of it.
    pub snoozed_until: Option<String>,
}

impl AlertDetails {
    pub fn of(encoder: &Encoder<'_>, alert: &Alert, lang: Lang) -> AlertDetails {
        AlertDetails {
            alert: encoder.alert_body(alert, lang),
            acked_at: alert.acked_at.map(|at| encoder.time(at)),
            snoozed_until: alert.snoozed_until.map(|at| encoder.time(at)),
        }
    }
}
