//! Publishes devices' and the home's states, and the hub's health, beside the writer: from the newest
//! view, what changed since it was published last.

use super::TICK_MS;
use super::intake::Intake;
use super::state_views;
use super::vitals::Vitals;
use homepay_domain::ids::Name;
use homepay_domain::live::Costs;
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;
use homepay_ports::{BooksClock, Broker, Publication};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Least time between two publications of states, in milliseconds.
const STATES_EVERY_MS: u64 = 1_000;

/// How often the hub's health is published, in seconds; sooner where it changes.
const HEALTH_EVERY_S: u64 = 30;

/// What is yet to be published: noted by the engine after the view that shows it.
#[derive(Debug, Default)]
pub struct DueStates(Mutex<UnpublishedStates>);

#[derive(Debug, Default)]
struct UnpublishedStates {
    /// Devices whose states changed.
    devices: BTreeSet<Name>,
    /// True when the home's state changed.
    home: bool,
    /// True when the hub's health changed.
    health: bool,
    /// True when Home Assistant's entities are to be told.
    entities: bool,
}

impl DueStates {
    fn lock(&self) -> MutexGuard<'_, UnpublishedStates> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// States of devices are due, and the home's where it changed.
    pub fn note(&self, devices: impl IntoIterator<Item = Name>, home: bool) {
        let mut due = self.lock();
        due.devices.extend(devices);
        due.home |= home;
    }

    /// Home Assistant's entities changed, or the broker was away and may have lost what it kept.
    pub fn note_entities(&self) {
        self.lock().entities = true;
    }

    /// The hub's health changed: it is published at the next occasion.
    pub fn note_health(&self) {
        self.lock().health = true;
    }
}

pub struct StatePublisher<C> {
    pub base: String,
    pub bus: Arc<dyn Broker>,
    pub intake: Arc<Intake<C>>,
    pub vitals: Arc<Vitals>,
    states_at: Instant,
    health_at: Option<Instant>,
    /// The quarter of an hour in which states were published last.
    slot: Option<Slot>,
}

impl<C: BooksClock> StatePublisher<C> {
    /// After a start every state is published.
    pub fn new(
        base: &str,
        bus: Arc<dyn Broker>,
        intake: Arc<Intake<C>>,
        vitals: Arc<Vitals>,
    ) -> StatePublisher<C> {
        let view = intake.views.newest();
        intake.due.note(view.book.household.devices.keys().cloned(), true);
        let base = base.to_owned();
        let (states_at, health_at, slot) = (Instant::now(), None, None);
        StatePublisher { base, bus, intake, vitals, states_at, health_at, slot }
    }

    /// Publishes what is due, for ever. The engine goes first: what the outbox holds is older.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(Duration::from_millis(TICK_MS)).await;
            self.publish(self.intake.clock.now());
        }
    }

    /// Publishes what is due, where the broker is there and has taken everything else.
    pub fn publish(&mut self, now: UnixMs) {
        if !self.bus.is_up() {
            return;
        }
        self.publish_health(now);
        if self.vitals.unsent() > 0 {
            return;
        }
        if std::mem::take(&mut self.intake.due.lock().entities) {
            self.intake.show_entities(&*self.bus, &self.intake.views.newest().book);
        }
        if self.states_at.elapsed() >= Duration::from_millis(STATES_EVERY_MS) {
            self.states_at = Instant::now();
            self.publish_states(now);
        }
    }

    fn publish_states(&mut self, now: UnixMs) {
        let (mut devices, mut home) = {
            let mut due = self.intake.due.lock();
            (std::mem::take(&mut due.devices), std::mem::take(&mut due.home))
        };
        // Taken after what is due: it shows all of it.
        let view = self.intake.views.newest();
        let book = &view.book;
        let slot = Slot::of(book.time(now));
        if self.slot.replace(slot) != Some(slot) {
            // Prices change, and days begin, also while nobody says anything.
            home = true;
            let costing = book.household.devices.iter().filter(|(_, d)| d.tariff.is_some());
            devices.extend(costing.map(|(id, _)| id.clone()));
        }
        let costs = match devices.is_empty() && !home {
            true => Arc::new(Costs::default()),
            false => self.intake.views.costs(&view, book.time(now)),
        };
        while let Some(device) = devices.pop_first() {
            let state = state_views::device_state(book, &device, &costs, now);
            if !self.put(&format!("device/{device}/state"), state.as_ref()) {
                devices.insert(device);
                return self.intake.due.note(devices, home);
            }
        }
        if home {
            let state = state_views::home_state(book, &costs, now);
            self.put("home/state", Some(&state));
        }
    }

    fn publish_health(&mut self, now: UnixMs) {
        let every = Duration::from_secs(HEALTH_EVERY_S);
        let changed = std::mem::take(&mut self.intake.due.lock().health);
        if changed || self.health_at.is_none_or(|at| at.elapsed() >= every) {
            self.health_at = Some(Instant::now());
            let health = self.vitals.health(&self.intake.views.newest().book, now);
            self.put("bridge/health", Some(&json!(health)));
        }
    }

    /// Publishes a state, retained. False where the bus has no room.
    fn put(&self, topic: &str, state: Option<&Value>) -> bool {
        // An empty payload takes back what was retained: the device is no longer there.
        let payload = state.map_or_else(Vec::new, |state| state.to_string().into_bytes());
        let topic = format!("{}/{topic}", self.base);
        let publication = Publication { topic, payload, retain: true };
        self.bus.publish(self.intake.transient_id(), publication)
    }
}
