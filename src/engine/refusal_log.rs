//! Refused messages in the log: one line a minute at most, with how many there were.

use super::counters;
use homepay_domain::reply::Code;

/// Least time between two warnings of refused messages, in milliseconds.
const WARN_EVERY_MS: i64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct RefusalLog {
    count: u64,
    warned_at: Option<i64>,
}

impl RefusalLog {
    /// Counts a refused message and warns of it.
    pub fn refused(&mut self, code: Code, why: &str, steady_ms: i64) {
        counters::message("refused");
        counters::refused(code.as_str());
        self.warn(&format!("{}: {why}", code.as_str()), steady_ms);
    }

    pub fn warn(&mut self, example: &str, steady_ms: i64) {
        self.count = self.count.saturating_add(1);
        let rests = |at: i64| steady_ms.saturating_sub(at) < WARN_EVERY_MS;
        if self.warned_at.is_some_and(rests) {
            return;
        }
        self.warned_at = Some(steady_ms);
        tracing::warn!(count = std::mem::take(&mut self.count), example, "messages were refused");
    }
}
