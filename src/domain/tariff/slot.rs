//! Use by quarters of an hour: fine enough for every price there is, coarse enough to keep.

use crate::time::UnixMs;
use serde::{Deserialize, Serialize};

/// Length of a slot, in seconds.
pub const SLOT_S: i64 = 900;

/// Length of a slot, in minutes.
pub const SLOT_MIN: u16 = 15;

/// A quarter of an hour of UTC: unix seconds / 900.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Slot(pub i64);

impl Slot {
    /// The slot that an instant falls into.
    pub fn of(at: UnixMs) -> Slot {
        Slot(at.seconds().div_euclid(SLOT_S))
    }

    pub fn start(self) -> UnixMs {
        UnixMs(self.0.saturating_mul(SLOT_S * 1_000))
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Slot {
        self.plus(1)
    }

    /// The one so many slots later.
    #[must_use]
    pub fn plus(self, slots: i64) -> Slot {
        Slot(self.0.saturating_add(slots))
    }
}

/// A slot from one of its minutes on, until the slot's next part begins: a slot is divided where a window
/// of the home's own tariff begins within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotPart {
    pub slot: Slot,
    /// From which of its minutes on.
    pub minute: u8,
}

impl SlotPart {
    pub fn start(self) -> UnixMs {
        self.slot.start().plus_s(i64::from(self.minute) * 60)
    }
}

/// What was used in a slot, or in a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotUse {
    pub slot: Slot,
    /// From which minute of the slot on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minute: u8,
    /// How much, in micro-units.
    pub micro: i64,
    /// True when a part of it was shared out by time and not measured within the slot.
    #[serde(default)]
    pub estimated: bool,
    /// True when a part of it is from a supplier's file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(minute: &u8) -> bool {
    *minute == 0
}

impl SlotUse {
    pub fn part(&self) -> SlotPart {
        SlotPart { slot: self.slot, minute: self.minute }
    }

    /// The first instant in which it can have been used.
    pub fn start(&self) -> UnixMs {
        self.part().start()
    }
}

/// How it is known how much was used, in micro-units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Measured within the time that decides its price.
    pub measured: i64,
    /// Measured over a longer time and shared out, or guessed.
    pub estimated: i64,
    /// From a supplier's file.
    pub imported: i64,
}

/// Use over time: sorted by slots and their parts, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    slots: Vec<SlotUse>,
}

impl Use {
    /// Takes slots in any order; what is of the same part of a slot is added up.
    pub fn new(slots: impl IntoIterator<Item = SlotUse>) -> Use {
        let mut slots: Vec<SlotUse> = slots.into_iter().collect();
        slots.sort_by_key(SlotUse::part);
        slots.dedup_by(|later, kept| {
            let same = later.part() == kept.part();
            if same {
                kept.micro = kept.micro.saturating_add(later.micro);
                kept.estimated |= later.estimated;
                kept.imported |= later.imported;
            }
            same
        });
        Use { slots }
    }

    /// Takes slots that are sorted, each once.
    pub fn sorted(slots: Vec<SlotUse>) -> Use {
        debug_assert!(slots.is_sorted_by(|one, next| one.part() < next.part()), "each part once");
        Use { slots }
    }

    /// All slots, the oldest first.
    pub fn slots(&self) -> &[SlotUse] {
        &self.slots
    }

    /// The slots, and parts of slots, that begin from `first` until before `next`.
    pub fn between(&self, first: UnixMs, next: UnixMs) -> &[SlotUse] {
        let from = self.slots.partition_point(|used| used.start() < first);
        let to = self.slots.partition_point(|used| used.start() < next);
        self.slots.get(from..to).unwrap_or_default()
    }

    /// How the use from `first` until before `next` is known.
    pub fn provenance(&self, first: UnixMs, next: UnixMs) -> Provenance {
        let mut known = Provenance::default();
        for used in self.between(first, next) {
            let sum = match (used.imported, used.estimated) {
                (true, _) => &mut known.imported,
                (false, true) => &mut known.estimated,
                (false, false) => &mut known.measured,
            };
            *sum = sum.saturating_add(used.micro);
        }
        known
    }

    /// The use of a slot.
    pub fn at(&self, slot: Slot) -> i64 {
        let parts = self.between(slot.start(), slot.next().start());
        parts.iter().fold(0, |sum, used| sum.saturating_add(used.micro))
    }

    /// All of it, in micro-units.
    pub fn total(&self) -> i64 {
        self.slots.iter().fold(0, |sum, used| sum.saturating_add(used.micro))
    }

    /// This and another, together.
    #[must_use]
    pub fn with(&self, other: &Use) -> Use {
        Use::new(self.slots.iter().chain(&other.slots).copied())
    }
}

/// What a bill's counter shows for one window over the bill's whole span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// The window, as the plan names it.
    pub window: String,
    /// How much, in micro-units.
    pub micro: i64,
}

/// What was measured: slots, or only a total by window.
#[derive(Clone, Copy, Debug)]
pub enum MeteredUse<'a> {
    Slots(&'a Use),
    /// Totals by window; where tiers are crossed in order of time, in this order.
    Registers(&'a [Register]),
}
