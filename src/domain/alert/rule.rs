//! When the owner wants to be warned of what use costs.

use super::Severity;
use crate::book::Book;
use crate::ids::Name;
use crate::limits::window::plus_days;
use crate::money::Minor;
use crate::time::UnixMs;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    Device(Name),
    /// All devices of a tariff with this utility.
    Category(Name),
    Home,
    /// The bill of a tariff, as far as it has come.
    Bill(Name),
}

/// Over which period an alert's cost is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertPeriod {
    Day,
    Month,
    /// The billing cycle of the tariff that is watched.
    Bill,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRule {
    pub watched: Watched,
    pub period: AlertPeriod,
    /// The cost that is 100 %.
    pub cost: Minor,
    /// At which per cent of it to warn, rising.
    pub bands: Vec<u16>,
    /// How much it matters; unset = by the band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// After how long to say it again while nobody took note, in seconds; unset = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_s: Option<i64>,
    /// True = speakers say it, too, whatever its severity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speak: bool,
}

impl AlertRule {
    /// What the rule's alerts are called after, and the device that they are about.
    pub fn subject(&self) -> (String, Option<Name>) {
        match &self.watched {
            Watched::Device(device) => (device.to_string(), Some(device.clone())),
            Watched::Category(category) => (category.to_string(), None),
            Watched::Home => ("home".to_owned(), None),
            Watched::Bill(tariff) => (format!("bill-{tariff}"), None),
        }
    }

    /// The days of the period that an instant lies in: the first, and the day after the last.
    /// `None` where the tariff is gone.
    pub fn days(&self, book: &Book, at: UnixMs) -> Option<(Date, Date)> {
        let today = at.in_zone(&book.home.zone).date();
        match (self.period, &self.watched) {
            (AlertPeriod::Day, _) => Some((today, plus_days(today, 1))),
            (AlertPeriod::Bill, Watched::Bill(id)) => {
                let tariff = book.household.tariffs.get(id)?;
                Some(tariff.supply(&book.home).bill_around(today))
            }
            (AlertPeriod::Month | AlertPeriod::Bill, _) => {
                Some((today.first_of_month(), plus_days(today.last_of_month(), 1)))
            }
        }
    }
}

/// The name of some days, from `first` until before `next`: `2026-11-21`, `2026-11`, `2026`, or
/// both ends as `2026-11-15--2026-12-14`.
pub fn period_name((first, next): (Date, Date)) -> String {
    let month = (first.first_of_month(), plus_days(first.last_of_month(), 1));
    let year = (first.first_of_year(), plus_days(first.last_of_year(), 1));
    if (first, next) == (first, plus_days(first, 1)) {
        first.to_string()
    } else if (first, next) == month {
        first.strftime("%Y-%m").to_string()
    } else if (first, next) == year {
        first.strftime("%Y").to_string()
    } else {
        format!("{first}--{}", plus_days(next, -1))
    }
}

/// The bands that `value` has reached of `limit`, rising. A limit of zero is reached by any cost.
pub fn bands_reached(bands: &[u16], value: Minor, limit: Minor) -> Vec<u16> {
    bands
        .iter()
        .copied()
        .filter(|band| {
            let needed = i128::from(limit.0) * i128::from(*band);
            value.is_positive() && i128::from(value.0) * 100 >= needed
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_called_by_their_shortest_name() {
        let day = |text: &str| text.parse::<Date>().expect("a date");
        for (first, next, name) in [
            ("2026-11-21", "2026-11-22", "2026-11-21"),
            ("2026-11-01", "2026-12-01", "2026-11"),
            ("2026-01-01", "2027-01-01", "2026"),
            ("2026-11-15", "2026-12-15", "2026-11-15--2026-12-14"),
            ("2026-11-01", "2027-01-01", "2026-11-01--2026-12-31"),
        ] {
            assert_eq!(period_name((day(first), day(next))), name);
        }
    }
}
