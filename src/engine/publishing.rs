//! What is published between turns: devices' and the home's states, and the hub's health.

use super::intake::Intake;
use super::state_views;
use super::vitals::Vitals;
use homepay_domain::book::Book;
use homepay_domain::ids::Name;
use homepay_domain::live::{Costs, Live};
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;
use homepay_ports::{BooksClock, Broker, Publication};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Least time between two publications of states, in milliseconds.
const STATES_EVERY_MS: u64 = 1_000;

/// How often the hub's health is published, in seconds; sooner where it changes.
const HEALTH_EVERY_S: u64 = 30;

/// What is yet to be published.
pub(super) struct Publishing {
    /// Publications of the outbox that the bus has yet to take.
    pub unsent: VecDeque<(u64, Publication)>,
    /// Devices whose states changed.
    pub touched: BTreeSet<Name>,
    /// True when the home's state changed.
    pub home_touched: bool,
    /// What use costs on days that are over.
    pub live: Live,
    states_at: Instant,
    health_at: Option<Instant>,
    /// The quarter of an hour in which states were published last.
    slot: Option<Slot>,
}

/// Where it goes, and by whose words.
pub(super) struct Outlet<'a, C> {
    pub base: &'a str,
    pub bus: &'a dyn Broker,
    pub intake: &'a Intake<C>,
}

impl<C: BooksClock> Outlet<'_, C> {
    /// Publishes a state, retained. False where the bus has no room.
    fn put(&self, topic: &str, state: Option<&Value>) -> bool {
        // An empty payload takes back what was retained: the device is no longer there.
        let payload = state.map_or_else(Vec::new, |state| state.to_string().into_bytes());
        let topic = format!("{}/{topic}", self.base);
        let publication = Publication { topic, payload, retain: true };
        self.bus.publish(self.intake.transient_id(), publication)
    }
}

impl Publishing {
    /// After a start every state is published.
    pub fn new(book: &Book) -> Publishing {
        Publishing {
            unsent: VecDeque::new(),
            touched: book.household.devices.keys().cloned().collect(),
            home_touched: true,
            live: Live::default(),
            states_at: Instant::now(),
            health_at: None,
            slot: None,
        }
    }

    /// The hub's health changed: it is published at the next occasion.
    pub fn health_due(&mut self) {
        self.health_at = None;
    }

    /// Publishes what is due, where the broker is there. With the hub's vitals comes how many things
    /// wait for a turn.
    pub fn publish<C: BooksClock>(
        &mut self,
        outlet: &Outlet<'_, C>,
        book: &Book,
        vitals: (&Vitals, usize),
        now: UnixMs,
    ) {
        if !outlet.bus.is_up() {
            return;
        }
        self.publish_health(outlet, book, vitals, now);
        let due = self.states_at.elapsed() >= Duration::from_millis(STATES_EVERY_MS);
        if due && self.unsent.is_empty() {
            self.states_at = Instant::now();
            self.publish_states(outlet, book, now);
        }
    }

    fn publish_states<C: BooksClock>(&mut self, outlet: &Outlet<'_, C>, book: &Book, now: UnixMs) {
        let slot = Slot::of(book.time(now));
        if self.slot.replace(slot) != Some(slot) {
            // Prices change, and days begin, also while nobody says anything.
            self.home_touched = true;
            let devices = book.household.devices.iter();
            let costing = devices.filter(|(_, device)| device.tariff.is_some());
            self.touched.extend(costing.map(|(id, _)| id.clone()));
        }
        let costs = match self.touched.is_empty() && !self.home_touched {
            true => Costs::default(),
            false => self.live.look(book, book.time(now)),
        };
        while let Some(device) = self.touched.pop_first() {
            let state = state_views::device_state(book, &device, &costs, now);
            if !outlet.put(&format!("device/{device}/state"), state.as_ref()) {
                self.touched.insert(device);
                return;
            }
        }
        if std::mem::take(&mut self.home_touched) {
            let state = state_views::home_state(book, &costs, now);
            outlet.put("home/state", Some(&state));
        }
    }

    fn publish_health<C: BooksClock>(
        &mut self,
        outlet: &Outlet<'_, C>,
        book: &Book,
        (vitals, queue): (&Vitals, usize),
        now: UnixMs,
    ) {
        let every = Duration::from_secs(HEALTH_EVERY_S);
        if self.health_at.is_none_or(|at| at.elapsed() >= every) {
            self.health_at = Some(Instant::now());
            let health = vitals.health(book, queue, self.unsent.len(), now);
            outlet.put("bridge/health", Some(&json!(health)));
        }
    }
}
