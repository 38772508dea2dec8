//! The wallet as the owner sees it: does it answer, what is in it, does it agree with the journal.

use super::Api;
use super::control::{Answer, Asked, Fault};
use crate::domain::money::Minor;
use crate::domain::settlement::refund_id;
use crate::domain::time::UnixMs;
use crate::io::clock::{OsEntropy, SystemClock};
use crate::ports::{Clock, Entropy, Request, Response, SendFault, Wallet};
use crate::wallets::{Entry, EntryKind};
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many pages of a statement are read at most.
const PAGES_MAX: usize = 10_000;

impl Api {
    async fn ask(
        &self,
        write: impl FnOnce(UnixMs, [u8; 16]) -> Request,
    ) -> (Request, Result<Response, SendFault>, UnixMs) {
        let now = SystemClock.now();
        let request = write(now, OsEntropy.bytes16());
        let reply = self.wallet.send(request.clone()).await;
        (request, reply, now)
    }
}

fn unclear(why: String) -> Fault {
    Fault::refused("wallet_unreachable", why)
}

pub(super) async fn status(State(api): State<Api>) -> Answer {
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.balance_request(now, nonce)).await;
    let balance = api.connector.balance(&request, reply, now);
    let (doubtful, open) = api
        .look(|book| {
            let doubtful = book.open.values().filter(|o| o.attempt.is_some()).count();
            (doubtful, book.open.len())
        })
        .await?;
    let outbox = api.reader.outbox().await?;
    Ok(Json(json!({
        "reachable": balance.is_ok(), "why": balance.err(), "unsettled": doubtful,
        "open_orders": open, "outbox": outbox,
    })))
}

pub(super) async fn balance(State(api): State<Api>) -> Answer {
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.balance_request(now, nonce)).await;
    let balance = api.connector.balance(&request, reply, now).map_err(unclear)?;
    let money = |amount| api.home.currency.text(amount);
    let (request, reply, now) =
        api.ask(|now, nonce| api.connector.sources_request(now, nonce)).await;
    let sources = api.connector.sources(&request, reply, now).map_err(unclear)?;
    let sources: Vec<Value> = sources
        .iter()
        .map(|s| json!({"id": s.id, "kind": s.kind, "available": money(s.available)}))
        .collect();
    Ok(Json(json!({
        "available": money(balance.available), "held": money(balance.held),
        "currency": api.home.currency.code(), "sources": sources,
    })))
}

#[derive(Deserialize)]
pub(super) struct Span {
    from_ms: Option<i64>,
    to_ms: Option<i64>,
}

/// One movement of money of one order: a capture, or one refund.
type Moves = BTreeMap<String, Minor>;

/// Compares the wallet's statement with the books, line by line.
pub(super) async fn reconcile(State(api): State<Api>, Query(span): Asked<Span>) -> Answer {
    let now = SystemClock.now();
    let from = UnixMs(span.from_ms.unwrap_or(0));
    let to = UnixMs(span.to_ms.unwrap_or_else(|| now.plus_s(1).0));
    let wallet = wallet_moves(&api, from, to).await?;
    let books = book_moves(&api, from, to).await?;
    let money = |amount| api.home.currency.text(amount);
    let mut differences = Vec::new();
    for (line, amount) in &books {
        match wallet.get(line) {
            Some(seen) if seen == amount => {}
            seen => differences.push(json!({
                "line": line, "journal": money(*amount), "wallet": seen.map(|m| money(*m)),
            })),
        }
    }
    for (line, amount) in wallet.iter().filter(|(line, _)| !books.contains_key(*line)) {
        differences.push(json!({"line": line, "journal": null, "wallet": money(*amount)}));
    }
    Ok(Json(json!({
        "lines": wallet.len().max(books.len()), "agrees": differences.is_empty(),
        "differences": differences, "currency": api.home.currency.code(),
    })))
}

async fn wallet_moves(api: &Api, from: UnixMs, to: UnixMs) -> Result<Moves, Fault> {
    let mut moves = Moves::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let (request, reply, now) = api
            .ask(|now, nonce| {
                api.connector.statement_request(from, to, cursor.as_deref(), now, nonce)
            })
            .await;
        let page = api.connector.statement(&request, reply, now).map_err(unclear)?;
        for entry in &page.entries {
            moves.extend(move_of(entry));
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(moves);
        }
    }
    Err(unclear(format!("the statement has more than {PAGES_MAX} pages")))
}

fn move_of(entry: &Entry) -> Option<(String, Minor)> {
    match entry.kind {
        EntryKind::Capture => Some((format!("{} paid", entry.payment.as_ref()?), entry.amount)),
        EntryKind::Refund => Some((format!("{} refunded", entry.refund.as_ref()?), entry.amount)),
        EntryKind::TopUp => None,
    }
}

/// What the books say that moved.
async fn book_moves(api: &Api, from: UnixMs, to: UnixMs) -> Result<Moves, Fault> {
    let mut moves = Moves::new();
    for order in api.reader.paid(from.0, to.0).await? {
        moves.insert(format!("{} paid", order.id), order.captured);
        for (number, amount) in order.returned {
            moves.insert(format!("{} refunded", refund_id(&order.id, number)), amount);
        }
    }
    Ok(moves)
}
