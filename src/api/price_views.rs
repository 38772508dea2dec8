//! Market prices as they are known, for the command line.

use super::Api;
use super::control::{ApiError, ApiResult, PathParam, QueryParams};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use homepay_domain::bill::Billing;
use homepay_domain::book::Book;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::midnight;
use homepay_domain::tariff::{SLOT_MIN, Slot, Tariff};
use homepay_domain::time::UnixMs;
use homepay_engine::before_run;
use homepay_protocols::views::prices::{PriceListView, PricesView, SlotPriceView};
use homepay_protocols::views::run_cost::RunCostView;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
pub(super) struct RunQuery {
    /// When it begins, unix milliseconds; now where it is not said.
    at_ms: Option<i64>,
}

/// What a run of a device costs.
pub(super) async fn run(
    State(api): State<Api>,
    Path(id): PathParam,
    Query(asked): QueryParams<RunQuery>,
    headers: HeaderMap,
) -> ApiResult<RunCostView> {
    let name = Name::parse(&id).map_err(|e| ApiError::malformed(e.to_string()))?;
    let view = api.view();
    let at = asked.at_ms.map_or_else(|| view.book.time(api.clock.now()), UnixMs);
    let lang = api.lang(&headers);
    let told = before_run::run_answer(&view.book, &api.phrases, lang, &name, at);
    told.map(Json).map_err(|why| ApiError::refused(why.code().as_str(), why.to_string()))
}

/// Every list from today's midnight on, with what a unit costs by it.
pub(super) async fn prices(State(api): State<Api>) -> ApiResult<PricesView> {
    let lists = lists(&api.view().book, api.clock.now());
    Ok(Json(PricesView { lists }))
}

fn lists(book: &Book, now: UnixMs) -> Vec<PriceListView> {
    let sources = book.household.spot_prices.keys();
    sources.map(|source| list(book, source, book.time(now))).collect()
}

fn list(book: &Book, source: &Name, at: UnixMs) -> PriceListView {
    let zone = &book.home.zone;
    let mut users = book.household.tariffs.iter();
    let user = users.find(|(_, tariff)| tariff.spot_source() == Some(source.as_str()));
    let step = user.map_or(SLOT_MIN, |(_, tariff)| minutes(tariff));
    let slots = i64::from((step / SLOT_MIN).max(1));
    let today = Slot::of(midnight(at.in_zone(zone).date(), zone));
    let known = book.usage.spot(source.as_str());
    let last = known.and_then(|known| known.last());
    let mut slot = Slot(today.0.div_euclid(slots) * slots);
    let mut told = Vec::new();
    while last.is_some_and(|last| slot <= last) {
        let start = slot.start();
        let price = known.and_then(|known| known.price(slot, step));
        let unit = user.and_then(|(id, tariff)| {
            Billing::of(book).price_now((id, tariff), start).ok().map(|now| now.price)
        });
        told.push(SlotPriceView {
            start: start.rfc3339(zone),
            price: price.map(|price| price.to_string()),
            unit_price: unit.map(|price| price.to_string()),
            now: Slot::of(at) >= slot && Slot::of(at) < slot.plus(slots),
        });
        slot = slot.plus(slots);
    }
    PriceListView {
        id: source.to_string(),
        tariff: user.map(|(id, _)| id.to_string()),
        minutes: step,
        currency: book.home.currency.code().to_owned(),
        known_until: last.map(|last| last.next().start().rfc3339(zone)),
        prices: told,
    }
}

/// How long a price of a tariff holds, in minutes.
fn minutes(tariff: &Tariff) -> u16 {
    let mut rules = tariff.plan.versions.iter().rev().filter_map(|version| version.spot.as_ref());
    rules.next().map_or(SLOT_MIN, |rule| rule.minutes)
}
