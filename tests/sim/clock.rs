//! Time that is moved by hand: the world's, and the wall clock of the hub's machine, which may leap
//! at any moment. The hub keeps its own time, as it does where it ships.

use crate::random::Rng;
use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::{ClockReading, ClockStanding, TimeAnchor, Timekeeper};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::cell::Cell;

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
    /// How much the machine's wall clock is ahead of it.
    pub skew_ms: i64,
    time: Cell<Timekeeper>,
}

/// The name of the machine's one boot.
const BOOT: &str = "boot";

impl Clock {
    /// Where a world begins.
    pub fn begin(rng: &mut Rng) -> Clock {
        let (zone, local) = BEGINNINGS[rng.below(BEGINNINGS.len())];
        let zone = TimeZone::get(zone).expect("a zone");
        let local: DateTime = local.parse().expect("a time");
        let begin = local.to_zoned(zone.clone()).expect("a time there").timestamp();
        let true_ms = begin.as_millisecond();
        let reading = ClockReading { wall: UnixMs(true_ms), steady_ms: true_ms };
        let time = Cell::new(Timekeeper::resume(UnixMs(0), None, BOOT, reading));
        Clock { zone, true_ms, skew_ms: 0, time }
    }

    fn reading(&self) -> ClockReading {
        ClockReading { wall: UnixMs(self.true_ms + self.skew_ms), steady_ms: self.true_ms }
    }

    /// The books' time.
    pub fn hub(&self) -> UnixMs {
        let mut time = self.time.get();
        let now = time.read(self.reading());
        self.time.set(time);
        now
    }

    /// What the machine's wall clock shows.
    pub fn wall(&self) -> UnixMs {
        self.reading().wall
    }

    /// The books' time is moved.
    pub fn step(&self, by_ms: i64) {
        let mut time = self.time.get();
        time.step(by_ms);
        self.time.set(time);
    }

    /// How much the books' time is ahead of the world's.
    pub fn hub_ahead_ms(&self) -> i64 {
        self.hub().since_ms(self.truth())
    }

    /// The process begins again: its time goes on from what the books say.
    pub fn resume(&self, seen: UnixMs, anchor: Option<&TimeAnchor>) {
        self.time.set(Timekeeper::resume(seen, anchor, BOOT, self.reading()));
    }

    /// Ties the books' time to the boot.
    pub fn anchor(&self) -> TimeAnchor {
        let mut time = self.time.get();
        let anchor = time.anchor(BOOT, self.reading());
        self.time.set(time);
        anchor
    }

    /// How the wall clock stands.
    pub fn standing(&self) -> ClockStanding {
        let mut time = self.time.get();
        let standing = time.standing(self.reading());
        self.time.set(time);
        standing
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
