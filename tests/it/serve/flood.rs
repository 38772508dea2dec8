//! Garbage: refused, counted, one warning a minute at most, memory bounded, orders still answered.

use super::house::{House, http, now_s};
use crate::mosquitto::Mosquitto;
use rumqttc::{AsyncClient, MqttOptions, NetworkOptions, QoS};
use serde_json::json;
use std::time::{Duration, Instant};

/// How many garbage messages a second, and for how long.
const PER_S: u64 = 10_000;
const FLOOD_S: u64 = 10;
/// What the daemon may use, in MiB, in a build that is not optimised.
const RESIDENT_MIB_MAX: u64 = 200;

const LIMITS: &str = "[[limits]]\nid = \"home-month\"\nscope = { home = true }\n\
    period = \"month\"\namount = \"300.00\"\n";

/// Every kind of nonsense, on the topics that are read.
fn garbage(number: u64) -> (&'static str, Vec<u8>) {
    let topic = [
        "homepay/device/kitchen/order",
        "homepay/device/nobody/order",
        "homepay/request/limit/set",
        "homepay/device/kitchen/confirm",
    ][usize::try_from(number % 4).unwrap()];
    let whole = r#"{"v":1,"device":"kitchen","key":"k1","epoch":3,"seq":812,"ts":1,"body":"{}","mac":"AAAA"}"#;
    let payload = match number % 11 {
        0 => Vec::new(),
        1 => whole.as_bytes()[..40].to_vec(),
        2 => vec![0xff, 0xfe, 0x00, 0x80],
        3 => br#"{"v":1,"v":1,"device":"kitchen"}"#.to_vec(),
        4 => br#"{"v":1.5,"seq":-1,"ts":NaN}"#.to_vec(),
        5 => "[".repeat(5_000).into_bytes(),
        6 => whole.replace("\"k1\"", "\"k9\"").into_bytes(),
        7 => whole.replace("812", "99999999999999999999999").into_bytes(),
        8 => b"null".to_vec(),
        9 => vec![b'x'; 2_000],
        _ => whole.as_bytes().to_vec(),
    };
    (topic, payload)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_garbage_messages_a_second_do_not_stop_the_house() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let daemon = house.start();
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let port = mosquitto.port;
    let flood = tokio::spawn(async move { pour(port).await });
    let began = Instant::now();
    let mut answered = 0;
    while began.elapsed() < Duration::from_secs(FLOOD_S) {
        let id = format!("flood-{answered:04}");
        let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        let (reply, _) = kitchen.reply(&id).await.expect("an order is answered in the flood");
        assert_eq!(reply["status"], "approved", "{reply}");
        answered += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let poured = flood.await.unwrap();
    assert!(answered >= 3, "only {answered} orders were answered");
    let resident_mib = daemon.resident_kib() / 1024;
    assert!(resident_mib <= RESIDENT_MIB_MAX, "{resident_mib} MiB");
    let (_, metrics) = http(house.console, "GET", "/metrics", "").unwrap();
    let refused: f64 = metrics
        .lines()
        .filter(|l| l.starts_with("homepay_refused_total"))
        .filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok())
        .sum();
    assert!(refused > 1_000.0, "{refused} of {poured} were counted");
    let warnings = house.log().matches("messages were refused").count();
    assert!((1..=2).contains(&warnings), "{warnings} warnings");
}

/// Pours garbage at QoS 0 at a bounded rate, for a bounded time.
async fn pour(port: u16) -> u64 {
    let mut options = MqttOptions::new("garbage", "127.0.0.1", port);
    options.set_max_packet_size(1 << 20, 1 << 20);
    let (client, mut events) = AsyncClient::new(options, 1_000);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    let poll = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    let began = Instant::now();
    let mut poured = 0_u64;
    while began.elapsed() < Duration::from_secs(FLOOD_S) {
        for _ in 0..PER_S / 100 {
            let (topic, payload) = garbage(poured);
            if client.publish(topic, QoS::AtMostOnce, false, payload).await.is_err() {
                break;
            }
            poured += 1;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    poll.abort();
    poured
}
