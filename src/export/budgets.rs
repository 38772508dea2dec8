//! How budgets stand, as JSON.

use homepay_domain::budget::{Budget, BudgetState, budget_state};
use homepay_domain::money::{Currency, Minor};
use homepay_domain::statement::Movement;
use homepay_domain::statement::days::Days;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// What `homepay budget list` prints. Amounts are decimal text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BudgetsDoc {
    /// Version of this form; always 1.
    pub v: u8,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// Each budget in the period of the day.
    pub budgets: Vec<BudgetDoc>,
}

/// A budget in one of its periods.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BudgetDoc {
    /// Id of the category that the budget is of.
    pub category: String,
    /// `week`, `month` or `year`.
    pub period: String,
    /// The period's first day.
    pub from: String,
    /// The day after its last.
    pub to: String,
    /// How much for each period.
    pub amount: String,
    /// `none`, `rest` or `rest_and_debt`.
    pub rollover: String,
    /// What came over: below zero for a debt.
    pub carried: String,
    /// What was spent, refunds taken off.
    pub spent: String,
    /// What is left: below zero when overspent.
    pub left: String,
}

/// What a budget's category spent, by day.
fn spent(budget: &Budget, movements: &[Movement]) -> Vec<(Date, Minor)> {
    let mut spent = Vec::new();
    for movement in movements {
        let parts = movement.parts.iter();
        let of = parts.filter(|part| part.category.as_ref() == Some(&budget.category));
        spent.extend(of.map(|part| (movement.date, part.amount)));
    }
    spent
}

/// Budgets in the periods that some days touch, as far as `today` has come.
pub fn budgets_told(
    budgets: &[Budget],
    movements: &[Movement],
    currency: Currency,
    days: Days,
    today: Date,
) -> Vec<BudgetDoc> {
    let mut told = Vec::new();
    for budget in budgets {
        let spent = spent(budget, movements);
        let mut period = budget.period.of(days.first);
        while period.first < days.next && period.first <= today {
            let state = budget_state(budget, &spent, period.first);
            told.push(budget_told(budget, &state, currency));
            period = budget.period.of(period.next);
        }
    }
    told
}

fn budget_told(budget: &Budget, state: &BudgetState, currency: Currency) -> BudgetDoc {
    BudgetDoc {
        category: budget.category.to_string(),
        period: budget.period.as_str().to_owned(),
        from: state.days.first.to_string(),
        to: state.days.next.to_string(),
        amount: currency.text(budget.amount),
        rollover: budget.rollover.as_str().to_owned(),
        carried: currency.text(state.carried),
        spent: currency.text(state.spent),
        left: currency.text(state.left),
    }
}
