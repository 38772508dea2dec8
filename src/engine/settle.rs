//! The wallet's worker: what the outbox asks of the wallet is sent when it is due, and what comes
//! back goes through the door as an event. It decides nothing and writes nothing.

use super::{Input, Ticket, Work, counters};
use homepay_domain::event::Event;
use homepay_domain::ids::OrderId;
use homepay_domain::settlement::{Answer, Ask};
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

/// How long a busy turn is remembered, in milliseconds.
const BUSY_MS: i64 = 25;

/// How long an errand is put off in a busy house, in milliseconds: whoever ordered waits for a word,
/// a payment whose room is held can begin a moment later. After it one errand at a time leaves.
const PUT_OFF_MS: i64 = 1_000;

/// How long the worker sleeps at most when nothing is due, in milliseconds: a clock that was set
/// forward is noticed within it.
const IDLE_MS: u64 = 500;

/// How many doubtful things one clear answer hurries: few at a time, so that a wallet that has just
/// come back is not overrun.
const HURRY_LEN: usize = 4;

/// How often one doubtful thing leaves to see whether the wallet is well again, in milliseconds,
/// however long doubt has made everything wait.
const PROBE_EVERY_MS: i64 = 3_000;

/// How long after an unclear answer the same thing may be hurried, in milliseconds.
const HURRY_AFTER_MS: i64 = 500;

/// How far ahead of the last turn's time a request may be signed, in milliseconds; turns are no
/// further apart than [`super::TICK_MS`]. A clock that leaps for a moment signs nothing that would
/// still count long after the books believe it too old.
const SIGNED_AHEAD_MS: i64 = 1_000;

/// One thing to ask.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The order.
    pub order: OrderId,
    /// Numbers what is handed out for the order.
    pub number: u32,
    /// What is asked.
    pub ask: Ask,
    /// When it leaves.
    pub due: UnixMs,
}

/// What the worker is told.
#[derive(Clone, Debug)]
pub enum Task {
    /// Ask the wallet.
    Ask(Errand),
    /// The wallet itself says that something happened to a payment: what waits for it leaves now.
    Hurry(OrderId),
    /// Many things were decided in one turn: more are coming.
    Busy,
    /// A turn stands, at this time of the clock.
    Seen(UnixMs),
}

/// Errands that wait, one an order, by due time.
#[derive(Default)]
struct Errands {
    by_order: BTreeMap<OrderId, Errand>,
    by_due: BTreeSet<(UnixMs, OrderId)>,
    /// Orders that the wallet gave no clear answer about, and since when.
    doubtful: BTreeMap<OrderId, UnixMs>,
}

impl Errands {
    fn put(&mut self, errand: Errand) {
        if let Some(old) = self.by_order.get(&errand.order) {
            self.by_due.remove(&(old.due, old.order.clone()));
        }
        self.by_due.insert((errand.due, errand.order.clone()));
        self.by_order.insert(errand.order.clone(), errand);
    }

    /// What waits for a payment leaves now.
    fn hurry(&mut self, payment: &OrderId, now: UnixMs) {
        let waits = self.by_order.values().find(|errand| errand.ask.order() == payment).cloned();
        if let Some(errand) = waits {
            self.put(Errand { due: now.min(errand.due), ..errand });
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
            if let Some(errand) = self.by_order.get(&order).cloned() {
                self.put(Errand { due: now.min(errand.due), ..errand });
            }
        }
    }

    fn take_due(&mut self, now: UnixMs) -> Option<Errand> {
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

/// The worker.
pub struct Settler<W: ?Sized, C> {
    /// Writes requests and reads answers.
    pub connector: Arc<dyn Connector>,
    /// Carries them.
    pub wallet: Arc<W>,
    /// The time.
    pub clock: C,
    /// Makes nonces.
    pub entropy: Box<dyn Entropy>,
    /// Where answers go.
    pub queue: mpsc::Sender<Input>,
}

impl<W: HttpTransport + ?Sized, C: Clock> Settler<W, C> {
    /// Works until there is nothing more to come.
    pub async fn run(mut self, mut tasks: mpsc::UnboundedReceiver<Task>) {
        let mut waiting = Errands::default();
        let mut under_way: JoinSet<(Errand, Answer)> = JoinSet::new();
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
                let Some(errand) = waiting.take_due(due) else { break };
                let nonce = self.entropy.bytes16();
                let (connector, wallet) = (self.connector.clone(), self.wallet.clone());
                let signed_at = now.min(seen.plus_ms(SIGNED_AHEAD_MS));
                under_way.spawn(async move {
                    let request = connector.request(&errand.ask, signed_at, nonce);
                    let reply = wallet.send(request.clone()).await;
                    let answer = connector.answer(&errand.ask, &request, reply, signed_at);
                    (errand, answer)
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
                    if let Ok((errand, answer)) = done {
                        let now = self.clock.now();
                        if matches!(answer, Answer::Unknown { .. }) {
                            waiting.doubtful.insert(errand.order.clone(), now);
                        } else {
                            waiting.doubtful.remove(&errand.order);
                            waiting.hurry_doubtful(HURRY_LEN, now);
                        }
                        if !self.report(errand, answer).await {
                            return;
                        }
                    }
                }
                task = tasks.recv() => match task {
                    Some(Task::Ask(errand)) => waiting.put(errand),
                    Some(Task::Hurry(order)) => waiting.hurry(&order, now),
                    Some(Task::Seen(at)) => seen = Some(at),
                    Some(Task::Busy) => busy_until = self.clock.now().plus_ms(BUSY_MS),
                    None => return,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn report(&self, errand: Errand, answer: Answer) -> bool {
        counters::wallet_answer(name_of(&answer));
        if let Answer::Unknown { why } = &answer {
            tracing::debug!(order = %errand.order, why, "the wallet gives no clear answer");
        }
        let unclear = matches!(answer, Answer::Unknown { .. });
        counters::wallet_up(!unclear);
        let event = Event::WalletAnswered {
            order: errand.order,
            number: errand.number,
            asked: errand.ask,
            answer,
        };
        self.queue.send(Input::Work(Work::Event(event), Ticket::Nobody)).await.is_ok()
    }
}

fn name_of(answer: &Answer) -> &'static str {
    match answer {
        Answer::Authorized { .. } => "authorized",
        Answer::Paid { .. } => "paid",
        Answer::Voided => "voided",
        Answer::Declined { .. } => "declined",
        Answer::Pending => "pending",
        Answer::Absent { .. } => "absent",
        Answer::Unknown { .. } => "unknown",
    }
}
