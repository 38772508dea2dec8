//! Publishes what is not in the outbox, beside the writer and from the newest view: devices' and the
//! home's states and the hub's health as they change, Home Assistant's entities, and the words for
//! speakers that asked something. A machine, too: it asks no clock and waits for nothing.

use super::homeassistant::EntityAnswer;
use super::time_point::TimePoint;
use super::view::Views;
use super::vitals::Vitals;
use super::voice::SpeakerAnswer;
use super::{state_views, voice};
use homepay_domain::ids::Name;
use homepay_domain::live::Costs;
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_ports::Publication;
use homepay_protocols::homeassistant::announce::{everything, nothing_more};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Least time between two publications of states, in milliseconds.
const STATES_EVERY_MS: i64 = 1_000;

/// How often the hub's health is published, in milliseconds; sooner where it changes.
const HEALTH_EVERY_MS: i64 = 30_000;

/// How many publications that are not in the outbox may wait for the broker. Beyond it the newest
/// is not said: what it shows is shown again with the next change, and whoever asked asks again.
const TRANSIENT_LEN_MAX: usize = 16_384;

/// Something to publish, told by the engine after the view that shows it.
#[derive(Debug)]
pub enum PublisherTask {
    /// The states of devices changed, and the home's where that is true.
    Touched(BTreeSet<Name>, bool),
    /// The hub's health changed.
    Health,
    /// What entities show changed, or the broker was away and may have lost what it kept.
    Entities,
    /// Devices that are gone: what was told of them is taken back.
    Gone(BTreeSet<Name>),
    /// A speaker waits for words.
    Speaker(Box<SpeakerAnswer>),
    /// An entity waits for how its limit stands.
    Entity(Box<EntityAnswer>),
}

/// Where it speaks, and from what.
pub struct PublisherSetting {
    pub base: String,
    /// Under which topic Home Assistant is told of entities, where it is.
    pub discovery: Option<String>,
    pub phrases: Arc<Phrases>,
    pub views: Arc<Views>,
    pub vitals: Arc<Vitals>,
    /// Whoever watches hears each state, too.
    pub watchers: Option<broadcast::Sender<Publication>>,
    /// Its publications are numbered from here.
    pub transient_from: u64,
}

pub struct StatePublisher {
    setting: PublisherSetting,
    /// Publications that the broker has yet to take.
    waiting: VecDeque<(u64, Publication)>,
    next_id: u64,
    /// Devices whose states changed.
    devices: BTreeSet<Name>,
    /// True when the home's state changed.
    home: bool,
    /// True when Home Assistant's entities are to be told.
    entities: bool,
    states_at: i64,
    /// None = at the next occasion.
    health_at: Option<i64>,
    /// The quarter of an hour in which states were published last.
    slot: Option<Slot>,
}

impl StatePublisher {
    /// After a start every state is published.
    pub fn new(setting: PublisherSetting, at: TimePoint) -> StatePublisher {
        let devices = setting.views.newest().book.household.devices.keys().cloned().collect();
        let next_id = setting.transient_from;
        StatePublisher {
            setting,
            waiting: VecDeque::new(),
            next_id,
            devices,
            home: true,
            entities: false,
            states_at: at.steady_ms,
            health_at: None,
            slot: None,
        }
    }

    /// Takes a task: answers are said at once, the rest is published when it is due.
    pub fn handle(&mut self, task: PublisherTask, now: UnixMs) {
        match task {
            PublisherTask::Touched(devices, home) => {
                self.devices.extend(devices);
                self.home |= home;
            }
            PublisherTask::Health => self.health_at = None,
            PublisherTask::Entities => self.entities = true,
            PublisherTask::Gone(devices) => {
                let PublisherSetting { base, discovery, .. } = &self.setting;
                let nothing = |device| nothing_more(base, discovery.as_deref(), device);
                // One that cannot be taken back shows an entity that does nothing.
                let gone: Vec<Publication> = devices.iter().flat_map(nothing).collect();
                for publication in gone {
                    self.put(publication);
                }
            }
            PublisherTask::Speaker(answer) => {
                let view = self.setting.views.newest();
                let PublisherSetting { base, phrases, .. } = &self.setting;
                if let Some(said) = voice::said(&view.book, phrases, base, *answer, now) {
                    // Where too much waits whoever asked asks again.
                    self.put(said);
                }
            }
            PublisherTask::Entity(answer) => {
                let view = self.setting.views.newest();
                let PublisherSetting { base, phrases, .. } = &self.setting;
                for publication in answer.publications(&view.book, phrases, base, now) {
                    // Where too much waits it is shown with the next change.
                    self.put(publication);
                }
            }
        }
    }

    /// Publishes what is due, where the broker is there and has taken everything else.
    pub fn advance(&mut self, at: TimePoint, broker_up: bool) {
        if !broker_up {
            return;
        }
        self.publish_health(at);
        // The engine goes first: what the outbox holds is older.
        if self.setting.vitals.unsent() > 0 || !self.waiting.is_empty() {
            return;
        }
        if std::mem::take(&mut self.entities) {
            self.show_entities(at.now);
        }
        if at.steady_ms.saturating_sub(self.states_at) >= STATES_EVERY_MS {
            self.states_at = at.steady_ms;
            self.publish_states(at.now);
        }
    }

    /// What waits for the broker; what it has no room for is left there.
    pub fn publications(&mut self) -> &mut VecDeque<(u64, Publication)> {
        &mut self.waiting
    }

    fn publish_states(&mut self, now: UnixMs) {
        let view = self.setting.views.newest();
        let book = &view.book;
        let slot = Slot::of(book.time(now));
        if self.slot.replace(slot) != Some(slot) {
            // Prices change, and days begin, also while nobody says anything.
            self.home = true;
            let costing = book.household.devices.iter().filter(|(_, d)| d.tariff.is_some());
            self.devices.extend(costing.map(|(id, _)| id.clone()));
        }
        let costs = match self.devices.is_empty() && !self.home {
            true => Arc::new(Costs::default()),
            false => self.setting.views.costs(&view, book.time(now)),
        };
        while let Some(device) = self.devices.pop_first() {
            let state = state_views::device_state(book, &device, &costs, now);
            if !self.put_state(&format!("device/{device}/state"), state.as_ref()) {
                self.devices.insert(device);
                return;
            }
        }
        if std::mem::take(&mut self.home) {
            let state = state_views::home_state(book, &costs, now);
            self.put_state("home/state", Some(&state));
        }
    }

    fn publish_health(&mut self, at: TimePoint) {
        let due = |last: i64| at.steady_ms.saturating_sub(last) >= HEALTH_EVERY_MS;
        if self.health_at.is_none_or(due) {
            self.health_at = Some(at.steady_ms);
            let PublisherSetting { vitals, views, .. } = &self.setting;
            let health = vitals.health(&views.newest().book, at.now);
            self.put_state("bridge/health", Some(&health));
        }
    }

    /// Tells what entities show now.
    fn show_entities(&mut self, now: UnixMs) {
        let view = self.setting.views.newest();
        let PublisherSetting { base, discovery, phrases, .. } = &self.setting;
        let place = (base.as_str(), discovery.as_deref());
        for publication in everything(&view.book, phrases, place, now) {
            if !self.put(publication) {
                tracing::warn!("too much waits for the broker: entities are shown another time");
                return;
            }
        }
    }

    /// Publishes a state, retained. False where too much waits.
    fn put_state(&mut self, topic: &str, state: Option<&impl Serialize>) -> bool {
        // An empty payload takes back what was retained: the device is no longer there.
        let payload = state.map_or_else(Vec::new, |state| {
            serde_json::to_vec(state).expect("states are plain values")
        });
        let topic = format!("{}/{topic}", self.setting.base);
        let publication = Publication { topic, payload, retain: true };
        if let Some(watchers) = &self.setting.watchers {
            // Where nobody watches nobody misses it.
            let _ = watchers.send(publication.clone());
        }
        self.put(publication)
    }

    fn put(&mut self, publication: Publication) -> bool {
        if self.waiting.len() >= TRANSIENT_LEN_MAX {
            return false;
        }
        self.waiting.push_back((self.next_id, publication));
        self.next_id = self.next_id.wrapping_add(1);
        true
    }
}
