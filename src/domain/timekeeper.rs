//! The books' own time. It goes by the monotonic clock and follows small corrections of the wall
//! clock slowly; a wall clock that leaps is not believed until somebody else agrees with it.
//!
//! Deadlines therefore run at the monotonic clock's pace, to within a tenth, whatever happens to
//! the wall clock.

use super::fault_injection::{InjectedFault, is_injected};
use super::ids::Name;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};

/// How far the wall clock may be from the books' time and still be followed, in milliseconds.
pub const LEAP_MS_MAX: i64 = 120_000;

/// Small corrections are taken at one millisecond in so many.
const SLEW_ONE_IN: i64 = 10;

/// How long one anchor is counted from, in milliseconds.
const ANCHOR_MS_MAX: i64 = 1_000;

/// What both clocks of the machine show at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The wall clock: may be set, and may be wrong.
    pub wall: UnixMs,
    /// The monotonic clock, in milliseconds since the machine began, sleep included.
    pub steady_ms: i64,
}

/// How the wall clock stands to the books' time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum ClockStanding {
    Agrees,
    /// The wall clock is ahead, and not believed.
    Ahead {
        /// By so much, in milliseconds.
        by_ms: i64,
    },
    /// The wall clock is behind; the books' time never goes back by itself.
    Behind {
        /// By so much, in milliseconds.
        by_ms: i64,
    },
}

/// Who agrees with a leap of the wall clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ClockWitness {
    /// The kernel says that it is synchronised with a time source.
    Kernel,
    /// A response that the wallet signed.
    Wallet,
    /// Two devices that sign.
    Devices { devices: (Name, Name) },
    /// The owner said so.
    Owner,
}

/// Ties the books' time to a boot of the machine, so that a restart of the daemon alone does not
/// need to ask anybody what time it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeAnchor {
    /// The machine's boot id.
    pub boot: String,
    /// The monotonic clock, in milliseconds.
    pub steady_ms: i64,
    /// The books' time then.
    pub at: UnixMs,
    /// How far small corrections had moved that ahead of the monotonic clock, in milliseconds.
    #[serde(default)]
    pub ahead_ms: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct Timekeeper {
    at: UnixMs,
    steady_ms: i64,
    last: UnixMs,
    /// How far small corrections moved the time ahead of the monotonic clock since somebody last
    /// agreed with the wall clock: never by more than [`LEAP_MS_MAX`] in all, or many small leaps
    /// would make a large one.
    ahead_ms: i64,
}

impl Timekeeper {
    /// The time of books that were opened: new ones, and those that never noted a boot, take the
    /// wall clock's word. Otherwise the time goes on from where it was, and the wall clock is
    /// believed only where it agrees.
    #[must_use]
    pub fn resume(
        seen: UnixMs,
        anchor: Option<&TimeAnchor>,
        boot: &str,
        reading: ClockReading,
    ) -> Timekeeper {
        let ClockReading { wall, steady_ms } = reading;
        let same_boot = |anchor: &&TimeAnchor| anchor.boot == boot && anchor.steady_ms <= steady_ms;
        let of_boot = anchor.filter(same_boot);
        let (at, ahead_ms) = match (anchor, of_boot) {
            (None, _) => (seen.max(wall), 0),
            (Some(_), Some(anchor)) => {
                let steady_at = anchor.at.plus_ms(steady_ms - anchor.steady_ms);
                let at = seen.max(steady_at);
                (at, anchor.ahead_ms.saturating_add(at.since_ms(steady_at)))
            }
            // Nobody knows how long the machine was off; a little is believed.
            (Some(_), None) => {
                let little = (0..=LEAP_MS_MAX).contains(&wall.since_ms(seen));
                (if little { wall } else { seen }, 0)
            }
        };
        Timekeeper { at, steady_ms, last: at, ahead_ms }
    }

    /// Ties the time to a boot.
    pub fn anchor(&mut self, boot: &str, reading: ClockReading) -> TimeAnchor {
        let at = self.read(reading);
        let since_ms = reading.steady_ms.saturating_sub(self.steady_ms);
        let ahead_ms = self.ahead_ms.saturating_add(at.since_ms(self.at.plus_ms(since_ms)));
        TimeAnchor { boot: boot.to_owned(), steady_ms: reading.steady_ms, at, ahead_ms }
    }

    /// The books' time at this instant. Never goes back.
    pub fn read(&mut self, reading: ClockReading) -> UnixMs {
        let elapsed_ms = reading.steady_ms.saturating_sub(self.steady_ms).max(0);
        let steady_at = self.at.plus_ms(elapsed_ms);
        let off_ms = reading.wall.since_ms(steady_at);
        let slew_ms = elapsed_ms / SLEW_ONE_IN;
        let correction_ms = if is_injected(InjectedFault::LeapBelieved) {
            off_ms.max(-slew_ms)
        } else if self.leapt(off_ms) {
            0
        } else {
            let room_ms = LEAP_MS_MAX.saturating_sub(self.ahead_ms).max(0);
            off_ms.clamp(-slew_ms, slew_ms.min(room_ms))
        };
        let at = steady_at.plus_ms(correction_ms).max(self.last);
        if elapsed_ms >= ANCHOR_MS_MAX {
            self.ahead_ms = self.ahead_ms.saturating_add(at.since_ms(steady_at));
            (self.at, self.steady_ms) = (at, reading.steady_ms);
        }
        self.last = at;
        at
    }

    /// How the wall clock stands.
    pub fn standing(&mut self, reading: ClockReading) -> ClockStanding {
        let off_ms = reading.wall.since_ms(self.read(reading));
        match off_ms {
            _ if !self.leapt(off_ms) => ClockStanding::Agrees,
            by_ms @ 1.. => ClockStanding::Ahead { by_ms },
            off_ms => ClockStanding::Behind { by_ms: off_ms.saturating_neg() },
        }
    }

    /// True where the wall clock is too far off to be followed. The time that small corrections took
    /// back did pass by the monotonic clock: it is given back without a witness.
    fn leapt(&self, off_ms: i64) -> bool {
        off_ms < -LEAP_MS_MAX || off_ms.saturating_add(self.ahead_ms.min(0)) > LEAP_MS_MAX
    }

    /// Moves the time: a leap was agreed to, or an owner takes one back.
    pub fn step(&mut self, by_ms: i64) {
        self.at = self.at.plus_ms(by_ms);
        self.last = self.last.plus_ms(by_ms);
        self.ahead_ms = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMs = UnixMs(1_700_000_000_000);

    fn reading(wall_ms: i64, steady_ms: i64) -> ClockReading {
        ClockReading { wall: START.plus_ms(wall_ms), steady_ms }
    }

    fn begun() -> Timekeeper {
        Timekeeper::resume(UnixMs(0), None, "b", reading(0, 0))
    }

    #[test]
    fn a_leap_is_not_believed_and_time_goes_on() {
        let forty_years_ms = 40 * 365 * 86_400_000;
        for leap_ms in [121_000, 8 * 3_600_000, forty_years_ms] {
            let mut time = begun();
            let mut read = |off, steady| time.read(reading(steady + off, steady));
            assert_eq!(read(0, 1_000), START.plus_ms(1_000));
            assert_eq!(read(leap_ms, 2_000), START.plus_ms(2_000));
            assert_eq!(read(leap_ms, 7_000), START.plus_ms(7_000));
            assert_eq!(read(0, 8_000), START.plus_ms(8_000));
            let ahead = time.standing(reading(9_000 + leap_ms, 9_000));
            assert_eq!(ahead, ClockStanding::Ahead { by_ms: leap_ms });
        }
    }

    #[test]
    fn small_corrections_are_followed_slowly_both_ways() {
        for off_ms in [90_000, -90_000] {
            let mut time = begun();
            let mut last = START;
            for steady_ms in (250..1_000_000).step_by(250) {
                let at = time.read(reading(steady_ms + off_ms, steady_ms));
                let passed_ms = at.since_ms(last);
                assert!((220..=280).contains(&passed_ms), "{passed_ms} ms in 250");
                last = at;
            }
            assert_eq!(last.since_ms(START.plus_ms(off_ms)) / 1_000, 999);
        }
    }

    /// Found by the simulation: leaps of less than two minutes each, one after the other.
    #[test]
    fn many_small_leaps_make_no_large_one() {
        let mut time = begun();
        let (mut steady_ms, mut at) = (0, START);
        for leap in 1..=10 {
            for _ in 0..2_000 {
                steady_ms += 1_000;
                at = time.read(reading(steady_ms + leap * 100_000, steady_ms));
            }
            let anchor = time.anchor("b", reading(steady_ms + leap * 100_000, steady_ms));
            let reading = reading(steady_ms + leap * 100_000, steady_ms);
            time = Timekeeper::resume(at, Some(&anchor), "b", reading);
        }
        let ahead_ms = at.since_ms(START.plus_ms(steady_ms));
        assert!((100_000..=LEAP_MS_MAX).contains(&ahead_ms), "{ahead_ms}");
    }

    #[test]
    fn a_clock_set_back_neither_stops_deadlines_nor_reopens_a_day() {
        let mut time = begun();
        time.read(reading(0, 0));
        let day_ms = 86_400_000;
        assert_eq!(time.read(reading(5_000 - day_ms, 5_000)), START.plus_ms(5_000));
        let behind = time.standing(reading(5_000 - day_ms, 5_000));
        assert_eq!(behind, ClockStanding::Behind { by_ms: day_ms });
    }

    #[test]
    fn a_restart_goes_on_from_the_anchor_of_the_same_boot() {
        let anchor = TimeAnchor { boot: "b".to_owned(), steady_ms: 1_000, at: START, ahead_ms: 0 };
        let resumed = |boot: &str, wall_ms, steady_ms| {
            let reading = reading(wall_ms, steady_ms);
            Timekeeper::resume(START.plus_ms(500), Some(&anchor), boot, reading).read(reading)
        };
        let day_ms = 86_400_000;
        assert_eq!(resumed("b", day_ms, 1_000 + day_ms), START.plus_ms(day_ms), "a day went by");
        assert_eq!(resumed("b", day_ms, 4_000), START.plus_ms(3_000), "only three seconds did");
        assert_eq!(resumed("c", day_ms, 4_000), START.plus_ms(500), "nobody knows how long");
        assert_eq!(resumed("c", 60_000, 4_000), START.plus_ms(60_000), "a quick reboot");
    }

    #[test]
    fn a_step_is_taken_at_once() {
        let mut time = begun();
        let off_ms = 8 * 3_600_000;
        time.read(reading(off_ms, 1_000));
        time.step(off_ms);
        assert_eq!(time.read(reading(off_ms + 2_000, 2_000)), START.plus_ms(off_ms + 2_000));
        time.step(-off_ms);
        assert_eq!(time.read(reading(3_000, 3_000)), START.plus_ms(3_000));
    }

    #[test]
    fn what_small_corrections_took_back_is_given_back() {
        let reading = |steady_ms: i64, skew_ms: i64| ClockReading {
            wall: START.plus_ms(steady_ms + skew_ms),
            steady_ms,
        };
        let mut time = Timekeeper::resume(START, None, "b", reading(0, 0));
        let mut steady_ms = 0;
        let mut pass = |time: &mut Timekeeper, skew_ms: i64| {
            for _ in 0..200 {
                steady_ms += 60_000;
                time.read(reading(steady_ms, skew_ms));
            }
            time.standing(reading(steady_ms, skew_ms))
        };
        // Back by less than a leap, twice.
        assert_eq!(pass(&mut time, -90_000), ClockStanding::Agrees);
        assert_eq!(pass(&mut time, -180_000), ClockStanding::Agrees);
        // The clock is right again: more than a leap, and no more than was taken back.
        assert_eq!(pass(&mut time, 0), ClockStanding::Agrees);
        let behind_ms = START.plus_ms(80_000_000).since_ms(time.read(reading(80_000_000, 0)));
        assert!(behind_ms.abs() < 60_000, "{behind_ms}");
        // Further ahead it leaps as ever.
        let far = reading(80_000_000, 2 * LEAP_MS_MAX + 180_000);
        assert!(matches!(time.standing(far), ClockStanding::Ahead { .. }));
    }
}
