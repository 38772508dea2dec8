//! How a bill's total comes from its lines.

use super::account::{BillLine, RoundedGroup};
use super::rounding::{Of, Rounding};
use crate::money::{Currency, Minor, lines_of_total};
use rust_decimal::Decimal;

/// The total, and what each line is shown as: lines add up to it. Also the groups, where groups are
/// rounded. `None` on overflow.
pub(super) fn round(
    rounding: &Rounding,
    currency: Currency,
    lines: &mut [BillLine],
    exact: Decimal,
) -> Option<(Minor, Vec<RoundedGroup>)> {
    match rounding.of {
        Of::Total => {
            let total = rounding.round(currency, exact)?;
            show(currency, &mut lines.iter_mut().collect::<Vec<_>>(), total)?;
            Some((total, Vec::new()))
        }
        Of::Lines => {
            let mut total = Minor::ZERO;
            for line in lines {
                line.shown = rounding.round(currency, line.amount)?;
                total = total.plus(line.shown)?;
            }
            Some((total, Vec::new()))
        }
        Of::Groups => groups(rounding, currency, lines),
    }
}

fn groups(
    rounding: &Rounding,
    currency: Currency,
    lines: &mut [BillLine],
) -> Option<(Minor, Vec<RoundedGroup>)> {
    // The last are those that no group has.
    let mut of: Vec<Vec<&mut BillLine>> = Vec::new();
    of.resize_with(rounding.groups.len() + 1, Vec::new);
    for line in lines {
        let at = rounding.groups.iter().position(|group| group.has(line));
        of.get_mut(at.unwrap_or(rounding.groups.len()))?.push(line);
    }
    let mut sum = Minor::ZERO;
    let mut rounded = Vec::new();
    for (at, mut lines) in of.into_iter().enumerate().filter(|(_, lines)| !lines.is_empty()) {
        let amounts = lines.iter().map(|line| line.amount);
        let exact = amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add)?;
        let total = match rounding.groups.get(at) {
            Some(group) => group.mode.round((currency, group.digits), exact)?,
            None => rounding.round(currency, exact)?,
        };
        show(currency, &mut lines, total)?;
        sum = sum.plus(total)?;
        let mut names: Vec<String> = lines.iter().map(|line| line.what.clone()).collect();
        names.dedup();
        rounded.push(RoundedGroup { of: names, exact: exact.normalize(), total });
    }
    Some((sum, rounded))
}

/// Shows lines so that they add up to a total.
fn show(currency: Currency, lines: &mut [&mut BillLine], total: Minor) -> Option<()> {
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
    let shown = lines_of_total(currency, &amounts, total)?;
    for (line, shown) in lines.iter_mut().zip(shown) {
        line.shown = shown;
    }
    Some(())
}
