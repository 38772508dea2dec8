//! How far back use must be read for bills.

use crate::domain::bill::Billing;
use crate::domain::household::{Home, Household};
use crate::domain::usage::UsageBook;
use jiff::civil::Date;

/// The first day whose use decides what the days from `first` on cost under any tariff.
pub fn counts_since(home: &Home, household: &Household, first: Date) -> Date {
    let usage = UsageBook::default();
    let billing = Billing { home, household, usage: &usage, added: None };
    let since = household.tariffs.values().map(|tariff| billing.since(tariff, first));
    since.min().unwrap_or(first)
}
