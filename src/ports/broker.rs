//! The broker, as the engine sees it: messages with the right to ack them, and publications.
//!
//! Whoever implements [`Broker`] promises that a message is acked only by [`Broker::ack`], and that a
//! message which was never acked comes again.

use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The number under which the engine's outbox knows a publication.
pub type OutId = u64;

/// A message as it came from a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic it was published on.
    pub topic: String,
    /// The bytes, at most [`MESSAGE_BYTES_MAX`].
    pub payload: Vec<u8>,
    /// True when the broker kept it from earlier: never an order.
    pub retained: bool,
}

/// The largest payload that is read, in bytes. Larger ones are counted, set aside and acked.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// A message that the hub publishes, with QoS 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The topic; never a filter with wildcards.
    pub topic: String,
    /// The payload as it is sent.
    pub payload: Vec<u8>,
    /// True when the broker shall keep it for later subscribers.
    pub retain: bool,
}

/// The right to ack one message, once. Dropped without [`Broker::ack`], the message comes again.
#[derive(Debug)]
#[must_use = "a message that is never acked comes again"]
pub struct AckTicket(pub Claim);

/// What an ack has to reach.
#[derive(Debug)]
pub enum Claim {
    /// Nobody waits (QoS 0, or kept from earlier).
    Nothing,
    /// A packet id of one connection; on any other it would name another message.
    Packet {
        /// Which connection it was, counted from 1.
        epoch: u64,
        /// The MQTT packet id of the PUBLISH.
        id: u16,
    },
    /// The embedded broker holds its PUBACK until this is sent.
    Held(oneshot::Sender<()>),
}

impl AckTicket {
    /// A ticket that acks nothing: for tests, and for messages that nobody awaits.
    pub fn nothing() -> AckTicket {
        AckTicket(Claim::Nothing)
    }
}

/// A message with the right to ack it.
#[derive(Debug)]
pub struct Delivery {
    /// The message as the broker delivered it.
    pub message: Message,
    /// Hand it back by [`Broker::ack`] once the turn has committed.
    pub ticket: AckTicket,
    /// The user who published it, where the broker is ours and so knows; none elsewhere.
    pub user: Option<Arc<str>>,
}

/// What a broker has to tell the engine, in the order in which it happened.
#[derive(Debug)]
pub enum LinkEvent {
    /// A message arrived; ack it once its turn has committed.
    Delivered(Delivery),
    /// The connection stands. `epoch` counts connections from 1.
    Up {
        /// Which connection this is.
        epoch: u64,
        /// True when the broker still knew us: unacked messages will come again.
        session_present: bool,
    },
    /// There is no connection; it is being retried. Told once per distinct reason.
    Down {
        /// What the network, TLS or the broker said.
        why: String,
    },
    /// The broker has taken charge of these publications (PUBACK): their outbox rows are done.
    Published(Vec<OutId>),
    /// This publication can never be sent (topic or size): its outbox row is done, badly.
    Unpublishable {
        /// The id it was handed over with.
        id: OutId,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The broker will not let us hear this filter.
    SubscriptionRefused {
        /// The filter as it was asked for.
        filter: String,
    },
    /// A message above [`MESSAGE_BYTES_MAX`] came: counted, acked, not read.
    SetAside {
        /// Where it was published.
        topic: String,
        /// Its length in bytes.
        bytes: usize,
    },
}

/// A broker that the hub is connected to.
pub trait Broker: Send + Sync {
    /// Acks a message. Call it after the commit, never before. Never blocks.
    fn ack(&self, ticket: AckTicket);

    /// Hands over a publication. Never blocks. False: there is no room, hand it over again
    /// after the next [`LinkEvent::Published`]. True: exactly one of `Published` and
    /// `Unpublishable` follows, or the process ends first.
    #[must_use = "false means that it was not taken"]
    fn publish(&self, id: OutId, publication: Publication) -> bool;

    /// Acks messages and hands over publications, all in one go; publications for which there was no
    /// room stay, in their order.
    fn hand_over(&self, acks: Vec<AckTicket>, publications: &mut VecDeque<(OutId, Publication)>);

    /// Changes what is listened to.
    fn set_subscriptions(&self, filters: Vec<String>);

    /// True while messages can flow.
    fn is_up(&self) -> bool;
}
