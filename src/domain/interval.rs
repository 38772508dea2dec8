//! Devices that tell what was used since the reading before, in the place of a counter: each word is all
//! that there is of its use, and no later one shows it once more.

use super::held::Held;
use super::meter::{Meter, ReadingOutcome, RiseBounds, Shown, plausible};
use super::time::UnixMs;

/// The longest time that the first use of a device that tells it by intervals may be of, in milliseconds:
/// an hour.
const FIRST_INTERVAL_MS_MAX: i64 = 3_600_000;

/// From how long on after use that was not counted a device that tells it by intervals is as it should
/// be again, in milliseconds: an hour.
const NORMAL_AFTER_MS: i64 = 3_600_000;

impl Meter {
    /// Takes what was used since the reading before. The sum of all is kept as what is shown.
    #[must_use]
    pub fn add(self, bounds: RiseBounds, shown: Shown, retained: bool) -> (Meter, ReadingOutcome) {
        let from = self.last.map_or(shown.at, |last| last.at);
        if retained || self.last.is_some_and(|last| shown.at <= last.at) {
            return (self, ReadingOutcome::Ignored);
        }
        // Of the first it is not known since when it counts.
        let first = Shown { at: shown.at.plus_ms(-FIRST_INTERVAL_MS_MAX), micro: 0 };
        let last = self.last.unwrap_or(first);
        let sum = Shown { at: shown.at, micro: last.micro.saturating_add(shown.micro) };
        let burst = self.burst_at(last, sum);
        let queued = burst.filter(|burst| burst.waited(bounds, sum));
        if queued.is_none() && !plausible(bounds, last, sum) {
            let held = Some(Held::from_report(self.held, (last.at, shown.at), shown.micro));
            return (Meter { held, ..self }, ReadingOutcome::Rejected);
        }
        let from = queued.map_or(from, |burst| burst.before.at);
        // Above the bound that held it: the owner said since that the device can draw more.
        let raised = self.bound_micro.is_some_and(|known| bounds.per_hour_micro > known);
        match self.held.filter(|held| raised && held.fits(bounds)) {
            Some(held) => {
                let micro = held.micro.saturating_add(shown.micro);
                let sum = Shown { micro: last.micro.saturating_add(micro), ..sum };
                let meter = Meter { burst, held: None, ..self.good(sum) };
                (meter, ReadingOutcome::Proved { from: held.from, micro })
            }
            None => {
                let held = self.held.filter(|held| !held.is_over(shown.at));
                let meter = Meter { burst, held, ..self.good(sum) };
                (meter, ReadingOutcome::Used { from, micro: shown.micro })
            }
        }
    }

    /// True where readings do not fit to those before them: one that is too high is set aside, or
    /// what was told as use lately is not counted.
    #[must_use]
    pub fn is_in_doubt(&self, interval: bool, now: UnixMs) -> bool {
        let high = self.aside.zip(self.last).is_some_and(|(a, l)| a.first.micro > l.micro);
        let held = self.held.is_some_and(|held| match interval {
            true => now.since_ms(held.to) <= NORMAL_AFTER_MS,
            false => true,
        });
        high || held
    }
}
