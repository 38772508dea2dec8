//! What can be read beside payments: points, coupons, the statement, the whole ledger.

use super::call_context::CallContext;
use super::payments;
use super::problem::Stop;
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use serde_json::{Value, json};

/// Lines on one page of the statement.
const PAGE_LEN: i64 = 100;

/// Id, kind, payment, refund, amount, time of a transaction.
type StatementRow = (i64, String, Option<String>, Option<String>, i64, i64);
/// Number, transaction, payment, refund, kind, account, amount, time of an entry.
type EntryRow = (i64, i64, Option<String>, Option<String>, String, String, i64, i64);

/// `GET /v1/points` and `GET /v1/coupons`: this wallet has none.
pub(super) fn nothing_of(turn: &CallContext<'_>, what: &str) -> (u16, Value) {
    let mut document = json!({"account": turn.till.account});
    document[what] = Value::Array(Vec::new());
    (200, document)
}

/// `GET /v1/statement`: money that moved, oldest first. Holds are not on it.
pub(super) async fn statement(
    turn: &mut CallContext<'_>,
    from: UnixMs,
    to: UnixMs,
    after: i64,
) -> Result<(u16, Value), Stop> {
    let mut lines: Vec<StatementRow> = sqlx::query_as(
        "SELECT id, kind, payment, refund, amount, at FROM txns \
         WHERE id > ? AND at >= ? AND at < ? AND kind IN ('capture', 'refund', 'topup') \
         ORDER BY id LIMIT ?",
    )
    .bind(after)
    .bind(from.0)
    .bind(to.0)
    .bind(PAGE_LEN + 1)
    .fetch_all(&mut *turn.conn)
    .await?;
    let more = i64::try_from(lines.len()).unwrap_or(i64::MAX) > PAGE_LEN;
    if more {
        lines.pop();
    }
    let next = lines.last().filter(|_| more).map(|(id, ..)| format!("t{id}"));
    let entries: Vec<Value> = lines
        .into_iter()
        .map(|(id, kind, payment, refund, amount, at)| {
            json!({
                "id": format!("t{id}"),
                "kind": kind,
                "payment": payment,
                "refund": refund,
                "amount": turn.till.currency.text(Minor(amount)),
                "at": super::instant(at),
            })
        })
        .collect();
    let (account, currency) = (&turn.till.account, turn.till.currency);
    let document =
        json!({"account": account, "currency": currency, "entries": entries, "next": next});
    Ok((200, document))
}

/// `GET /ledger` of the admin listener: every account, entry and payment.
pub(super) async fn ledger(turn: &mut CallContext<'_>) -> Result<Value, Stop> {
    let currency = turn.till.currency;
    let money = |amount: i64| currency.text(Minor(amount));
    let accounts: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, balance FROM accounts ORDER BY name")
            .fetch_all(&mut *turn.conn)
            .await?;
    let accounts: Vec<Value> = accounts
        .into_iter()
        .map(|(name, balance)| json!({"account": name, "balance": money(balance)}))
        .collect();
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT e.seq, e.txn, t.payment, t.refund, t.kind, e.account, e.amount, t.at \
         FROM entries e JOIN txns t ON t.id = e.txn ORDER BY e.seq",
    )
    .fetch_all(&mut *turn.conn)
    .await?;
    let entries: Vec<Value> = rows
        .into_iter()
        .map(|(seq, txn, payment, refund, kind, account, amount, at)| {
            json!({
                "seq": seq,
                "txn": txn,
                "payment": payment,
                "refund": refund,
                "kind": kind,
                "account": account,
                "amount": money(amount),
                "at": super::instant(at),
            })
        })
        .collect();
    let ids: Vec<(String,)> = sqlx::query_as("SELECT id FROM payments ORDER BY created_at, rowid")
        .fetch_all(&mut *turn.conn)
        .await?;
    let mut shown = Vec::with_capacity(ids.len());
    for (id,) in ids {
        shown.push(payments::show(turn, &id).await?);
    }
    Ok(json!({
        "account": turn.till.account,
        "currency": currency,
        "accounts": accounts,
        "entries": entries,
        "payments": shown,
    }))
}
