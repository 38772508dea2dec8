//! The books of one home, as the engine writes them.

use super::broker::Publication;
use homepay_domain::book::Book;
use homepay_domain::decision::Decision;
use homepay_domain::event::Digest;
use homepay_domain::facts::{Facts, Needs};
use homepay_domain::ids::OrderId;
use homepay_domain::notice::Notice;
use homepay_domain::settlement::PaymentCommand;
use homepay_domain::time::UnixMs;

/// Something that stands committed in the outbox and is to leave the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// To the broker, until it has acknowledged it.
    Publish {
        /// The outbox's number for it.
        id: u64,
        /// The message, ready to be published.
        publication: Publication,
    },
    /// To the wallet; its answer comes back as an event. Takes the place of what was asked before
    /// for the same order.
    Ask {
        /// The order that the command belongs to.
        order: OrderId,
        /// Numbers what is handed out for the order.
        number: u32,
        /// What the wallet is asked to do.
        ask: PaymentCommand,
        /// It must not leave before this instant.
        due: UnixMs,
    },
    /// To a person, when it is due; what came of it comes back as an event. One that is over is not
    /// told. It stands in the books, which hand it out again after a start.
    Notify(Box<Notice>),
}

/// What a decision says to the outside, in bytes, ready for the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedEffects {
    /// Messages to publish, in this order.
    pub publications: Vec<Publication>,
    /// To ask of the wallet: order, number, what, when.
    pub asks: Vec<(OrderId, u32, PaymentCommand, UnixMs)>,
    /// To tell people, or not to tell any more.
    pub notices: Vec<Notice>,
    /// Which message was answered (its digest), about which order, and which of the publications
    /// answers it; none where it was met with silence.
    pub remembered: Option<(Digest, OrderId, Option<usize>)>,
}

/// The books of one home. Only `engine::turn` writes; a turn is all or nothing.
pub trait Store: Send {
    /// What the implementor fails with; shown in logs and health.
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
    fn cached_reply(&self, digest: &str) -> Option<Publication>;

    /// Writes a decision and what it says; seen by the facts of the turn's next events.
    fn write(&mut self, kind: &'static str, decision: &Decision, spoken: EncodedEffects);

    /// Makes the turn stand, and hands over what may leave the house now.
    fn commit(&mut self) -> impl Future<Output = Result<Vec<Outgoing>, Self::Error>> + Send;

    /// Forgets the turn: the books are as they were before it.
    fn abandon(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What is in the outbox: after a start, to send again.
    fn outbox(&mut self) -> impl Future<Output = Result<Vec<Outgoing>, Self::Error>> + Send;

    /// True while the store answers.
    fn ping(&mut self) -> impl Future<Output = bool> + Send;

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
