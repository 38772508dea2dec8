//! What happens to payments, and what the book says of it.

use super::*;
use homepay_domain::settlement::{DeclineCode, PaymentSeen, RefundSeen};
use homepay_wallets::EntryKind;

fn paid(captured: i64, refunds: &[(&str, i64)]) -> PaymentStatus {
    let seen =
        |(id, amount): &(&str, i64)| RefundSeen { id: (*id).to_owned(), amount: Minor(*amount) };
    PaymentStatus::Paid {
        captured: Minor(captured),
        refunds: refunds.iter().map(seen).collect(),
        seen: PaymentSeen::default(),
    }
}

#[tokio::test]
async fn a_payment_is_captured_at_once_and_given_back_in_parts() {
    let bench = Bench::open().await;
    assert_eq!(bench.money().await, (50_000, 0));
    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Absent { .. }));
    assert_eq!(bench.ask(&authorize("order-0001", 2990, true)).await, paid(2990, &[]));
    assert_eq!(bench.money().await, (47_010, 0));
    let first = paid(2990, &[("order-0001-ref-1", 990)]);
    assert_eq!(bench.ask(&refund("order-0001", 1, 990)).await, first);
    let both = paid(2990, &[("order-0001-ref-1", 990), ("order-0001-ref-2", 2000)]);
    assert_eq!(bench.ask(&refund("order-0001", 2, 2000)).await, both);
    assert_eq!(bench.ask(&inquire("order-0001")).await, both);
    assert_eq!(bench.money().await, (50_000, 0));
    let body = json!({"id": "order-0001-ref-3", "amount": "0.01", "reason": "more"});
    let over = bench.call("POST", "/v1/payments/order-0001/refunds", "r3", &body).await;
    assert_eq!(code(&over), (422, "refund_exceeds_captured".to_owned()));
    bench.close().await;
}

#[tokio::test]
async fn a_partial_capture_frees_the_rest_and_happens_once() {
    let bench = Bench::open().await;
    let held = PaymentStatus::Authorized { amount: Minor(5000), seen: PaymentSeen::default() };
    assert_eq!(bench.ask(&authorize("order-0001", 5000, false)).await, held);
    assert_eq!(bench.money().await, (45_000, 5000));
    let over = json!({"amount": "50.01"});
    let over = bench.call("POST", "/v1/payments/order-0001/capture", "over", &over).await;
    assert_eq!(code(&over), (422, "capture_exceeds_hold".to_owned()));
    for nothing in ["0.00", "-1.00", "1e2", "1.001"] {
        let body = json!({"amount": nothing});
        let refused = bench.call("POST", "/v1/payments/order-0001/capture", nothing, &body).await;
        assert_eq!(code(&refused), (422, "amount_invalid".to_owned()), "{nothing}");
    }
    let float = json!({"amount": 30.0});
    let refused = bench.call("POST", "/v1/payments/order-0001/capture", "float", &float).await;
    assert_eq!(code(&refused), (400, "malformed".to_owned()));
    assert_eq!(bench.ask(&capture("order-0001", 3000)).await, paid(3000, &[]));
    assert_eq!(bench.money().await, (47_000, 0));
    let again = json!({"amount": "20.00"});
    let again = bench.call("POST", "/v1/payments/order-0001/capture", "again", &again).await;
    assert_eq!(code(&again), (409, "already_captured".to_owned()));
    let voided = bench.call("POST", "/v1/payments/order-0001/void", "v", &json!({})).await;
    assert_eq!(code(&voided), (409, "already_captured".to_owned()));
    let body = json!({"id": "too-much", "amount": "30.01", "reason": "x"});
    let over = bench.call("POST", "/v1/payments/order-0001/refunds", "r", &body).await;
    assert_eq!(code(&over), (422, "refund_exceeds_captured".to_owned()));
    bench.close().await;
}

#[tokio::test]
async fn a_void_frees_all_and_ends_it() {
    let bench = Bench::open().await;
    bench.ask(&authorize("order-0001", 5000, false)).await;
    assert_eq!(bench.ask(&void("order-0001")).await, PaymentStatus::Voided);
    assert_eq!(bench.money().await, (50_000, 0));
    let late = json!({"amount": "50.00"});
    let late = bench.call("POST", "/v1/payments/order-0001/capture", "late", &late).await;
    assert_eq!(code(&late), (409, "already_voided".to_owned()));
    let again = bench.call("POST", "/v1/payments/order-0001/void", "again", &json!({})).await;
    assert_eq!(code(&again), (409, "already_voided".to_owned()));
    let body = json!({"id": "r1", "amount": "1.00", "reason": "x"});
    let refused = bench.call("POST", "/v1/payments/order-0001/refunds", "r", &body).await;
    assert_eq!(code(&refused), (409, "not_captured".to_owned()));
    assert!(matches!(bench.ask(&capture("order-0002", 100)).await, PaymentStatus::Absent { .. }));
    assert_eq!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Voided);
    bench.close().await;
}

#[tokio::test]
async fn a_hold_expires_by_itself() {
    let bench = Bench::open().await;
    let mut wish = wish("order-0001", "50.00", "manual");
    wish["expires_in_s"] = json!(1);
    assert_eq!(bench.call("POST", "/v1/payments", "a", &wish).await.status, 201);
    assert_eq!(bench.money().await, (45_000, 5000));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(bench.money().await, (50_000, 0));
    let late = json!({"amount": "50.00"});
    let late = bench.call("POST", "/v1/payments/order-0001/capture", "late", &late).await;
    assert_eq!(code(&late), (409, "already_expired".to_owned()));
    let shown = bench.call("GET", "/v1/payments/order-0001", "", &Value::Null).await;
    assert_eq!(document(&shown)["status"], "expired");
    assert_eq!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Voided);
    assert_eq!(bench.count("expire").await, 1);
    bench.close().await;
}

#[tokio::test]
async fn too_little_money_is_an_explicit_no_that_stays() {
    let bench = Bench::open().await;
    let no = PaymentStatus::Declined { code: DeclineCode::InsufficientFunds };
    assert_eq!(bench.ask(&authorize("order-0001", 50_001, true)).await, no);
    assert_eq!(bench.ask(&inquire("order-0001")).await, no);
    let credited = bench.admin("POST", "/credit", &json!({"amount": "100.00"})).await;
    assert_eq!(credited.status, 200);
    assert_eq!(bench.ask(&authorize("order-0001", 50_001, true)).await, no, "a no stays no");
    assert_eq!(bench.ask(&authorize("order-0002", 50_001, true)).await, paid(50_001, &[]));
    bench.close().await;
}

#[tokio::test]
async fn a_card_pays_and_owes() {
    let bench = Bench::open().await;
    let mut wish = wish("order-0001", "600.00", "automatic");
    wish["source"] = json!("card");
    assert_eq!(bench.call("POST", "/v1/payments", "a", &wish).await.status, 201);
    assert_eq!(bench.money().await, (50_000, 0));
    let request = bench.native.sources_request(now(), rand::random());
    let reply = bench.http.send(request.clone()).await;
    let sources = bench.native.sources(&request, reply, now()).expect("sources");
    let seen: Vec<_> = sources.iter().map(|s| (s.id.as_str(), s.available.0)).collect();
    assert_eq!(seen, [("balance", 50_000), ("card", 40_000)]);
    for (target, list) in [("/v1/points", "points"), ("/v1/coupons", "coupons")] {
        let shown = bench.call("GET", target, "", &Value::Null).await;
        assert_eq!(document(&shown)[list], json!([]));
    }
    bench.close().await;
}

#[tokio::test]
async fn wishes_that_make_no_sense_are_refused() {
    let bench = Bench::open().await;
    for (member, value, status, want) in [
        ("currency", json!("USD"), 422, "currency_mismatch"),
        ("amount", json!("0.00"), 422, "amount_invalid"),
        ("amount", json!(29.9), 400, "malformed"),
        ("id", json!("a b"), 422, "id_invalid"),
        ("source", json!("piggy-bank"), 422, "unknown_source"),
        ("coupon", json!("half-price"), 422, "unknown_coupon"),
        ("expires_in_s", json!(0), 422, "expires_in_s_invalid"),
        ("capture", json!("later"), 400, "malformed"),
        ("colour", json!("blue"), 400, "malformed"),
    ] {
        let mut wish = wish("order-0001", "1.00", "manual");
        wish[member] = value;
        let refused = bench.call("POST", "/v1/payments", "same-key", &wish).await;
        assert_eq!(code(&refused), (status, want.to_owned()), "{member}");
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    }
    let whole = wish("order-0001", "1.00", "automatic").to_string();
    for (once, twice) in [
        ("{", "{\"amount\":\"9.00\","),
        ("\"lines\":[]", "\"lines\":[{\"sku\":\"a\",\"quantity\":\"1\",\"sku\":\"b\"}]"),
    ] {
        let wish = whole.replacen(once, twice, 1);
        let request = bench.signed_text(30, "POST", "/v1/payments", "same-key", wish);
        let refused = bench.http.send(request).await.expect("an answer");
        assert_eq!(code(&refused), (400, "malformed".to_owned()), "{twice}");
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        let detail = document(&refused)["detail"].to_string();
        assert!(detail.contains("stands twice"), "{detail}");
    }
    let nowhere = bench.call("GET", "/v1/secrets", "", &Value::Null).await;
    assert_eq!(code(&nowhere), (404, "no_such_call".to_owned()));
    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Absent { .. }));
    bench.close().await;
}

#[tokio::test]
async fn the_statement_comes_in_pages_and_is_complete() {
    let bench = Bench::open().await;
    for n in 0..119 {
        let body = json!({"id": format!("top-{n}"), "amount": "0.01", "currency": "CNY"});
        let put = bench.call("POST", "/v1/topups", &format!("t-{n}"), &body).await;
        assert_eq!(put.status, 201);
    }
    bench.ask(&authorize("order-0001", 2990, true)).await;
    bench.ask(&authorize("order-0002", 1000, false)).await;
    bench.ask(&refund("order-0001", 1, 990)).await;
    let (from, to) = (now().plus_s(-3600), now().plus_s(1));
    let mut entries = Vec::new();
    let mut pages = 0;
    let mut cursor = None;
    loop {
        let request =
            bench.native.statement_request(from, to, cursor.as_deref(), now(), rand::random());
        let reply = bench.http.send(request.clone()).await;
        let page = bench.native.statement(&request, reply, now()).expect("a page");
        pages += 1;
        entries.extend(page.entries);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((pages, entries.len()), (2, 122), "holds are not on it");
    let kinds: Vec<EntryKind> = entries[120..].iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Capture, EntryKind::Refund]);
    assert_eq!(entries[120].payment, Some(order("order-0001")));
    assert_eq!(entries[121].refund.as_deref(), Some("order-0001-ref-1"));
    let request = bench.native.statement_request(to, to.plus_s(9), None, now(), rand::random());
    let reply = bench.http.send(request.clone()).await;
    let page = bench.native.statement(&request, reply, now()).expect("a page");
    assert!(page.entries.is_empty() && page.next.is_none());
    bench.close().await;
}

#[tokio::test]
async fn the_book_outlives_the_server_and_belongs_to_one_account() {
    let bench = Bench::open().await;
    bench.ask(&authorize("order-0001", 2990, true)).await;
    let dir = bench.close().await;
    let mut other = options(dir.path());
    other.account = "home-2".to_owned();
    assert!(start(other).await.is_err());
    let bench = Bench::on(dir, |options| options.durable = true).await;
    assert_eq!(bench.money().await, (47_010, 0), "the starting balance is credited once");
    assert_eq!(bench.ask(&authorize("order-0001", 2990, true)).await, paid(2990, &[]));
    assert_eq!(bench.count("capture").await, 1);
    bench.close().await;
}
