//! The one way through the hub: intake → queue → turn → outbox.
//!
//! Only [`turn`] writes, and only [`view`] is read: every turn that stands publishes one. Workers
//! write nothing: what came back, and what fell due, are events that come in by the same way.
//!
//! What decides is values: [`machine::Machine`], [`intake::Intake`],
//! [`wallet_schedule::WalletSchedule`] and [`state_publisher::StatePublisher`] take inputs and the time, and give outputs. They wait for nothing
//! and ask no clock. [`event_loop`], [`intake_loop`], [`wallet_worker`] and [`state_loop`] drive them with tokio where
//! the hub ships; the simulation drives them with a clock of its own.

pub mod backlog;
pub mod balance;
pub mod before_run;
mod clock_held;
pub mod clock_watch;
pub mod counters;
pub mod event_loop;
mod homeassistant;
pub mod intake;
pub mod intake_loop;
pub mod machine;
pub mod notice_schedule;
pub mod notice_worker;
mod numbers;
mod outage;
pub mod pins;
pub mod price_worker;
mod rates;
mod refusal_log;
mod repeats;
pub mod state_loop;
pub mod state_publisher;
pub mod state_views;
pub mod time_point;
pub mod turn;
pub mod view;
pub mod vitals;
pub mod voice;
pub mod wallet_schedule;
pub mod wallet_worker;

use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use homepay_domain::reply::Reply;
use homepay_ports::AckTicket;
use homepay_protocols::homeassistant::number::NumberRequest;
use tokio::sync::oneshot;
use turn::Incoming;

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
            Work::Event(
                Event::OwnerCommanded { .. }
                | Event::AccessRequested { .. }
                | Event::ClockStepped { .. },
            )
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
    /// A speaker, for words: it asked for something that is done before it is said.
    Speaker(Box<voice::SpeakerWaits>),
    /// An entity of Home Assistant, for how the limit stands.
    Entity(Box<homeassistant::EntityWaits>),
    Nobody,
}

impl Ticket {
    /// True for who is told at once that the store fails, so that it is not done later.
    #[must_use]
    pub const fn is_refused_in_outage(&self) -> bool {
        match self {
            Ticket::Owner(_) | Ticket::Speaker(_) | Ticket::Entity(_) => true,
            Ticket::Broker(_) | Ticket::Nobody => false,
        }
    }
}

/// What the engine takes in.
#[expect(clippy::large_enum_variant, reason = "nearly all are work: a box each would cost more")]
pub enum Input {
    /// To be decided in a turn.
    Work(Incoming<Ticket>),
    /// What a speaker said that only the books know the meaning of.
    Spoken(Box<voice::Spoken>),
    /// A PIN: compared beside the flow where it is worth it.
    Pin(Box<pins::WaitingPin>),
    /// A PIN that was compared, and the members whose it is.
    ComparedPin(Box<pins::WaitingPin>, Vec<Name>),
    /// What was decided of the last PIN stands: the next may be compared.
    NextPin,
    /// A limit was asked for by an entity of Home Assistant.
    Number(Box<NumberRequest>, AckTicket),
    /// The broker has publications.
    Published(Vec<u64>),
    /// The broker is there again.
    BrokerUp,
}

impl Input {
    #[must_use]
    pub const fn event(event: Event, ticket: Ticket) -> Input {
        Input::Work(Incoming { work: Work::Event(event), ticket })
    }
}
