//! Alerts of the real binary: the wallet is asked what is in it, a speaker says what is critical,
//! and an owner asks by signed request and at the command line what a run would cost.

use super::house::House;
use super::owner::{LIMITS, Owner};
use crate::mosquitto::Mosquitto;
use crate::schemas::fits;
use homepay_sandbox::devices::DeviceClient;
use serde_json::json;
use std::net::SocketAddr;

const HOUSEHOLD: &str = r#"
[[tariffs]]
id = "power"
utility = "electricity"
payee = "shop"
versions = [{ from = "2026-01-01", price = "0.60", unit = "kWh" }]

[[devices]]
id = "dryer"
kind = "appliance"
name = "Dryer"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/dryer"
tariff = "power"
run_kwh = "1.5"

[[devices]]
id = "stove"
kind = "speaker"
name = "Stove"
profile = "hermes"
topic = "stove"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_wallet_is_said_aloud_and_a_run_has_its_price() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, &format!("{LIMITS}{HOUSEHOLD}"));
    let file = house.dir.path().join("homepay.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let low = "[rules]\nwallet_low = \"1000000.00\"\n";
    std::fs::write(&file, config.replace("[rules]\n", low)).unwrap();
    let broker = SocketAddr::from(([127, 0, 0, 1], mosquitto.port));
    let filters = ["homepay/alert", "hermes/tts/say", "homepay/response/#"].map(str::to_owned);
    let mut owner =
        Owner { line: DeviceClient::open(broker, ("o", ""), &filters).await.unwrap(), seq: 0 };
    let _daemon = house.start();
    let wanted = |t: &str, v: &serde_json::Value| t == "homepay/alert" && v["kind"] == "wallet_low";
    let (alert, _) = owner.line.next(wanted).await.unwrap();
    assert!(fits("alert", &alert) && alert["limit"] == "1000000.00", "{alert}");
    let (said, _) = owner.line.next(|t, _| t == "hermes/tts/say").await.unwrap();
    assert_eq!((&said["siteId"], &said["text"]), (&json!("stove"), &alert["say"]));
    let (code, listed) = house.command(&["alert", "ack", alert["id"].as_str().unwrap()]);
    assert_eq!(code, 0, "{listed}");

    let answer = owner.asks("cost", json!({"device": "dryer"})).await;
    assert_eq!(answer["data"]["now"]["cost"], "0.90", "{answer}");
    let answer = owner.asks("cost", json!({"device": "nobody"})).await;
    assert_eq!(answer["error"]["code"], "unknown_device", "{answer}");
    let (code, told) = house.command(&["usage", "before-run", "dryer"]);
    assert!(code == 0 && told["say"].as_str().unwrap().contains("ninety fen"), "{told}");
    let (_, told) = house.command(&["usage", "before-run", "dryer", "--lang", "zh-CN"]);
    assert!(told["say"].as_str().unwrap().contains("九毛"), "{told}");
    let (_, told) = house.command(&["alert", "list", "--lang", "zh-CN"]);
    let of = |alert: &serde_json::Value| alert["kind"] == "wallet_low";
    let told = told["alerts"].as_array().unwrap().iter().find(|a| of(a)).unwrap();
    assert!(told["say"].as_str().unwrap().contains("钱包"), "{told}");
}
