//! What use costs: published plans by date, and how a home is supplied under one.
//!
//! A [`Plan`] is what a utility publishes; [`Terms`] are what it must know of the household; a
//! [`Supply`] is the two together, and computes: a [`Bill`], the price now, each device's share.
//! Everything is computed from use and dated prices, exactly, and rounded once.

pub mod account;
pub mod align;
mod bill_builder;
mod by_part;
pub mod calendar;
pub mod calorific;
pub mod charge;
mod cut;
pub mod day;
mod dues;
pub mod ladder;
pub mod now;
mod part;
pub mod plan;
mod rounded;
mod rounding;
pub mod season;
pub mod share;
pub mod slot;
pub mod spot;
pub mod supply;
pub mod terms;
#[cfg(test)]
mod tests;
mod totals;
mod walk;

pub use account::{Bill, BillLine, LineKind, RoundedGroup};
pub use align::Divider;
pub use calendar::{Calendar, DAY_KINDS, DayKind};
pub use calorific::Calorific;
pub use charge::{Adder, ChargePart, Credit, CreditBy, Fixed, Minimum, Per, Tax};
pub use day::{BillingPeriod, DayOf};
pub use ladder::{Bound, Counter, Crossing, Ladder, Steps};
pub use now::{PriceChange, PriceNow};
pub use plan::{ALL_DAY, ALL_YEAR, Plan, PlanName, Version};
pub use rounding::{Mode, Of, Rounding, RoundingGroup};
pub use season::{ClockSpan, DAY_MIN, DayTables, MonthDay, Season};
pub use share::{Share, Shares, Sharing};
pub use slot::{MeteredUse, Provenance, Register, SLOT_MIN, SLOT_S, Slot, SlotPart, SlotUse, Use};
pub use spot::{Missing, SpotPrices, SpotRule};
pub use supply::{BILLING_DAY_MAX, Prior, Supply, Unpriced};
pub use terms::{FixedShare, Terms};

use super::household::Home;
use super::ids::Name;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The file that a tariff was read from, kept with it: an export needs nothing beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffFile {
    /// Its name, as the household names it.
    pub name: String,
    pub text: String,
    /// The file of holidays that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
}

/// A tariff of the household: what a utility takes for what is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Tariff {
    /// `electricity`, `water`, `gas`, `heat`, `cooling`: also the category of its bills.
    pub utility: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Name>,
    pub plan: Plan,
    /// What the plan must know of the household.
    #[serde(default)]
    pub terms: Terms,
    /// Where the plan stands; unset where the household wrote its prices itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<TariffFile>,
    /// Where gas is counted in m³ and priced in kWh: what a cubic metre holds, rising by date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calorific: Vec<Calorific>,
}

impl Tariff {
    /// What was used as it is priced: gas that is priced in kWh by what its m³ held.
    pub fn as_priced(&self, used: Use, home: &Home) -> Use {
        if self.calorific.is_empty() {
            return used;
        }
        calorific::in_kwh(&used, &self.calorific, self.supply(home).zone)
    }

    /// The tariff as this home is supplied under it.
    pub fn supply<'a>(&'a self, home: &'a Home) -> Supply<'a> {
        Supply {
            plan: &self.plan,
            terms: &self.terms,
            zone: self.plan.zone.as_ref().unwrap_or(&home.zone),
            currency: self.plan.currency.unwrap_or(home.currency),
        }
    }

    /// The list of market prices that it goes by: that of its last version that has one.
    pub fn spot_source(&self) -> Option<&str> {
        let rules = self.plan.versions.iter().rev().filter_map(|version| version.spot.as_ref());
        rules.map(|rule| rule.source.as_str()).next()
    }
}

/// A tariff as the store has it: also one from before there were plans.
#[derive(Deserialize)]
struct Stored {
    utility: Name,
    #[serde(default)]
    payee: Option<Name>,
    #[serde(default)]
    plan: Option<Plan>,
    #[serde(default)]
    terms: Terms,
    #[serde(default)]
    file: Option<TariffFile>,
    #[serde(default)]
    versions: Vec<FlatPrice>,
    #[serde(default)]
    calorific: Vec<Calorific>,
}

#[derive(Deserialize)]
struct FlatPrice {
    from: Date,
    price: Decimal,
    unit: String,
}

impl TryFrom<Stored> for Tariff {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Tariff, String> {
        let Stored { utility, payee, plan, terms, file, versions, calorific } = stored;
        let plan = match (plan, versions.first()) {
            (Some(plan), _) => plan,
            (None, Some(first)) => {
                let unit = first.unit.clone();
                Plan::flat(&unit, versions.into_iter().map(|v| (v.from, v.price)))
            }
            (None, None) => return Err("a tariff has neither a plan nor versions".to_owned()),
        };
        Ok(Tariff { utility, payee, plan, terms, file, calorific })
    }
}
