//! The admin listener: unsigned, for tests and the demo, on loopback only.

use super::book;
use super::call_context;
use super::calls;
use super::till::Till;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditBody {
    amount: String,
}

pub(super) fn routes(till: Arc<Till>) -> Router {
    Router::new()
        .route("/faults", post(arm).get(armed))
        .route("/ledger", get(ledger))
        .route("/credit", post(credit))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(till)
}

async fn arm(State(till): State<Arc<Till>>, body: Bytes) -> Response {
    match till.faults.arm(&body) {
        Ok(()) => said(StatusCode::OK, &till.faults.show()),
        Err(why) => refused(StatusCode::BAD_REQUEST, &why),
    }
}

async fn armed(State(till): State<Arc<Till>>) -> Response {
    said(StatusCode::OK, &till.faults.show())
}

async fn ledger(State(till): State<Arc<Till>>) -> Response {
    match call_context::ledger(&till).await {
        Ok(ledger) => said(StatusCode::OK, &ledger),
        Err(fault) => refused(StatusCode::INTERNAL_SERVER_ERROR, &format!("{fault:#}")),
    }
}

async fn credit(State(till): State<Arc<Till>>, body: Bytes) -> Response {
    let amount = serde_json::from_slice::<CreditBody>(&body)
        .map_err(|fault| fault.to_string())
        .and_then(|body| calls::positive(&body.amount, till.currency).map_err(|p| p.detail));
    let amount = match amount {
        Ok(amount) => amount,
        Err(why) => return refused(StatusCode::BAD_REQUEST, &why),
    };
    let credited = async {
        let mut tx = till.pool.begin_with("BEGIN IMMEDIATE").await?;
        book::credit(&mut tx, amount, till.clock.now()).await?;
        tx.commit().await?;
        anyhow::Ok(())
    };
    match credited.await {
        Ok(()) => said(StatusCode::OK, &json!({"credited": till.currency.text(amount)})),
        Err(fault) => refused(StatusCode::INTERNAL_SERVER_ERROR, &format!("{fault:#}")),
    }
}

fn said(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn refused(status: StatusCode, why: &str) -> Response {
    said(status, &json!({"status": status.as_u16(), "code": "refused", "detail": why}))
}
