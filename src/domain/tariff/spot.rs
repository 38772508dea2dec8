//! Prices that the market makes: known for some hours, and otherwise not known.

use super::slot::{SLOT_MIN, Slot};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Market prices by slot, in major units for one unit. A slot that is not there has no price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Slot, Decimal)>", into = "Vec<(Slot, Decimal)>")]
pub struct SpotPrices(pub BTreeMap<Slot, Decimal>);

impl From<Vec<(Slot, Decimal)>> for SpotPrices {
    fn from(prices: Vec<(Slot, Decimal)>) -> SpotPrices {
        SpotPrices(prices.into_iter().collect())
    }
}

impl From<SpotPrices> for Vec<(Slot, Decimal)> {
    fn from(prices: SpotPrices) -> Vec<(Slot, Decimal)> {
        prices.0.into_iter().collect()
    }
}

impl SpotPrices {
    /// Sets the price of `slots` slots from `first` on.
    pub fn put(&mut self, first: Slot, slots: i64, price: Decimal) {
        for step in 0..slots {
            self.0.insert(first.plus(step), price);
        }
    }

    /// The price of the block of `minutes` (15, 30 or 60) that a slot lies in: the mean of its
    /// slots. `None` while one of them is not known.
    pub fn price(&self, slot: Slot, minutes: u16) -> Option<Decimal> {
        let slots = i64::from((minutes / SLOT_MIN).max(1));
        let first = Slot(slot.0.div_euclid(slots) * slots);
        let mut sum = Decimal::ZERO;
        for step in 0..slots {
            sum = sum.checked_add(*self.0.get(&first.plus(step))?)?;
        }
        sum.checked_div(Decimal::from(slots)).map(|mean| mean.normalize())
    }

    /// The last slot that has a price.
    pub fn last(&self) -> Option<Slot> {
        self.0.last_key_value().map(|(slot, _)| *slot)
    }
}

/// What is done where the market's price of a slot is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// There is no bill.
    #[default]
    Refuse,
    /// This market price is taken, in major units for one unit, and the bill is an estimate.
    Price(Decimal),
}

/// How the market's price becomes the price of a unit:
/// `max(floor, min(cap, market × factor + add))`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotRule {
    /// The list it goes by, such as `epex-de`: where prices come from is the household's affair.
    pub source: String,
    /// How long one price holds: 15, 30 or 60 minutes of UTC.
    pub minutes: u16,
    /// What the market's price is multiplied by.
    pub factor: Decimal,
    /// What is added by window, in major units for one unit.
    pub add: Vec<Decimal>,
    /// The least that it comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Decimal>,
    /// The most that it comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// What is done where a price is missing.
    #[serde(default)]
    pub missing: Missing,
    /// Prices that the plan itself lists.
    #[serde(default, skip_serializing_if = "no_prices")]
    pub listed: SpotPrices,
}

fn no_prices(prices: &SpotPrices) -> bool {
    prices.0.is_empty()
}

impl SpotRule {
    /// The price of a unit in a slot and window, before taxes, and whether it is an estimate.
    /// `None` where it is not known.
    pub fn price(&self, prices: &SpotPrices, slot: Slot, window: usize) -> Option<(Decimal, bool)> {
        let known =
            prices.price(slot, self.minutes).or_else(|| self.listed.price(slot, self.minutes));
        let (market, estimated) = match (known, self.missing) {
            (Some(price), _) => (price, false),
            (None, Missing::Price(price)) => (price, true),
            (None, Missing::Refuse) => return None,
        };
        let add = self.add.get(window).copied().unwrap_or_default();
        let mut price = market.checked_mul(self.factor)?.checked_add(add)?;
        if let Some(cap) = self.cap {
            price = price.min(cap);
        }
        if let Some(floor) = self.floor {
            price = price.max(floor);
        }
        Some((price, estimated))
    }
}
