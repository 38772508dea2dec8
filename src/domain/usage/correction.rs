//! An owner's word on what was used: what a counter said wrongly is put right by hand.

use super::UsageBook;
use crate::household::{Home, Household};
use crate::ids::Name;
use crate::meter::Quantity;
use crate::tariff::{Divider, SlotUse, Use};
use crate::time::UnixMs;
use serde::{Deserialize, Serialize};

/// The longest span that one correction covers, in seconds: a year, so that what was used before
/// the hub was there is one correction.
pub const CORRECTED_S_MAX: i64 = 366 * 86_400;

/// Longest reason, in characters.
pub const WHY_CHARS_MAX: usize = 200;

/// What a device used in a span, whatever its counter said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub device: Name,
    pub quantity: Quantity,
    /// Since when; a quarter of an hour begins then.
    pub from: UnixMs,
    /// Until when; a quarter of an hour ends then.
    pub to: UnixMs,
    /// What was used, in micro-units: shared out over the span by time.
    pub micro: i64,
    /// Why, for whoever reads the journal.
    pub why: String,
}

impl Correction {
    /// What it adds to the use that is kept, slot by slot; it may take away.
    pub fn puts_right(
        &self,
        home: &Home,
        household: &Household,
        usage: &UsageBook,
    ) -> Vec<SlotUse> {
        let known = usage.between(&self.device, self.quantity, (self.from, self.to));
        let taken = known.slots().iter();
        let taken = taken.map(|of| SlotUse { micro: -of.micro, estimated: false, ..*of });
        let tariff = household.devices.get(&self.device).and_then(|of| of.tariff.as_ref());
        let supply = tariff.and_then(|id| household.tariffs.get(id)).map(|of| of.supply(home));
        let better = Divider::of(supply).spread((self.from, self.to), self.micro);
        Use::new(taken.chain(better)).slots().to_vec()
    }
}

/// The most slots that are taken in at once: a month of quarters of an hour, with an hour more.
pub const IMPORTED_SLOTS_MAX: usize = 31 * 96 + 4;

/// What a supplier's file says was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    pub device: Name,
    pub quantity: Quantity,
    /// When how much, the oldest first.
    pub used: Vec<SlotUse>,
    /// Which file, for whoever reads the journal.
    pub file: String,
    /// True where it goes before what the device told itself.
    pub replace: bool,
}

impl Imported {
    /// From when until when it says something.
    pub fn span(&self) -> (UnixMs, UnixMs) {
        let first = self.used.first().map_or(UnixMs(0), SlotUse::start);
        (first, self.used.last().map_or(first, |last| last.slot.next().start()))
    }

    /// What it adds to the use that is kept. What the device told itself stays, unless it is to be
    /// replaced.
    pub fn adds(&self, known: &Use) -> Vec<SlotUse> {
        let mut added = Vec::with_capacity(self.used.len());
        for used in &self.used {
            let (first, next) = (used.slot.start(), used.slot.next().start());
            let of_slot = known.between(first, next);
            if of_slot.is_empty() || self.replace {
                let taken = of_slot.iter().map(|of| SlotUse { micro: -of.micro, ..*of });
                added.extend(taken.filter(|of| of.micro != 0));
                added.push(SlotUse { imported: true, ..*used });
            }
        }
        Use::new(added).slots().to_vec()
    }
}
