//! A statement as a JSON document; `schemas/statement.schema.json` is written from these types.

use super::Labels;
use super::budgets::BudgetTold;
use homepay_domain::household::DeviceKind;
use homepay_domain::ids::Name;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::State;
use homepay_domain::statement::totals::{By, Total, UseCost};
use homepay_domain::statement::{Held, Movement, Statement};
use homepay_protocols::native::told::{ItemTold, ItemsTold};
use schemars::JsonSchema;
use serde::Serialize;

/// What `homepay statement --format json` prints. Amounts are decimal text with the currency's
/// digits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StatementTold {
    /// Always 1.
    pub v: u8,
    /// The first day.
    pub from: String,
    /// The day after the last.
    pub to: String,
    /// The IANA zone of its days.
    pub timezone: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Spent before the first day, since the books began.
    pub opening: String,
    /// Captured in these days.
    pub paid: String,
    /// Given back in these days.
    pub returned: String,
    /// Captured less given back.
    pub net: String,
    /// Opening and net.
    pub closing: String,
    /// By what `totals` add up: device, member, category or payee.
    pub by: String,
    /// Sums by that.
    pub totals: Vec<TotalTold>,
    /// Money that moved, oldest first.
    pub movements: Vec<MovementTold>,
    /// What is held now and has not moved: in none of the sums above.
    pub held: HeldTold,
    /// How budgets stand in the periods that these days touch.
    pub budgets: Vec<BudgetTold>,
    /// What the use of devices cost: to know, and no money that moved.
    #[serde(rename = "use")]
    pub used: Vec<UseTold>,
}

/// What one device, member, category or payee adds up to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TotalTold {
    /// Its id; none for what has none.
    pub id: Option<String>,
    /// How it is called.
    pub name: Option<String>,
    /// Captured.
    pub paid: String,
    /// Given back.
    pub returned: String,
    /// Captured less given back.
    pub net: String,
    /// How many movements had a part in it.
    pub movements: usize,
}

/// Money that moved once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MovementTold {
    /// The same in every export.
    pub id: String,
    /// `capture` or `refund`.
    pub kind: String,
    /// The home's day.
    pub date: String,
    /// When.
    pub at: String,
    /// What was spent: below zero for a refund.
    pub amount: String,
    /// The same by category.
    pub parts: Vec<PartTold>,
    /// The order.
    pub order_id: String,
    /// The wallet's id of the payment or refund.
    pub receipt: String,
    /// Who was paid.
    pub payee: Option<NamedTold>,
    /// Which device asked.
    pub device: Option<NamedTold>,
    /// Who spoke.
    pub member: Option<NamedTold>,
    /// What it was for.
    #[schemars(with = "Vec<ItemTold<'_>>")]
    pub items: ItemsTold,
}

/// A part of a movement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartTold {
    /// The category.
    pub category: Option<String>,
    /// How much of the movement.
    pub amount: String,
}

/// Something with an id and a name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NamedTold {
    /// Its id.
    pub id: String,
    /// How it is called.
    pub name: String,
}

/// What is held.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HeldTold {
    /// All of it.
    pub amount: String,
    /// By order, oldest first.
    pub orders: Vec<HeldOrderTold>,
}

/// An order that is held.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HeldOrderTold {
    /// The order.
    pub order_id: String,
    /// How it stands.
    #[schemars(with = "String")]
    pub state: State,
    /// What it will cost.
    pub amount: String,
    /// When it was asked.
    pub asked_at: String,
    /// Who would be paid.
    pub payee: Option<NamedTold>,
    /// Which device asked.
    pub device: Option<NamedTold>,
    /// Who spoke.
    pub member: Option<NamedTold>,
    /// What it is for.
    #[schemars(with = "Vec<ItemTold<'_>>")]
    pub items: ItemsTold,
}

/// What the use of a device cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UseTold {
    /// The device.
    pub device: NamedTold,
    /// What it is: what a meter measures holds what appliances behind it use.
    #[schemars(with = "String")]
    pub kind: DeviceKind,
    /// Its tariff.
    pub tariff: String,
    /// Its share; none where a price is missing.
    pub cost: Option<String>,
}

/// A statement as its document.
pub fn told(
    statement: &Statement,
    labels: Labels<'_>,
    by: By,
    (budgets, used): (Vec<BudgetTold>, &[UseCost]),
) -> StatementTold {
    let money = |amount| statement.currency.text(amount);
    StatementTold {
        v: 1,
        from: statement.days.first.to_string(),
        to: statement.days.next.to_string(),
        timezone: statement.zone.iana_name().map(str::to_owned),
        currency: statement.currency.code().to_owned(),
        opening: money(statement.opening),
        paid: money(statement.paid()),
        returned: money(statement.returned()),
        net: money(statement.net()),
        closing: money(statement.closing()),
        by: by.as_str().to_owned(),
        totals: statement
            .totals(by)
            .iter()
            .map(|(id, total)| total_told(labels, statement.currency, (by, id.as_ref()), total))
            .collect(),
        movements: statement.movements.iter().map(|m| movement(statement, labels, m)).collect(),
        held: HeldTold {
            amount: money(statement.held_sum()),
            orders: statement.held.iter().map(|held| held_told(statement, labels, held)).collect(),
        },
        budgets,
        used: used.iter().map(|used| use_told(statement.currency, labels, used)).collect(),
    }
}

fn total_told(
    labels: Labels<'_>,
    currency: Currency,
    (by, id): (By, Option<&Name>),
    total: &Total,
) -> TotalTold {
    let name = id.map(|id| match by {
        By::Device => labels.device(id),
        By::Member => labels.member(id),
        By::Category => id.to_string(),
        By::Payee => labels.payee(id),
    });
    TotalTold {
        id: id.map(ToString::to_string),
        name,
        paid: currency.text(total.paid),
        returned: currency.text(total.returned),
        net: currency.text(total.net()),
        movements: total.movements,
    }
}

fn named(id: Option<&Name>, name: impl Fn(&Name) -> String) -> Option<NamedTold> {
    id.map(|id| NamedTold { id: id.to_string(), name: name(id) })
}

fn movement(statement: &Statement, labels: Labels<'_>, of: &Movement) -> MovementTold {
    let money = |amount: Minor| statement.currency.text(amount);
    let parts = of.parts.iter().map(|part| PartTold {
        category: part.category.as_ref().map(ToString::to_string),
        amount: money(part.amount),
    });
    MovementTold {
        id: of.id.clone(),
        kind: of.kind.as_str().to_owned(),
        date: of.date.to_string(),
        at: of.at.rfc3339(&statement.zone),
        amount: money(of.amount),
        parts: parts.collect(),
        order_id: of.order.to_string(),
        receipt: of.receipt.clone(),
        payee: named(of.payee.as_ref(), |id| labels.payee(id)),
        device: named(of.device.as_ref(), |id| labels.device(id)),
        member: named(of.member.as_ref(), |id| labels.member(id)),
        items: ItemsTold { currency: statement.currency, lang: None, lines: of.lines.clone() },
    }
}

fn held_told(statement: &Statement, labels: Labels<'_>, held: &Held) -> HeldOrderTold {
    HeldOrderTold {
        order_id: held.order.to_string(),
        state: held.state,
        amount: statement.currency.text(held.amount),
        asked_at: held.asked_at.rfc3339(&statement.zone),
        payee: named(held.payee.as_ref(), |id| labels.payee(id)),
        device: named(held.device.as_ref(), |id| labels.device(id)),
        member: named(held.member.as_ref(), |id| labels.member(id)),
        items: ItemsTold { currency: statement.currency, lang: None, lines: held.lines.clone() },
    }
}

fn use_told(currency: Currency, labels: Labels<'_>, used: &UseCost) -> UseTold {
    UseTold {
        device: NamedTold { id: used.device.to_string(), name: labels.device(&used.device) },
        kind: used.kind,
        tariff: used.tariff.to_string(),
        cost: used.cost.map(|cost| currency.text(cost)),
    }
}
