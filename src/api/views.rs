//! What can be looked at.

use super::Api;
use super::control::{ApiError, ApiResult, PathParam, QueryParams};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::order;
use homepay_engine::state_views;
use homepay_protocols::native::bill::BillsView;
use homepay_protocols::native::encode::Encoder;
use homepay_protocols::native::states::{BridgeHealth, DeviceState, HomeState};
use homepay_protocols::views::alerts::{AlertDetails, AlertsView};
use homepay_protocols::views::approval::ApprovalView;
use homepay_protocols::views::journal::{EntryView, JournalView};
use homepay_protocols::views::limits::LimitsView;
use homepay_protocols::views::notify::NotifyView;
use homepay_protocols::views::orders::{ExplainView, OrderDetails, OrdersView};
use homepay_text::problem::{hint, shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many things a listing gives where nothing is asked.
const LISTED_DEFAULT: i64 = 50;

impl Api {
    pub(super) fn encoder(&self) -> Encoder<'_> {
        Encoder { base: &self.base, home: &self.home, phrases: &self.phrases }
    }
}

pub(super) async fn status(State(api): State<Api>) -> Json<HomeState> {
    let (view, now) = (api.view(), api.clock.now());
    let costs = api.views.costs(&view, view.book.time(now));
    Json(state_views::home_state(&view.book, &costs, now))
}

/// The hub's health, as it is published.
pub(super) async fn health(State(api): State<Api>) -> Json<BridgeHealth> {
    Json(api.vitals.health(&api.view().book, api.clock.now()))
}

/// The newest lines of the hub's log.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LogView {
    /// The last lines that were logged, oldest first.
    lines: Vec<String>,
}

pub(super) async fn log(State(api): State<Api>) -> Json<LogView> {
    Json(LogView { lines: (api.log_lines)() })
}

pub(super) async fn household(State(api): State<Api>) -> Json<Arc<Household>> {
    Json(api.view().book.household.clone())
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct OrdersQuery {
    /// Only orders of this state.
    state: Option<String>,
    /// How many at most.
    limit: Option<i64>,
}

pub(super) async fn orders(
    State(api): State<Api>,
    Query(asked): QueryParams<OrdersQuery>,
) -> ApiResult<OrdersView> {
    let limit = asked.limit.unwrap_or(LISTED_DEFAULT);
    let state = asked.state.as_deref().map(state_of).transpose()?;
    let orders = api.reader.orders(state, limit).await?;
    let encoder = api.encoder();
    Ok(Json(OrdersView { orders: orders.iter().map(|o| encoder.order_body(o)).collect() }))
}

fn state_of(text: &str) -> Result<order::State, ApiError> {
    let found = order::STATES.into_iter().find(|state| state.as_str() == text);
    found.ok_or_else(|| {
        let all = order::STATES.map(order::State::as_str);
        let (text, near) = (shown(text), hint(text, all));
        ApiError::malformed(format!(
            "\"{text}\" is not a state: write one of {}{near}",
            all.join(", ")
        ))
    })
}

pub(super) async fn order(State(api): State<Api>, Path(id): PathParam) -> ApiResult<OrderDetails> {
    Ok(Json(OrderDetails::of(&api.encoder(), &known_order(&api, &id).await?)))
}

async fn known_order(api: &Api, id: &str) -> Result<order::Order, ApiError> {
    let order = api.reader.order(id).await?;
    order.ok_or_else(|| ApiError::absent(format!("there is no order {id}")))
}

pub(super) async fn explain(State(api): State<Api>, Path(id): PathParam) -> ApiResult<ExplainView> {
    let order = known_order(&api, &id).await?;
    let checks = api.reader.looked(&id).await?;
    Ok(Json(ExplainView::of(&api.encoder(), &order, &checks)))
}

pub(super) async fn proof(State(api): State<Api>, Path(id): PathParam) -> ApiResult<ApprovalView> {
    let order = known_order(&api, &id).await?;
    let entry = api.reader.approval(order.id.as_str()).await?;
    let view = entry.and_then(|entry| ApprovalView::of(&api.home, &entry, order.id.as_str()));
    view.map(Json).ok_or_else(|| {
        ApiError::absent(format!("no owner approved order {id} at the console: there is no proof"))
    })
}

pub(super) async fn limits(State(api): State<Api>) -> Json<LimitsView> {
    Json(state_views::all_limits(&api.view().book, api.clock.now()))
}

pub(super) async fn device(State(api): State<Api>, Path(id): PathParam) -> ApiResult<DeviceState> {
    let name = Name::parse(&id).map_err(|e| ApiError::malformed(e.to_string()))?;
    let (view, now) = (api.view(), api.clock.now());
    let costs = api.views.costs(&view, view.book.time(now));
    let state = state_views::device_state(&view.book, &name, &costs, now);
    state.map(Json).ok_or_else(|| ApiError::absent(format!("there is no device {id}")))
}

pub(super) async fn alerts(State(api): State<Api>, headers: HeaderMap) -> Json<AlertsView> {
    let (view, encoder, lang) = (api.view(), api.encoder(), api.lang(&headers));
    let alerts = view.book.alerts.values().map(|alert| AlertDetails::of(&encoder, alert, lang));
    Json(AlertsView { alerts: alerts.collect() })
}

pub(super) async fn notify(State(api): State<Api>) -> Json<NotifyView> {
    Json(NotifyView::of(&api.encoder(), &api.view().book.notices))
}

pub(super) async fn bills(State(api): State<Api>) -> Json<BillsView> {
    Json(state_views::bills(&api.base, &api.phrases, &api.view().book))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct JournalQuery {
    /// How many at most.
    limit: Option<i64>,
}

pub(super) async fn journal(
    State(api): State<Api>,
    Query(asked): QueryParams<JournalQuery>,
) -> ApiResult<JournalView> {
    let entries = api.reader.journal_tail(asked.limit.unwrap_or(LISTED_DEFAULT)).await?;
    let entries = entries.iter().map(|entry| EntryView::of(&api.home, entry)).collect();
    Ok(Json(JournalView { entries }))
}
