//! Use as the store keeps it, made ready for bills.

use crate::domain::bill::Billing;
use crate::domain::household::{Home, Household};
use crate::domain::ids::Name;
use crate::domain::meter::Quantity;
use crate::domain::usage::UsageBook;
use crate::store::sqlite::read::UsageRow;
use jiff::civil::Date;

/// The rows as a book of use. What cannot be read is left out.
pub fn usage_of_rows(rows: &[UsageRow]) -> UsageBook {
    let mut usage = UsageBook::default();
    for row in rows {
        let device = Name::parse(&row.device).ok();
        let known = device.zip(Quantity::parse(&row.quantity)).zip(row.day.parse::<Date>().ok());
        if let Some(((device, quantity), day)) = known {
            usage.add(&device, quantity, day, row.micro, row.estimated);
        }
    }
    usage
}

/// The first day whose use decides what the days from `first` on cost under any tariff.
pub fn counts_since(home: &Home, household: &Household, first: Date) -> Date {
    let usage = UsageBook::default();
    let billing = Billing { home, household, usage: &usage, added: None };
    let since = household.tariffs.values().map(|tariff| billing.since(tariff, first));
    since.min().unwrap_or(first)
}
