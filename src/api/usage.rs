//! What was used, and what an owner puts right of it.

use super::Api;
use super::caller::Caller;
use super::control::{ApiError, ApiResult, JsonBody, QueryParams, told_answer};
use axum::Json;
use axum::extract::{Query, State};
use homepay_domain::bill::Billing;
use homepay_domain::decide::check_correction;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::meter::{Quantity, units_text};
use homepay_domain::tariff::SlotUse;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::correction::{Correction, Imported};
use homepay_domain::usage::{UsageBook, priced_quantity};
use homepay_protocols::views::usage::{CorrectionView, DayUseView, ImportView, UsageView};
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
pub(super) struct UsageQuery {
    /// The first local day.
    #[schemars(with = "String")]
    first: jiff::civil::Date,
    /// The local day after the last.
    #[schemars(with = "String")]
    next: jiff::civil::Date,
}

pub(super) async fn usage(
    State(api): State<Api>,
    Query(asked): QueryParams<UsageQuery>,
) -> ApiResult<UsageView> {
    let UsageQuery { first, next } = asked;
    let household = api.view().book.household.clone();
    let since = Billing::counts_since((&api.home, &household), first);
    let zone = &api.home.zone;
    let usage = api.reader.usage(midnight(since, zone), midnight(next, zone)).await?;
    let billing = Billing { home: &api.home, household: &household, usage: &usage };
    let currency = api.home.currency;
    let mut told = Vec::new();
    for (device, quantity) in usage.counters() {
        for (day, micro, estimated) in usage.local_days(device, *quantity, zone, (first, next)) {
            let cost = billing.cost_of((device, *quantity), (day, plus_days(day, 1)));
            told.push(DayUseView {
                device: device.to_string(),
                quantity: quantity.as_str().to_owned(),
                day: day.to_string(),
                used: units_text(micro),
                estimated,
                cost_exact: cost.map(|c| c.normalize().to_string()),
                cost: cost.and_then(|c| currency.round(c)).map(|c| currency.text(c)),
            });
        }
    }
    Ok(Json(UsageView { usage: told, currency: currency.code().to_owned() }))
}

/// What an owner says was used.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Corrected {
    pub device: String,
    /// Of what; none = what the device's tariff prices.
    pub quantity: Option<String>,
    /// Since when, local time.
    #[schemars(with = "String")]
    pub from: DateTime,
    /// Until when, local time.
    #[schemars(with = "String")]
    pub to: DateTime,
    /// How much, decimal text.
    pub used: String,
    pub why: String,
    /// Only says what it would change.
    #[serde(default)]
    pub dry_run: bool,
}

pub(super) async fn correct(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(said): JsonBody<Corrected>,
) -> ApiResult<CorrectionView> {
    let household = api.view().book.household.clone();
    let dry_run = said.dry_run;
    let correction = read(&api, &household, said).map_err(ApiError::malformed)?;
    let (device, quantity) = (correction.device.clone(), correction.quantity);
    let span = (correction.from, correction.to);
    let date = |at: UnixMs| at.in_zone(&api.home.zone).date();
    let days = (date(span.0), plus_days(date(span.1.plus_ms(-1)), 1));
    let since = Billing::counts_since((&api.home, &household), days.0);
    let zone = &api.home.zone;
    let mut usage = api.reader.usage(midnight(since, zone), midnight(days.1, zone)).await?;
    let was = usage.between(&device, quantity, span).total();
    let cost = |usage: &UsageBook| {
        let billing = Billing { home: &api.home, household: &household, usage };
        let exact = billing.cost_of((&device, quantity), days);
        exact.and_then(|exact| api.home.currency.round(exact)).map(|c| api.home.currency.text(c))
    };
    let (cost_was, used) = (cost(&usage), correction.micro);
    usage.add(&device, quantity, &correction.puts_right(&api.home, &household, &usage));
    let cost = cost(&usage);
    if dry_run {
        let now = api.clock.now();
        let checked = check_correction(&api.view().book, &correction, now);
        checked.map_err(|(code, why)| ApiError::decided(code, why))?;
    } else {
        let told = api.wish(actor, OwnerCommand::CorrectUse(Box::new(correction))).await?;
        told_answer(&api, told).map(drop)?;
    }
    Ok(Json(CorrectionView {
        device: device.to_string(),
        quantity: quantity.as_str().to_owned(),
        unit: quantity.unit().to_owned(),
        was: units_text(was),
        used: units_text(used),
        dry_run,
        cost_was,
        cost,
        currency: api.home.currency.code().to_owned(),
    }))
}

/// What a supplier's file says was used.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ImportBody {
    pub device: String,
    /// Of what; none = what the device's tariff prices.
    pub quantity: Option<String>,
    /// When how much, at most a month of quarters of an hour.
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    pub used: Vec<SlotUse>,
    pub file: String,
    /// True where it goes before what the device told itself.
    #[serde(default)]
    pub replace: bool,
}

/// Takes a supplier's file in.
pub(super) async fn import(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(said): JsonBody<ImportBody>,
) -> ApiResult<ImportView> {
    let household = api.view().book.household.clone();
    let device = Name::parse(&said.device).map_err(|e| ApiError::malformed(e.to_string()))?;
    let quantity = quantity_of(&household, &device, said.quantity.as_deref());
    let quantity = quantity.map_err(ApiError::malformed)?;
    let ImportBody { used, file, replace, .. } = said;
    let import = Imported { device, quantity, used, file, replace };
    let (first, next) = import.span();
    let usage = api.reader.usage(first, next).await?;
    let known = usage.between(&import.device, quantity, (first, next));
    let added = import.adds(&known);
    let knows = |of: &&SlotUse| {
        !known.between(of.slot.start(), of.slot.next().start()).is_empty() && !import.replace
    };
    let kept = import.used.iter().filter(knows).count();
    let sum = added.iter().fold(0_i64, |sum, of| sum.saturating_add(of.micro));
    let (device, told) = (import.device.clone(), import.used.len());
    let answer = api.wish(actor, OwnerCommand::ImportUse(Box::new(import))).await?;
    told_answer(&api, answer).map(drop)?;
    let zone = &api.home.zone;
    Ok(Json(ImportView {
        device: device.to_string(),
        quantity: quantity.as_str().to_owned(),
        unit: quantity.unit().to_owned(),
        from: first.rfc3339(zone),
        to: next.rfc3339(zone),
        added: units_text(sum),
        quarters: told,
        kept,
    }))
}

fn quantity_of(
    household: &Household,
    device: &Name,
    said: Option<&str>,
) -> Result<Quantity, String> {
    let tariff = household.devices.get(device).and_then(|of| of.tariff.as_ref());
    let priced = tariff.and_then(|id| household.tariffs.get(id)).map(priced_quantity);
    match said {
        None => Ok(priced.unwrap_or(Quantity::Energy)),
        Some(text) => Quantity::parse(text).ok_or_else(|| {
            format!("quantity {text}: write energy, energy_export, water, gas, heat or cooling")
        }),
    }
}

fn read(api: &Api, household: &Household, said: Corrected) -> Result<Correction, String> {
    let device = Name::parse(&said.device).map_err(|e| e.to_string())?;
    let quantity = quantity_of(household, &device, said.quantity.as_deref())?;
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
