//! What one message to an entity holds, with nothing known but the home's currency: what
//! `device try ha-number` shows. Whether it lowers anything is for the books to say.

use super::ROOM;
use super::number::{LimitEntity, Number, number};
use homepay_domain::money::Currency;
use serde_json::{Value, json};

/// By which name `device try` knows it.
pub const NAME: &str = "ha-number";

/// Reads one message as the hub would.
pub fn tried(currency: Currency, topic: &str, payload: &[u8], retained: bool) -> Value {
    let mut levels = topic.rsplit('/');
    let place =
        (levels.next(), levels.next().and_then(LimitEntity::parse), levels.next(), levels.next());
    let (Some("set"), Some(slot), Some(device), Some(ROOM)) = place else {
        return nothing("none", "not_read", "read is <base>/dev/<device>/limit_daily/set");
    };
    let mut told = match number(payload, currency) {
        _ if retained => nothing("command_rejected", "retained", "kept by the broker"),
        _ if payload.is_empty() => nothing("none", "empty_payload", "the payload is empty"),
        Err(why) => nothing("command_rejected", "malformed", &why),
        Ok(Number::To(amount)) => json!({
            "kind": "command", "value": currency.text(amount),
            "why": "lowering holds at once; raising is refused without an owner's key",
        }),
        Ok(Number::Reset) => json!({
            "kind": "command", "value": null, "reason": "reset",
            "why": "a limit is taken away only with an owner's key",
        }),
    };
    told["quantity"] = json!(slot.as_str());
    told["unit"] = json!(currency.code());
    told["device"] = json!(device.replace('_', "-"));
    told
}

fn nothing(kind: &str, reason: &str, why: &str) -> Value {
    json!({
        "kind": kind, "quantity": null, "unit": null, "value": null, "reason": reason, "why": why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(topic: &str, payload: &str, retained: bool) -> Value {
        let currency = Currency::from_code("CNY").expect("a currency");
        tried(currency, topic, payload.as_bytes(), retained)
    }

    #[test]
    fn the_gathered_messages_of_entities_read_as_they_should() {
        let text = include_str!("../../../tests/cases/mqtt-samples.jsonl");
        let mut count = 0;
        for line in text.lines() {
            let sample: Value = serde_json::from_str(line).expect("a sample");
            if sample["system"] != NAME {
                continue;
            }
            count += 1;
            let text = |name: &str| sample[name].as_str().expect("text");
            let told = read(text("topic"), text("payload"), sample["retained"] == true);
            for (name, wanted) in sample["expected"].as_object().expect("an expectation") {
                assert_eq!(&told[name], wanted, "{name}: {told}");
            }
        }
        assert_eq!(count, 1);
    }

    #[test]
    fn what_is_no_amount_says_so() {
        let topic = "homepay/dev/kitchen_speaker/limit_daily/set";
        for (topic, payload, retained, kind, reason) in [
            (topic, "12.5", true, "command_rejected", "retained"),
            (topic, "", false, "none", "empty_payload"),
            (topic, "nan", false, "command_rejected", "malformed"),
            (topic, "None", false, "command", "reset"),
            ("homepay/dev/kitchen_speaker/limit_daily", "12.5", false, "none", "not_read"),
            ("homepay/dev/kitchen_speaker/mode/set", "12.5", false, "none", "not_read"),
        ] {
            let told = read(topic, payload, retained);
            assert_eq!((&told["kind"], &told["reason"]), (&json!(kind), &json!(reason)), "{told}");
        }
    }
}
