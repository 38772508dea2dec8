//! A bill: its lines, exact, and what is paid.

use super::charge::ChargePart;
use super::slot::Provenance;
use crate::money::{Currency, Minor};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Use at the price of its window and tier.
    Energy,
    /// Use at the market's price.
    Spot,
    /// A charge for every unit beside its price.
    Adder,
    /// A charge that does not depend on use.
    Fixed,
    /// What is missing to the least that a bill comes to.
    Minimum,
    Tax,
    /// What is taken off; its amount is below zero.
    Credit,
}

impl LineKind {
    pub(super) fn of(part: &ChargePart) -> LineKind {
        match part {
            ChargePart::Energy => LineKind::Energy,
            ChargePart::Spot => LineKind::Spot,
            ChargePart::Adder(_) => LineKind::Adder,
            ChargePart::Fixed(_) => LineKind::Fixed,
            ChargePart::Minimum => LineKind::Minimum,
            ChargePart::Tax(_) => LineKind::Tax,
            ChargePart::Credit(_) => LineKind::Credit,
        }
    }
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillLine {
    /// What it is for.
    pub kind: LineKind,
    /// Its name: the part's, as the plan names it.
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// In which tier, from 1; unset where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<usize>,
    /// In which season; unset where there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<String>,
    /// Since when the prices hold that it was computed by; unset where nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Date>,
    /// How much: units, days, months, or what a tax is on.
    pub quantity: Decimal,
    /// Of what: the plan's unit, `day`, `month`, `year`, `cycle`, or the currency.
    pub unit: String,
    /// For one, in major units; unset where it was not always the same. A tax's is a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// The names of the parts of the bill that a tax or a percentage was counted on; empty for
    /// others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// Exact, in major units.
    pub amount: Decimal,
    /// As it is shown: all lines add up to the total.
    pub shown: Minor,
    /// True when a part of the use was shared out by time, or a price stood in for another.
    pub estimated: bool,
}

/// Lines that were added up and rounded by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundedGroup {
    /// The names of its lines.
    pub of: Vec<String>,
    /// Exact, in major units.
    pub exact: Decimal,
    /// As it is paid.
    pub total: Minor,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bill {
    /// Its first local day.
    pub from: Date,
    /// The local day after its last.
    pub to: Date,
    /// What it is in.
    pub currency: Currency,
    pub lines: Vec<BillLine>,
    /// Exact, in major units.
    pub exact: Decimal,
    /// Of that, what depends on use, with its taxes.
    pub exact_of_use: Decimal,
    /// Of that, what does not depend on use, with its taxes.
    pub exact_of_fixed: Decimal,
    /// Of that, what was taken off: zero or below.
    pub exact_of_credits: Decimal,
    /// What is paid: rounded as the plan says.
    pub total: Minor,
    /// The groups of lines that were rounded by themselves; empty where the total is rounded once,
    /// or every line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rounded: Vec<RoundedGroup>,
    /// True when a line is an estimate.
    pub estimated: bool,
    /// How it is known how much was used.
    pub provenance: Provenance,
}
