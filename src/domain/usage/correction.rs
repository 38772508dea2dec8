//! An owner's word on what was used: what a counter said wrongly is put right by hand.

use crate::domain::ids::Name;
use crate::domain::meter::Quantity;
use crate::domain::time::UnixMs;
use serde::{Deserialize, Serialize};

/// The longest span that one correction covers, in seconds: a year, so that what was used before
/// the hub was there is one correction.
pub const CORRECTED_S_MAX: i64 = 366 * 86_400;

/// Longest reason, in characters.
pub const WHY_CHARS_MAX: usize = 200;

/// What a device used in a span, whatever its counter said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The device.
    pub device: Name,
    /// Of what.
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
