//! Who is let in: signatures, freshness, nonces; and who never is.

use super::*;

/// Sends a request as it is and gives its status and code.
async fn judged(bench: &Bench, request: HttpRequest) -> (u16, String) {
    code(&bench.http.send(request).await.expect("an answer"))
}

fn refused() -> (u16, String) {
    (401, "not_authentic".to_owned())
}

fn edit(request: &mut HttpRequest, name: &str, change: impl FnOnce(&mut String)) {
    let found = request.headers.iter_mut().find(|(n, _)| n == name);
    change(&mut found.expect("the header").1);
}

#[tokio::test]
async fn a_request_counts_once() {
    let bench = Bench::open().await;
    let wish = wish("order-0001", "1.00", "automatic");
    let request = bench.signed("POST", "/v1/payments", "key-1", &wish);
    let first = bench.http.send(request.clone()).await.expect("an answer");
    assert_eq!(first.status, 201);
    assert_eq!(judged(&bench, request).await, (401, "replayed".to_owned()));
    bench.close().await;
}

#[tokio::test]
async fn what_is_not_signed_as_agreed_is_refused() {
    let bench = Bench::open().await;
    let wish = wish("order-0001", "1.00", "automatic");
    let signed = || bench.signed("POST", "/v1/payments", "key-1", &wish);

    let mut bare = signed();
    bare.headers.retain(|(name, _)| name == "content-type");
    assert_eq!(judged(&bench, bare).await, refused());

    let mut body = signed();
    body.body = String::from_utf8(body.body).expect("text").replace("1.00", "9.00").into_bytes();
    assert_eq!(judged(&bench, body).await, refused());

    let mut key = signed();
    edit(&mut key, "idempotency-key", |value| *value = "\"key-2\"".to_owned());
    assert_eq!(judged(&bench, key).await, refused());

    let mut query = signed();
    query.target.push_str("?dry=1");
    assert_eq!(judged(&bench, query).await, refused());

    let mut list = signed();
    edit(&mut list, "signature-input", |value| *value = value.replace(" \"@query\"", ""));
    assert_eq!(judged(&bench, list).await, refused());

    assert!(matches!(bench.ask(&inquire("order-0001")).await, PaymentStatus::Absent { .. }));
    bench.close().await;
}

#[tokio::test]
async fn a_stranger_an_old_letter_and_one_from_the_future_are_refused() {
    let bench = Bench::open().await;
    let ask = authorize("order-0001", 100, true);
    for at in [now().plus_s(-31), now().plus_s(-302), now().plus_s(60)] {
        let request = bench.native.request(&ask, at, rand::random());
        assert_eq!(judged(&bench, request).await, refused());
    }
    let mut stranger = bench.native.clone();
    stranger.request_key = RESPONSE_KEY.to_vec();
    assert_eq!(judged(&bench, stranger.request(&ask, now(), rand::random())).await, refused());
    let mut stranger = bench.native.clone();
    stranger.key_id = "k2".to_owned();
    assert_eq!(judged(&bench, stranger.request(&ask, now(), rand::random())).await, refused());
    let mut elsewhere = bench.native.clone();
    elsewhere.authority = "wallet.example".to_owned();
    assert_eq!(judged(&bench, elsewhere.request(&ask, now(), rand::random())).await, refused());
    assert_eq!(bench.money().await, (50_000, 0));
    bench.close().await;
}

#[tokio::test]
async fn another_account_is_not_believed() {
    let bench = Bench::open().await;
    let mut other = bench.native.clone();
    other.account = "home-2".to_owned();
    let request = other.balance_request(now(), rand::random());
    let reply = bench.http.send(request.clone()).await;
    assert!(other.balance(&request, reply, now()).is_err());
    bench.close().await;
}

#[tokio::test]
async fn dangerous_options_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut open = options(dir.path());
    open.admin = Some(SocketAddr::from(([0, 0, 0, 0], 0)));
    assert!(start(open).await.is_err(), "the admin listener is for loopback");
    let mut reflecting = options(dir.path());
    reflecting.response_key = reflecting.request_key.clone();
    assert!(start(reflecting).await.is_err(), "one key for both ways");
    let mut short = options(dir.path());
    short.request_key = b"short".to_vec();
    assert!(start(short).await.is_err(), "a short key");
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let bench = Bench::open().await;
    let huge = json!({"id": "x".repeat(300 * 1024)});
    assert!(bench.try_call("POST", "/v1/payments", "key-1", &huge).await.is_err());
    bench.close().await;
}
