use super::*;
use homepay_domain::household::{Home, Rules};
use homepay_domain::limits::hours::Hours;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::reply::{Reply, Status};
use homepay_domain::unclear::{Doubt, MissingPart};
use homepay_files::household::read_household;
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

[[devices]]
id = "hub"
kind = "speaker"
name = "Hub"
profile = "xiaoai-event"
topic = "123/appMsg/notify/iot/456789012"
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

fn hear(ears: &mut SessionMemory, (topic, said): (String, Value), now: UnixMs) -> Decoded {
    let message = Message { topic, payload: said.to_string().into_bytes(), retained: false };
    read(&snapshot(), ears, &message, now).expect("a topic of speakers")
}

fn ordered(heard: Decoded) -> OrderRequest {
    // An order that is not understood may be an answer: it is one only where something is open.
    let event = if let Decoded::Misheard { event, .. } = heard {
        *event
    } else {
        let Decoded::Event(event) = heard else { panic!("no order: {heard:?}") };
        event
    };
    let Event::OrderRequested(None, asked) = event else { panic!("no order: {event:?}") };
    asked
}

fn sku(text: &str) -> Name {
    Name::parse(text).expect("a sku")
}

/// Sessions that were heard to begin.
fn begun() -> SessionMemory {
    let mut ears = SessionMemory::default();
    for session in ["s-1", "s-2", "s-3"] {
        ears.goes_on(session, NOW);
    }
    ears
}

fn told(slots: &[(&str, Value)], more: Value) -> OrderRequest {
    ordered(hear(&mut begun(), intent("OrderGoods", slots, more), NOW))
}

fn missing(asked: &OrderRequest) -> Option<MissingPart> {
    asked.items.as_ref().err().map(|unclear| unclear.missing)
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
    let asked = told(&slots, json!({}));
    let wanted = vec![(sku("water"), Decimal::from(2)), (sku("rice"), Decimal::from(3))];
    assert_eq!((asked.items, asked.doubt), (Ok(wanted), Some(Doubt::Heard)), "no words: ask");
    // To whom a quantity between two items belongs is not known, whichever item comes first.
    let between = [("item", json!("water")), ("quantity", json!(2)), ("item", json!("rice"))];
    assert_eq!(missing(&told(&between, json!({}))), Some(MissingPart::Pairing));
    let words = json!({"rawInput": "water and two bags of rice"});
    let wanted = vec![(sku("water"), Decimal::ONE), (sku("rice"), Decimal::from(2))];
    assert_eq!(told(&between, words).items, Ok(wanted), "the words tell");
    let after = [
        ("item", json!("water")),
        ("quantity", json!(2)),
        ("item", json!("rice")),
        ("quantity", json!(1)),
    ];
    let wanted = vec![(sku("water"), Decimal::from(2)), (sku("rice"), Decimal::ONE)];
    assert_eq!(told(&after, json!({})).items, Ok(wanted));
    // One unknown item refuses the whole order.
    let unknown = [("item", json!("water")), ("item", json!("rockets"))];
    assert_eq!(missing(&told(&unknown, json!({}))), Some(MissingPart::Item));
}

#[test]
fn the_words_go_before_the_slots() {
    let slots = [("quantity", json!(2)), ("item", json!("water"))];
    let said = |words: &str| told(&slots, json!({ "rawInput": words }));
    let asked = said("buy three cases of water");
    assert_eq!(asked.items, Ok(vec![(sku("water"), Decimal::from(3))]));
    assert_eq!(asked.doubt, Some(Doubt::Heard), "the slots say two");
    assert_eq!(said("buy two cases of water").doubt, None);
    let turned = ["don't order two water", "did you order two waters", "mum said two waters"];
    for words in turned {
        assert!(said(words).items.is_err(), "{words}");
    }
    let asked = said("two of the usual water");
    assert_eq!((asked.items.is_ok(), asked.doubt), (true, Some(Doubt::Heard)));
}

#[test]
fn how_well_it_was_heard_decides_whether_it_is_asked() {
    for (confidence, score, items_read, doubt) in [
        (json!(0.75), json!(1), true, None),
        (json!(0.75), json!(1.0), true, None),
        (json!(0.75), json!(0.99), true, Some(Doubt::Heard)),
        (json!(0.75), json!("x"), true, Some(Doubt::Heard)),
        (json!(0.7499), json!(1), true, Some(Doubt::Heard)),
        (json!(0.5), json!(1), true, Some(Doubt::Heard)),
        (json!(0.4999), json!(1), false, Some(Doubt::Heard)),
        (json!(null), json!(1), true, Some(Doubt::Heard)),
        (json!("NaN"), json!(1), true, Some(Doubt::Heard)),
    ] {
        let more = json!({
            "asrConfidence": confidence, "rawInput": "buy water",
            "intent": {"intentName": "OrderGoods", "confidenceScore": score},
        });
        let asked = told(&[("item", json!("water"))], more);
        assert_eq!((asked.items.is_ok(), asked.doubt), (items_read, doubt), "{confidence} {score}");
    }
}

#[test]
fn what_is_heard_in_one_session_is_one_order() {
    let slots = [("item", json!("water"))];
    let mut ears = begun();
    let first = ordered(hear(&mut ears, intent("OrderGoods", &slots, json!({})), NOW));
    // Another recogniser hears the same session in its own words.
    let more = json!({"id": "other", "rawInput": "buy two cases of water"});
    let again = ordered(hear(&mut ears, intent("OrderGoods", &slots, more), NOW));
    assert_eq!((&first.order, &first.fingerprint), (&again.order, &again.fingerprint));
    let other = intent("OrderGoods", &slots, json!({"sessionId": "s-2"}));
    assert_ne!(ordered(hear(&mut ears, other, NOW)).order, first.order);
}

#[test]
fn a_session_that_was_not_heard_to_begin_orders_nothing_and_is_told_so() {
    let slots = [("item", json!("water"))];
    let heard = hear(&mut SessionMemory::default(), intent("OrderGoods", &slots, json!({})), NOW);
    let Decoded::Refused { device, code, .. } = heard else { panic!("{heard:?}") };
    assert_eq!((device, code), (Some(sku("kitchen")), Code::Stale));
}

#[test]
fn what_is_said_to_a_question_is_an_answer_and_nothing_else() {
    let open = json!({"customData": "{\"order_id\":\"voice-0001\"}"});
    let mut ears = begun();
    let pin = hear(&mut ears, intent("GivePin", &[("pin", json!("4 7 1 1"))], open.clone()), NOW);
    assert!(matches!(pin, Decoded::Pin { stamp: None, ref pin, .. } if pin == "4711"), "{pin:?}");
    let mut said = |name: &str, slots: &[(&str, Value)]| {
        let heard = hear(&mut ears, intent(name, slots, open.clone()), NOW);
        let Decoded::Event(Event::AnswerReceived { answer: said, order, .. }) = heard else {
            panic!("no answer: {heard:?}")
        };
        assert_eq!(order.as_str(), "voice-0001");
        said
    };
    assert_eq!(
        said("ConfirmOrder", &[("number", json!(47))]),
        ConfirmationAnswer::Number("47".to_owned())
    );
    assert_eq!(
        said("ConfirmOrder", &[("number", json!("四七"))]),
        ConfirmationAnswer::Number("47".to_owned())
    );
    assert_eq!(said("CancelOrder", &[]), ConfirmationAnswer::Cancel);
    // Another order, or a question, is no yes to this one.
    assert_eq!(said("OrderGoods", &[("item", json!("water"))]), ConfirmationAnswer::Misheard);
    assert_eq!(said("AskLeft", &[]), ConfirmationAnswer::Misheard);
    assert_eq!(said("ConfirmOrder", &[("number", json!("forget it"))]), ConfirmationAnswer::Cancel);
    assert_eq!(said("ConfirmOrder", &[("number", json!("yes"))]), ConfirmationAnswer::Misheard);
    // Without a question a number means nothing.
    let lone = hear(&mut ears, intent("ConfirmOrder", &[("number", json!(47))], json!({})), NOW);
    assert!(matches!(lone, Decoded::Question { question: Question::Unclear, .. }), "{lone:?}");
}

#[test]
fn nobody_orders_without_a_session_a_site_or_a_message_of_now() {
    let slots = [("item", json!("water"))];
    let mut ears = begun();
    for more in [json!({"sessionId": null}), json!({"sessionId": ""}), json!({"siteId": "attic"})] {
        let heard = hear(&mut ears, intent("OrderGoods", &slots, more.clone()), NOW);
        assert!(matches!(heard, Decoded::Refused { device: None, .. }), "{more} {heard:?}");
    }
    let late = NOW.plus_s(SESSION_S + 1);
    ears.goes_on("s-1", NOW);
    let heard = hear(&mut ears, intent("OrderGoods", &slots, json!({})), late);
    assert!(matches!(heard, Decoded::Refused { .. }), "{heard:?}");
    let (topic, said) = intent("OrderGoods", &slots, json!({"sessionId": "s-3"}));
    let kept = Message { topic, payload: said.to_string().into_bytes(), retained: true };
    let heard = read(&snapshot(), &mut ears, &kept, NOW);
    assert!(matches!(heard, Some(Decoded::Refused { code: Code::Retained, .. })), "{heard:?}");
    let big = Message { payload: vec![b' '; MESSAGE_BYTES_MAX + 1], retained: false, ..kept };
    assert!(matches!(read(&snapshot(), &mut ears, &big, NOW), Some(Decoded::Refused { .. })));
}

/// What Assist's blueprint publishes, so many seconds after it was said.
fn assist(text: &str, slots: Value, age_s: i64) -> Decoded {
    let at = jiff::Timestamp::from_millisecond(NOW.plus_s(-age_s).0).expect("a time").to_string();
    let said = json!({
        "v": 1, "text": text, "slots": slots, "satellite_id": "assist_satellite.hall",
        "context_id": "ctx", "at": at,
    });
    hear(&mut SessionMemory::default(), ("homepay/in/assist".to_owned(), said), NOW)
}

#[test]
fn assist_falls_back_on_slots_only_with_a_number() {
    let slots = json!({"item": "water", "quantity": "two"});
    let words = "buy two cases of water";
    let asked = ordered(assist(words, json!({"item": "water", "quantity": "one"}), 0));
    assert_eq!(asked.items, Ok(vec![(sku("water"), Decimal::from(2))]), "the sentence goes first");
    assert_eq!(asked.doubt, Some(Doubt::Heard), "and the slots differ");
    assert_eq!(ordered(assist(words, json!({"item": "water"}), 0)).doubt, None);
    let asked = ordered(assist("the usual from the corner", slots.clone(), 0));
    assert_eq!((asked.items.is_ok(), asked.doubt), (true, Some(Doubt::Heard)));
    let heard = assist("don't buy two waters", slots, 0);
    let Decoded::Misheard { event, .. } = heard else { panic!("it is no order: {heard:?}") };
    let asked = ordered(Decoded::Event(*event));
    assert_eq!(missing(&asked), Some(MissingPart::Request));
}

#[test]
fn what_assist_gave_up_waiting_for_is_never_bought_and_is_told() {
    let words = "buy two cases of water";
    assert!(ordered(assist(words, json!({}), assist::ASSIST_FRESH_S)).items.is_ok());
    for age_s in [assist::ASSIST_FRESH_S + 1, 3_600, -10] {
        let heard = assist(words, json!({}), age_s);
        let Decoded::Refused { device, code, .. } = heard else { panic!("{heard:?}") };
        assert_eq!((device, code), (Some(sku("hall")), Code::Stale), "{age_s}");
    }
}

#[test]
fn news_waits_for_nobody_and_is_not_told_at_night() {
    let house = snapshot();
    let id = sku("kitchen");
    let device = &house.household.devices[&id];
    let mut reply = Reply::refusal(&id, None, Code::LimitExceeded, Lang::En, NOW);
    let told = |home: &Home, reply: &Reply| prompt::reply(home, "homepay", device, reply, "words");
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

#[test]
fn the_hubs_own_event_orders_with_a_number_and_never_from_what_was_kept() {
    let snapshot = snapshot();
    let topic = "123/appMsg/notify/iot/456789012/event/4.1";
    let filters = snapshot.subscriptions();
    assert!(filters.iter().any(|f| homepay_devices::topic_filter::covers(f, topic)), "{filters:?}");
    let frame = |arguments: Value| {
        let json = json!({"did": "456789012", "siid": 4, "eiid": 1, "arguments": arguments});
        let text = format!("{json}\0").into_bytes();
        let mut frame = u32::try_from(text.len()).expect("short").to_le_bytes().to_vec();
        frame.push(2);
        frame.extend(text);
        frame
    };
    let named = frame(json!([{"piid": 1, "value": "[\"买一箱矿泉水\"]"}]));
    for (payload, retained, orders) in [
        (named.clone(), false, true),
        (frame(json!([{"piid": 1, "value": "买一箱矿泉水"}])), false, true),
        (named, true, false),
        (frame(json!([])), false, false),
        (b"nonsense".to_vec(), false, false),
    ] {
        let message = Message { topic: topic.to_owned(), payload, retained };
        let heard = read(&snapshot, &mut SessionMemory::default(), &message, NOW);
        let ordered = match heard {
            Some(Decoded::Event(Event::OrderRequested(None, asked))) => {
                assert_eq!(asked.doubt, Some(Doubt::Heard), "a replay needs the number, too");
                true
            }
            _ => false,
        };
        assert_eq!(ordered, orders, "{message:?}");
    }
}

#[test]
fn each_protocol_answers_to_its_word_of_the_one_list() {
    let words: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.profile()).collect();
    assert_eq!(words, homepay_devices::voices::VOICE_PROFILES);
}
