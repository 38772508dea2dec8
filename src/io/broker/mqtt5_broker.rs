//! The parts of `mqtt5` that make a broker, put together without its listeners.

use super::authorizer::Authorizer;
use super::publish_hook::PublishHook;
use super::sessions::Sessions;
use super::users::Users;
use arc_swap::ArcSwap;
use homepay_ports::{Message, Publication};
use mqtt5::QoS;
use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::storage::QueueLimits;
use mqtt5::broker::sys_topics::BrokerStats;
use mqtt5::broker::transport::BrokerTransport;
use mqtt5::broker::{
    BrokerConfig, BrokerEventHandler, DynamicStorage, FileBackend, MemoryBackend, ResourceLimits,
    ResourceMonitor, StorageBackend,
};
use mqtt5::packet::publish::PublishPacket;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// The largest packet of a client, in bytes; above it the connection ends.
const PACKET_BYTES_MAX: usize = 256 * 1024;
/// Messages kept for one client that is away; beyond it the oldest are dropped.
const QUEUED_LEN_MAX: usize = 1_000;
/// The same in bytes.
const QUEUED_BYTES_MAX: usize = 1024 * 1024;
/// Messages on their way to one client that is slow.
const CLIENT_LEN_MAX: usize = 1024;
/// Messages of one MQTT 5 client that may be without PUBACK.
const RECEIVE_MAX: u16 = 64;
/// Topic names one MQTT 5 client may shorten.
const TOPIC_ALIASES_MAX: u16 = 16;
/// Subscriptions of one client.
const SUBSCRIPTIONS_MAX: usize = 256;
/// Retained messages in all.
const RETAINED_LEN_MAX: usize = 10_000;
/// How long a client may be away before it is forgotten.
const SESSION_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How often the forgotten are swept out.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Why the broker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerFault {
    /// The address is taken, or not ours.
    #[error(
        "the embedded broker cannot listen on {address}: {error}; use the broker that may be there \
         by mqtt.url, or choose another port by mqtt.listen (with TLS mqtt.tls_listen)"
    )]
    Bind {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    #[error("TLS: {0}")]
    Tls(String),
    /// The state folder, or what lies in it.
    #[error("the broker's state: {0}")]
    State(String),
    /// Anything else of the system.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl From<mqtt5::MqttError> for BrokerFault {
    fn from(error: mqtt5::MqttError) -> BrokerFault {
        BrokerFault::State(error.to_string())
    }
}

pub(crate) struct Mqtt5Broker {
    config: Arc<BrokerConfig>,
    router: Arc<MessageRouter>,
    storage: Arc<DynamicStorage>,
    gate: Arc<Authorizer>,
    stats: Arc<BrokerStats>,
    monitor: Arc<ResourceMonitor>,
    shut: broadcast::Sender<()>,
}

impl Mqtt5Broker {
    /// Loads what was kept under the folder.
    pub(crate) async fn build(
        state_dir: Option<&Path>,
        users: &Arc<ArcSwap<Users>>,
        hold: &Arc<PublishHook>,
    ) -> Result<Mqtt5Broker, BrokerFault> {
        let limits = || QueueLimits { max_messages: QUEUED_LEN_MAX, max_bytes: QUEUED_BYTES_MAX };
        let storage = Arc::new(match state_dir {
            Some(dir) => DynamicStorage::File(FileBackend::with_queue_limits(dir, limits()).await?),
            None => DynamicStorage::Memory(MemoryBackend::with_queue_limits(limits())),
        });
        let hook: Arc<dyn BrokerEventHandler> = hold.clone();
        let router = MessageRouter::with_storage(Arc::clone(&storage))
            .with_fallback_queue_limits(limits())
            .with_event_handler(Arc::clone(&hook))
            .with_retained_limits(RETAINED_LEN_MAX, PACKET_BYTES_MAX);
        let life_s = u32::try_from(SESSION_LIFE.as_secs()).unwrap_or(u32::MAX);
        router.recover_sessions(life_s).await?;
        storage.cleanup_expired().await?;
        router.initialize().await?;
        let router = Arc::new(router);
        let sessions = Sessions::new(Arc::clone(&storage), Arc::clone(&router));
        Ok(Mqtt5Broker {
            config: Arc::new(config(hook)),
            router,
            storage,
            gate: Arc::new(Authorizer::new(Arc::clone(users), sessions)),
            stats: Arc::new(BrokerStats::new()),
            monitor: Arc::new(ResourceMonitor::new(no_rates())),
            shut: broadcast::channel(1).0,
        })
    }

    /// Serves one client to its end.
    pub(crate) async fn serve(&self, transport: BrokerTransport, peer: SocketAddr) {
        let client = ClientHandler::new(
            transport,
            peer,
            Arc::clone(&self.config),
            Arc::clone(&self.router),
            self.gate.clone(),
            Some(Arc::clone(&self.storage)),
            Arc::clone(&self.stats),
            Arc::clone(&self.monitor),
            self.shut.subscribe(),
        );
        if let Err(error) = client.run().await {
            tracing::debug!(%peer, %error, "a client is gone");
        }
    }

    /// Gives one of the hub's publications to all who listen, and keeps it if it is to be kept.
    pub(crate) async fn route(&self, publication: Publication) {
        let Publication { topic, payload, retain } = publication;
        let packet = PublishPacket::new(topic, payload, QoS::AtLeastOnce).with_retain(retain);
        self.router.route_message(&packet, None).await;
    }

    /// What is kept on these topics.
    pub(crate) async fn retained(&self, filter: &str) -> Vec<Message> {
        let kept = self.router.get_retained_messages(filter).await;
        kept.into_iter()
            .map(|packet| Message {
                topic: packet.topic_name,
                payload: packet.payload.to_vec(),
                retained: true,
            })
            .collect()
    }

    /// Sweeps now and then.
    pub(crate) async fn sweep(self: Arc<Self>) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(error) = self.storage.cleanup_expired().await {
                tracing::warn!(%error, "the broker cannot sweep its state");
            }
            self.router.sweep_sessions().await;
        }
    }

    /// Tells all clients to go.
    pub(crate) fn shut(&self) {
        // Nobody listens when there are no clients.
        let _clients = self.shut.send(());
    }

    /// Writes what is to be kept.
    pub(crate) async fn keep(&self) {
        if let Err(error) = self.storage.shutdown().await {
            tracing::warn!(%error, "the broker cannot write its state");
        }
    }
}

fn config(hook: Arc<dyn BrokerEventHandler>) -> BrokerConfig {
    let mut config = BrokerConfig::default()
        .with_max_packet_size(PACKET_BYTES_MAX)
        .with_session_expiry(SESSION_LIFE)
        .with_client_channel_capacity(CLIENT_LEN_MAX)
        .with_server_receive_maximum(RECEIVE_MAX)
        .with_max_subscriptions_per_client(SUBSCRIPTIONS_MAX)
        .with_max_retained_messages(RETAINED_LEN_MAX)
        .with_sys_topics_enabled(false)
        .with_event_handler(hook);
    config.topic_alias_maximum = TOPIC_ALIASES_MAX;
    config.shared_subscription_available = false;
    config
}

/// The library's own limits ack and drop what exceeds a rate, which would lose orders: none. The
/// number of connections is bounded by `lines`, the rate of orders by the engine's limits.
fn no_rates() -> ResourceLimits {
    ResourceLimits {
        max_connections: usize::MAX,
        max_connections_per_ip: usize::MAX,
        max_message_rate_per_client: 0,
        max_bandwidth_per_client: 0,
        max_connection_rate: u32::MAX,
        rate_limit_window: Duration::from_secs(1),
    }
}
