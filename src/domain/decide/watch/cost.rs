//! What use has cost so far, against the owner's rules.

use super::{about, fire, resolve};
use crate::alert::{Alert, AlertKind, AlertRule, Severity, Watched, bands_reached, period_name};
use crate::bill::Billing;
use crate::book::Book;
use crate::decision::Decision;
use crate::household::DeviceKind;
use crate::ids::Name;
use crate::limits::window::{midnight, plus_days};
use crate::money::Minor;
use crate::tariff::Tariff;
use crate::time::UnixMs;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// From which band on a warning is critical where its rule does not say, in per cent.
const CRITICAL_BAND: u16 = 100;

/// Warns of every band that is reached and was not warned of in this period.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    let tomorrow = plus_days(at.in_zone(&book.home.zone).date(), 1);
    let mut costs =
        CostCache { billing: Billing::of(book), bills: BTreeMap::new(), shares: BTreeMap::new() };
    for rule in &book.household.alerts {
        let Some((first, next)) = rule.days(book, at) else { continue };
        let days = (first, next.min(tomorrow));
        let Some(value) = costs.of(rule, days).and_then(|cost| book.home.currency.round(cost))
        else {
            continue;
        };
        for band in bands_reached(&rule.bands, value, rule.cost) {
            let usual = if band >= CRITICAL_BAND { Severity::Critical } else { Severity::Warning };
            let mut alert =
                of_rule(book, rule, (AlertKind::CostBand, Some(band)), (first, next), at);
            alert.severity = rule.severity.unwrap_or(usual);
            alert.value = Some(value);
            fire(book, alert, decision);
        }
        no_longer_reached(book, rule, (value, (first, next)), decision, at);
    }
}

/// Ends the alerts of bands that were reached before the rule's amount was raised, and are not now.
fn no_longer_reached(
    book: &Book,
    rule: &AlertRule,
    (value, days): (Minor, DatePair),
    decision: &mut Decision,
    at: UnixMs,
) {
    let (subject, device) = rule.subject();
    let period = period_name(days);
    let of_rule = |alert: &&Alert| {
        alert.kind == AlertKind::CostBand
            && alert.over == Some(rule.period)
            && alert.subject.as_ref() == Some(&subject)
            && alert.device == device
            && alert.period == period
    };
    for alert in book.alerts.values().filter(of_rule).filter(|alert| alert.is_open(at)) {
        let reached =
            alert.band.is_none_or(|band| !bands_reached(&[band], value, rule.cost).is_empty());
        if alert.limit != Some(rule.cost) && !reached {
            resolve(alert, decision, at);
        }
    }
}

/// An alert of a rule's, for a period of days.
pub fn of_rule(
    book: &Book,
    rule: &AlertRule,
    (kind, band): (AlertKind, Option<u16>),
    (first, next): (Date, Date),
    at: UnixMs,
) -> Alert {
    let (subject, device) = rule.subject();
    let name = band.map_or_else(|| subject.clone(), |band| format!("{subject}-{band}"));
    let severity = rule.severity.unwrap_or(Severity::Warning);
    let mut alert = Alert::new(kind, severity, &name, &period_name((first, next)), at);
    about(book, &mut alert, device);
    alert.subject = Some(subject);
    if let Watched::Bill(tariff) = &rule.watched {
        alert.utility = book.household.tariffs.get(tariff).map(|tariff| tariff.utility.clone());
    }
    alert.over = Some(rule.period);
    alert.band = band;
    alert.limit = Some(rule.cost);
    alert.ends_at = Some(midnight(next, &book.home.zone));
    alert
}

type DatePair = (Date, Date);

/// What was computed in this look: several rules watch the same days.
struct CostCache<'a> {
    billing: Billing<'a>,
    bills: BTreeMap<(Name, DatePair), Option<Decimal>>,
    shares: BTreeMap<(Name, bool, DatePair), Option<BTreeMap<Name, Decimal>>>,
}

impl CostCache<'_> {
    /// The exact cost that a rule watches. `None` while a price is missing.
    fn of(&mut self, rule: &AlertRule, days: DatePair) -> Option<Decimal> {
        let tariffs = &self.billing.household.tariffs;
        match &rule.watched {
            Watched::Device(device) => self.device(device, days),
            Watched::Bill(id) => self.bill((id, tariffs.get(id)?), days),
            Watched::Category(_) | Watched::Home => {
                let mut sum = Decimal::ZERO;
                for (id, tariff) in tariffs.iter().filter(|(_, tariff)| concerns(rule, tariff)) {
                    sum = sum.checked_add(self.bill((id, tariff), days)?)?;
                }
                Some(sum)
            }
        }
    }

    fn bill(&mut self, (id, tariff): (&Name, &Tariff), days: DatePair) -> Option<Decimal> {
        let billing = self.billing;
        let known = self.bills.entry((id.clone(), days));
        *known.or_insert_with(|| billing.bill((id, tariff), days).ok().map(|bill| bill.exact))
    }

    fn device(&mut self, device: &Name, days: DatePair) -> Option<Decimal> {
        let billing = self.billing;
        let of = billing.household.devices.get(device)?;
        let (id, tariff) = billing.household.tariffs.get_key_value(of.tariff.as_ref()?)?;
        if tariff.supply(billing.home).is_additive() {
            return billing.device_cost(device, days);
        }
        let key = (id.clone(), of.kind == DeviceKind::Meter, days);
        let shares = self.shares.entry(key).or_insert_with(|| {
            let shares = billing.shares((id, tariff), of.kind, days).ok()?;
            Some(shares.devices.into_iter().map(|(id, share)| (id, share.exact)).collect())
        });
        shares.as_ref()?.get(device).copied()
    }
}

/// True for tariffs whose bills a rule of the home's or of a category's adds up.
pub fn concerns(rule: &AlertRule, tariff: &Tariff) -> bool {
    match &rule.watched {
        Watched::Home => true,
        Watched::Category(category) => tariff.utility == *category,
        Watched::Device(_) | Watched::Bill(_) => false,
    }
}
