//! What the sandbox wallet takes and answers fits the document that describes it.

use super::*;
use homepay_sandbox::wallet::openapi::openapi;

/// Whether a value fits one of the document's schemas.
fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    jsonschema::draft202012::new(&whole).expect("a schema").is_valid(value)
}

/// The path as the document writes it.
fn described(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["", "v1", "payments", _, ref rest @ ..] => {
            let rest: String = rest.iter().map(|part| format!("/{part}")).collect();
            format!("/v1/payments/{{id}}{rest}")
        }
        _ => path.to_owned(),
    }
}

#[tokio::test]
async fn every_call_and_every_answer_is_as_described() {
    let bench = Bench::open().await;
    let document = openapi();
    let none = Value::Null;
    let refund = |id: &str, amount: &str| json!({"id": id, "amount": amount, "reason": "x"});
    let table = [
        ("POST", "/v1/payments", wish("pay-0001", "10.00", "automatic"), 201),
        ("POST", "/v1/payments", wish("pay-0002", "10.00", "manual"), 201),
        ("POST", "/v1/payments", wish("pay-0003", "9999.00", "manual"), 402),
        ("POST", "/v1/payments", wish("pay-0004", "0.00", "manual"), 422),
        ("POST", "/v1/payments", wish("pay-0002", "11.00", "manual"), 409),
        ("GET", "/v1/payments/pay-0001", none.clone(), 200),
        ("GET", "/v1/payments/pay-9999", none.clone(), 404),
        ("POST", "/v1/payments/pay-0002/capture", json!({"amount": "4.00"}), 200),
        ("POST", "/v1/payments/pay-0002/void", json!({}), 409),
        ("POST", "/v1/payments/pay-0001/refunds", refund("r-1", "1.00"), 201),
        ("POST", "/v1/payments/pay-0001/refunds", refund("r-2", "99.00"), 422),
        ("GET", "/v1/payments/pay-0001", none.clone(), 200),
        ("POST", "/v1/topups", json!({"id": "t-1", "amount": "5.00", "currency": "CNY"}), 201),
        ("GET", "/v1/balance", none.clone(), 200),
        ("GET", "/v1/sources", none.clone(), 200),
        ("GET", "/v1/points", none.clone(), 200),
        ("GET", "/v1/coupons", none.clone(), 200),
        ("GET", "/v1/statement?from=2026-01-01T00:00:00Z", none.clone(), 200),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for (number, (method, target, body, want)) in table.into_iter().enumerate() {
        let key = if method == "POST" { format!("key-{number}") } else { String::new() };
        let answer = bench.call(method, target, &key, &body).await;
        let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer.status, want, "{method} {target}: {told}");
        let path = described(target);
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not described");
        if body.is_object() {
            let taken = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert!(fits(&document, taken, &body), "{method} {path} takes {body}");
            let float = json!({"id": "x", "amount": 1.5});
            assert!(!fits(&document, taken, &float), "{method} {path} takes no float");
        }
        let kind = if want < 400 { "application/json" } else { "application/problem+json" };
        let schema = &operation["responses"][want.to_string()]["content"][kind]["schema"];
        assert!(schema.is_object(), "{method} {path} does not say that it answers {want}");
        assert!(fits(&document, schema, &told), "{method} {path} answers {told}");
        seen.insert((method.to_lowercase(), path));
    }
    let paths = document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        for method in item.as_object().expect("methods").keys() {
            let voids = path.ends_with("/void");
            assert!(voids || seen.contains(&(method.clone(), path.clone())), "{method} {path}");
        }
    }
}
