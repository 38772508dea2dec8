//! The one task that polls the library and turns what it says into events.
//!
//! A poll under way is never dropped, except at a stop before there is a connection: the library
//! can lose what it was about to write.

use super::SharedQueue;
use super::backoff::Backoff;
use super::delivery::DeliveryQueue;
use super::inflight::PACKET_IDS;
use homepay_ports::{AckTicket, Claim, Delivery, LinkEvent, MESSAGE_BYTES_MAX, Message};
use rumqttc::{
    ConnectionError, Event, EventLoop, Incoming, MqttState, NetworkOptions, Outgoing, Publish, QoS,
    StateError,
};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

/// The longest that a connect (TCP, TLS and CONNACK) or a flush may take, in seconds; rumqttc has
/// no bound of its own for a broker that accepts and then says nothing.
const CONNECT_WAIT_S: u64 = 5;

/// A connection that ended sooner was cut short.
const SHORT: Duration = Duration::from_secs(60);

/// From so many short connections in a row on it is taken for a fault, such as a second client with
/// the same id.
const CUT_SHORT_MIN: u32 = 2;

/// What a turn of the loop brought.
enum PumpEvent {
    Event(Event),
    /// Why, and whether it was the broker that closed a connection.
    Lost(String, bool),
    Stop,
}

pub(crate) struct Pump {
    eventloop: EventLoop,
    inflight: SharedQueue,
    bell: Arc<Notify>,
    delivery: DeliveryQueue,
    stopping: CancellationToken,
    backoff: Backoff,
    epoch: u64,
    /// When the connection began to stand.
    up_since: Option<Instant>,
    /// The reason last told, so that an hour without a broker is one event.
    told: Option<String>,
    /// How many connections in a row the broker closed soon after they stood.
    cut_short: u32,
    /// How long to wait before the next connect, once a connection is lost.
    wait: Option<Duration>,
    goodbye_said: bool,
}

impl Pump {
    pub(crate) fn new(
        mut eventloop: EventLoop,
        inflight: SharedQueue,
        events: Sender<LinkEvent>,
        stopping: CancellationToken,
    ) -> Pump {
        let mut network = NetworkOptions::new();
        // Nagle's algorithm with delayed acks costs 40 to 90 ms a message.
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT_WAIT_S);
        eventloop.set_network_options(network);
        let bell = inflight.lock().bell();
        Pump {
            eventloop,
            inflight,
            bell,
            delivery: DeliveryQueue::new(events),
            stopping,
            backoff: Backoff::default(),
            epoch: 0,
            up_since: None,
            told: None,
            cut_short: 0,
            wait: None,
            goodbye_said: false,
        }
    }

    /// Runs until stopped, or until nobody receives.
    pub(crate) async fn run(mut self) {
        while !self.goodbye_said {
            match self.turn().await {
                PumpEvent::Event(event) => {
                    self.take(event);
                    // What was read with it: nothing of it waits for the network any more.
                    while let Some(event) = self.eventloop.state.events.pop_front() {
                        self.take(event);
                    }
                }
                PumpEvent::Lost(why, closed) => self.fall(why, closed),
                PumpEvent::Stop => return,
            }
            self.after();
            if let Some(wait) = self.wait.take()
                && !self.rest(wait).await
            {
                return;
            }
            if self.delivery.is_closed() && !self.stopping.is_cancelled() {
                self.inflight.lock().stop();
                self.stopping.cancel();
            }
        }
    }

    /// One poll of the library, beside which held events move on.
    async fn turn(&mut self) -> PumpEvent {
        let Pump { eventloop, inflight, delivery, bell, stopping, up_since, .. } = self;
        while delivery.is_full() && !stopping.is_cancelled() {
            tokio::select! {
                () = delivery.drain_one() => {}
                () = stopping.cancelled() => {}
            }
        }
        if stopping.is_cancelled() {
            // The engine has gone home; what is held was never acked.
            delivery.close();
        }
        let connected = up_since.is_some();
        let mut poll = std::pin::pin!(eventloop.poll());
        loop {
            tokio::select! {
                outcome = &mut poll => return match outcome {
                    Ok(event) => PumpEvent::Event(event),
                    Err(error) => PumpEvent::Lost(plain_words(&error), is_closed(&error)),
                },
                () = delivery.drain_one() => {}
                () = bell.notified() => {
                    // Handled inside the loop: leaving it would drop the poll, and rumqttc loses what it was
                    // about to write when a poll is dropped.
                    let news = inflight.lock().take_news();
                    news.into_iter().for_each(|event| delivery.push(event));
                }
                () = stopping.cancelled(), if !connected => return PumpEvent::Stop,
            }
        }
    }

    /// Waits before the next connect. False: the link is to stop.
    async fn rest(&mut self, wait: Duration) -> bool {
        let sleep = tokio::time::sleep(wait);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                () = &mut sleep => return true,
                () = self.stopping.cancelled() => return false,
                () = self.delivery.drain_one() => {}
                () = self.bell.notified() => self.after(),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Incoming(Incoming::ConnAck(answer)) => self.rise(answer.session_present),
            Event::Incoming(Incoming::Publish(publish)) => self.hear(publish),
            Event::Incoming(Incoming::PubAck(answer)) => self.inflight.lock().done(answer.pkid),
            Event::Incoming(Incoming::SubAck(answer)) => {
                self.inflight.lock().subscribed(answer.pkid, &answer.return_codes);
            }
            Event::Incoming(Incoming::UnsubAck(answer)) => {
                self.inflight.lock().unsubscribed(answer.pkid);
            }
            Event::Outgoing(Outgoing::Publish(id)) => self.inflight.lock().sent(id),
            Event::Outgoing(Outgoing::Subscribe(id) | Outgoing::Unsubscribe(id)) => {
                self.inflight.lock().control_sent(id);
            }
            Event::Outgoing(Outgoing::Disconnect) => self.goodbye_said = true,
            Event::Outgoing(Outgoing::PingReq) if self.inflight.lock().is_overdue() => {
                self.fall("the broker keeps a PUBACK to itself".to_owned(), false);
            }
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }

    /// Every event may have made room, or news.
    fn after(&mut self) {
        let news = {
            let mut inflight = self.inflight.lock();
            inflight.pump();
            inflight.take_news()
        };
        for event in news {
            self.delivery.push(event);
        }
    }

    fn rise(&mut self, session_present: bool) {
        self.epoch = self.inflight.lock().rise();
        self.up_since = Some(Instant::now());
        self.told = None;
        metrics::counter!("homepay_mqtt_connects_total").increment(1);
        self.delivery.push(LinkEvent::Up { epoch: self.epoch, session_present });
    }

    fn hear(&mut self, publish: Publish) {
        let claim = match publish.qos {
            QoS::AtMostOnce => Claim::Nothing,
            // We subscribe at QoS 1, above which no broker may go.
            QoS::AtLeastOnce | QoS::ExactlyOnce => {
                Claim::Packet { epoch: self.epoch, id: publish.pkid }
            }
        };
        let bytes = publish.payload.len();
        if bytes > MESSAGE_BYTES_MAX {
            metrics::counter!("homepay_mqtt_set_aside_total").increment(1);
            self.inflight.lock().ack(AckTicket(claim));
            self.delivery.push(LinkEvent::SetAside { topic: publish.topic, bytes });
            return;
        }
        let message = Message {
            topic: publish.topic,
            payload: publish.payload.into(),
            retained: publish.retain,
        };
        self.delivery.push(LinkEvent::Delivered(Delivery {
            message,
            ticket: AckTicket(claim),
            user: None,
        }));
    }

    /// Throws the library's memory away, after what it had already understood has been taken:
    /// its packet ids, its pending queue and its collision slot are all wrong on a new connection.
    fn fall(&mut self, mut why: String, closed: bool) {
        self.inflight.lock().fall();
        self.eventloop.clean();
        for event in std::mem::take(&mut self.eventloop.state.events) {
            if !matches!(event, Event::Outgoing(Outgoing::PingReq)) {
                self.take(event);
            }
        }
        self.eventloop.pending.clear();
        self.eventloop.state = MqttState::new(PACKET_IDS, true);
        self.inflight.lock().recall();
        let stood = self.up_since.take();
        let stood_for = stood.map_or(Duration::ZERO, |since| since.elapsed());
        // With 3.1.1 a broker does not say why it closes. One that lets us in at once each time, and
        // closes soon after, had somebody else come with our client id.
        let is_short = closed && stood.is_some() && stood_for < SHORT;
        self.cut_short = if is_short { self.cut_short.saturating_add(1) } else { 0 };
        if self.cut_short >= CUT_SHORT_MIN {
            let id = self.eventloop.mqtt_options.client_id();
            why = format!(
                "{why}, {} times in a row soon after it stood: another client uses the client id \
                 {id}. Give each its own (mqtt.client_id)",
                self.cut_short
            );
        }
        self.wait = Some(self.backoff.next(stood_for));
        if stood.is_some() || self.told.as_ref() != Some(&why) {
            self.told = Some(why.clone());
            self.delivery.push(LinkEvent::Down { why });
        }
    }
}

/// Whether the other side ended the connection.
fn is_closed(error: &ConnectionError) -> bool {
    let by_peer = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    };
    match error {
        ConnectionError::MqttState(StateError::ConnectionAborted) => true,
        ConnectionError::MqttState(StateError::Io(error)) | ConnectionError::Io(error) => {
            by_peer(error)
        }
        _ => false,
    }
}

/// The library's words, without its Debug clutter where we know better.
fn plain_words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => format!("the broker refused us: {code:?}"),
        _ if is_closed(error) => "the broker closed the connection".to_owned(),
        ConnectionError::NetworkTimeout => "the broker does not answer".to_owned(),
        other => other.to_string(),
    }
}
