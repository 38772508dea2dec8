//! The wallet as the owner sees it: does it answer, what is in it, does it agree with the journal.

use super::Api;
use super::control::{ApiError, ApiResult};
use axum::Json;
use axum::extract::State;
use homepay_domain::time::UnixMs;
use homepay_ports::{HttpRequest, HttpResponse, SendFault};
use serde_json::{Value, json};

impl Api {
    pub(super) async fn ask(
        &self,
        write: impl FnOnce(UnixMs, [u8; 16]) -> HttpRequest,
    ) -> (HttpRequest, Result<HttpResponse, SendFault>, UnixMs) {
        let now = self.clock.now();
        let request = write(now, (self.nonce)());
        let reply = self.wallet.send(request.clone()).await;
        (request, reply, now)
    }
}

pub(super) fn unclear(why: String) -> ApiError {
    ApiError::refused("wallet_unreachable", why)
}

pub(super) async fn status(State(api): State<Api>) -> ApiResult {
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.balance_request(now, nonce)).await;
    let balance = api.connector.balance(&request, reply, now);
    let open = &api.view().book.open;
    let doubtful = open.values().filter(|order| order.attempt.is_some()).count();
    let outbox = api.reader.outbox().await?;
    Ok(Json(json!({
        "reachable": balance.is_ok(), "why": balance.err(), "unsettled": doubtful,
        "open_orders": open.len(), "outbox": outbox,
    })))
}

pub(super) async fn balance(State(api): State<Api>) -> ApiResult {
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.balance_request(now, nonce)).await;
    let balance = api.connector.balance(&request, reply, now).map_err(unclear)?;
    let money = |amount| api.home.currency.text(amount);
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.sources_request(now, nonce)).await;
    let sources = api.connector.sources(&request, reply, now).map_err(unclear)?;
    let sources: Vec<Value> = sources
        .iter()
        .map(|s| json!({"id": s.id, "kind": s.kind, "available": money(s.available)}))
        .collect();
    Ok(Json(json!({
        "available": money(balance.available), "held": money(balance.held),
        "currency": api.home.currency.code(), "sources": sources,
    })))
}
