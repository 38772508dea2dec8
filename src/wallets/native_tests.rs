use super::super::sign::sign_response;
use super::*;
use homepay_domain::ids::Name;
use homepay_domain::settlement::{DeclineCode, PayLine, PaymentSeen, RefundSeen};
use homepay_ports::SendFault;
use std::time::Duration;

const NOW: UnixMs = UnixMs(1_795_300_000_000);

fn wallet() -> NativeWallet {
    NativeWallet {
        authority: "wallet.test".to_owned(),
        base_path: "/pay".to_owned(),
        account: "home-1".to_owned(),
        key_id: "k1".to_owned(),
        request_key: vec![1; 32],
        response_key: vec![2; 32],
        currency: Currency::from_code("CNY").expect("CNY"),
    }
}

fn order() -> OrderId {
    OrderId::parse("order-0001").expect("an id")
}

fn authorize(capture: bool) -> PaymentCommand {
    PaymentCommand::Authorize {
        order: order(),
        amount: Minor(2990),
        payee: Some(Name::parse("corner-shop").expect("a name")),
        category: None,
        lines: vec![PayLine {
            sku: "water-24".to_owned(),
            quantity: "1".to_owned(),
            amount: Minor(2990),
        }],
        capture,
        expires_in_s: 3600,
    }
}

fn refund() -> PaymentCommand {
    PaymentCommand::Refund {
        order: order(),
        number: 1,
        amount: Minor(990),
        reason: "broken".to_owned(),
    }
}

fn capture() -> PaymentCommand {
    PaymentCommand::Capture { order: order(), amount: Minor(1990) }
}

fn payment(edits: &[(&str, Value)]) -> Value {
    let mut document = json!({
        "id": "order-0001", "status": "authorized", "amount": "29.90", "currency": "CNY",
        "captured": "0.00", "refunded": "0.00", "refunds": [],
        "expires_at": "2026-11-22T00:00:00Z",
    });
    for (name, value) in edits {
        document[*name] = value.clone();
    }
    document
}

fn signed(request: &HttpRequest, status: u16, body: &Value, secret: &[u8]) -> HttpResponse {
    signed_text(request, status, body.to_string(), secret)
}

fn signed_text(request: &HttpRequest, status: u16, body: String, secret: &[u8]) -> HttpResponse {
    let body = body.into_bytes();
    let wallet = wallet();
    let asked = RequestView {
        method: request.method,
        authority: &wallet.authority,
        target: &request.target,
        headers: &request.headers,
        body: &request.body,
    };
    let said = ResponseView { status, headers: &[], body: &body };
    let key = SigningSecret { id: "k1", secret };
    let headers = sign_response(said, asked, key, NOW, [5; 16]).expect("signs");
    HttpResponse { status, headers, body }
}

fn answer(ask: &PaymentCommand, status: u16, body: &Value) -> PaymentStatus {
    let request = wallet().request(ask, NOW, [1; 16]);
    let response = signed(&request, status, body, &[2; 32]);
    wallet().answer(ask, &request, Ok(response), NOW)
}

fn unknown(answer: &PaymentStatus) -> bool {
    matches!(answer, PaymentStatus::Unknown { .. })
}

#[test]
fn asks_become_the_calls_of_the_contract() {
    let calls = [
        (authorize(true), "POST", "/pay/v1/payments", Some("\"order-0001-auth\"")),
        (capture(), "POST", "/pay/v1/payments/order-0001/capture", Some("\"order-0001-cap-1\"")),
        (
            PaymentCommand::Void { order: order() },
            "POST",
            "/pay/v1/payments/order-0001/void",
            Some("\"order-0001-void\""),
        ),
        (refund(), "POST", "/pay/v1/payments/order-0001/refunds", Some("\"order-0001-ref-1\"")),
        (PaymentCommand::Inquire { order: order() }, "GET", "/pay/v1/payments/order-0001", None),
    ];
    for (ask, method, target, key) in calls {
        let request = wallet().request(&ask, NOW, [1; 16]);
        assert_eq!((request.method, request.target.as_str()), (method, target));
        let header = request.headers.iter().find(|(n, _)| n == "idempotency-key");
        assert_eq!(header.map(|(_, v)| v.as_str()), key);
        assert_eq!(request.body.is_empty(), method == "GET");
    }
    let body = wallet().request(&authorize(false), NOW, [1; 16]).body;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["amount"], "29.90");
    assert_eq!(body["capture"], "manual");
    assert_eq!(body["lines"][0]["amount"], "29.90");
}

#[test]
fn a_retry_is_signed_anew_under_the_same_key() {
    let first = wallet().request(&authorize(true), NOW, [1; 16]);
    let again = wallet().request(&authorize(true), NOW.plus_s(9), [2; 16]);
    assert_eq!(first.body, again.body);
    let header = |request: &HttpRequest, name: &str| {
        request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    };
    assert_eq!(header(&first, "idempotency-key"), header(&again, "idempotency-key"));
    assert_ne!(header(&first, "signature"), header(&again, "signature"));
}

#[test]
fn every_status_has_one_meaning() {
    let inquire = PaymentCommand::Inquire { order: order() };
    let judge = |edits: &[(&str, Value)]| answer(&inquire, 200, &payment(edits));
    let whole = PaymentSeen { amount: Some(Minor(2990)), payee: None };
    assert_eq!(judge(&[]), PaymentStatus::Authorized { amount: Minor(2990), seen: whole.clone() });
    let of_shop = PaymentSeen { payee: Some("corner-shop".to_owned()), ..whole.clone() };
    let named = judge(&[("payee", json!("corner-shop"))]);
    assert_eq!(named, PaymentStatus::Authorized { amount: Minor(2990), seen: of_shop });
    let paid = judge(&[
        ("status", json!("captured")),
        ("captured", json!("19.90")),
        ("refunded", json!("9.90")),
        ("refunds", json!([{"id": "order-0001-ref-1", "amount": "9.90"}])),
    ]);
    let seen = RefundSeen { id: "order-0001-ref-1".to_owned(), amount: Minor(990) };
    assert_eq!(
        paid,
        PaymentStatus::Paid { captured: Minor(1990), refunds: vec![seen], seen: whole }
    );
    for status in ["voided", "expired"] {
        assert_eq!(judge(&[("status", json!(status))]), PaymentStatus::Voided);
    }
    assert_eq!(judge(&[("status", json!("pending"))]), PaymentStatus::Pending);
    let declined =
        judge(&[("status", json!("declined")), ("decline_code", json!("insufficient_funds"))]);
    assert_eq!(declined, PaymentStatus::Declined { code: DeclineCode::InsufficientFunds });
    assert!(unknown(&judge(&[("status", json!("paid"))])));
}

#[test]
fn problems_count_only_where_they_are_explicit() {
    let problem = |code: &str| json!({"code": code});
    let no = PaymentStatus::Declined { code: DeclineCode::Declined };
    assert_eq!(answer(&authorize(true), 402, &problem("declined")), no);
    let poor = PaymentStatus::Declined { code: DeclineCode::InsufficientFunds };
    assert_eq!(answer(&authorize(true), 402, &problem("insufficient_funds")), poor);
    let inquire = PaymentCommand::Inquire { order: order() };
    assert_eq!(
        answer(&inquire, 404, &problem("not_found")),
        PaymentStatus::Absent { by_wallet: NOW }
    );
    assert_eq!(answer(&capture(), 409, &problem("idempotency_in_flight")), PaymentStatus::Pending);
    for (ask, status, code) in [
        (authorize(true), 402, "payment_required"),
        (authorize(true), 404, "not_found"),
        (inquire, 404, "no_such_call"),
        (capture(), 409, "already_expired"),
        (authorize(true), 422, "idempotency_conflict"),
        (authorize(true), 401, "not_authentic"),
        (authorize(true), 500, "declined"),
        (authorize(true), 503, "idempotency_in_flight"),
    ] {
        assert!(unknown(&answer(&ask, status, &problem(code))), "{status} {code}");
    }
    assert!(unknown(&answer(&authorize(true), 404, &json!("a page"))));
}

#[test]
fn what_disagrees_with_the_ask_is_unknown() {
    let captured =
        |amount: &str| payment(&[("status", json!("captured")), ("captured", json!(amount))]);
    assert!(!unknown(&answer(&authorize(true), 201, &captured("29.90"))));
    assert!(unknown(&answer(&authorize(true), 201, &captured("29.89"))));
    assert!(!unknown(&answer(&capture(), 200, &captured("19.90"))));
    assert!(unknown(&answer(&capture(), 200, &captured("20.00"))));
    assert!(unknown(&answer(&refund(), 201, &captured("29.90"))), "the refund is not there");
    let inquire = PaymentCommand::Inquire { order: order() };
    for edits in [
        [("id", json!("order-0002"))].as_slice(),
        &[("currency", json!("USD"))],
        &[("amount", json!(29.9))],
        &[("amount", json!(2990))],
        &[("amount", json!("29.901"))],
        &[("amount", json!("-29.90"))],
        &[("amount", json!("0.00"))],
        &[("captured", json!("1.00"))],
        &[("refunded", json!("1.00"))],
        &[("status", json!("captured"))],
        &[("status", json!("captured")), ("captured", json!("30.00"))],
        &[("status", json!("voided")), ("captured", json!("1.00"))],
        &[("status", json!(null))],
    ] {
        assert!(unknown(&answer(&inquire, 200, &payment(edits))), "{edits:?}");
    }
    assert!(unknown(&answer(&authorize(false), 200, &payment(&[("amount", json!("29.91"))]))));
}

#[test]
fn an_answer_with_a_name_twice_is_unknown() {
    let ask = authorize(true);
    let request = wallet().request(&ask, NOW, [1; 16]);
    let paid = payment(&[("status", json!("captured")), ("captured", json!("29.90"))]).to_string();
    let judge = |text: String| {
        let response = signed_text(&request, 201, text, &[2; 32]);
        wallet().answer(&ask, &request, Ok(response), NOW)
    };
    assert!(!unknown(&judge(paid.clone())));
    for more in ["\"captured\":\"29.90\",", "\"status\":\"declined\","] {
        assert!(unknown(&judge(paid.replacen('{', &format!("{{{more}"), 1))), "{more}");
    }
}

#[test]
fn only_the_wallets_own_signature_counts() {
    let ask = authorize(true);
    let request = wallet().request(&ask, NOW, [1; 16]);
    let good = payment(&[("status", json!("captured")), ("captured", json!("29.90"))]);
    let response = signed(&request, 201, &good, &[2; 32]);
    let judge = |response: HttpResponse| wallet().answer(&ask, &request, Ok(response), NOW);
    assert!(!unknown(&judge(response.clone())));
    assert!(unknown(&judge(signed(&request, 201, &good, &[1; 32]))), "our own key");
    let bare = HttpResponse { headers: Vec::new(), ..response.clone() };
    assert!(unknown(&judge(bare)));
    let mut changed = response.clone();
    changed.body.push(b' ');
    assert!(unknown(&judge(changed)));
    let late = wallet().answer(&ask, &request, Ok(response.clone()), NOW.plus_s(301));
    assert!(unknown(&late));
    let retry = wallet().request(&ask, NOW, [3; 16]);
    assert!(unknown(&wallet().answer(&ask, &retry, Ok(response), NOW)), "another try's answer");
    for fault in [
        SendFault::TimedOut(Duration::from_secs(5)),
        SendFault::Unreachable("refused".to_owned()),
        SendFault::Broken("reset".to_owned()),
    ] {
        assert!(unknown(&wallet().answer(&ask, &request, Err(fault), NOW)));
    }
}

#[test]
fn a_wallets_place_is_read_from_its_url() {
    let read = |url: &str| parse_base_url(url).ok();
    let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
    assert_eq!(read("http://127.0.0.1:8431"), pair("127.0.0.1:8431", ""));
    assert_eq!(read("https://Wallet.example:443/pay/"), pair("wallet.example", "/pay"));
    assert_eq!(read("http://[::1]:80/"), pair("[::1]", ""));
    for bad in ["ftp://x", "wallet", "http://a:b@x", "http://x/?q", "http://x/#f", "http://"] {
        assert!(parse_base_url(bad).is_err(), "{bad}");
    }
    assert_eq!(segment("bill.power.2026-11"), "bill.power.2026-11");
    assert_eq!(segment("a/b?c d"), "a%2Fb%3Fc%20d");
}
