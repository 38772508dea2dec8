//! What alerts say: what is so, the figures that show it, and what to do.

use super::Phrases;
use super::amounts::spoken_amount;
use super::times::{spoken_date, spoken_period, spoken_time};
use crate::speech::han_text;
use fluent_bundle::FluentArgs;
use homepay_domain::alert::{Alert, AlertKind, AlertPeriod, Detail};
use homepay_domain::household::{Home, Lang};
use homepay_domain::limits::window::plus_days;
use homepay_domain::meter::{Quantity, units};
use homepay_domain::payable::PayHow;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

impl Phrases {
    /// What an alert says.
    pub fn alert(&self, home: &Home, alert: &Alert, lang: Lang) -> String {
        let mut args = FluentArgs::new();
        let money = |amount| spoken_amount(home.currency, lang, amount);
        args.set("subject", self.subject(alert, lang));
        args.set("period", spoken_period(lang, &alert.period));
        args.set("band", alert.band.map_or(String::new(), |band| percent(lang, band)));
        args.set("value", alert.value.map_or(String::new(), money));
        args.set("limit", alert.limit.map_or(String::new(), money));
        args.set("day", self.day(home, alert, lang));
        let payee = alert.payee_name.as_ref().map_or("", |name| name.of(lang));
        args.set("payee", payee);
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
                let han = han_text(u64::try_from(*tier).unwrap_or_default());
                let tier = han.filter(|_| lang == Lang::ZhCn).unwrap_or_else(|| tier.to_string());
                args.set("tier", tier);
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
            Some(Detail::Held { micro, unit, .. }) => {
                args.set("held", self.quantity(lang, units(*micro), unit));
            }
            Some(Detail::Never { since, .. }) => {
                args.set("since", spoken_time(&home.zone, lang, *since, alert.said_at()));
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

    /// What to do about an alert on a screen, with ids and commands; none where the words say all.
    pub fn alert_to_do(&self, alert: &Alert, lang: Lang) -> Option<String> {
        let mut id = format!("{}-do", phrase_of(alert));
        if alert.pay.is_some_and(|pay| pay != PayHow::Manual) && alert.reason.is_none() {
            return None;
        }
        let rule = alert.reason.as_ref().and_then(|reason| reason.rule.as_ref());
        if rule.is_some() && self.has(lang, &format!("{id}-rule")) {
            id.push_str("-rule");
        }
        if !self.has(lang, &id) {
            return None;
        }
        let mut args = FluentArgs::new();
        args.set("subject", alert.subject.clone().unwrap_or_default());
        args.set("device", alert.device.as_ref().map_or(String::new(), ToString::to_string));
        args.set("rule", rule.map_or(String::new(), ToString::to_string));
        if let Some(Detail::Held { unit, per_hour_micro, .. }) = &alert.detail {
            let watts = (unit == Quantity::Energy.unit()).then_some(per_hour_micro / 1_000);
            args.set("watts", watts.map_or("none".to_owned(), |watts| watts.to_string()));
        }
        Some(self.put(lang, &id, &args))
    }

    /// Whom or what it is about, as people call it.
    fn subject(&self, alert: &Alert, lang: Lang) -> String {
        let subject = alert.subject.as_deref().unwrap_or_default();
        if let Some(name) = &alert.device_name {
            return name.of(lang).to_owned();
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

/// A share as it is read aloud: 百分之八十, "80 percent".
fn percent(lang: Lang, band: u16) -> String {
    match lang {
        Lang::ZhCn => format!("百分之{}", han_text(u64::from(band)).unwrap_or_default()),
        Lang::En => format!("{band} percent"),
    }
}

/// The phrase of an alert.
fn phrase_of(alert: &Alert) -> String {
    let kind = alert.kind.as_str();
    if alert.resolved_at.is_some() && alert.kind.ends_by_itself() {
        let dropped = matches!(alert.detail, Some(Detail::Held { dropped: true, .. }));
        format!("alert-{kind}-{}", if dropped { "dropped" } else { "resolved" })
    } else if let Some(Detail::Never { heard, .. }) = alert.detail {
        format!("alert-{kind}-{}", if heard { "never-read" } else { "never-heard" })
    } else if alert.kind == AlertKind::CostBand && alert.over == Some(AlertPeriod::Bill) {
        format!("alert-{kind}-bill")
    } else {
        format!("alert-{kind}")
    }
}
