//! What a run of a device costs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunCostView {
    pub device: String,
    /// What a run uses, decimal text.
    pub uses: String,
    /// How long it takes.
    pub minutes: i64,
    /// From how many runs that was learnt; null where the household says it.
    pub runs: Option<usize>,
    /// What it costs at once.
    pub now: PricedMoment,
    /// When it is cheapest within a day, where that is later.
    pub later: Option<PricedMoment>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
    /// The same in words.
    pub say: String,
}

/// What it costs when it begins then.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PricedMoment {
    pub at: String,
    pub cost: String,
}
