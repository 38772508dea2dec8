//! A tariff's file as people write it: words only, nothing checked yet.
//!
//! What holds for all versions stands at the top; a version may say any of it anew.

use super::charge_form::{AdderForm, CreditForm, FixedForm, MinimumForm, TaxForm};
use super::figure::{Figure, Figures};
use super::tier_form::TiersForm;
use homepay_devices::profile_form::NameForm;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Parts of the day by name: `["07:00-11:00", "weekend 00:00-24:00"]`.
pub type WindowsForm = BTreeMap<String, Vec<Spanned<String>>>;

/// Prices of one unit by window: one, or one for each tier.
pub type RatesForm = BTreeMap<String, Spanned<Figures>>;

/// A tariff as it is published.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TariffForm {
    /// Its id, such as `cn-shanghai-res-tou`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub id: Option<Spanned<String>>,
    /// What it is called.
    #[serde(default)]
    pub name: Option<NameForm>,
    /// What is delivered: `electricity`, `water` or `gas`; electricity where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub utility: Option<Spanned<String>>,
    /// What prices are for: `kWh`, `MWh`, of heat also `GJ` and `MJ`, or `m³`; with the money as in `ct/kWh`,
    /// `€/GJ`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub unit: Option<Spanned<String>>,
    /// The currency of its prices, by ISO 4217; the home's where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub currency: Option<Spanned<String>>,
    /// Where its days begin, by IANA; the home's where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub zone: Option<Spanned<String>>,
    /// For readers: what is left out, what was not checked.
    #[serde(default)]
    pub notes: Option<String>,
    /// A file of holidays beside this one.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub holidays_file: Option<Spanned<String>>,
    /// The holidays, or else `holidays_file`.
    #[serde(default)]
    #[schemars(with = "Option<HolidaysForm>")]
    pub holidays: Option<Spanned<HolidaysForm>>,
    /// How the total is rounded.
    #[serde(default)]
    pub rounding: RoundingForm,
    /// Parts of the day.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Vec<String>>>")]
    pub windows: Option<Spanned<WindowsForm>>,
    /// Parts of the year, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, SeasonForm>")]
    pub seasons: BTreeMap<String, Spanned<SeasonForm>>,
    /// Prices by window of the day.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Figures>>")]
    pub rates: Option<Spanned<RatesForm>>,
    /// Tiers by the amount of use.
    #[serde(default)]
    #[schemars(with = "Option<TiersForm>")]
    pub tiers: Option<Spanned<TiersForm>>,
    /// A price that follows the market.
    #[serde(default)]
    #[schemars(with = "Option<SpotForm>")]
    pub spot: Option<Spanned<SpotForm>>,
    /// Charges for every unit beside its price.
    #[serde(default)]
    #[schemars(with = "Option<Vec<AdderForm>>")]
    pub adders: Option<Vec<Spanned<AdderForm>>>,
    /// Charges that do not depend on use.
    #[serde(default)]
    #[schemars(with = "Option<Vec<FixedForm>>")]
    pub fixed: Option<Vec<Spanned<FixedForm>>>,
    /// The least that a bill comes to.
    #[serde(default)]
    #[schemars(with = "Option<MinimumForm>")]
    pub minimum: Option<Spanned<MinimumForm>>,
    /// Taxes, in the order in which they are put on.
    #[serde(default)]
    #[schemars(with = "Option<Vec<TaxForm>>")]
    pub taxes: Option<Vec<Spanned<TaxForm>>>,
    /// What is taken off.
    #[serde(default)]
    #[schemars(with = "Option<Vec<CreditForm>>")]
    pub credits: Option<Vec<Spanned<CreditForm>>>,
    /// What holds from when on, the oldest first.
    #[schemars(with = "Vec<VersionForm>")]
    pub versions: Vec<Spanned<VersionForm>>,
}

/// What holds from a day on; what it does not say is said at the top of the file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionForm {
    /// Its first day; only the first version may leave it out, where nobody said since when.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub from: Option<Spanned<toml::Value>>,
    /// Its last day; until the day before the next where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub to: Option<Spanned<toml::Value>>,
    /// Where it was published.
    #[serde(default)]
    pub source: Option<String>,
    /// When somebody last compared it with what is published.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub verified: Option<Spanned<toml::Value>>,
    /// One price at all times, or else `rates`.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub price: Option<Spanned<Figure>>,
    /// What is priced, as at the top.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub unit: Option<Spanned<String>>,
    /// Parts of the day.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Vec<String>>>")]
    pub windows: Option<Spanned<WindowsForm>>,
    /// Parts of the year, by name; each may say anew a part of what is said at the top.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, SeasonForm>")]
    pub seasons: BTreeMap<String, Spanned<SeasonForm>>,
    /// Prices by window of the day.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Figures>>")]
    pub rates: Option<Spanned<RatesForm>>,
    /// Tiers by the amount of use.
    #[serde(default)]
    #[schemars(with = "Option<TiersForm>")]
    pub tiers: Option<Spanned<TiersForm>>,
    /// A price that follows the market.
    #[serde(default)]
    #[schemars(with = "Option<SpotForm>")]
    pub spot: Option<Spanned<SpotForm>>,
    /// Charges for every unit beside its price.
    #[serde(default)]
    #[schemars(with = "Option<Vec<AdderForm>>")]
    pub adders: Option<Vec<Spanned<AdderForm>>>,
    /// Charges that do not depend on use.
    #[serde(default)]
    #[schemars(with = "Option<Vec<FixedForm>>")]
    pub fixed: Option<Vec<Spanned<FixedForm>>>,
    /// The least that a bill comes to.
    #[serde(default)]
    #[schemars(with = "Option<MinimumForm>")]
    pub minimum: Option<Spanned<MinimumForm>>,
    /// Taxes, in the order in which they are put on.
    #[serde(default)]
    #[schemars(with = "Option<Vec<TaxForm>>")]
    pub taxes: Option<Vec<Spanned<TaxForm>>>,
    /// What is taken off.
    #[serde(default)]
    #[schemars(with = "Option<Vec<CreditForm>>")]
    pub credits: Option<Vec<Spanned<CreditForm>>>,
}

/// A part of the year.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeasonForm {
    /// Its first day, such as `06-01`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub from: Option<Spanned<String>>,
    /// Its last day, such as `09-30`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub to: Option<Spanned<String>>,
    /// Parts of the day in it, where they differ from other seasons.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Vec<String>>>")]
    pub windows: Option<Spanned<WindowsForm>>,
    /// Prices in it, where they differ from other seasons.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Figures>>")]
    pub rates: Option<Spanned<RatesForm>>,
    /// The baseline allowance in units a day, where there is one.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub baseline_per_day: Option<Spanned<Figure>>,
    /// The same by region, or else `baseline_per_day`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Figure>")]
    pub baselines_per_day: BTreeMap<String, Spanned<Figure>>,
}

/// The market's price: `max(floor, min(cap, market × factor + add))`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotForm {
    /// The list that it goes by, such as `epex-de`.
    pub source: String,
    /// How long one price holds, in minutes.
    #[schemars(with = "u16")]
    pub slot_minutes: Spanned<u16>,
    /// What the market's price is multiplied by; 1 where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub factor: Option<Spanned<Figure>>,
    /// What is added to one unit, by window.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Figure>")]
    pub add: BTreeMap<String, Spanned<Figure>>,
    /// The least that a unit comes to.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub floor: Option<Spanned<Figure>>,
    /// The most that a unit comes to.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub cap: Option<Spanned<Figure>>,
    /// Which market price stands in for one that is missing; without it there is no bill.
    #[serde(default)]
    #[schemars(with = "Option<Figure>")]
    pub missing_price: Option<Spanned<Figure>>,
    /// Prices that the file itself lists.
    #[serde(default)]
    pub prices: Vec<PricesForm>,
}

/// Market prices that follow each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesForm {
    /// When the first begins, RFC 3339 with an offset.
    #[schemars(with = "String")]
    pub start: Spanned<toml::Value>,
    /// How long each holds, in minutes.
    #[schemars(with = "u16")]
    pub minutes: Spanned<u16>,
    /// Each, for one unit.
    #[schemars(with = "Vec<Figure>")]
    pub values: Vec<Spanned<Figure>>,
}

/// How the total is rounded.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundingForm {
    /// What is rounded: the total where it is not said, or the groups where there are some.
    #[serde(default)]
    #[schemars(with = "Option<RoundedForm>")]
    pub of: Option<Spanned<RoundedForm>>,
    /// Which way it is rounded.
    #[serde(default)]
    pub mode: RoundForm,
    /// To how many decimals; the currency's where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub digits: Option<Spanned<u32>>,
    /// Lines that are added up and rounded by themselves. Lines that are in no group are a group,
    /// too, and are rounded as is said above.
    #[serde(default)]
    #[schemars(with = "Vec<GroupForm>")]
    pub groups: Vec<Spanned<GroupForm>>,
}

/// Lines that are rounded together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupForm {
    /// Which: names of charges, taxes and credits, `energy`, `spot`, `minimum`, or `use` (all that
    /// depends on use), `fixed` (all that does not).
    #[schemars(with = "Vec<String>")]
    pub on: Vec<Spanned<String>>,
    /// Which way; as the total where it is not said.
    #[serde(default)]
    pub mode: Option<RoundForm>,
    /// To how many decimals; as the total where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub digits: Option<Spanned<u32>>,
}

/// What is rounded, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundedForm {
    /// The total is rounded, once.
    Total,
    /// Every line is rounded by itself.
    Lines,
    /// Every group of lines.
    Groups,
}

/// Which way is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundForm {
    /// To the nearer; a half away from zero.
    #[default]
    HalfUp,
    /// To the nearer; a half to the even one.
    HalfEven,
    /// Away from zero, whatever the fraction.
    Up,
    /// Towards zero, whatever the fraction.
    Down,
}

/// The holidays of some years.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidaysForm {
    /// The first day that the list knows.
    #[schemars(with = "String")]
    pub from: Spanned<toml::Value>,
    /// The last day that it knows.
    #[schemars(with = "String")]
    pub to: Spanned<toml::Value>,
    /// Where it was published.
    pub source: String,
    /// Days that count as holidays, days off in lieu among them.
    #[schemars(with = "Vec<String>")]
    pub days: Vec<Spanned<toml::Value>>,
    /// Days of a weekend that are worked.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub working: Vec<Spanned<toml::Value>>,
}
