//! What use costs: dated prices, and the cost of a day's use under them.

use super::ids::Name;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A price from a day on, until the next version's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceVersion {
    /// The first local day on which it holds.
    pub from: Date,
    /// Price of one unit, in major units of the home's currency.
    pub price: Decimal,
    /// The unit that is priced, such as `kWh`.
    pub unit: String,
}

/// A tariff: what a utility takes for what is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tariff {
    /// `electricity`, `water`, `gas`: also the category of its bills.
    pub utility: Name,
    /// Who is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Name>,
    /// Prices by date, oldest first.
    pub versions: Vec<PriceVersion>,
}

impl Tariff {
    /// The price that holds on a local day, or `None` before the first version: a missing price
    /// gives no total.
    pub fn price_on(&self, day: Date) -> Option<&PriceVersion> {
        self.versions.iter().rev().find(|version| version.from <= day)
    }

    /// The exact cost of `micro` units used on a day, in major units.
    pub fn cost(&self, day: Date, micro: i64) -> Option<Decimal> {
        let price = self.price_on(day)?.price;
        Decimal::from_i128_with_scale(i128::from(micro), 6).checked_mul(price)
    }
}
