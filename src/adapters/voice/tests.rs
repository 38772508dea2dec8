use super::*;
use crate::adapters::household::read_household;
use crate::domain::household::{Home, Rules};
use crate::domain::limits::hours::Hours;
use crate::domain::money::{Currency, Minor};
use crate::domain::reply::{Reply, Status};
use serde_json::{Value, json};

const NOW: UnixMs = UnixMs(1_795_300_000_000);

const HOUSE: &str = r#"
[[catalog]]
sku = "water"
name = "矿泉水"
aliases = ["water"]
unit = "箱"
price = "29.90"

[[catalog]]
sku = "rice"
name = "大米"
aliases = ["rice"]
unit = "袋"
price = "19.90"

[[devices]]
id = "kitchen"
kind = "speaker"
name = "Kitchen speaker"
profile = "hermes"
topic = "stove"

[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "assist_satellite.hall"
"#;

fn home() -> Home {
    Home {
        zone: jiff::tz::TimeZone::UTC,
        currency: Currency::from_code("CNY").expect("a currency"),
        lang: Lang::En,
        rules: Rules::default(),
    }
}

fn snapshot() -> Snapshot {
    let household = read_household(HOUSE, "house", &home(), &|_| Err(String::new()));
    Snapshot::new("homepay", home(), household.expect("a household"))
}

/// What Rhasspy publishes, with every key.
fn intent(name: &str, slots: &[(&str, Value)], more: Value) -> (String, Value) {
    let slots: Vec<Value> = slots
        .iter()
        .map(|(name, value)| {
            json!({
                "entity": name, "slotName": name, "rawValue": value.to_string(),
                "value": {"kind": "Unknown", "value": value}, "confidence": 1.0, "range": null,
            })
        })
        .collect();
    let mut said = json!({
        "input": name, "intent": {"intentName": name, "confidenceScore": 1.0}, "siteId": "stove",
        "id": null, "slots": slots, "sessionId": "s-1", "customData": null, "asrTokens": null,
        "asrConfidence": 0.9, "rawInput": null, "wakewordId": null, "lang": null,
    });
    for (key, value) in more.as_object().expect("an object") {
        said[key] = value.clone();
    }
    (format!("hermes/intent/{name}"), said)
}

fn hear(ears: &mut Ears, (topic, said): (String, Value), now: UnixMs) -> Heard {
    let message = Message { topic, payload: said.to_string().into_bytes(), retained: false };
    read(&snapshot(), ears, &message, now).expect("a topic of speakers")
}

fn ordered(heard: Heard) -> OrderAsked {
    let Heard::Event(Event::OrderAsked(None, asked)) = heard else { panic!("no order: {heard:?}") };
    asked
}

fn sku(text: &str) -> Name {
    Name::parse(text).expect("a sku")
}

#[test]
fn several_items_keep_their_own_quantities_and_measures() {
    let slots = [
        ("quantity", json!(2)),
        ("unit", json!("cases")),
        ("item", json!("water")),
        ("quantity", json!("three")),
        ("item", json!("rice")),
    ];
    let asked = ordered(hear(&mut Ears::default(), intent("OrderGoods", &slots, json!({})), NOW));
    let wanted = vec![(sku("water"), Decimal::from(2)), (sku("rice"), Decimal::from(3))];
    assert_eq!((asked.items, asked.must_confirm), (Ok(wanted), false));
    // What belongs to an item may stand after it; one unknown item refuses the whole order.
    let after = [("item", json!("water")), ("quantity", json!(2)), ("item", json!("rice"))];
    let asked = ordered(hear(&mut Ears::default(), intent("OrderGoods", &after, json!({})), NOW));
    let wanted = vec![(sku("water"), Decimal::from(2)), (sku("rice"), Decimal::ONE)];
    assert_eq!(asked.items, Ok(wanted));
    let unknown = [("item", json!("water")), ("item", json!("rockets"))];
    let asked = ordered(hear(&mut Ears::default(), intent("OrderGoods", &unknown, json!({})), NOW));
    assert_eq!(asked.items, Err(Code::UnknownItem));
}

#[test]
fn how_well_it_was_heard_decides_whether_it_is_asked() {
    let slots = [("item", json!("water"))];
    for (confidence, items_read, must_confirm) in [
        (json!(0.75), true, false),
        (json!(0.7499), true, true),
        (json!(0.5), true, true),
        (json!(0.4999), false, true),
        (json!(null), true, true),
        (json!("NaN"), true, true),
    ] {
        let said = intent("OrderGoods", &slots, json!({ "asrConfidence": confidence }));
        let asked = ordered(hear(&mut Ears::default(), said, NOW));
        let read = (asked.items.is_ok(), asked.must_confirm);
        assert_eq!(read, (items_read, must_confirm), "{confidence}");
    }
}

#[test]
fn the_same_words_of_one_session_are_one_order() {
    let slots = [("item", json!("water"))];
    let mut ears = Ears::default();
    let first = ordered(hear(&mut ears, intent("OrderGoods", &slots, json!({})), NOW));
    let again = ordered(hear(&mut ears, intent("OrderGoods", &slots, json!({})), NOW));
    assert_eq!(first.order, again.order);
    let other = intent("OrderGoods", &slots, json!({"sessionId": "s-2"}));
    assert_ne!(ordered(hear(&mut ears, other, NOW)).order, first.order);
}

#[test]
fn what_is_said_to_a_question_is_an_answer_and_nothing_else() {
    let open = json!({"customData": "{\"order_id\":\"voice-0001\"}"});
    let mut ears = Ears::default();
    let pin = hear(&mut ears, intent("GivePin", &[("pin", json!("4 7 1 1"))], open.clone()), NOW);
    assert!(matches!(pin, Heard::Pin { stamp: None, ref pin, .. } if pin == "4711"), "{pin:?}");
    let mut said = |name: &str, slots: &[(&str, Value)]| {
        let heard = hear(&mut ears, intent(name, slots, open.clone()), NOW);
        let Heard::Event(Event::AnswerHeard { said, order, .. }) = heard else {
            panic!("no answer: {heard:?}")
        };
        assert_eq!(order.as_str(), "voice-0001");
        said
    };
    assert_eq!(said("ConfirmOrder", &[("number", json!(47))]), Said::Number("47".to_owned()));
    assert_eq!(said("ConfirmOrder", &[("number", json!("四七"))]), Said::Number("47".to_owned()));
    assert_eq!(said("CancelOrder", &[]), Said::Cancel);
    // Another order, or a question, is no yes to this one.
    assert_eq!(said("OrderGoods", &[("item", json!("water"))]), Said::Number(String::new()));
    assert_eq!(said("AskLeft", &[]), Said::Number(String::new()));
    // Without a question a number means nothing.
    let lone = hear(&mut ears, intent("ConfirmOrder", &[("number", json!(47))], json!({})), NOW);
    assert!(matches!(lone, Heard::Question { question: Question::Unclear, .. }), "{lone:?}");
}

#[test]
fn nobody_orders_without_a_session_a_site_or_a_message_of_now() {
    let slots = [("item", json!("water"))];
    let mut ears = Ears::default();
    for more in [json!({"sessionId": null}), json!({"sessionId": ""}), json!({"siteId": "attic"})] {
        let heard = hear(&mut ears, intent("OrderGoods", &slots, more.clone()), NOW);
        assert!(matches!(heard, Heard::Refused { device: None, .. }), "{more} {heard:?}");
    }
    let late = NOW.plus_s(SESSION_S + 1);
    ears.goes_on("s-1", NOW);
    let heard = hear(&mut ears, intent("OrderGoods", &slots, json!({})), late);
    assert!(matches!(heard, Heard::Refused { .. }), "{heard:?}");
    let (topic, said) = intent("OrderGoods", &slots, json!({"sessionId": "s-3"}));
    let kept = Message { topic, payload: said.to_string().into_bytes(), retained: true };
    let heard = read(&snapshot(), &mut ears, &kept, NOW);
    assert!(matches!(heard, Some(Heard::Refused { code: Code::Retained, .. })), "{heard:?}");
    let big = Message { payload: vec![b' '; MESSAGE_BYTES_MAX + 1], retained: false, ..kept };
    assert!(matches!(read(&snapshot(), &mut ears, &big, NOW), Some(Heard::Refused { .. })));
}

#[test]
fn assist_falls_back_on_slots_only_with_a_number() {
    let said = |text: &str, slots: Value| {
        let at = jiff::Timestamp::from_millisecond(NOW.0).expect("a time").to_string();
        let said = json!({
            "v": 1, "text": text, "slots": slots, "satellite_id": "assist_satellite.hall",
            "context_id": "ctx", "ts": at,
        });
        ordered(hear(&mut Ears::default(), ("homepay/in/assist".to_owned(), said), NOW))
    };
    let slots = json!({"item": "water", "quantity": "two"});
    let asked = said("buy two cases of water", json!({"item": "water", "quantity": "one"}));
    assert_eq!(asked.items, Ok(vec![(sku("water"), Decimal::from(2))]), "the sentence goes first");
    assert!(!asked.must_confirm);
    let asked = said("the usual from the corner", slots.clone());
    assert!(asked.items.is_ok() && asked.must_confirm);
    let asked = said("don't buy two waters", slots);
    assert!(asked.must_confirm, "never without a number");
}

#[test]
fn news_waits_for_nobody_and_is_not_told_at_night() {
    let house = snapshot();
    let id = sku("kitchen");
    let device = &house.household.devices[&id];
    let mut reply = Reply::refusal(&id, None, Code::LimitExceeded, Lang::En, NOW);
    let told = |home: &Home, reply: &Reply| told::reply(home, "homepay", device, reply, "words");
    assert_eq!(told(&home(), &reply).map(|p| p.topic), Some("hermes/tts/say".to_owned()));
    reply.status = Status::Settled;
    assert_eq!(told(&home(), &reply), None, "what was announced is not announced twice");
    reply.status = Status::Failed;
    let mut quiet = home();
    quiet.rules.quiet = Some(Hours::parse("00:00-24:00").expect("hours"));
    assert_eq!(told(&quiet, &reply), None);
    reply.session = Some("s-1".to_owned());
    let waited_for = told(&quiet, &reply).expect("who waits is answered at any hour");
    assert_eq!(waited_for.topic, "hermes/dialogueManager/endSession");
    let asks = Reply { status: Status::Confirm, amount: Some(Minor(1)), ..reply };
    let asked = told(&quiet, &asks).expect("asked");
    assert_eq!(asked.topic, "hermes/dialogueManager/continueSession");
}
