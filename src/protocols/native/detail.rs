//! The figures of an alert as outsiders see them.

use homepay_domain::alert::Detail;
use homepay_domain::household::Home;
use homepay_domain::meter::units_text;
use schemars::JsonSchema;
use serde::Serialize;

/// More figures of an alert: those that its kind has.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct DetailView {
    /// The least that is likely, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<String>,
    /// The most that is likely, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<String>,
    /// The tier, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<usize>,
    /// How much is left before it begins, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// The price of one unit in it, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The day on which it will likely begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What was used, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// What is usually used, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<String>,
    /// What a counter rose by and was not counted, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The most that the device can use in an hour, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_hour_max: Option<String>,
    /// What quantities are counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What never was of a device: `heard`, or `read` where it speaks and nothing of it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never: Option<String>,
    /// Since when, or from when on, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl DetailView {
    /// The figures as text.
    pub fn of(home: &Home, detail: &Detail) -> DetailView {
        let none = DetailView::default();
        match detail {
            Detail::Projected { low, high } => DetailView {
                low: Some(home.currency.text(*low)),
                high: Some(home.currency.text(*high)),
                ..none
            },
            Detail::Tier { tier, left, unit, price, on } => DetailView {
                tier: Some(*tier),
                left: left.map(|left| left.normalize().to_string()),
                unit: Some(unit.clone()),
                price: Some(price.normalize().to_string()),
                on: on.map(|on| on.to_string()),
                ..none
            },
            Detail::Used { micro, usual_micro, unit } => DetailView {
                used: Some(units_text(*micro)),
                usual: Some(units_text(*usual_micro)),
                unit: Some(unit.clone()),
                ..none
            },
            Detail::Held { micro, unit, per_hour_micro, dropped: _ } => DetailView {
                held: Some(units_text(*micro)),
                per_hour_max: Some(units_text(*per_hour_micro)),
                unit: Some(unit.clone()),
                ..none
            },
            Detail::Never { since, heard } => DetailView {
                since: Some(since.rfc3339(&home.zone)),
                never: Some(if *heard { "read" } else { "heard" }.to_owned()),
                ..none
            },
            Detail::Since { at } => DetailView { since: Some(at.rfc3339(&home.zone)), ..none },
        }
    }
}
