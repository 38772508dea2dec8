//! Lines of a bill that no single use makes: what falls due, the least that a bill comes to, and
//! what is taken off by unit or each time.

use super::charge::{CreditBy, Part, Per};
use super::day::Period;
use super::ladder::Bound;
use super::lines::Sheet;
use super::part::{Pots, add};
use super::plan::Version;
use super::supply::Unpriced;
use crate::domain::limits::window::plus_days;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

impl Sheet<'_, '_> {
    /// How often something falls due in a bill, by version.
    fn due(
        &self,
        per: impl Fn(&Version) -> Option<Per>,
        Period { days: (first, next), bill }: Period,
    ) -> Result<BTreeMap<usize, u32>, Unpriced> {
        let mut times = BTreeMap::new();
        if !self.supply.plan.versions.iter().any(|version| per(version).is_some()) {
            return Ok(times);
        }
        let mut day = first;
        while day < next {
            let (version, _) = self.supply.version_on(day)?;
            let due = per(self.version(version));
            if due.is_some_and(|per| self.supply.is_due(per, day, bill.0)) {
                *times.entry(version).or_insert(0) += 1;
            }
            day = plus_days(day, 1);
        }
        Ok(times)
    }

    /// A line for what falls due so many times.
    fn each(
        &mut self,
        version: usize,
        part: Part,
        (times, per): (u32, Per),
        amount: Decimal,
    ) -> Option<()> {
        let times = Decimal::from(times);
        let sum = amount.checked_mul(times)?;
        let mut line = self.line(version, &part, times, sum);
        line.unit = unit_of(per).to_owned();
        line.rate = Some(amount.normalize());
        self.lines.push(line);
        let pots = Pots::of(&part, sum);
        add(self.amounts.entry(version).or_default(), part, pots)
    }

    pub(super) fn fixed(&mut self, period: Period) -> Result<(), Unpriced> {
        let most = self.supply.plan.versions.iter().map(|v| v.fixed.len()).max().unwrap_or(0);
        for at in 0..most {
            for (version, times) in self.due(|v| v.fixed.get(at).map(|f| f.per), period)? {
                let fixed = self.version(version).fixed[at].clone();
                self.each(version, Part::Fixed(at), (times, fixed.per), fixed.amount)
                    .ok_or(Unpriced::TooLarge)?;
            }
        }
        Ok(())
    }

    /// What is missing to the least that a bill comes to. It stands with the last version.
    pub(super) fn minimum(&mut self, period: Period) -> Result<(), Unpriced> {
        let times = self.due(|v| v.minimum.as_ref().map(|m| m.per), period)?;
        let mut least = Decimal::ZERO;
        for (version, times) in &times {
            let minimum = self.version(*version).minimum.as_ref().map(|m| m.amount);
            let of_version = minimum.unwrap_or_default().checked_mul(Decimal::from(*times));
            least = of_version.and_then(|m| least.checked_add(m)).ok_or(Unpriced::TooLarge)?;
        }
        let Some((version, _)) = times.last_key_value() else { return Ok(()) };
        let charges = self.amounts.values().flat_map(BTreeMap::values).copied();
        let sum = charges.map(Pots::sum).try_fold(Decimal::ZERO, |sum, of| sum.checked_add(of?));
        let missing = sum.and_then(|sum| least.checked_sub(sum)).ok_or(Unpriced::TooLarge)?;
        if missing <= Decimal::ZERO {
            return Ok(());
        }
        let mut line = self.line(*version, &Part::Minimum, least, missing);
        line.unit = self.supply.currency.code().to_owned();
        self.lines.push(line);
        let pots = Pots::of(&Part::Minimum, missing);
        let amounts = self.amounts.entry(*version).or_default();
        add(amounts, Part::Minimum, pots).ok_or(Unpriced::TooLarge)
    }

    /// What is taken off by unit, or each time.
    pub(super) fn credits(
        &mut self,
        used: impl Iterator<Item = (usize, Decimal)>,
        period: Period,
    ) -> Result<(), Unpriced> {
        let mut units: BTreeMap<usize, Decimal> = BTreeMap::new();
        for (version, of) in used {
            let sum = units.entry(version).or_default();
            *sum = sum.checked_add(of).ok_or(Unpriced::TooLarge)?;
        }
        for (version, units) in units {
            for (at, credit) in self.version(version).credits.clone().into_iter().enumerate() {
                let CreditBy::Unit { amount, up_to } = credit.by else { continue };
                let units = match self.bound(up_to, version, period.bill)? {
                    Some(most) => units.min(most),
                    None => units,
                };
                let sum = units.checked_mul(amount).ok_or(Unpriced::TooLarge)?;
                let sum = credit.max.map_or(sum, |max| sum.min(max));
                let part = Part::Credit(at);
                let mut line = self.line(version, &part, units, -sum);
                line.unit = self.supply.plan.unit.clone();
                line.rate = Some(-amount.normalize());
                self.lines.push(line);
                let amounts = self.amounts.entry(version).or_default();
                let pots = Pots { credits: -sum, ..Pots::default() };
                add(amounts, part, pots).ok_or(Unpriced::TooLarge)?;
            }
        }
        let most = self.supply.plan.versions.iter().map(|v| v.credits.len()).max().unwrap_or(0);
        for at in 0..most {
            let of = |version: &Version| match version.credits.get(at).map(|c| &c.by) {
                Some(CreditBy::Fixed { per, amount }) => Some((*per, *amount)),
                Some(CreditBy::Percent { .. } | CreditBy::Unit { .. }) | None => None,
            };
            for (version, times) in self.due(|v| of(v).map(|(per, _)| per), period)? {
                let Some((per, amount)) = of(self.version(version)) else { continue };
                self.each(version, Part::Credit(at), (times, per), -amount)
                    .ok_or(Unpriced::TooLarge)?;
            }
        }
        Ok(())
    }

    fn bound(
        &self,
        bound: Option<Bound>,
        version: usize,
        period: (Date, Date),
    ) -> Result<Option<Decimal>, Unpriced> {
        match bound {
            None => Ok(None),
            Some(Bound::Units(units)) => Ok(Some(units)),
            Some(Bound::Baseline(times)) => {
                let seasons = 0..self.version(version).seasons.len();
                let mut sum = Decimal::ZERO;
                for season in seasons {
                    let of = self.supply.allowance(period, Some((version, season)))?;
                    sum = sum.checked_add(of).ok_or(Unpriced::TooLarge)?;
                }
                Ok(Some(sum.checked_mul(times).ok_or(Unpriced::TooLarge)?))
            }
        }
    }
}

fn unit_of(per: Per) -> &'static str {
    match per {
        Per::Day => "day",
        Per::Month => "month",
        Per::Year => "year",
        Per::Cycle => "cycle",
    }
}
