//! What a counter rose by and was not counted: kept until later readings prove it, and given back then.

use super::meter::{RiseBounds, Shown, rise_max};
use super::time::UnixMs;
use serde::{Deserialize, Serialize};

/// How long after a jump later readings may prove it, in milliseconds: one day. What a device draws
/// in such a time without saying so shows in its next readings; a counter that is wrong is as wrong a
/// month later.
const PROOF_MS_MAX: i64 = 86_400_000;

/// By how much, in per cent, two figures may differ for the one to be the other at another scale.
const SCALE_PCT: i128 = 2;

/// From how much on a counter tells what scale it has, in micro-units: one unit.
const SCALED_MICRO_MIN: i64 = 1_000_000;

/// The scales that a counter takes by mistake: a divisor that is not known yet, Wh for kWh.
const SCALES: [i128; 3] = [10, 100, 1_000];

/// A rise that no device of this kind makes in so short a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When the last reading before it was taken.
    pub from: UnixMs,
    /// When the counter stood at its new level first.
    pub to: UnixMs,
    /// How much is held, in micro-units.
    pub micro: i64,
    /// How much was counted since `from`, in micro-units.
    pub counted: i64,
}

impl Held {
    /// What lies between two readings of a counter, with what was held before where that may still be
    /// proved. Nothing is held of a counter that shows the same at another scale.
    #[must_use]
    pub fn between(before: Option<Held>, last: Shown, first: Shown) -> Option<Held> {
        let micro = first.micro.checked_sub(last.micro).filter(|micro| *micro > 0)?;
        let at_scale = |scale: i128| {
            let want = i128::from(last.micro).saturating_mul(scale);
            let off = (i128::from(first.micro) - want).abs();
            last.micro >= SCALED_MICRO_MIN
                && off.saturating_mul(100) <= want.saturating_mul(SCALE_PCT)
        };
        if SCALES.into_iter().any(at_scale) {
            return before;
        }
        let open = before.filter(|held| first.at.since_ms(held.to) <= PROOF_MS_MAX);
        Some(match open {
            Some(held) => Held { to: first.at, micro: held.micro.saturating_add(micro), ..held },
            None => Held { from: last.at, to: first.at, micro, counted: 0 },
        })
    }

    /// What was told as the use between two readings, with what was held so before: only another bound
    /// proves it, for no later reading shows it once more.
    #[must_use]
    pub fn from_report(before: Option<Held>, (from, to): (UnixMs, UnixMs), micro: i64) -> Held {
        match before.filter(|held| to.since_ms(held.to) <= PROOF_MS_MAX) {
            Some(held) => Held { to, micro: held.micro.saturating_add(micro), ..held },
            None => Held { from, to, micro, counted: 0 },
        }
    }

    /// True where the device can have used it in its own time.
    #[must_use]
    pub fn fits(&self, bounds: RiseBounds) -> bool {
        i128::from(self.micro) <= rise_max(bounds, self.from, self.to)
    }

    /// True where nothing proves it any more.
    #[must_use]
    pub fn is_over(&self, now: UnixMs) -> bool {
        now.since_ms(self.to) > PROOF_MS_MAX
    }

    /// The same after so much was counted as usual.
    #[must_use]
    pub fn and_counted(self, micro: i64) -> Held {
        Held { counted: self.counted.saturating_add(micro), ..self }
    }

    /// True once the device can have drawn all of it, by what it showed until now.
    #[must_use]
    pub fn is_proved(&self, bounds: RiseBounds, now: UnixMs) -> bool {
        let until = now.min(self.to.plus_ms(PROOF_MS_MAX));
        let all = i128::from(self.micro) + i128::from(self.counted);
        all <= rise_max(bounds, self.from, until)
    }
}
