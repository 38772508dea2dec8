//! Speakers that do not sign. Rhasspy at the other side of a Mosquitto, in its own messages: PyPI
//! `rhasspy-hermes` by `$HOMEPAY_TEST_PYTHON`. Home Assistant as its blueprint and its state stream
//! publish, on the embedded broker under the speakers' own users.

use super::house::{HOMEPAY, House, now_s};
use crate::mosquitto::Mosquitto;
use homepay_sandbox::devices::DeviceClient;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// A kitchen that Rhasspy hears, goods for every rule, a washer with a price.
const HOUSEHOLD: &str = r#"
[[catalog]]
sku = "rice"
name = "大米"
aliases = ["rice"]
unit = "袋"
price = "10.00"
category = "grocery"
payee = "shop"

[[catalog]]
sku = "piano"
name = "钢琴"
aliases = ["piano"]
price = "300.00"
category = "music"
payee = "shop"

[[devices]]
id = "stove"
kind = "speaker"
name = "Kitchen speaker"
profile = "hermes"
topic = "stove"

[[tariffs]]
id = "power"
utility = "electricity"
payee = "shop"
versions = [{ from = "2026-01-01", price = "0.617", unit = "kWh" }]

[[devices]]
id = "washer"
kind = "appliance"
name = "Washer"
profile = "homepay-native"
tariff = "power"
keys = { k1 = "base64:MDEyMzQ1Njc4OWFiY2RlZg==" }

[[limits]]
id = "stove-day"
scope = { device = "stove" }
period = "day"
amount = "2000.00"
confirm_above = "20.00"
approve_above = "200.00"
"#;

#[test]
fn rhasspy_orders_confirms_asks_and_hears() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, HOUSEHOLD);
    let _daemon = house.start();
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer_rhasspy.py");
    let played = Command::new(&python)
        .args([script, &mosquitto.port.to_string(), "stove", HOMEPAY])
        .arg(house.dir.path())
        .output()
        .unwrap_or_else(|fault| panic!("{python}: {fault}"));
    let complaint = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{complaint}\n{}", house.log());
}

/// A hall that Assist hears and a XiaoAI with both of its ways.
const HOME_ASSISTANT: &str = r#"
[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "assist_satellite.hall"

[[devices]]
id = "xiaoai"
kind = "speaker"
name = "小爱"
profile = "xiaoai"
topic = "statestream/sensor/xiaoai_conversation"

[[devices]]
id = "hub"
kind = "speaker"
name = "网关"
profile = "xiaoai-event"
topic = "statestream/event/hub_virtual_event"

[[limits]]
id = "home-day"
scope = { home = true }
period = "day"
amount = "100.00"
confirm_above = "5.00"
"#;

impl House {
    /// A speaker's connection under its own user, hearing what it shall speak.
    async fn unsigned(&self, id: &str) -> DeviceClient {
        let users = std::fs::read_to_string(self.state().join("broker-users.txt")).unwrap();
        let find = |l: &str| l.strip_prefix(&format!("{id} ")).map(str::to_owned);
        let password = users.lines().find_map(find).unwrap();
        let broker = SocketAddr::from(([127, 0, 0, 1], self.broker));
        let filters = [format!("homepay/device/{id}/#")];
        DeviceClient::open(broker, (id, &password), &filters).await.unwrap()
    }

    fn orders(&self) -> Vec<Value> {
        let (code, value) = self.command(&["order", "list"]);
        assert_eq!(code, 0, "{value}");
        value["orders"].as_array().unwrap().clone()
    }
}

/// What is to be spoken next, and the number of the last question.
async fn spoken(line: &mut DeviceClient) -> Value {
    line.next(|topic, _| topic.ends_with("/speak")).await.unwrap().0
}

async fn challenge(line: &mut DeviceClient) -> String {
    let asked = |_: &str, v: &Value| v["challenge"].is_object();
    let (reply, _) = line.next(asked).await.unwrap();
    reply["challenge"]["say"].as_str().unwrap().to_owned()
}

fn moment(at_s: i64) -> String {
    jiff::Timestamp::from_second(at_s).unwrap().to_string()
}

fn sentence(text: &str, context: &str, at_s: i64) -> Vec<u8> {
    let said = json!({
        "v": 1, "text": text, "slots": {}, "satellite_id": "assist_satellite.hall",
        "device_id": "9d1c", "conversation_id": "01HPX", "user_id": null, "context_id": context,
        "lang": "en", "at": moment(at_s),
    });
    said.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn assist_is_answered_in_time_and_only_once() {
    let house = House::new(None, false, HOME_ASSISTANT);
    let _daemon = house.start();
    let mut hall = house.unsigned("hall").await;
    let topic = "homepay/in/assist";
    let began = Instant::now();
    hall.publish(topic, sentence("buy two cases of water", "ctx-1", now_s())).await.unwrap();
    let told = spoken(&mut hall).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!((&told["transaction"], &told["lang"]), (&json!("ctx-1"), &json!("en")));
    assert_eq!(told["expects_answer"], false, "{told}");
    // The same sentence again is the same order; what is old or of nobody orders nothing.
    hall.publish(topic, sentence("buy two cases of water", "ctx-1", now_s())).await.unwrap();
    hall.publish(topic, sentence("buy a case of water", "ctx-2", now_s() - 90)).await.unwrap();
    hall.publish(topic, b"{\"text\":1}".to_vec()).await.unwrap();
    // Whoever said what came too late hears that it was not bought.
    let told = spoken(&mut hall).await;
    assert_eq!((&told["transaction"], &told["expects_answer"]), (&Value::Null, &json!(false)));
    assert!(told["say"].as_str().unwrap().contains("too late"), "{told}");
    // A question, by which it is known that all before it was read.
    hall.publish(topic, sentence("how much is left today?", "ctx-3", now_s())).await.unwrap();
    let told = spoken(&mut hall).await;
    assert_eq!(told["transaction"], "ctx-3");
    assert!(told["say"].as_str().unwrap().contains("ninety-eight"), "{told}");
    assert_eq!(house.orders().len(), 1);
    // A larger one asks for a number; it comes as a sentence of its own.
    hall.publish(topic, sentence("buy ten cases of water", "ctx-4", now_s())).await.unwrap();
    let number = challenge(&mut hall).await;
    let told = spoken(&mut hall).await;
    assert_eq!((&told["transaction"], &told["expects_answer"]), (&json!("ctx-4"), &json!(true)));
    hall.publish(topic, sentence(&number, "ctx-5", now_s())).await.unwrap();
    let told = spoken(&mut hall).await;
    assert_eq!(told["transaction"], "ctx-5", "{told}");
    // A number that nobody asked for is no order.
    hall.publish(topic, sentence("47", "ctx-6", now_s())).await.unwrap();
    assert_eq!(spoken(&mut hall).await["transaction"], "ctx-6");
    let states: Vec<Value> = house.orders().iter().map(|o| o["state"].clone()).collect();
    assert_eq!(states.len(), 2, "{states:?}");
    // Whoever asks for help has the log's last lines at hand.
    let (code, report) = house.command(&["report"]);
    let lines = report["log"].as_array().unwrap();
    let refused = lines.iter().any(|l| l.as_str().unwrap().contains("messages were refused"));
    assert!(code == 0 && refused, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn xiaoai_orders_by_fresh_times_and_its_events_by_numbers() {
    let house = House::new(None, false, HOME_ASSISTANT);
    let daemon = house.start();
    let mut xiaoai = house.unsigned("xiaoai").await;
    let place = "statestream/sensor/xiaoai_conversation";
    let time = |at_s: i64| json!(moment(at_s)).to_string().into_bytes();
    let say = |what: &str| (format!("{place}/{what}"), what.to_owned());
    let (state, timestamp) = (say("state").0, say("timestamp").0);
    let first = now_s();
    xiaoai.publish(&state, "帮我买一箱矿泉水".into()).await.unwrap();
    xiaoai.publish(&timestamp, time(first)).await.unwrap();
    spoken(&mut xiaoai).await;
    // The same time again, an old one, and words alone order nothing; the same words later do.
    xiaoai.publish(&timestamp, time(first)).await.unwrap();
    xiaoai.publish(&timestamp, time(first - 3_600)).await.unwrap();
    xiaoai.publish(&state, "帮我买一箱矿泉水".into()).await.unwrap();
    xiaoai.publish(&timestamp, time(first + 1)).await.unwrap();
    spoken(&mut xiaoai).await;
    assert_eq!(house.orders().len(), 2);
    // Words that do not come leave none behind; what is no order is met with silence, and no row.
    xiaoai.publish(&timestamp, time(first + 2)).await.unwrap();
    for (later, words) in
        [(3, "今天天气怎么样"), (4, "放一首歌"), (5, "四十七点了吗"), (6, "取消闹钟")]
    {
        xiaoai.publish(&state, words.into()).await.unwrap();
        xiaoai.publish(&timestamp, time(first + later)).await.unwrap();
    }
    // After a restart the broker still has both, and Home Assistant tells them once more.
    drop(xiaoai);
    drop(daemon);
    let _daemon = house.start();
    let mut xiaoai = house.unsigned("xiaoai").await;
    xiaoai.publish(&state, "帮我买一箱矿泉水".into()).await.unwrap();
    xiaoai.publish(&timestamp, time(first + 1)).await.unwrap();
    xiaoai.publish(&state, "今天还能花多少".into()).await.unwrap();
    xiaoai.publish(&timestamp, time(first + 7)).await.unwrap();
    let told = spoken(&mut xiaoai).await;
    assert!(told["say"].as_str().unwrap().contains("ninety-eight"), "{told}");
    assert_eq!(house.orders().len(), 2, "what was said before the restart is not ordered again");
    // The hub's event has no time: a number is asked for, and said to the same speaker.
    let mut hub = house.unsigned("hub").await;
    let event = "statestream/event/hub_virtual_event/event_name";
    hub.publish(event, "买三箱矿泉水".into()).await.unwrap();
    let number = challenge(&mut hub).await;
    hub.publish(event, number.into_bytes()).await.unwrap();
    let approved = |topic: &str, v: &Value| topic.ends_with("/reply") && v["status"] == "settled";
    hub.next(approved).await.unwrap();
    assert_eq!(house.orders().len(), 3);
}
