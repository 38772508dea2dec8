//! What happens to payments: hold, capture, release, expiry, refund. Each function runs inside
//! the one transaction of its turn.

use super::book::{self, HOLDS_ACCOUNT, Posting, PostingKind};
use super::call_context::CallContext;
use super::calls::Create;
use super::faults::FaultKind;
use super::funds::available;
use super::problem::{CallProblem, Stop};
use homepay_domain::money::Minor;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};

/// A payment as the book has it.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub id: String,
    pub status: String,
    pub amount: i64,
    pub captured: i64,
    pub refunded: i64,
    pub payee: Option<String>,
    pub category: Option<String>,
    pub source: String,
    pub decline_code: Option<String>,
    pub content: String,
    pub created_at: i64,
    pub expires_at: i64,
}

impl FromRow<'_, SqliteRow> for Payment {
    fn from_row(row: &SqliteRow) -> Result<Payment, sqlx::Error> {
        Ok(Payment {
            id: row.try_get("id")?,
            status: row.try_get("status")?,
            amount: row.try_get("amount")?,
            captured: row.try_get("captured")?,
            refunded: row.try_get("refunded")?,
            payee: row.try_get("payee")?,
            category: row.try_get("category")?,
            source: row.try_get("source")?,
            decline_code: row.try_get("decline_code")?,
            content: row.try_get("content")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

/// The payment object of the protocol.
pub(super) async fn show(turn: &mut CallContext<'_>, id: &str) -> Result<Value, Stop> {
    let row = sqlx::query(
        "SELECT *, (SELECT json_group_array(json_array(id, amount)) FROM \
         (SELECT id, amount FROM refunds WHERE payment = payments.id ORDER BY at, rowid)) \
         AS refunds FROM payments WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(&mut *turn.conn)
    .await?;
    let row = row.ok_or_else(never_seen)?;
    let payment = Payment::from_row(&row)?;
    let Json(refunds): Json<Vec<(String, i64)>> = row.try_get("refunds")?;
    let money = |amount: i64| turn.till.currency.text(Minor(amount));
    let refunds: Vec<Value> =
        refunds.iter().map(|(id, amount)| json!({"id": id, "amount": money(*amount)})).collect();
    let mut shown = json!({
        "id": payment.id,
        "status": payment.status,
        "amount": money(payment.amount),
        "currency": turn.till.currency,
        "captured": money(payment.captured),
        "refunded": money(payment.refunded),
        "refunds": refunds,
        "payee": payment.payee,
        "category": payment.category,
        "source": payment.source,
        "created_at": super::instant(payment.created_at),
        "expires_at": super::instant(payment.expires_at),
    });
    if let Some(code) = payment.decline_code {
        shown["decline_code"] = Value::String(code);
    }
    Ok(shown)
}

fn never_seen() -> CallProblem {
    CallProblem::new(404, "not_found", "there is no such payment")
}

/// Finds a payment, or says that it was never seen.
pub(super) async fn find(turn: &mut CallContext<'_>, id: &str) -> Result<Payment, Stop> {
    seek(turn, id).await?.ok_or_else(|| never_seen().into())
}

async fn seek(turn: &mut CallContext<'_>, id: &str) -> Result<Option<Payment>, Stop> {
    let row = sqlx::query_as("SELECT * FROM payments WHERE id = ?").bind(id);
    Ok(row.fetch_optional(&mut *turn.conn).await?)
}

/// A new payment: held, and with `automatic` captured in the same turn. One that exists is shown
/// again when it was asked for in the same words.
pub(super) async fn create(
    turn: &mut CallContext<'_>,
    asked: &Create,
    content: &Value,
) -> Result<(u16, Value), Stop> {
    if let Some(known) = seek(turn, &asked.id).await? {
        let same = serde_json::from_str::<Value>(&known.content).is_ok_and(|was| was == *content);
        if !same {
            let detail = "a payment with this id was requested with other values";
            return Err(CallProblem::new(409, "payment_conflict", detail).into());
        }
        return match known.decline_code {
            Some(code) => Err(declined(&code).into()),
            None => Ok((200, show(turn, &asked.id).await?)),
        };
    }
    let free = available(turn, &asked.source).await?;
    let refusal = if turn.till.faults.strikes(FaultKind::Decline) {
        Some("declined")
    } else if turn.till.faults.strikes(FaultKind::InsufficientFunds) || free < asked.amount.0 {
        Some("insufficient_funds")
    } else {
        None
    };
    insert(turn, asked, content, refusal).await?;
    if let Some(code) = refusal {
        turn.changed("payment.declined", &asked.id).await?;
        return Err(declined(code).into());
    }
    let amount = asked.amount.0;
    let entries = [(asked.source.as_str(), -amount), (HOLDS_ACCOUNT, amount)];
    turn.post(PostingKind::Hold, &asked.id, None, asked.amount, &entries).await?;
    if asked.automatic {
        return Ok((201, capture(turn, &asked.id, asked.amount).await?.1));
    }
    Ok((201, turn.changed("payment.authorized", &asked.id).await?))
}

async fn insert(
    turn: &mut CallContext<'_>,
    asked: &Create,
    content: &Value,
    refusal: Option<&str>,
) -> Result<(), Stop> {
    sqlx::query(
        "INSERT INTO payments (id, status, amount, payee, category, source, decline_code, \
         content, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&asked.id)
    .bind(if refusal.is_some() { "declined" } else { "authorized" })
    .bind(asked.amount.0)
    .bind(&asked.payee)
    .bind(&asked.category)
    .bind(&asked.source)
    .bind(refusal)
    .bind(content.to_string())
    .bind(turn.now.0)
    .bind(turn.now.plus_s(asked.expires_in_s).0)
    .execute(&mut *turn.conn)
    .await?;
    Ok(())
}

fn declined(code: &str) -> CallProblem {
    match code {
        "insufficient_funds" => CallProblem::new(402, "insufficient_funds", "too little money"),
        _ => CallProblem::new(402, "declined", "the wallet declines this payment"),
    }
}

/// A payment that is still held, or why it is not: three distinct ways of being resolved.
async fn held(turn: &mut CallContext<'_>, id: &str) -> Result<Payment, Stop> {
    let payment = find(turn, id).await?;
    let (code, detail) = match payment.status.as_str() {
        "authorized" => return Ok(payment),
        "captured" => ("already_captured", "the payment was captured before"),
        "voided" => ("already_voided", "the hold was voided before"),
        "expired" => ("already_expired", "the hold has expired"),
        _ => ("payment_declined", "the payment was declined"),
    };
    Err(CallProblem::new(409, code, detail).into())
}

/// Moves money under a hold, once; the rest of the hold is released.
pub(super) async fn capture(
    turn: &mut CallContext<'_>,
    id: &str,
    amount: Minor,
) -> Result<(u16, Value), Stop> {
    let payment = held(turn, id).await?;
    let rest = payment.amount - amount.0;
    if rest < 0 {
        let detail = "more than the hold cannot be captured";
        return Err(CallProblem::new(422, "capture_exceeds_hold", detail).into());
    }
    let payee = book::payee_account(payment.payee.as_deref());
    let entries =
        [(HOLDS_ACCOUNT, -payment.amount), (payee.as_str(), amount.0), (&payment.source, rest)];
    turn.post(PostingKind::Capture, id, None, amount, &entries).await?;
    sqlx::query("UPDATE payments SET status = 'captured', captured = ? WHERE id = ?")
        .bind(amount.0)
        .bind(id)
        .execute(&mut *turn.conn)
        .await?;
    Ok((200, turn.changed("payment.captured", id).await?))
}

pub(super) async fn void(turn: &mut CallContext<'_>, id: &str) -> Result<(u16, Value), Stop> {
    let payment = held(turn, id).await?;
    release(turn, &payment, PostingKind::Release, "voided").await?;
    Ok((200, turn.changed("payment.voided", id).await?))
}

/// Releases every hold whose time is over. Called first in every turn, so that nobody sees one.
pub(super) async fn expire_due(turn: &mut CallContext<'_>) -> Result<(), Stop> {
    let due: Vec<Payment> = sqlx::query_as(
        "SELECT * FROM payments WHERE status = 'authorized' AND expires_at <= ? \
         ORDER BY expires_at",
    )
    .bind(turn.now.0)
    .fetch_all(&mut *turn.conn)
    .await?;
    for payment in due {
        release(turn, &payment, PostingKind::Expire, "expired").await?;
        turn.changed("payment.expired", &payment.id).await?;
    }
    Ok(())
}

async fn release(
    turn: &mut CallContext<'_>,
    payment: &Payment,
    kind: PostingKind,
    status: &str,
) -> Result<(), Stop> {
    let entries = [(HOLDS_ACCOUNT, -payment.amount), (payment.source.as_str(), payment.amount)];
    turn.post(kind, &payment.id, None, Minor(payment.amount), &entries).await?;
    sqlx::query("UPDATE payments SET status = ? WHERE id = ?")
        .bind(status)
        .bind(&payment.id)
        .execute(&mut *turn.conn)
        .await?;
    Ok(())
}

/// Gives money back, together at most what was captured.
pub(super) async fn refund(
    turn: &mut CallContext<'_>,
    id: &str,
    refund: &str,
    amount: Minor,
    reason: &str,
) -> Result<(u16, Value), Stop> {
    let payment = find(turn, id).await?;
    let known: Option<(String, i64, String)> =
        sqlx::query_as("SELECT payment, amount, reason FROM refunds WHERE id = ?")
            .bind(refund)
            .fetch_optional(&mut *turn.conn)
            .await?;
    if let Some(known) = known {
        if known == (id.to_owned(), amount.0, reason.to_owned()) {
            return Ok((200, show(turn, id).await?));
        }
        let detail = "a refund with this id was requested with other values";
        return Err(CallProblem::new(409, "refund_conflict", detail).into());
    }
    if payment.status != "captured" {
        let detail = format!("the payment is {}", payment.status);
        return Err(CallProblem::new(409, "not_captured", detail).into());
    }
    if amount.0 > payment.captured - payment.refunded {
        let detail = "more than what was captured cannot be given back";
        return Err(CallProblem::new(422, "refund_exceeds_captured", detail).into());
    }
    let payee = book::payee_account(payment.payee.as_deref());
    let entries = [(payee.as_str(), -amount.0), (payment.source.as_str(), amount.0)];
    let movement = Posting {
        kind: PostingKind::Refund,
        payment: Some(id),
        refund: Some(refund),
        amount,
        at: turn.now,
    };
    book::post(turn.conn, movement, &entries).await?;
    sqlx::query("INSERT INTO refunds (id, payment, amount, reason, at) VALUES (?, ?, ?, ?, ?)")
        .bind(refund)
        .bind(id)
        .bind(amount.0)
        .bind(reason)
        .bind(turn.now.0)
        .execute(&mut *turn.conn)
        .await?;
    sqlx::query("UPDATE payments SET refunded = refunded + ? WHERE id = ?")
        .bind(amount.0)
        .bind(id)
        .execute(&mut *turn.conn)
        .await?;
    Ok((201, turn.changed("payment.refunded", id).await?))
}
