//! `wallet reconcile`: every line of the wallet's statement is accounted for by its own id, and
//! every payment and refund of the books by its sum. What maps to nothing, or twice, is a
//! difference.

use super::Api;
use super::control::{ApiError, ApiResult, QueryParams};
use super::wallet_views::unclear;
use axum::Json;
use axum::extract::{Query, State};
use homepay_domain::ids::OrderId;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::Order;
use homepay_domain::settlement::refund_id;
use homepay_domain::time::UnixMs;
use homepay_protocols::views::wallet::{Difference, ReconcileView};
use homepay_wallets::{EntryKind, StatementEntry};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many pages of a statement are read at most.
const STATEMENT_PAGES_MAX: usize = 10_000;

/// How much more than the span is read on both sides, in milliseconds: the wallet's clock and ours
/// may put one movement on two sides of its edge.
const EDGE_MS: i64 = 600_000;

#[derive(Deserialize, JsonSchema)]
pub(super) struct SpanQuery {
    /// Unix milliseconds, as both are; all of it where it is not said.
    from_ms: Option<i64>,
    to_ms: Option<i64>,
}

/// One movement as one side has it: how much, when, and in how many lines.
#[derive(Clone, Copy, Debug)]
struct MovementSide {
    amount: Minor,
    at: UnixMs,
    lines: usize,
}

type Movements = BTreeMap<String, MovementSide>;

pub(super) async fn reconcile(
    State(api): State<Api>,
    Query(span): QueryParams<SpanQuery>,
) -> ApiResult<ReconcileView> {
    let from = UnixMs(span.from_ms.unwrap_or(0));
    let to = UnixMs(span.to_ms.unwrap_or_else(|| api.clock.now().plus_s(1).0));
    let (first, next) = (from.plus_ms(-EDGE_MS), to.plus_ms(EDGE_MS));
    let entries = statement(&api, first, next).await?;
    let orders = api.reader.paid(first.0, next.0).await?;
    let (lines, differences) = compare(&orders, &entries, api.home.currency, (from, to));
    let (agrees, currency) = (differences.is_empty(), api.home.currency.code().to_owned());
    Ok(Json(ReconcileView { lines, agrees, differences, currency }))
}

async fn statement(api: &Api, from: UnixMs, to: UnixMs) -> Result<Vec<StatementEntry>, ApiError> {
    let mut entries = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..STATEMENT_PAGES_MAX {
        let (request, reply, now) = api
            .ask(|now, nonce| {
                api.connector.statement_request(from, to, cursor.as_deref(), now, nonce)
            })
            .await;
        let page = api.connector.statement(&request, reply, now).map_err(unclear)?;
        entries.extend(page.entries);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(entries);
        }
    }
    Err(unclear(format!("the statement has more than {STATEMENT_PAGES_MAX} pages")))
}

/// Payments since `from` that the wallet has and the books know nothing of, however they stand.
///
/// # Errors
/// Where the wallet's statement cannot be read, or the books cannot.
pub async fn unknown_payments(api: &Api, from: UnixMs) -> Result<Vec<String>, ApiError> {
    let entries = statement(api, from, api.clock.now().plus_ms(EDGE_MS)).await?;
    let captures = entries.iter().filter(|entry| entry.kind == EntryKind::Capture);
    let payments: BTreeSet<&OrderId> = captures.filter_map(|e| e.payment.as_ref()).collect();
    let mut unknown = Vec::new();
    for payment in payments {
        // A payment's id is its order's, or that and the id of the books that made it.
        let of_order = payment.as_str().rsplit_once('-').map(|(order, _)| order);
        let mut known = false;
        for id in [Some(payment.as_str()), of_order].into_iter().flatten() {
            let order = api.reader.order(id).await?;
            known |= order.is_some_and(|order| order.payment_id() == *payment);
        }
        if !known {
            unknown.push(payment.to_string());
        }
    }
    Ok(unknown)
}

/// Compares both sides. Gives how many movements there were within the span, and what does not
/// agree.
#[must_use]
pub fn compare(
    orders: &[Order],
    entries: &[StatementEntry],
    currency: Currency,
    span: (UnixMs, UnixMs),
) -> (usize, Vec<Difference>) {
    let mut differences = Vec::new();
    let wallet = wallet_movements(entries, currency, &mut differences);
    let books = book_movements(orders);
    let within = |at: UnixMs| span.0 <= at && at < span.1;
    let mut lines = 0;
    for (line, booked) in &books {
        let seen = wallet.get(line);
        if !within(booked.at) && !seen.is_some_and(|seen| within(seen.at)) {
            continue;
        }
        lines += 1;
        let why = match seen {
            Some(seen) if seen.amount != booked.amount => "the amounts differ",
            Some(seen) if seen.lines > 1 => "the wallet has it more than once",
            Some(_) => continue,
            None => "the wallet does not have it",
        };
        differences.push(Difference {
            line: line.clone(),
            journal: Some(currency.text(booked.amount)),
            wallet: seen.map(|seen| currency.text(seen.amount)),
            why,
        });
    }
    let unknown =
        wallet.iter().filter(|(line, seen)| !books.contains_key(*line) && within(seen.at));
    for (line, seen) in unknown {
        lines += 1;
        differences.push(Difference {
            line: line.clone(),
            journal: None,
            wallet: Some(currency.text(seen.amount)),
            why: "the journal does not have it",
        });
    }
    (lines, differences)
}

fn wallet_movements(
    entries: &[StatementEntry],
    currency: Currency,
    differences: &mut Vec<Difference>,
) -> Movements {
    let mut movements = Movements::new();
    let mut known = BTreeSet::new();
    for entry in entries {
        let payment = entry.payment.as_ref();
        let moved = match entry.kind {
            EntryKind::Capture => payment.map(|payment| format!("{payment} paid")),
            EntryKind::Refund => entry.refund.as_ref().map(|refund| format!("{refund} refunded")),
            EntryKind::TopUp => Some(String::new()),
        };
        let foreign = entry.currency.as_deref().is_some_and(|code| code != currency.code());
        // A refund's id begins with its payment's, or the line contradicts itself.
        let torn = entry.kind == EntryKind::Refund
            && !entry.refund.as_deref().zip(payment).is_some_and(|(refund, payment)| {
                refund.strip_prefix(payment.as_str()).is_some_and(|rest| rest.starts_with("-ref-"))
            });
        let why = match &moved {
            _ if entry.id.is_empty() => Some("the line has no id"),
            _ if !known.insert(entry.id.as_str()) => Some("two lines have this id"),
            _ if foreign => Some("the line is in another currency"),
            _ if !entry.amount.is_positive() => Some("the line moves nothing"),
            None => Some("the line names no payment"),
            Some(_) if torn => Some("the line's refund and payment do not belong together"),
            Some(_) => None,
        };
        if let Some(why) = why {
            differences.push(Difference {
                line: entry.id.clone(),
                journal: None,
                wallet: Some(currency.text(entry.amount)),
                why,
            });
            continue;
        }
        let Some(line) = moved.filter(|line| !line.is_empty()) else { continue };
        let movement = movements.entry(line).or_insert(MovementSide {
            amount: Minor::ZERO,
            at: entry.at,
            lines: 0,
        });
        movement.amount = movement.amount.plus(entry.amount).unwrap_or(Minor(i64::MAX));
        movement.lines += 1;
    }
    movements
}

fn book_movements(orders: &[Order]) -> Movements {
    let mut movements = Movements::new();
    for order in orders {
        let payment = order.payment_id();
        let at = order.captured_at.unwrap_or(order.changed_at);
        let paid = MovementSide { amount: order.captured, at, lines: 1 };
        movements.insert(format!("{payment} paid"), paid);
        for (place, (number, amount)) in order.returned.iter().enumerate() {
            let at = order.returned_at.get(place).copied().unwrap_or(order.changed_at);
            let line = format!("{} refunded", refund_id(&payment, *number));
            movements.insert(line, MovementSide { amount: *amount, at, lines: 1 });
        }
    }
    movements
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMs = UnixMs(1_764_000_000_000);

    fn order(id: &str, captured: i64, returned: &[(u32, i64)]) -> Order {
        let text = format!(
            r#"{{"id":"{id}","origin":{{"from":"device","device":"kitchen"}},"lang":"en",
            "fingerprint":"","state":"settled","amount":{captured},"lines":[],
            "approve_within_s":600,"asked_at":{at},"changed_at":{at}}}"#,
            at = AT.0
        );
        let mut order: Order = serde_json::from_str(&text).expect("an order");
        order.captured = Minor(captured);
        order.captured_at = Some(AT);
        order.returned =
            returned.iter().map(|(number, amount)| (*number, Minor(*amount))).collect();
        order.returned_at = returned.iter().map(|_| AT).collect();
        order
    }

    fn line(id: &str, kind: EntryKind, payment: Option<&str>, amount: i64) -> StatementEntry {
        let refund =
            (kind == EntryKind::Refund).then(|| format!("{}-ref-1", payment.unwrap_or_default()));
        StatementEntry {
            id: id.to_owned(),
            kind,
            payment: payment.map(OrderId::from_store),
            refund,
            amount: Minor(amount),
            currency: None,
            at: AT,
        }
    }

    fn found(orders: &[Order], entries: &[StatementEntry]) -> Vec<(String, &'static str)> {
        let cny = Currency::from_code("CNY").expect("a currency");
        let span = (AT.plus_ms(-1), AT.plus_ms(1));
        let (_, differences) = compare(orders, entries, cny, span);
        differences.into_iter().map(|d| (d.line, d.why)).collect()
    }

    #[test]
    fn both_sides_alike_agree() {
        let orders = [order("order-0001", 2990, &[(1, 990)])];
        let entries = [
            line("t1", EntryKind::TopUp, None, 100_000),
            line("t2", EntryKind::Capture, Some("order-0001"), 2990),
            line("t3", EntryKind::Refund, Some("order-0001"), 990),
        ];
        assert_eq!(found(&orders, &entries), []);
    }

    #[test]
    fn every_line_is_accounted_for_by_its_own_id() {
        let orders = [order("order-0001", 2990, &[])];
        let paid = |id| line(id, EntryKind::Capture, Some("order-0001"), 2990);
        let usd = StatementEntry { currency: Some("USD".to_owned()), ..paid("t2") };
        let no_refund =
            StatementEntry { refund: None, ..line("t2", EntryKind::Refund, Some("order-0001"), 5) };
        let other_refund = StatementEntry {
            refund: Some("order-0009-ref-1".to_owned()),
            ..line("t2", EntryKind::Refund, Some("order-0001"), 5)
        };
        let cases: [(&str, Vec<StatementEntry>, &str); 9] = [
            ("captured twice", vec![paid("t1"), paid("t2")], "the amounts differ"),
            (
                "another line before the right one",
                vec![line("t0", EntryKind::Capture, Some("order-0001"), 999_900), paid("t1")],
                "the amounts differ",
            ),
            (
                "split so that the sum is right",
                vec![
                    line("t1", EntryKind::Capture, Some("order-0001"), 2000),
                    line("t2", EntryKind::Capture, Some("order-0001"), 990),
                ],
                "the wallet has it more than once",
            ),
            (
                "no payment",
                vec![paid("t1"), line("t2", EntryKind::Capture, None, 50_000)],
                "the line names no payment",
            ),
            ("a refund without id", vec![paid("t1"), no_refund], "the line names no payment"),
            (
                "a refund of another payment",
                vec![paid("t1"), other_refund],
                "the line's refund and payment do not belong together",
            ),
            ("an id twice", vec![paid("t1"), paid("t1")], "two lines have this id"),
            ("in dollars", vec![paid("t1"), usd], "the line is in another currency"),
            ("nothing", vec![], "the wallet does not have it"),
        ];
        for (name, entries, why) in cases {
            let found = found(&orders, &entries);
            assert!(found.iter().any(|(_, said)| *said == why), "{name}: {found:?}");
        }
        let unknown = line("t2", EntryKind::Capture, Some("order-0002"), 100);
        let found = found(&orders, &[paid("t1"), unknown]);
        assert_eq!(found, [("order-0002 paid".to_owned(), "the journal does not have it")]);
    }
}
