//! The engine's task: it owns the store, and nothing else writes.

use super::intake::Intake;
use super::pins::WaitingPin;
use super::settle::{Errand, REQUESTS_MAX, Task};
use super::turn::{Incoming, Left, Outside, stands_alone, turn};
use super::{BATCH_LEN_MAX, Input, Look, TICK_MS, Ticket, Work, counters, speak};
use crate::adapters::native::states::BridgeHealth;
use crate::adapters::native::told::Teller;
use crate::adapters::phrases::Phrases;
use crate::adapters::snapshot::Snapshot;
use crate::domain::book::Book;
use crate::domain::decision::Told;
use crate::domain::event::Event;
use crate::domain::household::{Home, Household};
use crate::domain::ids::Name;
use crate::domain::live::{Costs, Live};
use crate::domain::tariff::Slot;
use crate::domain::time::UnixMs;
use crate::io::bus::{AckTicket, Bus};
use crate::ports::{Clock, Entropy, Outgoing, Publication, Store};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Least time between two publications of states, in milliseconds.
const STATES_EVERY_MS: u64 = 1_000;

/// How often the hub's health is published, in seconds.
const HEALTH_EVERY_S: u64 = 30;

/// How often old rows are taken out, in seconds.
const PRUNE_EVERY_S: u64 = 60;

/// How many things in one turn make a busy house; more than the wallet's worker ever sends at once.
const BUSY_LEN: usize = 2 * REQUESTS_MAX;

/// How long the engine waits after a turn that failed, in milliseconds.
const FAILED_WAIT_MS: u64 = 1_000;

/// What the engine calls when the household changed.
pub type OnHousehold = Box<dyn Fn(&Household) + Send>;

/// What the engine calls while the store answers.
pub type OnAlive = Box<dyn Fn() + Send>;

/// The engine.
pub struct Engine<S, C> {
    /// The books.
    pub store: S,
    /// The time.
    pub clock: C,
    /// Randomness.
    pub entropy: Box<dyn Entropy>,
    /// The door.
    pub intake: Arc<Intake<C>>,
    /// The broker.
    pub bus: Arc<Bus>,
    /// The wallet's worker.
    pub errands: mpsc::UnboundedSender<Task>,
    /// What waits.
    pub queue: mpsc::Receiver<Input>,
    /// The base topic.
    pub base: String,
    /// The words.
    pub phrases: Arc<Phrases>,
    /// Called when the household changed.
    pub on_household: OnHousehold,
    /// Called at every tick at which the store answers.
    pub on_alive: OnAlive,
}

/// What the engine has in hand between turns.
struct Hands {
    /// Publications that the bus has yet to take.
    unsent: VecDeque<(u64, Publication)>,
    touched: BTreeSet<Name>,
    home_touched: bool,
    ticked: Instant,
    /// When the wallet's worker was last told the time.
    seen_at: Option<Instant>,
    states_at: Instant,
    health_at: Option<Instant>,
    pruned_at: Instant,
    /// What use costs on days that are over.
    live: Live,
    /// The quarter of an hour in which states were published last.
    slot: Option<Slot>,
}

/// The outside as the engine's turns see it.
struct Door<'a> {
    acks: Vec<AckTicket>,
    errands: &'a mpsc::UnboundedSender<Task>,
    unsent: &'a mut VecDeque<(u64, Publication)>,
    /// Owners who wait, told once the edge knows what changed, too.
    owners: Vec<(oneshot::Sender<Told>, Told)>,
    /// How far the greatest time seen is ahead of the clock, in milliseconds: decisions go by the
    /// one, the wallet's worker by the other.
    ahead_ms: i64,
}

impl Outside<Ticket> for Door<'_> {
    fn tell(&mut self, ticket: Ticket, told: Told) {
        match ticket {
            Ticket::Broker(ack) => self.acks.push(ack),
            Ticket::Owner(owner) => self.owners.push((owner, told)),
            Ticket::Nobody => {}
        }
    }

    fn hand_over(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Publish { id, publication } => self.unsent.push_back((id, publication)),
            Outgoing::Ask { order, number, ask, due } => {
                // The worker ends only after the engine: its end is noticed elsewhere.
                let _ = self.errands.send(Task::Ask(Errand {
                    order,
                    number,
                    ask,
                    due: due.plus_ms(-self.ahead_ms),
                }));
            }
        }
    }
}

impl<S: Store, C: Clock> Engine<S, C> {
    /// Works until it is told to stop; then finishes the turn it is in and leaves the rest where
    /// it is: in the outbox, and at the broker.
    ///
    /// # Errors
    /// When the books cannot be read at the start.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), S::Error> {
        let home = self.store.book().home.clone();
        let mut hands = Hands {
            unsent: VecDeque::new(),
            touched: self.store.book().household.devices.keys().cloned().collect(),
            home_touched: true,
            ticked: Instant::now(),
            seen_at: None,
            states_at: Instant::now(),
            health_at: None,
            pruned_at: Instant::now(),
            live: Live::default(),
            slot: None,
        };
        // What was said before the stop and not acknowledged is said again, before anything new.
        for outgoing in self.store.outbox().await? {
            if let Outgoing::Publish { id, publication } = outgoing {
                hands.unsent.push_back((id, publication));
            }
        }
        let started = Incoming { work: Work::Event(Event::Started), ticket: Ticket::Nobody };
        self.take(&home, vec![started], &mut hands).await?;
        if self.store.answers().await {
            (self.on_alive)();
        }
        let mut inputs = Vec::with_capacity(BATCH_LEN_MAX);
        while !stop.is_cancelled() {
            let tick = Duration::from_millis(TICK_MS).saturating_sub(hands.ticked.elapsed());
            tokio::select! {
                // Stopping goes first: what waits is safe where it is.
                biased;
                () = stop.cancelled() => break,
                count = self.queue.recv_many(&mut inputs, BATCH_LEN_MAX) => if count == 0 { break },
                () = tokio::time::sleep(tick) => {}
            }
            self.work(&home, &mut inputs, &mut hands).await?;
        }
        Ok(())
    }

    async fn work(
        &mut self,
        home: &Home,
        inputs: &mut Vec<Input>,
        hands: &mut Hands,
    ) -> Result<(), S::Error> {
        let mut looks: Vec<Look> = Vec::new();
        let mut pins: Vec<WaitingPin> = Vec::new();
        let mut batch = Vec::with_capacity(inputs.len() + 1);
        for input in inputs.drain(..) {
            match input {
                Input::Published(ids) => ids.into_iter().for_each(|id| self.store.published(id)),
                Input::Look(look) => looks.push(look),
                Input::Pin(pin) => pins.push(pin),
                Input::Work(work, ticket) if stands_alone(&work) => {
                    self.take(home, std::mem::take(&mut batch), hands).await?;
                    self.take(home, vec![Incoming { work, ticket }], hands).await?;
                }
                Input::Work(work, ticket) => batch.push(Incoming { work, ticket }),
            }
        }
        let due = hands.ticked.elapsed() >= Duration::from_millis(TICK_MS);
        if due {
            batch.push(Incoming { work: Work::Event(Event::ClockTicked), ticket: Ticket::Nobody });
        }
        self.take(home, batch, hands).await?;
        let now = self.clock.now();
        let sorted = pins.into_iter().filter_map(|pin| {
            let (work, ticket) = self.intake.pins.sort(self.store.book(), pin, now)?;
            Some(Incoming { work, ticket })
        });
        let sorted = sorted.collect();
        self.take(home, sorted, hands).await?;
        for look in looks {
            look(self.store.book());
        }
        self.bus.hand_over([], &mut hands.unsent);
        if due {
            hands.ticked = Instant::now();
            self.now_and_then(hands).await?;
        }
        Ok(())
    }

    /// One turn. One that fails is forgotten and its messages come again: the house goes on.
    async fn take(
        &mut self,
        home: &Home,
        batch: Vec<Incoming<Ticket>>,
        hands: &mut Hands,
    ) -> Result<(), S::Error> {
        if batch.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let events = batch.len();
        let now = self.clock.now();
        let teller = Teller { base: &self.base, home, phrases: &self.phrases };
        if events > BUSY_LEN {
            // The worker ends only after the engine: its end is noticed elsewhere.
            let _ = self.errands.send(Task::Busy);
        }
        let mut door = Door {
            acks: Vec::with_capacity(events),
            errands: &self.errands,
            unsent: &mut hands.unsent,
            owners: Vec::new(),
            ahead_ms: self.store.book().time(now).since_ms(now),
        };
        let entropy = self.entropy.as_mut();
        match turn(&mut self.store, &teller, batch, now, entropy, &mut door).await {
            Ok(left) => {
                let Door { acks, owners, .. } = door;
                self.bus.hand_over(acks, &mut hands.unsent);
                counters::turn(events, began.elapsed().as_secs_f64());
                if hands.seen_at.is_none_or(|at| at.elapsed() >= Duration::from_millis(TICK_MS)) {
                    hands.seen_at = Some(Instant::now());
                    let _ = self.errands.send(Task::Seen(now));
                }
                self.note(home, left, hands);
                for (owner, told) in owners {
                    // An owner who left does not wait; what was decided stands all the same.
                    let _ = owner.send(told);
                }
                Ok(())
            }
            Err(error) => {
                counters::turn_failed();
                tracing::error!(%error, events, "a turn failed and is forgotten; trying again");
                tokio::time::sleep(Duration::from_millis(FAILED_WAIT_MS)).await;
                self.store.abandon().await
            }
        }
    }

    fn note(&self, home: &Home, left: Left, hands: &mut Hands) {
        hands.touched.extend(left.touched);
        let devices = &self.store.book().household.devices;
        let costs = |id: &Name| devices.get(id).is_some_and(|device| device.tariff.is_some());
        hands.home_touched |= left.home_touched || hands.touched.iter().any(costs);
        if left.costs_changed {
            hands.live.forget();
        }
        if left.household_changed {
            let book = self.store.book();
            hands.touched.extend(book.household.devices.keys().cloned());
            let snapshot = Snapshot::new(&self.base, home.clone(), book.household.clone());
            self.bus.set_subscriptions(snapshot.subscriptions());
            (self.on_household)(&book.household);
            let before = self.intake.snapshot.swap(Arc::new(snapshot));
            // Those that are gone, too: what is retained of them is taken back.
            hands.touched.extend(before.household.devices.keys().cloned());
            self.intake.forget_entities(&self.bus, book, &before);
            self.intake.show_entities(&self.bus, book);
        }
    }

    async fn now_and_then(&mut self, hands: &mut Hands) -> Result<(), S::Error> {
        counters::queue_len(self.queue.len());
        counters::outbox_len(hands.unsent.len());
        if self.store.answers().await {
            (self.on_alive)();
        }
        if hands.pruned_at.elapsed() >= Duration::from_secs(PRUNE_EVERY_S) {
            hands.pruned_at = Instant::now();
            self.store.prune(self.clock.now()).await?;
        }
        let states_due = hands.states_at.elapsed() >= Duration::from_millis(STATES_EVERY_MS);
        if states_due && self.bus.is_up() && hands.unsent.is_empty() {
            hands.states_at = Instant::now();
            self.publish_states(hands);
        }
        Ok(())
    }

    fn publish_states(&self, hands: &mut Hands) {
        let now = self.clock.now();
        let book: &Book = self.store.book();
        let slot = Slot::of(book.time(now));
        if hands.slot.replace(slot) != Some(slot) {
            // Prices change, and days begin, also while nobody says anything.
            hands.home_touched = true;
            let devices = book.household.devices.iter();
            let costing = devices.filter(|(_, device)| device.tariff.is_some());
            hands.touched.extend(costing.map(|(id, _)| id.clone()));
        }
        let costs = match hands.touched.is_empty() && !hands.home_touched {
            true => Costs::default(),
            false => hands.live.look(book, book.time(now)),
        };
        let put = |topic: String, state: Option<&Value>| {
            // An empty payload takes back what was retained: the device is no longer there.
            let payload = state.map_or_else(Vec::new, |state| state.to_string().into_bytes());
            let publication = Publication { topic, payload, retain: true };
            self.bus.publish(self.intake.transient_id(), publication)
        };
        while let Some(device) = hands.touched.pop_first() {
            let state = speak::device_state(book, &device, &costs, now);
            if !put(format!("{}/device/{device}/state", self.base), state.as_ref()) {
                hands.touched.insert(device);
                return;
            }
        }
        if std::mem::take(&mut hands.home_touched) {
            let state = speak::home_state(book, &costs, now);
            put(format!("{}/home/state", self.base), Some(&state));
        }
        let every = Duration::from_secs(HEALTH_EVERY_S);
        if hands.health_at.is_none_or(|at| at.elapsed() >= every) {
            hands.health_at = Some(Instant::now());
            let health = health(book, self.queue.len(), hands.unsent.len(), now);
            put(format!("{}/bridge/health", self.base), Some(&json!(health)));
        }
    }
}

/// The hub's health, for `<base>/bridge/health`. It can only be told while the broker is up.
fn health(book: &Book, queue: usize, unsent: usize, now: UnixMs) -> BridgeHealth {
    let at = book.time(now);
    let attempts: Vec<_> = book.open.values().filter_map(|o| o.attempt.as_ref()).collect();
    let oldest = attempts.iter().map(|a| at.since_ms(a.since) / 1000).max();
    let doubtful = attempts.iter().filter(|a| a.tries > 0).count();
    BridgeHealth {
        v: 1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        queue,
        unsent,
        open_orders: book.open.len(),
        paying: attempts.len(),
        outbox_age_s: oldest,
        wallet: if doubtful == 0 { "ok" } else { "doubtful" }.to_owned(),
        doubtful,
        broker: "up".to_owned(),
        at: now.rfc3339(&book.home.zone),
    }
}
