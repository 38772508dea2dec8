//! Home Assistant's number entities on a real broker: `mosquitto_pub` lowers a limit, cannot raise
//! it, and the entity shows how it stands.

use super::house::{House, now_s};
use crate::mosquitto::Mosquitto;
use crate::support::WAIT;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

const LIMITS: &str = "[[limits]]\nid = \"kitchen-day\"\nscope = { device = \"kitchen\" }\n\
    period = \"day\"\namount = \"50.00\"\n";

const PLACE: &str = "homepay/dev/kitchen/limit_daily";

struct Panel(u16);

impl Panel {
    fn publish(&self, payload: &str, more: &[&str]) {
        let port = self.0.to_string();
        let topic = format!("{PLACE}/set");
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", &topic, "-m", payload];
        let done = Command::new("mosquitto_pub").args(arguments).args(more).status().unwrap();
        assert!(done.success());
    }

    /// What the broker keeps on a topic.
    fn kept(&self, topic: &str) -> String {
        let port = self.0.to_string();
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-t", topic, "-C", "1", "-W", "2"];
        let heard = Command::new("mosquitto_sub").args(arguments).output().unwrap();
        String::from_utf8(heard.stdout).unwrap().trim_end().to_owned()
    }

    fn shows(&self, wanted: &str) {
        let until = Instant::now() + WAIT;
        while self.kept(PLACE) != wanted {
            assert!(Instant::now() < until, "{} instead of {wanted}", self.kept(PLACE));
        }
    }

    /// Why the last wish was refused, once that is what stands there.
    fn refused(&self, wanted: Option<&str>) -> Value {
        let until = Instant::now() + WAIT;
        loop {
            let text = self.kept(&format!("{PLACE}/attributes"));
            let beside: Value = serde_json::from_str(&text).unwrap_or_default();
            if beside["v"] == 1 && beside["refused"]["code"].as_str() == wanted {
                return beside["refused"].clone();
            }
            assert!(Instant::now() < until, "{beside} instead of {wanted:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entity_lowers_a_limit_and_springs_back_where_it_may_not() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let panel = Panel(mosquitto.port);
    let daemon = house.start();
    panel.shows("50.00");
    let config = panel.kept("homeassistant/device/homepay_kitchen/config");
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["cmps"]["limit_daily"]["stat_t"], PLACE);

    panel.publish("2.5", &[]);
    panel.shows("2.50");
    panel.refused(None);
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    for (id, count, status) in [("number-0001", "3", "declined"), ("number-0002", "2", "approved")]
    {
        let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": count}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        let (reply, _) = kitchen.reply(id).await.unwrap();
        assert_eq!(reply["status"], status, "{reply}");
    }

    // Home Assistant believes what it asked for until it is told otherwise.
    for (payload, code) in [("50", "forbidden"), ("lots", "malformed"), ("None", "forbidden")] {
        panel.publish(payload, &[]);
        let refused = panel.refused(Some(code));
        assert!(refused["say"].as_str().unwrap().len() > 10, "{refused}");
        panel.shows("2.50");
    }
    // One that the broker keeps is new only once: at the next start it is what once was wanted.
    panel.publish("2", &["-r"]);
    panel.shows("2.00");
    panel.publish("1.5", &[]);
    panel.shows("1.50");
    panel.refused(None);
    drop(daemon);
    let _daemon = house.start();
    panel.refused(Some("retained"));
    panel.shows("1.50");
    let (code, limits) = house.command(&["limit", "list"]);
    assert_eq!((code, &limits["limits"][0]["amount"]), (0, &json!("1.50")), "{limits}");
}
