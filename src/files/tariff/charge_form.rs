//! Charges, taxes and credits as people write them.

use super::figure::Figure;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A charge for every unit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdderForm {
    /// What it is called.
    pub name: String,
    /// For one unit, at all times.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub rate: Option<Spanned<Figure>>,
    /// For one unit by window, or else `rate`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Figure>")]
    pub rates: BTreeMap<String, Spanned<Figure>>,
}

/// How often it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PerForm {
    /// Once for every day.
    Day,
    /// Once for every month.
    Month,
    /// Once for every year.
    Year,
    /// Once for every billing cycle.
    Cycle,
}

/// A charge that does not depend on use.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedForm {
    /// What it is called.
    pub name: String,
    /// How often it is charged.
    pub per: PerForm,
    /// How much each time.
    #[schemars(with = "Figure")]
    pub amount: Spanned<Figure>,
    /// True where it counts by days: of a month, year or cycle as much as the bill has of its days;
    /// else all of it falls due on the first of them.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub prorate: Option<Spanned<bool>>,
    /// How much of it is taken where nothing was used, in percent, such as Japan's half.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub unused_percent: Option<Spanned<Figure>>,
}

/// The least that a bill comes to, before taxes and credits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinimumForm {
    /// How often it counts.
    pub per: PerForm,
    /// How much each time.
    #[schemars(with = "Figure")]
    pub amount: Spanned<Figure>,
    /// True where it counts by days, as of a fixed charge.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub prorate: Option<Spanned<bool>>,
}

/// A tax on other parts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxForm {
    /// What it is called.
    pub name: String,
    /// Its rate, in per cent.
    #[schemars(with = "Figure")]
    pub percent: Spanned<Figure>,
    /// What it is on: names of adders, charges, credits and earlier taxes, or `energy`, `spot`,
    /// `minimum`, `use` (all that depends on use), `fixed` (all that does not); all charges and all
    /// earlier taxes where it is not said.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub on: Vec<Spanned<String>>,
}

/// What is taken off: `percent`, `per_unit`, or `amount` with `per`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditForm {
    /// What it is called.
    pub name: String,
    /// A part of charges.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub percent: Option<Spanned<Figure>>,
    /// Of which charges: as of a tax, but of no tax where it is not said.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub on: Vec<Spanned<String>>,
    /// An amount for every unit.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub per_unit: Option<Spanned<Figure>>,
    /// For at most so many units a bill, or `baseline`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub up_to: Option<Spanned<String>>,
    /// How much each time.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub amount: Option<Spanned<Figure>>,
    /// How often it is charged.
    #[serde(default)]
    pub per: Option<PerForm>,
    /// True where an amount counts by days, as of a fixed charge.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub prorate: Option<Spanned<bool>>,
    /// The most that one bill gets.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub max: Option<Spanned<Figure>>,
}
