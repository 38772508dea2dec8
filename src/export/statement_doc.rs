//! A statement as a JSON document; `schemas/statement.schema.json` is written from these types.

use super::Labels;
use super::budgets::BudgetDoc;
use homepay_domain::household::DeviceKind;
use homepay_domain::ids::Name;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::State;
use homepay_domain::statement::totals::{By, Total, UseCost};
use homepay_domain::statement::{HeldOrder, Movement, Statement};
use homepay_protocols::native::encode::{ItemView, ItemsView};
use schemars::JsonSchema;
use serde::Serialize;

/// What `homepay statement --format json` prints. Amounts are decimal text with the currency's
/// digits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StatementDoc {
    /// Version of this form; always 1.
    pub v: u8,
    /// The first day that is included, `YYYY-MM-DD`.
    pub from: String,
    /// The day after the last.
    pub to: String,
    /// The IANA zone of its days.
    pub timezone: Option<String>,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// Spent before the first day, since the books began.
    pub opening: String,
    /// Captured in these days.
    pub paid: String,
    /// Given back in these days.
    pub returned: String,
    /// Captured less given back.
    pub net: String,
    /// The opening balance plus the net.
    pub closing: String,
    /// By what `totals` add up: device, member, category or payee.
    pub by: String,
    /// One sum for each id of `by`.
    pub totals: Vec<TotalDoc>,
    /// Money that moved, oldest first.
    pub movements: Vec<MovementDoc>,
    /// What is held now and has not moved: in none of the sums above.
    pub held: HeldDoc,
    /// How budgets stand in the periods that these days touch.
    pub budgets: Vec<BudgetDoc>,
    /// What the use of devices cost: to know, and no money that moved.
    #[serde(rename = "use")]
    pub used: Vec<UseDoc>,
}

/// What one device, member, category or payee adds up to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TotalDoc {
    /// Its id; none for what has none.
    pub id: Option<String>,
    /// How it is called.
    pub name: Option<String>,
    /// What was captured, as decimal text.
    pub paid: String,
    /// What was refunded, as decimal text.
    pub returned: String,
    /// Captured less given back.
    pub net: String,
    /// How many movements had a part in it.
    pub movements: usize,
}

/// Money that moved once.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MovementDoc {
    /// The same in every export.
    pub id: String,
    /// Which way money moved: `capture` or `refund`.
    pub kind: String,
    /// The day in the home's time zone, `YYYY-MM-DD`.
    pub date: String,
    /// RFC 3339 instant at which the money moved.
    pub at: String,
    /// What was spent: below zero for a refund.
    pub amount: String,
    /// The same by category.
    pub parts: Vec<PartDoc>,
    /// Id of the order in the books.
    pub order_id: String,
    /// The wallet's id of the payment or refund.
    pub receipt: String,
    /// The payee, where the order names one.
    pub payee: Option<NamedDoc>,
    /// The device that asked for the order.
    pub device: Option<NamedDoc>,
    /// The member who ordered, where known.
    pub member: Option<NamedDoc>,
    /// What it was for.
    #[schemars(with = "Vec<ItemView<'_>>")]
    pub items: ItemsView,
}

/// A part of a movement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartDoc {
    /// Id of the category; none for what has none.
    pub category: Option<String>,
    /// How much of the movement.
    pub amount: String,
}

/// Something with an id and a name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NamedDoc {
    /// The id in the household.
    pub id: String,
    /// How it is called.
    pub name: String,
}

/// Orders whose money is held and has not moved.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HeldDoc {
    /// Sum of all that is held, as decimal text.
    pub amount: String,
    /// By order, oldest first.
    pub orders: Vec<HeldOrderDoc>,
}

/// An order that is held.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HeldOrderDoc {
    /// Id of the order in the books.
    pub order_id: String,
    /// State of the order, as `homepay order show` names it.
    #[schemars(with = "String")]
    pub state: State,
    /// What it will cost.
    pub amount: String,
    /// When it was asked.
    pub asked_at: String,
    /// Who would be paid.
    pub payee: Option<NamedDoc>,
    /// The device that asked for the order.
    pub device: Option<NamedDoc>,
    /// The member who ordered, where known.
    pub member: Option<NamedDoc>,
    /// What it is for.
    #[schemars(with = "Vec<ItemView<'_>>")]
    pub items: ItemsView,
}

/// What the use of a device cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UseDoc {
    /// The device whose use is meant.
    pub device: NamedDoc,
    /// What it is: what a meter measures holds what appliances behind it use.
    #[schemars(with = "String")]
    pub kind: DeviceKind,
    /// Id of the tariff that priced it.
    pub tariff: String,
    /// Its share; none where a price is missing.
    pub cost: Option<String>,
}

/// A statement as its document.
pub fn statement_doc(
    statement: &Statement,
    labels: Labels<'_>,
    by: By,
    (budgets, used): (Vec<BudgetDoc>, &[UseCost]),
) -> StatementDoc {
    let money = |amount| statement.currency.text(amount);
    StatementDoc {
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
        held: HeldDoc {
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
) -> TotalDoc {
    let name = id.map(|id| match by {
        By::Device => labels.device(id),
        By::Member => labels.member(id),
        By::Category => id.to_string(),
        By::Payee => labels.payee(id),
    });
    TotalDoc {
        id: id.map(ToString::to_string),
        name,
        paid: currency.text(total.paid),
        returned: currency.text(total.returned),
        net: currency.text(total.net()),
        movements: total.movements,
    }
}

fn named(id: Option<&Name>, name: impl Fn(&Name) -> String) -> Option<NamedDoc> {
    id.map(|id| NamedDoc { id: id.to_string(), name: name(id) })
}

fn movement(statement: &Statement, labels: Labels<'_>, of: &Movement) -> MovementDoc {
    let money = |amount: Minor| statement.currency.text(amount);
    let parts = of.parts.iter().map(|part| PartDoc {
        category: part.category.as_ref().map(ToString::to_string),
        amount: money(part.amount),
    });
    MovementDoc {
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
        items: ItemsView { currency: statement.currency, lang: None, lines: of.lines.clone() },
    }
}

fn held_told(statement: &Statement, labels: Labels<'_>, held: &HeldOrder) -> HeldOrderDoc {
    HeldOrderDoc {
        order_id: held.order.to_string(),
        state: held.state,
        amount: statement.currency.text(held.amount),
        asked_at: held.asked_at.rfc3339(&statement.zone),
        payee: named(held.payee.as_ref(), |id| labels.payee(id)),
        device: named(held.device.as_ref(), |id| labels.device(id)),
        member: named(held.member.as_ref(), |id| labels.member(id)),
        items: ItemsView { currency: statement.currency, lang: None, lines: held.lines.clone() },
    }
}

fn use_told(currency: Currency, labels: Labels<'_>, used: &UseCost) -> UseDoc {
    UseDoc {
        device: NamedDoc { id: used.device.to_string(), name: labels.device(&used.device) },
        kind: used.kind,
        tariff: used.tariff.to_string(),
        cost: used.cost.map(|cost| currency.text(cost)),
    }
}
