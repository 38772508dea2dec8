//! The intake: what the broker brings is read, and waits in the queue for its turn. It waits for
//! nothing itself: what only the books know, and what takes long, are inputs of the engine.

use super::clock_watch::DeviceWitnesses;
use super::pins::{SpokenPin, WaitingPin};
use super::rates::{Rates, SENTENCES_PER_S, UNSIGNED_PER_S};
use super::refusal_log::RefusalLog;
use super::repeats::Repeats;
use super::time_point::TimePoint;
use super::turn::Incoming;
use super::voice::{Spoken, SpokenWords};
use super::{Input, RequestRef, Ticket, Work, counters};
use arc_swap::ArcSwap;
use homepay_domain::event::{Digest, Event};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::marks::{Mark, reached};
use homepay_domain::reply::{Code, Reply};
use homepay_ports::{AckTicket, Delivery, LinkEvent, Message, Publication};
use homepay_protocols::native::decoded::{Decoded, read_unless};
use homepay_protocols::native::owner_request::{self, OwnerRequest};
use homepay_protocols::snapshot::Snapshot;
use homepay_protocols::voice;
use homepay_protocols::voice::session_memory::SessionMemory;
use std::sync::Arc;

/// Publications that are not in the outbox (states, answers to requests) have numbers from here.
pub const TRANSIENT_ID: u64 = 1 << 62;

/// The intake's own begin here, the engine's at [`TRANSIENT_ID`].
const INTAKE_TRANSIENT_ID: u64 = TRANSIENT_ID + (1 << 61);

/// What translation needs of the home: the engine puts a new one there when the household changed.
pub type SharedSnapshot = Arc<ArcSwap<Snapshot>>;

pub struct Intake {
    /// What translation needs of the home.
    snapshot: SharedSnapshot,
    rates: Rates,
    repeats: Repeats,
    refusals: RefusalLog,
    sessions: SessionMemory,
    transient_id: u64,
    is_up: bool,
    pub(super) clock_witnesses: Arc<DeviceWitnesses>,
}

/// What comes of what was heard, to be carried on in this order.
#[derive(Default)]
pub struct IntakeOutputs {
    /// For the engine; whoever carries them waits for nothing but the queue.
    pub inputs: Vec<Input>,
    /// Of messages that hold nothing to decide.
    pub acks: Vec<AckTicket>,
    /// Answers to requests that are refused before they are decided. Where the broker has no room
    /// they are not said: whoever asked asks again.
    pub publications: Vec<(u64, Publication)>,
}

impl IntakeOutputs {
    fn event(&mut self, event: Event, ticket: AckTicket) {
        counters::message("read");
        self.inputs.push(Input::event(event, Ticket::Broker(ticket)));
    }
}

/// Somebody to be told of a refusal: the device, where it is known, and the order.
type Concerned = (Option<Name>, Option<OrderId>);

impl Intake {
    pub fn new(snapshot: SharedSnapshot, clock_witnesses: Arc<DeviceWitnesses>) -> Intake {
        Intake {
            snapshot,
            rates: Rates::default(),
            repeats: Repeats::default(),
            refusals: RefusalLog::default(),
            sessions: SessionMemory::default(),
            transient_id: INTAKE_TRANSIENT_ID,
            is_up: false,
            clock_witnesses,
        }
    }

    /// Takes what the broker brings.
    pub fn handle(&mut self, event: LinkEvent, at: &TimePoint, out: &mut IntakeOutputs) {
        match event {
            LinkEvent::Delivered(heard) => self.hear(heard, at, out),
            LinkEvent::Published(ids) => publications_done(ids, out),
            LinkEvent::Unpublishable { id, why } => {
                tracing::error!(id, why, "a publication can never be sent and is dropped");
                publications_done(vec![id], out);
            }
            LinkEvent::Up { epoch, session_present } => {
                self.is_up = true;
                counters::broker_up(true);
                tracing::info!(epoch, session_present, "connected to the broker");
                out.inputs.push(Input::BrokerUp);
            }
            LinkEvent::Down { why } => {
                // Each reason comes once.
                if std::mem::take(&mut self.is_up) {
                    tracing::warn!(why, "the broker is gone; trying again");
                } else {
                    tracing::warn!(why, "the broker cannot be reached; trying again");
                }
                counters::broker_up(false);
            }
            LinkEvent::SubscriptionRefused { filter } => {
                tracing::error!(filter, "the broker refuses a subscription: check its ACL");
            }
            LinkEvent::SetAside { topic, bytes } => {
                counters::message("too_large");
                self.refusals.warn(&format!("{bytes} bytes on {topic}"), at.steady_ms);
            }
        }
    }

    /// What a speaker said that does not sign; `None` on other topics. Our own broker knows who
    /// published it: nobody speaks for another.
    fn spoken(
        &mut self,
        snapshot: &Snapshot,
        message: &Message,
        user: Option<&str>,
        at: &TimePoint,
    ) -> Option<Decoded> {
        let channel = voice::channel_of(snapshot, &message.topic)?;
        // Before anything is read: to understand a sentence takes its time. By user where the broker
        // knows them, so that one takes nothing from the others.
        let talker = user.map_or(channel, str::to_owned);
        if !self.rates.reads(&talker) {
            let why = format!("{talker}: more than {SENTENCES_PER_S} messages a second");
            return Some(Decoded::Refused { device: None, order: None, code: Code::Risk, why });
        }
        let before = user.map(|_| self.sessions.clone());
        let heard = voice::read(snapshot, &mut self.sessions, message, at.now)?;
        let device = heard.unsigned_speaker();
        let foreign =
            user.zip(device).filter(|(user, device)| !voice::may_speak(snapshot, user, device));
        let Some((user, device)) = foreign else { return Some(heard) };
        let why =
            format!("the broker's user {user} may not speak as {device}: each speaker has its own");
        // Nothing of what it said is remembered either.
        before.into_iter().for_each(|before| self.sessions = before);
        Some(Decoded::Refused { device: None, order: None, code: Code::Forbidden, why })
    }

    fn hear(&mut self, heard: Delivery, at: &TimePoint, out: &mut IntakeOutputs) {
        let Delivery { message, ticket, user } = heard;
        let snapshot = self.snapshot.load_full();
        self.rates.set(at.steady_ms);
        let spoken = self.spoken(&snapshot, &message, user.as_deref(), at);
        let talker = spoken.as_ref().and_then(Decoded::unsigned_speaker);
        if let Some(device) = talker.filter(|device| !self.rates.hears(device)) {
            return self.says_too_much(&snapshot, device, at, ticket, out);
        }
        let worn_out = |digest: &Digest| self.repeats.is_worn_out(digest);
        let decoded = spoken.unwrap_or_else(|| read_unless(&snapshot, &message, at.now, &worn_out));
        match self.by_the_clock(decoded, at) {
            Decoded::Event(event) => out.event(event, ticket),
            Decoded::Events(mut events) => {
                // The message is acked with the last: one that comes again says nothing new.
                let last = events.pop();
                let before = events.into_iter().map(|event| Input::event(event, Ticket::Nobody));
                out.inputs.extend(before);
                match last {
                    Some(last) => out.event(last, ticket),
                    None => out.acks.push(ticket),
                }
            }
            Decoded::Pin { stamp, device, order, pin, session } => {
                counters::message("read");
                let pin = SpokenPin { stamp, device, order, pin, session };
                out.inputs.push(Input::Pin(Box::new(WaitingPin { pin, ack: ticket })));
            }
            Decoded::AnswerToOpen { speaker, said } => {
                spoke(speaker, SpokenWords::Answer(said), ticket, out);
            }
            Decoded::Misheard { speaker, event } => {
                spoke(speaker, SpokenWords::Misheard(event), ticket, out);
            }
            Decoded::Question { speaker, question } => {
                spoke(speaker, SpokenWords::Question(question), ticket, out);
            }
            Decoded::Number(asked) => out.inputs.push(Input::Number(Box::new(asked), ticket)),
            Decoded::Request(request) => {
                let OwnerRequest { verb, transaction, event, device } = request;
                let work = Work::Request(event, RequestRef { verb, transaction, device });
                let ticket = Ticket::Broker(ticket);
                out.inputs.push(Input::Work(Incoming { work, ticket }));
            }
            Decoded::Refused { device, order, code, why } => {
                self.refuse(&snapshot, (device, order), (code, &why), at, ticket, out);
            }
            Decoded::RefusedRequest { key, code, verb, transaction, why } => {
                self.refusals.refused(code, &why, at.steady_ms);
                out.acks.push(ticket);
                // Whoever heard the bytes can send them again: not told without end. Keys that are
                // not known share one allowance.
                let is_told = match key {
                    Some(key) => self.rates.tells(&key),
                    None => self.rates.tells_strangers(),
                };
                if is_told {
                    let request = (verb.as_str(), transaction.as_str());
                    let answer = owner_request::response(&snapshot.base, request, Err((code, why)));
                    out.publications.push((self.transient_id, answer));
                    self.transient_id = self.transient_id.wrapping_add(1);
                }
            }
            Decoded::Ignored(why) => {
                counters::message("ignored");
                tracing::debug!(why, "a message holds nothing for us");
                out.acks.push(ticket);
            }
        }
    }

    /// Counts a refused message, tells its device when it is known and not too often, and acks it:
    /// a poisoned message never stops the house.
    fn refuse(
        &mut self,
        snapshot: &Snapshot,
        (device, order): Concerned,
        (code, why): (Code, &str),
        at: &TimePoint,
        ticket: AckTicket,
        out: &mut IntakeOutputs,
    ) {
        self.refusals.refused(code, why, at.steady_ms);
        let Some(device) = device.filter(|device| self.rates.tells(device)) else {
            return out.acks.push(ticket);
        };
        let reply = Reply::refusal(&device, order, code, snapshot.home.lang, at.now);
        let (work, ticket) = (Work::Refusal(Box::new(reply)), Ticket::Broker(ticket));
        out.inputs.push(Input::Work(Incoming { work, ticket }));
    }

    /// Refuses what a speaker that does not sign says beyond its rate: each thing it says would stand in
    /// the books. It is told now and then.
    fn says_too_much(
        &mut self,
        snapshot: &Snapshot,
        device: &Name,
        at: &TimePoint,
        ticket: AckTicket,
        out: &mut IntakeOutputs,
    ) {
        reached(Mark::SaidTooMuch);
        let why = format!("{device} sends more than {UNSIGNED_PER_S} messages a second");
        let told = self.rates.tells_too_much(device).then(|| device.clone());
        self.refuse(snapshot, (told, None), (Code::Risk, &why), at, ticket, out);
    }
}

fn spoke(speaker: voice::Speaker, said: SpokenWords, ack: AckTicket, out: &mut IntakeOutputs) {
    out.inputs.push(Input::Spoken(Box::new(Spoken { speaker, said, ack })));
}

fn publications_done(mut ids: Vec<u64>, out: &mut IntakeOutputs) {
    ids.retain(|id| *id < TRANSIENT_ID);
    if !ids.is_empty() {
        out.inputs.push(Input::Published(ids));
    }
}
