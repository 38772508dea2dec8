//! Listening to a broker for a while as a passing guest: no session, nothing acked, nothing said.

use super::mqtt::{LinkFault, LinkOptions};
use rumqttc::{AsyncClient, Event, NetworkOptions, Packet, QoS, SubscribeReasonCode};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The most topics that are kept; what comes on others then is passed over.
pub const TOPICS_MAX: usize = 20_000;

/// The longest payload that is kept, in bytes: a bridge's list of devices is long.
const PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long a connect may take, in seconds.
const CONNECT_WAIT_S: u64 = 5;

/// Requests that may wait for the library.
const PROBE_REQUESTS_LEN: usize = 16;

/// Why nothing could be heard.
#[derive(Debug, thiserror::Error)]
pub enum ListenFault {
    /// The options cannot work.
    #[error(transparent)]
    Options(#[from] LinkFault),
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Lost(String),
    /// The broker will not let us hear.
    #[error("the broker refuses to let this user listen to {0}")]
    Refused(String),
}

/// What is kept of a topic: of what was kept so far and what came then.
pub type Newer = fn(&str, Vec<u8>, Vec<u8>) -> Vec<u8>;

/// What was heard within a time, by topic; `newer` says what is kept where a topic speaks again.
///
/// # Errors
/// [`ListenFault`]
pub async fn listen(
    options: &LinkOptions,
    span: Duration,
    newer: Newer,
) -> Result<BTreeMap<String, Vec<u8>>, ListenFault> {
    let mut connect = options.to_rumqttc()?;
    connect.set_clean_session(true).set_manual_acks(false);
    let (client, mut eventloop) = AsyncClient::new(connect, PROBE_REQUESTS_LEN);
    let mut network = NetworkOptions::new();
    network.set_connection_timeout(CONNECT_WAIT_S);
    eventloop.set_network_options(network);
    for filter in &options.subscriptions {
        let asked = client.subscribe(filter, QoS::AtMostOnce).await;
        asked.map_err(|e| ListenFault::Lost(e.to_string()))?;
    }
    let until = Instant::now() + span;
    let mut heard: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    while let Ok(event) = timeout_at(until, eventloop.poll()).await {
        match event.map_err(|e| ListenFault::Lost(e.to_string()))? {
            Event::Incoming(Packet::Publish(publish)) => {
                let room = heard.len() < TOPICS_MAX || heard.contains_key(&publish.topic);
                if room && publish.payload.len() <= PAYLOAD_BYTES_MAX {
                    let came = publish.payload.to_vec();
                    let kept = match heard.remove(&publish.topic) {
                        Some(before) => newer(&publish.topic, before, came),
                        None => came,
                    };
                    heard.insert(publish.topic, kept);
                }
            }
            Event::Incoming(Packet::SubAck(answer)) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    return Err(ListenFault::Refused(options.subscriptions.join(", ")));
                }
            }
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }
    let _ = client.try_disconnect();
    // The goodbye leaves with one more turn of the loop, if the broker is still there.
    let _ = tokio::time::timeout(Duration::from_millis(200), eventloop.poll()).await;
    Ok(heard)
}
