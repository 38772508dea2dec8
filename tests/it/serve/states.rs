//! Everything that the hub publishes in a small day fits its schema, read from a real Mosquitto by
//! an outside client.

use super::house::{House, Process, http, now_s};
use crate::mosquitto::Mosquitto;
use crate::ports::free_port;
use crate::schemas::{document, fits};
use crate::support::WAIT;
use homepay_protocols::native::states::{DeviceState, HomeState};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LIMITS: &str = "[[tariffs]]\nid = \"power\"\nutility = \"electricity\"\npayee = \"shop\"\n\
    versions = [{ from = \"2026-01-01\", price = \"0.617\", unit = \"kWh\" }]\n\
    [[tariffs]]\nid = \"tou\"\nutility = \"electricity\"\npayee = \"shop\"\n\
    file = \"tariffs/cn/shanghai-tou.toml\"\n\
    [[devices]]\nid = \"washer\"\nkind = \"appliance\"\nname = \"Washer\"\n\
    profile = \"zigbee2mqtt\"\ntopic = \"zigbee2mqtt/washer\"\ntariff = \"power\"\n\
    [[alerts]]\ndevice = \"washer\"\nperiod = \"month\"\ncost = \"1.00\"\n\
    [[limits]]\nid = \"home-month\"\nscope = { home = true }\nperiod = \"month\"\n\
    amount = \"300.00\"\n\
    [[limits]]\nid = \"tea\"\nscope = { device = \"kitchen\" }\nrolling = \"6h\"\nmax_count = 9\n";

fn parsed<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// The schema of what is on a topic; none where it is no JSON of ours.
fn schema_of(topic: &str) -> Option<&'static str> {
    match topic.strip_prefix("homepay/")?.split('/').collect::<Vec<_>>()[..] {
        ["device", _, "reply"] => Some("reply"),
        ["device", _, "state"] => Some("device-state"),
        ["home", "state"] => Some("home-state"),
        ["bridge", "state"] => Some("bridge-state"),
        ["bridge", "health"] => Some("bridge-health"),
        ["order"] => Some("order-event"),
        ["alert"] => Some("alert"),
        ["response", ..] => Some("response"),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_published_fits_its_schema() {
    let mosquitto = Mosquitto::start("");
    let port = mosquitto.port.to_string();
    let listener = Command::new("mosquitto_sub")
        .args(["-p", &port, "-v", "-t", "homepay/#", "-W", "12"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let _daemon = house.start();
    for energy in ["1000.0", "1001.5"] {
        let payload = format!("{{\"energy\":{energy},\"power\":40}}");
        let arguments = ["-p", &port, "-t", "zigbee2mqtt/washer", "-m", &payload];
        assert!(Command::new("mosquitto_pub").args(arguments).status().unwrap().success());
    }
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    for (id, count, status) in [("state-0001", "2", "settled"), ("state-0002", "400", "declined")] {
        let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": count}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        while kitchen.reply(id).await.unwrap().0["status"] != status {}
    }
    let console = document("console.openapi");
    for (path, kind) in [("/healthz", "Health"), ("/readyz", "Ready")] {
        let (status, body) = http(house.console, "GET", path, "").unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(console["paths"][path]["get"]["responses"][status.to_string()].is_object());
        let schema = &console["components"]["schemas"][kind];
        assert!(jsonschema::validator_for(schema).unwrap().is_valid(&body), "{path}: {body}");
    }
    let heard = String::from_utf8(listener.wait_with_output().unwrap().stdout).unwrap();
    let mut seen = BTreeSet::new();
    for line in heard.lines() {
        let (topic, payload) = line.split_once(' ').unwrap();
        let Some(schema) = schema_of(topic) else { continue };
        let value: Value = serde_json::from_str(payload).unwrap();
        assert!(fits(schema, &value), "{topic} is not as {schema} says: {value}");
        let known = match schema {
            "home-state" => serde_json::to_value(parsed::<HomeState>(&value)),
            "device-state" => serde_json::to_value(parsed::<DeviceState>(&value)),
            _ => Ok(value.clone()),
        };
        assert_eq!(known.unwrap(), value, "{topic} says what {schema} does not know");
        seen.insert(schema);
        if topic == "homepay/home/state" {
            let is_told = |field: &str| !value["tariffs"][1][field].is_null();
            let told = ["next_change", "tier", "left_in_tier", "usage"].into_iter().all(is_told);
            seen.extend(told.then_some("a change of price"));
        }
        if topic == "homepay/device/washer/state" {
            seen.extend(value["last_reading"]["energy"].is_object().then_some("a reading"));
        }
    }
    let wanted = [
        "a change of price",
        "a reading",
        "alert",
        "bridge-health",
        "bridge-state",
        "device-state",
        "home-state",
        "order-event",
        "reply",
    ];
    assert_eq!(seen, BTreeSet::from(wanted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reading_costs_shows_in_the_homes_state() {
    let mosquitto = Mosquitto::start("");
    let port = mosquitto.port.to_string();
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let _daemon = house.start();
    let publish = |energy: &str| {
        let payload = format!("{{\"energy\":{energy},\"power\":40}}");
        let arguments = ["-p", &port, "-t", "zigbee2mqtt/washer", "-m", &payload];
        assert!(Command::new("mosquitto_pub").args(arguments).status().unwrap().success());
    };
    publish("1000.0");
    publish("1000.02");
    // Each message is the state as it then stands; nothing but the readings makes it change.
    let listener = Command::new("mosquitto_sub")
        .args(["-p", &port, "-t", "homepay/home/state", "-W", "5"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let heard = String::from_utf8(listener.wait_with_output().unwrap().stdout).unwrap();
    let last: Value = serde_json::from_str(heard.lines().last().unwrap()).unwrap();
    assert_eq!(last["tariffs"][0]["cost"]["today"], "0.01", "{last}");
}

#[test]
fn a_broker_that_cannot_be_reached_is_said() {
    let house = House::new(Some(free_port()), false, LIMITS);
    let _daemon = Process::start(&["run"], house.dir.path(), "homepay.log");
    let until = Instant::now() + WAIT;
    while !house.log().contains("the broker cannot be reached") {
        assert!(Instant::now() < until, "{}", house.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}
