//! Use by quarters of an hour: fine enough for every price there is, coarse enough to keep.

use crate::domain::time::UnixMs;
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

    /// Its first instant.
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

/// What was used in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotUse {
    /// When.
    pub slot: Slot,
    /// How much, in micro-units.
    pub micro: i64,
    /// True when a part of it was shared out by time and not measured within the slot.
    #[serde(default)]
    pub estimated: bool,
}

/// Use over time: sorted by slot, each slot once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    slots: Vec<SlotUse>,
}

impl Use {
    /// Takes slots in any order; what is of the same slot is added up.
    pub fn new(slots: impl IntoIterator<Item = SlotUse>) -> Use {
        let mut slots: Vec<SlotUse> = slots.into_iter().collect();
        slots.sort_by_key(|used| used.slot);
        slots.dedup_by(|later, kept| {
            let same = later.slot == kept.slot;
            if same {
                kept.micro = kept.micro.saturating_add(later.micro);
                kept.estimated |= later.estimated;
            }
            same
        });
        Use { slots }
    }

    /// Takes slots that are sorted, each once.
    pub fn sorted(slots: Vec<SlotUse>) -> Use {
        debug_assert!(slots.is_sorted_by(|one, next| one.slot < next.slot), "each slot once");
        Use { slots }
    }

    /// All slots, the oldest first.
    pub fn slots(&self) -> &[SlotUse] {
        &self.slots
    }

    /// The slots that begin from `first` until before `next`.
    pub fn between(&self, first: UnixMs, next: UnixMs) -> &[SlotUse] {
        let from = self.slots.partition_point(|used| used.slot.start() < first);
        let to = self.slots.partition_point(|used| used.slot.start() < next);
        self.slots.get(from..to).unwrap_or_default()
    }

    /// The use of a slot.
    pub fn at(&self, slot: Slot) -> i64 {
        let found = self.slots.binary_search_by_key(&slot, |used| used.slot);
        found.ok().and_then(|index| self.slots.get(index)).map_or(0, |used| used.micro)
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
pub enum Measured<'a> {
    /// Use by slots.
    Slots(&'a Use),
    /// Totals by window; where tiers are crossed in order of time, in this order.
    Registers(&'a [Register]),
}
