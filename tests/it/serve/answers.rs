//! What the HTTP door answers, field by field: a household with some of everything is looked at from
//! every side, and compared with what was answered before. Figures that go by the clock are masked.
//!
//! After a wanted change: `UPDATE_ANSWERS=1 cargo test --test it serve::answers`.

use super::house::{House, now_s};
use super::owner::LIMITS;
use crate::mosquitto::Mosquitto;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const MORE: &str = r#"
[[tariffs]]
id = "power"
utility = "electricity"
payee = "shop"
versions = [{ from = "2026-01-01", price = "0.617", unit = "kWh" }]
[[tariffs]]
id = "tou"
utility = "electricity"
payee = "shop"
file = "tariffs/cn/shanghai-tou.toml"
[[tariffs]]
id = "market"
utility = "electricity"
file = "spot.toml"
text = '''
id = "spot"
name = { zh-CN = "现货", en = "Market price" }
utility = "electricity"
currency = "CNY"
zone = "Asia/Shanghai"

[spot]
source = "exchange"
slot_minutes = 60
add = { all = "0.10" }

[[versions]]
source = "made up"
'''
[[spot_prices]]
id = "exchange"
topic = "prices/exchange"
unit = "CNY/kWh"
[[devices]]
id = "washer"
kind = "appliance"
name = "Washer"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/washer"
tariff = "power"
run_kwh = "0.9"
[[devices]]
id = "dryer"
kind = "appliance"
name = "Dryer"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/dryer"
[[alerts]]
device = "washer"
period = "month"
cost = "0.50"
[[limits]]
id = "tea"
scope = { device = "kitchen" }
rolling = "6h"
max_count = 9
hours = ["00:00-24:00"]
"#;

/// How long readings and settlements may take.
const WITHIN: Duration = Duration::from_secs(20);

/// Fields that go by the clock or by chance, whatever they hold.
const MASKED: [&str; 17] = [
    "now",
    "window",
    "uid",
    "off_s",
    "age_s",
    "price_now",
    "price",
    "unit_price",
    "hash",
    "queue",
    "unsent",
    "outbox_age_s",
    "waiting",
    "oldest_ms",
    "payment",
    "receipt",
    "at_the_wallet",
];

/// A value without what goes by the clock: every digit is one, and runs of them are one, too.
fn masked(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let told = fields.iter().map(|(key, value)| {
                let is_masked = MASKED.contains(&&**key) && !value.is_null() && !value.is_object();
                // From midnight on: how many there are goes by the clock, too.
                let value = match (key.as_str(), value.as_array()) {
                    ("prices", Some(prices)) => &json!(prices.last()),
                    _ => value,
                };
                (key.clone(), if is_masked { json!("…") } else { masked(value) })
            });
            Value::Object(told.collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(masked).collect()),
        Value::Number(_) => json!(0),
        Value::String(text) => {
            let mut told = String::new();
            for letter in text.chars() {
                let letter = if letter.is_ascii_digit() { '0' } else { letter };
                if letter != '0' || !told.ends_with('0') {
                    told.push(letter);
                }
            }
            Value::String(told)
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

async fn small_day(house: &House, port: &str) {
    let publish = |topic: &str, payload: &str| {
        let arguments = ["-p", port, "-t", topic, "-m", payload];
        assert!(Command::new("mosquitto_pub").args(arguments).status().unwrap().success());
    };
    for energy in ["1000.0", "1000.02", "1009.0"] {
        publish("zigbee2mqtt/washer", &format!("{{\"energy\":{energy},\"power\":40}}"));
    }
    publish("zigbee2mqtt/dryer", "{\"energy\":\"many\"}");
    let hours = (0..2).map(|hour| {
        let begin = now_s() / 3600 * 3600 + hour * 3600;
        let [at, end] = [begin, begin + 3600].map(|s| jiff::Timestamp::from_second(s).unwrap());
        json!({"start": at.to_string(), "end": end.to_string(), "price": 0.5})
    });
    publish("prices/exchange", &json!(hours.collect::<Vec<_>>()).to_string());
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    for (id, count, status) in [
        ("answer-0001", "2", "settled"),
        ("answer-0002", "400", "declined"),
        ("answer-0003", "6", "awaiting_approval"),
    ] {
        let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": count}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        while kitchen.reply(id).await.unwrap().0["status"] != status {}
    }
    let bill = ["bill", "add", "--payee", "shop", "--category", "grocery", "--amount", "5.00"];
    let (code, told) = house.command(&[&bill[..], &["--due", "2099-01-31"]].concat());
    assert_eq!(code, 0, "{told}");
    let until = Instant::now() + WITHIN;
    let count = |target: &str, of: &str| {
        house.asks("GET", target, None).1[of].as_array().map_or(0, Vec::len)
    };
    // The alert of the reading that rose too much, and last month's bill of each tariff.
    while count("/v1/alerts", "alerts") < 1 || count("/v1/bills", "usage") < 3 {
        assert!(Instant::now() < until, "{}", house.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn looks() -> Vec<(&'static str, String, Option<Value>)> {
    let today = jiff::Timestamp::from_second(now_s()).unwrap();
    let today = today.to_zoned(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()).date();
    let month = (today.first_of_month(), today.tomorrow().unwrap());
    let correction = |from: &str, to: &str| {
        let day = today.yesterday().unwrap();
        json!({"device": "washer", "from": format!("{day}T{from}"), "to": format!("{day}T{to}"),
            "used": "1.2", "why": "the plug was off", "dry_run": true})
    };
    let get = |target: &str| ("GET", target.to_owned(), None);
    let post = |target: &str, body: Value| ("POST", target.to_owned(), Some(body));
    let wish = |body: Value| ("POST", "/v1/wish".to_owned(), Some(body));
    vec![
        get("/v1/status"),
        get("/v1/health"),
        get("/v1/clock"),
        get("/v1/household"),
        get("/v1/orders"),
        get("/v1/orders?state=declined&limit=1"),
        get("/v1/orders?state=lost"),
        get("/v1/orders/answer-0001"),
        get("/v1/orders/answer-0003"),
        get("/v1/orders/answer-9999"),
        get("/v1/orders/answer-0001/explain"),
        get("/v1/orders/answer-0002/explain"),
        get("/v1/limits"),
        get("/v1/devices/washer"),
        get("/v1/devices/dryer"),
        get("/v1/devices/kitchen"),
        get("/v1/devices/cellar"),
        get("/v1/devices/washer/run"),
        get("/v1/devices/kitchen/run"),
        ("GET", format!("/v1/usage?first={}&next={}", month.0, month.1), None),
        get("/v1/alerts"),
        get("/v1/bills"),
        get("/v1/prices"),
        get("/v1/wallet/status"),
        get("/v1/wallet/balance"),
        ("GET", "/v1/wallet/reconcile?from_ms=0&to_ms=9000000000000".to_owned(), None),
        get("/v1/nothing"),
        post("/v1/usage/correct", correction("10:00", "10:30")),
        post("/v1/usage/correct", correction("10:00", "09:30")),
        post("/v1/rerate", json!({"dry_run": true})),
        post("/v1/clock", json!({})),
        wish(json!({"verb": "limit-set", "limit": {"id": "tea", "max_count": 8}})),
        wish(json!({"verb": "freeze", "device": "kids"})),
        get("/v1/journal?limit=1"),
        wish(json!({"verb": "approve", "id": "answer-0003"})),
        wish(json!({"verb": "approve", "id": "answer-0002"})),
        wish(json!({"verb": "reject"})),
        wish(json!({"verb": "sing"})),
        wish(json!({"verb": "bill-pay", "id": "shop-2099-01-31"})),
    ]
}

/// An answer is what the OpenAPI document says of its route and status.
fn assert_described(document: &Value, (method, target, status): (&str, &str, u16), answer: &Value) {
    let path = format!("/api{}", target.split('?').next().unwrap());
    let fits = |known: &str| {
        let (known, path) = (known.split('/'), path.split('/'));
        known.clone().count() == path.clone().count()
            && known.zip(path).all(|(known, part)| known == part || known.starts_with('{'))
    };
    let paths = document["paths"].as_object().unwrap();
    let Some(known) = paths.keys().find(|known| fits(known)) else {
        return assert_eq!(status, 404, "{target} is not in the document");
    };
    let answers = &paths[known][method.to_lowercase()]["responses"][status.to_string()];
    let mut schema = answers["content"]["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{method} {known} does not say what {status} answers");
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(answer).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{method} {known}: {faults:?}: {answer:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_is_as_it_was() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, &format!("{LIMITS}{MORE}"));
    let _daemon = house.start();
    small_day(&house, &mosquitto.port.to_string()).await;
    let (_, document) = house.asks("GET", "/api/v1/openapi.json", None);
    assert_eq!(document, crate::schemas::document("api.openapi"));
    let mut told = Map::new();
    for (number, (method, target, body)) in looks().into_iter().enumerate() {
        let (status, answer) = house.asks(method, &target, body.clone());
        assert_described(&document, (method, &target, status), &answer);
        let Value::String(name) = masked(&json!(format!("{method} {target}"))) else { continue };
        let what = body.map_or(Value::Null, |body| body["verb"].clone());
        let look = json!({"what": what, "status": status.to_string(), "answer": masked(&answer)});
        told.insert(format!("{number:02} {name}"), look);
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/answers.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&told).unwrap());
    if std::env::var_os("UPDATE_ANSWERS").is_some() {
        return std::fs::write(file, text).unwrap();
    }
    let known: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for (look, answer) in &told {
        let (before, now) = (&known[look], answer);
        assert_eq!(before, now, "{look} was answered\n{before:#}\nand is now\n{now:#}");
    }
}
