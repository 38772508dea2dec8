//! Budgets: what the home means to spend on a category. A budget shows and warns; it never refuses,
//! which is what limits are for. Computed from what moved; nothing is accumulated.

use super::ids::Name;
use super::money::Minor;
use super::statement::days::Days;
use super::statement::sum;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Over which period a budget goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    Week,
    Month,
    Year,
}

impl BudgetPeriod {
    /// The period that a day lies in.
    pub fn of(self, day: Date) -> Days {
        match self {
            BudgetPeriod::Week => Days::week(day),
            BudgetPeriod::Month => Days::month(day),
            BudgetPeriod::Year => Days::year(day),
        }
    }

    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            BudgetPeriod::Week => "week",
            BudgetPeriod::Month => "month",
            BudgetPeriod::Year => "year",
        }
    }
}

/// What goes over into the next period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollover {
    #[default]
    None,
    Rest,
    /// What was left, and what was overspent.
    RestAndDebt,
}

impl Rollover {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Rollover::None => "none",
            Rollover::Rest => "rest",
            Rollover::RestAndDebt => "rest_and_debt",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub category: Name,
    pub period: BudgetPeriod,
    /// How much for each.
    pub amount: Minor,
    #[serde(default)]
    pub rollover: Rollover,
    /// The most that goes over; none = all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover_max: Option<Minor>,
    /// In whose period the first goes over; unset = that of the first spending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
}

/// How a budget stands in one of its periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetState {
    pub days: Days,
    /// What came over from the periods before: below zero for a debt.
    pub carried: Minor,
    /// What was spent in it, refunds taken off.
    pub spent: Minor,
    /// What is left of amount and carried: below zero when overspent.
    pub left: Minor,
}

impl Budget {
    /// Since when spending decides how it stands on a day; none = since the first there is.
    pub fn counts_since(&self, day: Date) -> Option<Date> {
        match (self.rollover, self.from) {
            (Rollover::None, _) => Some(self.period.of(day).first),
            (Rollover::Rest | Rollover::RestAndDebt, from) => {
                from.map(|from| self.period.of(from.min(day)).first)
            }
        }
    }

    fn over(&self, left: Minor) -> Minor {
        let over = match self.rollover {
            Rollover::None => Minor::ZERO,
            Rollover::Rest => left.max(Minor::ZERO),
            Rollover::RestAndDebt => left,
        };
        self.rollover_max.map_or(over, |most| over.min(most))
    }
}

/// How a budget stands in the period of a day. `spent` are the day and the amount of all that its
/// category spent since [`Budget::counts_since`]; refunds are below zero.
pub fn budget_state(budget: &Budget, spent: &[(Date, Minor)], day: Date) -> BudgetState {
    let days = budget.period.of(day);
    let mut by_period: BTreeMap<Date, Minor> = BTreeMap::new();
    for (date, amount) in spent {
        let of = by_period.entry(budget.period.of(*date).first).or_default();
        *of = sum([*of, *amount]);
    }
    let of_period = |first: Date| by_period.get(&first).copied().unwrap_or_default();
    let first_spent = by_period.keys().next().copied();
    let mut at = match budget.rollover {
        Rollover::None => days,
        Rollover::Rest | Rollover::RestAndDebt => {
            let from = budget.from.or(first_spent).unwrap_or(day);
            budget.period.of(from.min(day))
        }
    };
    let mut carried = Minor::ZERO;
    while at.first < days.first {
        let debit = Minor(of_period(at.first).0.saturating_neg());
        carried = budget.over(sum([budget.amount, carried, debit]));
        at = budget.period.of(at.next);
    }
    let spent = of_period(days.first);
    let left = sum([budget.amount, carried, Minor(spent.0.saturating_neg())]);
    BudgetState { days, carried, spent, left }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Rollover, the most of it, and by month from June on: spent, then carried and left.
    type Row = (Rollover, Option<i64>, [i64; 4], [(i64, i64); 4]);

    #[test]
    fn what_is_left_goes_over_as_the_rule_says() {
        let none = Rollover::None;
        let (rest, debt) = (Rollover::Rest, Rollover::RestAndDebt);
        let spent = [30, 150, 90, 0];
        let table: [Row; 5] = [
            (none, None, spent, [(0, 70), (0, -50), (0, 10), (0, 100)]),
            (rest, None, spent, [(0, 70), (70, 20), (20, 30), (30, 130)]),
            (rest, Some(25), spent, [(0, 70), (25, -25), (0, 10), (10, 110)]),
            (debt, None, [130, 150, 90, 0], [(0, -30), (-30, -80), (-80, -70), (-70, 30)]),
            (debt, Some(5), [30, 150, -20, 0], [(0, 70), (5, -45), (-45, 75), (5, 105)]),
        ];
        for (rollover, most, spent, want) in table {
            let budget = Budget {
                category: Name::parse("grocery").expect("an id"),
                period: BudgetPeriod::Month,
                amount: Minor(100),
                rollover,
                rollover_max: most.map(Minor),
                from: None,
            };
            let spent: Vec<(Date, Minor)> = (6..)
                .zip(spent)
                .map(|(month, spent)| (date(2026, month, 30), Minor(spent)))
                .collect();
            for (month, (carried, left)) in (6..).zip(want) {
                let state = budget_state(&budget, &spent, date(2026, month, 1));
                let got = (state.carried.0, state.left.0);
                assert_eq!(got, (carried, left), "{rollover:?} {most:?} {month}");
            }
            let before = budget_state(&budget, &spent, date(2026, 5, 1));
            assert_eq!(before.carried, Minor::ZERO, "nothing comes over from what is later");
            let later = Budget { from: Some(date(2026, 9, 15)), ..budget };
            assert_eq!(budget_state(&later, &spent, date(2026, 9, 30)).carried, Minor::ZERO);
        }
    }
}
