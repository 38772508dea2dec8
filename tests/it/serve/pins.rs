//! PINs on the real daemon: what cannot count is not compared, and nobody else waits for those that
//! are.

use super::house::{House, http, now_s};
use argon2::{Argon2, PasswordHasher};
use serde_json::json;

/// PINs in the home.
const MEMBERS: [&str; 6] = ["mum", "ann", "ben", "cat", "dan", "eve"];
/// How often a message is said again, byte for byte.
const REPLAYS: usize = 100;

fn household() -> String {
    let mut text = String::from(
        "[[limits]]\nid = \"home-day\"\nscope = { home = true }\nperiod = \"day\"\n\
         amount = \"9000.00\"\nconfirm_above = \"20.00\"\n",
    );
    for member in &MEMBERS[1..] {
        let hash = hash_of(member);
        text.push_str(&format!(
            "[[members]]\nid = \"{member}\"\nname = \"{member}\"\nrole = \"adult\"\n\
             pin_hash = \"{hash}\"\n"
        ));
    }
    text
}

fn hash_of(member: &str) -> String {
    let pin = pin_of(member);
    Argon2::default().hash_password(pin.as_bytes()).unwrap().to_string()
}

fn pin_of(member: &str) -> String {
    format!("{:04}", 4711 + member.bytes().map(u32::from).sum::<u32>())
}

/// How many PINs were compared with a hash.
fn compared(house: &House) -> u64 {
    let (_, metrics) = http(house.console, "GET", "/metrics", "").unwrap();
    let line = metrics.lines().find(|l| l.starts_with("homepay_pin_comparisons_total "));
    line.map_or(0, |l| l.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replayed_and_wrong_pins_cost_one_comparison_and_delay_nobody() {
    let house = House::new(None, false, &household());
    let _daemon = house.start();
    let mut kids = house.speaker("kids", now_s()).await;
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let ordered = json!({"order_id": "ben-orders", "member": "ben",
                         "items": [{"sku": "water", "quantity": "30"}]});
    let asked = kids.sign("order", &ordered, now_s(), None);
    kids.send(&asked).await.unwrap();
    let (reply, _) = kids.reply("ben-orders").await.unwrap();
    assert_eq!(reply["status"], "confirm", "{reply}");

    // One wrong PIN, heard a hundred times, and as many for an order that nobody knows.
    let wrong =
        kids.sign("confirm", &json!({"order_id": "ben-orders", "pin": "0000"}), now_s(), None);
    let nowhere =
        kids.sign("confirm", &json!({"order_id": "no-order-1", "pin": "0000"}), now_s(), None);
    for _ in 0..REPLAYS {
        kids.send(&wrong).await.unwrap();
        kids.send(&nowhere).await.unwrap();
    }
    for n in 0..20 {
        let id = format!("kitchen-{n:04}");
        let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        let (reply, _) = kitchen.reply(&id).await.expect("nobody waits for another's PIN");
        assert_eq!(reply["status"], "approved", "{reply}");
    }
    let (said, _) = kids.reply("ben-orders").await.unwrap();
    assert_eq!(said["reason"]["code"], "confirmation_failed", "{said}");

    // The right one counts, of one member out of six.
    let right = json!({"order_id": "ben-orders", "pin": pin_of("ben")});
    let right = kids.sign("confirm", &right, now_s(), None);
    kids.send(&right).await.unwrap();
    loop {
        let (reply, _) = kids.reply("ben-orders").await.unwrap();
        if reply["status"] == "approved" {
            break;
        }
        // The broker may hand over some of the hundred once more.
        assert_eq!(reply["reason"]["code"], "confirmation_failed", "{reply}");
    }
    assert_eq!(compared(&house), 2, "one for the wrong PIN, one for the right one");
}
