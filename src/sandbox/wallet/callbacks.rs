//! Callbacks by Standard Webhooks, as good as it gets: a few tries, then given up. A receiver that
//! misses one asks; the book is what counts.

use super::faults::FaultKind;
use super::till::Till;
use homepay_domain::time::UnixMs;
use homepay_wallets::webhook;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Waits before each try.
const TRIES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// How long the receiver has.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Callbacks that may wait; more are dropped.
const QUEUE_LEN_MAX: usize = 1024;

/// A payment that changed.
#[derive(Clone, Debug)]
pub(super) struct CallbackEvent {
    pub event: &'static str,
    pub payment: Value,
    pub at: UnixMs,
}

/// The way to the callback task.
pub(super) struct Callbacks {
    queue: mpsc::Sender<CallbackEvent>,
}

impl Callbacks {
    /// The two ends of the queue.
    pub fn new() -> (Callbacks, mpsc::Receiver<CallbackEvent>) {
        let (queue, events) = mpsc::channel(QUEUE_LEN_MAX);
        (Callbacks { queue }, events)
    }

    /// Hands an event on; a full queue drops it.
    pub fn tell(&self, event: CallbackEvent) {
        if self.queue.try_send(event).is_err() {
            tracing::warn!("a callback is dropped: too many wait");
        }
    }
}

/// Sends what comes, one after another, until told to stop.
pub(super) async fn send_all(
    till: Arc<Till>,
    mut events: mpsc::Receiver<CallbackEvent>,
    target: (String, Vec<u8>),
    client: reqwest::Client,
    stop: CancellationToken,
) {
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.recv() => event,
        };
        let Some(event) = event else { return };
        let id = format!("evt_{}", uuid::Uuid::now_v7().simple());
        let times = if till.faults.strikes(FaultKind::DuplicateCallback) { 2 } else { 1 };
        for _ in 0..times {
            let sent = tokio::select! {
                () = stop.cancelled() => return,
                sent = deliver(&till, &client, &target, &id, &event) => sent,
            };
            if !sent {
                tracing::warn!(id, "webhook dropped: every attempt to deliver it failed");
            }
        }
    }
}

async fn deliver(
    till: &Till,
    client: &reqwest::Client,
    (url, secret): &(String, Vec<u8>),
    id: &str,
    event: &CallbackEvent,
) -> bool {
    let at = super::instant(event.at.0);
    let body = json!({"type": event.event, "timestamp": at, "data": event.payment}).to_string();
    for wait in TRIES {
        tokio::time::sleep(wait).await;
        let now_s = till.clock.now().seconds();
        let Ok(headers) = webhook::sign(id, now_s, body.as_bytes(), secret) else {
            return false;
        };
        let mut request = client
            .post(url)
            .header("content-type", "application/json")
            .timeout(TIMEOUT)
            .body(body.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => return true,
            // 410: the receiver wants no more of these.
            Ok(answer) if answer.status().as_u16() == 410 => return false,
            Ok(_) | Err(_) => {}
        }
    }
    false
}
