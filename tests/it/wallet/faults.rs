//! Every fault switch: what the hub sees, and what really happened.

use super::*;
use homepay_domain::settlement::DeclineCode;

fn unknown(answer: &PaymentStatus) -> bool {
    matches!(answer, PaymentStatus::Unknown { .. })
}

#[tokio::test]
async fn a_decline_comes_as_often_as_told() {
    let bench = Bench::open().await;
    for (kind, want) in
        [("decline", DeclineCode::Declined), ("insufficient_funds", DeclineCode::InsufficientFunds)]
    {
        bench.arm(json!({"kind": kind, "times": 1})).await;
        let id = format!("order-{kind}");
        let no = PaymentStatus::Declined { code: want };
        assert_eq!(bench.ask(&authorize(&id, 100, true)).await, no);
        assert_eq!(bench.ask(&authorize(&id, 100, true)).await, no);
        let next = bench.ask(&authorize(&format!("{id}-2"), 100, true)).await;
        assert!(matches!(next, PaymentStatus::Paid { .. }));
    }
    bench.close().await;
}

#[tokio::test]
async fn a_lost_request_changes_nothing_and_a_lost_answer_changed_it() {
    let bench = Bench::open().await;
    bench.balance().await;
    bench.arm(json!({"kind": "request_lost", "times": 1})).await;
    let wish_1 = wish("order-0001", "1.00", "automatic");
    let lost = bench.try_call("POST", "/v1/payments", "key-1", &wish_1).await;
    assert!(matches!(lost, Err(SendFault::Broken(_))), "{lost:?}");
    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Absent { .. }));

    bench.arm(json!({"kind": "answer_lost", "times": 1})).await;
    assert!(unknown(&bench.ask(&authorize("order-0002", 100, true)).await));
    assert!(matches!(bench.ask(&inquire("order-0002")).await, PaymentStatus::Paid { .. }));
    assert!(matches!(
        bench.ask(&authorize("order-0002", 100, true)).await,
        PaymentStatus::Paid { .. }
    ));
    assert_eq!(bench.count("capture").await, 1);
    bench.close().await;
}

#[tokio::test]
async fn a_bad_signature_is_not_believed_though_it_happened() {
    let bench = Bench::open().await;
    bench.arm(json!({"kind": "bad_signature", "times": 1})).await;
    assert!(unknown(&bench.ask(&authorize("order-0001", 100, true)).await));
    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Paid { .. }));
    bench.close().await;
}

#[tokio::test]
async fn an_error_500_is_unknown() {
    let bench = Bench::open().await;
    bench.arm(json!({"kind": "error_500", "times": 1})).await;
    assert!(unknown(&bench.ask(&authorize("order-0001", 100, true)).await));
    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Absent { .. }));
    bench.close().await;
}

#[tokio::test]
async fn a_slow_answer_meets_the_timeout_and_still_happens() {
    let bench = Bench::open().await;
    let url = format!("http://{}", bench.server.address);
    let hasty = HttpClient::new(&url, Duration::from_millis(300)).expect("a client");
    bench.arm(json!({"kind": "slow", "times": 1, "delay_ms": 800})).await;
    let ask = authorize("order-0001", 100, true);
    let request = bench.native.request(&ask, now(), rand::random());
    let reply = hasty.send(request).await;
    assert_eq!(reply, Err(SendFault::TimedOut(Duration::from_millis(300))));
    assert_eq!(bench.ask(&ask).await, PaymentStatus::Pending, "still in flight");
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(matches!(bench.ask(&ask).await, PaymentStatus::Paid { .. }));
    assert_eq!(bench.count("capture").await, 1);
    bench.close().await;
}

#[tokio::test]
async fn a_request_that_waits_beyond_its_signature_has_no_effect() {
    let bench = Bench::open().await;
    bench.arm(json!({"kind": "slow", "times": 1, "delay_ms": 1200})).await;
    let wish = wish("order-0001", "1.00", "automatic");
    let request = bench.signed_for(1, "POST", "/v1/payments", "key-1", &wish);
    let late = bench.http.send(request).await.expect("an answer");
    assert_eq!(code(&late), (401, "not_authentic".to_owned()));
    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Absent { .. }));
    let fresh = bench.call("POST", "/v1/payments", "key-1", &wish).await;
    assert_eq!((fresh.status, fresh.header("idempotent-replayed")), (201, None));
    bench.close().await;
}

#[tokio::test]
async fn down_is_down_for_all_signed_calls_until_cleared() {
    let bench = Bench::open().await;
    bench.arm(json!({"kind": "down", "rate": 1})).await;
    bench.arm(json!({"kind": "decline", "rate": "1.0"})).await;
    for _ in 0..3 {
        assert!(unknown(&bench.ask(&authorize("order-0001", 100, true)).await));
        assert!(bench.try_call("GET", "/v1/balance", "", &Value::Null).await.is_err());
    }
    let health = HttpRequest {
        method: "GET",
        target: "/healthz".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    assert_eq!(bench.http.send(health).await.expect("answers").status, 200);
    let armed = document(&bench.admin("GET", "/faults", &Value::Null).await);
    assert_eq!(armed["faults"].as_array().map(Vec::len), Some(2));
    bench.arm(json!({})).await;
    assert!(matches!(
        bench.ask(&authorize("order-0001", 100, true)).await,
        PaymentStatus::Paid { .. }
    ));
    let nonsense = bench.admin("POST", "/faults", &json!({"kind": "sulk"})).await;
    assert_eq!(nonsense.status, 400);
    bench.close().await;
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let bench = Bench::open().await;
    let (http, native) = (bench.http.clone(), bench.native.clone());
    bench.close().await;
    let ask = authorize("order-0001", 100, true);
    let reply = http.send(native.request(&ask, now(), rand::random())).await;
    assert!(matches!(reply, Err(SendFault::Unreachable(_))), "{reply:?}");
}
