//! What reading a device's message costs, beside parsing the same bytes with serde_json:
//! `cargo bench --bench reading`. `HOMEPAY_BENCH_ASSERT=1` exits with 1 when a figure misses its
//! target.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends where something is wrong, and prints figures"
)]

use homepay_devices::decode::interpret;
use homepay_devices::registry::registry;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What is read: a plug behind Zigbee2MQTT.
const PAYLOAD: &str = concat!(
    r#"{"child_lock":"UNLOCK","current":0.42,"energy":123.45,"indicator_mode":"off/on","#,
    r#""last_seen":"2026-03-01T08:15:30+08:00","linkquality":120,"power":92,"#,
    r#""power_outage_memory":"restore","state":"ON","voltage":230}"#,
);
const TOPIC: &str = "zigbee2mqtt/kitchen/coffee_plug";

/// Messages in one measurement, and how often it is made; both sides take turns, medians count.
const MESSAGES: u32 = 200_000;
const ROUNDS: usize = 7;

/// Messages in a second on one core.
const PER_S_MIN: u32 = 300_000;

/// The least share of serde_json's speed, in per cent.
const SHARE_PCT_MIN: u32 = 50;

fn timed(mut work: impl FnMut()) -> Duration {
    let begun = Instant::now();
    for _ in 0..MESSAGES {
        work();
    }
    begun.elapsed()
}

fn per_s(mut times: Vec<Duration>) -> u32 {
    times.sort();
    let micros = times[times.len() / 2].as_micros().max(1);
    u32::try_from(u128::from(MESSAGES) * 1_000_000 / micros).unwrap()
}

fn main() {
    let profile = registry().get("zigbee2mqtt").unwrap();
    assert_eq!(interpret(profile, TOPIC, PAYLOAD.as_bytes()).readings.len(), 2);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(|| {
            black_box(interpret(profile, TOPIC, black_box(PAYLOAD.as_bytes())));
        }));
        theirs.push(timed(|| {
            let value: serde_json::Value =
                serde_json::from_slice(black_box(PAYLOAD.as_bytes())).unwrap();
            black_box(value);
        }));
    }
    let (ours, theirs) = (per_s(ours), per_s(theirs));
    let share = ours * 100 / theirs;
    println!("a Zigbee2MQTT plug, topic and payload to figures: {ours} messages/s on one core");
    println!("serde_json, the same bytes to a Value: {theirs} messages/s; share {share} %");
    if std::env::var_os("HOMEPAY_BENCH_ASSERT").is_some() {
        assert!(ours >= PER_S_MIN, "target: {PER_S_MIN} messages/s");
        assert!(share >= SHARE_PCT_MIN, "target: {SHARE_PCT_MIN} %");
    }
}
