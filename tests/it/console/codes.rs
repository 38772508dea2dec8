//! Codes of an authenticator app, recovery codes, and where one is signed in.

use super::approval::{ASKS_OWNER, ordered};
use super::browser::{Browser, PASSWORD, hidden, set_up};
use crate::serve::house::now_s;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

/// The code that an app shows, by RFC 6238.
fn code(secret: &str, step: u64) -> String {
    let bits: String = secret
        .bytes()
        .map(|letter| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|l| *l == letter))
        .map(|value| format!("{:05b}", value.unwrap()))
        .collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|bits| u8::from_str_radix(str::from_utf8(bits).unwrap(), 2).unwrap())
        .collect();
    let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let mac = sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[19] & 15);
    let four: [u8; 4] = mac[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

fn step() -> u64 {
    u64::try_from(now_s()).unwrap() / 30
}

/// Sets the app up; its secret. The code of the step before this one is used by it.
fn with_app(browser: &mut Browser) -> String {
    browser.post("/security/totp", &[("password", "not the password")]).is(403);
    let page = browser.post("/security/totp", &[("password", PASSWORD)]).is(200).page;
    let (_, secret) = page.split_once("<code id=\"totp-secret\">").unwrap();
    let secret = secret.split('<').next().unwrap().replace(' ', "");
    assert!(page.contains("<svg class=\"qr\"") && page.contains("otpauth://totp/"), "{page}");
    let pending = hidden(&page, "pending");
    let wrong = [("pending", pending.as_str()), ("code", "000000")];
    let page = browser.post("/security/totp/confirm", &wrong).is(422).says("not right").page;
    let pending = hidden(&page, "pending");
    let right = code(&secret, step() - 1);
    let right = [("pending", pending.as_str()), ("code", right.as_str())];
    browser.post("/security/totp/confirm", &right).leads_to("/security");
    browser.get("/security").says("Set up since");
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_s_code_approves_once_and_signing_in_asks_for_it() {
    let (house, _daemon, mut browser) = set_up(ASKS_OWNER);
    let secret = with_app(&mut browser);
    let mut kitchen = house.speaker("kitchen", 1).await;
    for order in ["order-0001", "order-0002"] {
        ordered(&mut kitchen, order, "9").await;
        kitchen.reply(order).await.unwrap();
    }
    let now = code(&secret, step());
    let approve = |browser: &mut Browser, order: &str, code: &str| {
        let page = browser.get(&format!("/orders/{order}")).is(200).page;
        let looked_at = hidden(&page, "looked_at");
        let fields = [("code", code), ("looked_at", looked_at.as_str())];
        browser.post(&format!("/orders/{order}/approve"), &fields)
    };
    approve(&mut browser, "order-0001", "12345").is(403).says("code is not right");
    let used = code(&secret, step() - 2);
    approve(&mut browser, "order-0001", &used).is(403);
    approve(&mut browser, "order-0001", &now).leads_to("/orders/order-0001");
    approve(&mut browser, "order-0002", &now).is(403).says("used already");
    let mut phone = Browser::at(&house);
    let page =
        phone.post("/sign-in", &[("password", PASSWORD)]).is(200).says("recovery codes").page;
    assert!(!phone.cookies.iter().any(|(name, _)| name == "hp_session"));
    let pending = hidden(&page, "pending");
    let next = code(&secret, step() + 1);
    let fields = [("pending", pending.as_str()), ("code", next.as_str())];
    phone.post("/sign-in/code", &fields).leads_to("/");
    phone.post("/sign-in/code", &fields).is(422).says("took too long");
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
}

#[test]
fn a_recovery_code_signs_in_once_and_sessions_end_one_by_one() {
    let (house, _daemon, mut browser) = set_up("");
    with_app(&mut browser);
    let page = browser.post("/security/recovery", &[("password", PASSWORD)]).is(200).page;
    let codes: Vec<&str> = page.split("<li><code>").skip(1).map(|rest| &rest[..19]).collect();
    assert_eq!(codes.len(), 10, "{page}");
    browser.get("/security").says("10 are left");
    let sign_in = |phone: &mut Browser, code: &str| {
        let page = phone.post("/sign-in", &[("password", PASSWORD)]).is(200).page;
        let pending = hidden(&page, "pending");
        phone.post("/sign-in/code", &[("pending", &pending), ("code", code)])
    };
    let mut phone = Browser::at(&house);
    sign_in(&mut phone, &codes[0].to_uppercase()).leads_to("/");
    sign_in(&mut Browser::at(&house), codes[0]).is(422).says("code is not right");
    browser.get("/security").says("9 are left");
    let (_, journal) = house.command(&["journal", "show", "--limit", "50"]);
    assert!(!journal.to_string().contains(codes[1]), "{journal}");
    let page = browser.get("/security").says("this browser").page;
    let path = page.split("action=\"/security/sessions/").nth(1).unwrap();
    let path = format!("/security/sessions/{}", path.split('"').next().unwrap());
    browser.post(&path, &[]).leads_to("/security");
    phone.get("/").leads_to("/sign-in?next=/");
    browser.post(&path, &[]).is(409).says("no such thing");
    // A new password ends the other sessions.
    sign_in(&mut phone, codes[1]).leads_to("/");
    let next = "another sentence that is long";
    let fields = [("next", next), ("password", "not the password")];
    browser.post("/security/password", &fields).is(403).says("Nothing was done");
    let short = [("next", "short"), ("password", PASSWORD)];
    browser.post("/security/password", &short).is(422).says("too short");
    browser.post("/security/password", &[("next", next), ("password", PASSWORD)]).is(303);
    phone.get("/").leads_to("/sign-in?next=/");
    browser.get("/").is(200);
    phone.post("/sign-in", &[("password", PASSWORD)]).is(422);
}
