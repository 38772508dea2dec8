//! What one message of a speaker holds, with nothing known but its protocol: what `device try` shows.
//! Whether it orders is decided by the household, the session and the clock.

use super::hermes::Intent;
use super::{SPEECH_FRESH_S, VoiceProtocol, assist, hermes, is_unclear, xiaoai};
use homepay_domain::time::UnixMs;
use homepay_language::speech::{SlotItems, digits_of};
use homepay_text::amount::plain_decimal;
use serde_json::{Value, json};

/// Why a message orders nothing: the words of `device try`.
mod reasons {
    pub const NO_SESSION: &str = "no_session";
    pub const RETAINED: &str = "retained";
    pub const NOT_FRESH: &str = "retained_or_no_fresh_timestamp";
    pub const LOW_CONFIDENCE: &str = "low_confidence";
    pub const EMPTY: &str = "empty_payload";
    pub const MALFORMED: &str = "malformed";
    pub const NOT_READ: &str = "not_read";
}

/// Reads one message as its protocol would; `now` judges how fresh it is.
pub fn tried(
    protocol: &dyn VoiceProtocol,
    topic: &str,
    payload: &[u8],
    retained: bool,
    now: UnixMs,
) -> Value {
    if payload.is_empty() {
        return nothing("none", reasons::EMPTY, "the payload is empty");
    }
    protocol.inspect(topic, payload, retained, now)
}

fn nothing(kind: &str, reason: &str, why: &str) -> Value {
    json!({
        "kind": kind, "quantity": null, "unit": null, "value": null, "reason": reason, "why": why,
    })
}

/// An order of one item or more; the first one's figures stand at the top.
fn order(items: &SlotItems, text: &str) -> Value {
    let count = |quantity: Option<&String>| {
        let text = quantity.map_or("1", String::as_str);
        let number = plain_decimal(text).map(|number| number.normalize().to_string());
        number.unwrap_or_else(|| digits_of(text))
    };
    let all: Vec<Value> = items
        .iter()
        .map(|(item, quantity, unit)| {
            json!({"item": item, "value": count(quantity.as_ref()), "measure": unit})
        })
        .collect();
    let first = items.first();
    json!({
        "kind": "order", "quantity": "item_count", "unit": "1",
        "value": first.map(|(_, quantity, _)| count(quantity.as_ref())),
        "item": first.map(|(item, _, _)| item), "items": all, "text": text,
    })
}

pub(super) fn tried_hermes(topic: &str, payload: &[u8], retained: bool) -> Value {
    if retained {
        return nothing("order_rejected", reasons::RETAINED, "kept by the broker");
    }
    if topic.ends_with("dialogueManager/sessionEnded") {
        let told: Value = serde_json::from_slice(payload).unwrap_or_default();
        let order = told["customData"].as_str().and_then(hermes::order_of);
        let value = if order.is_some() { "expired" } else { "ended" };
        return json!({
            "kind": "approval", "quantity": null, "unit": null, "value": value,
            "order_id": order.map(|o| o.to_string()), "session": told["sessionId"],
        });
    }
    if !topic.starts_with("hermes/intent/") {
        return nothing("none", reasons::NOT_READ, "intents and ends of sessions are read");
    }
    let intent = match Intent::parse(payload) {
        Ok(intent) => intent,
        Err(why) => return nothing("none", reasons::MALFORMED, &why),
    };
    let Some(session) = intent.session() else {
        return nothing("order_rejected", reasons::NO_SESSION, "it was typed, not spoken");
    };
    let mut told = match intent.name() {
        hermes::intents::ORDER_INTENT if is_unclear(intent.confidence()) => {
            nothing("order_rejected", reasons::LOW_CONFIDENCE, "it was hardly heard")
        }
        hermes::intents::ORDER_INTENT => order(&intent.items().unwrap_or_default(), intent.text()),
        hermes::intents::CONFIRM | hermes::intents::PIN | hermes::intents::CANCEL => {
            let order = intent.custom_data().and_then(hermes::order_of);
            json!({"kind": "approval", "value": intent.text(), "order_id": order.map(|o| o.to_string())})
        }
        hermes::intents::LEFT
        | hermes::intents::COST
        | hermes::intents::RUN_COST
        | hermes::intents::SPENT
        | hermes::intents::PRICE
        | hermes::intents::LAST_ORDER
        | hermes::intents::REFUND
        | hermes::intents::FREEZE => json!({"kind": "question", "value": intent.name()}),
        _ => nothing("none", reasons::NOT_READ, "not an intent of homepay's"),
    };
    told["site"] = json!(intent.site());
    told["session"] = json!(session);
    told["confidence"] = json!(intent.confidence().map(|c| c.to_string()));
    told
}

pub(super) fn tried_assist(payload: &[u8], retained: bool) -> Value {
    if retained {
        return nothing("order_rejected", reasons::RETAINED, "kept by the broker");
    }
    let asked = match assist::AssistRequest::parse(payload) {
        Ok(asked) => asked,
        Err(why) => return nothing("none", reasons::MALFORMED, &why),
    };
    if let Err(why) = asked.said_at() {
        return nothing("order_rejected", reasons::MALFORMED, &why);
    }
    let mut told = order(&asked.order_slots(), &asked.text);
    told["transaction"] = json!(asked.context_id);
    told["site"] = json!(asked.satellite_id.or(asked.device_id));
    told["time"] = json!(asked.at);
    told
}

pub(super) fn tried_xiaoai(topic: &str, payload: &[u8], retained: bool, now: UnixMs) -> Value {
    let stale = "words order only with a time that is fresh and was not kept by the broker";
    match topic.rsplit('/').next() {
        Some("timestamp") => match xiaoai::time(payload) {
            Ok(at) => json!({
                "kind": "state", "quantity": "utterance_time", "unit": null,
                "value": xiaoai::shown_time(payload).unwrap_or_default(),
                "fresh": !retained && now.since_ms(at).abs() <= SPEECH_FRESH_S * 1_000,
            }),
            Err(why) => nothing("none", reasons::MALFORMED, &why),
        },
        Some("state") if retained => nothing("order_rejected", reasons::NOT_FRESH, stale),
        Some("state") => match xiaoai::words(payload) {
            Ok(words) => json!({
                "kind": "state", "quantity": "utterance", "unit": null, "value": words,
                "why": stale,
            }),
            Err(why) => nothing("none", reasons::MALFORMED, &why),
        },
        Some(_) | None => nothing("none", reasons::NOT_READ, "state and timestamp are read"),
    }
}

pub(super) fn tried_xiaoai_event(topic: &str, payload: &[u8], retained: bool) -> Value {
    match xiaoai::event_words(topic, payload) {
        _ if retained => nothing("order_rejected", reasons::RETAINED, "kept by the broker"),
        Ok(words) => json!({"kind": "order", "text": words, "must_confirm": true}),
        Err(why) => nothing("none", reasons::MALFORMED, &why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::protocol_of;
    use homepay_devices::voices::voice_profile_of_model;

    /// Lines of what is said, read by the door of their system, as they should be.
    #[test]
    fn the_gathered_messages_of_speakers_read_as_they_should() {
        let text = include_str!("../../../tests/cases/mqtt-samples.jsonl");
        let mut count = 0;
        for line in text.lines() {
            let sample: Value = serde_json::from_str(line).expect("a sample");
            let system = sample["system"].as_str().expect("a system");
            let model = sample["model"].as_str();
            let Some(profile) = voice_profile_of_model(system, model) else { continue };
            let protocol = protocol_of(profile).expect("a protocol");
            count += 1;
            let payload = sample["payload"].as_str().expect("a payload").as_bytes();
            let topic = sample["topic"].as_str().expect("a topic");
            let retained = sample["retained"] == true;
            let read = tried(protocol, topic, payload, retained, UnixMs(0));
            for (name, wanted) in sample["expected"].as_object().expect("an expectation") {
                assert_eq!(&read[name], wanted, "{topic} {name}: {read}");
            }
        }
        assert_eq!(count, 6);
    }
}
