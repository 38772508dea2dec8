//! Orders as owners look at them, and why they were decided as they were.

use crate::native::encode::{Encoder, OrderView, ReasonView};
use homepay_domain::decision::RuleCheck;
use homepay_domain::limits::used::Hold;
use homepay_domain::order::{Attempt, Order, State};
use homepay_domain::settlement::PaymentCommand;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrdersView {
    /// Those asked for last come first.
    pub orders: Vec<OrderView>,
}

/// An order with what it holds, and how it stands at the wallet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrderDetails {
    #[serde(flatten)]
    pub order: OrderView,
    /// The room that it takes in each limit.
    pub holds: Vec<HoldView>,
    /// Until when somebody is waited for.
    pub deadline: Option<String>,
    /// What the wallet is asked, while it is.
    pub at_the_wallet: Option<AttemptView>,
}

/// The room that an order takes in a limit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HoldView {
    /// Id of the limit.
    pub limit: String,
    /// The version of it that judged.
    pub version: u32,
    /// The period that it counts in.
    pub window: String,
    pub held: String,
    pub spent: String,
}

/// What the wallet is asked to do. Amounts in it are whole minor units.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttemptView {
    /// What shall come true.
    #[schemars(with = "Map<String, Value>")]
    pub goal: PaymentCommand,
    /// What was asked last: the goal, or a question about it.
    #[schemars(with = "Map<String, Value>")]
    pub asked: PaymentCommand,
    /// How often the goal stayed in doubt.
    pub tries: u32,
    /// When it is asked next.
    pub next: String,
}

impl OrderDetails {
    pub fn of(encoder: &Encoder<'_>, order: &Order) -> OrderDetails {
        let hold = |hold: &Hold| HoldView {
            limit: hold.limit.to_string(),
            version: hold.version,
            window: hold.window.clone(),
            held: encoder.money(hold.held),
            spent: encoder.money(hold.spent),
        };
        let attempt = |attempt: &Attempt| AttemptView {
            goal: attempt.goal.clone(),
            asked: attempt.sent.clone(),
            tries: attempt.tries,
            next: encoder.time(attempt.due),
        };
        OrderDetails {
            order: encoder.order_body(order),
            holds: order.holds.iter().map(hold).collect(),
            deadline: order.due.map(|due| encoder.time(due)),
            at_the_wallet: order.attempt.as_ref().map(attempt),
        }
    }
}

/// Every rule that was looked at for an order, in order, and the one that refused it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExplainView {
    pub order_id: String,
    #[schemars(with = "String")]
    pub state: State,
    pub amount: String,
    /// ISO 4217 code of the amounts.
    pub currency: String,
    pub reason: Option<ReasonView>,
    pub rules: Vec<RuleView>,
    /// The rule that refused; null where none did.
    pub failed: Option<RuleView>,
}

/// A rule that was looked at; where it counts orders, its figures are numbers of orders.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RuleView {
    /// Which check, such as `amount` or `hours`.
    pub check: String,
    /// Id of the limit.
    pub rule: Option<String>,
    pub window: Option<String>,
    pub asked: Option<String>,
    pub cap: Option<String>,
    pub used: Option<String>,
    pub held: Option<String>,
    pub left: Option<String>,
    /// When it has more.
    pub resets_at: Option<String>,
    /// `pass`, `confirm`, `approve`, or the code that refused.
    pub verdict: String,
}

/// Verdicts that let an order pass, or wait for somebody.
const NOT_REFUSED: [&str; 3] = ["pass", "confirm", "approve"];

impl ExplainView {
    pub fn of(encoder: &Encoder<'_>, order: &Order, checks: &[RuleCheck]) -> ExplainView {
        let failed = checks.iter().find(|check| !NOT_REFUSED.contains(&&*check.verdict));
        ExplainView {
            order_id: order.id.to_string(),
            state: order.state,
            amount: encoder.money(order.amount),
            currency: encoder.home.currency.code().to_owned(),
            reason: order.reason.as_ref().map(|reason| encoder.reason(reason)),
            rules: checks.iter().map(|check| RuleView::of(encoder, check)).collect(),
            failed: failed.map(|check| RuleView::of(encoder, check)),
        }
    }
}

impl RuleView {
    fn of(encoder: &Encoder<'_>, check: &RuleCheck) -> RuleView {
        let money = |amount: Option<_>| amount.map(|amount| encoder.money(amount));
        let told = RuleView {
            check: check.check.to_string(),
            rule: check.rule.as_ref().map(ToString::to_string),
            window: check.window.clone(),
            asked: money(check.asked),
            cap: money(check.cap),
            used: money(check.used),
            held: money(check.held),
            left: money(check.left),
            resets_at: check.resets_at.map(|at| encoder.time(at)),
            verdict: check.verdict.to_string(),
        };
        match check.orders {
            None => told,
            Some((used, most)) => RuleView {
                asked: Some("1".to_owned()),
                cap: Some(most.to_string()),
                left: Some(most.saturating_sub(used).to_string()),
                used: Some(used.to_string()),
                held: None,
                ..told
            },
        }
    }
}
