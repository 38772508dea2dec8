//! A plan as a household is supplied under it: everything is computed from here.

use super::account::Bill;
use super::charge::Per;
use super::day::{BillingPeriod, cycle_of};
use super::ladder::Counter;
use super::plan::Plan;
use super::slot::{MeteredUse, Provenance, Slot, Use};
use super::spot::SpotPrices;
use super::terms::Terms;
use crate::limits::window::midnight;
use crate::money::Currency;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A plan, what it must know of the household, and what it leaves to the home.
#[derive(Clone, Copy, Debug)]
pub struct Supply<'a> {
    pub plan: &'a Plan,
    /// What it must know.
    pub terms: &'a Terms,
    /// Where its days begin.
    pub zone: &'a TimeZone,
    /// What its prices are in.
    pub currency: Currency,
}

/// What the counters of tiers had reached when a bill's first day began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Prior {
    /// It is counted from the use before, as far as that is given.
    #[default]
    Counted,
    /// So much by ladder, in micro-units; zero for those that are not named.
    Known(Vec<i64>),
}

/// Why there is no total: better none than a wrong one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpriced {
    /// No version is in force.
    #[error("there is no price for {day}: {why}")]
    NoVersion {
        day: Date,
        /// Which versions there are.
        why: String,
    },
    /// The market's price is not known.
    #[error(
        "the market price of {source_name} is missing for {at} (version from {version}): \
         no total without it"
    )]
    NoSpot {
        /// The list of prices.
        source_name: String,
        /// The slot's first instant, RFC 3339 with the plan's offset.
        at: String,
        slot: Slot,
        /// The version's first day, or `the beginning`.
        version: String,
    },
    /// The calendar of holidays ends before a day whose windows depend on it.
    #[error(
        "the holidays of {day} are not known: the calendar has {from} to {to}; \
         add the days that follow"
    )]
    NoCalendar {
        day: Date,
        /// The first day that it knows.
        from: Date,
        to: Date,
    },
    /// Only totals are known, and a price needs to know when.
    #[error("{why}: give use by quarters of an hour (--use FILE)")]
    NeedsSlots {
        /// What depends on time.
        why: String,
    },
    /// A register is of a window that the version does not have.
    #[error("there is no window \"{window}\" from {version} on: it has {known}")]
    NoWindow {
        window: String,
        /// The version's first day, or `the beginning`.
        version: String,
        /// The windows that there are.
        known: String,
    },
    /// Tiers depend on how many people live there, and nobody said.
    #[error("tiers depend on how many people live there: set household_size")]
    NoHouseholdSize,
    /// Tiers depend on a baseline, and it is not known which.
    #[error("tiers depend on the baseline's region: set baseline to one of {known}")]
    NoBaseline {
        /// The regions that there are.
        known: String,
    },
    /// A figure has more digits than can be computed exactly.
    #[error("the figures are too large to be computed exactly")]
    TooLarge,
}

impl<'a> Supply<'a> {
    /// The bill for local days from a first until before a next. Use before the first only moves
    /// the counters of tiers; use from the next on is left out.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn bill(
        &self,
        measured: MeteredUse<'_>,
        prior: &Prior,
        spot: &SpotPrices,
        period: impl Into<BillingPeriod>,
    ) -> Result<Bill, Unpriced> {
        let period = period.into();
        let pieces = self.cut(measured, prior, period, false)?;
        let provenance = match measured {
            MeteredUse::Slots(used) => self.provenance(used, period.days),
            MeteredUse::Registers(all) => Provenance {
                measured: all.iter().fold(0, |sum, of| sum.saturating_add(of.micro)),
                ..Provenance::default()
            },
        };
        Ok(Bill { provenance, ..self.account((&pieces, measured), spot, period)? })
    }

    /// How the use of some days is known.
    pub(super) fn provenance(&self, used: &Use, (first, next): (Date, Date)) -> Provenance {
        let (first, next) = (midnight(first, self.zone), midnight(next, self.zone));
        self.aligned(used).provenance(first, next)
    }

    /// How many months a billing cycle has.
    pub(super) fn cycle_months(&self) -> u8 {
        let of_plan = self.plan.versions.iter().flat_map(|v| &v.ladders).find_map(|ladder| {
            match ladder.counter {
                Counter::Cycle { months, .. } => Some(months),
                Counter::Day | Counter::Month | Counter::Year | Counter::Bill => None,
            }
        });
        self.terms.cycle_months.or(of_plan).unwrap_or(1).max(1)
    }

    /// The days around a day that a charge is for: it falls due on the first of them.
    pub(super) fn days_of_charge(&self, per: Per, day: Date, bill: (Date, Date)) -> (Date, Date) {
        match per {
            Per::Day => self.run(Counter::Day, day, bill),
            Per::Month => self.run(Counter::Month, day, bill),
            Per::Year => self.run(Counter::Year, day, bill),
            Per::Cycle => {
                cycle_of(day, self.terms.cycle_start.unwrap_or(bill.0), self.cycle_months())
            }
        }
    }

    /// The day of the month on which months begin.
    pub(super) fn billing_day(&self) -> u8 {
        self.terms.billing_day.unwrap_or(1).clamp(1, BILLING_DAY_MAX)
    }

    /// When a version came into force, in words.
    pub(super) fn since(&self, version: usize) -> String {
        let from = self.plan.versions.get(version).and_then(|v| v.from);
        from.map_or_else(|| "the beginning".to_owned(), |from| from.to_string())
    }
}

/// The latest day of the month on which months may begin: in a shorter month they begin on its last
/// day.
pub const BILLING_DAY_MAX: u8 = 31;
