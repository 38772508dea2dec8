//! Holds a client's PUBACK until the engine has committed what the message asked for.
//!
//! `mqtt5` awaits the publish hook before it answers, one message of a client at a time. The
//! hook cannot say "no answer"; so a refused message is turned into nothing (QoS 0, a topic
//! nobody may hear) and the connection is cut: the client never gets its PUBACK, and sends the
//! message again when it is back.

use super::connections;
use super::mqtt5_broker::Mqtt5Broker;
use super::retained::RetainedOwners;
use super::users::Users;
use crate::topic;
use arc_swap::ArcSwap;
use homepay_ports::{AckTicket, Claim, Delivery, LinkEvent, MESSAGE_BYTES_MAX, Message};
use mqtt5::QoS;
use mqtt5::broker::{
    BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent, ClientPublishEvent,
    PublishAction,
};
use mqtt5::packet::publish::PublishPacket;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// The longest a client waits for the engine. Its pings are not answered meanwhile.
const HOLD_WAIT_MAX: Duration = Duration::from_secs(20);
/// The wait before a refused client is cut: many come back at once and send the same again.
const REFUSAL_REST: Duration = Duration::from_millis(250);
/// Where refused messages go: no rule lets anybody subscribe to it.
const NOWHERE: &str = "$refused";

type HookFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(crate) struct PublishHook {
    events: mpsc::Sender<LinkEvent>,
    /// What the hub hears. Held for reading while a message is queued, so that messages kept on
    /// a new topic are queued before any new one.
    filters: RwLock<Vec<String>>,
    /// Where nothing is kept, as filters.
    momentary: Vec<String>,
    users: Arc<ArcSwap<Users>>,
    kept: RetainedOwners,
    closing: CancellationToken,
}

impl PublishHook {
    pub(crate) fn new(
        events: mpsc::Sender<LinkEvent>,
        momentary: Vec<String>,
        users: Arc<ArcSwap<Users>>,
        closing: CancellationToken,
    ) -> PublishHook {
        PublishHook {
            events,
            momentary,
            filters: RwLock::new(Vec::new()),
            users,
            kept: RetainedOwners::default(),
            closing,
        }
    }

    /// Queues an event, when there is room. False: nobody will hear it.
    pub(crate) async fn hear(&self, event: LinkEvent) -> bool {
        let sent = self.closing.run_until_cancelled(self.events.send(event)).await;
        matches!(sent, Some(Ok(())))
    }

    /// Changes what is heard; what was kept on new topics is heard before anything else on them.
    pub(crate) async fn listen_to(&self, wanted: Vec<String>, house: &Mqtt5Broker) {
        let (good, bad): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|filter| topic::is_filter(filter));
        for filter in bad {
            self.hear(LinkEvent::SubscriptionRefused { filter }).await;
        }
        let mut filters = self.filters.write().await;
        for filter in good.iter().filter(|filter| !filters.contains(filter)) {
            for kept in house.retained(filter).await {
                self.hear(event_of(kept, Claim::Nothing, None)).await;
            }
        }
        *filters = good;
    }

    async fn consider(&self, publish: ClientPublishEvent) -> PublishAction {
        if let Some(user) = publish.user_id.as_ref().filter(|_| publish.retain)
            && !self.kept.admit(user, &publish.topic, publish.payload.len())
        {
            metrics::counter!("homepay_broker_refused_total", "what" => "retained").increment(1);
            tracing::warn!(%user, topic = %publish.topic, "a user has too much kept already");
            return PublishAction::Handled;
        }
        match tokio::time::timeout(HOLD_WAIT_MAX, self.offer(publish)).await {
            Ok(Some(action)) => action,
            Ok(None) | Err(_) => self.refuse().await,
        }
    }

    /// What to do with a message; nothing when there shall be no answer.
    async fn offer(&self, publish: ClientPublishEvent) -> Option<PublishAction> {
        let filters = self.filters.read().await;
        if !filters.iter().any(|filter| topic::matches(filter, &publish.topic)) {
            return Some(PublishAction::Continue);
        }
        let too_long = publish.payload.len() > MESSAGE_BYTES_MAX;
        let (claim, committed) = if too_long || publish.qos == QoS::AtMostOnce {
            (Claim::Nothing, None)
        } else {
            let (ticket, committed) = oneshot::channel();
            (Claim::Held(ticket), Some(committed))
        };
        let is_of = |filter: &String| topic::matches(filter, &publish.topic);
        let message = Message {
            topic: publish.topic.as_ref().to_owned(),
            payload: publish.payload.to_vec(),
            retained: publish.retain && self.momentary.iter().any(is_of),
        };
        let queued = self.hear(event_of(message, claim, publish.user_id)).await;
        drop(filters);
        if !queued {
            return None;
        }
        if too_long {
            // Neither the hub nor anybody else has use for it.
            return Some(PublishAction::Handled);
        }
        let Some(committed) = committed else {
            return Some(PublishAction::Continue);
        };
        // Committed: now others may hear it too, and the PUBACK goes out.
        let answer = self.closing.run_until_cancelled(committed).await;
        matches!(answer, Some(Ok(()))).then_some(PublishAction::Continue)
    }

    /// No PUBACK: the message turns to nothing, and the connection is cut.
    async fn refuse(&self) -> PublishAction {
        metrics::counter!("homepay_broker_unacked_total").increment(1);
        self.closing.run_until_cancelled(tokio::time::sleep(REFUSAL_REST)).await;
        connections::close_current();
        PublishAction::Transform(PublishPacket::new(NOWHERE, Vec::new(), QoS::AtMostOnce))
    }

    /// The last will of a client that is gone goes past the publish hook.
    async fn consider_will(&self) {
        let Some((user, will)) = connections::take_current_will() else {
            return;
        };
        let heard = self.filters.read().await.iter().any(|f| topic::matches(f, &will.topic));
        if heard && self.users.load().may_publish(&user, &will.topic) {
            self.hear(event_of(will, Claim::Nothing, Some(user.into()))).await;
        }
    }
}

fn event_of(message: Message, claim: Claim, user: Option<Arc<str>>) -> LinkEvent {
    let bytes = message.payload.len();
    if bytes > MESSAGE_BYTES_MAX {
        metrics::counter!("homepay_mqtt_set_aside_total").increment(1);
        return LinkEvent::SetAside { topic: message.topic, bytes };
    }
    LinkEvent::Delivered(Delivery { message, ticket: AckTicket(claim), user })
}

impl BrokerEventHandler for PublishHook {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> HookFuture<'a, ()> {
        if let (Some(topic), Some(payload)) = (event.will_topic, event.will_payload) {
            connections::keep_current_will(Message {
                topic: topic.as_ref().to_owned(),
                payload: payload.to_vec(),
                retained: false,
            });
        }
        Box::pin(std::future::ready(()))
    }

    fn on_client_publish<'a>(&'a self, event: ClientPublishEvent) -> HookFuture<'a, PublishAction> {
        Box::pin(self.consider(event))
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> HookFuture<'a, ()> {
        Box::pin(async move {
            if event.unexpected {
                self.consider_will().await;
            }
        })
    }
}
