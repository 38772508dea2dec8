//! What was used, and what an owner puts right of it.

use super::Api;
use super::control::{Answer, Asked, Fault, Said, told_answer};
use crate::domain::bill::Billing;
use crate::domain::event::Wish;
use crate::domain::household::Household;
use crate::domain::ids::Name;
use crate::domain::limits::window::{midnight, plus_days};
use crate::domain::meter::{Quantity, units_text};
use crate::domain::time::UnixMs;
use crate::domain::usage::correction::Correction;
use crate::domain::usage::priced_quantity;
use axum::Json;
use axum::extract::{Query, State};
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct UsageAsked {
    first: jiff::civil::Date,
    next: jiff::civil::Date,
}

pub(super) async fn usage(State(api): State<Api>, Query(asked): Asked<UsageAsked>) -> Answer {
    let UsageAsked { first, next } = asked;
    let household = api.look(|book| book.household.clone()).await?;
    let since = Billing::counts_since((&api.home, &household), first);
    let zone = &api.home.zone;
    let usage = api.reader.usage(midnight(since, zone), midnight(next, zone)).await?;
    let billing = Billing { home: &api.home, household: &household, usage: &usage };
    let currency = api.home.currency;
    let mut told: Vec<Value> = Vec::new();
    for (device, quantity) in usage.counters() {
        for (day, micro, estimated) in usage.local_days(device, *quantity, zone, (first, next)) {
            let cost = billing.cost_of((device, *quantity), (day, plus_days(day, 1)));
            told.push(json!({
                "device": device, "quantity": quantity.as_str(), "day": day,
                "used": units_text(micro), "estimated": estimated,
                "cost_exact": cost.map(|c| c.normalize().to_string()),
                "cost": cost.and_then(|c| currency.round(c)).map(|c| currency.text(c)),
            }));
        }
    }
    Ok(Json(json!({ "usage": told, "currency": currency.code() })))
}

/// What an owner says was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Corrected {
    /// The device.
    pub device: String,
    /// Of what; none = what the device's tariff prices.
    pub quantity: Option<String>,
    /// Since when, local time.
    pub from: DateTime,
    /// Until when, local time.
    pub to: DateTime,
    /// How much, decimal text.
    pub used: String,
    /// Why.
    pub why: String,
}

/// Puts use right.
pub(super) async fn correct(State(api): State<Api>, Said(said): Said<Corrected>) -> Answer {
    let household = api.look(|book| book.household.clone()).await?;
    let correction = read(&api, &household, said).map_err(Fault::malformed)?;
    let (device, quantity) = (correction.device.clone(), correction.quantity);
    let span = (correction.from, correction.to);
    let usage = api.reader.usage(span.0, span.1).await?;
    let was = usage.between(&device, quantity, span).total();
    let used = correction.micro;
    let told = api.wish(Wish::CorrectUse(Box::new(correction))).await?;
    told_answer(&api, told).map(drop)?;
    Ok(Json(json!({
        "device": device, "quantity": quantity.as_str(), "unit": quantity.unit(),
        "was": units_text(was), "used": units_text(used),
    })))
}

fn read(api: &Api, household: &Household, said: Corrected) -> Result<Correction, String> {
    let device = Name::parse(&said.device).map_err(|e| e.to_string())?;
    let tariff = household.devices.get(&device).and_then(|of| of.tariff.as_ref());
    let priced = tariff.and_then(|id| household.tariffs.get(id)).map(priced_quantity);
    let quantity = match said.quantity.as_deref() {
        None => priced.unwrap_or(Quantity::Energy),
        Some(text) => Quantity::parse(text).ok_or_else(|| {
            format!("quantity {text}: write energy, energy_export, water, gas, heat or cooling")
        })?,
    };
    let bad = || format!("used {}: write a number of {}, such as 1.2", said.used, quantity.unit());
    let used = Decimal::from_str_exact(&said.used).map_err(|_| bad())?;
    let micro = quantity.micro(used, quantity.unit()).ok_or_else(bad)?;
    let instant = |local: DateTime| {
        let zoned = local.to_zoned(api.home.zone.clone());
        zoned.map(|at| UnixMs::from_zoned(&at)).map_err(|e| format!("{local}: {e}"))
    };
    let (from, to) = (instant(said.from)?, instant(said.to)?);
    Ok(Correction { device, quantity, from, to, micro, why: said.why })
}
