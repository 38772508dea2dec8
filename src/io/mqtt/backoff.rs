//! How long to wait before connecting again.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// Bounds of a wait without its jitter, which adds up to as much again, so that homes that lost one
/// broker together do not come back together: waits lie between 50 ms and 30 s.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(15);
/// A connection that stood this long makes the next wait short again.
const STABLE: Duration = Duration::from_secs(5);

/// Doubling waits with jitter.
pub(crate) struct Backoff(ExponentialBackoff);

impl Default for Backoff {
    fn default() -> Backoff {
        let doubling = ExponentialBuilder::new()
            .with_min_delay(SHORTEST)
            .with_max_delay(LONGEST)
            .without_max_times()
            .with_jitter();
        Backoff(doubling.build())
    }
}

impl Backoff {
    /// The wait after a connection that stood for `stood` (zero: it never did).
    pub(crate) fn next(&mut self, stood: Duration) -> Duration {
        if stood >= STABLE {
            *self = Backoff::default();
        }
        self.0.next().unwrap_or(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_shrink_after_a_stable_connection() {
        let mut backoff = Backoff::default();
        let mut last = Duration::ZERO;
        for _ in 0..40 {
            last = backoff.next(Duration::ZERO);
            assert!(last >= SHORTEST && last <= LONGEST * 2, "{last:?}");
        }
        assert!(last >= LONGEST);
        assert!(backoff.next(STABLE) <= SHORTEST * 2);
    }
}
