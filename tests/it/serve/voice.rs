//! Rhasspy at the other side of a Mosquitto, in its own messages: PyPI `rhasspy-hermes` by
//! `$HOMEPAY_TEST_PYTHON`.

use super::house::{HOMEPAY, House};
use crate::mosquitto::Mosquitto;
use std::process::Command;

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
