//! What use costs so far, today and this month, for the home and for each device, without adding up
//! the whole month at every reading: days that are over are computed once.
//!
//! It is a memory of what [`Billing`] computes, never a figure of its own: thrown away and computed
//! again it is the same.

use super::bill::Billing;
use super::book::Book;
use super::forecast::{Outlook, outlook};
use super::household::DeviceKind;
use super::ids::Name;
use super::limits::window::{midnight, plus_days};
use super::tariff::{Counter, CreditBy, Crossing, PriceNow, Sharing, Slot, Tariff, Unpriced};
use super::time::UnixMs;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The cost of a span: exact, in major units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub home: Decimal,
    /// Each device's part of it.
    pub devices: BTreeMap<Name, Decimal>,
}

/// What use costs so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    pub today: Cost,
    /// This calendar month, today included.
    pub month: Cost,
}

/// What is remembered of a tariff.
#[derive(Clone, Debug)]
enum CachedCost {
    /// The days of this month before `today`, and what the counters of tiers reached by then.
    Closed { today: Date, cost: Cost, reached: Vec<i64> },
    /// A plan whose bill cannot be computed day by day: as it stood when this slot began.
    Whole { slot: Slot, so_far: SoFar },
}

/// What use costs so far under every tariff, and what is to come: one look at all of it.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    /// By tariff; none where a price is missing.
    pub so_far: BTreeMap<Name, Option<SoFar>>,
    /// What the next unit costs, by tariff; none where a price is missing.
    pub prices: BTreeMap<Name, Option<PriceNow>>,
    /// By tariff; none while too little is known.
    pub outlooks: BTreeMap<Name, Option<Outlook>>,
}

impl Costs {
    /// As it stands, without a memory of days that are over.
    pub fn of(book: &Book, at: UnixMs) -> Costs {
        Live::default().look(book, at)
    }

    /// What a device costs: today, and this month.
    pub fn device(&self, tariff: &Name, device: &Name) -> Option<(Decimal, Decimal)> {
        let so_far = self.so_far.get(tariff)?.as_ref()?;
        let of = |cost: &Cost| cost.devices.get(device).copied();
        Some((of(&so_far.today)?, of(&so_far.month)?))
    }
}

/// The memory. It must be told of what changes days that are over: see [`Live::forget`].
#[derive(Clone, Debug, Default)]
pub struct Live {
    kept: BTreeMap<Name, CachedCost>,
    outlooks: BTreeMap<Name, (Slot, Option<Outlook>)>,
}

impl Live {
    /// Forgets everything: prices, devices, or days that are over have changed.
    pub fn forget(&mut self) {
        *self = Live::default();
    }

    /// Everything, as it stands.
    pub fn look(&mut self, book: &Book, at: UnixMs) -> Costs {
        self.refresh(book, at);
        let mut costs = Costs::default();
        for (id, tariff) in &book.household.tariffs {
            costs.so_far.insert(id.clone(), self.so_far(book, (id, tariff), at).ok());
            costs.prices.insert(id.clone(), self.price(book, (id, tariff), at).ok());
            let outlook = self.outlooks.get(id).and_then(|(_, found)| found.clone());
            costs.outlooks.insert(id.clone(), outlook);
        }
        costs
    }

    /// What the next unit costs: counters of tiers go on from where they stood at midnight.
    fn price(
        &self,
        book: &Book,
        (id, tariff): (&Name, &Tariff),
        at: UnixMs,
    ) -> Result<PriceNow, Unpriced> {
        let billing = Billing::of(book);
        match self.kept.get(id).filter(|_| self.is_fresh(id, &billing, at)) {
            Some(CachedCost::Closed { today, reached, .. }) => {
                billing.price_after((id, tariff), (*today, reached), at)
            }
            Some(CachedCost::Whole { .. }) | None => billing.price_now((id, tariff), at),
        }
    }

    /// Makes ready what is asked next: days that are over since, and the outlook once a slot.
    fn refresh(&mut self, book: &Book, at: UnixMs) {
        let (billing, slot) = (Billing::of(book), Slot::of(at));
        self.kept.retain(|id, _| book.household.tariffs.contains_key(id));
        for (id, tariff) in &book.household.tariffs {
            if !self.is_fresh(id, &billing, at) {
                match keep(&billing, (id, tariff), at) {
                    Ok(kept) => self.kept.insert(id.clone(), kept),
                    Err(_) => self.kept.remove(id),
                };
            }
            if self.outlooks.get(id).is_none_or(|(of, _)| *of != slot) {
                let found = outlook(&billing, (id, tariff), at).ok().flatten();
                self.outlooks.insert(id.clone(), (slot, found));
            }
        }
    }

    fn is_fresh(&self, id: &Name, billing: &Billing<'_>, at: UnixMs) -> bool {
        self.kept.get(id).is_some_and(|kept| match kept {
            CachedCost::Closed { today, .. } => *today == at.in_zone(&billing.home.zone).date(),
            CachedCost::Whole { slot, .. } => *slot == Slot::of(at),
        })
    }

    fn so_far(
        &self,
        book: &Book,
        (id, tariff): (&Name, &Tariff),
        at: UnixMs,
    ) -> Result<SoFar, Unpriced> {
        let billing = Billing::of(book);
        let kept = match self.kept.get(id).filter(|_| self.is_fresh(id, &billing, at)) {
            Some(kept) => kept.clone(),
            None => keep(&billing, (id, tariff), at)?,
        };
        match kept {
            CachedCost::Whole { so_far, .. } => Ok(so_far),
            CachedCost::Closed { today, cost, reached } => {
                let days = (today, plus_days(today, 1));
                let of = (id, tariff);
                let sharing = billing.sharing_after(of, days, &reached)?;
                let today = cost_of(&billing, of, days, &sharing)?;
                let month = cost.plus(&today).ok_or(Unpriced::TooLarge)?;
                Ok(SoFar { today, month })
            }
        }
    }
}

impl Cost {
    fn plus(mut self, more: &Cost) -> Option<Cost> {
        self.home = self.home.checked_add(more.home)?;
        for (device, cost) in &more.devices {
            let sum = self.devices.entry(device.clone()).or_default();
            *sum = sum.checked_add(*cost)?;
        }
        Some(self)
    }
}

/// What some days cost the home, its appliances and its meters.
fn cost_of(
    billing: &Billing<'_>,
    of: (&Name, &Tariff),
    days: (Date, Date),
    sharing: &Sharing<'_>,
) -> Result<Cost, Unpriced> {
    let mut cost = Cost { home: sharing.bill().exact, ..Cost::default() };
    for kind in [DeviceKind::Appliance, DeviceKind::Meter] {
        let shares = sharing.among(&billing.uses(of, kind, days))?;
        cost.devices.extend(shares.devices.into_iter().map(|(id, share)| (id, share.exact)));
    }
    Ok(cost)
}

fn keep(
    billing: &Billing<'_>,
    (id, tariff): (&Name, &Tariff),
    at: UnixMs,
) -> Result<CachedCost, Unpriced> {
    let zone = &billing.home.zone;
    let today = at.in_zone(zone).date();
    let (first, next) = (today.first_of_month(), plus_days(today, 1));
    let of = |days| cost_of(billing, (id, tariff), days, &billing.sharing((id, tariff), days)?);
    if !adds_up_by_day(tariff) {
        let so_far = SoFar { today: of((today, next))?, month: of((first, next))? };
        return Ok(CachedCost::Whole { slot: Slot::of(at), so_far });
    }
    let cost = if first < today { of((first, today))? } else { Cost::default() };
    let reached = billing.reached((id, tariff), midnight(today, zone))?;
    Ok(CachedCost::Closed { today, cost, reached })
}

/// True where a month costs what its days cost one by one.
fn adds_up_by_day(tariff: &Tariff) -> bool {
    tariff.plan.versions.iter().all(|version| {
        let crossing = tariff.terms.crossing_split.or(version.crossing);
        let in_order = crossing.is_none_or(|crossing| crossing == Crossing::Chronological);
        let by_bill = version.ladders.iter().any(|ladder| match ladder.counter {
            Counter::Bill => true,
            Counter::Day | Counter::Month | Counter::Cycle { .. } | Counter::Year => false,
        });
        let capped = version.credits.iter().any(|credit| match credit.by {
            CreditBy::Unit { up_to, .. } => up_to.is_some() || credit.max.is_some(),
            CreditBy::Percent { .. } | CreditBy::Fixed { .. } => credit.max.is_some(),
        });
        !by_bill && !capped && version.minimum.is_none() && in_order
    })
}
