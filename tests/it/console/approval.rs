//! An order that waits: seen, approved with proof, paid; or rejected, or stopped by a freeze.

use super::browser::{PASSWORD, hidden, read_until, set_up};
use crate::serve::house::now_s;
use homepay_sandbox::devices::Signer;
use serde_json::json;
use std::time::{Duration, Instant};

pub const ASKS_OWNER: &str = "[[limits]]\nid = \"home-month\"\nscope = { home = true }\n\
    period = \"month\"\namount = \"300.00\"\napprove_above = \"5.00\"\n";

pub async fn ordered(speaker: &mut Signer, id: &str, quantity: &str) {
    let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": quantity}]});
    let signed = speaker.sign("order", &body, now_s(), None);
    speaker.send(&signed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_is_seen_at_once_approved_with_proof_and_paid() {
    let (house, _daemon, mut browser) = set_up(ASKS_OWNER);
    let mut kitchen = house.speaker("kitchen", 1).await;
    let mut followed = browser.follow("/live/home?seen=");
    read_until(&mut followed, "Nothing is waiting for you.");
    ordered(&mut kitchen, "order-0001", "9").await;
    kitchen.reply("order-0001").await.unwrap();
    let began = Instant::now();
    let part = read_until(&mut followed, "/orders/order-0001");
    let took = began.elapsed();
    assert!(part.contains("<hx-partial hx-target=\"#live\""), "{part}");
    println!("an order was on the page {took:?} after its speaker was answered");
    browser.get("/orders").is(200).says("One order is waiting").says("¥9.00");
    let page = browser.get("/orders/order-0001").is(200).says("Approve?").says("街角便利店");
    let page = page.says("¥300.00").says("¥291.00").says("Owner to be asked").page;
    assert!(page.contains("矿泉水 × 9"), "{page}");
    let approve = "/orders/order-0001/approve";
    let looked_at = hidden(&page, "looked_at");
    let fields = |password| [("password", password), ("looked_at", looked_at.as_str())];
    browser.post(approve, &fields("not the password")).is(403).says("Nothing was done");
    let another = [("password", PASSWORD), ("looked_at", "0123")];
    browser.post(approve, &another).is(409).says("has changed since you looked at it");
    browser.post(approve, &[("password", PASSWORD)]).is(409).says("has changed since");
    let (_, told) = house.command(&["order", "show", "order-0001"]);
    assert_eq!(told["status"], "awaiting_approval", "{told}");
    let mut followed = browser.follow("/live/orders/order-0001?seen=");
    browser.post(approve, &fields(PASSWORD)).leads_to("/orders/order-0001");
    read_until(&mut followed, "¥9.00 was paid");
    let page = browser.get("/orders/order-0001").is(200).says("Approved by").says("妈妈");
    page.says("Amount to refund, ¥9.00 at most");
    browser.post(approve, &fields(PASSWORD)).is(409).says("stands otherwise by now");
    browser.post("/orders/order-0001/refund", &[("amount", "1,5x")]).is(422).says("no amount");
    browser.post("/orders/order-0001/refund", &[("amount", "4.00")]).is(303);
    let until = Instant::now() + Duration::from_secs(20);
    while !browser.get("/orders/order-0001").page.contains("¥4.00 came back") {
        assert!(Instant::now() < until, "{}", browser.get("/orders/order-0001").page);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (_, journal) = house.command(&["journal", "show", "--limit", "50"]);
    assert!(journal.to_string().contains("\"by\":\"member\""), "{journal}");
    let (verified, report) = house.command(&["journal", "verify"]);
    assert_eq!(verified, 0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejecting_and_freezing_need_no_proof_and_thawing_does() {
    let (house, _daemon, mut browser) = set_up(ASKS_OWNER);
    let mut kitchen = house.speaker("kitchen", 1).await;
    ordered(&mut kitchen, "order-0002", "9").await;
    kitchen.reply("order-0002").await.unwrap();
    browser.post("/orders/order-0002/reject", &[]).leads_to("/orders/order-0002");
    browser.get("/orders/order-0002").is(200).says("Declined");
    browser.post("/freeze", &[]).leads_to("/");
    browser.get("/").is(200).says("Frozen: nobody can order anything.");
    ordered(&mut kitchen, "order-0003", "1").await;
    let (reply, _) = kitchen.reply("order-0003").await.unwrap();
    assert_eq!(reply["reason"]["code"], "frozen", "{reply}");
    browser.post("/thaw", &[("password", "not the password")]).is(403).says("Nothing was done");
    browser.get("/").says("Frozen");
    browser.post("/thaw", &[("password", PASSWORD)]).leads_to("/");
    browser.get("/").is(200).says("Freeze all orders");
}
