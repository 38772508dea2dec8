//! Logs and figures.
//!
//! ERROR = the house is broken. WARN = somebody should look. INFO = a change that a person feels.
//! DEBUG = which way was taken. Never in a log: keys, PINs, what was said.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people and the journal of systemd.
    Text,
    /// One JSON document a line.
    Json,
}

/// Starts logging to standard error. `RUST_LOG` wins over `level`. Later calls do nothing.
pub fn logs(level: &str, format: LogFormat) {
    let quiet = format!("{level},sqlx=warn,hyper=warn,mqtt5=warn,rumqttc=warn,h2=warn");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests, the demo) keeps the first one's.
    let _ = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// Starts the figures, once a process.
pub fn figures() -> Option<PrometheusHandle> {
    static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    FIGURES.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}
