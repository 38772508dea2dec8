//! The rules of the idempotency key, one by one.

use super::*;

#[tokio::test]
async fn a_post_without_a_key_is_refused() {
    let bench = Bench::open().await;
    let wish = wish("order-0001", "1.00", "automatic");
    let refused = bench.call("POST", "/v1/payments", "", &wish).await;
    assert_eq!(code(&refused), (400, "idempotency_key_required".to_owned()));
    assert_eq!(bench.money().await, (50_000, 0));
    bench.close().await;
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let bench = Bench::open().await;
    let wish = wish("order-0001", "1.00", "automatic");
    let first = bench.call("POST", "/v1/payments", "key-1", &wish).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, None));
    // The order of members is free: this is the same JSON.
    let mut reversed = serde_json::Map::new();
    for (name, value) in wish.as_object().expect("a table").iter().rev() {
        reversed.insert(name.clone(), value.clone());
    }
    let again = bench.call("POST", "/v1/payments", "key-1", &Value::Object(reversed)).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(document(&first), document(&again));
    assert_eq!(bench.count("capture").await, 1);
    bench.close().await;
}

#[tokio::test]
async fn a_no_is_repeated_too() {
    let bench = Bench::open().await;
    let wish = wish("order-0001", "900.00", "automatic");
    for replayed in [None, Some("true")] {
        let no = bench.call("POST", "/v1/payments", "key-1", &wish).await;
        assert_eq!(code(&no), (402, "insufficient_funds".to_owned()));
        assert_eq!(no.header("idempotent-replayed"), replayed);
    }
    bench.close().await;
}

#[tokio::test]
async fn a_payment_not_seen_yet_is_not_refused_for_good() {
    let bench = Bench::open().await;
    assert!(matches!(bench.ask(&void("order-0001")).await, PaymentStatus::Absent { .. }));
    let held = PaymentStatus::Authorized { amount: Minor(100), seen: PaymentSeen::default() };
    assert_eq!(bench.ask(&authorize("order-0001", 100, false)).await, held);
    assert_eq!(bench.ask(&void("order-0001")).await, PaymentStatus::Voided);
    bench.close().await;
}

#[tokio::test]
async fn the_same_key_with_other_words_is_a_conflict() {
    let bench = Bench::open().await;
    let first = wish("order-0001", "1.00", "automatic");
    assert_eq!(bench.call("POST", "/v1/payments", "key-1", &first).await.status, 201);
    let other = wish("order-0001", "1.01", "automatic");
    let mut absent = first.clone();
    absent.as_object_mut().expect("a table").remove("category");
    for body in [other, absent] {
        let refused = bench.call("POST", "/v1/payments", "key-1", &body).await;
        assert_eq!(code(&refused), (422, "idempotency_conflict".to_owned()));
    }
    let place = bench.call("POST", "/v1/payments/order-0001/void", "key-1", &json!({})).await;
    assert_eq!(code(&place), (422, "idempotency_conflict".to_owned()));
    assert_eq!(bench.count("capture").await, 1);
    bench.close().await;
}

#[tokio::test]
async fn a_payments_id_is_unique_beyond_its_key() {
    let bench = Bench::open().await;
    let first = wish("order-0001", "1.00", "automatic");
    assert_eq!(bench.call("POST", "/v1/payments", "key-1", &first).await.status, 201);
    let again = bench.call("POST", "/v1/payments", "key-2", &first).await;
    assert_eq!(again.status, 200);
    let other = wish("order-0001", "1.01", "automatic");
    let refused = bench.call("POST", "/v1/payments", "key-3", &other).await;
    assert_eq!(code(&refused), (409, "payment_conflict".to_owned()));
    let refund = json!({"id": "ref-1", "amount": "0.40", "reason": "x"});
    for (key, status) in [("r-1", 201), ("r-2", 200)] {
        let given = bench.call("POST", "/v1/payments/order-0001/refunds", key, &refund).await;
        assert_eq!(given.status, status);
    }
    let refund = json!({"id": "ref-1", "amount": "0.41", "reason": "x"});
    let refused = bench.call("POST", "/v1/payments/order-0001/refunds", "r-3", &refund).await;
    assert_eq!(code(&refused), (409, "refund_conflict".to_owned()));
    assert_eq!((bench.count("capture").await, bench.count("refund").await), (1, 1));
    bench.close().await;
}

#[tokio::test]
async fn while_the_first_is_in_flight_a_second_waits() {
    let bench = Bench::open().await;
    bench.arm(json!({"kind": "slow", "times": 1, "delay_ms": 600})).await;
    let ask = authorize("order-0001", 100, true);
    let (first, second) = tokio::join!(bench.ask(&ask), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let body: Value =
            serde_json::from_slice(&bench.native.request(&ask, now(), rand::random()).body)
                .expect("JSON");
        bench.call("POST", "/v1/payments", "order-0001-auth", &body).await
    });
    assert!(matches!(first, PaymentStatus::Paid { .. }));
    assert_eq!(code(&second), (409, "idempotency_in_flight".to_owned()));
    assert_eq!(second.header("retry-after"), Some("1"));
    assert_eq!(bench.count("capture").await, 1);
    bench.close().await;
}

#[tokio::test]
async fn a_500_is_not_remembered() {
    let bench = Bench::open().await;
    bench.arm(json!({"kind": "error_500", "times": 1})).await;
    let wish = wish("order-0001", "1.00", "automatic");
    assert_eq!(bench.call("POST", "/v1/payments", "key-1", &wish).await.status, 500);
    assert_eq!(bench.money().await, (50_000, 0));
    let fresh = bench.call("POST", "/v1/payments", "key-1", &wish).await;
    assert_eq!((fresh.status, fresh.header("idempotent-replayed")), (201, None));
    bench.close().await;
}

#[tokio::test]
async fn concurrent_duplicates_collapse() {
    let bench = Bench::open().await;
    let ask = authorize("order-0001", 1000, true);
    let asks = (0..16).map(|_| bench.ask(&ask));
    let answers = join_all(asks).await;
    assert!(answers.iter().any(|a| matches!(a, PaymentStatus::Paid { .. })));
    assert!(
        answers.iter().all(|a| matches!(a, PaymentStatus::Paid { .. } | PaymentStatus::Pending))
    );
    assert_eq!(bench.count("capture").await, 1);
    // Different keys and one refund id: still one refund. Different ids: never over what is left.
    let body = json!({"id": "ref-1", "amount": "6.00", "reason": "x"});
    let same = (0..8).map(|n| {
        let (bench, body) = (&bench, &body);
        async move {
            let key = format!("same-{n}");
            bench.call("POST", "/v1/payments/order-0001/refunds", &key, body).await
        }
    });
    assert!(join_all(same).await.iter().all(|r| matches!(r.status, 200 | 201)));
    let race = (0..8).map(|n| {
        let bench = &bench;
        async move {
            let body = json!({"id": format!("race-{n}"), "amount": "3.00", "reason": "x"});
            let key = format!("race-{n}");
            bench.call("POST", "/v1/payments/order-0001/refunds", &key, &body).await
        }
    });
    let won = join_all(race).await.iter().filter(|r| r.status == 201).count();
    assert_eq!((won, bench.count("refund").await), (1, 2));
    assert_eq!(bench.money().await, (49_900, 0));
    bench.close().await;
}

#[tokio::test]
async fn a_race_for_the_last_money_has_one_winner() {
    let bench = Bench::open().await;
    let ids: Vec<String> = (0..8).map(|n| format!("order-000{n}")).collect();
    let answers = join_all(ids.iter().map(|id| {
        let bench = &bench;
        async move { bench.ask(&authorize(id, 30_000, true)).await }
    }))
    .await;
    let paid = answers.iter().filter(|a| matches!(a, PaymentStatus::Paid { .. })).count();
    assert_eq!(paid, 1, "{answers:?}");
    assert_eq!(bench.money().await, (20_000, 0));
    bench.close().await;
}

/// Runs all at once on this task, and gives the results in order.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in running.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().map(|output| output.expect("all are done")).collect()
}
