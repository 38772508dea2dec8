//! A household that is set up by what is on its broker alone: found, applied, and counted to the
//! watt-hour.

use crate::devices::{publish, retained};
use crate::mosquitto::Mosquitto;
use crate::serve::house::House;
use crate::support::{WAIT, publication};
use homepay_ports::Publication;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What was recorded at a broker: first what stood there, then the month.
const RECORDED: &str = include_str!("recorded/broker.jsonl");

/// The last stage of the month.
const LAST: u64 = 3;

/// What each device used in it, by hand from its counters: the last reading less the first.
const USED: [(&str, &str, &str); 10] = [
    ("go-echarger-222162", "energy", "0.245"),
    ("house", "energy", "0.21275"),
    ("garage-0", "energy", "0.01"),
    ("garage-2", "energy", "0.0255"),
    ("garage-3", "energy", "0.00725"),
    ("gasmeter-main", "gas_volume", "0.013"),
    ("evcc-site", "energy", "0.25"),
    ("evcc-loadpoints-1", "energy", "0.125"),
    ("wmbusmeters-88887777", "heat_energy", "0.5"),
    ("balcony", "energy_export", "0.0495"),
];

/// Where nothing is used, nothing is told: the second channel, and use where there is production.
const NOT_USED: [(&str, &str); 2] = [("garage-1", "energy"), ("balcony", "energy")];

fn stage(of: u64) -> Vec<Publication> {
    let rows = RECORDED.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows = rows.filter(|row| row["stage"] == of);
    let message = |row: Value| {
        let (topic, payload) = (row["topic"].as_str().unwrap(), row["payload"].as_str().unwrap());
        if of == 0 { retained(topic, payload) } else { publication(topic, payload) }
    };
    rows.map(message).collect()
}

/// What the month's use is, by device and quantity.
fn used(house: &House) -> BTreeMap<(String, String), Decimal> {
    let (code, told) = house.command(&["usage", "--period", "month"]);
    assert_eq!(code, 0, "{told}");
    let mut all = BTreeMap::new();
    for row in told["usage"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let used: Decimal = text("used").parse().unwrap();
        *all.entry((text("device"), text("quantity"))).or_insert(Decimal::ZERO) += used;
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_is_set_up_from_its_broker_and_counted_to_the_watt_hour() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, "");
    let _daemon = house.start();
    publish(mosquitto.port, stage(0)).await;
    let (code, found) = house.command(&["device", "discover", "--for", "2s"]);
    assert_eq!(code, 0, "{found}");
    assert_eq!(found["questions"], serde_json::json!([]), "{found}");
    let file = house.dir.path().join("household.toml");
    let household = std::fs::read_to_string(&file).unwrap();
    let proposed = found["household"].as_str().unwrap();
    std::fs::write(&file, format!("{household}\n{proposed}")).unwrap();
    let (code, told) = house.command(&["apply", "household.toml"]);
    assert_eq!(code, 0, "{told}\n{proposed}\n{}", house.log());
    for number in 1..=LAST {
        // One after the other, as they came.
        heard(&house, number).await;
        publish(mosquitto.port, stage(number)).await;
    }
    let until = Instant::now() + WAIT;
    loop {
        let told = used(&house);
        let of = |device: &str, quantity: &str| {
            told.get(&(device.to_owned(), quantity.to_owned())).copied().unwrap_or_default()
        };
        let right = |(device, quantity, want): &(&str, &str, &str)| {
            of(device, quantity) == want.parse::<Decimal>().unwrap()
        };
        if USED.iter().all(right) {
            for (device, quantity) in NOT_USED {
                assert_eq!(of(device, quantity), Decimal::ZERO, "{device} {quantity}: {told:?}");
            }
            let devices = told.keys().filter(|(_, of)| of == "energy").count();
            assert_eq!(devices, 7, "nothing else is use: {told:?}");
            break;
        }
        let wrong: Vec<_> = USED.iter().filter(|used| !right(used)).collect();
        assert!(Instant::now() < until, "wrong: {wrong:?}\n{told:?}\n{proposed}\n{}", house.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Whoever is set up so is heard.
    let (_, told) = house.command(&["device", "list"]);
    for device in told["devices"].as_array().unwrap() {
        let heard = device["kind"] == "speaker" || device["heard_at"].is_string();
        assert!(heard, "{device}");
    }
}

/// Waits until the hub has counters of every device, so that a stage is not lost on the way.
async fn heard(house: &House, number: u64) {
    let until = Instant::now() + WAIT;
    let wanted = if number == 1 { 6 } else { 11 };
    loop {
        let (_, told) = house.command(&["device", "list"]);
        let devices = told["devices"].as_array().unwrap().iter();
        let count = devices.filter(|d| d["last"].as_str().is_some_and(|l| !l.is_empty())).count();
        if count >= wanted {
            return;
        }
        assert!(Instant::now() < until, "{count} devices are heard: {told}\n{}", house.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
