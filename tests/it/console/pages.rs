//! Costs, devices, bills, alerts and what else has a page: seen, used, and refused in words.

use super::browser::{Browser, PASSWORD, hidden, set_up};
use crate::serve::house::now_s;
use serde_json::json;
use std::time::{Duration, Instant};

const DAY_LIMIT: &str = "[[limits]]\nid = \"home-day\"\nscope = { home = true }\n\
    period = \"day\"\namount = \"300.00\"\n";

const PAGES: [&str; 7] =
    ["/costs", "/more", "/alerts", "/bills", "/devices", "/members", "/notify"];

#[test]
fn a_home_in_which_nothing_was_done_has_all_pages_in_both_languages() {
    let (house, _daemon, mut browser) = set_up("");
    for path in PAGES.into_iter().chain(["/help", "/devices/kitchen", "/costs?span=year"]) {
        for language in ["en", "zh-CN"] {
            browser.language = language;
            let page = browser.get(path).is(200).says(&format!("<html lang=\"{language}\"")).page;
            for inline in ["<script>", " style=", "<style", " onclick="] {
                assert!(!page.contains(inline), "{path} has {inline}");
            }
        }
        let path = path.split('?').next().unwrap();
        Browser::at(&house).get(path).leads_to(&format!("/sign-in?next={path}"));
    }
    browser.language = "en";
    browser.get("/costs").says("Nothing was bought in these days.");
    browser.get("/bills").says("No bill is to be paid.");
    browser.get("/notify").says("No way to tell you is set.");
    for absent in ["/devices/none", "/devices/a b", "/costs?span=age", "/costs/export/xls"] {
        browser.get(&absent.replace(' ', "%20")).is(404).says("There is no such page");
    }
    // The calendar ends somewhere, and the page does not go on for ever.
    for day in ["9999-12-31", "-9999-01-01", "2026-02-29"] {
        for span in ["day", "year"] {
            let status = browser.get(&format!("/costs?span={span}&day={day}")).status;
            assert!([200, 404].contains(&status), "{day} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_bought_is_on_the_page_of_costs_and_in_each_export() {
    let (house, _daemon, mut browser) = set_up(DAY_LIMIT);
    let mut kitchen = house.speaker("kitchen", 1).await;
    let body = json!({"order_id": "order-0001", "items": [{"sku": "water", "quantity": "9"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    kitchen.reply("order-0001").await.unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !browser.get("/costs").page.contains("<p class=\"big\">¥9.00</p>") {
        assert!(Instant::now() < until, "{}", browser.get("/costs").page);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for span in ["day", "week", "month", "year"] {
        let page = browser.get(&format!("/costs?span={span}")).is(200);
        page.says("¥9.00").says("grocery").says("街角便利店").says("height=\"100\"");
    }
    let before = browser.get("/costs?span=month&day=2020-02-10").is(200);
    before.says("February 2020").says("Nothing was bought in these days.");
    for format in ["csv", "beancount", "hledger", "ofx"] {
        let told = browser.get(&format!("/costs/export/{format}")).is(200);
        assert!(told.head.contains("attachment; filename=\"homepay-"), "{}", told.head);
        let (exit, text) = house.says(&["statement", "--format", format]);
        assert_eq!((exit, told.page.trim()), (0, text.trim()), "{format}");
        assert!(text.contains("9.00"), "{text}");
    }
}

#[test]
fn a_device_is_stopped_at_once_and_let_through_with_proof() {
    let (house, _daemon, mut browser) = set_up(DAY_LIMIT);
    browser.get("/devices").says("kitchen").says("Speaker");
    browser.get("/devices/kitchen").says("Freeze this device").says("¥300.00");
    browser.post("/devices/kitchen/freeze", &[]).leads_to("/devices/kitchen");
    browser.get("/devices/kitchen").says("Frozen: this device can&#39;t order.");
    browser.get("/devices/kids").says("Freeze this device");
    let thaw = |browser: &mut Browser, password| {
        browser.post("/devices/kitchen/thaw", &[("password", password)])
    };
    thaw(&mut browser, "not the password").is(403).says("Nothing was done").says("Frozen: this");
    thaw(&mut browser, PASSWORD).leads_to("/devices/kitchen");
    browser.get("/devices/kitchen").says("Freeze this device");
    browser.post("/devices/none/freeze", &[]).is(404);
    let (_, told) = house.command(&["journal", "show", "--limit", "50"]);
    assert!(told.to_string().contains("\"by\":\"member\""), "{told}");
}

#[test]
fn a_bill_is_entered_and_paid_with_proof_and_withdrawn_without() {
    let (house, _daemon, mut browser) = set_up(DAY_LIMIT);
    let bill = |amount: &'static str, due: &'static str, password: &'static str| {
        [
            ("payee", "shop"),
            ("category", "rent"),
            ("amount", amount),
            ("due", due),
            ("pay", "manual"),
            ("password", password),
        ]
    };
    browser.post("/bills", &bill("1,x", "2099-01-31", PASSWORD)).is(422).says("It was not done");
    browser.post("/bills", &bill("20.00", "2099-01-31", "wrong")).is(403).says("value=\"20.00\"");
    browser.get("/bills").says("No bill is to be paid.");
    browser.post("/bills", &bill("20.00", "2099-01-31", PASSWORD)).leads_to("/bills");
    browser.post("/bills", &bill("7.00", "2099-02-28", PASSWORD)).leads_to("/bills");
    browser.get("/bills").says("¥20.00").says("only when I say so").says("due 2099-01-31");
    let of = |day: &str, act: &str| format!("/bills/shop-{day}/{act}");
    browser.post(&of("2099-01-31", "pay"), &[("password", "wrong")]).is(403);
    browser.post(&of("2099-01-31", "pay"), &[("password", PASSWORD)]).leads_to("/bills");
    browser.post(&of("2099-02-28", "cancel"), &[]).leads_to("/bills");
    browser.post(&of("2099-02-28", "cancel"), &[]).is(409).says("It was not done");
    let until = Instant::now() + Duration::from_secs(20);
    while browser.get("/bills").page.contains("Pay ¥20.00 now") {
        assert!(Instant::now() < until, "{}", browser.get("/bills").page);
        std::thread::sleep(Duration::from_millis(50));
    }
    browser.get("/bills").says("Withdrawn");
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
}

#[test]
fn an_alert_is_snoozed_and_noted_by_buttons() {
    let (house, _daemon, mut browser) = set_up("");
    let mut other = Browser::at(&house);
    other.post("/sign-in", &[("password", PASSWORD)]).leads_to("/");
    let page = browser.get("/alerts").is(200).says("Somebody signed in").page;
    let id = hidden(&page, "id");
    browser.post("/alerts/snooze", &[("id", &id)]).leads_to("/alerts");
    browser.get("/alerts").says("quiet until");
    for _ in 0..2 {
        let page = browser.get("/alerts").page;
        if page.contains("/alerts/ack") {
            browser.post("/alerts/ack", &[("id", &hidden(&page, "id"))]).leads_to("/alerts");
        }
    }
    browser.get("/alerts").says("No alerts.").says("Over");
    browser.post("/alerts/ack", &[("id", "none")]).is(409).says("It was not done");
}
