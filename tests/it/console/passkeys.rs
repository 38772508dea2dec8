//! Passkeys: made, signed in by, and an approval whose signature is of the order alone.

use super::approval::{ASKS_OWNER, ordered};
use super::authenticator::{Authenticator, PRESENT, VERIFIED};
use super::browser::{Browser, PASSWORD, hidden, set_up};
use crate::serve::house::{House, Process};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

fn with_passkey(limits: &str) -> (House, Process, Browser, Authenticator) {
    let (house, daemon, mut browser) = set_up(limits);
    browser.host = "localhost";
    let mut key = Authenticator::at(browser.port);
    let wrong = json!({"password": "not the password"});
    browser.post_json("/security/passkeys/begin", &wrong).is(403).says("Nothing was done");
    let begun = browser.post_json("/security/passkeys/begin", &json!({"password": PASSWORD}));
    let made = key.make(&begun.is(200).json());
    browser.post_json("/security/passkeys/end", &made).is(200);
    browser.post_json("/security/passkeys/end", &made).is(409).says("used already");
    (house, daemon, browser, key)
}

#[test]
fn a_passkey_is_made_signed_in_by_and_removed() {
    let (house, _daemon, mut browser, mut key) = with_passkey("");
    browser.get("/security").is(200).says("Test key").says("for localhost");
    let mut phone = Browser { host: "localhost", ..Browser::at(&house) };
    let begun = phone.post_json("/sign-in/passkey/begin", &json!({})).is(200).json();
    let unverified = key.sign(&begun, PRESENT);
    phone.post_json("/sign-in/passkey/end", &unverified).is(409).says("not taken");
    let begun = phone.post_json("/sign-in/passkey/begin", &json!({})).is(200).json();
    let signed = key.sign(&begun, VERIFIED);
    phone.post_json("/sign-in/passkey/end", &signed).is(200);
    phone.get("/").is(200).says("Freeze all orders");
    browser.post("/freeze", &[]).leads_to("/");
    let begun = phone.post_json("/proof/begin", &json!({})).is(200).json();
    let proof = phone.post_json("/proof/end", &key.sign(&begun, VERIFIED)).is(200).json();
    let proof = proof["proof"].as_str().unwrap();
    phone.post("/thaw", &[("proof", proof)]).leads_to("/");
    phone.post("/freeze", &[]).leads_to("/");
    phone.post("/thaw", &[("proof", proof)]).is(403).says("used already");
    // A number is no name: there it says why, and how to get one.
    browser.host = "127.0.0.1";
    browser.get("/security").is(200).says("Browsers allow passkeys at a name alone");
    browser.post_json("/proof/begin", &json!({})).is(409).says("no passkey at this address");
    browser.host = "localhost";
    let page = browser.get("/security").is(200).page;
    let path = page.split("action=\"").find(|rest| rest.contains("/remove\"")).unwrap();
    let path = path.split('"').next().unwrap();
    browser.post(path, &[("password", PASSWORD)]).leads_to("/security");
    phone.post_json("/sign-in/passkey/begin", &json!({})).is(409).says("no passkey");
    browser.get("/").says("was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_approves_the_order_that_was_looked_at_and_no_other() {
    let (house, _daemon, mut browser, mut key) = with_passkey(ASKS_OWNER);
    let mut kitchen = house.speaker("kitchen", 1).await;
    for order in ["order-0001", "order-0002"] {
        ordered(&mut kitchen, order, "9").await;
        kitchen.reply(order).await.unwrap();
    }
    let begin = |browser: &mut Browser, order: &str| {
        let page = browser.get(&format!("/orders/{order}")).is(200).page;
        assert!(page.contains("data-passkey=\"approve\""), "{page}");
        let looked_at = json!({"looked_at": hidden(&page, "looked_at")});
        browser.post_json(&format!("/orders/{order}/passkey/begin"), &looked_at)
    };
    let changed = json!({"looked_at": "another"});
    browser.post_json("/orders/order-0001/passkey/begin", &changed).is(409).says("has changed");
    let begun = begin(&mut browser, "order-0001").is(200).json();
    let unverified = key.sign(&begun, PRESENT);
    browser.post_json("/proof/end", &unverified).is(403).says("not taken");
    // What was signed for one order is nothing for another.
    let first = begin(&mut browser, "order-0001").is(200).json();
    let second = begin(&mut browser, "order-0002").is(200).json();
    let mut signed = key.sign(&first, VERIFIED);
    signed["token"] = second["token"].clone();
    browser.post_json("/proof/end", &signed).is(403).says("not taken");
    let (_, told) = house.command(&["order", "show", "order-0002"]);
    assert_eq!(told["status"], "awaiting_approval", "{told}");
    let begun = begin(&mut browser, "order-0001").is(200).json();
    let signed = key.sign(&begun, VERIFIED);
    let told = browser.post_json("/proof/end", &signed).is(200).json();
    assert_eq!(told["to"], "/orders/order-0001");
    browser.post_json("/proof/end", &signed).is(409).says("used already");
    browser.get("/orders/order-0001").says("Approved by");
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
    let (code, proof) = house.command(&["journal", "proof", "order-0001"]);
    assert_eq!((code, &proof["proof"]["kind"]), (0, &json!("passkey")), "{proof}");
    assert_eq!(verified_outside(&proof).unwrap().split(' ').nth(3), Some("order-0001"));
    for (field, value) in [
        ("/text", proof["text"].as_str().unwrap().replace("order-0001", "order-0002")),
        ("/proof/nonce", "AAAA".to_owned()),
        ("/proof/host", "homepay.local".to_owned()),
        ("/proof/signature", "MAYCAQECAQE".to_owned()),
    ] {
        let mut forged = proof.clone();
        *forged.pointer_mut(field).unwrap() = json!(value);
        assert!(verified_outside(&forged).is_err(), "{field}");
    }
    assert_eq!(house.command(&["journal", "proof", "order-0002"]).0, 1, "it still waits");
}

/// What the script of the documentation says of a proof.
fn verified_outside(proof: &Value) -> Result<String, String> {
    let page = include_str!("../../../docs/how-to/verify-an-approval.md");
    let script = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(script.lines().count() <= 30, "{} lines", script.lines().count());
    let mut python =
        Command::new(std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    // A script that has ended already reads no more.
    let _ = python.stdin.take().unwrap().write_all(proof.to_string().as_bytes());
    let told = python.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if told.status.success() { Ok(text(told.stdout)) } else { Err(text(told.stderr)) }
}
