//! What happened, in the past tense: the closed list of what may come through the door.
//!
//! Each variant says how often it may come and what a crash does to it. An event is decided in one
//! turn, and its source hears of it only after the turn was committed; a crash before that leaves
//! no trace of it, and the source says it again.

use super::access::AccessRequest;
use super::actor::Actor;
use super::approval::ApprovalProof;
use super::household::{Household, Lang};
use super::ids::{Name, OrderId};
use super::limits::Limit;
use super::meter::Quantity;
use super::money::{Currency, Minor};
use super::notice::{DeliveryOutcome, Route};
use super::payable::Payable;
use super::settlement::{PaymentCommand, PaymentStatus};
use super::tariff::SpotPrices;
use super::time::UnixMs;
use super::timekeeper::{ClockStanding, ClockWitness, TimeAnchor};
use super::unclear::{Doubt, Unclear};
use super::usage::correction::{Correction, Imported};
use super::usage_bill::Recomputed;
use rust_decimal::Decimal;
use std::sync::Arc;

/// A hash of a message's bytes, as hex. Cheap to clone.
pub type Digest = Arc<str>;

/// What a verified envelope says of itself. The signature held; whether it is new is decided here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Who signed with which key, as [`super::replay::window_name`] names it.
    pub signer: Arc<str>,
    /// Counts the signer's starts.
    pub epoch: u64,
    pub seq: u64,
    /// When it signed, in unix seconds.
    pub ts: i64,
    /// The whole message, hashed.
    pub digest: Digest,
}

/// When a device measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingTime {
    /// As the device told it: what comes with the same time twice is the same.
    Reported(UnixMs),
    /// It did not tell: when its message was heard. What comes twice is two readings, in the order
    /// in which it came.
    Received(UnixMs),
}

impl ReadingTime {
    /// The time, whoever told it.
    #[must_use]
    pub const fn at(self) -> UnixMs {
        match self {
            ReadingTime::Reported(at) | ReadingTime::Received(at) => at,
        }
    }
}

/// An order as it was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    pub device: Name,
    /// The asker's id for it.
    pub order: OrderId,
    /// What was asked, hashed.
    pub fingerprint: Digest,
    /// The items, or what was missing to know them.
    pub items: Result<Vec<(Name, Decimal)>, Unclear>,
    /// Who spoke, where known.
    pub member: Option<Name>,
    /// The language of the replies.
    pub lang: Option<Lang>,
    pub session: Option<String>,
    /// The currency that the asker counts in, where it says so.
    pub currency: Option<Currency>,
    /// Why the order is confirmed by a number whatever its amount, where it is.
    pub doubt: Option<Doubt>,
    /// When it was heard, where nobody signed when it was said: such an order is not kept for later.
    pub heard_at: Option<UnixMs>,
    /// How long the asker can wait for an answer to a question, in seconds, where it is less than
    /// the home's rule.
    pub answer_within_s: Option<i64>,
}

/// What was said to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfirmationAnswer {
    /// A number, as it was heard.
    Number(String),
    /// A PIN, which was compared at the edge.
    Pin {
        /// The members whose PIN it is.
        of: Vec<Name>,
    },
    Cancel,
    /// Words that are no answer.
    Misheard,
    /// Nothing: the conversation ended before there was an answer.
    Silence,
}

/// One value of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingValue {
    pub quantity: Quantity,
    /// How much, in micro-units of the quantity's unit.
    pub micro: i64,
    /// How it is to be taken.
    pub semantics: ValueSemantics,
}

/// How a value is to be taken, where it is not simply what a counter or gauge shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueSemantics {
    /// It is of this part of the device alone, a channel or a register: its parts are added up.
    pub part: Option<String>,
    /// It counts in this window of the device's tariff alone.
    pub window: Option<String>,
    /// It is the use since the one before, and no counter.
    pub interval: bool,
    /// Energy is added up from it, over gaps of no more than so many seconds.
    pub integrate_gap_s: Option<u32>,
    /// What changes when the device's counter begins anew.
    pub marker: Option<String>,
    /// Where the counter begins again from zero, in micro-units; the household's word goes first.
    pub modulus_micro: Option<i64>,
    /// Where another figure is taken off it, as what was fed back: whether that one was told with it.
    pub net: Option<bool>,
    /// The most that such a device draws, in watts; the household's word goes first.
    pub most_w: Option<u32>,
    /// Of several sources of a quantity the lowest is used.
    pub priority: u8,
}

/// What else a device's message says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceStatus {
    /// Whether the device is there, by its own word.
    pub online: Option<bool>,
    /// How long such a device may be silent, in seconds, where its profile says so.
    pub silence_s: Option<u32>,
    /// What was not taken and why: reason, and where it stood.
    pub reasons: Vec<(String, String)>,
    /// The parts of the device whose power is no longer known, by its own word, where power is held
    /// until the next is told; none stands for what it tells of the whole.
    pub power_unknown: Vec<Option<String>>,
}

/// What an owner may want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerCommand {
    /// Say yes to an order.
    Approve(OrderId),
    /// Say yes to an order as it was looked at, with the proof of who says it.
    ApproveProven(OrderId, Box<ApprovalProof>),
    /// Say no to an order.
    Reject(OrderId),
    /// Withdraw an order that is not paid.
    Cancel(OrderId),
    /// Give money back; all that is left without an amount.
    Refund(OrderId, Option<Minor>),
    /// Give all of it back for the last order that this device paid, as whoever spoke there asks.
    RefundLast(Name),
    /// It was delivered; capture the amount, or all of it.
    Fulfil(OrderId, Option<Minor>),
    /// Put a limit in force.
    SetLimit(Box<Limit>),
    /// Lower the amount of a device's own limit, as whoever asks may: device, period and amount.
    LowerLimit(Box<Limit>),
    /// Take a limit out of force.
    RemoveLimit(Name),
    /// Take no orders: from a device, or at all.
    Freeze(Option<Name>),
    Thaw(Option<Name>),
    /// An alert was seen.
    AckAlert(String),
    /// An alert shall be quiet until then.
    SnoozeAlert(String, UnixMs),
    /// Bills for use were computed anew: what changed is put right by the next ones.
    Rerate(Vec<Recomputed>),
    /// This was used, whatever a counter said.
    CorrectUse(Box<Correction>),
    /// This was used, as a supplier's file says.
    ImportUse(Box<Imported>),
    /// A whole household in the place of the one before.
    Apply(Box<Household>),
    /// The same, where the household still stands as whoever edits it saw it.
    Edit {
        /// As it was seen.
        base: Box<Household>,
        /// As it shall be.
        next: Box<Household>,
    },
    /// Enter a bill to pay.
    AddBill(Box<Payable>),
    /// Pay a bill now.
    PayBill(Name),
    /// Take a bill back that is not paid.
    CancelBill(Name),
    /// Try whether word arrives: by one way, or by all.
    TryNotify(Option<Name>),
    /// Be told how things stand: changes nothing, and is admitted like all that does.
    Inspect,
}

impl OwnerCommand {
    /// The order that is named, where one is.
    #[must_use]
    pub const fn order(&self) -> Option<&OrderId> {
        match self {
            OwnerCommand::Approve(order)
            | OwnerCommand::ApproveProven(order, _)
            | OwnerCommand::Reject(order)
            | OwnerCommand::Cancel(order)
            | OwnerCommand::Refund(order, _)
            | OwnerCommand::Fulfil(order, _) => Some(order),
            OwnerCommand::RefundLast(_)
            | OwnerCommand::SetLimit(_)
            | OwnerCommand::LowerLimit(_)
            | OwnerCommand::RemoveLimit(_)
            | OwnerCommand::Freeze(_)
            | OwnerCommand::Thaw(_)
            | OwnerCommand::Rerate(_)
            | OwnerCommand::AckAlert(_)
            | OwnerCommand::SnoozeAlert(..)
            | OwnerCommand::AddBill(_)
            | OwnerCommand::PayBill(_)
            | OwnerCommand::CancelBill(_)
            | OwnerCommand::TryNotify(_)
            | OwnerCommand::Inspect
            | OwnerCommand::CorrectUse(_)
            | OwnerCommand::ImportUse(_)
            | OwnerCommand::Edit { .. }
            | OwnerCommand::Apply(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A device asked for an order. Comes again after a lost acknowledgement, with the same bytes.
    /// Without an envelope where the broker vouches for the asker: then the order's id, made of
    /// what was heard, tells what was heard before.
    OrderRequested(Option<Stamp>, OrderRequest),
    /// A device answered a question about an order. May come again.
    AnswerReceived {
        /// The envelope; none where the broker vouches for the device.
        stamp: Option<Stamp>,
        device: Name,
        order: OrderId,
        answer: ConfirmationAnswer,
        /// The voice session in which it was said, where it is another than the order's.
        session: Option<String>,
    },
    /// A device measured. May come again; an older one is ignored.
    ReadingReceived {
        /// The envelope; none for profiles that the broker vouches for.
        stamp: Option<Stamp>,
        device: Name,
        /// When it was measured, never later than when it was heard.
        at: ReadingTime,
        values: Vec<ReadingValue>,
        /// True when the broker kept it from earlier.
        retained: bool,
        /// What else the message says.
        status: DeviceStatus,
    },
    /// A wallet answered, or was silent too long. Once for each thing handed out; after a crash
    /// the same thing is asked about anew.
    WalletAnswered {
        order: OrderId,
        /// Which handing out it answers.
        number: u32,
        asked: PaymentCommand,
        answer: PaymentStatus,
    },
    /// An owner wants something. Signed requests may come again; the others come once.
    OwnerCommanded {
        /// The envelope; none for the control socket and the console, which know who speaks.
        stamp: Option<Stamp>,
        actor: Actor,
        command: OwnerCommand,
    },
    /// Somebody signs in or out, or gets an account. Comes once.
    AccessRequested { actor: Actor, access: AccessRequest },
    /// A list of market prices was told. Comes again as often as it is read.
    PricesReceived {
        source: Name,
        prices: SpotPrices,
        /// True when the broker kept the list from earlier.
        retained: bool,
        /// What of the list could not be taken, or not exactly, and why.
        doubts: Vec<String>,
    },
    /// The wallet said what is in it. Now and then.
    BalanceReceived {
        /// What can be spent.
        available: Minor,
    },
    /// The configuration says who is told of what. Once each start.
    RoutesRead { routes: Vec<Route> },
    /// A try to tell somebody came to an end. Once for each try; after a crash it is tried again,
    /// under the same id.
    NoticeAnswered { notice: String, delivery: DeliveryOutcome },
    /// The daemon began: what was handed out and not answered is in doubt. Once each start, before
    /// anything else.
    Started {
        /// Ties the books' time to the machine's boot.
        anchor: TimeAnchor,
    },
    /// The store commits again after turns that failed. Once for each such time.
    StoreRecovered {
        /// Since when it did not.
        since: UnixMs,
        why: String,
    },
    /// New books were begun where there had been some. Once for such books.
    BooksBegun {
        /// What became of the old ones.
        why: String,
    },
    /// The whole books were checked. After a start, and daily.
    BooksChecked {
        /// What does not hold; empty when all does.
        faults: Vec<String>,
    },
    /// The wallet knows payments that the books do not. Daily, as long as it is so.
    PaymentsUnknown {
        /// Their ids at the wallet.
        payments: Vec<String>,
    },
    /// Something could not be written though everything else can, and was given up. Rare.
    WorkSetAside {
        /// Its name in the journal.
        what: String,
        /// What the store said.
        why: String,
    },
    /// The wall clock stands otherwise than before, or the anchor of the books' time is renewed.
    /// At every start, hourly, and when it changes.
    ClockWatched {
        standing: ClockStanding,
        /// Ties the books' time to the machine's boot.
        anchor: TimeAnchor,
    },
    /// The books' time is moved: somebody agrees with a leap of the wall clock, or an owner takes
    /// one back. Once for each leap.
    ClockStepped {
        /// What the books' time was when that was found.
        from: UnixMs,
        /// By how much, in milliseconds; below zero = back.
        by_ms: i64,
        /// Who brought it about, where an owner did.
        actor: Actor,
        witness: ClockWitness,
    },
    /// Tick, every `TICK_MS` of the engine: deadlines and timers are looked at.
    ClockTicked,
}

impl Event {
    /// What the envelope said that it came in.
    #[must_use]
    pub const fn stamp(&self) -> Option<&Stamp> {
        match self {
            Event::OrderRequested(stamp, _)
            | Event::AnswerReceived { stamp, .. }
            | Event::ReadingReceived { stamp, .. }
            | Event::OwnerCommanded { stamp, .. } => stamp.as_ref(),
            Event::WalletAnswered { .. }
            | Event::AccessRequested { .. }
            | Event::PricesReceived { .. }
            | Event::BalanceReceived { .. }
            | Event::RoutesRead { .. }
            | Event::NoticeAnswered { .. }
            | Event::Started { .. }
            | Event::StoreRecovered { .. }
            | Event::BooksBegun { .. }
            | Event::BooksChecked { .. }
            | Event::PaymentsUnknown { .. }
            | Event::WorkSetAside { .. }
            | Event::ClockWatched { .. }
            | Event::ClockStepped { .. }
            | Event::ClockTicked => None,
        }
    }

    /// Who brought it about, where somebody did; readings, answers of wallets and the time are the
    /// system's own.
    #[must_use]
    pub fn actor(&self) -> Option<Actor> {
        match self {
            Event::OrderRequested(_, asked) => {
                let (device, member) = (asked.device.clone(), asked.member.clone());
                Some(Actor::Speaker { device, member })
            }
            Event::AnswerReceived { device, .. } => {
                Some(Actor::Speaker { device: device.clone(), member: None })
            }
            Event::OwnerCommanded { actor, .. }
            | Event::AccessRequested { actor, .. }
            | Event::ClockStepped { actor, .. } => {
                Some(actor.clone()).filter(|a| *a != Actor::System)
            }
            Event::ReadingReceived { .. }
            | Event::WalletAnswered { .. }
            | Event::PricesReceived { .. }
            | Event::BalanceReceived { .. }
            | Event::RoutesRead { .. }
            | Event::NoticeAnswered { .. }
            | Event::Started { .. }
            | Event::StoreRecovered { .. }
            | Event::BooksBegun { .. }
            | Event::BooksChecked { .. }
            | Event::PaymentsUnknown { .. }
            | Event::WorkSetAside { .. }
            | Event::ClockWatched { .. }
            | Event::ClockTicked => None,
        }
    }

    /// The device that asks, and the order that it asks about, where a reply is waited for.
    #[must_use]
    pub fn asker(&self) -> (Option<Name>, Option<OrderId>) {
        match self {
            Event::OrderRequested(_, asked) => {
                (Some(asked.device.clone()), Some(asked.order.clone()))
            }
            Event::AnswerReceived { device, order, .. } => {
                (Some(device.clone()), Some(order.clone()))
            }
            Event::ReadingReceived { .. }
            | Event::WalletAnswered { .. }
            | Event::OwnerCommanded { .. }
            | Event::AccessRequested { .. }
            | Event::PricesReceived { .. }
            | Event::BalanceReceived { .. }
            | Event::RoutesRead { .. }
            | Event::NoticeAnswered { .. }
            | Event::Started { .. }
            | Event::StoreRecovered { .. }
            | Event::BooksBegun { .. }
            | Event::BooksChecked { .. }
            | Event::PaymentsUnknown { .. }
            | Event::WorkSetAside { .. }
            | Event::ClockWatched { .. }
            | Event::ClockStepped { .. }
            | Event::ClockTicked => (None, None),
        }
    }
}
