//! Simulated speakers and appliances: real MQTT over TCP, real signatures.

use anyhow::{Context, bail};
use futures_util::FutureExt;
use homepay_ports::MESSAGE_BYTES_MAX;
use homepay_protocols::native::envelope::Envelope;
use rumqttc::{AsyncClient, Event, MqttOptions, NetworkOptions, Packet, QoS};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// How long a device waits for an answer, in seconds.
const ANSWER_WAIT_S: u64 = 15;

/// How many messages wait unread at a device.
const INBOX_LEN_MAX: usize = 20_000;

/// How many messages wait to be sent by a device.
const OUTBOX_LEN_MAX: usize = 1_000;

/// A device's connection to a broker.
pub struct DeviceClient {
    client: AsyncClient,
    inbox: mpsc::Receiver<(String, Vec<u8>)>,
    poll: JoinHandle<()>,
}

impl DeviceClient {
    /// Connects under a user and subscribes.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn open(
        broker: SocketAddr,
        (user, password): (&str, &str),
        filters: &[String],
    ) -> anyhow::Result<DeviceClient> {
        let id = format!("{user}-{:08x}", rand::random::<u32>());
        let mut options = MqttOptions::new(id, broker.ip().to_string(), broker.port());
        options.set_credentials(user, password);
        options.set_keep_alive(Duration::from_secs(30));
        options.set_max_packet_size(4 * MESSAGE_BYTES_MAX, 4 * MESSAGE_BYTES_MAX);
        let (client, mut events) = AsyncClient::new(options, OUTBOX_LEN_MAX);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        for filter in filters {
            client.subscribe(filter, QoS::AtLeastOnce).await?;
        }
        let (put, inbox) = mpsc::channel(INBOX_LEN_MAX);
        let (ready, mut is_ready) = mpsc::channel(filters.len().max(1));
        let wanted = filters.len();
        let poll = async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) if wanted == 0 => {
                        let _ = ready.try_send(());
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        let _ = ready.try_send(());
                    }
                    Ok(Event::Incoming(Packet::Publish(heard))) => {
                        // A device that does not listen loses what it is told, as a real one would.
                        let _ = put.try_send((heard.topic, heard.payload.to_vec()));
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        };
        let poll = tokio::spawn(poll.boxed());
        let until = Instant::now() + Duration::from_secs(ANSWER_WAIT_S);
        for _ in 0..wanted.max(1) {
            timeout_at(until, is_ready.recv()).await.context("the broker does not let us in")?;
        }
        Ok(DeviceClient { client, inbox, poll })
    }

    /// Publishes at QoS 1.
    ///
    /// # Errors
    /// When the connection has ended for good.
    pub async fn publish(&self, topic: &str, payload: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.client.publish(topic, QoS::AtLeastOnce, false, payload).await?)
    }

    /// Everything that has come and was not read, as JSON.
    pub fn drain(&mut self) -> Vec<Value> {
        let mut values = Vec::new();
        while let Ok((_, payload)) = self.inbox.try_recv() {
            values.extend(serde_json::from_slice(&payload).ok());
        }
        values
    }

    /// The next message that `wanted` takes, as JSON; others are passed over.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn next(
        &mut self,
        wanted: impl Fn(&str, &Value) -> bool,
    ) -> anyhow::Result<(Value, Vec<u8>)> {
        let until = Instant::now() + Duration::from_secs(ANSWER_WAIT_S);
        loop {
            let Ok(Some((topic, payload))) = timeout_at(until, self.inbox.recv()).await else {
                bail!("nothing came within {ANSWER_WAIT_S} s");
            };
            let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
            if wanted(&topic, &value) {
                return Ok((value, payload));
            }
        }
    }
}

impl Drop for DeviceClient {
    fn drop(&mut self) {
        self.poll.abort();
    }
}

/// A device that signs.
pub struct Signer {
    pub line: DeviceClient,
    base: String,
    device: String,
    key: Vec<u8>,
    epoch: u64,
    seq: u64,
}

impl Signer {
    /// A device with its key `k1`. A new epoch at each start.
    pub fn new(line: DeviceClient, base: &str, device: &str, key: Vec<u8>, now_s: i64) -> Signer {
        let epoch = now_s.unsigned_abs();
        Signer { line, base: base.to_owned(), device: device.to_owned(), key, epoch, seq: 0 }
    }

    /// Signs a body for one of the device's topics, with the next number or one that was used.
    pub fn sign(
        &mut self,
        what: &str,
        body: &Value,
        now_s: i64,
        again: Option<u64>,
    ) -> SignedMessage {
        self.seq += 1;
        let seq = again.unwrap_or(self.seq);
        let topic = format!("{}/device/{}/{what}", self.base, self.device);
        let numbers = (self.epoch, seq, now_s);
        let body = body.to_string();
        let signed = Envelope::signed(&topic, (&self.device, "k1"), numbers, &body, &self.key);
        let payload = json!(signed).to_string().into_bytes();
        SignedMessage { topic, payload, seq }
    }

    /// Sends what was signed.
    ///
    /// # Errors
    /// As [`DeviceClient::publish`].
    pub async fn send(&self, signed: &SignedMessage) -> anyhow::Result<()> {
        self.line.publish(&signed.topic, signed.payload.clone()).await
    }

    /// The next reply about an order.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn reply(&mut self, order: &str) -> anyhow::Result<(Value, Vec<u8>)> {
        let topic = format!("{}/device/{}/reply", self.base, self.device);
        self.line.next(|t, value| t == topic && value["order_id"] == order).await
    }
}

#[derive(Clone, Debug)]
pub struct SignedMessage {
    pub topic: String,
    pub payload: Vec<u8>,
    pub seq: u64,
}
