//! Tiers: how much was used since a counter began decides the price of what follows.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// When a ladder's counter begins anew, at local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counter {
    Day,
    /// Every month, on the billing day.
    Month,
    /// Every billing cycle of some months.
    Cycle {
        /// How many months a cycle usually has.
        months: u8,
        /// True when the bounds are those of one month, and a cycle of n months has n times them.
        scaled: bool,
    },
    /// Every first of January.
    Year,
    Bill,
}

/// Where a tier ends. The bound itself is still in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Units(Decimal),
    /// So many times the baseline allowance of the days that the counter runs over.
    Baseline(Decimal),
}

/// The bounds for some households or some season.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Only for households of at least so many people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persons_from: Option<u32>,
    /// Only in this season, by its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<usize>,
    /// Where each tier ends, but the last, which has no end.
    pub up_to: Vec<Bound>,
}

/// A ladder of tiers over the use of one or several windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// The windows it counts, by their place: all of them where tiers are combined, one where each
    /// window has its own.
    pub windows: Vec<usize>,
    /// When its counter begins anew.
    pub counter: Counter,
    /// True when it begins anew with a season or version too, and each part of a bill has its own
    /// allowance.
    #[serde(default)]
    pub by_season: bool,
    /// Its bounds; the most special that fit are used.
    pub steps: Vec<Steps>,
}

impl Ladder {
    /// The bounds for a household in a season.
    pub fn steps(&self, persons: Option<u32>, season: usize) -> Option<&Steps> {
        let fits = |steps: &&Steps| {
            steps.persons_from.is_none_or(|from| persons.is_some_and(|p| p >= from))
                && steps.season.is_none_or(|s| s == season)
        };
        let special = |steps: &&Steps| (steps.persons_from, steps.season.is_some());
        self.steps.iter().filter(fits).max_by_key(special)
    }
}

/// How use that crosses from one tier into the next is divided between windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// Each tier gets every window's use in the same proportion.
    Proportional,
    /// In the order in which it was used.
    Chronological,
}
