//! Logs and figures.
//!
//! ERROR = the house is broken. WARN = somebody should look. INFO = a change that a person feels.
//! DEBUG = which way was taken. Never in a log: keys, PINs, what was said.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::collections::VecDeque;
use std::io::IsTerminal;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, registry};

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
    let kept = layer().with_ansi(false).with_target(false).with_writer(|| LogRing);
    let colour = std::io::stderr().is_terminal();
    let shown = layer().with_ansi(colour).with_writer(std::io::stderr);
    let shown = if json { shown.json().boxed() } else { shown.with_target(false).boxed() };
    // A second start in one process (tests, the demo) keeps the first one's.
    let _ = registry().with(filter).with(kept).with(shown).try_init();
}

/// How many of the newest lines are kept for `homepay report`.
pub const LINES_KEPT: usize = 100;

static LINES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// The newest lines of the log, oldest first.
pub fn last_lines() -> Vec<String> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// Keeps what is logged, a line a write.
struct LogRing;

impl std::io::Write for LogRing {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(line).trim_end().to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts the figures, once a process.
pub fn figures() -> Option<PrometheusHandle> {
    static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    FIGURES.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}
