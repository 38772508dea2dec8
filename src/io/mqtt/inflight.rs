//! What waits to go out: acks, subscriptions, publications. The only memory of the link that
//! outlives a connection.
//!
//! A publication is `waiting` until it is handed to the library, `handed` until the library says
//! under which packet id it went, `flying` until its PUBACK. When the connection is lost, all
//! that was handed or flying waits again, in its old order and before anything newer.

use super::options::LinkOptions;
use crate::bus::unpublishable;
use crate::topic;
use homepay_ports::{AckTicket, Claim, LinkEvent, OutId, Publication};
use rumqttc::{AsyncClient, Publish, QoS, SubscribeFilter, SubscribeReasonCode};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Requests that may lie in the library's own channel.
pub(crate) const REQUESTS_LEN: usize = 64;
/// Packet ids that rumqttc uses, in turn, from 1; more than can ever be unacked at once, or an id
/// could be reused while its PUBACK is under way.
pub(crate) const PACKET_IDS: u16 = 100;
/// Publications in flight at most. rumqttc hands out packet ids in turn without looking whether one
/// is still in use, so this stays far below the ids that there are.
const UNACKED_MAX: usize = 32;
/// Publications that may wait here; the caller's outbox keeps the rest.
const OUTGOING_LEN_MAX: usize = 4096;
/// A PUBACK that does not come in this time ends the connection: all is sent again on the next.
const PUBACK_WAIT_MAX: Duration = Duration::from_secs(60);
/// Filters in one SUBSCRIBE.
const SUBSCRIBE_LEN_MAX: usize = 64;
/// The longest filter that is asked for, in bytes; a full SUBSCRIBE stays below the packet limit.
const FILTER_BYTES_MAX: usize = 1024;

/// One publication on its way.
struct Inflight {
    /// Its place in the order in which publications were handed over.
    place: u64,
    /// Whose it is; `None` for the link's own (birth).
    id: Option<OutId>,
    publication: Publication,
    /// The count of packet ids used when it was handed to the library.
    turn: u64,
    handed_at: Instant,
}

enum Control {
    Subscribe(Vec<String>),
    Unsubscribe(String),
}

pub(crate) struct InflightQueue {
    client: AsyncClient,
    bell: Arc<Notify>,
    up: bool,
    stopping: bool,
    epoch: u64,
    /// Packet ids used on this connection.
    turns: u64,
    /// Nothing that is in use was given its id before this one of them.
    oldest: u64,
    places: u64,
    subscriptions: Vec<String>,
    /// Filters dropped by configuration that the broker may still hold for us.
    forget: BTreeSet<String>,
    birth: Vec<Publication>,
    farewell: Option<Publication>,
    acks: VecDeque<u16>,
    control: VecDeque<Control>,
    waiting: VecDeque<Inflight>,
    handed: VecDeque<Inflight>,
    flying: BTreeMap<u16, Inflight>,
    controls_handed: VecDeque<Control>,
    controls_flying: HashMap<u16, Control>,
    undone: HashSet<OutId>,
    news: VecDeque<LinkEvent>,
}

impl InflightQueue {
    pub(crate) fn new(client: AsyncClient, options: &LinkOptions) -> InflightQueue {
        let mut inflight = InflightQueue {
            client,
            bell: Arc::new(Notify::new()),
            up: false,
            stopping: false,
            epoch: 0,
            turns: 0,
            oldest: 0,
            places: 0,
            subscriptions: Vec::new(),
            forget: BTreeSet::new(),
            birth: options.birth.clone(),
            farewell: options.last_will.clone(),
            acks: VecDeque::new(),
            control: VecDeque::new(),
            waiting: VecDeque::new(),
            handed: VecDeque::new(),
            flying: BTreeMap::new(),
            controls_handed: VecDeque::new(),
            controls_flying: HashMap::new(),
            undone: HashSet::new(),
            news: VecDeque::new(),
        };
        inflight.birth.retain(|publication| unpublishable(publication).is_none());
        inflight.set_subscriptions(options.subscriptions.clone());
        inflight
    }

    /// Rings when there is news although the broker said nothing.
    pub(crate) fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up
    }

    /// True once the broker has answered all subscriptions of this connection: what is published
    /// from then on is heard.
    pub(crate) fn listens(&self) -> bool {
        let mut all = self.control.iter().chain(&self.controls_handed);
        let asks = |control: &Control| matches!(control, Control::Subscribe(_));
        self.up && !all.any(asks) && !self.controls_flying.values().any(asks)
    }

    pub(crate) fn ack(&mut self, ticket: AckTicket) {
        self.enter_ack(ticket);
        self.pump();
    }

    /// Takes a publication. False: there is no room.
    pub(crate) fn publish(&mut self, id: OutId, publication: Publication) -> bool {
        let has_room = self.has_room();
        if has_room {
            self.enter(id, publication);
            self.pump();
        }
        has_room
    }

    /// Takes acks, and publications as long as there is room.
    pub(crate) fn hand_over(
        &mut self,
        acks: impl IntoIterator<Item = AckTicket>,
        publications: &mut VecDeque<(OutId, Publication)>,
    ) {
        acks.into_iter().for_each(|ticket| self.enter_ack(ticket));
        while self.has_room()
            && let Some((id, publication)) = publications.pop_front()
        {
            self.enter(id, publication);
        }
        self.pump();
    }

    /// After a reconnect the same id names another message, so an ack of an earlier connection
    /// goes nowhere: its message comes again.
    fn enter_ack(&mut self, ticket: AckTicket) {
        let Claim::Packet { epoch, id } = ticket.0 else { return };
        if self.up && epoch == self.epoch {
            self.acks.push_back(id);
        } else {
            metrics::counter!("homepay_mqtt_acks_stale_total").increment(1);
        }
    }

    fn has_room(&self) -> bool {
        self.undone.len() < OUTGOING_LEN_MAX && !self.stopping
    }

    fn enter(&mut self, id: OutId, publication: Publication) {
        if let Some(why) = unpublishable(&publication) {
            self.tell(LinkEvent::Unpublishable { id, why });
        } else if self.undone.insert(id) {
            self.enqueue(Some(id), publication);
        }
    }

    fn enqueue(&mut self, id: Option<OutId>, publication: Publication) {
        let place = self.places;
        self.places += 1;
        let handed_at = Instant::now();
        self.waiting.push_back(Inflight { place, id, publication, turn: 0, handed_at });
    }

    pub(crate) fn set_subscriptions(&mut self, filters: Vec<String>) {
        let (good, bad): (Vec<_>, Vec<_>) =
            filters.into_iter().partition(|f| topic::is_filter(f) && f.len() <= FILTER_BYTES_MAX);
        for filter in bad {
            self.tell(LinkEvent::SubscriptionRefused { filter });
        }
        let old = std::mem::take(&mut self.subscriptions);
        for filter in old.iter().filter(|f| !good.contains(f)) {
            self.forget.insert(filter.clone());
            self.control.push_back(Control::Unsubscribe(filter.clone()));
        }
        let new: Vec<String> = good.iter().filter(|f| !old.contains(f)).cloned().collect();
        for filter in &new {
            self.forget.remove(filter);
        }
        self.subscriptions = good;
        self.ask_for(&new);
        self.pump();
    }

    fn ask_for(&mut self, filters: &[String]) {
        for chunk in filters.chunks(SUBSCRIBE_LEN_MAX) {
            self.control.push_back(Control::Subscribe(chunk.to_vec()));
        }
    }

    /// From now on nothing is taken; the goodbye goes out as soon as the library has room.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
        self.pump();
    }

    /// A connection stands. Subscriptions first: the broker may know nothing of us any more.
    pub(crate) fn rise(&mut self) -> u64 {
        self.up = true;
        self.epoch += 1;
        self.turns = 0;
        self.oldest = 0;
        self.control.clear();
        self.ask_for(&self.subscriptions.clone());
        self.control.extend(self.forget.iter().cloned().map(Control::Unsubscribe));
        let undone = std::mem::take(&mut self.waiting);
        for publication in self.birth.clone() {
            self.enqueue(None, publication);
        }
        self.waiting.extend(undone);
        self.pump();
        self.epoch
    }

    /// The connection is lost. Nothing enters the library until the next one stands.
    pub(crate) fn fall(&mut self) {
        self.up = false;
        self.acks.clear();
        self.controls_handed.clear();
        self.controls_flying.clear();
    }

    /// What the library had and the broker did not take waits again.
    pub(crate) fn recall(&mut self) {
        let mut back: Vec<Inflight> = std::mem::take(&mut self.flying).into_values().collect();
        back.extend(self.handed.drain(..));
        back.extend(self.waiting.drain(..));
        // The link's own birth messages are said anew with each connection.
        back.retain(|outgoing| outgoing.id.is_some());
        back.sort_by_key(|outgoing| outgoing.place);
        self.waiting = back.into();
    }

    /// Hands the library as much as it and the broker may have. Called after everything that
    /// could have made room; a full channel means that the pump has events to come, each of
    /// which calls this again.
    pub(crate) fn pump(&mut self) {
        if !self.up {
            return;
        }
        while let Some(id) = self.acks.front() {
            let mut acked = Publish::new("", QoS::AtLeastOnce, Vec::new());
            acked.pkid = *id;
            if self.client.try_ack(&acked).is_err() {
                return;
            }
            self.acks.pop_front();
        }
        if self.stopping {
            self.say_goodbye();
            return;
        }
        while self.id_is_free() && !self.control.is_empty() {
            if !self.hand_control() {
                return;
            }
        }
        while self.handed.len() + self.flying.len() < UNACKED_MAX
            && self.id_is_free()
            && self.control.is_empty()
            && !self.waiting.is_empty()
        {
            if !self.hand_publication() {
                return;
            }
        }
    }

    /// The library gives ids in turn and does not look whether one is still in use. It is not,
    /// as long as the oldest in use was given less than a whole round ago.
    fn id_is_free(&mut self) -> bool {
        let is_free =
            |inflight: &InflightQueue| inflight.turns - inflight.oldest < u64::from(PACKET_IDS);
        if !is_free(self) {
            let in_use = self.handed.iter().chain(self.flying.values()).map(|o| o.turn);
            self.oldest = in_use.min().unwrap_or(self.turns);
        }
        is_free(self)
    }

    fn hand_control(&mut self) -> bool {
        let Some(control) = self.control.pop_front() else {
            return true;
        };
        let taken = match &control {
            Control::Subscribe(filters) => {
                let asked = filters
                    .iter()
                    .map(|filter| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
                self.client.try_subscribe_many(asked).is_ok()
            }
            Control::Unsubscribe(filter) => self.client.try_unsubscribe(filter).is_ok(),
        };
        if taken {
            self.turns += 1;
            self.controls_handed.push_back(control);
        } else {
            self.control.push_front(control);
        }
        taken
    }

    fn hand_publication(&mut self) -> bool {
        let Some(mut outgoing) = self.waiting.pop_front() else {
            return true;
        };
        let Publication { topic, payload, retain } = &outgoing.publication;
        let taken =
            self.client.try_publish(topic, QoS::AtLeastOnce, *retain, payload.clone()).is_ok();
        if taken {
            outgoing.turn = self.turns;
            outgoing.handed_at = Instant::now();
            self.turns += 1;
            self.handed.push_back(outgoing);
        } else {
            self.waiting.push_front(outgoing);
        }
        taken
    }

    /// A clean goodbye makes the broker drop our last will, so it is said in person before.
    fn say_goodbye(&mut self) {
        if let Some(Publication { topic, payload, retain }) = &self.farewell {
            let sent = self.client.try_publish(topic, QoS::AtLeastOnce, *retain, payload.clone());
            if sent.is_err() {
                return;
            }
            self.farewell = None;
        }
        // Refused only when full; the next event tries again. Twice said is harmless.
        let _full = self.client.try_disconnect();
    }

    /// The library wrote the oldest handed publication, under this id.
    pub(crate) fn sent(&mut self, id: u16) {
        if let Some(outgoing) = self.handed.pop_front() {
            self.flying.insert(id, outgoing);
        }
    }

    /// The broker took charge of a publication.
    pub(crate) fn done(&mut self, id: u16) {
        if let Some(out_id) = self.flying.remove(&id).and_then(|outgoing| outgoing.id) {
            self.undone.remove(&out_id);
            match self.news.back_mut() {
                Some(LinkEvent::Published(done)) => done.push(out_id),
                _ => self.news.push_back(LinkEvent::Published(vec![out_id])),
            }
        }
    }

    /// The library wrote the oldest handed subscription or its end, under this id.
    pub(crate) fn control_sent(&mut self, id: u16) {
        if let Some(control) = self.controls_handed.pop_front() {
            self.controls_flying.insert(id, control);
        }
    }

    /// The broker answered a subscription.
    pub(crate) fn subscribed(&mut self, id: u16, codes: &[SubscribeReasonCode]) {
        let Some(Control::Subscribe(filters)) = self.controls_flying.remove(&id) else {
            return;
        };
        let codes = codes.iter().map(Some).chain(std::iter::repeat(None));
        for (filter, code) in filters.into_iter().zip(codes) {
            if !matches!(code, Some(SubscribeReasonCode::Success(_))) {
                self.news.push_back(LinkEvent::SubscriptionRefused { filter });
            }
        }
    }

    /// The broker forgot a filter.
    pub(crate) fn unsubscribed(&mut self, id: u16) {
        if let Some(Control::Unsubscribe(filter)) = self.controls_flying.remove(&id) {
            self.forget.remove(&filter);
        }
    }

    /// True when a broker that answers pings keeps a PUBACK to itself.
    pub(crate) fn is_overdue(&self) -> bool {
        self.flying.values().any(|outgoing| outgoing.handed_at.elapsed() > PUBACK_WAIT_MAX)
    }

    fn tell(&mut self, event: LinkEvent) {
        self.news.push_back(event);
        self.bell.notify_one();
    }

    /// What happened since last asked.
    pub(crate) fn take_news(&mut self) -> VecDeque<LinkEvent> {
        std::mem::take(&mut self.news)
    }
}
