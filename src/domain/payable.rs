//! Bills to pay: entered by hand or by MQTT, due on a day, paid by an order like any other.

use super::household::Home;
use super::ids::{Name, OrderId};
use super::limits::window::{midnight, plus_days};
use super::money::Minor;
use super::order::{Order, OrderLine, Origin, State};
use super::reply::{Code, Reason};
use super::time::UnixMs;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 200;

/// How many bills a home may have entered, also those of years ago: they are kept at hand.
pub const BILLS_MAX: usize = 20_000;

/// How long an owner has at least to approve a bill, in seconds: it is asked when nobody may be up.
pub const APPROVE_S_MIN: i64 = 86_400;

/// How a bill is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayHow {
    /// By itself on its pay day, within the limits.
    #[default]
    Auto,
    /// On its pay day the owner is asked.
    Approve,
    /// Only when the owner says so: there is a reminder.
    Manual,
}

impl PayHow {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            PayHow::Auto => "auto",
            PayHow::Approve => "approve",
            PayHow::Manual => "manual",
        }
    }
}

/// How the newest order of a bill stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentProgress {
    pub state: State,
    /// Why, where there is a why.
    pub reason: Option<Reason>,
    /// When its money moved.
    pub paid_at: Option<UnixMs>,
    /// The payment's id at the wallet.
    pub payment: OrderId,
}

impl PaymentProgress {
    /// How an order stands.
    pub fn of(order: &Order) -> PaymentProgress {
        let (state, reason) = (order.state, order.reason.clone());
        PaymentProgress { state, reason, paid_at: order.captured_at, payment: order.payment_id() }
    }
}

/// A bill to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payable {
    /// Its id: what is entered twice under one id is one bill.
    pub id: Name,
    pub payee: Name,
    /// What kind of spending it is.
    pub category: Name,
    pub amount: Minor,
    /// The last day on which it may be paid in time.
    pub due: Date,
    /// What it is for, in the owner's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How it is paid.
    pub pay: PayHow,
    /// When it was entered.
    pub entered_at: UnixMs,
    /// Its newest order; none before it was first to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// How many orders it had.
    pub orders: u32,
    /// True once the owner was reminded.
    pub reminded: bool,
    /// Of how many of its orders the owner was told that they did not pay it.
    pub warned: u32,
    /// True once it was taken back.
    pub cancelled: bool,
    /// How its newest order stands: found with that order, so that it is not written again.
    #[serde(skip)]
    pub standing: Option<PaymentProgress>,
}

/// How a bill stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its day has not come, or it waits for the owner's word to pay it.
    Waiting,
    /// The owner was asked.
    AwaitingApproval,
    /// Money is on its way.
    Paying,
    Paid,
    /// An order did not pay it; it waits for the owner.
    Unpaid,
    Cancelled,
}

impl Stage {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Waiting => "waiting",
            Stage::AwaitingApproval => "awaiting_approval",
            Stage::Paying => "paying",
            Stage::Paid => "paid",
            Stage::Unpaid => "unpaid",
            Stage::Cancelled => "cancelled",
        }
    }
}

impl Payable {
    /// True where both say the same, whatever became of them.
    pub fn is_same(&self, other: &Payable) -> bool {
        let said = |p: &Payable| {
            (p.payee.clone(), p.category.clone(), p.amount, p.due, p.note.clone(), p.pay)
        };
        self.id == other.id && said(self) == said(other)
    }

    pub fn stage(&self) -> Stage {
        match self.standing.as_ref().map(|standing| standing.state) {
            Some(
                State::Settled | State::Refunding | State::PartiallyRefunded | State::Refunded,
            ) => Stage::Paid,
            Some(State::AwaitingConfirmation | State::AwaitingApproval) => Stage::AwaitingApproval,
            Some(State::Asked | State::Approved | State::Capturing) => Stage::Paying,
            Some(State::Declined | State::Cancelled | State::Expired | State::Failed)
                if !self.cancelled =>
            {
                Stage::Unpaid
            }
            None if !self.cancelled => Stage::Waiting,
            Some(State::Declined | State::Cancelled | State::Expired | State::Failed) | None => {
                Stage::Cancelled
            }
        }
    }

    /// The day on which it is paid: so many days before it is due, not before it was entered.
    pub fn pay_day(&self, home: &Home) -> Date {
        let entered = self.entered_at.in_zone(&home.zone).date();
        plus_days(self.due, -home.rules.bill_lead_days).max(entered)
    }

    /// The day from which the owner is reminded: the one before its pay day.
    pub fn reminder_day(&self, home: &Home) -> Date {
        plus_days(plus_days(self.due, -home.rules.bill_lead_days), -1)
    }

    /// How long an owner has to approve it from now, in seconds: until the due day has ended.
    pub fn approve_within_s(&self, home: &Home, at: UnixMs) -> i64 {
        let end = midnight(plus_days(self.due, 1), &home.zone);
        (end.since_ms(at) / 1000).max(APPROVE_S_MIN)
    }

    /// The order that pays it: a new one each time, since one that ended pays no more.
    pub fn next_order(&self, home: &Home, at: UnixMs) -> Order {
        let id = OrderId::for_payable(&self.id, self.orders.saturating_add(1));
        let line = OrderLine {
            sku: self.id.clone(),
            name: self.note.clone().unwrap_or_else(|| self.id.to_string()).into(),
            quantity: "1".to_owned(),
            amount: self.amount,
            category: Some(self.category.clone()),
            unit: None,
        };
        let origin = Origin::Payable { bill: self.id.clone() };
        Order {
            amount: self.amount,
            lines: [line].into(),
            payee: Some(self.payee.clone()),
            ..Order::asked(id, origin, home.lang, home.rules, at)
        }
    }

    /// Why its newest order did not pay it; none where the owner said so.
    pub fn unpaid_because(&self) -> Option<Reason> {
        if self.stage() != Stage::Unpaid {
            return None;
        }
        let standing = self.standing.as_ref()?;
        if standing.state == State::Cancelled {
            return None;
        }
        let reason = standing.reason.clone().unwrap_or_else(|| Reason::of(Code::WalletUnreachable));
        (reason.code != Code::ApprovalRejected).then_some(reason)
    }
}
