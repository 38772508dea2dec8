//! The one way through the house: intake → queue → turn → outbox.
//!
//! Only [`turn`] writes. Workers write nothing: what came back, and what fell due, are events that
//! come in by the same door.

pub mod backlog;
pub mod balance;
pub mod before_run;
pub mod clock;
mod clock_held;
pub mod counters;
mod homeassistant;
pub mod intake;
pub mod pins;
pub mod prices;
mod publishing;
mod repeats;
pub mod run;
pub mod settle;
pub mod speak;
pub mod turn;
pub mod vitals;
pub mod voice;

use homepay_domain::book::Book;
use homepay_domain::decision::Told;
use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use homepay_domain::reply::Reply;
use homepay_ports::AckTicket;
use tokio::sync::oneshot;

/// How many things may wait for a turn. Beyond it the broker is made to wait.
pub const QUEUE_LEN_MAX: usize = 1_024;

/// How many things one turn takes at most.
pub const BATCH_LEN_MAX: usize = 256;

/// How often time is looked at, in milliseconds: deadlines are late by no more.
pub const TICK_MS: u64 = 250;

/// What a turn decides.
#[derive(Debug)]
pub enum Work {
    /// Something happened.
    Event(Event),
    /// An owner asked for it over MQTT, and is answered.
    Request(Event, Mark),
    /// A message was refused at the edge; its device is told.
    Refusal(Box<Reply>),
}

impl Work {
    /// True for what must have a turn of its own: edits look at rows that earlier events of the
    /// same turn have not written yet.
    #[must_use]
    pub const fn stands_alone(&self) -> bool {
        match self {
            Work::Event(Event::OwnerWished { .. } | Event::ClockStepped { .. })
            | Work::Request(..) => true,
            Work::Event(_) | Work::Refusal(_) => false,
        }
    }
}

impl Work {
    /// Its name in the journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Work::Event(event) | Work::Request(event, _) => turn::kind(event),
            Work::Refusal(_) => "refused",
        }
    }
}

/// How the answer to an owner's request is marked.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The request's verb.
    pub verb: String,
    /// The caller's mark.
    pub transaction: String,
    /// The device that it asks about, where it is about one.
    pub device: Option<Name>,
}

/// Who waits for what comes of it.
#[derive(Debug)]
pub enum Ticket {
    /// The broker, for its acknowledgement.
    Broker(AckTicket),
    /// An owner, for a word.
    Owner(oneshot::Sender<Told>),
    /// Nobody.
    Nobody,
}

/// A look at the book, between turns.
pub type Look = Box<dyn FnOnce(&Book) + Send>;

/// What may come through the door.
#[expect(clippy::large_enum_variant, reason = "nearly all are work: a box each would cost more")]
pub enum Input {
    /// To be decided.
    Work(Work, Ticket),
    /// A PIN: compared beside the flow where it is worth it.
    Pin(pins::WaitingPin),
    /// The broker has publications.
    Published(Vec<u64>),
    /// A question that changes nothing.
    Look(Look),
}
