//! Every verb of the one table is done by all three doors, under the same name.

use super::house::{House, now_s};
use super::messages::{YES, peer};
use super::owner::{LIMITS, Owner, owner_of};
use crate::mosquitto::Mosquitto;
use homepay_protocols::native::verbs::{VERBS, Verb};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long alerts may take.
const WITHIN: Duration = Duration::from_secs(20);

const DOORS: [&str; 3] = ["mqtt", "http", "cli"];

fn household() -> String {
    let mut text = format!(
        "{LIMITS}[[catalog]]\nsku = \"tea\"\nname = \"Tea\"\nprice = \"1.00\"\ncategory = \"grocery\"\n\
         payee = \"shop\"\ncapture = \"on_fulfilment\"\n\
         [[tariffs]]\nid = \"power\"\nutility = \"electricity\"\npayee = \"shop\"\n\
         versions = [{{ from = \"2026-01-01\", price = \"0.617\", unit = \"kWh\" }}]\n"
    );
    for door in DOORS {
        text.push_str(&format!(
            "[[devices]]\nid = \"washer-{door}\"\nkind = \"appliance\"\nname = \"Washer {door}\"\n\
             profile = \"zigbee2mqtt\"\ntopic = \"zigbee2mqtt/{door}\"\ntariff = \"power\"\n\
             run_kwh = \"0.9\"\n"
        ));
    }
    text
}

/// Orders for each door: three that wait for an owner, one that is paid, one that is not delivered;
/// and an alert.
async fn prepared(house: &House, port: &str) {
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    for door in DOORS {
        for (what, sku, count, status) in [
            ("approve", "water", "6", "awaiting_approval"),
            ("reject", "water", "7", "awaiting_approval"),
            ("cancel", "water", "8", "awaiting_approval"),
            ("refund", "water", "2", "settled"),
            ("fulfil", "tea", "2", "approved"),
        ] {
            let id = format!("{door}-{what}");
            let body = json!({"order_id": id, "items": [{"sku": sku, "quantity": count}]});
            let signed = kitchen.sign("order", &body, now_s(), None);
            kitchen.send(&signed).await.unwrap();
            loop {
                let (reply, _) = kitchen.reply(&id).await.unwrap();
                // The same from the same speaker a moment later is asked about.
                if let Some(number) = reply["challenge"]["say"].as_str() {
                    let body = json!({"order_id": id, "answer": number});
                    let signed = kitchen.sign("confirm", &body, now_s(), None);
                    kitchen.send(&signed).await.unwrap();
                }
                if reply["status"] == status {
                    break;
                }
            }
        }
        for energy in ["1000.0", "1009.0"] {
            let (topic, payload) =
                (format!("zigbee2mqtt/{door}"), format!("{{\"energy\":{energy},\"power\":40}}"));
            let arguments = ["-p", port, "-t", &topic, "-m", &payload];
            assert!(Command::new("mosquitto_pub").args(arguments).status().unwrap().success());
        }
    }
    let until = Instant::now() + WITHIN;
    while DOORS.iter().any(|door| alert(house, door).is_none()) {
        assert!(Instant::now() < until, "{}", house.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn alert(house: &House, door: &str) -> Option<String> {
    let (_, told) = house.asks("GET", "/api/v1/alerts", None);
    let of_door = |alert: &&Value| alert["device"] == format!("washer-{door}");
    told["alerts"].as_array()?.iter().find(of_door)?["id"].as_str().map(str::to_owned)
}

/// What a verb is told by a door, and the arguments of the command line after the subcommand.
fn arguments(house: &House, verb: &Verb, door: &str) -> (Value, Vec<String>) {
    let order = verb.name.strip_prefix("order/").map(|what| format!("{door}-{what}"));
    let (limit, bill) = (format!("spare-{door}"), format!("bill-{door}"));
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    match (verb.name, order) {
        (_, Some(id)) => (json!({ "order_id": id }), vec![id]),
        ("limit/set", _) => (
            json!({"limit": {"id": limit, "scope": {"home": true}, "period": "day", "amount": "9.00"}}),
            words(&[&limit, "--scope", "home", "--period", "day", "--amount", "9.00"]),
        ),
        ("limit/remove", _) => (json!({ "id": limit }), vec![limit]),
        ("freeze" | "thaw", _) => (json!({"device": "kids"}), words(&["kids"])),
        ("alert/ack", _) => {
            let id = alert(house, door).unwrap();
            (json!({ "id": id }), vec![id])
        }
        ("alert/snooze", _) => {
            let id = alert(house, door).unwrap();
            let until = jiff::Timestamp::from_second(now_s() + 3_600).unwrap().to_string();
            (json!({"id": id, "until": until}), words(&[&id, "--for", "1h"]))
        }
        ("bill/add", _) => (
            json!({"bill": {"id": bill, "payee": "shop", "category": "grocery", "amount": "1.00",
                "due": "2099-01-31"}}),
            words(&[
                "--id",
                &bill,
                "--payee",
                "shop",
                "--category",
                "grocery",
                "--amount",
                "1.00",
                "--due",
                "2099-01-31",
            ]),
        ),
        ("bill/pay", _) => (json!({ "id": bill }), vec![bill]),
        ("bill/cancel", _) => {
            let other = format!("other-{door}");
            let form = json!({"bill": {"id": other, "payee": "shop", "category": "grocery",
                "amount": "1.00", "due": "2099-02-28"}});
            let (status, told) = house.asks("POST", "/api/v1/commands/bill/add", Some(form));
            assert_eq!(status, 200, "{told}");
            (json!({ "id": other }), vec![other])
        }
        ("cost", _) => (json!({"device": "washer-http"}), words(&["washer-http"])),
        ("notify/test", _) => (json!({"id": "board"}), words(&["board"])),
        ("status" | "bill/list" | "limit/list" | "alert/list", _) => (json!({}), Vec::new()),
        (name, _) => panic!("{name} is new: say here what it is told"),
    }
}

async fn has_done(house: &House, owner: &mut Owner, verb: &Verb, door: &str) {
    let (body, words) = arguments(house, verb, door);
    let name = verb.name;
    match door {
        "mqtt" => {
            let told = owner.asks(name, body).await;
            assert_eq!(told["status"], "ok", "{name} by MQTT: {told}");
            let shows = verb.look.is_some() || name.starts_with("order/");
            assert_eq!(
                told["data"].is_object(),
                shows || name == "limit/set" || name == "bill/pay",
                "{told}"
            );
        }
        "http" => {
            let (status, told) = match verb.look {
                None => house.asks("POST", &format!("/api/v1/commands/{name}"), Some(body)),
                Some(path) => {
                    let path = path.replace("{id}", body["device"].as_str().unwrap_or_default());
                    house.asks("GET", &format!("/api{path}"), None)
                }
            };
            assert_eq!(status, 200, "{name} by HTTP: {told}");
        }
        _ => {
            let mut all: Vec<&str> = verb.subcommand.split('/').collect();
            all.extend(words.iter().map(String::as_str));
            let (code, told) = house.command(&all);
            assert_eq!(code, 0, "{name} by the command line: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_verb_is_done_by_every_door() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, &household());
    let (port, _got) = peer(&[("/hook", &[YES])]);
    let entry = format!(
        "[[notify]]\nid = \"board\"\nchannel = \"webhook\"\nserver = \"http://127.0.0.1:{port}/hook\"\n\
         what = [\"alert\"]\n"
    );
    let file = house.dir.path().join("homepay.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{config}\n{entry}")).unwrap();
    let _daemon = house.start();
    prepared(&house, &mosquitto.port.to_string()).await;
    let mut owner = owner_of(&house).await;
    for door in DOORS {
        for verb in &VERBS {
            has_done(&house, &mut owner, verb, door).await;
        }
    }
    for (what, state) in [
        ("approve", "settled"),
        ("reject", "declined"),
        ("cancel", "cancelled"),
        ("refund", "refunded"),
        ("fulfil", "settled"),
    ] {
        for door in DOORS {
            let until = Instant::now() + WITHIN;
            let stands =
                || house.asks("GET", &format!("/v1/orders/{door}-{what}"), None).1["state"].clone();
            while stands() != state {
                assert!(Instant::now() < until, "{door}-{what} is {}", stands());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_words_mean_the_same_and_unknown_ones_are_refused() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let mut owner = owner_of(&house).await;
    for verb in VERBS.iter().filter(|verb| verb.look.is_none()) {
        for word in [&[verb.name], verb.aliases].concat() {
            let (status, told) = house.asks("POST", "/v1/wish", Some(json!({ "verb": word })));
            let unknown = told["message"].as_str().is_some_and(|why| why.contains("no request"));
            assert!(!unknown, "{word}: {status} {told}");
        }
    }
    let (status, told) = house.asks("POST", "/v1/wish", Some(json!({"verb": "order/aprove"})));
    assert_eq!((status, &told["code"]), (400, &json!("malformed")), "{told}");
    assert!(told["message"].as_str().unwrap().contains("order/approve"), "{told}");
    let told = owner.asks("approve", json!({"order_id": "nowhere-01"})).await;
    assert_eq!(
        told["error"]["code"], "not_found",
        "an older word is known, the order is not: {told}"
    );
    let told = owner.asks("order/sing", json!({})).await;
    assert!(told["error"]["message"].as_str().unwrap().contains("order/approve"), "{told}");
}
