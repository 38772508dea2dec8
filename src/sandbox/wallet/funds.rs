//! What money there is: the balance, the card, and topping up.

use super::book::{self, BALANCE_ACCOUNT, CARD, HOLDS_ACCOUNT};
use super::call_context::CallContext;
use super::problem::{CallProblem, Stop};
use homepay_domain::money::Minor;
use serde_json::{Value, json};

/// What the card may owe, in minor units.
const CARD_LIMIT: i64 = 100_000;

/// What the owner may still spend from a source.
pub(super) async fn available(turn: &mut CallContext<'_>, source: &str) -> Result<i64, Stop> {
    let balance = book::balance(turn.conn, source).await?;
    Ok(if source == CARD { balance.saturating_add(CARD_LIMIT) } else { balance })
}

/// Puts money onto the balance, once for every id.
pub(super) async fn top_up(
    turn: &mut CallContext<'_>,
    id: &str,
    amount: Minor,
    content: &Value,
) -> Result<(u16, Value), Stop> {
    let known: Option<(String, i64)> =
        sqlx::query_as("SELECT content, at FROM topups WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *turn.conn)
            .await?;
    let shown = |at: i64| {
        let amount = turn.till.currency.text(amount);
        let currency = turn.till.currency;
        json!({"id": id, "amount": amount, "currency": currency, "at": super::instant(at)})
    };
    if let Some((was, at)) = known {
        if serde_json::from_str::<Value>(&was).is_ok_and(|was| was == *content) {
            return Ok((200, shown(at)));
        }
        let detail = "a top-up with this id was requested with other values";
        return Err(CallProblem::new(409, "topup_conflict", detail).into());
    }
    let answer = shown(turn.now.0);
    book::credit(turn.conn, amount, turn.now).await?;
    sqlx::query("INSERT INTO topups (id, content, at) VALUES (?, ?, ?)")
        .bind(id)
        .bind(content.to_string())
        .bind(turn.now.0)
        .execute(&mut *turn.conn)
        .await?;
    Ok((201, answer))
}

pub(super) async fn balance(turn: &mut CallContext<'_>) -> Result<(u16, Value), Stop> {
    let free = available(turn, BALANCE_ACCOUNT).await?;
    let held = book::balance(turn.conn, HOLDS_ACCOUNT).await?;
    let till = turn.till;
    let document = json!({
        "account": till.account,
        "currency": till.currency,
        "available": till.currency.text(Minor(free)),
        "held": till.currency.text(Minor(held)),
    });
    Ok((200, document))
}

pub(super) async fn sources(turn: &mut CallContext<'_>) -> Result<(u16, Value), Stop> {
    let mut sources = Vec::new();
    for source in [BALANCE_ACCOUNT, CARD] {
        let free = available(turn, source).await?;
        let available = turn.till.currency.text(Minor(free));
        sources.push(json!({"id": source, "kind": source, "available": available}));
    }
    let (account, currency) = (&turn.till.account, turn.till.currency);
    Ok((200, json!({"account": account, "currency": currency, "sources": sources})))
}
