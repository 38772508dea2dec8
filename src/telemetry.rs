//! Logs and figures.
//!
//! ERROR = the house is broken. WARN = somebody should look. INFO = a change that a person feels.
//! DEBUG = which way was taken. Never in a log: keys, PINs, what was said.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;

/// Libraries whose lines are kept down.
const LIBRARIES: [&str; 5] = ["sqlx", "hyper", "mqtt5", "rumqttc", "h2"];

/// Starts logging to standard error, for people or as one JSON document a line. `RUST_LOG` wins
/// over `level`. Later calls do nothing.
pub fn logs(level: &str, json: bool) {
    // Libraries say more than an owner wants to read.
    let quiet = if matches!(level, "error" | "warn") { level } else { "warn" };
    let lines: Vec<String> = LIBRARIES.iter().map(|name| format!("{name}={quiet}")).collect();
    let wanted = format!("{level},{}", lines.join(","));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(wanted));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests, the demo) keeps the first one's.
    let _ = if json { lines.json().try_init() } else { lines.with_target(false).try_init() };
}

/// Starts the figures, once a process.
pub fn figures() -> Option<PrometheusHandle> {
    static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    FIGURES.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}
