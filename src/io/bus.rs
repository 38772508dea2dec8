//! One face for both kinds of broker: what the engine hears, acks and publishes.
//!
//! The law of this room: a message is acked only when the engine says so, which is after its
//! turn has committed. What was never acked comes again.

use crate::io::broker::Broker;
use crate::io::mqtt::Link;
use crate::io::topic;
use crate::ports::{MESSAGE_BYTES_MAX, Message, Publication};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The number under which the engine's outbox knows a publication.
pub type OutId = u64;

/// The largest packet that is sent, in bytes.
pub(crate) const OUTGOING_BYTES_MAX: usize = 256 * 1024;

const _: () = assert!(MESSAGE_BYTES_MAX < OUTGOING_BYTES_MAX);

/// Why this can never be published, if so: rumqttc would end the connection over it, a broker
/// might, a subscriber should.
pub(crate) fn unpublishable(publication: &Publication) -> Option<&'static str> {
    // The fixed header, the topic's length and the packet id need no more than this.
    const HEADERS_BYTES_MAX: usize = 16;
    if !topic::is_topic(&publication.topic) {
        return Some("not a topic");
    }
    let bytes = publication.payload.len() + publication.topic.len() + HEADERS_BYTES_MAX;
    (bytes > OUTGOING_BYTES_MAX).then_some("too long")
}

/// The right to ack one message, once. Dropped without [`Bus::ack`], the message comes again.
#[derive(Debug)]
#[must_use = "a message that is never acked comes again"]
pub struct AckTicket(pub(crate) Claim);

/// What an ack has to reach.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Nobody waits (QoS 0, or kept from earlier).
    Nothing,
    /// A packet id of one connection; on any other it would name another message.
    Packet { epoch: u64, id: u16 },
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
pub struct Heard {
    /// What came.
    pub message: Message,
    /// Hand it back by [`Bus::ack`] once the turn has committed.
    pub ticket: AckTicket,
    /// The user who published it, where the broker is ours and so knows; none elsewhere.
    pub user: Option<Arc<str>>,
}

/// What a broker has to tell the engine, in the order in which it happened.
#[derive(Debug)]
pub enum LinkEvent {
    /// A message came.
    Heard(Heard),
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
        /// Which one.
        id: OutId,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The broker will not let us hear this filter.
    SubscriptionRefused {
        /// The filter as it was asked for.
        filter: String,
    },
    /// A message above [`crate::ports::MESSAGE_BYTES_MAX`] came: counted, acked, not read.
    SetAside {
        /// Where it was published.
        topic: String,
        /// Its length in bytes.
        bytes: usize,
    },
}

/// The broker the hub lives with, in whichever form.
pub enum Bus {
    /// A broker elsewhere.
    Link(Link),
    /// The broker in this process.
    Broker(Broker),
}

impl Bus {
    /// Acks a message. Call it after the commit, never before. Never blocks.
    pub fn ack(&self, ticket: AckTicket) {
        match self {
            Bus::Link(link) => link.ack(ticket),
            Bus::Broker(broker) => broker.ack(ticket),
        }
    }

    /// Hands over a publication. Never blocks. False: there is no room, hand it over again
    /// after the next [`LinkEvent::Published`]. True: exactly one of `Published` and
    /// `Unpublishable` follows, or the process ends first.
    #[must_use = "false means that it was not taken"]
    pub fn publish(&self, id: OutId, publication: Publication) -> bool {
        match self {
            Bus::Link(link) => link.publish(id, publication),
            Bus::Broker(broker) => broker.publish(id, publication),
        }
    }

    /// Acks messages and hands over publications, as [`Bus::ack`] and [`Bus::publish`] do, all in
    /// one go; publications for which there was no room stay, in their order.
    pub fn hand_over(
        &self,
        acks: impl IntoIterator<Item = AckTicket>,
        publications: &mut VecDeque<(OutId, Publication)>,
    ) {
        match self {
            Bus::Link(link) => link.hand_over(acks, publications),
            Bus::Broker(broker) => broker.hand_over(acks, publications),
        }
    }

    /// Changes what is listened to.
    pub fn set_subscriptions(&self, filters: Vec<String>) {
        match self {
            Bus::Link(link) => link.set_subscriptions(filters),
            Bus::Broker(broker) => broker.set_subscriptions(filters),
        }
    }

    /// True while messages can flow.
    pub fn is_up(&self) -> bool {
        match self {
            Bus::Link(link) => link.is_up(),
            Bus::Broker(broker) => broker.is_up(),
        }
    }

    /// True while what devices publish is heard: subscriptions stand, too.
    pub fn listens(&self) -> bool {
        match self {
            Bus::Link(link) => link.listens(),
            Bus::Broker(broker) => broker.is_up(),
        }
    }

    /// Says goodbye and stops, within a few seconds. Unacked messages come again another day.
    pub async fn stop(&self) {
        match self {
            Bus::Link(link) => link.stop().await,
            Bus::Broker(broker) => broker.stop().await,
        }
    }
}

impl From<Link> for Bus {
    fn from(link: Link) -> Bus {
        Bus::Link(link)
    }
}

impl From<Broker> for Bus {
    fn from(broker: Broker) -> Bus {
        Bus::Broker(broker)
    }
}
