//! Time as an argument: what the clocks show at one moment. Nothing in the machines asks a clock.

use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::ClockStanding;
use homepay_ports::BooksClock;
use std::time::{Duration, Instant};

/// What the clocks show at one moment.
#[derive(Clone, Copy, Debug)]
pub struct TimePoint {
    /// Of a clock that never leaps, from whenever, in milliseconds: deadlines go by it.
    pub steady_ms: i64,

    pub now: UnixMs,
    /// What the machine's wall clock shows.
    pub wall: UnixMs,
    /// How the wall clock stands to the books' time.
    pub standing: ClockStanding,
}

impl TimePoint {
    /// This moment, by the clock and by how long ago something began.
    pub fn of(clock: &impl BooksClock, began: Instant) -> TimePoint {
        TimePoint {
            steady_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            now: clock.now(),
            wall: clock.wall(),
            standing: clock.standing(),
        }
    }

    /// How long it is until a time of the steady clock; zero once it is past.
    #[must_use]
    pub fn until(&self, steady_ms: i64) -> Duration {
        Duration::from_millis(steady_ms.saturating_sub(self.steady_ms).max(0).unsigned_abs())
    }
}
