//! Callbacks: signed by Standard Webhooks, tried again, and sent twice when told to.

use super::*;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use homepay_wallets::webhook;
use tokio::sync::mpsc;

const SECRET: [u8; 32] = [7; 32];

type ReceivedCallback = (String, Value);
type Ear = (mpsc::UnboundedSender<ReceivedCallback>, std::sync::Arc<std::sync::atomic::AtomicU32>);

async fn hear((ear, refusals): Ear, headers: HeaderMap, body: axum::body::Bytes) -> StatusCode {
    use std::sync::atomic::Ordering;
    let left = refusals.load(Ordering::SeqCst);
    if left > 0 {
        refusals.store(left - 1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
        .collect();
    let id = webhook::verify(&headers, &body, &[&SECRET], now().seconds()).expect("signed");
    ear.send((id, serde_json::from_slice(&body).expect("JSON"))).expect("the test listens");
    StatusCode::NO_CONTENT
}

#[tokio::test]
async fn changes_are_told_and_a_duplicate_carries_the_same_id() {
    let (ear, mut heard) = mpsc::unbounded_channel();
    let state: Ear = (ear, std::sync::Arc::new(1.into()));
    let routes = axum::Router::new()
        .route(
            "/hook",
            axum::routing::post(|State(ear): State<Ear>, headers, body| hear(ear, headers, body)),
        )
        .with_state(state);
    let listener = tokio::net::TcpListener::bind(loopback()).await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
    let receiver = tokio::spawn(async move { axum::serve(listener, routes).await });
    let bench = Bench::with(|options| options.callback = Some((url, SECRET.to_vec()))).await;

    bench.ask(&authorize("order-0001", 100, false)).await;
    let (_, first) = next(&mut heard).await;
    assert_eq!(first["type"], "payment.authorized");
    assert_eq!(first["data"]["id"], "order-0001");

    bench.arm(json!({"kind": "duplicate_callback", "times": 1})).await;
    bench.ask(&capture("order-0001", 100)).await;
    let (id, captured) = next(&mut heard).await;
    assert_eq!(captured["type"], "payment.captured");
    assert_eq!(next(&mut heard).await, (id, captured));

    bench.ask(&refund("order-0001", 1, 50)).await;
    assert_eq!(next(&mut heard).await.1["data"]["refunded"], "0.50");
    bench.ask(&refund("order-0001", 1, 50)).await;
    assert!(heard.try_recv().is_err(), "a repetition changes nothing and tells nothing");
    bench.close().await;
    receiver.abort();
}

async fn next(heard: &mut mpsc::UnboundedReceiver<ReceivedCallback>) -> ReceivedCallback {
    let waited = tokio::time::timeout(Duration::from_secs(5), heard.recv()).await;
    waited.expect("a callback comes in time").expect("the receiver lives")
}
