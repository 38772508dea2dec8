//! Drives the engine's [`Machine`] with tokio: feeds it what waits in the queue, and carries what
//! comes out.

use super::intake::SharedSnapshot;
use super::machine::{Machine, Outputs, Setting};
use super::pins::PinComparison;
use super::state_publisher::PublisherTask;
use super::time_point::TimePoint;
use super::wallet_schedule::WorkerMessage;
use super::{BATCH_LEN_MAX, Input};
use futures_util::FutureExt;
use homepay_domain::household::Household;
use homepay_domain::notice::Notice;
use homepay_ports::{BooksClock, BoxFuture, Broker, Entropy, Publication, Store};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

/// What the engine calls when the household changed. Owners who wait are answered once it is done;
/// nothing else waits for it.
pub type OnHousehold = Box<dyn Fn(Arc<Household>) -> BoxFuture<'static, ()> + Send>;

/// What the engine calls while the store answers.
pub type OnAlive = Box<dyn Fn() + Send>;

pub struct Engine<S, C> {
    pub store: S,
    pub clock: C,
    pub entropy: Box<dyn Entropy>,
    pub setting: Setting,
    /// What translation needs of the home, as the edge has it.
    pub snapshot: SharedSnapshot,
    pub bus: Arc<dyn Broker>,
    pub wallet_tasks: mpsc::UnboundedSender<WorkerMessage>,
    pub publisher: mpsc::UnboundedSender<PublisherTask>,
    pub notices: mpsc::UnboundedSender<Notice>,
    /// PINs that are worth comparing: one at a time.
    pub pins: mpsc::UnboundedSender<PinComparison>,
    pub queue: mpsc::Receiver<Input>,
    /// Whoever watches hears each publication once it stands committed.
    pub watchers: broadcast::Sender<Publication>,
    /// Called when the household changed.
    pub on_household: OnHousehold,
    /// Called at every tick at which the store answers.
    pub on_alive: OnAlive,
}

/// Where outputs are carried to.
struct Carrier<C> {
    clock: C,
    snapshot: SharedSnapshot,
    bus: Arc<dyn Broker>,
    wallet_tasks: mpsc::UnboundedSender<WorkerMessage>,
    publisher: mpsc::UnboundedSender<PublisherTask>,
    notices: mpsc::UnboundedSender<Notice>,
    pins: mpsc::UnboundedSender<PinComparison>,
    watchers: broadcast::Sender<Publication>,
    on_household: OnHousehold,
    on_alive: OnAlive,
}

impl<S: Store, C: BooksClock> Engine<S, C> {
    /// Works until it is told to stop; then finishes the turn it is in and leaves the rest where
    /// it is: in the outbox, and at the broker.
    ///
    /// Gives the store back, to be closed once nobody reads it.
    ///
    /// # Errors
    /// When the books cannot be read at the start.
    pub async fn run(self, stop: CancellationToken) -> Result<S, S::Error> {
        let Engine { store, clock, entropy, setting, snapshot, bus, wallet_tasks, .. } = self;
        let Engine {
            publisher, notices, pins, mut queue, watchers, on_household, on_alive, ..
        } = self;
        let began = Instant::now();
        let (anchor, at) = (clock.anchor(), TimePoint::of(&clock, began));
        let mut machine = Machine::begin(store, setting, entropy, anchor, at).await?;
        let carrier = Carrier {
            clock,
            snapshot,
            bus,
            wallet_tasks,
            publisher,
            notices,
            pins,
            watchers,
            on_household,
            on_alive,
        };
        let mut inputs = Vec::with_capacity(BATCH_LEN_MAX);
        loop {
            let mut at = TimePoint::of(&carrier.clock, began);
            for input in inputs.drain(..) {
                machine.handle(input, at);
            }
            while machine.is_ready(at) && !stop.is_cancelled() {
                machine.advance(at, queue.len()).await;
                carrier.carry(&mut machine);
                at = TimePoint::of(&carrier.clock, began);
            }
            carrier.carry(&mut machine);
            let room = machine.room().min(BATCH_LEN_MAX);
            tokio::select! {
                // Stopping goes first: what waits is safe where it is.
                biased;
                () = stop.cancelled() => break,
                count = queue.recv_many(&mut inputs, room), if room > 0 =>
                    if count == 0 { break },
                () = tokio::time::sleep(at.until(machine.poll_timeout())) => {}
            }
        }
        Ok(machine.into_store())
    }
}

impl<C: BooksClock> Carrier<C> {
    fn carry<S: Store>(&self, machine: &mut Machine<S>) {
        let outputs = machine.take_outputs();
        let Outputs { clock_step_ms, acks, published, .. } = outputs;
        if clock_step_ms != 0 {
            self.clock.step(clock_step_ms);
        }
        let unsent = machine.publications();
        if published > 0 && self.watchers.receiver_count() > 0 {
            let before = unsent.len().saturating_sub(published);
            for (_, publication) in unsent.iter().skip(before) {
                // The last one may leave meanwhile: then nobody watches.
                let _ = self.watchers.send(publication.clone());
            }
        }
        if !acks.is_empty() || !unsent.is_empty() {
            self.bus.hand_over(acks, unsent);
        }
        for message in outputs.wallet {
            // The worker ends only after the engine: its end is noticed elsewhere.
            let _ = self.wallet_tasks.send(message);
        }
        for task in outputs.publisher {
            // The same of the publisher, and of the task that compares.
            let _ = self.publisher.send(task);
        }
        for notice in outputs.notices {
            let _ = self.notices.send(notice);
        }
        for comparison in outputs.compare {
            let _ = self.pins.send(comparison);
        }
        let owners = outputs.owners;
        let tell = move || {
            for (owner, told) in owners {
                // An owner who left does not wait; what was decided stands all the same.
                let _ = owner.send(told);
            }
        };
        match outputs.household {
            None => tell(),
            Some(household) => {
                let snapshot = self.snapshot.load().followed_by(household.clone());
                self.bus.set_subscriptions(snapshot.subscriptions());
                let followed = (self.on_household)(household);
                self.snapshot.store(Arc::new(snapshot));
                drop(tokio::spawn(followed.map(|()| tell())));
            }
        }
        if outputs.alive {
            (self.on_alive)();
        }
    }
}
