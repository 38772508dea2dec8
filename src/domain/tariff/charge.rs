//! What stands on a bill beside the price of a unit.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How often a charge falls due. It falls due on the first day of its period, so that the bills of
/// a year add up to the year's bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    Day,
    /// Every month, on the billing day.
    Month,
    /// Every first of January.
    Year,
    /// Every billing cycle, on its first day.
    Cycle,
}

/// A charge that does not depend on use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    /// What it is called.
    pub name: String,
    pub per: Per,
    /// How much, in major units.
    pub amount: Decimal,
    /// True when it counts by days: of each period as much as the bill has of its days.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prorate: bool,
    /// How much of it is taken for a period in which nothing was used, in percent; unset = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_percent: Option<Decimal>,
}

/// The least that a bill comes to, before taxes and credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minimum {
    /// How often it counts.
    pub per: Per,
    /// How much each time, in major units.
    pub amount: Decimal,
    /// True when it counts by days, as of a fixed charge.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prorate: bool,
}

/// A charge for every unit beside its price, such as a grid fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adder {
    /// What it is called.
    pub name: String,
    /// Its price for one unit by window, in major units.
    pub rates: Vec<Decimal>,
}

/// What a tax or a credit is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargePart {
    /// The price of use by window and tier.
    Energy,
    /// The price of use on the market.
    Spot,
    /// An adder, by its place.
    Adder(usize),
    /// A fixed charge, by its place.
    Fixed(usize),
    /// What is missing to the minimum.
    Minimum,
    /// A tax, by its place; only one that stands before.
    Tax(usize),
    /// A credit, by its place.
    Credit(usize),
}

impl ChargePart {
    /// True for what depends on use.
    pub fn is_of_use(&self) -> bool {
        match self {
            ChargePart::Energy | ChargePart::Spot | ChargePart::Adder(_) => true,
            ChargePart::Fixed(_)
            | ChargePart::Minimum
            | ChargePart::Tax(_)
            | ChargePart::Credit(_) => false,
        }
    }
}

/// A tax on some parts of the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// What it is called.
    pub name: String,
    /// Its rate in percent.
    pub percent: Decimal,
    /// What it is on.
    pub on: Vec<ChargePart>,
}

/// How a credit is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditBy {
    /// A part of some charges.
    Percent {
        /// How much of them, in percent.
        percent: Decimal,
        on: Vec<ChargePart>,
    },
    /// An amount for every unit used.
    Unit {
        /// How much for one unit, in major units.
        amount: Decimal,
        /// For at most so many units a bill; unset = for all.
        up_to: Option<super::ladder::Bound>,
    },
    /// An amount each time.
    Fixed {
        per: Per,
        /// How much each time, in major units.
        amount: Decimal,
        /// True when it counts by days, as of a fixed charge.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        prorate: bool,
    },
}

/// What is taken off a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// What it is called.
    pub name: String,
    /// How it is computed.
    pub by: CreditBy,
    /// The most that one bill gets, in major units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
}
