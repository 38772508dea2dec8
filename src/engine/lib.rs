//! The one way through the house: intake → queue → turn → outbox.
//!
//! Only [`turn`] writes, and only [`view`] is read: every turn that stands publishes one. Workers write nothing: what came back, and what fell due, are events that
//! come in by the same door.

pub mod backlog;
pub mod balance;
pub mod before_run;
mod clock_held;
pub mod clock_watch;
pub mod counters;
pub mod event_loop;
mod homeassistant;
pub mod intake;
pub mod pins;
pub mod price_worker;
mod repeats;
pub mod state_publisher;
pub mod state_views;
pub mod turn;
pub mod view;
pub mod vitals;
pub mod voice;
pub mod wallet_worker;

use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use homepay_domain::reply::Reply;
use homepay_ports::AckTicket;
use tokio::sync::oneshot;

/// How many publications a watcher may be behind before it misses some, and is told so.
pub const WATCHED_LEN_MAX: usize = 1_024;

/// How many things may wait for a turn. Beyond it the broker is made to wait.
pub const QUEUE_LEN_MAX: usize = 1_024;

/// How many things one turn takes at most.
pub const BATCH_LEN_MAX: usize = 256;

/// How often time is looked at, in milliseconds: deadlines are late by no more.
pub const TICK_MS: u64 = 250;

/// What a turn decides.
#[derive(Debug)]
pub enum Work {
    Event(Event),
    /// An owner asked for it over MQTT, and is answered.
    Request(Event, RequestRef),
    /// A message was refused at the edge; its device is told.
    Refusal(Box<Reply>),
}

impl Work {
    /// True for what must have a turn of its own: edits look at rows that earlier events of the
    /// same turn have not written yet.
    #[must_use]
    pub const fn stands_alone(&self) -> bool {
        match self {
            Work::Event(Event::OwnerCommanded { .. } | Event::ClockStepped { .. })
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
pub struct RequestRef {
    pub verb: String,
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
    Owner(oneshot::Sender<CommandOutcome>),
    Nobody,
}

/// What the engine takes in.
#[expect(clippy::large_enum_variant, reason = "nearly all are work: a box each would cost more")]
pub enum Input {
    Work(Work, Ticket),
    /// A PIN: compared beside the flow where it is worth it.
    Pin(pins::WaitingPin),
    /// The broker has publications.
    Published(Vec<u64>),
    /// Told once everything that came before it is decided.
    Reached(oneshot::Sender<()>),
}
