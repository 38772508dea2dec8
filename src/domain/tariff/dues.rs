//! Lines of a bill that no single use makes: what falls due, the least that a bill comes to, and
//! what is taken off by unit or each time.

use super::bill_builder::BillBuilder;
use super::charge::{ChargePart, CreditBy, Fixed, Minimum, Per};
use super::day::BillingPeriod;
use super::ladder::Bound;
use super::part::{Pots, add};
use super::plan::Version;
use super::slot::MeteredUse;
use super::supply::Unpriced;
use crate::limits::window::{midnight, plus_days};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Something that falls due.
#[derive(Clone, Copy)]
struct Charge {
    per: Per,
    amount: Decimal,
    prorate: bool,
    unused_percent: Option<Decimal>,
}

#[derive(Clone, Copy, Default)]
struct Due {
    /// How many times; a part of one where days count, or where nothing was used.
    times: Decimal,
    sum: Decimal,
}

/// Decimals of a number of periods, as a bill has it.
const TIMES_DIGITS: u32 = 6;

impl BillBuilder<'_, '_> {
    /// What falls due in a bill, by version.
    fn due(
        &self,
        charge: impl Fn(&Version) -> Option<Charge>,
        BillingPeriod { days: (first, next), bill }: BillingPeriod,
    ) -> Result<BTreeMap<usize, (Charge, Due)>, Unpriced> {
        if !self.supply.plan.versions.iter().any(|version| charge(version).is_some()) {
            return Ok(BTreeMap::new());
        }
        // The days that count, by version and by the period that the charge is for.
        let mut counted: BTreeMap<(usize, Date), (Charge, Date, i64)> = BTreeMap::new();
        let mut day = first;
        while day < next {
            let (version, _) = self.supply.version_on(day)?;
            if let Some(charge) = charge(self.version(version)) {
                let run = self.supply.days_of_charge(charge.per, day, bill);
                if charge.prorate || run.0 == day {
                    counted.entry((version, run.0)).or_insert((charge, run.1, 0)).2 += 1;
                }
            }
            day = plus_days(day, 1);
        }
        let mut all: BTreeMap<usize, (Charge, Due)> = BTreeMap::new();
        for ((version, start), (charge, end, days)) in counted {
            let of = if charge.prorate { days_between(start, end) } else { 1 };
            let due = self.due_once(&charge, (start, end), (days, of)).ok_or(Unpriced::TooLarge)?;
            let (_, sum) = all.entry(version).or_insert((charge, Due::default()));
            let more = |a: Decimal, b: Decimal| a.checked_add(b).ok_or(Unpriced::TooLarge);
            *sum = Due { times: more(sum.times, due.times)?, sum: more(sum.sum, due.sum)? };
        }
        Ok(all)
    }

    /// What of a charge counts for one of its periods: so many of so many days.
    fn due_once(&self, charge: &Charge, run: (Date, Date), (days, of): (i64, i64)) -> Option<Due> {
        let (days, of) = (Decimal::from(days), Decimal::from(of));
        let unused = charge.unused_percent.filter(|_| self.is_unused(run));
        let part = unused.map_or(Some(Decimal::ONE), |p| p.checked_div(Decimal::ONE_HUNDRED))?;
        let amount = charge.amount.checked_mul(part)?;
        Some(Due {
            times: part.checked_mul(days)?.checked_div(of)?,
            sum: amount.checked_mul(days)?.checked_div(of)?,
        })
    }

    /// True where nothing was used in some days; of totals, where they are zero.
    fn is_unused(&self, (first, next): (Date, Date)) -> bool {
        match self.measured {
            MeteredUse::Slots(used) => {
                let zone = self.supply.zone;
                let of = used.between(midnight(first, zone), midnight(next, zone));
                of.iter().all(|of_slot| of_slot.micro == 0)
            }
            MeteredUse::Registers(registers) => registers.iter().all(|of| of.micro == 0),
        }
    }

    /// A line for what falls due.
    fn each(
        &mut self,
        version: usize,
        part: ChargePart,
        (charge, due): (Charge, Due),
    ) -> Option<()> {
        let Due { times, sum } = due;
        let mut line = self.line(version, &part, times.round_dp(TIMES_DIGITS), sum);
        line.unit = unit_of(charge.per).to_owned();
        line.rate = Some(charge.amount.normalize());
        self.lines.push(line);
        let pots = Pots::of(&part, sum);
        add(self.amounts.entry(version).or_default(), part, pots)
    }

    pub(super) fn fixed(&mut self, period: BillingPeriod) -> Result<(), Unpriced> {
        let most = self.supply.plan.versions.iter().map(|v| v.fixed.len()).max().unwrap_or(0);
        for at in 0..most {
            let charge = |version: &Version| {
                let Fixed { per, amount, prorate, unused_percent, .. } = *version.fixed.get(at)?;
                Some(Charge { per, amount, prorate, unused_percent })
            };
            for (version, due) in self.due(charge, period)? {
                self.each(version, ChargePart::Fixed(at), due).ok_or(Unpriced::TooLarge)?;
            }
        }
        Ok(())
    }

    /// What is missing to the least that a bill comes to. It stands with the last version.
    pub(super) fn minimum(&mut self, period: BillingPeriod) -> Result<(), Unpriced> {
        let charge = |version: &Version| {
            let Minimum { per, amount, prorate } = *version.minimum.as_ref()?;
            Some(Charge { per, amount, prorate, unused_percent: None })
        };
        let all = self.due(charge, period)?;
        let sums = all.values().map(|(_, due)| due.sum);
        let least = sums.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
        let least = least.ok_or(Unpriced::TooLarge)?;
        let Some((version, _)) = all.last_key_value() else { return Ok(()) };
        let charges = self.amounts.values().flat_map(BTreeMap::values).copied();
        let sum = charges.map(Pots::sum).try_fold(Decimal::ZERO, |sum, of| sum.checked_add(of?));
        let missing = sum.and_then(|sum| least.checked_sub(sum)).ok_or(Unpriced::TooLarge)?;
        if missing <= Decimal::ZERO {
            return Ok(());
        }
        let mut line = self.line(*version, &ChargePart::Minimum, least, missing);
        line.unit = self.supply.currency.code().to_owned();
        self.lines.push(line);
        let pots = Pots::of(&ChargePart::Minimum, missing);
        let amounts = self.amounts.entry(*version).or_default();
        add(amounts, ChargePart::Minimum, pots).ok_or(Unpriced::TooLarge)
    }

    /// What is taken off by unit, or each time.
    pub(super) fn credits(
        &mut self,
        used: impl Iterator<Item = (usize, Decimal)>,
        period: BillingPeriod,
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
                let part = ChargePart::Credit(at);
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
            let charge = |version: &Version| match version.credits.get(at)?.by {
                CreditBy::Fixed { per, amount, prorate } => {
                    Some(Charge { per, amount: -amount, prorate, unused_percent: None })
                }
                CreditBy::Percent { .. } | CreditBy::Unit { .. } => None,
            };
            for (version, due) in self.due(charge, period)? {
                self.each(version, ChargePart::Credit(at), due).ok_or(Unpriced::TooLarge)?;
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

/// How many days there are from a first until before a next.
fn days_between(first: Date, next: Date) -> i64 {
    i64::from((next - first).get_days())
}
