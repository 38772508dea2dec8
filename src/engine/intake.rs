//! The door: what the broker brings is read, and waits in the queue for its turn.

use super::clock_watch::DeviceWitnesses;
use super::homeassistant::NumberQueue;
use super::pins::{PinQueue, SpokenPin};
use super::repeats::Repeats;
use super::state_publisher::DueStates;
use super::view::Views;
use super::{Input, RequestRef, Ticket, Work, counters};
use arc_swap::ArcSwap;
use futures_util::FutureExt;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use homepay_domain::event::{Digest, Event};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::reply::{Code, Reply};
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_ports::{AckTicket, BooksClock, Broker, Delivery, LinkEvent, Message};
use homepay_protocols::native::decoded::{Decoded, read_unless};
use homepay_protocols::native::owner_request::{self, OwnerRequest};
use homepay_protocols::snapshot::Snapshot;
use homepay_protocols::voice;
use homepay_protocols::voice::session_memory::SessionMemory;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Refusals that one device is told of in a second; the others are only counted.
const REFUSALS_PER_S: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

/// How often a speaker that does not sign is heard in a second; in one breath it may say
/// [`UNSIGNED_BURST`] things.
const UNSIGNED_PER_S: NonZeroU32 = NonZeroU32::new(2).expect("not zero");

/// How many things a speaker that does not sign may say at once.
const UNSIGNED_BURST: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

/// How many messages a second of speakers that do not sign are read, of one channel or user.
const SENTENCES_PER_S: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

/// How many of them at once.
const SENTENCES_BURST: NonZeroU32 = NonZeroU32::new(120).expect("not zero");

/// How often such a speaker is told that it says too much, in seconds.
const TOO_MUCH_TOLD_EVERY_S: u64 = 10;

/// Least time between two warnings of refused messages, in milliseconds.
const WARN_EVERY_MS: i64 = 60_000;

/// Publications that are not in the outbox (states, answers to requests) have numbers from here.
pub const TRANSIENT_ID: u64 = 1 << 62;

pub struct Intake<C> {
    /// What translation needs of the home.
    pub snapshot: ArcSwap<Snapshot>,
    /// How the books stand.
    pub views: Arc<Views>,
    /// What is to be published of them.
    pub due: DueStates,
    pub(super) clock: C,
    pub(super) queue: mpsc::Sender<Input>,
    pub(super) phrases: Arc<Phrases>,
    /// Under which topic Home Assistant is told of entities, where it is.
    pub(super) discovery: Option<String>,
    limiter: DefaultKeyedRateLimiter<Name>,
    strangers: DefaultDirectRateLimiter,
    unsigned: DefaultKeyedRateLimiter<Name>,
    too_much: DefaultKeyedRateLimiter<Name>,
    sentences: DefaultKeyedRateLimiter<String>,
    repeats: Repeats,
    refused: AtomicU64,
    warned_at: AtomicI64,
    transient: AtomicU64,
    ears: Mutex<SessionMemory>,
    /// PINs that wait to be compared.
    pub pins: PinQueue,
    pub(super) numbers: NumberQueue,
    pub(super) clock_witnesses: Arc<DeviceWitnesses>,
}

impl<C: BooksClock> Intake<C> {
    /// A door before a queue.
    pub fn new(
        snapshot: Snapshot,
        views: Arc<Views>,
        clock: C,
        queue: mpsc::Sender<Input>,
        phrases: Arc<Phrases>,
        discovery: Option<String>,
    ) -> Intake<C> {
        let too_much = Duration::from_secs(TOO_MUCH_TOLD_EVERY_S);
        Intake {
            snapshot: ArcSwap::from_pointee(snapshot),
            views,
            due: DueStates::default(),
            clock,
            queue,
            phrases,
            discovery,
            limiter: RateLimiter::keyed(Quota::per_second(REFUSALS_PER_S)),
            strangers: RateLimiter::direct(Quota::per_second(REFUSALS_PER_S)),
            unsigned: RateLimiter::keyed(
                Quota::per_second(UNSIGNED_PER_S).allow_burst(UNSIGNED_BURST),
            ),
            sentences: RateLimiter::keyed(
                Quota::per_second(SENTENCES_PER_S).allow_burst(SENTENCES_BURST),
            ),
            repeats: Repeats::default(),
            too_much: RateLimiter::keyed(Quota::with_period(too_much).expect("not zero")),
            refused: AtomicU64::new(0),
            warned_at: AtomicI64::new(0),
            transient: AtomicU64::new(TRANSIENT_ID),
            ears: Mutex::default(),
            pins: PinQueue::default(),
            numbers: NumberQueue::default(),
            clock_witnesses: Arc::default(),
        }
    }

    /// Takes what the broker brings until it brings no more, or the queue has closed.
    pub async fn run(self: Arc<Self>, bus: Arc<dyn Broker>, mut events: mpsc::Receiver<LinkEvent>) {
        let mut up = false;
        let pins = tokio::spawn(self.clone().compare_pins().boxed());
        let numbers = tokio::spawn(self.clone().decide_numbers(bus.clone()).boxed());
        let _beside = [pins, numbers].map(AbortOnDropHandle::new);
        while let Some(event) = events.recv().await {
            let goes_on = match event {
                LinkEvent::Delivered(heard) => self.hear(&bus, heard).await,
                LinkEvent::Published(ids) => self.publications_done(ids).await,
                LinkEvent::Unpublishable { id, why } => {
                    tracing::error!(id, why, "a publication can never be sent and is dropped");
                    self.publications_done(vec![id]).await
                }
                LinkEvent::Up { epoch, session_present } => {
                    up = true;
                    counters::broker_up(true);
                    tracing::info!(epoch, session_present, "connected to the broker");
                    self.due.note_entities();
                    true
                }
                LinkEvent::Down { why } => {
                    // Each reason comes once.
                    if std::mem::take(&mut up) {
                        tracing::warn!(why, "the broker is gone; trying again");
                    } else {
                        tracing::warn!(why, "the broker cannot be reached; trying again");
                    }
                    counters::broker_up(false);
                    true
                }
                LinkEvent::SubscriptionRefused { filter } => {
                    tracing::error!(filter, "the broker refuses a subscription: check its ACL");
                    true
                }
                LinkEvent::SetAside { topic, bytes } => {
                    counters::message("too_large");
                    self.warn(self.clock.now(), &format!("{bytes} bytes on {topic}"));
                    true
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn publications_done(&self, mut ids: Vec<u64>) -> bool {
        ids.retain(|id| *id < TRANSIENT_ID);
        ids.is_empty() || self.queue.send(Input::Published(ids)).await.is_ok()
    }

    /// Devices that agree with a wall clock that leapt.
    pub fn clock_witnesses(&self) -> Arc<DeviceWitnesses> {
        self.clock_witnesses.clone()
    }

    /// A number for a publication that is not in the outbox.
    pub fn transient_id(&self) -> u64 {
        self.transient.fetch_add(1, Ordering::Relaxed)
    }

    /// What a speaker said that does not sign; `None` on other topics. Our own broker knows who
    /// published it: nobody speaks for another.
    fn spoken(
        &self,
        snapshot: &Snapshot,
        message: &Message,
        user: Option<&str>,
        now: UnixMs,
    ) -> Option<Decoded> {
        let channel = voice::channel_of(snapshot, &message.topic)?;
        // Before anything is read: to understand a sentence takes its time. By user where the broker
        // knows them, so that one takes nothing from the others.
        let talker = user.map_or(channel, str::to_owned);
        if self.sentences.check_key(&talker).is_err() {
            let why = format!("{talker}: more than {SENTENCES_PER_S} messages a second");
            return Some(Decoded::Refused { device: None, order: None, code: Code::Risk, why });
        }
        let mut ears = self.ears();
        let before = user.map(|_| ears.clone());
        let heard = voice::read(snapshot, &mut ears, message, now)?;
        let device = heard.unsigned_speaker();
        let foreign =
            user.zip(device).filter(|(user, device)| !voice::may_speak(snapshot, user, device));
        let Some((user, device)) = foreign else { return Some(heard) };
        let why =
            format!("the broker's user {user} may not speak as {device}: each speaker has its own");
        // Nothing of what it said is remembered either.
        before.into_iter().for_each(|before| *ears = before);
        Some(Decoded::Refused { device: None, order: None, code: Code::Forbidden, why })
    }

    async fn hear(&self, bus: &Arc<dyn Broker>, heard: Delivery) -> bool {
        let Delivery { message, ticket, user } = heard;
        let now = self.clock.now();
        let snapshot = self.snapshot.load_full();
        let spoken = self.spoken(&snapshot, &message, user.as_deref(), now);
        let talker = spoken.as_ref().and_then(Decoded::unsigned_speaker);
        if let Some(device) = talker.filter(|device| self.unsigned.check_key(device).is_err()) {
            return self.says_too_much(&snapshot, device, now, &**bus, ticket).await;
        }
        let worn_out = |digest: &Digest| self.repeats.is_worn_out(digest);
        let decoded = spoken.unwrap_or_else(|| read_unless(&snapshot, &message, now, &worn_out));
        match self.by_the_clock(decoded, now) {
            Decoded::Event(event) => {
                counters::message("read");
                self.enter(event, Ticket::Broker(ticket)).await
            }
            Decoded::Events(mut events) => {
                counters::message("read");
                // The message is acked with the last: one that comes again says nothing new.
                let Some(last) = events.pop() else { return true };
                for event in events {
                    let input = Input::Work(Work::Event(event), Ticket::Nobody);
                    if self.queue.send(input).await.is_err() {
                        return false;
                    }
                }
                self.enter(last, Ticket::Broker(ticket)).await
            }
            Decoded::Pin { stamp, device, order, pin, session } => {
                self.pin(SpokenPin { stamp, device, order, pin, session }, ticket).await
            }
            Decoded::AnswerToOpen { speaker, said } => {
                self.answer_to_open(bus, speaker, said, ticket).await
            }
            Decoded::Misheard { speaker, event } => {
                self.misheard(bus, speaker, *event, ticket).await
            }
            Decoded::Question { speaker, question } => {
                self.question(bus, speaker, question, ticket).await
            }
            Decoded::Number(asked) => {
                self.number(&**bus, asked, ticket);
                true
            }
            Decoded::Request(request) => self.request(request, ticket).await,
            Decoded::Refused { device, order, code, why } => {
                self.refuse(&snapshot, (device, order, code), &why, now, &**bus, ticket).await
            }
            Decoded::RefusedRequest { key, code, verb, transaction, why } => {
                self.count_refusal(code, &why);
                bus.ack(ticket);
                // Whoever heard the bytes can send them again: not told without end. Keys that are
                // not known share one allowance.
                let is_told = match key {
                    Some(key) => self.limiter.check_key(&key).is_ok(),
                    None => self.strangers.check().is_ok(),
                };
                if is_told {
                    let request = (verb.as_str(), transaction.as_str());
                    let answer = owner_request::response(&snapshot.base, request, Err((code, why)));
                    let _ = bus.publish(self.transient_id(), answer);
                }
                true
            }
            Decoded::Ignored(why) => {
                counters::message("ignored");
                tracing::debug!(why, "a message holds nothing for us");
                bus.ack(ticket);
                true
            }
        }
    }

    fn ears(&self) -> MutexGuard<'_, SessionMemory> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn enter(&self, event: Event, ticket: Ticket) -> bool {
        self.queue.send(Input::Work(Work::Event(event), ticket)).await.is_ok()
    }

    async fn request(&self, request: OwnerRequest, ack: AckTicket) -> bool {
        let OwnerRequest { verb, transaction, event, device } = request;
        let work = Work::Request(event, RequestRef { verb, transaction, device });
        self.queue.send(Input::Work(work, Ticket::Broker(ack))).await.is_ok()
    }

    /// Counts a refused message, tells its device when it is known and not too often, and acks it:
    /// a poisoned message never stops the house.
    async fn refuse(
        &self,
        snapshot: &Snapshot,
        (device, order, code): (Option<Name>, Option<OrderId>, Code),
        why: &str,
        now: UnixMs,
        bus: &dyn Broker,
        ticket: AckTicket,
    ) -> bool {
        self.count_refusal(code, why);
        let told = device.filter(|device| self.limiter.check_key(device).is_ok());
        let Some(device) = told else {
            bus.ack(ticket);
            return true;
        };
        let reply = Reply::refusal(&device, order, code, snapshot.home.lang, now);
        let work = Work::Refusal(Box::new(reply));
        self.queue.send(Input::Work(work, Ticket::Broker(ticket))).await.is_ok()
    }

    /// Refuses what a speaker that does not sign says beyond its rate: each thing it says would stand in
    /// the books. It is told now and then.
    async fn says_too_much(
        &self,
        snapshot: &Snapshot,
        device: &Name,
        now: UnixMs,
        bus: &dyn Broker,
        ticket: AckTicket,
    ) -> bool {
        let why = format!("{device} says more than {UNSIGNED_PER_S} things a second");
        let told = self.too_much.check_key(device).is_ok().then(|| device.clone());
        self.refuse(snapshot, (told, None, Code::Risk), &why, now, bus, ticket).await
    }

    /// Counts a refused message and warns of it.
    pub(super) fn count_refusal(&self, code: Code, why: &str) {
        counters::message("refused");
        counters::refused(code.as_str());
        self.warn(self.clock.now(), &format!("{}: {why}", code.as_str()));
    }

    /// One line a minute at most, with how many there were.
    fn warn(&self, now: UnixMs, example: &str) {
        let count = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        let last = self.warned_at.load(Ordering::Relaxed);
        let due = now.0.saturating_sub(last) >= WARN_EVERY_MS || now.0 < last;
        let mine = due
            && self
                .warned_at
                .compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            self.refused.store(0, Ordering::Relaxed);
            tracing::warn!(count, example, "messages were refused");
        }
    }
}
