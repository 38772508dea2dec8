//! What an event leads to: changes of the books, and effects that leave the house after them.

use super::access::AccessChange;
use super::actor::Actor;
use super::alert::Alert;
use super::approval::ApprovalProof;
use super::event::Digest;
use super::household::Household;
use super::ids::{Name, OrderId};
use super::limits::Limit;
use super::limits::used::{Hold, Used};
use super::meter::{Meter, Quantity};
use super::money::Minor;
use super::notice::{Notice, Route};
use super::order::Order;
use super::payable::Payable;
use super::replay::ReplayWindow;
use super::reply::{Code, Reply};
use super::settlement::PaymentCommand;
use super::sighting::Sighting;
use super::tariff::{SlotUse, SpotPrices};
use super::time::UnixMs;
use super::timekeeper::{ClockWitness, TimeAnchor};
use super::usage::correction::Correction;
use super::usage_bill::UsageBill;
use super::watch::AlertScan;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// One change of the books. Journalled as it stands, and applied to the warm book and to the
/// tables; nothing else changes either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Who brought about the changes after it.
    Acted { actor: Actor },
    /// Who may sign in, or is signed in, changed.
    Access { access: AccessChange },
    /// An order is new or stands differently.
    Order {
        /// How it stands now.
        order: Arc<Order>,
    },
    /// An order's room in one limit changed.
    Hold { order: OrderId, before: Option<Hold>, after: Hold },
    /// An owner said yes to an order: to which text, and how they proved who they are.
    Approved { order: OrderId, text: String, proof: Box<ApprovalProof> },
    /// Which rules were looked at for an order, in order.
    Judged { order: OrderId, looked: Vec<RuleCheck> },
    /// A signer's replay window moved.
    #[serde(rename = "heard")]
    ReplayWindowAdvanced { signer: Arc<str>, window: ReplayWindow },
    /// A limit has a new version.
    Limit {
        limit: Box<Limit>,
        /// The version before it, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Limit>>,
        /// What earlier orders took of the period that it now counts, where the edit changed the
        /// period: all that this period holds, and it stays taken until the period ends.
        carried: Vec<(OrderId, Hold)>,
    },
    /// A limit is out of force.
    LimitRemoved { limit: Name, at: UnixMs },
    /// A device or the home was frozen or thawed.
    Frozen {
        /// The device; none = the home.
        device: Option<Name>,
        frozen: bool,
    },
    /// A wrong number or PIN was said on a device.
    Guessed { device: Name, at: UnixMs },
    /// The household changed. Not journalled in full: it holds keys.
    Household {
        #[serde(skip)]
        household: Box<Household>,
        /// The hash of its document, as the store journals it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
        at: UnixMs,
        /// What changed, a line a thing: `devices.washer changed`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed: Vec<String>,
    },
    /// A counter or gauge was read.
    Read {
        device: Name,
        quantity: Quantity,
        /// The counter after it.
        meter: Meter,
        /// What it showed, in micro-units.
        micro: i64,
        at: UnixMs,
        /// What was used since the one before.
        added: Vec<SlotUse>,
    },
    /// A device was heard: whether it is there, and what was not taken.
    Sighted {
        device: Name,
        /// What is known now.
        sighting: Box<Sighting>,
    },
    /// An alert fired, or was taken note of.
    Alert {
        /// How it stands now.
        alert: Box<Alert>,
    },
    /// An owner put use right. What it was stays here; slot by slot it is in the use only.
    Corrected {
        correction: Box<Correction>,
        /// What stood before, in micro-units.
        was: i64,
        at: UnixMs,
        /// What it adds to the use, or takes away.
        #[serde(skip)]
        added: Vec<SlotUse>,
    },
    /// A bill for use was made, computed anew, or put right by another.
    UsageBill {
        /// As it stands now.
        bill: Box<UsageBill>,
    },
    /// Market prices became known, or others than before: what was told before stays in the store.
    Prices {
        source: Name,
        prices: SpotPrices,
        /// When they were told.
        at: UnixMs,
    },
    /// Something was looked at for alerts. Kept at hand only.
    #[serde(rename = "looked")]
    AlertScanned { look: AlertScan, at: UnixMs },
    /// A month's bills were made.
    Billed {
        /// The month, as `2026-11`.
        period: String,
    },
    /// The books' time is tied to the machine's boot. Not journalled.
    TimeAnchored { anchor: TimeAnchor },
    /// The books' time was moved.
    ClockStepped { from: UnixMs, to: UnixMs, witness: ClockWitness },
    /// A counter's times were moved with the books' time.
    MeterMoved {
        device: Name,
        quantity: Quantity,
        /// The counter after it.
        meter: Meter,
        /// What that adds to the use and takes from it, slot by slot.
        added: Vec<SlotUse>,
    },
    /// A notice is new or stands differently. Not journalled: what it is about is.
    Notice { notice: Box<Notice> },
    /// The configuration says otherwise who is told of what.
    NotifyRoutes { routes: Vec<Route> },
    /// A bill to pay is new or stands differently.
    Payable {
        /// How it stands now.
        payable: Box<Payable>,
    },
}

impl Change {
    /// The order that it is about, where it is one's new state.
    pub fn order(&self) -> Option<&Order> {
        if let Change::Order { order } = self { Some(order) } else { None }
    }

    /// True for changes that the edge must know of to read messages.
    pub fn alters_household(&self) -> bool {
        match self {
            Change::Household { .. } | Change::Limit { .. } | Change::LimitRemoved { .. } => true,
            Change::Acted { .. }
            | Change::Access { .. }
            | Change::Order { .. }
            | Change::Hold { .. }
            | Change::Approved { .. }
            | Change::Judged { .. }
            | Change::ReplayWindowAdvanced { .. }
            | Change::Frozen { .. }
            | Change::Guessed { .. }
            | Change::Read { .. }
            | Change::Sighted { .. }
            | Change::Alert { .. }
            | Change::AlertScanned { .. }
            | Change::Prices { .. }
            | Change::Billed { .. }
            | Change::UsageBill { .. }
            | Change::Corrected { .. }
            | Change::TimeAnchored { .. }
            | Change::ClockStepped { .. }
            | Change::MeterMoved { .. }
            | Change::Notice { .. }
            | Change::NotifyRoutes { .. }
            | Change::Payable { .. } => false,
        }
    }

    /// True when it changes what use cost before an instant, or by what it is computed.
    pub fn alters_costs(&self, before: UnixMs) -> bool {
        match self {
            Change::Household { .. } | Change::Prices { .. } | Change::MeterMoved { .. } => true,
            Change::Read { added, .. } | Change::Corrected { added, .. } => {
                added.iter().any(|of| of.slot.start() < before)
            }
            Change::Acted { .. }
            | Change::Access { .. }
            | Change::Order { .. }
            | Change::Hold { .. }
            | Change::Approved { .. }
            | Change::Judged { .. }
            | Change::ReplayWindowAdvanced { .. }
            | Change::Limit { .. }
            | Change::LimitRemoved { .. }
            | Change::Frozen { .. }
            | Change::Guessed { .. }
            | Change::Sighted { .. }
            | Change::Alert { .. }
            | Change::AlertScanned { .. }
            | Change::Billed { .. }
            | Change::UsageBill { .. }
            | Change::TimeAnchored { .. }
            | Change::ClockStepped { .. }
            | Change::Notice { .. }
            | Change::NotifyRoutes { .. }
            | Change::Payable { .. } => false,
        }
    }

    /// False for changes that are too many and carry no money: readings.
    pub fn is_journalled(&self) -> bool {
        match self {
            Change::Read { .. }
            | Change::Sighted { .. }
            | Change::ReplayWindowAdvanced { .. }
            | Change::Prices { .. }
            | Change::TimeAnchored { .. }
            | Change::Notice { .. }
            | Change::AlertScanned { .. } => false,
            Change::Acted { .. }
            | Change::Access { .. }
            | Change::Order { .. }
            | Change::Hold { .. }
            | Change::Approved { .. }
            | Change::Judged { .. }
            | Change::Limit { .. }
            | Change::LimitRemoved { .. }
            | Change::Frozen { .. }
            | Change::Guessed { .. }
            | Change::Household { .. }
            | Change::Alert { .. }
            | Change::Billed { .. }
            | Change::UsageBill { .. }
            | Change::Corrected { .. }
            | Change::ClockStepped { .. }
            | Change::MeterMoved { .. }
            | Change::NotifyRoutes { .. }
            | Change::Payable { .. } => true,
        }
    }
}

/// A rule that was looked at. Figures that it does not have are not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCheck {
    /// Which check: `frozen`, `item`, `hours`, `category`, `payee`, `order`, `amount`, `count`,
    /// `risk`, `confirm`, `approve`.
    pub check: Cow<'static, str>,
    /// The limit, where one was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// What was asked of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Minor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Minor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<Minor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Minor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Minor>,
    /// Orders so far and the most of them, where orders are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<(u32, u32)>,
    /// When it has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<UnixMs>,
    /// `pass`, `confirm`, `approve`, or the code that refused.
    pub verdict: Cow<'static, str>,
}

/// What shall leave the house once the changes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the asker. Written with the decision; sent until the broker has it.
    Reply(Reply),
    /// Say again, byte for byte, what was said to this message.
    RepeatReply {
        digest: Digest,
    },
    /// Remember what is said to this message, to say it again.
    CacheReply {
        digest: Digest,
        /// The order it was about, or [`OrderId::none`].
        order: OrderId,
    },
    /// An order stands differently: for whoever listens.
    Announce(Arc<Order>),
    /// Ask the wallet. Written as doubtful before it leaves; in doubt after a crash.
    SendCommand {
        order: OrderId,
        /// Numbers what is handed out for the order.
        number: u32,
        ask: PaymentCommand,
        due: UnixMs,
    },
    Warn(Box<Alert>),
    /// Have an alert said by every speaker that may.
    SpeakAlert(Box<Alert>),
    /// Tell somebody when it is due, or, where it is over, do not. Stands in the books until it is
    /// answered; told at least once, always under the same id.
    Notify(Box<Notice>),
    /// A device's figures changed.
    Refresh(Option<Name>),
}

/// What an edit made of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitOutcome {
    /// As it stood; none = it is new, or comes back.
    pub before: Option<Limit>,
    pub after: Limit,
    /// What its running period has by now, where it counts other orders than before
    /// and there are any.
    pub counts: Option<Used>,
}

/// What an owner is told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// Nobody waits for a word.
    Nothing,
    /// It was done; how the order stands now, where it was about one.
    Done(Option<Box<Order>>),
    /// Limits were set: those that changed.
    Limits(Vec<LimitOutcome>),
    /// It was not done, and why.
    Refused { code: Code, why: String },
}

/// What an event leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub changes: Vec<Change>,
    pub effects: Vec<Effect>,
    /// To the owner who waits.
    pub outcome: CommandOutcome,
}

impl Decision {
    pub fn nothing() -> Decision {
        Decision { changes: Vec::new(), effects: Vec::new(), outcome: CommandOutcome::Nothing }
    }

    /// Only a refusal to the owner who waits.
    pub fn refused(code: Code, why: impl Into<String>) -> Decision {
        Decision {
            outcome: CommandOutcome::Refused { code, why: why.into() },
            ..Decision::nothing()
        }
    }

    /// Puts an order's new state: the order, what its holds did, and the event for listeners.
    pub fn put_order(&mut self, before: Option<&Order>, after: Order) {
        for hold in &after.holds {
            let old = before.and_then(|b| b.holds.iter().find(|h| h.limit == hold.limit));
            if old != Some(hold) {
                self.changes.push(Change::Hold {
                    order: after.id.clone(),
                    before: old.cloned(),
                    after: hold.clone(),
                });
            }
        }
        let order = Arc::new(after);
        if before.is_none_or(|b| b.state != order.state) {
            self.effects.push(Effect::Announce(order.clone()));
        }
        self.changes.push(Change::Order { order });
    }
}
