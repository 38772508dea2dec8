//! Bad input, one line each: which code refuses it, and that nothing else comes of it.

use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::money::Currency;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use homepay_ports::{MESSAGE_BYTES_MAX, Message};
use homepay_protocols::native::decoded::{Decoded, read};
use homepay_protocols::native::envelope::Envelope;
use homepay_protocols::snapshot::Snapshot;
use serde_json::json;

const KEY: &[u8] = b"0123456789abcdef";
const NOW: UnixMs = UnixMs(1_795_300_000_000);
const TOPIC: &str = "homepay/device/kitchen/order";

fn snapshot() -> Snapshot {
    let home = Home {
        zone: jiff::tz::TimeZone::UTC,
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    };
    let text = include_str!("../../../tests/cases/orders-household.toml").replacen(
        "room = \"kitchen\"\nprofile = \"homepay-native\"",
        "room = \"kitchen\"\nprofile = \"homepay-native\"\n\
         keys = { k1 = \"base64:MDEyMzQ1Njc4OWFiY2RlZg==\" }",
        1,
    );
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
    Snapshot::new("homepay", home, house)
}

fn signed(topic: &str, body: &str) -> Envelope {
    Envelope::signed(topic, ("kitchen", "k1"), (1, 1, NOW.seconds()), body, KEY)
}

fn message(topic: &str, payload: Vec<u8>) -> Message {
    Message { topic: topic.to_owned(), payload, retained: false }
}

fn of(envelope: &Envelope) -> Vec<u8> {
    serde_json::to_vec(envelope).unwrap()
}

fn code(message: &Message) -> Option<Code> {
    match read(&snapshot(), message, NOW) {
        Decoded::Refused { code, .. } => Some(code),
        _ => None,
    }
}

fn body(value: &serde_json::Value) -> Vec<u8> {
    of(&signed(TOPIC, &value.to_string()))
}

#[test]
fn every_kind_of_nonsense_is_refused_with_its_code() {
    let good = of(&signed(TOPIC, r#"{"order_id":"order-0001","text":"buy water"}"#));
    let text = String::from_utf8(good.clone()).unwrap();
    let item = |quantity: &str| {
        body(&json!({"order_id": "order-0001", "items": [{"sku": "water", "quantity": quantity}]}))
    };
    let raw = |inner: &str| of(&signed(TOPIC, inner));
    let elsewhere = of(&signed("homepay/device/kids/order", r#"{"order_id":"order-0001"}"#));
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let table: Vec<(&str, Vec<u8>, Code)> = vec![
        ("truncated", good[..good.len() / 2].to_vec(), Code::Malformed),
        ("empty", Vec::new(), Code::Malformed),
        ("too large", vec![b' '; MESSAGE_BYTES_MAX + 1], Code::Malformed),
        ("not UTF-8", vec![0xff, 0xfe, 0x80], Code::Malformed),
        (
            "a key twice",
            text.replacen("{\"v\":1", "{\"v\":1,\"v\":1", 1).into_bytes(),
            Code::Malformed,
        ),
        ("another version", text.replacen("\"v\":1", "\"v\":2", 1).into_bytes(), Code::Malformed),
        (
            "an unknown field",
            text.replacen("{\"v\":1", "{\"v\":1,\"x\":1", 1).into_bytes(),
            Code::Malformed,
        ),
        ("NaN", text.replacen("\"seq\":1", "\"seq\":NaN", 1).into_bytes(), Code::Malformed),
        (
            "a negative number",
            text.replacen("\"seq\":1", "\"seq\":-1", 1).into_bytes(),
            Code::Malformed,
        ),
        (
            "a float number",
            text.replacen("\"seq\":1", "\"seq\":1.0", 1).into_bytes(),
            Code::Malformed,
        ),
        (
            "overflow",
            text.replacen("\"seq\":1", "\"seq\":18446744073709551616", 1).into_bytes(),
            Code::Malformed,
        ),
        ("deep nesting", deep.into_bytes(), Code::Malformed),
        ("an unknown key", text.replacen("\"k1\"", "\"k7\"", 1).into_bytes(), Code::BadSignature),
        (
            "another number",
            text.replacen("\"seq\":1", "\"seq\":2", 1).into_bytes(),
            Code::BadSignature,
        ),
        (
            "another body",
            text.replacen("buy water", "buy rice!", 1).into_bytes(),
            Code::BadSignature,
        ),
        (
            "no base64",
            text.replacen("\"mac\":\"", "\"mac\":\"!", 1).into_bytes(),
            Code::BadSignature,
        ),
        ("another topic in the mac", elsewhere, Code::BadSignature),
        ("body is no JSON", raw("buy water"), Code::Malformed),
        (
            "body twice the same key",
            raw(r#"{"order_id":"order-0001","order_id":"order-0002","text":"x"}"#),
            Code::Malformed,
        ),
        ("a short id", body(&json!({"order_id": "short", "text": "buy water"})), Code::Malformed),
        ("neither text nor items", body(&json!({"order_id": "order-0001"})), Code::Malformed),
        (
            "both",
            body(&json!({"order_id": "order-0001", "text": "x", "items": []})),
            Code::Malformed,
        ),
        (
            "a float quantity",
            body(&json!({"order_id": "order-0001", "items": [{"sku": "water", "quantity": 1.5}]})),
            Code::Malformed,
        ),
        ("zero", item("0"), Code::Malformed),
        ("negative", item("-1"), Code::Malformed),
        ("too many", item("10001"), Code::Malformed),
        ("an exponent", item("1e3"), Code::Malformed),
        ("quantity NaN", item("NaN"), Code::Malformed),
        ("too fine", item("0.0001"), Code::Malformed),
        (
            "unknown member",
            body(&json!({"order_id": "order-0001", "text": "buy water", "member": "nobody"})),
            Code::Malformed,
        ),
        (
            "unknown currency",
            body(&json!({"order_id": "order-0001", "text": "buy water", "currency": "XXZ"})),
            Code::Malformed,
        ),
    ];
    for (what, payload, want) in table {
        assert_eq!(code(&message(TOPIC, payload)), Some(want), "{what}");
    }
    assert_eq!(code(&message(TOPIC, good.clone())), None, "the good one is read");
    let retained = Message { retained: true, ..message(TOPIC, good.clone()) };
    assert_eq!(code(&retained), Some(Code::Retained));
    let nobody = message("homepay/device/nobody/order", good.clone());
    assert_eq!(code(&nobody), Some(Code::UnknownDevice));
    assert_eq!(code(&message("homepay/device/kids/order", good)), Some(Code::BadSignature));
}

#[test]
fn bad_readings_are_refused_and_say_why() {
    let topic = "homepay/device/kitchen/reading";
    let value = |quantity: &str, unit: &str, value: &str| {
        json!({"at": "2026-11-21T20:00:00+08:00",
               "values": [{"quantity": quantity, "unit": unit, "value": value}]})
    };
    let table = [
        (value("energy", "kWh", "nan"), "not a reading"),
        (value("energy", "kWh", "-1"), "not a reading"),
        (value("energy", "kWh", ""), "not a reading"),
        (value("energy", "L", "1"), "not measured in"),
        (value("speed", "m/s", "1"), "unknown quantity"),
        (json!({"at": "2036-11-21T20:00:00+08:00", "values": []}), "in the future"),
        (json!({"at": "yesterday", "values": []}), "yesterday"),
        (
            json!({"at": "2026-11-21T20:00:00+08:00", "values": [{"quantity": "energy", "unit": "kWh", "value": 1.5}]}),
            "not a reading",
        ),
    ];
    for (body, want) in table {
        let payload = of(&signed(topic, &body.to_string()));
        match read(&snapshot(), &message(topic, payload), NOW) {
            Decoded::Refused { code: Code::Malformed, why, .. } => {
                assert!(why.contains(want), "{body}: {why}");
            }
            other => panic!("{body} was taken: {other:?}"),
        }
    }
}
