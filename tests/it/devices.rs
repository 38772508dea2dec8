//! Devices from their messages to the owner's eyes: the real binary, a real broker.

use crate::mosquitto::Mosquitto;
use crate::serve::house::House;
use crate::support::{QUIET, WAIT, link_options, publication, published, up};
use homepay_io::mqtt::Link;
use homepay_ports::Publication;
use homepay_sandbox::devices::DeviceClient;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Lines about what is said, not measured.
const VOICE: [&str; 4] = ["hermes", "ha-assist", "ha-number", "xiaoai-conversation"];

pub fn retained(topic: &str, payload: &str) -> Publication {
    Publication { retain: true, ..publication(topic, payload) }
}

/// Publishes all of them as an outside client.
pub async fn publish(port: u16, messages: Vec<Publication>) {
    let mut options = link_options(port);
    options.client_id = "bridge".to_owned();
    options.subscriptions.clear();
    let (link, mut events) = Link::start(options).unwrap();
    up(&mut events).await;
    let count = messages.len();
    for (id, message) in (1..).zip(messages) {
        assert!(link.publish(id, message));
    }
    published(&mut events, count).await;
    link.stop().await;
}

/// How a device stands, once it is as wanted.
async fn standing(house: &House, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + WAIT;
    loop {
        let (code, state) = house.command(&["device", "read", id]);
        if code == 0 && wanted(&state) {
            return state;
        }
        assert!(Instant::now() < until, "{state}\n{}", house.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn one_message_is_tried_without_the_daemon() {
    let house = House::new(None, false, "");
    let text = include_str!("../cases/mqtt-samples.jsonl");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| case[name].as_str().unwrap_or_default();
        if VOICE.contains(&word("system")) || VOICE.contains(&word("model")) {
            continue;
        }
        let payload = match word("payload_encoding") {
            "base64" => ["--payload-base64", word("payload")],
            _ => ["--payload", word("payload")],
        };
        let mut arguments = vec!["device", "try", word("system"), "--topic", word("topic")];
        arguments.extend(payload);
        arguments.extend(["--model", word("model")]);
        if case["retained"] == true {
            arguments.push("--retained");
        }
        let want = &case["expected"];
        if let Some(previous) = want["previous"].as_str() {
            arguments.extend(["--previous", previous]);
        }
        let (code, told) = house.command(&arguments);
        assert_eq!(told["kind"], want["kind"], "{case}\n{told}");
        assert_eq!(code, i32::from(want["kind"] == "none"), "{case}\n{told}");
        assert_eq!(told["reason"], want["reason"], "{case}\n{told}");
        if want["kind"] == "reading" {
            let all = told["readings"].as_array().unwrap();
            let found = all.iter().find(|r| r["quantity"] == want["quantity"]).unwrap();
            for name in ["unit", "value", "time", "reset_marker", "flag", "device"] {
                assert!(want[name].is_null() || found[name] == want[name], "{name}: {told}");
            }
            if case["retained"] == true {
                assert_eq!(found["flag"], "baseline_only", "{told}");
            }
        }
        if want["kind"] == "state" {
            assert_eq!(told["states"][0]["quantity"], want["quantity"], "{told}");
            assert_eq!(told["states"][0]["value"], want["value"], "{told}");
        }
    }
}

/// A make that nobody has heard of, as its owner would write it down.
const OWN: &str = r#"
id = "boiler"
trust = "broker"
source = "its manual"
[name]
zh-CN = "锅炉"
en = "Boiler"
[[messages]]
topics = ["boilers/{device}/state"]
[[messages.fields]]
path = "$.meters[?@.name == 'el'].total"
quantity = "energy"
unit = "Wh"
"#;

fn with_profiles(house: &House, profiles: &[(&str, &str)]) {
    let config = house.dir.path().join("homepay.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("[home]\n", "[home]\nprofiles = \"own\"\n", 1)).unwrap();
    for (id, text) in profiles {
        let folder = house.dir.path().join("own").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("profile.toml"), text).unwrap();
    }
}

#[test]
fn own_profiles_are_used_and_their_mistakes_told() {
    let house = House::new(None, false, "");
    let message = r#"{"meters":[{"name":"gas","total":7},{"name":"el","total":1500}]}"#;
    let topic = ["--topic", "boilers/cellar/state", "--payload", message];
    let shipped = OWN.replace("\"boiler\"", "\"tasmota\"");
    with_profiles(&house, &[("boiler", OWN), ("mine", &shipped)]);
    for profile in ["boiler", "tasmota", "own/boiler/profile.toml", "./own/boiler"] {
        let (code, told) = house.command(&[&["device", "try", profile][..], &topic].concat());
        assert_eq!((code, &told["readings"][0]["value"]), (0, &Value::from("1.5")), "{told}");
        assert_eq!(told["device"], "cellar");
    }
    let wrong = OWN.replace("unit = \"Wh\"", "unit = \"litres\"");
    std::fs::write(house.dir.path().join("own/boiler/profile.toml"), wrong).unwrap();
    let (code, told) = house.command(&["check"]);
    let problem = &told["problems"][0];
    assert_eq!((code, &problem["line"]), (2, &Value::from(13)), "{told}");
    assert!(problem["file"].as_str().unwrap().ends_with("own/boiler/profile.toml"), "{told}");
    assert!(problem["what"].as_str().unwrap().contains("kWh"), "{told}");
    let (code, told) = house.command(&["device", "try", "boilr", "--topic", "a", "--payload", "1"]);
    assert_eq!(code, 2, "{told}");
}

#[tokio::test]
async fn devices_are_found_on_a_real_broker() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, "");
    let bridge = r#"[{"friendly_name":"kitchen/plug","definition":{"model":"TS011F_plug_1","exposes":[{"type":"numeric","property":"energy","unit":"kWh"}]}}]"#;
    let messages = vec![
        retained("zigbee2mqtt/bridge/devices", bridge),
        retained("tele/washer/LWT", "Online"),
        retained("homie/plug/main/power/$unit", "W"),
    ];
    publish(mosquitto.port, messages).await;
    let (code, told) = house.command(&["device", "discover", "--for", "1s"]);
    let found: Vec<&str> =
        told["devices"].as_array().unwrap().iter().filter_map(|d| d["topic"].as_str()).collect();
    let want = ["homie/plug/main/power", "tele/washer/SENSOR", "zigbee2mqtt/kitchen/plug"];
    assert_eq!((code, found.as_slice()), (0, &want[..]), "{told}");
    // What is proposed can be pasted.
    let file = house.dir.path().join("household.toml");
    let household = std::fs::read_to_string(&file).unwrap();
    let proposed = told["household"].as_str().unwrap();
    std::fs::write(&file, format!("{household}\n{proposed}")).unwrap();
    let (code, told) = house.command(&["check"]);
    assert_eq!(code, 0, "{told}");
    let gone = House::new(Some(1), false, "");
    let (code, told) = gone.command(&["device", "discover", "--for", "1s"]);
    assert_eq!(code, 1, "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_are_found_on_the_embedded_broker() {
    let plug = "[[devices]]\nid = \"plug\"\nkind = \"appliance\"\nname = \"插座\"\n\
        profile = \"shelly-gen1\"\ntopic = \"shellies/shellyplug-s-1\"\n";
    let house = House::new(None, false, plug);
    let _daemon = house.start();
    let of_plug = |told: &Value| {
        let all = told["devices"].as_array().unwrap().iter();
        all.clone().find(|device| device["id"] == "plug").unwrap().clone()
    };
    let (code, told) = house.command(&["device", "list"]);
    let plug = of_plug(&told);
    assert_eq!((code, &plug["heard"], &plug["heard_at"]), (0, &"never heard".into(), &Value::Null));
    let (code, told) = house.command(&["check"]);
    let notes = told["notes"].to_string();
    assert!(code == 0 && notes.contains("plug: never heard"), "{told}");
    assert!(notes.contains("the hub listens on shellies/shellyplug-s-1/"), "where: {told}");
    let users = std::fs::read_to_string(house.state().join("broker-users.txt")).unwrap();
    let password = users.lines().find_map(|l| l.strip_prefix("plug ")).unwrap();
    let broker = SocketAddr::from(([127, 0, 0, 1], house.broker));
    let line = DeviceClient::open(broker, ("plug", password), &[]).await.unwrap();
    // The device may speak on every topic that its profile reads, and on no other.
    let speaking = tokio::spawn(async move {
        loop {
            for (topic, payload) in [
                ("shellies/shellyplug-s-1/online", "true"),
                ("shellies/shellyplug-s-1/relay/0/energy", "60000"),
                ("shellies/another/online", "true"),
            ] {
                line.publish(topic, payload.as_bytes().to_vec()).await.unwrap();
            }
            tokio::time::sleep(QUIET).await;
        }
    });
    let read = |s: &Value| s["last_reading"]["energy"]["value"] == "1";
    standing(&house, "plug", read).await;
    let (_, told) = house.command(&["device", "list"]);
    let plug = of_plug(&told);
    assert!(plug["heard_at"].is_string() && plug["last"] == "energy 1 kWh", "{plug}");
    let (_, told) = house.command(&["check"]);
    assert!(!told["notes"].to_string().contains("never heard"), "{told}");
    let (code, told) = house.command(&["device", "discover", "--for", "1s"]);
    let found: Vec<&Value> =
        told["devices"].as_array().unwrap().iter().map(|d| &d["topic"]).collect();
    assert_eq!((code, found.len()), (0, 1), "{told}");
    assert_eq!(found[0], "shellies/shellyplug-s-1/relay/0");
    speaking.abort();
}

const DEVICES: &str = r#"
[[devices]]
id = "washer"
kind = "appliance"
name = "洗衣机"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/washer"
[[devices]]
id = "kettle"
kind = "appliance"
name = "水壶"
profile = "shelly-gen1"
topic = "shellies/shellyplug-s-1"
[[devices]]
id = "valve"
kind = "meter"
name = "阀门"
profile = "xiaomi-gateway3"
topic = "central/report/77"
model = "lxzn.switch.x"
[[devices]]
id = "lamp"
kind = "appliance"
name = "灯"
profile = "xiaomi-gateway3"
topic = "miio/report/78"
model = "cuco.plug.v3"
"#;

#[tokio::test]
async fn what_devices_say_is_kept_over_a_restart() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, DEVICES);
    let mut daemon = house.start();
    let report = r#"{"id":1,"method":"properties_changed","params":[
        {"did":"77","siid":3,"piid":1,"value":512},{"did":"78","siid":11,"piid":2,"value":40},
        {"did":"79","siid":3,"piid":1,"value":1}]}"#;
    let first = publication("zigbee2mqtt/washer", r#"{"energy":812.3,"power":92}"#);
    publish(mosquitto.port, vec![first]).await;
    let messages = vec![
        publication("zigbee2mqtt/washer", r#"{"energy":812.4,"energy":812.5}"#),
        publication("zigbee2mqtt/washer", r#"{"energy":0,"power":"nan"}"#),
        retained("zigbee2mqtt/washer/availability", r#"{"state":"offline"}"#),
        publication("shellies/shellyplug-s-1/relay/0/energy", "60000"),
        publication("shellies/shellyplug-s-1/relay/0/power", "1800"),
        publication("shellies/shellyplug-s-1/online", "true"),
        publication("central/report", report),
    ];
    publish(mosquitto.port, messages).await;
    let held = |state: &Value, reason: &str| {
        let notes = state["notes"].as_array();
        notes.is_some_and(|notes| notes.iter().any(|note| note["reason"] == reason))
    };
    let washer = standing(&house, "washer", |s| s["availability"] == "offline").await;
    assert!(held(&washer, "held_drop") && held(&washer, "not_a_number"), "{washer}");
    assert!(held(&washer, "name_twice"), "neither of two values is taken: {washer}");
    let energy = &washer["last_reading"]["energy"];
    assert_eq!((&energy["value"], &energy["held"]), (&"812.3".into(), &"0".into()), "{washer}");
    assert_eq!(energy["stale"], true, "away: {washer}");
    let kettle = standing(&house, "kettle", |s| s["availability"] == "online").await;
    assert_eq!(kettle["last_reading"]["energy"]["value"], "1", "{kettle}");
    assert_eq!(kettle["last_reading"]["power"]["stale"], false, "{kettle}");
    let valve = standing(&house, "valve", |s| !s["last_reading"]["energy"].is_null()).await;
    assert_eq!(valve["last_reading"]["energy"]["value"], "5.12", "{valve}");
    let lamp = standing(&house, "lamp", |s| !s["last_reading"]["power"].is_null()).await;
    assert_eq!(lamp["last_reading"]["power"]["value"], "40", "{lamp}");
    assert!(lamp["last_reading"]["energy"].is_null(), "another device's: {lamp}");
    daemon.kill();
    let daemon = house.start();
    let washer = standing(&house, "washer", |s| held(s, "held_drop")).await;
    assert_eq!(washer["last_reading"]["energy"]["held"], "0", "{washer}");
    // Readings that rise from the low value make it a reset, also over the restart.
    for (energy, reason) in [("0.01", "held_until_clear"), ("0.02", "counter_restarted")] {
        let payload = format!(r#"{{"energy":{energy}}}"#);
        publish(mosquitto.port, vec![publication("zigbee2mqtt/washer", &payload)]).await;
        standing(&house, "washer", |s| held(s, reason)).await;
    }
    let washer = standing(&house, "washer", |s| s["availability"] == "online").await;
    assert_eq!(washer["usage"]["today"], "0.02", "{washer}");
    drop(daemon);
}
