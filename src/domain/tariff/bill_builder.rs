//! From pieces of use to the lines of a bill.

use super::account::{Bill, BillLine, LineKind};
use super::charge::{ChargePart, CreditBy};
use super::cut::PricedUse;
use super::day::BillingPeriod;
use super::part::{Amounts, Pots, add, levy};
use super::plan::Version;
use super::rounded::round;
use super::slot::{MeteredUse, Provenance};
use super::spot::SpotPrices;
use super::supply::{Supply, Unpriced};
use crate::money::Minor;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Where a line of use stands: lines are in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LinePosition {
    version: usize,
    part: ChargePart,
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
pub(super) struct BillBuilder<'a, 's> {
    pub(super) supply: &'s Supply<'a>,
    /// What the bill is of.
    pub(super) measured: MeteredUse<'s>,
    pub(super) lines: Vec<BillLine>,
    pub(super) amounts: BTreeMap<usize, Amounts>,
}

impl Supply<'_> {
    /// Makes a bill of the pieces of its use.
    pub(super) fn account(
        &self,
        (pieces, measured): (&[PricedUse], MeteredUse<'_>),
        spot: &SpotPrices,
        period: BillingPeriod,
    ) -> Result<Bill, Unpriced> {
        let mut sheet =
            BillBuilder { supply: self, measured, lines: Vec::new(), amounts: BTreeMap::new() };
        sheet.used(pieces, spot)?;
        let used = pieces.iter().map(|piece| (piece.version, piece.units));
        sheet.fixed(period)?;
        sheet.minimum(period)?;
        sheet.credits(used, period)?;
        sheet.levies()?;
        sheet.bill(period.days).ok_or(Unpriced::TooLarge)
    }

    /// A season that has no price for a window: a total without it would be too small.
    fn no_rate(&self, piece: &PricedUse) -> Unpriced {
        let windows = &self.version(piece.version).windows;
        let season = self.season(piece.version, piece.season);
        let priced = windows.iter().zip(&season.rates).filter(|(_, rates)| !rates.is_empty());
        let known: Vec<&str> = priced.map(|(window, _)| window.as_str()).collect();
        Unpriced::NoWindow {
            window: windows.get(piece.window).cloned().unwrap_or_default(),
            version: format!("{} in season \"{}\"", self.since(piece.version), season.name),
            known: known.join(", "),
        }
    }

    /// The parts that one unit of a piece costs.
    pub(super) fn unit_parts(
        &self,
        piece: &PricedUse,
        spot: &SpotPrices,
    ) -> Result<(Vec<(ChargePart, Decimal)>, bool), Unpriced> {
        let version = self.version(piece.version);
        let mut parts = Vec::with_capacity(2 + version.adders.len());
        let mut estimated = false;
        let season = self.season(piece.version, piece.season);
        match season.rates.get(piece.window).and_then(|rates| rates.get(piece.tier)) {
            Some(rate) => parts.push((ChargePart::Energy, *rate)),
            None if season.rates.is_empty() => {}
            None => return Err(self.no_rate(piece)),
        }
        if let Some(rule) = &version.spot {
            let slot = piece.slot.unwrap_or_default().slot;
            let missing = || Unpriced::NoSpot {
                source_name: rule.source.clone(),
                at: slot.start().rfc3339(self.zone),
                slot,
                version: self.since(piece.version),
            };
            let (price, stood_in) = rule.price(spot, slot, piece.window).ok_or_else(missing)?;
            estimated = stood_in;
            parts.push((ChargePart::Spot, price));
        }
        for (at, adder) in version.adders.iter().enumerate() {
            let rate = adder.rates.get(piece.window).copied().unwrap_or_default();
            parts.push((ChargePart::Adder(at), rate));
        }
        Ok((parts, estimated))
    }
}

impl BillBuilder<'_, '_> {
    pub(super) fn version(&self, at: usize) -> &Version {
        self.supply.version(at)
    }

    /// Lines for what was used.
    fn used(&mut self, pieces: &[PricedUse], spot: &SpotPrices) -> Result<(), Unpriced> {
        let mut sums: BTreeMap<LinePosition, Sum> = BTreeMap::new();
        for piece in pieces {
            let (parts, stood_in) = self.supply.unit_parts(piece, spot)?;
            for (part, rate) in parts {
                let place = self.place(piece, &part);
                let estimated = piece.estimated || (stood_in && part == ChargePart::Spot);
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
            let named = seasons.len() > 1 && place.part == ChargePart::Energy;
            line.season = seasons.get(place.season).filter(|_| named).map(|s| s.name.clone());
            line.estimated = sum.estimated;
            self.lines.push(line);
        }
        Ok(())
    }

    /// On which line of its part a piece stands.
    fn place(&self, piece: &PricedUse, part: &ChargePart) -> LinePosition {
        let version = self.version(piece.version);
        let window = (version.windows.len() > 1).then_some(piece.window);
        let tiered = version.ladder(piece.window).is_some();
        let (version_at, part) = (piece.version, part.clone());
        match part {
            ChargePart::Energy => LinePosition {
                version: version_at,
                part,
                season: piece.season,
                tier: tiered.then_some(piece.tier),
                window,
            },
            ChargePart::Adder(at) => {
                // One line where the windows do not differ.
                let rates = &version.adders[at].rates;
                let same = rates.windows(2).all(|pair| pair[0] == pair[1]);
                let window = window.filter(|_| !same);
                LinePosition { version: version_at, part, season: 0, tier: None, window }
            }
            ChargePart::Spot
            | ChargePart::Fixed(_)
            | ChargePart::Minimum
            | ChargePart::Tax(_)
            | ChargePart::Credit(_) => {
                LinePosition { version: version_at, part, season: 0, tier: None, window }
            }
        }
    }

    pub(super) fn line(
        &self,
        version: usize,
        part: &ChargePart,
        quantity: Decimal,
        amount: Decimal,
    ) -> BillLine {
        let of = self.version(version);
        BillLine {
            kind: LineKind::of(part),
            what: of.part_name(part).to_owned(),
            window: None,
            tier: None,
            season: None,
            version: of.from,
            quantity: quantity.normalize(),
            unit: String::new(),
            rate: None,
            on: Vec::new(),
            amount: amount.normalize(),
            shown: Minor::ZERO,
            estimated: false,
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
                line.on = counted_on(self.version(at), &amounts, &of.part);
                self.lines.push(line);
            }
            self.amounts.insert(at, amounts);
        }
        Ok(())
    }

    /// Adds up and rounds. `None` on overflow.
    fn bill(self, (from, to): (Date, Date)) -> Option<Bill> {
        let BillBuilder { supply, mut lines, amounts, .. } = self;
        let mut pots = amounts.values().flat_map(BTreeMap::values).copied();
        let pots = pots.try_fold(Pots::default(), Pots::plus)?;
        let exact = pots.sum()?;
        let currency = supply.currency;
        let (total, rounded) = round(&supply.plan.rounding, currency, &mut lines, exact)?;
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
            rounded,
            estimated,
            provenance: Provenance::default(),
        })
    }
}

/// The names of what a tax or percentage is on, of the parts that this bill has.
fn counted_on(version: &Version, amounts: &Amounts, part: &ChargePart) -> Vec<String> {
    let on = match part {
        ChargePart::Tax(at) => version.taxes.get(*at).map(|tax| &tax.on),
        ChargePart::Credit(at) => version.credits.get(*at).and_then(|credit| match &credit.by {
            CreditBy::Percent { on, .. } => Some(on),
            CreditBy::Unit { .. } | CreditBy::Fixed { .. } => None,
        }),
        ChargePart::Energy
        | ChargePart::Spot
        | ChargePart::Adder(_)
        | ChargePart::Fixed(_)
        | ChargePart::Minimum => None,
    };
    let there = |part: &&ChargePart| amounts.get(part).is_some_and(|pots| *pots != Pots::default());
    let on = on.into_iter().flatten().filter(there);
    on.map(|part| version.part_name(part).to_owned()).collect()
}
