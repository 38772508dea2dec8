//! Orders, limits, freezing, alerts.

use super::args::{AlertCommand, LimitCommand, LimitSet, OrderCommand};
use super::client::{Client, escaped};
use super::out::{Out, table};
use super::{Done, Exit, Failure};
use crate::config::Loaded;
use homepay_domain::money::Currency;
use homepay_domain::time::UnixMs;
use homepay_files::household::{LimitEdit, ScopeForm};
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use serde_json::{Value, json};

const ORDER_COLUMNS: &[(&str, &str)] = &[
    ("order", "order_id"),
    ("state", "state"),
    ("device", "device"),
    ("member", "member"),
    ("amount", "amount"),
    ("items", "items"),
    ("why", "reason"),
    ("asked", "asked_at"),
];

pub(super) async fn order(client: &Client, command: OrderCommand, out: Out) -> Done {
    let (verb, id, amount) = match command {
        OrderCommand::List { state, limit } => {
            let state = state.map_or(String::new(), |s| format!("&state={}", escaped(&s)));
            let orders = client.get(&format!("/v1/orders?limit={limit}{state}")).await?;
            out.document(&orders, |orders| table(&orders["orders"], ORDER_COLUMNS));
            return Ok(Exit::Done);
        }
        OrderCommand::Show { id } => {
            let order = client.get(&format!("/v1/orders/{}", escaped(&id))).await?;
            out.document(&order, pretty);
            return Ok(Exit::Done);
        }
        OrderCommand::Explain { id } => {
            let told = client.get(&format!("/v1/orders/{}/explain", escaped(&id))).await?;
            out.document(&told, explained);
            return Ok(Exit::Done);
        }
        OrderCommand::Approve { id } => ("order/approve", id, None),
        OrderCommand::Reject { id } => ("order/reject", id, None),
        OrderCommand::Cancel { id } => ("order/cancel", id, None),
        OrderCommand::Refund { id, amount } => ("order/refund", id, amount),
        OrderCommand::Fulfil { id, amount } => ("order/fulfil", id, amount),
    };
    let done = client.command(verb, &json!({"order_id": id, "amount": amount})).await?;
    out.document(&done, |done| stands(&done["order"], (verb, amount.as_deref())));
    Ok(Exit::Done)
}

/// How an order stands after a wish, with the amount that the wish is about: what was asked for, for
/// a refund else all that is left, and the order's own for everything else.
fn stands(order: &Value, (verb, asked): (&str, Option<&str>)) -> String {
    let text = |field: &str| order[field].as_str().unwrap_or_default();
    let code = text("currency");
    let amount = Currency::from_code(code).ok().and_then(|currency| {
        let money = |text: &str| currency.parse(text).ok();
        let amount = match (asked, verb) {
            (Some(asked), _) => money(asked),
            (None, "order/refund") => money(text("captured"))?.minus(money(text("refunded"))?),
            (None, _) => None,
        };
        amount.map(|amount| currency.text(amount))
    });
    let amount = amount.unwrap_or_else(|| text("amount").to_owned());
    format!("{} {} {amount} {code}", text("order_id"), text("state"))
}

fn explained(told: &Value) -> String {
    let columns: &[(&str, &str)] = &[
        ("check", "check"),
        ("rule", "rule"),
        ("window", "window"),
        ("asked", "asked"),
        ("cap", "cap"),
        ("used", "used"),
        ("held", "held"),
        ("left", "left"),
        ("resets at", "resets_at"),
        ("verdict", "verdict"),
    ];
    let state = told["state"].as_str().unwrap_or_default();
    let end = match told["failed"]["verdict"].as_str() {
        Some(code) => {
            let rule = told["failed"]["rule"].as_str();
            format!("refused by {}: {code}", rule.unwrap_or("the house"))
        }
        None => match told["reason"]["code"].as_str() {
            Some(code) => format!("no rule refused it; it is {state}: {code}"),
            None => format!("no rule refused it; it is {state}"),
        },
    };
    format!("{}\n{end}", table(&told["rules"], columns))
}

/// A document for people: one field a line.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

pub(super) async fn limit(client: &Client, command: LimitCommand, out: Out) -> Done {
    match command {
        LimitCommand::List => {
            let limits = client.get("/v1/limits").await?;
            let columns: &[(&str, &str)] = &[
                ("limit", "id"),
                ("scope", "scope"),
                ("period", "period"),
                ("amount", "amount"),
                ("spent", "spent"),
                ("held", "held"),
                ("left", "left"),
                ("orders", "count"),
                ("of", "max_count"),
                ("resets at", "resets_at"),
                ("rules", "rules"),
            ];
            out.document(&limits, |limits| table(&limits["limits"], columns));
        }
        LimitCommand::Set(set) => {
            let id = set.id.clone();
            let body = json!({ "limit": edit_of(*set)? });
            let done = client.command("limit/set", &body).await?;
            out.document(&done, |done| limit_lines(&done["limits"], &format!("limit {id}")));
        }
        LimitCommand::Remove { id } => {
            let done = client.command("limit/remove", &json!({ "id": id })).await?;
            out.document(&done, |_| format!("limit {id} no longer applies"));
        }
    }
    Ok(Exit::Done)
}

/// What was made of limits, in lines; where nothing was, that `what` stands so already.
pub(super) fn limit_lines(limits: &Value, what: &str) -> String {
    let limits = limits.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines = Vec::new();
    for limit in limits {
        let changes = limit["changes"].as_array().into_iter().flatten();
        lines.extend(changes.filter_map(Value::as_str).map(str::to_owned));
        lines.extend(counts_line(limit));
    }
    if lines.is_empty() { format!("{what} stands so already") } else { lines.join("\n") }
}

/// What a limit counts of its running period from the start.
pub(super) fn counts_line(limit: &Value) -> Option<String> {
    let counts = limit["counts"].as_object()?;
    let text = |field: &str| counts[field].as_str().unwrap_or_default();
    let (id, orders) = (limit["id"].as_str().unwrap_or_default(), &counts["orders"]);
    let (spent, held) = (text("spent"), text("held"));
    Some(format!("  limit {id} counts {spent} already spent and {held} held, by {orders} orders"))
}

/// The fields that are named at the command line.
fn edit_of(set: LimitSet) -> Result<LimitEdit, Failure> {
    let mut fields = set.fields.0;
    fields.insert("id".to_owned(), json!(set.id));
    if !set.scope.is_empty() {
        fields.insert("scope".to_owned(), json!(scope(&set.scope)?));
    }
    LimitEdit::new(fields).map_err(Failure::usage)
}

fn scope(parts: &[String]) -> Result<ScopeForm, Failure> {
    let mut scope = ScopeForm::default();
    for part in parts {
        let (key, name) = part.split_once('=').unwrap_or((part, ""));
        let name = (!name.is_empty()).then(|| name.to_owned());
        match (key, name) {
            ("home", None) => scope.home = true,
            ("device", name @ Some(_)) => scope.device = name,
            ("room", name @ Some(_)) => scope.room = name,
            ("member", name @ Some(_)) => scope.member = name,
            ("category", name @ Some(_)) => scope.category = name,
            ("payee", name @ Some(_)) => scope.payee = name,
            _ => {
                return Err(Failure::usage(format!(
                    "--scope {part}: write home, or device=, room=, member=, category= or payee= \
                     and a name"
                )));
            }
        }
    }
    Ok(scope)
}

pub(super) async fn freeze(
    client: &Client,
    device: Option<String>,
    frozen: bool,
    out: Out,
) -> Done {
    let verb = if frozen { "freeze" } else { "thaw" };
    let done = client.command(verb, &json!({ "device": device })).await?;
    let what = device.unwrap_or_else(|| "the home".to_owned());
    let now = if frozen { "takes no orders" } else { "takes orders again" };
    out.document(&done, |_| format!("{what} {now}"));
    Ok(Exit::Done)
}

pub(super) async fn alert(
    loaded: &Loaded,
    client: &Client,
    command: AlertCommand,
    out: Out,
) -> Done {
    let (verb, body) = match command {
        AlertCommand::List => {
            let alerts = client.get("/v1/alerts").await?;
            let columns: &[(&str, &str)] = &[
                ("alert", "id"),
                ("severity", "severity"),
                ("says", "say"),
                ("at", "at"),
                ("seen", "acked_at"),
                ("quiet until", "snoozed_until"),
            ];
            out.document(&alerts, |alerts| table(&alerts["alerts"], columns));
            return Ok(Exit::Done);
        }
        AlertCommand::Ack { id } => ("alert/ack", json!({ "id": id })),
        AlertCommand::Snooze { id, span } => {
            let span_s = homepay_text::span::seconds(&span).map_err(Failure::usage)?;
            let until = SystemClock.now().plus_s(span_s);
            ("alert/snooze", json!({"id": id, "until_ms": until.0}))
        }
    };
    let done = client.command(verb, &body).await?;
    out.document(&done, |_| match body["until_ms"].as_i64() {
        Some(until) => {
            format!("quiet until {}", UnixMs(until).rfc3339(&loaded.settings.home.zone))
        }
        None => "noted".to_owned(),
    });
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_that_was_asked_for_is_shown() {
        let order = |state: &str, refunded: &str| {
            json!({
                "order_id": "order-0001", "state": state, "amount": "29.90", "currency": "CNY",
                "captured": "29.90", "refunded": refunded,
            })
        };
        for (verb, amount, state, refunded, want) in [
            ("order/refund", Some("5"), "refunding", "0.00", "refunding 5.00"),
            ("order/refund", None, "refunding", "0.00", "refunding 29.90"),
            ("order/refund", None, "refunding", "5.00", "refunding 24.90"),
            ("order/fulfil", Some("12.00"), "capturing", "0.00", "capturing 12.00"),
            ("order/fulfil", None, "capturing", "0.00", "capturing 29.90"),
            ("order/approve", None, "approved", "0.00", "approved 29.90"),
        ] {
            let said = stands(&order(state, refunded), (verb, amount));
            assert_eq!(said, format!("order-0001 {want} CNY"), "{verb}");
        }
    }
}
