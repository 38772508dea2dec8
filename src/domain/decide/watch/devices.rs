//! Days unlike a device's others.

use super::{fire, silent};
use crate::alert::unlike::usual_where_unlike;
use crate::alert::{Alert, AlertKind, Detail, Severity};
use crate::bill::Billing;
use crate::book::Book;
use crate::decision::Decision;
use crate::forecast::{KNOWN_DAYS_MAX, is_weekend};
use crate::household::Device;
use crate::ids::Name;
use crate::limits::window::{midnight, plus_days};
use crate::tariff::Tariff;
use crate::time::UnixMs;
use crate::usage::priced_quantity;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// What a day's use must at least be worth above the usual one, in hundredths of a major unit.
const WORTH_HUNDREDTHS: i64 = 50;

/// How long after midnight a day is looked at, in seconds: readings of its last hour come late.
const DAY_AFTER_S: i64 = 3_600;

/// Looks at every device whose use costs.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    for (id, device) in &book.household.devices {
        let tariff = device.tariff.as_ref();
        let tariff = tariff.and_then(|id| book.household.tariffs.get_key_value(id));
        if let Some(tariff) = tariff {
            unlike(book, (id, device), tariff, decision, at);
        }
    }
    silent::look(book, decision, at);
}

/// Yesterday, once it is over, held against the four weeks before it.
fn unlike(
    book: &Book,
    (id, device): (&Name, &Device),
    (tariff_id, tariff): (&Name, &Tariff),
    decision: &mut Decision,
    at: UnixMs,
) {
    let (zone, quantity) = (&book.home.zone, priced_quantity(tariff));
    let day = plus_days(at.plus_s(-DAY_AFTER_S).in_zone(zone).date(), -1);
    let mut alert =
        Alert::new(AlertKind::UnusualUse, Severity::Warning, id.as_str(), &day.to_string(), at);
    if book.alerts.contains_key(&alert.id) {
        return;
    }
    let back = plus_days(day, -KNOWN_DAYS_MAX);
    let used = book.usage.used(id, quantity, zone, (back, plus_days(day, 1)));
    let used = tariff.as_priced(used, &book.home);
    let of = |day: Date| {
        let slots = used.between(midnight(day, zone), midnight(plus_days(day, 1), zone));
        (is_weekend(day), slots.iter().fold(0_i64, |sum, of| sum.saturating_add(of.micro)))
    };
    let Some(first) = used.slots().first() else { return };
    // The first day may have begun in its middle.
    let began = first.slot.start().in_zone(zone).date();
    let mut known = if began == back { back } else { plus_days(began, 1) };
    let mut days = Vec::new();
    while known < day {
        days.push(of(known));
        known = plus_days(known, 1);
    }
    let today = of(day);
    let billing = Billing::of(book);
    let price = billing.price_now((tariff_id, tariff), at).ok().map(|now| now.price);
    let Some(least) = worth(price) else { return };
    if let Some(usual_micro) = usual_where_unlike(today, &days, least) {
        alert.device = Some(id.clone());
        alert.device_name = Some(device.name.clone());
        let unit = tariff.plan.unit.clone();
        alert.detail = Some(Detail::Used { micro: today.1, usual_micro, unit });
        fire(book, alert, decision);
    }
}

/// How much use is worth saying a word about, in micro-units. `None` where a unit costs nothing.
fn worth(price: Option<Decimal>) -> Option<i64> {
    let price = price.filter(|price| price.is_sign_positive() && !price.is_zero())?;
    let units = Decimal::new(WORTH_HUNDREDTHS, 2).checked_div(price)?;
    let micro = units.checked_mul(Decimal::from(1_000_000))?.trunc().normalize();
    i64::try_from(micro.mantissa()).ok().filter(|_| micro.scale() == 0)
}
