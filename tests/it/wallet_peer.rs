//! Our signatures against an outside implementation: PyPI `http-message-signatures` 3.0.0, run by
//! `$HOMEPAY_TEST_PYTHON` (default `python3`). A missing package fails the test.

use homepay_domain::time::UnixMs;
use homepay_wallets::base::{RequestView, ResponseView};
use homepay_wallets::sign::{
    REQUEST_TAG, SigningSecret, sign_request, sign_response, verify_request,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

const SECRET: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
const BODY: &str = "{\"amount\":\"29.90\",\"note\":\"矿泉水\"}";
const TARGET: &str = "/v1/payments?dry=0&note=a%20b";

fn now() -> UnixMs {
    homepay_ports::Clock::now(&homepay_io::system_clock::SystemClock)
}

fn key() -> SigningSecret<'static> {
    SigningSecret { id: "k1", secret: &SECRET }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn table(headers: &[(String, String)]) -> BTreeMap<String, String> {
    headers.iter().cloned().collect()
}

fn peer(ask: &Value) -> Value {
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer_http_message_signatures.py");
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|fault| panic!("{python}: {fault}"));
    let mut stdin = child.stdin.take().expect("piped");
    // A peer that cannot start closes its end; what it wrote to stderr says why.
    let _ = stdin.write_all(ask.to_string().as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the peer ends");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pip install http-message-signatures==3.0.0? {complaint}");
    serde_json::from_slice(&output.stdout).expect("the peer answers JSON")
}

fn plain() -> Vec<(String, String)> {
    vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("idempotency-key".to_owned(), "\"order-0001-auth\"".to_owned()),
    ]
}

fn view(headers: &[(String, String)]) -> RequestView<'_> {
    RequestView {
        method: "POST",
        authority: "wallet.test:8080",
        target: TARGET,
        headers,
        body: BODY.as_bytes(),
    }
}

fn ask(what: &str, headers: &[(String, String)]) -> Value {
    json!({
        "do": what,
        "method": "POST",
        "url": format!("http://wallet.test:8080{TARGET}"),
        "headers": table(headers),
        "body": BODY,
        "key_hex": hex(&SECRET),
    })
}

#[test]
fn the_peer_believes_our_request_and_not_a_changed_one() {
    let headers = sign_request(view(&plain()), key(), now(), 30, [3; 16]).expect("signs");
    let said = peer(&ask("verify", &headers));
    assert_eq!(said["ok"], true, "{said}");
    let mut changed = headers;
    for (name, value) in &mut changed {
        if name == "idempotency-key" {
            *value = "\"order-0002-auth\"".to_owned();
        }
    }
    assert_eq!(peer(&ask("verify", &changed))["ok"], false);
}

#[test]
fn the_peer_believes_our_response() {
    let headers = sign_request(view(&plain()), key(), now(), 30, [3; 16]).expect("signs");
    let body = "{\"status\":\"captured\"}";
    let said = ResponseView { status: 201, headers: &[], body: body.as_bytes() };
    let signed = sign_response(said, view(&headers), key(), now(), [4; 16]).expect("signs");
    let mut asked = ask("verify_response", &headers);
    asked["response"] = json!({"status": 201, "headers": table(&signed), "body": body});
    let judged = peer(&asked);
    assert_eq!(judged["ok"], true, "{judged}");
    let covered = judged["covered"].as_array().expect("a list");
    assert!(covered.contains(&json!("\"@query\";req")), "{judged}");
    // The answer to one page is not the answer to another.
    let url = asked["url"].as_str().expect("a text").replace("dry=0", "dry=1");
    let mut elsewhere = asked.clone();
    elsewhere["url"] = json!(url);
    assert_eq!(peer(&elsewhere)["ok"], false);
    asked["response"]["status"] = json!(402);
    assert_eq!(peer(&asked)["ok"], false);
}

#[test]
fn we_believe_the_peers_request_and_not_a_changed_one() {
    let mut asked = ask("sign", &plain());
    let created = now().seconds();
    asked["keyid"] = json!("k1");
    asked["tag"] = json!(REQUEST_TAG);
    asked["created"] = json!(created);
    asked["expires"] = json!(created + 300);
    asked["nonce"] = json!("AAECAwQFBgcICQoLDA0ODw==");
    asked["components"] =
        json!(["@method", "@authority", "@path", "@query", "content-type", "idempotency-key"]);
    let said = peer(&asked);
    let signed: BTreeMap<String, String> =
        serde_json::from_value(said["headers"].clone()).expect("headers");
    let mut headers: Vec<(String, String)> = signed.into_iter().collect();
    let verified = verify_request(view(&headers), key(), now()).expect("believed");
    assert_eq!(verified.nonce.len(), 16);
    for (name, value) in &mut headers {
        if name == "content-type" {
            value.push_str("; charset=utf-8");
        }
    }
    assert!(verify_request(view(&headers), key(), now()).is_err());
}
