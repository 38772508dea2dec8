//! Use as owners look at it, and what they put right of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UsageView {
    pub usage: Vec<DayUseView>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
}

/// What a device used on a local day.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DayUseView {
    pub device: String,
    pub quantity: String,
    pub day: String,
    pub used: String,
    /// True where a part of it is an estimate.
    pub estimated: bool,
    /// What it cost, not rounded; null where a price is missing.
    pub cost_exact: Option<String>,
    /// What it cost; null where a price is missing.
    pub cost: Option<String>,
}

/// What a correction changes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionView {
    pub device: String,
    pub quantity: String,
    pub unit: String,
    /// What the books had, and what they have now.
    pub was: String,
    pub used: String,
    /// True where nothing was changed.
    pub dry_run: bool,
    /// What the days of the span cost before; null where a price is missing.
    pub cost_was: Option<String>,
    /// What they cost now.
    pub cost: Option<String>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
}

/// What was taken of a supplier's file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ImportView {
    pub device: String,
    pub quantity: String,
    pub unit: String,
    /// The span that the file covers.
    pub from: String,
    pub to: String,
    /// What it added, decimal text.
    pub added: String,
    /// How many quarters of an hour it has.
    pub quarters: usize,
    /// How many of them the device had told itself, which stay.
    pub kept: usize,
}

/// Bills for use, computed anew.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RerateView {
    pub bills: Vec<RecomputedView>,
    /// How many come to something else.
    pub changed: usize,
    /// True where nothing was changed.
    pub dry_run: bool,
    /// ISO 4217 code of the amounts.
    pub currency: String,
}

/// A bill that was made, computed anew.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecomputedView {
    /// Id of the tariff.
    pub tariff: String,
    pub period: String,
    pub from: String,
    pub to: String,
    /// What it came to.
    pub was: String,
    /// What it comes to now; null where a price is missing.
    pub now: Option<String>,
    pub difference: Option<String>,
    /// Which price is missing, where one is.
    pub missing: Option<String>,
}
