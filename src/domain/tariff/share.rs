//! What each device costs of the home's bill.

use super::by_part::ByPart;
use super::cut::PricedUse;
use super::day::BillingPeriod;
use super::slot::{MeteredUse, Slot, SlotUse, Use};
use super::spot::SpotPrices;
use super::supply::{Prior, Supply, Unpriced};
use super::terms::FixedShare;
use crate::ids::Name;
use crate::limits::window::midnight;
use crate::meter::units;
use crate::money::{Minor, lines_of_total};
use crate::time::UnixMs;
use rust_decimal::Decimal;

/// A part of the home's bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Exact, in major units.
    pub exact: Decimal,
    /// As it is shown: all shares add up to the bill.
    pub shown: Minor,
    /// How much was used, in micro-units.
    pub micro: i64,
}

/// The home's bill, shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    pub devices: Vec<(Name, Share)>,
    /// What was used and no device explains.
    pub rest: Share,
    /// What no use explains, where it stays with the home.
    pub home: Share,
    pub bill: super::Bill,
}

/// What the use of a slot costs the home.
#[derive(Clone, Debug, Default)]
struct SlotCost {
    cost: Decimal,
    /// What the home used, in units.
    home: Decimal,
}

/// What devices claim of a slot.
#[derive(Clone, Debug, Default)]
struct Claimed {
    micro: i64,
    /// What a claimed unit costs, in major units.
    each: Decimal,
}

/// What devices claim of each slot, and what a unit of it costs them. In slots of which the home's bill
/// knows nothing it costs nothing.
fn claimed<'u>(
    costs: &ByPart<SlotCost>,
    all: impl Iterator<Item = &'u SlotUse>,
) -> Result<ByPart<Claimed>, Unpriced> {
    let mut claimed: ByPart<Claimed> = ByPart::like(costs);
    for used in all {
        if let Some(of) = claimed.get_mut(used.part()) {
            of.micro = of.micro.saturating_add(used.micro);
        }
    }
    for (claimed, of) in claimed.zip_mut(costs) {
        let all = units(claimed.micro).max(of.home);
        claimed.each = fraction(of.cost, Decimal::ONE, all)?;
    }
    Ok(claimed)
}

/// What a device's use of a slot costs.
fn cost_of(costs: &ByPart<SlotCost>, used: &SlotUse, claimed: &ByPart<Claimed>) -> Option<Decimal> {
    let part = used.part();
    match costs.get(part).zip(claimed.get(part)) {
        None => Some(Decimal::ZERO),
        // One device used all of it: its cost is taken whole, because dividing and multiplying again
        // would lose digits.
        Some((of, claimed)) if used.micro == claimed.micro && units(used.micro) == of.home => {
            Some(of.cost)
        }
        Some((_, claimed)) => units(used.micro).checked_mul(claimed.each),
    }
}

/// The home's bill of some days, ready to be shared out: among its appliances, among its meters.
#[derive(Clone, Debug)]
pub struct Sharing<'a> {
    supply: Supply<'a>,
    bill: super::Bill,
    slots: ByPart<SlotCost>,
    /// The days' first instant, and the first after them.
    span: (UnixMs, UnixMs),
    /// What the home used in them, in micro-units.
    used: i64,
}

impl Sharing<'_> {
    pub fn bill(&self) -> &super::Bill {
        &self.bill
    }

    /// Shares the bill out: each slice of use at the tier that the home had reached when it was
    /// used. All shares add up to the bill to the last minor unit. Where devices together claim
    /// more than the home used in a slot, each gets its proportion of what the home used.
    ///
    /// # Errors
    /// Figures with too many digits.
    pub fn among(&self, devices: &[(Name, Use)]) -> Result<Shares, Unpriced> {
        let Supply { currency, terms, .. } = self.supply;
        let (first, next) = self.span;
        let aligned: Vec<_> = devices.iter().map(|(_, used)| self.supply.aligned(used)).collect();
        let all = aligned.iter().flat_map(|used| used.between(first, next));
        let claimed = claimed(&self.slots, all)?;
        let mut parts: Vec<ShareSum> = Vec::with_capacity(devices.len() + 2);
        for used in &aligned {
            let mut part = ShareSum::default();
            for of_slot in used.between(first, next) {
                part.micro = part.micro.saturating_add(of_slot.micro);
                let cost = cost_of(&self.slots, of_slot, &claimed).ok_or(Unpriced::TooLarge)?;
                part.exact = sum(part.exact, cost)?;
            }
            parts.push(part);
        }
        parts.push(self.rest(&parts)?);
        fixed(&mut parts, terms.fixed_share, self.bill.exact)?;
        let exact: Vec<Decimal> = parts.iter().map(|part| part.exact).collect();
        let shown = lines_of_total(currency, &exact, self.bill.total).ok_or(Unpriced::TooLarge)?;
        let mut shares: Vec<Share> = parts
            .into_iter()
            .zip(shown)
            .map(|(ShareSum { exact, micro }, shown)| Share { exact, shown, micro })
            .collect();
        let (home, rest) = (shares.pop(), shares.pop());
        let (Some(home), Some(rest)) = (home, rest) else { return Err(Unpriced::TooLarge) };
        let devices = devices.iter().map(|(id, _)| id.clone()).zip(shares).collect();
        Ok(Shares { devices, rest, home, bill: self.bill.clone() })
    }

    /// What the home used and no device explains.
    fn rest(&self, parts: &[ShareSum]) -> Result<ShareSum, Unpriced> {
        let all = self.slots.values().try_fold(Decimal::ZERO, |s, slot| sum(s, slot.cost))?;
        let known = parts.iter().try_fold(Decimal::ZERO, |s, part| sum(s, part.exact))?;
        let exact = all.checked_sub(known).ok_or(Unpriced::TooLarge)?;
        let claimed = parts.iter().fold(0_i64, |s, part| s.saturating_add(part.micro));
        Ok(ShareSum { exact, micro: self.used.saturating_sub(claimed).max(0) })
    }
}

impl<'a> Supply<'a> {
    /// The bill for what a home used, ready to be shared out.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn sharing(
        &self,
        home: &Use,
        prior: &Prior,
        spot: &SpotPrices,
        period: impl Into<BillingPeriod>,
    ) -> Result<Sharing<'a>, Unpriced> {
        let period = period.into();
        let pieces = self.cut(MeteredUse::Slots(home), prior, period, true)?;
        let provenance = self.provenance(home, period.days);
        let bill = self.account((&pieces, MeteredUse::Slots(home)), spot, period)?;
        let bill = super::Bill { provenance, ..bill };
        let (first, next) = period.days;
        let span = (midnight(first, self.zone), midnight(next, self.zone));
        let slots = self.slot_costs(&pieces, spot, Slot::of(span.0))?;
        let used = home.between(span.0, span.1);
        let used = used.iter().fold(0_i64, |sum, of| sum.saturating_add(of.micro));
        Ok(Sharing { supply: *self, bill, slots, span, used })
    }

    /// True when what a use costs does not depend on what else was used, and nothing but use is
    /// shared out.
    pub fn is_additive(&self) -> bool {
        self.terms.fixed_share == FixedShare::Home
            && self.plan.versions.iter().all(|version| version.ladders.is_empty())
    }

    /// What some use costs by itself, without what does not depend on use; exact.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn cost_of_use(
        &self,
        used: &Use,
        spot: &SpotPrices,
        period: impl Into<BillingPeriod>,
    ) -> Result<Decimal, Unpriced> {
        let pieces = self.cut(MeteredUse::Slots(used), &Prior::Counted, period.into(), false)?;
        let mut sum = Decimal::ZERO;
        for piece in &pieces {
            let (price, _) = self.unit_price(piece, spot)?;
            let cost = piece.units.checked_mul(price);
            sum = cost.and_then(|cost| sum.checked_add(cost)).ok_or(Unpriced::TooLarge)?;
        }
        Ok(sum.normalize())
    }

    /// What the use of each slot costs, and how much it is.
    fn slot_costs(
        &self,
        pieces: &[PricedUse],
        spot: &SpotPrices,
        first: Slot,
    ) -> Result<ByPart<SlotCost>, Unpriced> {
        let mut costs: ByPart<SlotCost> = ByPart::from(first);
        for piece in pieces {
            let (price, _) = self.unit_price(piece, spot)?;
            let cost = piece.units.checked_mul(price).ok_or(Unpriced::TooLarge)?;
            let Some(of) = costs.entry(piece.slot.unwrap_or_default()) else { continue };
            of.cost = of.cost.checked_add(cost).ok_or(Unpriced::TooLarge)?;
            of.home = of.home.checked_add(piece.units).ok_or(Unpriced::TooLarge)?;
        }
        Ok(costs)
    }
}

/// Adds what is on the bill beside the parts so far, by the household's rule: the last part is what
/// stays with the home.
fn fixed(parts: &mut Vec<ShareSum>, rule: FixedShare, total: Decimal) -> Result<(), Unpriced> {
    let known = parts.iter().try_fold(Decimal::ZERO, |s, part| sum(s, part.exact))?;
    let whole = total.checked_sub(known).ok_or(Unpriced::TooLarge)?;
    let mut left = whole;
    let devices = parts.len().saturating_sub(1);
    let weights: Vec<Decimal> = match rule {
        FixedShare::Home => Vec::new(),
        FixedShare::ByUse => parts.iter().map(|part| units(part.micro)).collect(),
        FixedShare::Equal => vec![Decimal::ONE; devices],
    };
    let all = weights.iter().try_fold(Decimal::ZERO, |s, weight| sum(s, *weight))?;
    if !all.is_zero() {
        for (part, weight) in parts.iter_mut().zip(&weights) {
            let of = fraction(whole, *weight, all)?;
            part.exact = sum(part.exact, of)?;
            left = left.checked_sub(of).ok_or(Unpriced::TooLarge)?;
        }
    }
    parts.push(ShareSum { exact: left, micro: 0 });
    Ok(())
}

/// A share as it is added up.
#[derive(Clone, Copy, Debug, Default)]
struct ShareSum {
    exact: Decimal,
    micro: i64,
}

/// `of × part / all`; nothing of nothing.
fn fraction(of: Decimal, part: Decimal, all: Decimal) -> Result<Decimal, Unpriced> {
    if all.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let product = of.checked_mul(part).and_then(|product| product.checked_div(all));
    product.ok_or(Unpriced::TooLarge)
}

fn sum(sum: Decimal, more: Decimal) -> Result<Decimal, Unpriced> {
    sum.checked_add(more).ok_or(Unpriced::TooLarge)
}
