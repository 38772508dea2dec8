//! What can be looked at.

use super::Api;
use super::control::{ApiError, ApiResult, PathParam, QueryParams};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use homepay_domain::actor::Actor;
use homepay_domain::book::Book;
use homepay_domain::decision::RuleCheck;
use homepay_domain::ids::Name;
use homepay_domain::order;
use homepay_domain::time::UnixMs;
use homepay_engine::state_views;
use homepay_files::household::form_of_limit;
use homepay_protocols::native::encode::Encoder;
use homepay_text::problem::{hint, shown};
use serde::Deserialize;
use serde_json::{Value, json};

/// How many things a listing gives where nothing is asked.
const LISTED_DEFAULT: i64 = 50;

impl Api {
    pub(super) fn encoder(&self) -> Encoder<'_> {
        Encoder { base: &self.base, home: &self.home, phrases: &self.phrases }
    }
}

pub(super) async fn status(State(api): State<Api>) -> ApiResult {
    let now = api.clock.now();
    let view = api.view();
    let costs = api.views.costs(&view, view.book.time(now));
    Ok(Json(state_views::home_state(&view.book, &costs, now)))
}

/// The hub's health, as it is published.
pub(super) async fn health(State(api): State<Api>) -> ApiResult {
    Ok(Json(json!(api.vitals.health(&api.view().book, api.clock.now()))))
}

pub(super) async fn log(State(api): State<Api>) -> Json<Value> {
    Json(json!({ "lines": (api.log_lines)() }))
}

pub(super) async fn household(State(api): State<Api>) -> ApiResult {
    let household = api.view().book.household.clone();
    Ok(Json(json!(household)))
}

#[derive(Deserialize)]
pub(super) struct OrdersQuery {
    state: Option<String>,
    limit: Option<i64>,
}

pub(super) async fn orders(
    State(api): State<Api>,
    Query(asked): QueryParams<OrdersQuery>,
) -> ApiResult {
    let limit = asked.limit.unwrap_or(LISTED_DEFAULT);
    let state = asked.state.as_deref().map(state_of).transpose()?;
    let orders = api.reader.orders(state, limit).await?;
    let encoder = api.encoder();
    let told: Vec<Value> = orders.iter().map(|o| json!(encoder.order_body(o))).collect();
    Ok(Json(json!({ "orders": told })))
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

pub(super) async fn order(State(api): State<Api>, Path(id): PathParam) -> ApiResult {
    let order = api.reader.order(&id).await?;
    let order = order.ok_or_else(|| ApiError::absent(format!("there is no order {id}")))?;
    let encoder = api.encoder();
    let mut told = json!(encoder.order_body(&order));
    told["holds"] = order
        .holds
        .iter()
        .map(|h| {
            json!({
                "limit": h.limit, "version": h.version, "window": h.window,
                "held": encoder.money(h.held), "spent": encoder.money(h.spent),
            })
        })
        .collect();
    told["deadline"] = json!(order.due.map(|due| encoder.time(due)));
    told["at_the_wallet"] = json!(order.attempt.as_ref().map(|a| {
        json!({"goal": a.goal, "asked": a.sent, "tries": a.tries, "next": encoder.time(a.due)})
    }));
    Ok(Json(told))
}

pub(super) async fn explain(State(api): State<Api>, Path(id): PathParam) -> ApiResult {
    let order = api.reader.order(&id).await?;
    let order = order.ok_or_else(|| ApiError::absent(format!("there is no order {id}")))?;
    let looked = api.reader.looked(&id).await?;
    let encoder = api.encoder();
    let rules: Vec<Value> = looked.iter().map(|l| looked_told(&encoder, l)).collect();
    let failed = looked
        .iter()
        .find(|l| !["pass", "confirm", "approve"].contains(&&*l.verdict))
        .map(|l| looked_told(&encoder, l));
    Ok(Json(json!({
        "order_id": id, "state": order.state, "amount": encoder.money(order.amount),
        "currency": api.home.currency.code(),
        "reason": order.reason.as_ref().map(|r| encoder.reason(r)),
        "rules": rules, "failed": failed,
    })))
}

/// A rule that was looked at; where it counts orders, its figures are numbers of orders.
fn looked_told(encoder: &Encoder<'_>, looked: &RuleCheck) -> Value {
    let mut told = json!({
        "check": looked.check, "rule": looked.rule, "window": looked.window,
        "asked": looked.asked.map(|m| encoder.money(m)),
        "cap": looked.cap.map(|m| encoder.money(m)),
        "used": looked.used.map(|m| encoder.money(m)),
        "held": looked.held.map(|m| encoder.money(m)),
        "left": looked.left.map(|m| encoder.money(m)),
        "resets_at": looked.resets_at.map(|t| encoder.time(t)), "verdict": looked.verdict,
    });
    if let Some((used, most)) = looked.orders {
        let left = most.saturating_sub(used).to_string();
        let orders = [("asked", "1".to_owned()), ("cap", most.to_string()), ("left", left)];
        for (field, number) in orders.into_iter().chain([("used", used.to_string())]) {
            told[field] = json!(number);
        }
        told["held"] = Value::Null;
    }
    told
}

/// What of a limit has a column of its own; the rest is its rules.
const SHOWN_APART: [&str; 6] = ["id", "scope", "period", "rolling", "amount", "max_count"];

pub(super) async fn limits(State(api): State<Api>) -> ApiResult {
    let now = api.clock.now();
    let book = &api.view().book;
    let shown = |limit| {
        let mut told = state_views::limit_state(book, limit, now);
        told["scope"] = json!(limit.scope);
        told["confirm_above"] = json!(limit.confirm_above.map(|m| money(book, m)));
        told["approve_above"] = json!(limit.approve_above.map(|m| money(book, m)));
        let form = json!(form_of_limit(limit, &book.home));
        let rules = form.as_object().into_iter().flatten();
        let rules = rules.filter(|(key, _)| !SHOWN_APART.contains(&key.as_str()));
        told["rules"] = rules.map(|(k, v)| (k.clone(), v.clone())).collect::<Value>();
        told
    };
    let limits: Vec<Value> = book.household.limits.values().map(shown).collect();
    Ok(Json(json!({ "limits": limits })))
}

fn money(book: &Book, amount: homepay_domain::money::Minor) -> String {
    book.home.currency.text(amount)
}

pub(super) async fn device(State(api): State<Api>, Path(id): PathParam) -> ApiResult {
    let name = Name::parse(&id).map_err(|e| ApiError::malformed(e.to_string()))?;
    let now = api.clock.now();
    let view = api.view();
    let costs = api.views.costs(&view, view.book.time(now));
    let state = state_views::device_state(&view.book, &name, &costs, now);
    state.map(Json).ok_or_else(|| ApiError::absent(format!("there is no device {id}")))
}

pub(super) async fn alerts(State(api): State<Api>, headers: HeaderMap) -> ApiResult {
    let view = api.view();
    let (encoder, lang) = (api.encoder(), api.lang(&headers));
    let alerts = view.book.alerts.values();
    let told: Vec<Value> = alerts
        .map(|alert| {
            let mut told = json!(encoder.alert_body(alert, lang));
            told["acked_at"] = json!(alert.acked_at.map(|t| encoder.time(t)));
            told["snoozed_until"] = json!(alert.snoozed_until.map(|t| encoder.time(t)));
            told
        })
        .collect();
    Ok(Json(json!({ "alerts": told })))
}

pub(super) async fn bills(State(api): State<Api>) -> ApiResult {
    Ok(Json(state_views::bills(&api.base, &api.phrases, &api.view().book)))
}

#[derive(Deserialize)]
pub(super) struct JournalQuery {
    limit: Option<i64>,
}

pub(super) async fn journal(
    State(api): State<Api>,
    Query(asked): QueryParams<JournalQuery>,
) -> ApiResult {
    let entries = api.reader.journal_tail(asked.limit.unwrap_or(LISTED_DEFAULT)).await?;
    let encoder = api.encoder();
    let told: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let body: Value = serde_json::from_str(&entry.body).unwrap_or(Value::Null);
            let changes = body.as_array().into_iter().flatten();
            let (acted, changes): (Vec<&Value>, Vec<&Value>) =
                changes.partition(|change| change["change"] == "acted");
            let actor = acted.first().map(|acted| acted["actor"].clone());
            json!({
                "seq": entry.seq, "at": encoder.time(UnixMs(entry.at_ms)), "kind": entry.kind,
                "actor": actor.unwrap_or_else(|| json!(Actor::System)),
                "changes": changes, "hash": entry.hash,
            })
        })
        .collect();
    Ok(Json(json!({ "entries": told })))
}
