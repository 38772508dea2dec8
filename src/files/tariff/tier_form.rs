//! Tiers as people write them.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Tiers by the amount of use.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TiersForm {
    /// What the tiers count.
    #[serde(default)]
    pub mode: ModeForm,
    /// When their counter begins anew.
    #[serde(default)]
    pub counter: Option<CounterForm>,
    /// How many months a billing cycle usually has.
    #[serde(default)]
    #[schemars(with = "Option<u8>")]
    pub cycle_months: Option<Spanned<u8>>,
    /// True where the bounds are those of one month and grow with the months of a cycle.
    #[serde(default)]
    pub scaled: bool,
    /// True where each part of a bill between changes of season or version has its own allowance, by
    /// its days.
    #[serde(default)]
    pub by_season: bool,
    /// Where each tier ends, but the last: so many units, `baseline`, or `130% baseline`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub up_to: Vec<Spanned<String>>,
    /// Other bounds for larger households.
    #[serde(default)]
    pub sizes: Vec<SizeForm>,
    /// Other bounds by season.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub seasons: BTreeMap<String, Spanned<Vec<Spanned<String>>>>,
    /// Where each window has its own tiers: which, and how.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, WindowTiersForm>")]
    pub windows: BTreeMap<String, Spanned<WindowTiersForm>>,
    /// How use that crosses a tier is divided between windows.
    #[serde(default)]
    pub crossing_split: Option<CrossingForm>,
}

/// What the tiers count together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeForm {
    /// The use of all windows together.
    #[default]
    Combined,
    /// Each window by itself.
    Individual,
    /// Nothing: there are no tiers.
    None,
}

/// When a counter begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CounterForm {
    /// Once for every day.
    Day,
    /// Once for every month.
    Month,
    /// Once for every billing cycle.
    Cycle,
    /// Every first of January.
    Year,
    /// Once for every bill.
    Bill,
}

/// How use that crosses a tier is divided between windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrossingForm {
    /// Shared in proportion to the use.
    Proportional,
    /// In order of time.
    Chronological,
}

/// Bounds for larger households.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeForm {
    /// How many people at least.
    #[schemars(with = "u32")]
    pub household_size: Spanned<u32>,
    /// Where each tier ends, but the last; may be left out where its seasons are all of them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub up_to: Vec<Spanned<String>>,
    /// Other bounds by season.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub seasons: BTreeMap<String, Spanned<Vec<Spanned<String>>>>,
}

/// The tiers of one window.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowTiersForm {
    /// When their counter begins anew; as the others' where it is not said.
    #[serde(default)]
    pub counter: Option<CounterForm>,
    /// Where each tier ends, but the last.
    #[schemars(with = "Vec<String>")]
    pub up_to: Vec<Spanned<String>>,
}
