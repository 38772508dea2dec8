//! One call, one transaction: idempotency key, effect and stored answer stand or fall together.

use super::book::{self, Posting, PostingKind};
use super::callbacks::CallbackEvent;
use super::calls::Call;
use super::funds;
use super::payments;
use super::problem::{CallProblem, Stop};
use super::till::Till;
use super::views;
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use serde_json::Value;
use sqlx::SqliteConnection;

/// What is said to the caller, before it is signed.
#[derive(Clone, Debug)]
pub(super) struct CallAnswer {
    pub status: u16,
    pub body: Value,
    /// True when it was said before and is only repeated.
    pub replayed: bool,
}

impl From<CallProblem> for CallAnswer {
    fn from(problem: CallProblem) -> CallAnswer {
        CallAnswer { status: problem.status, body: problem.body(), replayed: false }
    }
}

/// A call with what identifies it.
#[derive(Clone, Debug)]
pub(super) struct IdentifiedCall {
    pub call: Call,
    /// Method and path: a key belongs to the call it was first used for.
    pub place: String,
    pub content: Value,
    /// Present for every call that changes something.
    pub key: Option<String>,
    /// From this unix second on the request no longer counts.
    pub expires_s: i64,
}

/// What a call works with while its transaction is open.
pub(super) struct CallContext<'t> {
    pub conn: &'t mut SqliteConnection,
    pub till: &'t Till,
    pub now: UnixMs,
    pub events: Vec<CallbackEvent>,
}

impl CallContext<'_> {
    /// Posts a movement of a payment.
    pub async fn post(
        &mut self,
        kind: PostingKind,
        payment: &str,
        refund: Option<&str>,
        amount: Minor,
        entries: &[(&str, i64)],
    ) -> Result<(), Stop> {
        let movement = Posting { kind, payment: Some(payment), refund, amount, at: self.now };
        Ok(book::post(self.conn, movement, entries).await?)
    }

    /// Notes that a payment changed, for the callback, and shows it as it is now.
    pub async fn changed(&mut self, event: &'static str, payment: &str) -> Result<Value, Stop> {
        let shown = payments::show(self, payment).await?;
        if self.till.callbacks.is_some() {
            self.events.push(CallbackEvent { event, payment: shown.clone(), at: self.now });
        }
        Ok(shown)
    }

    async fn perform(&mut self, asked: &IdentifiedCall) -> Result<(u16, Value), Stop> {
        match &asked.call {
            Call::Create(create) => payments::create(self, create, &asked.content).await,
            Call::Capture { payment, amount } => payments::capture(self, payment, *amount).await,
            Call::Void { payment } => payments::void(self, payment).await,
            Call::Refund { payment, refund, amount, reason } => {
                payments::refund(self, payment, refund, *amount, reason).await
            }
            Call::TopUp { id, amount } => funds::top_up(self, id, *amount, &asked.content).await,
            Call::Payment { payment } => Ok((200, payments::show(self, payment).await?)),
            Call::Balance => funds::balance(self).await,
            Call::Sources => funds::sources(self).await,
            Call::Points => Ok(views::nothing_of(self, "points")),
            Call::Coupons => Ok(views::nothing_of(self, "coupons")),
            Call::Statement { from, to, after } => views::statement(self, *from, *to, *after).await,
        }
    }
}

/// Takes a call through its turn. An `Err` wrote nothing.
pub(super) async fn take(till: &Till, asked: &IdentifiedCall) -> anyhow::Result<CallAnswer> {
    let mut tx = till.pool.begin_with("BEGIN IMMEDIATE").await?;
    let now = till.clock.now();
    if now.seconds() >= asked.expires_s {
        // It waited too long: whoever asked may have given it up for lost by now.
        let detail = "the signature expired while the request waited";
        return Ok(CallProblem::new(401, "not_authentic", detail).into());
    }
    if let Some(key) = &asked.key
        && let Some(said) = remembered(&mut tx, key, asked).await?
    {
        return Ok(said);
    }
    let mut turn = CallContext { conn: &mut tx, till, now, events: Vec::new() };
    let done = match payments::expire_due(&mut turn).await {
        Ok(()) => turn.perform(asked).await,
        Err(stop) => Err(stop),
    };
    let events = turn.events;
    let said = match done {
        Ok((status, body)) => CallAnswer { status, body, replayed: false },
        Err(Stop::No(problem)) => CallAnswer::from(problem),
        Err(Stop::Broken(fault)) => return Err(fault),
    };
    // A call about a payment that was never seen did nothing and decided nothing: remembering that
    // would refuse a capture or void for good when the payment's own request arrives late.
    if let Some(key) = asked.key.as_ref().filter(|_| said.status != 404) {
        remember(&mut tx, key, asked, &said, now).await?;
    }
    tx.commit().await?;
    if let Some(callbacks) = &till.callbacks {
        for event in events {
            callbacks.tell(event);
        }
    }
    Ok(said)
}

/// The whole ledger, with what is due released first.
pub(super) async fn ledger(till: &Till) -> anyhow::Result<Value> {
    let mut tx = till.pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut turn = CallContext { conn: &mut tx, till, now: till.clock.now(), events: Vec::new() };
    let shown = match payments::expire_due(&mut turn).await {
        Ok(()) => views::ledger(&mut turn).await,
        Err(stop) => Err(stop),
    };
    match shown {
        Ok(ledger) => {
            tx.commit().await?;
            Ok(ledger)
        }
        Err(Stop::Broken(fault)) => Err(fault),
        Err(Stop::No(problem)) => Err(anyhow::anyhow!(problem.detail)),
    }
}

async fn remembered(
    conn: &mut SqliteConnection,
    key: &str,
    asked: &IdentifiedCall,
) -> anyhow::Result<Option<CallAnswer>> {
    let row: Option<(String, String, u16, String)> =
        sqlx::query_as("SELECT call, request, status, body FROM keys WHERE key = ?")
            .bind(key)
            .fetch_optional(conn)
            .await?;
    let Some((call, request, status, body)) = row else { return Ok(None) };
    // Equal as JSON: the order of keys is free, null is not absent, arrays keep their order.
    if call != asked.place || serde_json::from_str::<Value>(&request)? != asked.content {
        let detail = "this key was used for another request";
        return Ok(Some(CallAnswer::from(CallProblem::new(422, "idempotency_conflict", detail))));
    }
    Ok(Some(CallAnswer { status, body: serde_json::from_str(&body)?, replayed: true }))
}

async fn remember(
    conn: &mut SqliteConnection,
    key: &str,
    asked: &IdentifiedCall,
    said: &CallAnswer,
    now: UnixMs,
) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO keys (key, call, request, status, body, at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(&asked.place)
    .bind(asked.content.to_string())
    .bind(said.status)
    .bind(said.body.to_string())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}
