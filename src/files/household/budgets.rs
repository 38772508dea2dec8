//! What the home means to spend.

use super::read::Desk;
use homepay_domain::budget::{Budget, BudgetPeriod, Rollover};
use homepay_domain::ids::Name;
use homepay_domain::money::Minor;
use homepay_text::problem::hint;
use homepay_text::sheet::{Placed, Sheet};
use std::collections::BTreeMap;

/// The words for periods.
pub(super) const PERIODS: [(&str, BudgetPeriod); 3] =
    [("week", BudgetPeriod::Week), ("month", BudgetPeriod::Month), ("year", BudgetPeriod::Year)];

/// The words for what goes over.
pub(super) const ROLLOVERS: [(&str, Rollover); 3] =
    [("none", Rollover::None), ("rest", Rollover::Rest), ("rest_and_debt", Rollover::RestAndDebt)];

pub(super) fn budgets(desk: &Desk<'_>) -> Vec<Budget> {
    let mut budgets = Vec::new();
    let mut seen: BTreeMap<(Name, BudgetPeriod), usize> = BTreeMap::new();
    for sheet in &desk.budgets {
        let budget = budget(desk, sheet);
        sheet.finish("a budget");
        let Some(budget) = budget else { continue };
        let line = desk.page.line(sheet.at());
        match seen.insert((budget.category.clone(), budget.period), line) {
            None => budgets.push(budget),
            Some(first) => {
                let what = format!("this category has such a budget on line {first}: write one");
                sheet.wrong(sheet.at(), what);
            }
        }
    }
    budgets
}

fn budget(desk: &Desk<'_>, sheet: &Sheet<'_>) -> Option<Budget> {
    let category = sheet.need_name("category");
    if let Some(category) = &category {
        let known = desk.spent_on();
        let near = hint(category.value.as_str(), known.iter().map(Name::as_str));
        // Bills that are entered bring categories of their own; a slip of the pen is none.
        if !known.contains(&category.value) && !near.is_empty() {
            let what = format!("there is no category \"{}\"{near}", category.value);
            sheet.wrong(category.at, what);
        }
    }
    let period = sheet.need_choice("period", &PERIODS);
    let amount = sheet.need_text("amount").and_then(|text| money(desk, sheet, "amount", text));
    let rollover = sheet.choice("rollover", &ROLLOVERS).map(|word| word.value).unwrap_or_default();
    let most = sheet.text("rollover_max");
    let from = sheet.date("from").and_then(|from| {
        let wrong = |_| sheet.wrong(from.at, format!("from: \"{}\" is not a day", from.value));
        from.value.parse().map_err(wrong).ok()
    });
    for key in ["rollover_max", "from"] {
        if rollover == Rollover::None && sheet.has(key) {
            let what = format!("{key} says how much goes over: write rollover = \"rest\" too");
            sheet.wrong(sheet.at_key(key), what);
        }
    }
    let rollover_max = match most {
        None => None,
        Some(text) => Some(money(desk, sheet, "rollover_max", text)?),
    };
    let (category, period) = (category?.value, period?.value);
    Some(Budget { category, period, amount: amount?, rollover, rollover_max, from })
}

fn money(desk: &Desk<'_>, sheet: &Sheet<'_>, key: &str, text: Placed<&str>) -> Option<Minor> {
    let read = desk.home.currency.parse(text.value);
    read.map_err(|error| sheet.wrong(text.at, format!("{key}: {error}"))).ok()
}
