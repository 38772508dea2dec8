//! One face for both kinds of broker: what the engine hears, acks and publishes.
//!
//! The law of this room: a message is acked only when the engine says so, which is after its
//! turn has committed. What was never acked comes again.

use crate::broker::EmbeddedBroker;
use crate::mqtt::Link;
use crate::topic;
use homepay_ports::{AckTicket, Broker, MESSAGE_BYTES_MAX, OutId, Publication};
use std::collections::VecDeque;

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

/// The broker the hub lives with, in whichever form.
pub enum Bus {
    Link(Link),
    /// The broker in this process.
    Embedded(EmbeddedBroker),
}

impl Bus {
    /// True while what devices publish is heard: subscriptions stand, too.
    pub fn listens(&self) -> bool {
        match self {
            Bus::Link(link) => link.listens(),
            Bus::Embedded(broker) => broker.is_up(),
        }
    }

    /// Says goodbye and stops, within a few seconds. Unacked messages come again another day.
    pub async fn stop(&self) {
        match self {
            Bus::Link(link) => link.stop().await,
            Bus::Embedded(broker) => broker.stop().await,
        }
    }
}

impl Broker for Bus {
    fn ack(&self, ticket: AckTicket) {
        match self {
            Bus::Link(link) => link.ack(ticket),
            Bus::Embedded(broker) => broker.ack(ticket),
        }
    }

    fn publish(&self, id: OutId, publication: Publication) -> bool {
        match self {
            Bus::Link(link) => link.publish(id, publication),
            Bus::Embedded(broker) => broker.publish(id, publication),
        }
    }

    fn hand_over(&self, acks: Vec<AckTicket>, publications: &mut VecDeque<(OutId, Publication)>) {
        match self {
            Bus::Link(link) => link.hand_over(acks, publications),
            Bus::Embedded(broker) => broker.hand_over(acks, publications),
        }
    }

    fn set_subscriptions(&self, filters: Vec<String>) {
        match self {
            Bus::Link(link) => link.set_subscriptions(filters),
            Bus::Embedded(broker) => broker.set_subscriptions(filters),
        }
    }

    fn is_up(&self) -> bool {
        match self {
            Bus::Link(link) => link.is_up(),
            Bus::Embedded(broker) => broker.is_up(),
        }
    }
}

impl From<Link> for Bus {
    fn from(link: Link) -> Bus {
        Bus::Link(link)
    }
}

impl From<EmbeddedBroker> for Bus {
    fn from(broker: EmbeddedBroker) -> Bus {
        Bus::Embedded(broker)
    }
}
