//! Time that is moved by hand: the world's, and the hub's, which may be wrong for a while.

use crate::random::Rng;
use homepay::domain::time::UnixMs;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Zones and local times at which worlds begin: before summer time and after it, before month ends.
const BEGINNINGS: [(&str, &str); 8] = [
    ("Europe/Berlin", "2026-03-28T21:40"),
    ("Europe/Berlin", "2026-10-24T22:50"),
    ("America/Toronto", "2026-03-07T23:10"),
    ("America/Toronto", "2026-10-31T23:30"),
    ("Europe/Berlin", "2026-01-31T22:00"),
    ("America/Toronto", "2028-02-28T23:00"),
    ("Europe/Berlin", "2026-12-31T21:00"),
    ("America/Toronto", "2026-06-15T12:00"),
];

/// The two clocks.
pub struct Clock {
    /// The home's zone.
    pub zone: TimeZone,
    /// What is so, in unix milliseconds.
    pub true_ms: i64,
    /// How much the hub's clock is ahead of it.
    pub skew_ms: i64,
}

impl Clock {
    /// Where a world begins.
    pub fn begin(rng: &mut Rng) -> Clock {
        let (zone, local) = BEGINNINGS[rng.below(BEGINNINGS.len())];
        let zone = TimeZone::get(zone).expect("a zone");
        let local: DateTime = local.parse().expect("a time");
        let begin = local.to_zoned(zone.clone()).expect("a time there").timestamp();
        Clock { zone, true_ms: begin.as_millisecond(), skew_ms: 0 }
    }

    /// What the hub's clock shows.
    pub fn hub(&self) -> UnixMs {
        UnixMs(self.true_ms + self.skew_ms)
    }

    /// What every other clock shows.
    pub fn truth(&self) -> UnixMs {
        UnixMs(self.true_ms)
    }

    /// How long until shortly before the next local midnight.
    pub fn to_midnight_ms(&self) -> i64 {
        let now = self.truth().in_zone(&self.zone);
        let next = now.date().tomorrow().expect("a day").to_zoned(self.zone.clone()).expect("one");
        let left = next.timestamp().as_millisecond() - self.true_ms;
        (left - 2_000).max(1)
    }

    /// A span of time to let pass: mostly seconds, sometimes days.
    pub fn some_time_ms(&self, rng: &mut Rng) -> i64 {
        match rng.below(100) {
            0..60 => rng.between(1, 3_000),
            60..80 => rng.between(3_000, 60_000),
            80..90 => rng.between(60_000, 1_200_000),
            90..94 => rng.between(1_200_000, 20_000_000),
            94..97 => self.to_midnight_ms(),
            97 => rng.between(1, 3) * 86_400_000,
            98 => rng.between(86_400_000, 9 * 86_400_000),
            _ => 1,
        }
    }
}
