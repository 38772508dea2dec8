//! A speaker: signs what it says, remembers what it said and what it was asked.

use crate::household::{BASE, GOODS, secret_of};
use crate::random::Rng;
use homepay_ports::Message;
use homepay_protocols::native::envelope::Envelope;
use serde_json::{Value, json};

/// A speaker.
pub struct Speaker {
    /// Its name.
    pub name: &'static str,
    epoch: u64,
    seq: u64,
    /// Numbers that it was asked to have said, with the order.
    pub asked: Vec<(String, String)>,
    /// Under which number it said which order.
    pub said: Vec<(u64, u64, String)>,
}

/// What an order asks for, as the speaker means it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The body.
    pub body: Value,
    /// Who spoke.
    pub member: Option<&'static str>,
    /// What it must cost.
    pub amount: i64,
    /// True where it says something that only looks like a name: nothing of it may be bought before
    /// its number was said.
    pub alike: bool,
}

impl Speaker {
    /// A speaker that was just switched on.
    pub fn new(name: &'static str) -> Speaker {
        Speaker { name, epoch: 1, seq: 0, asked: Vec::new(), said: Vec::new() }
    }

    /// It was switched off and on.
    pub fn restarted(&mut self) {
        self.epoch += 1;
        self.seq = 0;
    }

    /// Signs a body for a topic, as of `ts`.
    pub fn say(&mut self, what: &str, body: &Value, ts: i64) -> Message {
        self.seq += 1;
        self.say_as((self.epoch, self.seq, ts), what, body)
    }

    /// What it said last was an order of its own.
    pub fn ordered(&mut self, order: String) {
        self.said.push((self.epoch, self.seq, order));
    }

    /// Signs a body under any number.
    pub fn say_as(&self, stamp: (u64, u64, i64), what: &str, body: &Value) -> Message {
        let topic = format!("{BASE}/device/{}/{what}", self.name);
        let secret = secret_of(self.name);
        let text = body.to_string();
        let envelope = Envelope::signed(&topic, (self.name, "k1"), stamp, &text, &secret);
        let payload = serde_json::to_vec(&envelope).expect("plain values");
        Message { topic, payload, retained: false }
    }
}

/// Something to order.
pub fn wanted(order: String, rng: &mut Rng) -> Wanted {
    let member = *rng.pick(&[None, Some("anna"), Some("ben")]).expect("one of three");
    let mut body = json!({"order_id": order});
    if let Some(member) = member {
        body["member"] = json!(member);
    }
    if rng.chance(50) {
        body["lang"] = json!(if rng.chance(50) { "en" } else { "zh-CN" });
    }
    let alike = rng.chance(6);
    let amount = if alike {
        let said = *rng.pick(&["minerel water", "mineral watr", "mineral wather"]).expect("one");
        body["text"] = json!(format!("please order two cases of {said}"));
        GOODS[0].1 * 2
    } else if rng.chance(25) {
        let (sku, price, ..) = GOODS[rng.below(3)];
        let (word, count) = *rng.pick(&[("a", 1), ("two", 2), ("3", 3)]).expect("one");
        body["text"] = json!(format!("please buy {word} {sku}"));
        price * count
    } else if rng.chance(60) {
        let (sku, price, ..) = GOODS[rng.below(GOODS.len())];
        let halves = rng.between(1, 6);
        let quantity =
            if halves % 2 == 0 { (halves / 2).to_string() } else { format!("{}.5", halves / 2) };
        body["items"] = json!([{"sku": sku, "quantity": quantity}]);
        // Half away from zero.
        (price * halves + 1) / 2
    } else {
        let count = rng.between(1, 3);
        body["items"] = json!([
            {"sku": "water", "quantity": count.to_string()},
            {"sku": "milk", "quantity": "1"},
        ]);
        GOODS[0].1 * count + GOODS[2].1
    };
    Wanted { body, member, amount, alike }
}
