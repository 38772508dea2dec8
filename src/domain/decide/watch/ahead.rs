//! What is to come if it goes on like this: bills above their bound, tiers.

use super::cost::{concerns, of_rule};
use super::{fire, resolve};
use crate::alert::{
    Alert, AlertKind, AlertPeriod, AlertRule, Detail, Severity, Watched, period_name,
};
use crate::bill::Billing;
use crate::book::Book;
use crate::decision::Decision;
use crate::forecast::{Outlook, outlook};
use crate::ids::Name;
use crate::limits::window::{midnight, plus_days};
use crate::money::Minor;
use crate::tariff::{PriceNow, Tariff};
use crate::time::UnixMs;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// From which band on a rule has said all there is to say, in per cent.
const FULL_BAND: u16 = 100;

/// Tiers whose counters run over fewer days than this begin too often to be warned of.
const TIER_DAYS_MIN: i64 = 7;

/// The latest severity is the owner's; what may yet be changed is a warning.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    let billing = Billing::of(book);
    let mut outlooks = BTreeMap::new();
    for (id, tariff) in &book.household.tariffs {
        let found = outlook(&billing, (id, tariff), at).ok().flatten();
        tiers(book, (id, tariff), found.as_ref(), decision, at);
        outlooks.extend(found.map(|found| (id, found)));
    }
    for rule in &book.household.alerts {
        projected(book, rule, &outlooks, decision, at);
    }
}

/// Warns of a bill that will likely be above a rule's cost, before its bands say so.
fn projected(
    book: &Book,
    rule: &AlertRule,
    outlooks: &BTreeMap<&Name, Outlook>,
    decision: &mut Decision,
    at: UnixMs,
) {
    let Some(days) = rule.days(book, at) else { return };
    let Some([likely, low, high]) = to_come(book, rule, days, outlooks) else { return };
    let mut alert = of_rule(book, rule, (AlertKind::CostProjected, None), days, at);
    let said = book.alerts.values().any(|other| {
        other.kind == AlertKind::CostBand
            && other.band.is_some_and(|band| band >= FULL_BAND)
            && other.limit == alert.limit
            && (&other.subject, &other.period) == (&alert.subject, &alert.period)
    });
    match book.alerts.get(&alert.id) {
        Some(fired) if likely <= rule.cost && fired.is_open(at) => resolve(fired, decision, at),
        Some(fired) if fired.limit == alert.limit => {}
        Some(_) | None if likely > rule.cost && !said => {
            alert.value = Some(likely);
            alert.detail = Some(Detail::Projected { low, high });
            fire(book, alert, decision);
        }
        Some(_) | None => {}
    }
}

/// Likely, low and high for the days of a rule: known where these are the billing cycle of every
/// tariff that it adds up.
fn to_come(
    book: &Book,
    rule: &AlertRule,
    days: (Date, Date),
    outlooks: &BTreeMap<&Name, Outlook>,
) -> Option<[Minor; 3]> {
    let mut sum = [Minor::ZERO; 3];
    let mut any = false;
    for (id, tariff) in &book.household.tariffs {
        let added = match (&rule.watched, rule.period) {
            (Watched::Bill(of), _) => of == id,
            (_, AlertPeriod::Month | AlertPeriod::Bill) => concerns(rule, tariff),
            (_, AlertPeriod::Day) => false,
        };
        if added {
            let of = outlooks.get(id).filter(|of| of.cycle == days)?;
            for (sum, more) in sum.iter_mut().zip([of.likely, of.low, of.high]) {
                *sum = sum.plus(more)?;
            }
            any = true;
        }
    }
    any.then_some(sum)
}

/// Warns of a dearer tier some days before it begins, and when it has begun.
fn tiers(
    book: &Book,
    (id, tariff): (&Name, &Tariff),
    outlook: Option<&Outlook>,
    decision: &mut Decision,
    at: UnixMs,
) {
    let billing = Billing::of(book);
    let Ok(now) = billing.price_now((id, tariff), at) else { return };
    let Ok(Some(days)) = tariff.supply(&book.home).counter_days(at) else { return };
    if days.1 < plus_days(days.0, TIER_DAYS_MIN) {
        return;
    }
    let Some(tier) = now.tier else { return };
    let alert = |kind, tier: usize| {
        let subject = format!("{id}-{tier}");
        let mut alert = Alert::new(kind, Severity::Warning, &subject, &period_name(days), at);
        alert.subject = Some(id.to_string());
        alert.utility = Some(tariff.utility.clone());
        alert.ends_at = Some(midnight(days.1, &book.home.zone));
        alert
    };
    let unit = tariff.plan.unit.clone();
    if tier > 1 {
        let mut crossed = alert(AlertKind::TierCrossed, tier);
        let warned = book.alerts.get(&alert(AlertKind::TierAhead, tier).id);
        if let Some(warned) = warned.filter(|warned| warned.is_open(at)) {
            resolve(warned, decision, at);
        }
        crossed.detail =
            Some(Detail::Tier { tier, left: None, unit: unit.clone(), price: now.price, on: None });
        fire(book, crossed, decision);
    }
    let today = at.in_zone(&book.home.zone).date();
    let last = at.plus_s(book.home.rules.tier_ahead_s).in_zone(&book.home.zone).date();
    let begins = outlook.and_then(|outlook| outlook.tier_ends_on);
    let Some(on) = begins.filter(|on| (today..=last).contains(on)) else { return };
    let Some((left, price)) = next_tier(book, (id, tariff), &now, at) else { return };
    let mut ahead = alert(AlertKind::TierAhead, tier + 1);
    let left = Some(left);
    ahead.detail = Some(Detail::Tier { tier: tier + 1, left, unit, price, on: Some(on) });
    fire(book, ahead, decision);
}

/// How much is left before the next tier, in units, and what a unit costs in it. `None` where it is
/// not dearer.
fn next_tier(
    book: &Book,
    (id, tariff): (&Name, &Tariff),
    now: &PriceNow,
    at: UnixMs,
) -> Option<(Decimal, Decimal)> {
    let billing = Billing::of(book);
    let left = now.left_in_tier?;
    let micro = left.checked_mul(Decimal::from(1_000_000))?.ceil();
    let micro = i64::try_from(micro.normalize().mantissa())
        .ok()
        .filter(|_| micro.normalize().scale() == 0)?;
    let reached = billing.reached((id, tariff), at).ok()?;
    let then: Vec<i64> = reached.into_iter().map(|of| of.saturating_add(micro)).collect();
    let then = tariff.supply(&book.home).price_at(at, &then, billing.spot(tariff)).ok()?;
    (then.price > now.price).then_some((left, then.price))
}
