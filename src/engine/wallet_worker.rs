//! The wallet's worker: what the outbox asks of the wallet is sent when it is due, and what comes
//! back goes through the door as an event. It decides nothing and writes nothing.

use super::{Input, Ticket, Work, counters};
use homepay_domain::event::Event;
use homepay_domain::ids::OrderId;
use homepay_domain::settlement::{PaymentCommand, PaymentStatus};
use homepay_domain::time::UnixMs;
use homepay_ports::{Clock, Entropy, HttpTransport};
use homepay_wallets::Connector;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

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

pub struct WalletWorker<W: ?Sized, C> {
    /// Writes requests and reads answers.
    pub connector: Arc<dyn Connector>,
    pub wallet: Arc<W>,
    pub clock: C,
    pub entropy: Box<dyn Entropy>,
    pub queue: mpsc::Sender<Input>,
}

impl<W: HttpTransport + ?Sized, C: Clock> WalletWorker<W, C> {
    /// Works until there is nothing more to come.
    pub async fn run(mut self, mut tasks: mpsc::UnboundedReceiver<WorkerMessage>) {
        let mut waiting = WalletTasks::default();
        let mut under_way: JoinSet<(WalletTask, PaymentStatus)> = JoinSet::new();
        let mut probed_at = self.clock.now();
        let mut busy_until = UnixMs(i64::MIN);
        let mut seen: Option<UnixMs> = None;
        loop {
            let now = self.clock.now();
            let busy = now < busy_until;
            let requests_max = if busy { 1 } else { REQUESTS_MAX };
            if now.since_ms(probed_at) >= PROBE_EVERY_MS {
                probed_at = now;
                waiting.hurry_doubtful(1, now);
            }
            let due = if busy { now.plus_ms(-PUT_OFF_MS) } else { now };
            while let Some(seen) = seen.filter(|_| under_way.len() < requests_max) {
                let Some(wallet_task) = waiting.take_due(due) else { break };
                let nonce = self.entropy.bytes16();
                let (connector, wallet) = (self.connector.clone(), self.wallet.clone());
                let signed_at = now.min(seen.plus_ms(SIGNED_AHEAD_MS));
                under_way.spawn(async move {
                    let request = connector.request(&wallet_task.ask, signed_at, nonce);
                    let reply = wallet.send(request.clone()).await;
                    let answer = connector.answer(&wallet_task.ask, &request, reply, signed_at);
                    (wallet_task, answer)
                });
            }
            let wait = if busy {
                BUSY_MS.unsigned_abs()
            } else if under_way.len() >= requests_max {
                IDLE_MS
            } else {
                waiting.wait_ms(now)
            };
            let wait = Duration::from_millis(wait);
            // Answers first: they free places, and their orders wait.
            tokio::select! {
                biased;
                Some(done) = under_way.join_next() => {
                    if let Ok((wallet_task, answer)) = done {
                        let now = self.clock.now();
                        if matches!(answer, PaymentStatus::Unknown { .. }) {
                            waiting.doubtful.insert(wallet_task.order.clone(), now);
                        } else {
                            waiting.doubtful.remove(&wallet_task.order);
                            waiting.hurry_doubtful(HURRY_LEN, now);
                        }
                        if !self.report(wallet_task, answer).await {
                            return;
                        }
                    }
                }
                task = tasks.recv() => match task {
                    Some(WorkerMessage::Ask(wallet_task)) => waiting.put(wallet_task),
                    Some(WorkerMessage::Expedite(order)) => waiting.hurry(&order, now),
                    Some(WorkerMessage::Seen(at)) => seen = Some(at),
                    Some(WorkerMessage::Busy) => busy_until = self.clock.now().plus_ms(BUSY_MS),
                    None => return,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn report(&self, wallet_task: WalletTask, answer: PaymentStatus) -> bool {
        counters::wallet_answer(name_of(&answer));
        if let PaymentStatus::Unknown { why } = &answer {
            tracing::debug!(order = %wallet_task.order, why, "the wallet gives no clear answer");
        }
        let unclear = matches!(answer, PaymentStatus::Unknown { .. });
        counters::wallet_up(!unclear);
        let event = Event::WalletAnswered {
            order: wallet_task.order,
            number: wallet_task.number,
            asked: wallet_task.ask,
            answer,
        };
        self.queue.send(Input::Work(Work::Event(event), Ticket::Nobody)).await.is_ok()
    }
}

fn name_of(answer: &PaymentStatus) -> &'static str {
    match answer {
        PaymentStatus::Authorized { .. } => "authorized",
        PaymentStatus::Paid { .. } => "paid",
        PaymentStatus::Voided => "voided",
        PaymentStatus::Declined { .. } => "declined",
        PaymentStatus::Pending => "pending",
        PaymentStatus::Absent { .. } => "absent",
        PaymentStatus::Unknown { .. } => "unknown",
    }
}
