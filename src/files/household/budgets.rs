//! What the home means to spend.

use super::tables::ParseContext;
use homepay_domain::budget::{Budget, BudgetPeriod, Rollover};
use homepay_domain::ids::Name;
use homepay_domain::money::Minor;
use homepay_text::problem::hint;
use homepay_text::toml_table::{Located, TomlTable};
use std::collections::BTreeMap;

/// The words for periods.
pub(super) const PERIODS: [(&str, BudgetPeriod); 3] =
    [("week", BudgetPeriod::Week), ("month", BudgetPeriod::Month), ("year", BudgetPeriod::Year)];

/// The words for what goes over.
pub(super) const ROLLOVERS: [(&str, Rollover); 3] =
    [("none", Rollover::None), ("rest", Rollover::Rest), ("rest_and_debt", Rollover::RestAndDebt)];

pub(super) fn budgets(context: &ParseContext<'_>) -> Vec<Budget> {
    let mut budgets = Vec::new();
    let mut seen: BTreeMap<(Name, BudgetPeriod), usize> = BTreeMap::new();
    for sheet in &context.budgets {
        let budget = budget(context, sheet);
        sheet.finish("a budget");
        let Some(budget) = budget else { continue };
        let line = context.page.line(sheet.at());
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

fn budget(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<Budget> {
    let category = sheet.need_name("category");
    if let Some(category) = &category {
        let known = context.spent_on();
        let near = hint(category.value.as_str(), known.iter().map(Name::as_str));
        // Bills that are entered bring categories of their own; a slip of the pen is none.
        if !known.contains(&category.value) && !near.is_empty() {
            let what = format!("there is no category \"{}\"{near}", category.value);
            sheet.wrong(category.at, what);
        }
    }
    let period = sheet.need_choice("period", &PERIODS);
    let amount = sheet.need_text("amount").and_then(|text| money(context, sheet, "amount", text));
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
        Some(text) => Some(money(context, sheet, "rollover_max", text)?),
    };
    let (category, period) = (category?.value, period?.value);
    Some(Budget { category, period, amount: amount?, rollover, rollover_max, from })
}

fn money(
    context: &ParseContext<'_>,
    sheet: &TomlTable<'_>,
    key: &str,
    text: Located<&str>,
) -> Option<Minor> {
    let read = context.home.currency.parse(text.value);
    read.map_err(|error| sheet.wrong(text.at, format!("{key}: {error}"))).ok()
}
