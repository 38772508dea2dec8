//! The monthly bill for use: computed from stored days and dated prices, paid like an order.

use super::book::Book;
use super::household::DeviceKind;
use super::ids::{Name, OrderId};
use super::money::Minor;
use super::order::{Line, Order, Origin};
use super::tariff::Tariff;
use super::time::UnixMs;
use super::usage::{cost_of, priced_quantity};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// How long after midnight of the first the last month is billed, in seconds: late readings of
/// its last hour still count.
pub const BILL_AFTER_S: i64 = 3600;

/// The month that is to be billed now: its name, first day, and the first day after it. `None`
/// while it was billed already or is too fresh.
pub fn month_to_bill(book: &Book, at: UnixMs) -> Option<(String, Date, Date)> {
    let next = at.plus_s(-BILL_AFTER_S).in_zone(&book.home.zone).date().first_of_month();
    let first = next.yesterday().ok()?.first_of_month();
    let period = month_name(first);
    (!book.billed.contains(&period)).then_some((period, first, next))
}

/// A month's name, as `2026-11`.
pub fn month_name(first: Date) -> String {
    first.strftime("%Y-%m").to_string()
}

/// Whose use a tariff bills: its meters where it has any (they see everything), else its
/// appliances.
pub fn billed_devices<'a>(book: &'a Book, tariff: &'a Name) -> Vec<&'a Name> {
    let of_kind = |kind: DeviceKind| -> Vec<&Name> {
        let devices = book.household.devices.iter();
        devices
            .filter(|(_, d)| d.kind == kind && d.tariff.as_ref() == Some(tariff))
            .map(|(id, _)| id)
            .collect()
    };
    let meters = of_kind(DeviceKind::Meter);
    if meters.is_empty() { of_kind(DeviceKind::Appliance) } else { meters }
}

/// What a tariff costs over some days, rounded once. `None` when a price is missing.
pub fn amount(
    book: &Book,
    id: &Name,
    tariff: &Tariff,
    (first, next): (Date, Date),
) -> Option<Minor> {
    let quantity = priced_quantity(tariff);
    let mut sum = Decimal::ZERO;
    for device in billed_devices(book, id) {
        let days = book.usage.days(device, quantity, first, next);
        sum = sum.checked_add(cost_of(days, tariff)?)?;
    }
    book.home.currency.round(sum)
}

/// The order that pays a bill.
pub fn order(
    book: &Book,
    (id, tariff): (&Name, &Tariff),
    period: &str,
    amount: Minor,
    at: UnixMs,
) -> Order {
    let line = Line {
        sku: id.clone(),
        name: format!("{id} {period}"),
        quantity: "1".to_owned(),
        amount,
        category: Some(tariff.utility.clone()),
        unit: None,
    };
    let origin = Origin::Bill { tariff: id.clone(), period: period.to_owned() };
    let home = &book.home;
    Order {
        amount,
        lines: vec![line],
        payee: tariff.payee.clone(),
        ..Order::asked(OrderId::for_bill(id, period), origin, home.lang, home.rules, at)
    }
}
