//! From pieces of use to the lines of a bill.

use super::account::{Bill, Kind, Line};
use super::charge::{CreditBy, Part, Per};
use super::cut::Piece;
use super::day::Period;
use super::ladder::Bound;
use super::part::{Amounts, Pots, add, levy};
use super::plan::Version;
use super::rounding::Of;
use super::spot::SpotPrices;
use super::supply::{Supply, Unpriced};
use crate::domain::limits::window::plus_days;
use crate::domain::money::{Minor, lines_of_total};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Where a line of use stands: lines are in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    version: usize,
    part: Part,
    season: usize,
    tier: Option<usize>,
    window: Option<usize>,
}

/// What is added up for a line of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sum {
    units: Decimal,
    amount: Decimal,
    /// Unset once it was not the same.
    rate: Option<Decimal>,
    estimated: bool,
}

/// A bill as it is written.
struct Sheet<'a, 's> {
    supply: &'s Supply<'a>,
    lines: Vec<Line>,
    /// By version.
    amounts: BTreeMap<usize, Amounts>,
}

impl Supply<'_> {
    /// Makes a bill of the pieces of its use.
    pub(super) fn account(
        &self,
        pieces: &[Piece],
        spot: &SpotPrices,
        period: Period,
    ) -> Result<Bill, Unpriced> {
        let mut sheet = Sheet { supply: self, lines: Vec::new(), amounts: BTreeMap::new() };
        sheet.used(pieces, spot)?;
        let used = pieces.iter().map(|piece| (piece.version, piece.units));
        sheet.fixed(period)?;
        sheet.minimum(period)?;
        sheet.credits(used, period)?;
        sheet.levies()?;
        sheet.bill(period.days).ok_or(Unpriced::TooLarge)
    }

    /// The parts that one unit of a piece costs.
    pub(super) fn unit_parts(
        &self,
        piece: &Piece,
        spot: &SpotPrices,
    ) -> Result<(Vec<(Part, Decimal)>, bool), Unpriced> {
        let version = self.version(piece.version);
        let mut parts = Vec::with_capacity(2 + version.adders.len());
        let mut estimated = false;
        let rates = self.season(piece.version, piece.season).rates.get(piece.window);
        if let Some(rate) = rates.and_then(|rates| rates.get(piece.tier)) {
            parts.push((Part::Energy, *rate));
        }
        if let Some(rule) = &version.spot {
            let slot = piece.slot.unwrap_or_default();
            let missing = || Unpriced::NoSpot {
                source_name: rule.source.clone(),
                at: slot.start().rfc3339(self.zone),
                slot,
                version: self.since(piece.version),
            };
            let (price, stood_in) = rule.price(spot, slot, piece.window).ok_or_else(missing)?;
            estimated = stood_in;
            parts.push((Part::Spot, price));
        }
        for (at, adder) in version.adders.iter().enumerate() {
            let rate = adder.rates.get(piece.window).copied().unwrap_or_default();
            parts.push((Part::Adder(at), rate));
        }
        Ok((parts, estimated))
    }
}

impl Sheet<'_, '_> {
    fn version(&self, at: usize) -> &Version {
        self.supply.version(at)
    }

    /// Lines for what was used.
    fn used(&mut self, pieces: &[Piece], spot: &SpotPrices) -> Result<(), Unpriced> {
        let mut sums: BTreeMap<Place, Sum> = BTreeMap::new();
        for piece in pieces {
            let (parts, stood_in) = self.supply.unit_parts(piece, spot)?;
            for (part, rate) in parts {
                let place = self.place(piece, &part);
                let estimated = piece.estimated || (stood_in && part == Part::Spot);
                let amount = piece.units.checked_mul(rate).ok_or(Unpriced::TooLarge)?;
                let sum = sums.entry(place).or_insert(Sum {
                    units: Decimal::ZERO,
                    amount: Decimal::ZERO,
                    rate: Some(rate),
                    estimated,
                });
                sum.units = sum.units.checked_add(piece.units).ok_or(Unpriced::TooLarge)?;
                sum.amount = sum.amount.checked_add(amount).ok_or(Unpriced::TooLarge)?;
                sum.rate = sum.rate.filter(|known| *known == rate);
                sum.estimated |= estimated;
            }
        }
        for (place, sum) in sums {
            let pots = Pots::of(&place.part, sum.amount);
            let amounts = self.amounts.entry(place.version).or_default();
            add(amounts, place.part.clone(), pots).ok_or(Unpriced::TooLarge)?;
            let version = self.version(place.version);
            let mut line = self.line(place.version, &place.part, sum.units, sum.amount);
            line.unit = self.supply.plan.unit.clone();
            line.rate = sum.rate.map(|rate| rate.normalize());
            line.window = place.window.and_then(|at| version.windows.get(at).cloned());
            line.tier = place.tier.map(|tier| tier + 1);
            let seasons = &version.seasons;
            let named = seasons.len() > 1 && place.part == Part::Energy;
            line.season = seasons.get(place.season).filter(|_| named).map(|s| s.name.clone());
            line.estimated = sum.estimated;
            self.lines.push(line);
        }
        Ok(())
    }

    /// On which line of its part a piece stands.
    fn place(&self, piece: &Piece, part: &Part) -> Place {
        let version = self.version(piece.version);
        let window = (version.windows.len() > 1).then_some(piece.window);
        let tiered = version.ladder(piece.window).is_some();
        let (version_at, part) = (piece.version, part.clone());
        match part {
            Part::Energy => Place {
                version: version_at,
                part,
                season: piece.season,
                tier: tiered.then_some(piece.tier),
                window,
            },
            Part::Adder(at) => {
                // One line where the windows do not differ.
                let rates = &version.adders[at].rates;
                let same = rates.windows(2).all(|pair| pair[0] == pair[1]);
                let window = window.filter(|_| !same);
                Place { version: version_at, part, season: 0, tier: None, window }
            }
            Part::Spot | Part::Fixed(_) | Part::Minimum | Part::Tax(_) | Part::Credit(_) => {
                Place { version: version_at, part, season: 0, tier: None, window }
            }
        }
    }

    fn line(&self, version: usize, part: &Part, quantity: Decimal, amount: Decimal) -> Line {
        let of = self.version(version);
        Line {
            kind: Kind::of(part),
            what: of.part_name(part).to_owned(),
            window: None,
            tier: None,
            season: None,
            version: of.from,
            quantity: quantity.normalize(),
            unit: String::new(),
            rate: None,
            amount: amount.normalize(),
            shown: Minor::ZERO,
            estimated: false,
        }
    }

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

    fn fixed(&mut self, period: Period) -> Result<(), Unpriced> {
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
    fn minimum(&mut self, period: Period) -> Result<(), Unpriced> {
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
    fn credits(
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

    /// Taxes and percentages, by version.
    fn levies(&mut self) -> Result<(), Unpriced> {
        for (at, mut amounts) in std::mem::take(&mut self.amounts) {
            let levies = levy(self.version(at), &mut amounts).ok_or(Unpriced::TooLarge)?;
            for of in levies.into_iter().filter(|of| !of.base.is_zero()) {
                let mut line = self.line(at, &of.part, of.base, of.amount);
                line.unit = self.supply.currency.code().to_owned();
                line.rate = Some(of.rate.normalize());
                self.lines.push(line);
            }
            self.amounts.insert(at, amounts);
        }
        Ok(())
    }

    /// Adds up and rounds. `None` on overflow.
    fn bill(self, (from, to): (Date, Date)) -> Option<Bill> {
        let Sheet { supply, mut lines, amounts } = self;
        let mut pots = amounts.values().flat_map(BTreeMap::values).copied();
        let pots = pots.try_fold(Pots::default(), Pots::plus)?;
        let exact = pots.sum()?;
        let (rounding, currency) = (supply.plan.rounding, supply.currency);
        let total = match rounding.of {
            Of::Total => {
                let total = rounding.round(currency, exact)?;
                let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
                let shown = lines_of_total(currency, &amounts, total)?;
                for (line, shown) in lines.iter_mut().zip(shown) {
                    line.shown = shown;
                }
                total
            }
            Of::Lines => {
                let mut total = Minor::ZERO;
                for line in &mut lines {
                    line.shown = rounding.round(currency, line.amount)?;
                    total = total.plus(line.shown)?;
                }
                total
            }
        };
        let estimated = lines.iter().any(|line| line.estimated);
        Some(Bill {
            from,
            to,
            currency,
            lines,
            exact: exact.normalize(),
            exact_of_use: pots.of_use.normalize(),
            exact_of_fixed: pots.fixed.normalize(),
            exact_of_credits: pots.credits.normalize(),
            total,
            estimated,
        })
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
