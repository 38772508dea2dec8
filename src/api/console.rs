//! The console's listener: health, readiness, metrics, and the wallet's callbacks.

use super::hosts::{OwnNames, only_ours};
use super::openapi::{Health, Ready};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use homepay_domain::ids::OrderId;
use homepay_engine::wallet_schedule::WorkerMessage;
use homepay_ports::BooksClock;
use homepay_wallets::webhook;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The largest callback that is read, in bytes.
const CALLBACK_BYTES_MAX: usize = 64 * 1024;

/// What the console's listener looks at.
#[derive(Clone)]
pub struct Console {
    /// What is up: asked anew for each request.
    pub ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// The books' time, for the callbacks' signatures.
    pub clock: Arc<dyn BooksClock>,
    pub metrics: Option<PrometheusHandle>,
    pub hurry: mpsc::UnboundedSender<WorkerMessage>,
    /// The secret of the wallet's callbacks; none = they are not taken.
    pub callback_secret: Option<Arc<Vec<u8>>>,
    /// Under which names it may be asked.
    pub names: OwnNames,
}

/// What must be up for the hub to serve.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    /// The store answered lately.
    pub store: bool,
    /// The broker is connected.
    pub broker: bool,
    /// The queue has room.
    pub queue: bool,
}

pub fn router(console: Console) -> Router {
    Router::new()
        .route("/healthz", get(|| async { Json(Health { status: "ok".to_owned() }) }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/wallet/callback", post(callback))
        .layer(DefaultBodyLimit::max(CALLBACK_BYTES_MAX))
        .layer(from_fn_with_state(console.names.clone(), only_ours))
        .with_state(console)
}

async fn readyz(State(console): State<Console>) -> Response {
    let Readiness { store, broker, queue } = (console.ready)();
    let all = store && broker && queue;
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: all, store, broker, queue })).into_response()
}

async fn metrics(State(console): State<Console>) -> Response {
    let text = console.metrics.map(|m| m.render()).unwrap_or_default();
    ([("content-type", "text/plain; version=0.0.4")], text).into_response()
}

/// A callback is a hint: the wallet is asked how the payment stands. Twice the same one does no
/// harm, and a forged one is not listened to.
async fn callback(State(console): State<Console>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(secret) = &console.callback_secret else { return StatusCode::NOT_FOUND };
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned())))
        .collect();
    let now_s = console.clock.now().seconds();
    if webhook::verify(&headers, &body, &[secret.as_slice()], now_s).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(id) = said["data"]["id"].as_str() {
        // When the worker has ended the daemon is stopping, and asks anew at its next start.
        let _ = console.hurry.send(WorkerMessage::Expedite(OrderId::from_store(id)));
    }
    StatusCode::NO_CONTENT
}
