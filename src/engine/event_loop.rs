//! The engine's task: it owns the store, and nothing else writes.

use super::backlog::Backlog;
use super::intake::Intake;
use super::pins::WaitingPin;
use super::turn::{EffectSink, Incoming, TurnSummary, turn};
use super::view::Views;
use super::vitals::Vitals;
use super::wallet_worker::{REQUESTS_MAX, WalletTask, WorkerMessage};
use super::{BATCH_LEN_MAX, Input, TICK_MS, Ticket, counters};
use futures_util::FutureExt;
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::household::{Home, Household};
use homepay_domain::ids::Name;
use homepay_domain::live::Costs;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_ports::{
    AckTicket, BooksClock, BoxFuture, Broker, Entropy, Outgoing, Publication, Store,
};
use homepay_protocols::native::encode::Encoder;
use homepay_text::clip::clip;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How often old rows are taken out, in seconds.
const PRUNE_EVERY_S: u64 = 60;

/// How often it is noted beside the books how far they go.
const MARK_EVERY: Duration = Duration::from_secs(1);

/// A turn of more events than this makes the house busy; it is more than the wallet worker itself
/// can ever cause at once.
const BUSY_LEN: usize = 2 * REQUESTS_MAX;

/// How long the engine waits after a turn that failed, in milliseconds.
const FAILED_WAIT_MS: u64 = 1_000;

/// What the engine calls when the household changed. Owners who wait are answered once it is done;
/// nothing else waits for it.
pub type OnHousehold = Box<dyn Fn(Arc<Household>) -> BoxFuture<'static, ()> + Send>;

/// What the engine calls while the store answers.
pub type OnAlive = Box<dyn Fn() + Send>;

pub struct Engine<S, C> {
    pub store: S,
    pub clock: C,
    pub entropy: Box<dyn Entropy>,
    pub intake: Arc<Intake<C>>,
    pub bus: Arc<dyn Broker>,
    pub wallet_tasks: mpsc::UnboundedSender<WorkerMessage>,
    pub queue: mpsc::Receiver<Input>,
    /// Whoever watches hears each publication once it stands committed.
    pub watchers: broadcast::Sender<Publication>,
    pub base: String,
    pub phrases: Arc<Phrases>,
    /// Called when the household changed.
    pub on_household: OnHousehold,
    /// Called at every tick at which the store answers.
    pub on_alive: OnAlive,
    /// How the hub is, for whoever looks.
    pub vitals: Arc<Vitals>,
}

/// Loop state that is not kept over a restart.
pub(super) struct LoopState {
    backlog: Backlog<Ticket>,
    /// When a turn is tried again, after one that failed.
    retry_at: Option<Instant>,
    /// True while the warm book has what a failed turn wrote: it is loaded again before anything.
    dirty: bool,
    ticked: Instant,
    /// When the wallet's worker was last told the time.
    seen_at: Option<Instant>,
    pruned_at: Instant,
    marked_at: Instant,
    /// Publications of the outbox that the bus has yet to take.
    unsent: VecDeque<(u64, Publication)>,
}

/// The outside as the engine's turns see it.
struct TurnOutputs<'a> {
    acks: Vec<AckTicket>,
    wallet_tasks: &'a mpsc::UnboundedSender<WorkerMessage>,
    watchers: &'a broadcast::Sender<Publication>,
    views: &'a Views,
    unsent: &'a mut VecDeque<(u64, Publication)>,
    /// Owners who wait, told once the edge knows what changed, too.
    owners: Vec<(oneshot::Sender<CommandOutcome>, CommandOutcome)>,
    /// How far the greatest time seen is ahead of the clock, in milliseconds: decisions go by the
    /// one, the wallet's worker by the other.
    ahead_ms: i64,
}

impl EffectSink<Ticket> for TurnOutputs<'_> {
    fn stands(&mut self, book: &Book, summary: &TurnSummary) {
        self.views.publish(book, summary.costs_changed);
    }

    fn costs(&self, _book: &Book, at: UnixMs) -> Arc<Costs> {
        self.views.recent_costs(at)
    }

    fn tell(&mut self, ticket: Ticket, told: CommandOutcome) {
        match ticket {
            Ticket::Broker(ack) => self.acks.push(ack),
            Ticket::Owner(owner) => self.owners.push((owner, told)),
            Ticket::Nobody => {}
        }
    }

    fn hand_over(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Publish { id, publication } => {
                if self.watchers.receiver_count() > 0 {
                    // The last one may leave meanwhile: then nobody watches.
                    let _ = self.watchers.send(publication.clone());
                }
                self.unsent.push_back((id, publication));
            }
            Outgoing::Ask { order, number, ask, due } => {
                // The worker ends only after the engine: its end is noticed elsewhere.
                let _ = self.wallet_tasks.send(WorkerMessage::Ask(WalletTask {
                    order,
                    number,
                    ask,
                    due: due.plus_ms(-self.ahead_ms),
                }));
            }
        }
    }
}

impl<S: Store, C: BooksClock> Engine<S, C> {
    /// Works until it is told to stop; then finishes the turn it is in and leaves the rest where
    /// it is: in the outbox, and at the broker.
    ///
    /// Gives the store back, to be closed once nobody reads it.
    ///
    /// # Errors
    /// When the books cannot be read at the start.
    pub async fn run(mut self, stop: CancellationToken) -> Result<S, S::Error> {
        let home = self.store.book().home.clone();
        let mut state = LoopState {
            backlog: Backlog::default(),
            retry_at: None,
            dirty: false,
            ticked: Instant::now(),
            seen_at: None,
            pruned_at: Instant::now(),
            marked_at: Instant::now(),
            unsent: VecDeque::new(),
        };
        // What was said before the stop and not acknowledged is said again, before anything new.
        for outgoing in self.store.outbox().await? {
            if let Outgoing::Publish { id, publication } = outgoing {
                state.unsent.push_back((id, publication));
            }
        }
        state.backlog.push(Incoming::event(Event::Started { anchor: self.clock.anchor() }));
        self.decide_all(&home, &mut state).await;
        self.look_alive(&state).await;
        let mut inputs = Vec::with_capacity(BATCH_LEN_MAX);
        while !stop.is_cancelled() {
            let tick = Duration::from_millis(TICK_MS).saturating_sub(state.ticked.elapsed());
            let room = state.backlog.room().min(BATCH_LEN_MAX);
            tokio::select! {
                // Stopping goes first: what waits is safe where it is.
                biased;
                () = stop.cancelled() => break,
                count = self.queue.recv_many(&mut inputs, room), if room > 0 =>
                    if count == 0 { break },
                () = tokio::time::sleep(tick) => {}
            }
            self.work(&home, &mut inputs, &mut state).await;
        }
        Ok(self.store)
    }

    async fn work(&mut self, home: &Home, inputs: &mut Vec<Input>, state: &mut LoopState) {
        let mut reached = Vec::new();
        let mut pins: Vec<WaitingPin> = Vec::new();
        for input in inputs.drain(..) {
            match input {
                Input::Published(ids) => ids.into_iter().for_each(|id| self.store.published(id)),
                Input::Reached(waiting) => reached.push(waiting),
                Input::Pin(pin) => pins.push(pin),
                Input::Work(work, ticket) => self.admit(Incoming { work, ticket }, state),
            }
        }
        let due = state.ticked.elapsed() >= Duration::from_millis(TICK_MS);
        // While the store fails there is one at a time: where only an owner's edit failed, nothing else
        // would try again.
        if due && (state.backlog.outage().is_none() || state.backlog.is_empty()) {
            state.backlog.push(Incoming::event(Event::ClockTicked));
        }
        self.decide_all(home, state).await;
        self.sort(pins, state);
        self.decide_all(home, state).await;
        for waiting in reached {
            // Who waited may have left.
            let _ = waiting.send(());
        }
        self.bus.hand_over(Vec::new(), &mut state.unsent);
        if due {
            state.ticked = Instant::now();
            self.now_and_then(state).await;
        }
    }

    /// PINs are sorted by how the books stand after everything that was heard before them.
    fn sort(&self, pins: Vec<WaitingPin>, state: &mut LoopState) {
        let now = self.clock.now();
        for pin in pins {
            if let Some((work, ticket)) = self.intake.pins.sort(self.store.book(), pin, now) {
                state.backlog.push(Incoming { work, ticket });
            }
        }
    }

    /// Takes work in. An owner at the command line is not left waiting for a store that cannot
    /// commit: what is answered "no" now is not done later.
    fn admit(&self, incoming: Incoming<Ticket>, state: &mut LoopState) {
        match (state.backlog.outage(), incoming.ticket) {
            (Some(outage), Ticket::Owner(owner)) => refuse_owner(owner, &outage.why),
            (_, ticket) => state.backlog.push(Incoming { work: incoming.work, ticket }),
        }
    }

    /// Turns until nothing waits, or one fails: then the rest waits until it is tried again.
    async fn decide_all(&mut self, home: &Home, state: &mut LoopState) {
        let waits = |state: &LoopState| state.retry_at.is_some_and(|at| Instant::now() < at);
        while !state.backlog.is_empty() && !waits(state) {
            if state.dirty {
                match self.store.abandon().await {
                    Ok(()) => state.dirty = false,
                    Err(error) => return self.wait(state, Vec::new(), &error),
                }
            }
            let mut batch = state.backlog.next_batch(BATCH_LEN_MAX);
            match self.take(home, &mut batch, state).await {
                Ok(()) => self.stood(state),
                Err(error) => {
                    state.dirty = self.store.abandon().await.is_err();
                    self.wait(state, batch, &error);
                    self.set_aside(state).await;
                }
            }
        }
    }

    /// A turn failed: what it was about waits, and everybody who can be told is told.
    fn wait(&self, state: &mut LoopState, mut batch: Vec<Incoming<Ticket>>, error: &S::Error) {
        counters::turn_failed();
        let why = error.to_string();
        let mut kept = Vec::with_capacity(batch.len());
        for incoming in batch.drain(..) {
            match incoming.ticket {
                Ticket::Owner(owner) => refuse_owner(owner, &why),
                ticket => kept.push(Incoming { work: incoming.work, ticket }),
            }
        }
        state.retry_at = Some(Instant::now() + Duration::from_millis(FAILED_WAIT_MS));
        let blamed = S::blames_the_work(error);
        state.backlog.put_back(kept, why, blamed, self.clock.now());
        self.vitals.set_outage(state.backlog.outage());
        let Some(outage) = state.backlog.outage() else { return };
        if outage.tries.is_power_of_two() {
            let (why, tries, waiting) = (&outage.why, outage.tries, state.backlog.len());
            tracing::error!(why, tries, waiting, "the books cannot be written; trying again");
        }
        self.intake.due.note_health();
    }

    fn stood(&self, state: &mut LoopState) {
        state.retry_at = None;
        let Some(outage) = state.backlog.stood() else { return };
        self.vitals.set_outage(None);
        tracing::info!(tries = outage.tries, "the books can be written again");
        let recovered = Event::StoreRecovered { since: outage.since, why: clip(&outage.why) };
        state.backlog.push(Incoming::event(recovered));
        self.intake.due.note_health();
    }

    /// Work that fails alone while the store commits other things would stop the house for ever:
    /// it is acknowledged, and the owner hears of it.
    async fn set_aside(&mut self, state: &mut LoopState) {
        if state.dirty || !state.backlog.suspects() || !self.store.commits().await {
            return;
        }
        let Some(poisoned) = state.backlog.poisoned() else { return };
        let (what, why) = (poisoned.work.name(), state.backlog.outage().map(|o| o.why.clone()));
        tracing::error!(what, why, "this cannot be written and is set aside");
        counters::message("set_aside");
        if let Ticket::Broker(ack) = poisoned.ticket {
            self.bus.ack(ack);
        }
        let why = clip(&why.unwrap_or_default());
        state.backlog.push(Incoming::event(Event::WorkSetAside { what: what.to_owned(), why }));
    }

    async fn take(
        &mut self,
        home: &Home,
        batch: &mut Vec<Incoming<Ticket>>,
        state: &mut LoopState,
    ) -> Result<(), S::Error> {
        let began = Instant::now();
        let events = batch.len();
        let now = self.clock.now();
        let encoder = Encoder { base: &self.base, home, phrases: &self.phrases };
        if events > BUSY_LEN {
            // The worker ends only after the engine: its end is noticed elsewhere.
            let _ = self.wallet_tasks.send(WorkerMessage::Busy);
        }
        let mut door = TurnOutputs {
            acks: Vec::with_capacity(events),
            wallet_tasks: &self.wallet_tasks,
            watchers: &self.watchers,
            views: &self.intake.views,
            unsent: &mut state.unsent,
            owners: Vec::new(),
            ahead_ms: self.store.book().time(now).since_ms(now),
        };
        let entropy = self.entropy.as_mut();
        let left = turn(&mut self.store, &encoder, batch, now, entropy, &mut door).await?;
        let TurnOutputs { acks, owners, .. } = door;
        self.bus.hand_over(acks, &mut state.unsent);
        counters::turn(events, began.elapsed().as_secs_f64());
        if state.seen_at.is_none_or(|at| at.elapsed() >= Duration::from_millis(TICK_MS)) {
            state.seen_at = Some(Instant::now());
            let _ = self.wallet_tasks.send(WorkerMessage::Seen(now));
        }
        let tell = move || {
            for (owner, told) in owners {
                // An owner who left does not wait; what was decided stands all the same.
                let _ = owner.send(told);
            }
        };
        match self.note(left) {
            None => tell(),
            Some(followed) => drop(tokio::spawn(followed.map(|()| tell()))),
        }
        Ok(())
    }

    /// Lets everybody know what changed. Where the household did, what follows it goes on beside the
    /// flow, and owners are answered when it is done.
    fn note(&self, left: TurnSummary) -> Option<BoxFuture<'static, ()>> {
        let devices = &self.store.book().household.devices;
        let costs = |id: &Name| devices.get(id).is_some_and(|device| device.tariff.is_some());
        let home_touched = left.home_touched || left.touched.iter().any(costs);
        self.intake.due.note(left.touched, home_touched);
        if left.clock_step_ms != 0 {
            self.clock.step(left.clock_step_ms);
        }
        if !left.household_changed {
            return None;
        }
        let book = self.store.book();
        self.intake.due.note(book.household.devices.keys().cloned(), true);
        let snapshot = self.intake.snapshot.load().followed_by(book.household.clone());
        self.bus.set_subscriptions(snapshot.subscriptions());
        let followed = (self.on_household)(book.household.clone());
        let before = self.intake.snapshot.swap(Arc::new(snapshot));
        // Those that are gone, too: what is retained of them is taken back.
        self.intake.due.note(before.household.devices.keys().cloned(), true);
        self.intake.forget_entities(&*self.bus, book, &before);
        self.intake.due.note_entities();
        Some(followed)
    }

    /// Tells who watches that the hub lives: only while the store answers, and commits.
    async fn look_alive(&mut self, state: &LoopState) {
        if state.backlog.outage().is_none() && self.store.ping().await {
            (self.on_alive)();
        }
    }

    async fn now_and_then(&mut self, state: &mut LoopState) {
        counters::queue_len(self.queue.len());
        counters::outbox_len(state.unsent.len());
        self.vitals.set_load(self.queue.len() + state.backlog.len(), state.unsent.len());
        self.look_alive(state).await;
        if state.marked_at.elapsed() >= MARK_EVERY {
            state.marked_at = Instant::now();
            self.store.mark_progress();
        }
        let outage = state.backlog.outage().is_some();
        if !outage && state.pruned_at.elapsed() >= Duration::from_secs(PRUNE_EVERY_S) {
            state.pruned_at = Instant::now();
            if let Err(error) = self.store.prune(self.clock.now()).await {
                tracing::warn!(%error, "old rows could not be taken out; trying again later");
            }
        }
    }
}

/// An owner's edit that the store could not take.
fn refuse_owner(owner: oneshot::Sender<CommandOutcome>, why: &str) {
    let why = format!("the books cannot be written ({why}): nothing was changed; try again later");
    // An owner who left needs no word.
    let _ = owner.send(CommandOutcome::Refused { code: Code::StoreUnavailable, why });
}
