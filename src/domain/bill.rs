//! Bills for use, computed from stored use and dated prices: what the home owes, and what of it
//! each device costs. A month's bill is paid like an order.

use super::book::Book;
use super::household::{DeviceKind, Home, Household};
use super::ids::{Name, OrderId};
use super::limits::window::plus_days;
use super::meter::Quantity;
use super::money::Minor;
use super::order::{Order, OrderLine, Origin};
use super::tariff::{
    Bill, MeteredUse, PriceNow, Prior, Shares, Sharing, SpotPrices, Tariff, Unpriced, Use,
};
use super::time::UnixMs;
use super::usage::{UsageBook, priced_quantity};
use super::usage_bill::UsageBill;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How long after its last midnight a cycle is billed, in seconds: late readings of
/// its last hour still count.
pub const BILL_AFTER_S: i64 = 3600;

/// What bills are made of.
#[derive(Clone, Copy, Debug)]
pub struct Billing<'a> {
    pub home: &'a Home,
    pub household: &'a Household,
    pub usage: &'a UsageBook,
}

/// No price of any market.
static NO_SPOT: SpotPrices = SpotPrices(BTreeMap::new());

impl<'a> Billing<'a> {
    /// What stands in the book.
    pub fn of(book: &'a Book) -> Billing<'a> {
        Billing { home: &book.home, household: &book.household, usage: &book.usage }
    }

    /// The devices of a kind on a tariff.
    fn of_kind(&self, tariff: &Name, kind: DeviceKind) -> Vec<&'a Name> {
        let devices = self.household.devices.iter();
        devices
            .filter(|(_, d)| d.kind == kind && d.tariff.as_ref() == Some(tariff))
            .map(|(id, _)| id)
            .collect()
    }

    /// Whose use a tariff bills: its meters where it has any (they see everything), else its
    /// appliances.
    pub fn billed_devices(&self, tariff: &Name) -> Vec<&'a Name> {
        let meters = self.of_kind(tariff, DeviceKind::Meter);
        if meters.is_empty() { self.of_kind(tariff, DeviceKind::Appliance) } else { meters }
    }

    /// The market's prices that a tariff goes by.
    pub fn spot(&self, tariff: &Tariff) -> &'a SpotPrices {
        let source = tariff.spot_source();
        source.and_then(|source| self.usage.spot(source)).unwrap_or(&NO_SPOT)
    }

    /// The use of a device that a tariff prices.
    pub fn used(&self, device: &Name, tariff: &Tariff, days: (Date, Date)) -> Use {
        let quantity = priced_quantity(tariff);
        let used = self.usage.used(device, quantity, &self.home.zone, days);
        tariff.as_priced(used, self.home)
    }

    /// Since when use decides what the days from `first` on cost: since the counters of tiers
    /// began.
    pub fn since(&self, tariff: &Tariff, first: Date) -> Date {
        tariff.supply(self.home).counted_since(first)
    }

    /// The first day whose use decides what the days from `first` on cost under any tariff: how far
    /// back use must be read for bills.
    pub fn counts_since((home, household): (&Home, &Household), first: Date) -> Date {
        let counted = |tariff: &Tariff| tariff.supply(home).counted_since(first);
        household.tariffs.values().map(counted).min().unwrap_or(first)
    }

    /// Since when the use of a counter decides what the days from `first` on cost.
    pub fn use_counts_since(&self, device: &Name, quantity: Quantity, first: Date) -> Date {
        let tariff = self.household.devices.get(device).and_then(|of| of.tariff.as_ref());
        let known = tariff.and_then(|id| self.household.tariffs.get_key_value(id));
        match known {
            Some((id, tariff))
                if priced_quantity(tariff) == quantity
                    && self.billed_devices(id).contains(&device) =>
            {
                self.since(tariff, first)
            }
            Some(_) | None => first,
        }
    }

    /// The home's use over some days, and before them since the counters of tiers began.
    pub(super) fn home_use(
        &self,
        (id, tariff): (&Name, &Tariff),
        (first, next): (Date, Date),
    ) -> Use {
        self.billed_use((id, tariff), (self.since(tariff, first), next))
    }

    fn billed_use(&self, (id, tariff): (&Name, &Tariff), days: (Date, Date)) -> Use {
        let devices = self.billed_devices(id);
        devices
            .into_iter()
            .fold(Use::default(), |sum, device| sum.with(&self.used(device, tariff, days)))
    }

    /// The home's bill under a tariff.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn bill(
        &self,
        (id, tariff): (&Name, &Tariff),
        days: (Date, Date),
    ) -> Result<Bill, Unpriced> {
        let used = self.home_use((id, tariff), days);
        let supply = tariff.supply(self.home);
        let period = supply.period(days);
        supply.bill(MeteredUse::Slots(&used), &Prior::Counted, self.spot(tariff), period)
    }

    /// True when anything was used on some days.
    pub fn was_measured(&self, of: (&Name, &Tariff), days: (Date, Date)) -> bool {
        !self.billed_use(of, days).slots().is_empty()
    }

    /// The home's bill, shared out over the devices of a kind.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn shares(
        &self,
        of: (&Name, &Tariff),
        kind: DeviceKind,
        days: (Date, Date),
    ) -> Result<Shares, Unpriced> {
        self.sharing(of, days)?.among(&self.uses(of, kind, days))
    }

    /// The home's bill, ready to be shared out.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn sharing<'t>(
        &self,
        (id, tariff): (&Name, &'t Tariff),
        days: (Date, Date),
    ) -> Result<Sharing<'t>, Unpriced>
    where
        'a: 't,
    {
        let home = self.home_use((id, tariff), days);
        let supply = tariff.supply(self.home);
        supply.sharing(&home, &Prior::Counted, self.spot(tariff), supply.period(days))
    }

    /// The same, where it is known what the counters of tiers had reached before the first day.
    ///
    /// # Errors
    /// What is missing for a total.
    pub fn sharing_after<'t>(
        &self,
        (id, tariff): (&Name, &'t Tariff),
        days: (Date, Date),
        reached: &[i64],
    ) -> Result<Sharing<'t>, Unpriced>
    where
        'a: 't,
    {
        let home = self.billed_use((id, tariff), days);
        let prior = Prior::Known(reached.to_vec());
        tariff.supply(self.home).sharing(&home, &prior, self.spot(tariff), days)
    }

    /// What the counters of tiers have reached at an instant, in micro-units by ladder.
    ///
    /// # Errors
    /// What is missing to know it.
    pub fn reached(
        &self,
        (id, tariff): (&Name, &Tariff),
        at: UnixMs,
    ) -> Result<Vec<i64>, Unpriced> {
        let supply = tariff.supply(self.home);
        let today = at.in_zone(supply.zone).date();
        let used = self.home_use((id, tariff), (today, plus_days(today, 1)));
        supply.reached(&used, at)
    }

    /// What each device of a kind used.
    pub fn uses(
        &self,
        (id, tariff): (&Name, &Tariff),
        kind: DeviceKind,
        days: (Date, Date),
    ) -> Vec<(Name, Use)> {
        let devices = self.of_kind(id, kind).into_iter();
        devices.map(|device| (device.clone(), self.used(device, tariff, days))).collect()
    }

    /// What a device costs of the home's bill: exact, in major units. `None` where it has no
    /// tariff, or a price is missing.
    pub fn device_cost(&self, device: &Name, days: (Date, Date)) -> Option<Decimal> {
        let of = self.household.devices.get(device)?;
        let (id, tariff) = self.household.tariffs.get_key_value(of.tariff.as_ref()?)?;
        let supply = tariff.supply(self.home);
        if supply.is_additive() {
            let used = self.used(device, tariff, days);
            return supply.cost_of_use(&used, self.spot(tariff), days).ok();
        }
        let shares = self.shares((id, tariff), of.kind, days).ok()?;
        let share = shares.devices.into_iter().find(|(id, _)| id == device)?;
        Some(share.1.exact)
    }

    /// What the use of one of a device's counters costs: none where that is not what its tariff
    /// prices.
    pub fn cost_of(
        &self,
        (device, quantity): (&Name, Quantity),
        days: (Date, Date),
    ) -> Option<Decimal> {
        let tariff = self.household.devices.get(device)?.tariff.as_ref()?;
        let priced = priced_quantity(self.household.tariffs.get(tariff)?);
        if priced == quantity { self.device_cost(device, days) } else { None }
    }

    /// The same, rounded once.
    pub fn device_amount(&self, device: &Name, days: (Date, Date)) -> Option<Minor> {
        self.home.currency.round(self.device_cost(device, days)?)
    }

    /// What the next unit costs under a tariff, where it is known what the counters of tiers had
    /// reached when a day began.
    ///
    /// # Errors
    /// What is missing for a price.
    pub fn price_after(
        &self,
        (id, tariff): (&Name, &Tariff),
        (day, reached): (Date, &[i64]),
        at: UnixMs,
    ) -> Result<PriceNow, Unpriced> {
        let supply = tariff.supply(self.home);
        let used = self.billed_use((id, tariff), (day, plus_days(day, 1)));
        let mut now = supply.reached(&used, at)?;
        for (sum, before) in now.iter_mut().zip(reached) {
            *sum = sum.saturating_add(*before);
        }
        supply.price_at(at, &now, self.spot(tariff))
    }

    /// What the next unit costs under a tariff.
    ///
    /// # Errors
    /// What is missing for a price.
    pub fn price_now(
        &self,
        (id, tariff): (&Name, &Tariff),
        at: UnixMs,
    ) -> Result<PriceNow, Unpriced> {
        let supply = tariff.supply(self.home);
        let reached = self.reached((id, tariff), at)?;
        supply.price_at(at, &reached, self.spot(tariff))
    }
}

/// The billing cycle of a tariff that is to be billed now: its name, its first day, and the first
/// day after it. `None` while it was billed already or is too fresh.
pub fn cycle_to_bill(
    book: &Book,
    (id, tariff): (&Name, &Tariff),
    at: UnixMs,
) -> Option<(String, (Date, Date))> {
    let supply = tariff.supply(&book.home);
    let now = supply.bill_around(at.plus_s(-BILL_AFTER_S).in_zone(supply.zone).date());
    let cycle = supply.bill_around(now.0.yesterday().ok()?);
    let period = cycle_name(cycle.0);
    let made = book.usage_bills.contains_key(&(id.clone(), period.clone()))
        || book.billed.contains(&period);
    (!made).then_some((period, cycle))
}

/// A billing cycle's name: its first month where it begins with it, else its first day.
fn cycle_name(first: Date) -> String {
    if first.day() == 1 { month_name(first) } else { first.to_string() }
}

/// A month's name, as `2026-11`.
pub fn month_name(first: Date) -> String {
    first.strftime("%Y-%m").to_string()
}

/// The bills of a tariff that a next one has to put right, the oldest first.
pub fn to_put_right<'a>(
    book: &'a Book,
    tariff: &'a Name,
) -> impl Iterator<Item = &'a UsageBill> + 'a {
    let of = book.usage_bills.values().filter(move |bill| bill.tariff == *tariff);
    of.filter(|bill| bill.owed != Minor::ZERO)
}

/// The order that pays a bill: a line for its month, and one for each earlier month that it puts
/// right. `amount` is all of it.
pub fn order(
    book: &Book,
    (id, tariff): (&Name, &Tariff),
    (period, total): (&str, Minor),
    amount: Minor,
    at: UnixMs,
) -> Order {
    let line = |period: &str, amount| OrderLine {
        sku: id.clone(),
        name: format!("{id} {period}").into(),
        quantity: "1".to_owned(),
        amount,
        category: Some(tariff.utility.clone()),
        unit: None,
    };
    let right = to_put_right(book, id);
    let right = right.map(|bill| line(&format!("{} \u{394}", bill.period), bill.owed));
    let lines = std::iter::once(line(period, total)).chain(right).collect();
    let origin = Origin::Bill { tariff: id.clone(), period: period.to_owned() };
    let home = &book.home;
    Order {
        amount,
        lines,
        payee: tariff.payee.clone(),
        ..Order::asked(OrderId::for_bill(id, period), origin, home.lang, home.rules, at)
    }
}
