//! Market prices as they are known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PricesView {
    pub lists: Vec<PriceListView>,
}

/// A source's prices from today's midnight on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PriceListView {
    /// Id of the source.
    pub id: String,
    /// A tariff that goes by it; null where none does.
    pub tariff: Option<String>,
    /// How long a price holds.
    pub minutes: u16,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Until when prices are known.
    pub known_until: Option<String>,
    pub prices: Vec<SlotPriceView>,
}

/// The price of one span of a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SlotPriceView {
    /// From when on it holds, RFC 3339.
    pub start: String,
    /// The market's, decimal text.
    pub price: Option<String>,
    /// What a unit costs by the tariff, decimal text.
    pub unit_price: Option<String>,
    /// True where it holds now.
    pub now: bool,
}
