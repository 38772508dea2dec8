//! From the code in the terminal to an owner who is signed in, and back in.

use super::browser::{Browser, PASSWORD, set_up, setup_code, wait_for_code};
use crate::serve::house::House;
use serde_json::json;

#[test]
fn the_code_in_the_terminal_makes_an_owner_who_is_signed_in() {
    let house = House::new(None, false, "");
    std::fs::write(house.dir.path().join("household.toml"), "").unwrap();
    let _daemon = house.start();
    wait_for_code(&house);
    let mut browser = Browser::at(&house);
    browser.get("/").leads_to("/setup");
    browser.get("/setup").is(200).says("Code from the terminal").says("Your name");
    let code = setup_code(&house);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let tries = |code: &str, name: &str, password: &str| {
        [("code", code), ("name", name), ("password", password)].map(|(n, v)| (n, v.to_owned()))
    };
    for (code, name, password, says) in [
        (wrong, "妈妈", PASSWORD, "not the code in the terminal"),
        (code.as_str(), " ", PASSWORD, "what the home shall call you"),
        (code.as_str(), "妈妈", "short", "5 of 12 characters"),
    ] {
        let fields = tries(code, name, password);
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.post("/setup", &fields).is(422).says(says);
    }
    let fields = tries(&code, "妈妈", PASSWORD);
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    browser.post("/setup", &fields).leads_to("/setup/speaker");
    browser.get("/").is(200).says("Nothing is waiting for you.").says("Set the first limit");
    // The code was used.
    Browser::at(&house).post("/setup", &fields).is(422);
    Browser::at(&house).get("/setup").leads_to("/sign-in");
    let (_, members) = house.command(&["member", "list"]);
    assert!(members.to_string().contains("妈妈"), "{members}");
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
    assert_not_told(&house);
}

/// Neither password, nor its hash, nor a token leaves the books.
fn assert_not_told(house: &House) {
    let (_, journal) = house.command(&["journal", "show", "--limit", "50"]);
    let all = format!("{journal}{}", house.log());
    assert!(all.contains("access_asked"), "{all}");
    for secret in ["argon2", PASSWORD] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn a_restart_keeps_the_session_and_signing_out_ends_it() {
    let (house, mut daemon, mut browser) = set_up("");
    daemon.kill();
    let _daemon = house.start();
    browser.get("/").is(200);
    let kept = browser.cookies.clone();
    browser.post("/sign-out", &[]).leads_to("/sign-in");
    browser.cookies = kept;
    browser.get("/orders").leads_to("/sign-in?next=/orders");
    browser.cookies.clear();
    browser.post("/sign-in", &[("password", PASSWORD), ("next", "/orders")]).leads_to("/orders");
    browser.post("/sign-in", &[("password", PASSWORD), ("next", "//evil")]).leads_to("/");
    let (_, alerts) = house.command(&["alert", "list"]);
    assert!(alerts.to_string().contains("Somebody signed in: 妈妈, Test browser"), "{alerts}");
    assert_not_told(&house);
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
}

#[test]
fn five_wrong_passwords_lock_until_an_owner_at_the_machine_resets() {
    let (house, mut daemon, browser) = set_up("");
    let mut other = Browser::at(&house);
    for _ in 0..5 {
        other.post("/sign-in", &[("password", "not the password")]).is(422);
    }
    other.post("/sign-in", &[("password", PASSWORD)]).is(429).says("Too many wrong tries");
    daemon.kill();
    let _daemon = house.start();
    other.post("/sign-in", &[("password", PASSWORD)]).is(429);
    // Who is signed in already goes on.
    let mut signed_in = browser;
    signed_in.get("/").is(200);
    let (exit, told) = house.command(&["owner", "reset"]);
    let code = told["code"].as_str().unwrap_or_default();
    assert_eq!((exit, code.len()), (0, 6), "{told}");
    let new = "another sentence, as long";
    let fields = [("code", code), ("member", "mum"), ("password", new)];
    other.post("/setup", &fields).leads_to("/");
    other.get("/").is(200);
    signed_in.get("/").leads_to("/sign-in?next=/");
    let mut third = Browser::at(&house);
    third.post("/sign-in", &[("password", PASSWORD)]).is(422);
    third.post("/sign-in", &[("password", new)]).leads_to("/");
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
}

#[test]
fn five_wrong_codes_lock_the_setup() {
    let house = House::new(None, false, "");
    let _daemon = house.start();
    wait_for_code(&house);
    let code = setup_code(&house);
    let mut browser = Browser::at(&house);
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..5 {
        browser.post("/setup", &[("code", &wrong), ("password", PASSWORD)]).is(422);
    }
    browser.post("/setup", &[("code", &code), ("password", PASSWORD)]).is(429);
    let (_, status) = house.asks("GET", "/v1/status", None);
    assert_eq!(status["frozen"], json!(false), "{status}");
}
