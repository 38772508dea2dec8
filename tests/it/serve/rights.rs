//! On the embedded broker a speaker that does not sign is heard only under its own user, and bridges
//! may do no more than they need.

use super::house::{House, http, now_s};
use homepay_sandbox::devices::DeviceClient;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Two sites of Rhasspy, two satellites, a XiaoAI whose words come through Home Assistant's own
/// topics, and plugs behind Zigbee2MQTT.
const HOUSEHOLD: &str = r#"
[[devices]]
id = "stove"
kind = "speaker"
name = "Stove"
profile = "hermes"
topic = "stove"

[[devices]]
id = "attic"
kind = "speaker"
name = "Attic"
profile = "hermes"
topic = "attic"

[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "assist_satellite.hall"

[[devices]]
id = "den"
kind = "speaker"
name = "Den"
profile = "ha-assist"
topic = "assist_satellite.den"

[[devices]]
id = "xiaoai"
kind = "speaker"
name = "小爱"
profile = "xiaoai"
topic = "homeassistant/sensor/xiaoai_conversation"

[[devices]]
id = "plug"
kind = "appliance"
name = "Plug"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/plug"

[[limits]]
id = "home-day"
scope = { home = true }
period = "day"
amount = "1000.00"
"#;

const XIAOAI: &str = "homeassistant/sensor/xiaoai_conversation";

async fn line(house: &House, user: &str, filters: &[&str]) -> DeviceClient {
    let users = std::fs::read_to_string(house.state().join("broker-users.txt")).unwrap();
    let find = |l: &str| l.strip_prefix(&format!("{user} ")).map(str::to_owned);
    let password = users.lines().find_map(find).unwrap_or_else(|| panic!("no user {user}"));
    let broker = SocketAddr::from(([127, 0, 0, 1], house.broker));
    let filters: Vec<String> = filters.iter().map(|f| (*f).to_owned()).collect();
    DeviceClient::open(broker, (user, &password), &filters).await.unwrap()
}

fn assist(satellite: &str, context: &str) -> Vec<u8> {
    let at = jiff::Timestamp::from_second(now_s()).unwrap().to_string();
    let said = json!({
        "v": 1, "text": "buy two cases of water", "slots": {}, "satellite_id": satellite,
        "device_id": "9d1c", "conversation_id": "01HPX", "user_id": null, "context_id": context,
        "lang": "en", "ts": at, "at": at,
    });
    said.to_string().into_bytes()
}

fn hermes(site: &str, session: &str) -> Vec<u8> {
    let said = json!({
        "input": "buy two cases of water", "rawInput": "buy two cases of water",
        "intent": { "intentName": "OrderGoods", "confidenceScore": 1.0 },
        "siteId": site, "id": null, "slots": [
            { "entity": "item", "slotName": "item", "rawValue": "water", "confidence": 1.0,
              "value": { "kind": "Custom", "value": "water" }, "range": null },
            { "entity": "quantity", "slotName": "quantity", "rawValue": "two", "confidence": 1.0,
              "value": { "kind": "Custom", "value": 2 }, "range": null },
        ],
        "sessionId": session, "customData": null, "asrTokens": [[]], "asrConfidence": 0.99,
        "wakewordId": null, "lang": null,
    });
    said.to_string().into_bytes()
}

fn refused(house: &House) -> u64 {
    let (_, metrics) = http(house.console, "GET", "/metrics", "").unwrap();
    let line = metrics.lines().find(|l| l.starts_with("homepay_refused_total{code=\"forbidden\"}"));
    line.map_or(0, |l| l.rsplit(' ').next().unwrap().parse().unwrap())
}

fn orders(house: &House) -> Vec<Value> {
    let (code, value) = house.command(&["order", "list"]);
    assert_eq!(code, 0, "{value}");
    value["orders"].as_array().unwrap().clone()
}

async fn until_refused(house: &House, count: u64) {
    for _ in 0..200 {
        if refused(house) >= count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{} instead of {count} were refused: {}", refused(house), house.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_speaks_for_another_on_the_embedded_broker() {
    let house = House::new(None, false, HOUSEHOLD);
    let _daemon = house.start();
    // A Rhasspy of one site, as another.
    let stove = line(&house, "stove", &["hermes/#"]).await;
    let began = |site: &str, session: &str| {
        let said = json!({"sessionId": session, "siteId": site, "customData": null, "lang": null});
        said.to_string().into_bytes()
    };
    let started = "hermes/dialogueManager/sessionStarted";
    stove.publish(started, began("attic", "s-1")).await.unwrap();
    stove.publish("hermes/intent/OrderGoods", hermes("attic", "s-1")).await.unwrap();
    until_refused(&house, 1).await;
    // A satellite's user, as another satellite.
    let hall = line(&house, "hall", &["homepay/device/hall/#"]).await;
    hall.publish("homepay/in/assist", assist("assist_satellite.den", "ctx-1")).await.unwrap();
    until_refused(&house, 2).await;
    // A bridge of appliances has no say where XiaoAI is heard, only where devices are announced.
    let bridge = line(&house, "zigbee2mqtt", &["zigbee2mqtt/#", "homeassistant/status"]).await;
    let at = json!(jiff::Timestamp::from_second(now_s()).unwrap().to_string());
    bridge.publish(&format!("{XIAOAI}/state"), "买两箱矿泉水".into()).await.unwrap();
    bridge.publish(&format!("{XIAOAI}/timestamp"), at.to_string().into()).await.unwrap();
    let config = "homeassistant/switch/0x01/switch/config";
    bridge.publish(config, b"{}".to_vec()).await.unwrap();
    let mut owner = line(&house, "owner", &["homeassistant/#"]).await;
    bridge.publish(config, b"{\"seen\":1}".to_vec()).await.unwrap();
    owner.next(|topic, v| topic == config && v["seen"] == 1).await.unwrap();
    assert_eq!(orders(&house), [] as [Value; 0]);
    assert!(house.log().contains("a client may not publish there"), "{}", house.log());

    // Each for itself orders, and so does Home Assistant for its own.
    stove.publish(started, began("stove", "s-2")).await.unwrap();
    stove.publish("hermes/intent/OrderGoods", hermes("stove", "s-2")).await.unwrap();
    let mut home = line(&house, "homeassistant", &["homepay/device/+/speak"]).await;
    home.publish("homepay/in/assist", assist("assist_satellite.den", "ctx-2")).await.unwrap();
    home.next(|topic, _| topic == "homepay/device/den/speak").await.unwrap();
    for _ in 0..200 {
        if orders(&house).len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let by: Vec<Value> = orders(&house).iter().map(|o| o["device"].clone()).collect();
    assert!(by.len() == 2 && by.contains(&json!("stove")) && by.contains(&json!("den")), "{by:?}");
    assert_eq!(refused(&house), 2);
}
