//! Parts of a bill, and what is computed from them: taxes and percentages taken off.

use super::charge::{ChargePart, CreditBy};
use super::plan::Version;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// An amount in major units, by what it comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pots {
    pub(super) of_use: Decimal,
    pub(super) fixed: Decimal,
    pub(super) credits: Decimal,
}

impl Pots {
    /// An amount of a part.
    pub(super) fn of(part: &ChargePart, amount: Decimal) -> Pots {
        let mut pots = Pots::default();
        match part {
            ChargePart::Energy | ChargePart::Spot | ChargePart::Adder(_) => pots.of_use = amount,
            ChargePart::Fixed(_) | ChargePart::Minimum | ChargePart::Tax(_) => pots.fixed = amount,
            ChargePart::Credit(_) => pots.credits = amount,
        }
        pots
    }

    pub(super) fn plus(self, other: Pots) -> Option<Pots> {
        Some(Pots {
            of_use: self.of_use.checked_add(other.of_use)?,
            fixed: self.fixed.checked_add(other.fixed)?,
            credits: self.credits.checked_add(other.credits)?,
        })
    }

    fn times(self, factor: Decimal) -> Option<Pots> {
        Some(Pots {
            of_use: self.of_use.checked_mul(factor)?,
            fixed: self.fixed.checked_mul(factor)?,
            credits: self.credits.checked_mul(factor)?,
        })
    }

    pub(super) fn sum(self) -> Option<Decimal> {
        self.of_use.checked_add(self.fixed)?.checked_add(self.credits)
    }
}

/// The amounts of one version's parts.
pub(super) type Amounts = BTreeMap<ChargePart, Pots>;

/// A tax or a percentage taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Levy {
    pub(super) part: ChargePart,
    /// What it is on.
    pub(super) base: Decimal,
    /// As a fraction; below zero for what is taken off.
    pub(super) rate: Decimal,
    pub(super) amount: Decimal,
}

/// Adds to a part's amount.
pub(super) fn add(amounts: &mut Amounts, part: ChargePart, pots: Pots) -> Option<()> {
    let sum = amounts.get(&part).copied().unwrap_or_default().plus(pots)?;
    amounts.insert(part, sum);
    Some(())
}

/// Computes taxes and percentages: first what is taken off before taxes, then the taxes, then what
/// is taken off taxes too. `None` on overflow.
pub(super) fn levy(version: &Version, amounts: &mut Amounts) -> Option<Vec<Levy>> {
    let mut levies = Vec::new();
    let is_tax = |part: &ChargePart| matches!(part, ChargePart::Tax(_));
    let hundred = Decimal::ONE_HUNDRED;
    for after_taxes in [false, true] {
        for (at, credit) in version.credits.iter().enumerate() {
            let CreditBy::Percent { percent, on } = &credit.by else { continue };
            if on.iter().any(is_tax) != after_taxes {
                continue;
            }
            let base = base_of(amounts, on)?.sum()?;
            let rate = -percent.checked_div(hundred)?;
            let mut amount = base.checked_mul(rate)?;
            if let Some(max) = credit.max {
                amount = amount.max(-max);
            }
            let part = ChargePart::Credit(at);
            add(amounts, part.clone(), Pots { credits: amount, ..Pots::default() })?;
            levies.push(Levy { part, base, rate, amount });
        }
        if after_taxes {
            break;
        }
        for (at, tax) in version.taxes.iter().enumerate() {
            let base = base_of(amounts, &tax.on)?;
            let rate = tax.percent.checked_div(hundred)?;
            let pots = base.times(rate)?;
            let part = ChargePart::Tax(at);
            add(amounts, part.clone(), pots)?;
            levies.push(Levy { part, base: base.sum()?, rate, amount: pots.sum()? });
        }
    }
    Some(levies)
}

fn base_of(amounts: &Amounts, on: &[ChargePart]) -> Option<Pots> {
    let parts = on.iter().filter_map(|part| amounts.get(part));
    parts.copied().try_fold(Pots::default(), Pots::plus)
}

/// What some parts of one unit come to with their taxes and percentages; caps aside.
pub(super) fn with_levies(version: &Version, parts: &[(ChargePart, Decimal)]) -> Option<Decimal> {
    let mut amounts = Amounts::new();
    for (part, amount) in parts {
        add(&mut amounts, part.clone(), Pots::of(part, *amount))?;
    }
    levy(version, &mut amounts)?;
    amounts.values().copied().try_fold(Pots::default(), Pots::plus)?.sum()
}
