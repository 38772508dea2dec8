//! The wallet protocol as OpenAPI 3.1, from the types that are read at both of its ends.

use super::calls::{AmountBody, CreateBody, NoBody, RefundBody, TopUpBody};
use homepay_text::openapi::{Document, Operation};
use homepay_wallets::wire::{BalanceBody, PaymentBody, ProblemBody, SourcesBody, StatementBody};
use serde_json::{Value, json};

/// What a signature needs, told once.
const SIGNED: &str = "Requests and responses are signed by RFC 9421 hmac-sha256 (tags \
    homepay-wallet-v1 and homepay-wallet-v1-response, each with its own key) with an RFC 9530 \
    Content-Digest; a response covers the \
    request's method, path, query and digest, too. A request's signature counts for at most 300 s, and each nonce once. A POST \
    carries an Idempotency-Key: the same key and body have the same answer. Money is decimal text.";

pub fn openapi() -> Value {
    let mut document = Document::new("homepay-wallet-v1", "1", SIGNED);
    let create = document.body::<CreateBody>();
    let amount = document.body::<AmountBody>();
    let refund = document.body::<RefundBody>();
    let nothing = document.body::<NoBody>();
    let topup = document.body::<TopUpBody>();
    let payment = document.body::<PaymentBody>();
    let problem = document.body::<ProblemBody>();
    let statement = document.body::<StatementBody>();
    let (balance, sources) = (document.body::<BalanceBody>(), document.body::<SourcesBody>());
    let plain = json!({"type": "object"});
    let one = "/v1/payments/{id}";
    let asks = |what, body: &Value, done: &[u16], answer: &Value| {
        let refused = [400, 401, 402, 404, 409, 422, 500, 503];
        Operation::new(what).takes(body).answers(done, answer).refuses(&refused, &problem)
    };
    let looks = |what, answer: &Value| {
        let refused = [400, 401, 404, 500, 503];
        Operation::new(what).answers(&[200], answer).refuses(&refused, &problem)
    };
    let mut add = |method, path: &str, operation: Operation| document.add(method, path, operation);
    add("post", "/v1/payments", asks("Authorizes a payment.", &create, &[201, 200], &payment));
    add("get", one, looks("How a payment stands; 404 = never seen.", &payment));
    add("post", &format!("{one}/capture"), asks("Moves money.", &amount, &[200], &payment));
    add("post", &format!("{one}/void"), asks("Lets a hold go.", &nothing, &[200], &payment));
    let gives_back = asks("Gives money back.", &refund, &[201, 200], &payment);
    add("post", &format!("{one}/refunds"), gives_back);
    add("get", "/v1/balance", looks("What is in the account.", &balance));
    add("get", "/v1/sources", looks("What can pay.", &sources));
    add("get", "/v1/points", looks("Points; this wallet has none.", &plain));
    add("get", "/v1/coupons", looks("Coupons; this wallet has none.", &plain));
    let pages = looks("Money that moved, from `from` until before `to`.", &statement);
    add("get", "/v1/statement", pages.asks_for(&["from", "to", "cursor"]));
    add("post", "/v1/topups", asks("Puts money in.", &topup, &[201, 200], &plain));
    document.finish()
}
