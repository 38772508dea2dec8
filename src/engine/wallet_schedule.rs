//! When what the outbox asks of the wallet is sent: what waits, what is on its way, and who goes
//! first. It decides nothing: what comes back is an event.

use homepay_domain::event::Event;
use homepay_domain::ids::OrderId;
use homepay_domain::marks::{Mark, reached};
use homepay_domain::settlement::{PaymentCommand, PaymentStatus};
use homepay_domain::time::UnixMs;
use std::collections::{BTreeMap, BTreeSet};

/// How many requests are on their way to the wallet at once.
pub const REQUESTS_MAX: usize = 4;

/// Back-pressure: for so long after a turn of more than `BUSY_LEN` events the house counts as busy,
/// in milliseconds.
const BUSY_MS: i64 = 25;

/// While the house is busy, wallet calls are delayed by so much and sent one at a time, so that
/// replies to speakers go first, in milliseconds. The money is held already, so a payment may start
/// later.
const PUT_OFF_MS: i64 = 1_000;

/// How long the worker sleeps at most when nothing is due, in milliseconds: a clock that was set
/// forward is noticed within it.
const IDLE_MS: u64 = 500;

/// How many payments in doubt are asked about as soon as the wallet answers clearly again: few, so
/// that a wallet that has just come back is not overrun.
const HURRY_LEN: usize = 4;

/// While the wallet gives no clear answers, one payment in doubt is asked about so often, in
/// milliseconds, to notice when the wallet is back.
const PROBE_EVERY_MS: i64 = 3_000;

/// The least wait between two questions about the same payment in doubt, in milliseconds.
const HURRY_AFTER_MS: i64 = 500;

/// How far ahead of the last turn's time a request may be signed, in milliseconds; turns are at
/// most [`super::TICK_MS`] apart. Bounds what a clock that leaps ahead for a moment can sign: such
/// a request would stay valid after the books believe it expired.
const SIGNED_AHEAD_MS: i64 = 1_000;

/// One thing to ask.
#[derive(Clone, Debug)]
pub struct WalletTask {
    pub order: OrderId,
    /// Numbers what is handed out for the order.
    pub number: u32,
    pub ask: PaymentCommand,
    pub due: UnixMs,
}

/// What the worker is told.
#[derive(Clone, Debug)]
pub enum WorkerMessage {
    Ask(WalletTask),
    /// The wallet itself says that something happened to a payment: what waits for it leaves now.
    Expedite(OrderId),
    /// Many things were decided in one turn: more are coming.
    Busy,
    /// A turn stands, at this time of the clock.
    Seen(UnixMs),
}

/// Errands that wait, one an order, by due time.
#[derive(Default)]
struct WalletTasks {
    by_order: BTreeMap<OrderId, WalletTask>,
    by_due: BTreeSet<(UnixMs, OrderId)>,
    /// Orders that the wallet gave no clear answer about, and since when.
    doubtful: BTreeMap<OrderId, UnixMs>,
}

impl WalletTasks {
    fn put(&mut self, wallet_task: WalletTask) {
        if let Some(old) = self.by_order.get(&wallet_task.order) {
            self.by_due.remove(&(old.due, old.order.clone()));
        }
        self.by_due.insert((wallet_task.due, wallet_task.order.clone()));
        self.by_order.insert(wallet_task.order.clone(), wallet_task);
    }

    /// What waits for a payment leaves now.
    fn hurry(&mut self, payment: &OrderId, now: UnixMs) {
        let waits =
            self.by_order.values().find(|wallet_task| wallet_task.ask.order() == payment).cloned();
        if let Some(wallet_task) = waits {
            self.put(WalletTask { due: now.min(wallet_task.due), ..wallet_task });
        }
    }

    /// The wallet gives clear answers again: some of what waits because it did not leave now.
    fn hurry_doubtful(&mut self, len_max: usize, now: UnixMs) {
        let is_rested = |since: &UnixMs| now.since_ms(*since) >= HURRY_AFTER_MS;
        let orders: Vec<OrderId> = self
            .doubtful
            .iter()
            .filter(|(_, since)| is_rested(since))
            .map(|(order, _)| order.clone())
            .take(len_max)
            .collect();
        for order in orders {
            reached(Mark::DoubtHurried);
            self.doubtful.remove(&order);
            if let Some(wallet_task) = self.by_order.get(&order).cloned() {
                self.put(WalletTask { due: now.min(wallet_task.due), ..wallet_task });
            }
        }
    }

    fn take_due(&mut self, now: UnixMs) -> Option<WalletTask> {
        let (due, _) = self.by_due.first()?;
        if *due > now {
            return None;
        }
        let (_, order) = self.by_due.pop_first()?;
        self.by_order.remove(&order)
    }

    fn wait_ms(&self, now: UnixMs) -> u64 {
        let due = self.by_due.first().map_or(i64::MAX, |(due, _)| due.since_ms(now));
        u64::try_from(due.max(1)).unwrap_or(1).min(IDLE_MS)
    }
}

/// A task that leaves now.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub task: WalletTask,
    /// The time that its request is signed with.
    pub signed_at: UnixMs,
}

/// What waits, and what is on its way. Time is the books'.
pub struct WalletSchedule {
    waiting: WalletTasks,
    under_way: usize,
    probed_at: UnixMs,
    busy_until: UnixMs,
    /// The time of the last turn; before the first one nothing is sent.
    seen: Option<UnixMs>,
}

impl WalletSchedule {
    #[must_use]
    pub fn new(now: UnixMs) -> WalletSchedule {
        WalletSchedule {
            waiting: WalletTasks::default(),
            under_way: 0,
            probed_at: now,
            busy_until: UnixMs(i64::MIN),
            seen: None,
        }
    }

    /// Takes what the engine tells.
    pub fn handle(&mut self, message: WorkerMessage, now: UnixMs) {
        match message {
            WorkerMessage::Ask(wallet_task) => self.waiting.put(wallet_task),
            WorkerMessage::Expedite(order) => self.waiting.hurry(&order, now),
            WorkerMessage::Seen(at) => self.seen = Some(at),
            WorkerMessage::Busy => self.busy_until = now.plus_ms(BUSY_MS),
        }
    }

    fn requests_max(&self, now: UnixMs) -> usize {
        if now < self.busy_until { 1 } else { REQUESTS_MAX }
    }

    /// The next task that leaves now; its answer, or its loss, must be told.
    pub fn next(&mut self, now: UnixMs) -> Option<Dispatch> {
        if now.since_ms(self.probed_at) >= PROBE_EVERY_MS {
            self.probed_at = now;
            self.waiting.hurry_doubtful(1, now);
        }
        let seen = self.seen.filter(|_| self.under_way < self.requests_max(now))?;
        let is_busy = now < self.busy_until;
        if is_busy && self.waiting.by_due.first().is_some_and(|(due, _)| *due <= now) {
            reached(Mark::WalletPutOff);
        }
        let due = if is_busy { now.plus_ms(-PUT_OFF_MS) } else { now };
        let task = self.waiting.take_due(due)?;
        self.under_way += 1;
        Some(Dispatch { task, signed_at: now.min(seen.plus_ms(SIGNED_AHEAD_MS)) })
    }

    /// An answer came back, or nothing did: the event that it is.
    pub fn answered(&mut self, task: WalletTask, answer: PaymentStatus, now: UnixMs) -> Event {
        self.under_way = self.under_way.saturating_sub(1);
        if matches!(answer, PaymentStatus::Unknown { .. }) {
            self.waiting.doubtful.insert(task.order.clone(), now);
        } else {
            self.waiting.doubtful.remove(&task.order);
            self.waiting.hurry_doubtful(HURRY_LEN, now);
        }
        let WalletTask { order, number, ask, due: _ } = task;
        Event::WalletAnswered { order, number, asked: ask, answer }
    }

    /// A request ended without any answer, not even that there is none.
    pub fn lost(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// How long nothing leaves unless something comes, in milliseconds.
    #[must_use]
    pub fn wait_ms(&self, now: UnixMs) -> u64 {
        if now < self.busy_until {
            BUSY_MS.unsigned_abs()
        } else if self.under_way >= self.requests_max(now) {
            IDLE_MS
        } else {
            self.waiting.wait_ms(now)
        }
    }

    /// When the next task is due; none where nothing waits.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMs> {
        self.waiting.by_due.first().map(|(due, _)| *due)
    }

    /// The orders that something waits for.
    pub fn orders(&self) -> impl Iterator<Item = &OrderId> {
        self.waiting.by_order.keys()
    }
}
