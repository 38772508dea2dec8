//! Speakers that do not sign are heard at a bounded rate, and warned of where nobody vouches for them;
//! two homes at one broker do not throw each other out.

use super::house::{House, http, now_s};
use crate::mosquitto::Mosquitto;
use homepay_sandbox::devices::DeviceClient;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

const HOUSEHOLD: &str = r#"
[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "assist_satellite.hall"

[[limits]]
id = "home-day"
scope = { home = true }
period = "day"
amount = "1000.00"
"#;

/// Sentences that are poured on the hub.
const POURED: usize = 2_000;
/// What may stand in the books of them: a burst, and two a second while they come.
const HEARD_MAX: usize = 80;

fn sentence(n: usize) -> Vec<u8> {
    let at = jiff::Timestamp::from_second(now_s()).unwrap().to_string();
    let said = json!({
        "v": 1, "text": format!("buy {} cases of something that nobody sells", n % 9 + 1),
        "slots": {}, "satellite_id": "assist_satellite.hall", "device_id": "9d1c",
        "conversation_id": "01HPX", "user_id": null, "context_id": format!("ctx-{n}"),
        "lang": "en", "ts": at, "at": at,
    });
    said.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_speaker_that_does_not_sign_fills_no_books() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, HOUSEHOLD);
    let (code, told) = house.command(&["check"]);
    assert_eq!((code, &told["ok"]), (0, &json!(true)), "{told}");
    let warning = told["notes"][0].as_str().unwrap_or_default();
    assert!(warning.contains("hall") && warning.contains("mqtt.username"), "{told}");
    let _daemon = house.start();
    assert!(house.log().contains("no signature proves"), "{}", house.log());
    let broker = SocketAddr::from(([127, 0, 0, 1], mosquitto.port));
    let filters = ["homepay/device/hall/speak".to_owned()];
    let mut hall = DeviceClient::open(broker, ("hall", ""), &filters).await.unwrap();
    for n in 0..POURED {
        hall.publish("homepay/in/assist", sentence(n)).await.unwrap();
    }
    // Another device is answered meanwhile.
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let body = json!({"order_id": "rates-0001", "items": [{"sku": "water", "quantity": "1"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    let (reply, _) = kitchen.reply("rates-0001").await.unwrap();
    assert_eq!(reply["status"], "approved", "{reply}");
    let refused = || {
        let (_, metrics) = http(house.console, "GET", "/metrics", "").unwrap();
        let line = metrics.lines().find(|l| l.starts_with("homepay_refused_total{code=\"risk\"}"));
        line.map_or(0, |l| l.rsplit(' ').next().unwrap().parse::<usize>().unwrap())
    };
    for _ in 0..200 {
        if refused() + HEARD_MAX >= POURED {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused() + HEARD_MAX >= POURED, "{} of {POURED} were refused", refused());
    let (_, orders) = house.command(&["order", "list"]);
    let stand = orders["orders"].as_array().unwrap().len();
    assert!(stand <= HEARD_MAX, "{stand} orders stand");
    // It is told that it was too much.
    hall.next(|_, v| v["say"].as_str().is_some_and(|say| say.contains("wait"))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_homes_at_one_broker_have_client_ids_of_their_own() {
    let mosquitto = Mosquitto::start("");
    let houses = [(); 2].map(|()| House::new(Some(mosquitto.port), false, ""));
    let _daemons = houses.each_ref().map(House::start);
    let suffix = |house: &House| {
        std::fs::read_to_string(house.state().join("mqtt-client-suffix.txt")).unwrap()
    };
    assert_ne!(suffix(&houses[0]), suffix(&houses[1]));
    tokio::time::sleep(Duration::from_millis(500)).await;
    for house in &houses {
        assert!(!house.log().contains("the broker is gone"), "{}", house.log());
    }
    let kept = suffix(&houses[0]);
    drop(_daemons);
    let _daemon = houses[0].start();
    assert_eq!(suffix(&houses[0]), kept);
}
