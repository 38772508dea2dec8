//! How long to wait before connecting again.

use std::time::Duration;

/// The first wait after a connection was lost.
const RECONNECT_FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// A connection that stood this long makes the next wait short again.
const STABLE: Duration = Duration::from_secs(5);
/// Doublings after which the wait is the longest anyway.
const DOUBLINGS_MAX: u32 = 9;

/// Doubling waits with jitter.
#[derive(Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after a connection that stood for `stood` (zero: it never did). `jitter` is a
    /// random number; the wait lies between half and all of its bound, so that homes that lost
    /// one broker together do not come back together.
    pub(crate) fn next(&mut self, stood: Duration, jitter: u64) -> Duration {
        if stood >= STABLE {
            self.failures = 0;
        }
        let bound =
            RECONNECT_FIRST.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = bound / 2;
        let spread_ms = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_millis(jitter % spread_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_shrink_after_a_stable_connection() {
        let mut backoff = Backoff::default();
        let mut last = Duration::ZERO;
        for round in 0..40u64 {
            let wait = backoff.next(Duration::ZERO, round * 7919);
            assert!(wait >= RECONNECT_FIRST / 2 && wait <= LONGEST, "{wait:?}");
            last = wait;
        }
        assert!(last >= LONGEST / 2);
        assert!(backoff.next(STABLE, 3) <= RECONNECT_FIRST);
    }
}
