//! What the engine needs of the world, as traits, and the plain values that cross them.

use crate::domain::book::Book;
use crate::domain::decision::Decision;
use crate::domain::event::Digest;
use crate::domain::facts::{Facts, Needs};
use crate::domain::ids::OrderId;
use crate::domain::settlement::Ask;
use crate::domain::time::UnixMs;
use crate::domain::timekeeper::{ClockStanding, TimeAnchor};
use std::time::Duration;

/// A message as it came from a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic it was published on.
    pub topic: String,
    /// The bytes, at most [`MESSAGE_BYTES_MAX`].
    pub payload: Vec<u8>,
    /// True when the broker kept it from earlier: never an order.
    pub retained: bool,
}

/// The largest payload that is read, in bytes. Larger ones are counted, set aside and acked.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Something to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Where to.
    pub topic: String,
    /// The bytes.
    pub payload: Vec<u8>,
    /// True when the broker shall keep it for later subscribers.
    pub retain: bool,
}

/// An HTTP request as a connector wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and, where there is one, `?query`.
    pub target: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes; empty for GET.
    pub body: Vec<u8>,
}

/// An HTTP response as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Why a request has no response. Nothing is known of what the wallet did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// No connection could be made.
    #[error("cannot reach the wallet: {0}")]
    Unreachable(String),
    /// No full response within the time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The connection broke, or what came was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// Carries a connector's request to a wallet and brings back what it said.
pub trait Wallet: Send + Sync + 'static {
    /// Sends one request. Never retries: that is the engine's decision.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, SendFault>> + Send;
}

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now. The books' clock never goes back by itself; a bare wall clock may.
    fn now(&self) -> UnixMs;
}

/// The clock of the books: goes by the monotonic clock, and believes no leap of the wall clock by
/// itself.
pub trait BooksClock: Clock {
    /// What the machine's wall clock shows.
    fn wall(&self) -> UnixMs;

    /// How the wall clock stands to the books' time.
    fn standing(&self) -> ClockStanding;

    /// Ties the books' time to the machine's boot.
    fn anchor(&self) -> TimeAnchor;

    /// Moves the books' time; the books know of it already.
    fn step(&self, by_ms: i64);
}

/// Randomness.
pub trait Entropy: Send + Sync {
    /// Sixteen random bytes, for nonces.
    fn bytes16(&mut self) -> [u8; 16];
    /// A number from 10 to 99, spoken to confirm an order.
    fn two_digits(&mut self) -> u8;
}

/// Something that stands committed in the outbox and is to leave the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// To the broker, until it has acknowledged it.
    Publish {
        /// The outbox's number for it.
        id: u64,
        /// What.
        publication: Publication,
    },
    /// To the wallet; its answer comes back as an event. Takes the place of what was asked before
    /// for the same order.
    Ask {
        /// The order.
        order: OrderId,
        /// Numbers what is handed out for the order.
        number: u32,
        /// What is asked.
        ask: Ask,
        /// When it leaves.
        due: UnixMs,
    },
}

/// What a decision says to the outside, in bytes, ready for the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// To publish.
    pub publications: Vec<Publication>,
    /// To ask of the wallet: order, number, what, when.
    pub asks: Vec<(OrderId, u32, Ask, UnixMs)>,
    /// Which message was answered (its digest), about which order, and which of the publications
    /// answers it; none where it was met with silence.
    pub remembered: Option<(Digest, OrderId, Option<usize>)>,
}

/// The books of one home. Only `engine::turn` writes; a turn is all or nothing.
pub trait Store: Send {
    /// Why it failed.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The warm book, with what this turn wrote so far.
    fn book(&self) -> &Book;

    /// Begins a turn and fetches what its events need.
    fn begin(
        &mut self,
        needs: &[Needs],
        now: UnixMs,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The facts for one event of this turn.
    fn facts(&self, needs: &Needs, chance: u8) -> Facts<'_>;

    /// What was said to a message of this turn's needs, or in this turn.
    fn said(&self, digest: &str) -> Option<Publication>;

    /// Writes a decision and what it says; seen by the facts of the turn's next events.
    fn write(&mut self, kind: &'static str, decision: &Decision, spoken: Spoken);

    /// Makes the turn stand, and hands over what may leave the house now.
    fn commit(&mut self) -> impl Future<Output = Result<Vec<Outgoing>, Self::Error>> + Send;

    /// Forgets the turn: the books are as they were before it.
    fn abandon(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What is in the outbox: after a start, to send again.
    fn outbox(&mut self) -> impl Future<Output = Result<Vec<Outgoing>, Self::Error>> + Send;

    /// True while the store answers.
    fn answers(&mut self) -> impl Future<Output = bool> + Send;

    /// Notes beside the books how far they go, so that books that lost their last turns are known.
    fn mark_progress(&mut self);

    /// True when the failure may come from what was to be written, and not from the disk, a lock or
    /// the connection: only such work may ever be given up.
    fn blames_the_work(error: &Self::Error) -> bool;

    /// True when a trifle can be committed: whoever failed alone is then to blame, not the disk.
    fn commits(&mut self) -> impl Future<Output = bool> + Send;

    /// Takes out what is too old to matter, between turns.
    fn prune(&mut self, now: UnixMs) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// A publication was acknowledged by the broker: it leaves the outbox with the next turn.
    fn published(&mut self, id: u64);
}
