//! Who acted stands in the journal, whichever door they came by.

use super::house::{House, now_s};
use super::owner::{LIMITS, owner_of};
use serde_json::{Value, json};

/// The newest entry whose changes have one of that kind.
fn entry(house: &House, kind: &str, has: impl Fn(&Value) -> bool) -> Value {
    let (code, shown) = house.command(&["journal", "show"]);
    assert_eq!(code, 0, "{shown}");
    let entries = shown["entries"].as_array().unwrap().clone();
    let of_kind = |entry: &Value| {
        let changes = entry["changes"].as_array().unwrap();
        changes.iter().any(|change| change["change"] == kind && has(change))
    };
    entries.into_iter().rev().find(of_kind).unwrap_or_else(|| panic!("no {kind} in {shown}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_names_who_acted_and_what_was_before() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let mut owner = owner_of(&house).await;
    let mut kitchen = house.speaker("kitchen", now_s()).await;

    let body = json!({"order_id": "actor-0001", "items": [{"sku": "water", "quantity": "6"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    assert_eq!(kitchen.reply("actor-0001").await.unwrap().0["status"], "awaiting_approval");
    let asked = entry(&house, "order", |change| change["order"]["state"] == "awaiting_approval");
    assert_eq!(asked["actor"], json!({"by": "speaker", "device": "kitchen"}), "{asked}");

    let approved = owner.asks("order/approve", json!({"order_id": "actor-0001"})).await;
    assert_eq!(approved["status"], "ok", "{approved}");
    let mum = json!({"by": "owner_key", "key": "phone", "member": "mum"});
    let yes = entry(&house, "order", |change| change["order"]["state"] == "approved");
    assert_eq!(yes["actor"], mum, "{yes}");
    let (_, shown) = house.command(&["order", "show", "actor-0001"]);
    let of_order = if shown["order"].is_object() { &shown["order"] } else { &shown };
    assert_eq!(of_order["approved_by"], mum, "{shown}");

    let (code, told) = house.command(&["limit", "set", "home-month", "--amount", "250.00"]);
    assert_eq!(code, 0, "{told}");
    let set = entry(&house, "limit", |change| change["limit"]["version"] == 2);
    let uid = rustix::process::getuid().as_raw();
    assert_eq!(set["actor"], json!({"by": "local_user", "uid": uid}), "{set}");
    let change =
        set["changes"].as_array().unwrap().iter().find(|c| c["change"] == "limit").unwrap();
    assert_eq!(change["before"]["amount"], json!({"at": 30_000}), "{change}");
    assert_eq!(change["limit"]["amount"], json!({"at": 25_000}), "{change}");

    let (code, text) = house.says(&["journal", "show"]);
    assert_eq!(code, 0, "{text}");
    for words in [
        "mum (key phone)",
        &format!("user {uid} of this machine"),
        "limit home-month version 2: amount",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    let (code, added) = house.command(&[
        "device",
        "add",
        "lamp",
        "--kind",
        "appliance",
        "--profile",
        "tasmota",
        "--topic",
        "lamp",
        "--name",
        "Lamp",
    ]);
    assert_eq!(code, 0, "{added}");
    let edit = entry(&house, "household", |change| change["changed"].is_array());
    let change = edit["changes"].as_array().unwrap().iter().find(|c| c["change"] == "household");
    assert_eq!(change.unwrap()["changed"], json!(["devices.lamp added"]), "{edit}");
    assert_eq!(house.command(&["freeze"]).0, 0);
    assert_eq!(house.command(&["thaw"]).0, 0);
    let (_, text) = house.says(&["journal", "show"]);
    for words in ["frozen the home", "thawed the home", "household: devices.lamp added"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (code, verified) = house.command(&["journal", "verify"]);
    assert_eq!(code, 0, "{verified}");
}
