//! What alerts say: what is so, the figures that show it, and what to do.

use super::Phrases;
use super::amounts::spoken_amount;
use super::times::{spoken_date, spoken_period, spoken_time};
use crate::domain::alert::{Alert, AlertKind, AlertPeriod, Detail};
use crate::domain::household::{Home, Lang};
use crate::domain::limits::window::plus_days;
use crate::domain::meter::{Quantity, units};
use crate::domain::payable::PayHow;
use fluent_bundle::FluentArgs;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

impl Phrases {
    /// What an alert says.
    pub fn alert(&self, home: &Home, alert: &Alert, lang: Lang) -> String {
        let mut args = FluentArgs::new();
        let money = |amount| spoken_amount(home.currency, lang, amount);
        args.set("subject", self.subject(alert, lang));
        args.set("period", spoken_period(lang, &alert.period));
        args.set("band", alert.band.map_or(String::new(), |b| b.to_string()));
        args.set("value", alert.value.map_or(String::new(), money));
        args.set("limit", alert.limit.map_or(String::new(), money));
        args.set("day", self.day(home, alert, lang));
        args.set("payee", alert.payee_name.clone().unwrap_or_default());
        args.set("pay", alert.pay.map_or("", PayHow::as_str));
        if let Some(reason) = &alert.reason {
            args.set("why", self.why(home, lang, reason, alert.at));
            args.set("rule", reason.rule.as_ref().map_or(String::new(), ToString::to_string));
            args.set("ruled", if reason.rule.is_some() { "yes" } else { "no" });
        }
        match &alert.detail {
            None => {}
            Some(Detail::Projected { low, high }) => {
                args.set("low", money(*low));
                args.set("high", money(*high));
            }
            Some(Detail::Tier { tier, left, unit, price, on }) => {
                args.set("tier", tier.to_string());
                let left = left.map(|left| self.quantity(lang, left, unit));
                args.set("left", left.unwrap_or_default());
                args.set("unit", self.unit(lang, unit));
                args.set("price", home.currency.round(*price).map_or(String::new(), money));
                args.set("on", on.map_or(String::new(), |on| spoken_date(lang, on)));
            }
            Some(Detail::Used { micro, usual_micro, unit }) => {
                args.set("used", self.quantity(lang, units(*micro), unit));
                args.set("usual", self.quantity(lang, units(*usual_micro), unit));
            }
            Some(Detail::Since { at }) => {
                args.set("since", spoken_time(&home.zone, lang, *at, alert.said_at()));
            }
        }
        let said = self.put(lang, &phrase_of(alert), &args);
        if alert.repeated == 0 || alert.resolved_at.is_some() {
            return said;
        }
        self.plain(lang, "again") + &said
    }

    /// Whom or what it is about, as people call it.
    fn subject(&self, alert: &Alert, lang: Lang) -> String {
        let subject = alert.subject.as_deref().unwrap_or_default();
        if let Some(name) = &alert.device_name {
            return name.clone();
        }
        let utility = alert.utility.as_ref().map_or(subject, |utility| utility.as_str());
        let word = if alert.over == Some(AlertPeriod::Bill) { "bill" } else { "utility" };
        let id = format!("{word}-{utility}");
        if subject == "home" {
            self.plain(lang, "home")
        } else if self.has(lang, &id) {
            self.plain(lang, &id)
        } else {
            utility.to_owned()
        }
    }

    /// The day that it is about: yesterday, or its date.
    fn day(&self, home: &Home, alert: &Alert, lang: Lang) -> String {
        let today = alert.at.in_zone(&home.zone).date();
        match alert.period.parse::<Date>() {
            Ok(day) if day == plus_days(today, -1) => self.plain(lang, "yesterday"),
            Ok(day) => spoken_date(lang, day),
            Err(_) => String::new(),
        }
    }

    /// An amount of something used, with as many digits as people say.
    fn quantity(&self, lang: Lang, units: Decimal, unit: &str) -> String {
        let digits = if units.abs() < Decimal::ONE { 2 } else { 1 };
        let rounded = units.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
        format!("{} {}", rounded.normalize(), self.unit(lang, unit))
    }

    /// A unit, as people call it.
    fn unit(&self, lang: Lang, unit: &str) -> String {
        let power = unit == Quantity::Energy.unit();
        let id = if power { "unit-kwh" } else { "unit-m3" };
        self.plain(lang, id)
    }
}

/// The phrase of an alert.
fn phrase_of(alert: &Alert) -> String {
    let kind = alert.kind.as_str();
    if alert.resolved_at.is_some() && alert.kind.ends_by_itself() {
        format!("alert-{kind}-resolved")
    } else if alert.kind == AlertKind::CostBand && alert.over == Some(AlertPeriod::Bill) {
        format!("alert-{kind}-bill")
    } else {
        format!("alert-{kind}")
    }
}
