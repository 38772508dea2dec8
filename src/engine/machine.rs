//! The engine as a machine: inputs and the time go in, outputs come out, and nothing in it waits for
//! anything but its store. Whoever drives it carries the outputs and asks again when
//! [`Machine::poll_timeout`] has come.
//!
//! ```text
//! handle(input) ─► backlog ─► advance: what stands in front is settled by the books,
//!                                      or up to 256 things are decided in one turn
//!                                └─► take_outputs: acks, words to owners, wallet tasks, PINs to compare
//!                                └─► publications: those of the outbox, and transient ones
//! ```

use super::backlog::{Backlog, Outage};
use super::numbers::NumberQueue;
use super::pins::{PinComparison, PinDesk};
use super::refusal_log::RefusalLog;
use super::state_publisher::PublisherTask;
use super::time_point::TimePoint;
use super::turn::{EffectSink, Incoming, TurnSummary, turn};
use super::view::Views;
use super::vitals::Vitals;
use super::wallet_schedule::{REQUESTS_MAX, WalletTask, WorkerMessage};
use super::{BATCH_LEN_MAX, Input, TICK_MS, Ticket, counters};
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::household::{Home, Household};
use homepay_domain::ids::Name;
use homepay_domain::live::Costs;
use homepay_domain::notice::Notice;
use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::TimeAnchor;
use homepay_language::phrases::Phrases;
use homepay_ports::{AckTicket, Entropy, Outgoing, Publication, Store};
use homepay_protocols::native::encode::Encoder;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// How often old rows are taken out, in milliseconds.
const PRUNE_EVERY_MS: i64 = 60_000;

/// How often it is noted beside the books how far they go, in milliseconds.
const MARK_EVERY_MS: i64 = 1_000;

/// A turn of more events than this makes the house busy; it is more than the wallet worker itself
/// can ever cause at once.
const BUSY_LEN: usize = 2 * REQUESTS_MAX;

/// How long the engine waits after a turn that failed, in milliseconds.
const FAILED_WAIT_MS: i64 = 1_000;

/// What the machine is told at its beginning, and does not learn from the books.
pub struct Setting {
    /// Under which topic the home speaks.
    pub base: String,
    pub phrases: Arc<Phrases>,
    /// How the books stand, for whoever reads.
    pub views: Arc<Views>,
    /// How the hub is, for whoever looks.
    pub vitals: Arc<Vitals>,
}

/// What is to be carried outside, in this order; beside it goes [`Machine::publications`].
#[derive(Default)]
pub struct Outputs {
    /// By how much the books' time is moved, in milliseconds.
    pub clock_step_ms: i64,
    pub acks: Vec<AckTicket>,
    /// How many publications came to the outbox's.
    pub published: usize,
    pub wallet: Vec<WorkerMessage>,
    pub publisher: Vec<PublisherTask>,
    /// To tell people, or not to tell any more.
    pub notices: Vec<Notice>,
    /// The household changed: the edge follows it.
    pub household: Option<Arc<Household>>,
    /// PINs that are worth comparing.
    pub compare: Vec<PinComparison>,
    /// Owners who wait, told once the edge knows what changed, too.
    pub owners: Vec<(oneshot::Sender<CommandOutcome>, CommandOutcome)>,
    /// True when the store answered: the hub lives.
    pub alive: bool,
}

pub struct Machine<S> {
    pub(super) store: S,
    pub(super) setting: Setting,
    pub(super) home: Home,
    entropy: Box<dyn Entropy>,
    pub(super) backlog: Backlog,
    /// When a turn is tried again, after one that failed, by the steady clock.
    pub(super) retry_at: Option<i64>,
    /// A turn failed just now: the wait begins with the next look at the clock, as the turn itself
    /// may have taken seconds.
    pub(super) failed_now: bool,
    /// True while the warm book has what a failed turn wrote: it is loaded again before anything.
    pub(super) dirty: bool,
    /// The household as the edge knows it.
    shown: Arc<Household>,
    is_new: bool,
    ticked_at: i64,
    pruned_at: i64,
    marked_at: i64,
    /// When the wallet's worker was last told the time.
    seen_at: Option<i64>,
    pub(super) pins: PinDesk,
    pub(super) numbers: NumberQueue,
    pub(super) refusals: RefusalLog,
    /// Publications of the outbox that the broker has yet to take.
    unsent: VecDeque<(u64, Publication)>,
    pub(super) out: Outputs,
}

/// Where the effects of a turn go.
struct TurnOutputs<'a> {
    out: &'a mut Outputs,
    views: &'a Views,
    unsent: &'a mut VecDeque<(u64, Publication)>,
    /// Those whose words are made of the books as they are after the turn.
    waiting: Vec<(Ticket, CommandOutcome)>,
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
            Ticket::Broker(ack) => self.out.acks.push(ack),
            Ticket::Nobody => {}
            Ticket::Owner(_) | Ticket::Speaker(_) | Ticket::Entity(_) => {
                self.waiting.push((ticket, told));
            }
        }
    }

    fn hand_over(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Publish { id, publication } => {
                self.out.published += 1;
                self.unsent.push_back((id, publication));
            }
            Outgoing::Notify(mut notice) => {
                notice.due = notice.due.plus_ms(-self.ahead_ms);
                self.out.notices.push(*notice);
            }
            Outgoing::Ask { order, number, ask, due } => {
                let due = due.plus_ms(-self.ahead_ms);
                self.out.wallet.push(WorkerMessage::Ask(WalletTask { order, number, ask, due }));
            }
        }
    }
}

impl<S: Store> Machine<S> {
    /// Begins with what the books hold: what was said before the last stop and not acknowledged is
    /// said again, before anything new.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub async fn begin(
        mut store: S,
        setting: Setting,
        entropy: Box<dyn Entropy>,
        anchor: TimeAnchor,
        at: TimePoint,
    ) -> Result<Machine<S>, S::Error> {
        let outbox = store.outbox().await?;
        let (home, shown) = (store.book().home.clone(), store.book().household.clone());
        let unsent = outbox.into_iter().filter_map(|outgoing| match outgoing {
            Outgoing::Publish { id, publication } => Some((id, publication)),
            Outgoing::Ask { .. } | Outgoing::Notify(_) => None,
        });
        let unsent = unsent.collect();
        let mut backlog = Backlog::default();
        backlog.push(Input::event(Event::Started { anchor }, Ticket::Nobody));
        Ok(Machine {
            store,
            setting,
            home,
            entropy,
            backlog,
            retry_at: None,
            failed_now: false,
            dirty: false,
            shown,
            is_new: true,
            ticked_at: at.steady_ms,
            pruned_at: at.steady_ms,
            marked_at: at.steady_ms,
            seen_at: None,
            pins: PinDesk::default(),
            numbers: NumberQueue::default(),
            refusals: RefusalLog::default(),
            unsent,
            out: Outputs::default(),
        })
    }

    /// The books as they stand committed.
    pub fn book(&self) -> &Book {
        self.store.book()
    }

    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// Ends the machine; what waits is safe in the outbox and at the broker.
    pub fn into_store(self) -> S {
        self.store
    }

    /// How many more inputs it may be given.
    pub fn room(&self) -> usize {
        self.backlog.room()
    }

    /// How many inputs wait to be decided.
    pub fn waiting(&self) -> usize {
        self.backlog.len()
    }

    /// Why nothing is committed, while that is so.
    pub fn outage(&self) -> Option<&Outage> {
        self.backlog.outage()
    }

    pub fn handle(&mut self, input: Input, at: TimePoint) {
        match input {
            Input::Published(ids) => ids.into_iter().for_each(|id| self.store.published(id)),
            Input::BrokerUp => self.out.publisher.push(PublisherTask::Entities),
            Input::Number(asked, ack) => self.number_came(*asked, ack, at),
            Input::Work(incoming) => self.admit(incoming, at),
            Input::Spoken(spoken) if self.outage().is_some() && spoken.is_question() => {
                self.spoken(*spoken, at);
            }
            Input::Spoken(_) | Input::Pin(_) | Input::ComparedPin(..) | Input::NextPin => {
                self.backlog.push(input);
            }
        }
    }

    /// True when there is something to do at once.
    pub fn is_ready(&mut self, at: TimePoint) -> bool {
        if std::mem::take(&mut self.failed_now) {
            self.retry_at = Some(at.steady_ms.saturating_add(FAILED_WAIT_MS));
        }
        self.poll_timeout() <= at.steady_ms
    }

    /// When [`Machine::advance`] has something to do, by the steady clock.
    pub fn poll_timeout(&self) -> i64 {
        let tick = self.ticked_at.saturating_add(tick_ms());
        let work = match (self.backlog.is_empty() && !self.is_new, self.retry_at) {
            (true, _) => i64::MAX,
            (false, None) => i64::MIN,
            (false, Some(at)) => at,
        };
        tick.min(work).min(self.numbers.poll_timeout().unwrap_or(i64::MAX))
    }

    /// Does what is due: one turn at most. What it gives stands in [`Machine::take_outputs`].
    /// `queue_len` = how many inputs wait before the machine.
    pub async fn advance(&mut self, at: TimePoint, queue_len: usize) {
        let ticks = at.steady_ms.saturating_sub(self.ticked_at) >= tick_ms();
        // While the store fails there is one at a time: where only an owner's edit failed, nothing
        // else would try again.
        if ticks && (self.backlog.outage().is_none() || self.backlog.is_empty()) {
            self.backlog.push(Input::event(Event::ClockTicked, Ticket::Nobody));
        }
        self.numbers_due(at);
        self.decide(at).await;
        if ticks || std::mem::take(&mut self.is_new) {
            self.look_alive().await;
        }
        if ticks {
            self.ticked_at = at.steady_ms;
            self.now_and_then(at, queue_len).await;
        }
    }

    /// What came of it since it was asked last.
    pub fn take_outputs(&mut self) -> Outputs {
        std::mem::take(&mut self.out)
    }

    /// Publications of the outbox for the broker, oldest first. What it has no room for is left there.
    pub fn publications(&mut self) -> &mut VecDeque<(u64, Publication)> {
        &mut self.unsent
    }

    /// One turn, unless the last one failed a moment ago.
    async fn decide(&mut self, at: TimePoint) {
        let rests = self.failed_now || self.retry_at.is_some_and(|retry| at.steady_ms < retry);
        if self.backlog.is_empty() || rests {
            return;
        }
        if self.dirty {
            match self.store.abandon().await {
                Ok(()) => self.dirty = false,
                Err(error) => return self.failed(Vec::new(), &error, at),
            }
        }
        while let Some(open) = self.backlog.next_open() {
            self.settle(open, at);
        }
        let mut batch = self.backlog.next_batch(BATCH_LEN_MAX);
        if batch.is_empty() {
            return;
        }
        match self.turn(&mut batch, at).await {
            Ok(()) => self.stood(),
            Err(error) => {
                self.dirty = self.store.abandon().await.is_err();
                self.failed(batch, &error, at);
                self.set_aside().await;
            }
        }
    }

    /// Settles what stands in front by the books as they are: everything before it stands.
    fn settle(&mut self, open: Input, at: TimePoint) {
        match open {
            Input::Spoken(spoken) => self.spoken(*spoken, at),
            Input::Pin(pin) => self.pin_came(pin, at),
            Input::ComparedPin(pin, of) => self.pin_compared(*pin, of),
            Input::NextPin => self.next_pin(at),
            Input::Work(_) | Input::Number(..) | Input::Published(_) | Input::BrokerUp => {
                self.handle(open, at);
            }
        }
    }

    async fn turn(
        &mut self,
        batch: &mut Vec<Incoming<Ticket>>,
        at: TimePoint,
    ) -> Result<(), S::Error> {
        let (events, now) = (batch.len(), at.now);
        if events > BUSY_LEN {
            self.out.wallet.push(WorkerMessage::Busy);
        }
        let Setting { base, phrases, .. } = &self.setting;
        let encoder = Encoder { base, home: &self.home, phrases };
        let mut outputs = TurnOutputs {
            unsent: &mut self.unsent,
            views: &self.setting.views,
            waiting: Vec::new(),
            ahead_ms: self.store.book().time(now).since_ms(now),
            out: &mut self.out,
        };
        let entropy = self.entropy.as_mut();
        let left = turn(&mut self.store, &encoder, batch, now, entropy, &mut outputs).await?;
        let waiting = outputs.waiting;
        let tells_time = |seen: i64| at.steady_ms.saturating_sub(seen) >= tick_ms();
        if self.seen_at.is_none_or(tells_time) {
            self.seen_at = Some(at.steady_ms);
            self.out.wallet.push(WorkerMessage::Seen(now));
        }
        self.note(left);
        for (ticket, told) in waiting {
            self.answer(ticket, told, at);
        }
        Ok(())
    }

    /// Tells somebody who waited what was decided, by the books as they are now.
    pub(super) fn answer(&mut self, ticket: Ticket, told: CommandOutcome, at: TimePoint) {
        match ticket {
            Ticket::Owner(owner) => self.out.owners.push((owner, told)),
            Ticket::Speaker(waits) => self.speaker_answered(*waits, told),
            Ticket::Entity(waits) => self.entity_answered(*waits, told, at),
            Ticket::Broker(ack) => self.out.acks.push(ack),
            Ticket::Nobody => {}
        }
    }

    fn note(&mut self, left: TurnSummary) {
        let TurnSummary { mut touched, home_touched, household_changed, .. } = left;
        let devices = &self.store.book().household.devices;
        let costs = |id: &Name| devices.get(id).is_some_and(|device| device.tariff.is_some());
        let home_touched = home_touched || household_changed || touched.iter().any(costs);
        self.out.clock_step_ms = self.out.clock_step_ms.saturating_add(left.clock_step_ms);
        if household_changed {
            let household = self.store.book().household.clone();
            let before = std::mem::replace(&mut self.shown, household.clone());
            // Those that are gone, too: what is retained of them is taken back.
            touched.extend(household.devices.keys().chain(before.devices.keys()).cloned());
            let gone = before.devices.keys().filter(|id| !household.devices.contains_key(*id));
            let gone: BTreeSet<Name> = gone.cloned().collect();
            if !gone.is_empty() {
                self.out.publisher.push(PublisherTask::Gone(gone));
            }
            self.out.publisher.push(PublisherTask::Entities);
            self.out.household = Some(household);
        }
        if home_touched || !touched.is_empty() {
            self.out.publisher.push(PublisherTask::Touched(touched, home_touched));
        }
    }

    /// Tells who watches that the hub lives: only while the store answers, and commits.
    async fn look_alive(&mut self) {
        self.out.alive |= self.backlog.outage().is_none() && self.store.ping().await;
    }

    async fn now_and_then(&mut self, at: TimePoint, queue_len: usize) {
        counters::queue_len(queue_len);
        counters::outbox_len(self.unsent.len());
        let waiting = queue_len.saturating_add(self.backlog.len());
        self.setting.vitals.set_load(waiting, self.unsent.len());
        if at.steady_ms.saturating_sub(self.marked_at) >= MARK_EVERY_MS {
            self.marked_at = at.steady_ms;
            self.store.mark_progress();
        }
        let prunes = at.steady_ms.saturating_sub(self.pruned_at) >= PRUNE_EVERY_MS;
        if prunes && self.backlog.outage().is_none() {
            self.pruned_at = at.steady_ms;
            if let Err(error) = self.store.prune(at.now).await {
                tracing::warn!(%error, "old rows could not be taken out; trying again later");
            }
        }
    }
}

const fn tick_ms() -> i64 {
    TICK_MS.cast_signed()
}
