//! Limits asked for by entities of Home Assistant, from a table: what is asked, what comes of it.

use homepay_domain::book::Book;
use homepay_domain::decide::decide;
use homepay_domain::decision::{CommandOutcome, Decision};
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::facts::Facts;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::label::Label;
use homepay_domain::money::Currency;
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use homepay_language::phrases::Phrases;
use homepay_ports::{Message, Publication};
use homepay_protocols::homeassistant::announce::everything;
use homepay_protocols::homeassistant::number::{LIMIT_ENTITIES, LimitEntity, attributes, state};
use homepay_protocols::native::decoded::{Decoded, read};
use homepay_protocols::snapshot::Snapshot;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

fn noon() -> UnixMs {
    let noon: jiff::Timestamp = "2026-11-21T12:00:00+08:00".parse().unwrap();
    UnixMs(noon.as_millisecond())
}

fn decided(book: &mut Book, wish: OwnerCommand) -> Decision {
    let facts = Facts {
        ahead: Vec::new(),
        bought: Vec::new(),
        book,
        order: None,
        already_processed: false,
        holds: BTreeMap::new(),
        around: BTreeMap::new(),
        challenge: 47,
    };
    let decision = decide(
        &facts,
        &Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: wish,
        },
        noon(),
    );
    for change in &decision.changes {
        book.apply(change);
    }
    decision
}

/// A home with the household of the order tables and these limits.
fn book(limits: &str) -> Book {
    let home = Home {
        zone: TimeZone::get("Asia/Shanghai").unwrap(),
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    };
    let none = |_: &str| Err("none".to_owned());
    let meter = "[[devices]]\nid = \"hall-meter\"\nkind = \"meter\"\nname = \"Meter\"\n\
                 profile = \"homepay-native\"\n";
    let text =
        format!("{}\n{meter}{limits}", include_str!("../../../tests/cases/orders-household.toml"));
    let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
    let mut book = Book::new(home);
    decided(&mut book, OwnerCommand::Apply(Box::new(house)));
    book
}

/// What comes of a message: a code, `ok`, or `-` where nothing is read.
fn heard(book: &mut Book, topic: &str, payload: &str, retained: bool) -> String {
    let snapshot = Snapshot::new("homepay", book.home.clone(), book.household.clone());
    let (topic, payload) = (topic.to_owned(), payload.as_bytes().to_vec());
    match read(&snapshot, &Message { topic, payload, retained }, noon()) {
        Decoded::Ignored(_) => "-".to_owned(),
        Decoded::Number(asked) => match asked.limit {
            Err((code, _)) => code.as_str().to_owned(),
            Ok(limit) => match decided(book, OwnerCommand::LowerLimit(limit)).outcome {
                CommandOutcome::Refused { code, .. } => code.as_str().to_owned(),
                CommandOutcome::Done(None) => "ok".to_owned(),
                told => panic!("{told:?}"),
            },
        },
        other => panic!("{other:?}"),
    }
}

fn shown(book: &Book, device: &str, slot: LimitEntity) -> String {
    let device = Name::parse(device).unwrap();
    let Publication { topic, payload, retain } = state(book, "homepay", &device, slot, noon());
    assert!(retain && topic == format!("homepay/dev/{device}/{}", slot.as_str()), "{topic}");
    String::from_utf8(payload).unwrap()
}

#[test]
fn entities_only_narrow() {
    let all: Vec<Value> = include_str!("numbers/cases.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    for case in &all {
        let text = |name: &str| case[name].as_str().unwrap_or_else(|| panic!("{name}: {case}"));
        let mut book = book(text("limits"));
        let before = book.household.limits.clone();
        let slot = LimitEntity::parse(text("slot")).unwrap();
        let topic = format!("homepay/dev/{}/{}/set", text("to"), slot.as_str());
        let told = heard(&mut book, &topic, text("payload"), case["retained"] == true);
        assert_eq!(told, text("told"), "{case}");
        assert_eq!(shown(&book, "kitchen", slot), text("shown"), "{case}");
        if told != "ok" {
            assert_eq!(book.household.limits, before, "{case}");
        }
        // Whatever was asked for: no other limit moved, and none is gone.
        for (id, limit) in &before {
            let now = &book.household.limits[id];
            let moved = now != limit;
            assert!(!moved || case["moves"] == id.as_str(), "{id}: {case}");
        }
    }
    assert!(all.len() >= 20, "{} cases", all.len());
}

#[test]
fn home_assistant_is_told_names_in_the_homes_language() {
    let mut book = book("[[rooms]]\nid = \"hall\"\nname = { zh-CN = \"门厅\", en = \"Hall\" }\n");
    let household = Arc::make_mut(&mut book.household);
    let kitchen = household.devices.get_mut(&Name::parse("kitchen").unwrap()).unwrap();
    kitchen.name = Label::PerLanguage { zh_cn: "小音箱".to_owned(), en: "Speaker".to_owned() };
    kitchen.room = Some(Name::parse("hall").unwrap());
    for (lang, name, room) in [(Lang::ZhCn, "小音箱", "门厅"), (Lang::En, "Speaker", "Hall")] {
        book.home.lang = lang;
        let told = everything(&book, &Phrases::new(), ("homepay", Some("homeassistant")), noon());
        let config = |p: &&Publication| p.topic == "homeassistant/device/homepay_kitchen/config";
        let config = &told.iter().find(config).unwrap().payload;
        let config: Value = serde_json::from_slice(config).unwrap();
        assert_eq!((&config["dev"]["name"], &config["dev"]["sa"]), (&json!(name), &json!(room)));
    }
}

#[test]
fn home_assistant_is_told_of_every_speaker_and_of_nothing_else() {
    let book = book(
        "[[limits]]\nid = \"k\"\nscope = { device = \"kitchen\" }\nperiod = \"day\"\n\
         amount = \"12.50\"\n",
    );
    let phrases = Phrases::new();
    let told = everything(&book, &phrases, ("homepay", Some("homeassistant")), noon());
    assert_eq!(told.len(), 2 * (1 + LIMIT_ENTITIES.len()));
    assert!(told.iter().all(|p| p.retain && !p.topic.contains("meter")));
    let config = |p: &&Publication| p.topic == "homeassistant/device/homepay_kitchen/config";
    let config: Value = serde_json::from_slice(&told.iter().find(config).unwrap().payload).unwrap();
    let number = &config["cmps"]["limit_daily"];
    for (name, want) in [
        ("p", "number"),
        ("uniq_id", "homepay_kitchen_limit_daily"),
        ("name", "Daily limit"),
        ("cmd_t", "homepay/dev/kitchen/limit_daily/set"),
        ("stat_t", "homepay/dev/kitchen/limit_daily"),
        ("unit_of_meas", "CNY"),
        ("dev_cla", "monetary"),
        ("min", "0"),
        ("step", "0.01"),
        ("mode", "box"),
    ] {
        assert_eq!(number[name], want, "{name}: {number}");
    }
    assert_eq!(config["avty_t"], "homepay/bridge/state");
    assert!(!config.to_string().contains("null"), "Home Assistant takes no null: {config}");
    let state = |p: &&Publication| p.topic == "homepay/dev/kitchen/limit_daily";
    assert_eq!(told.iter().find(state).unwrap().payload, b"12.50");
    // Without discovery only the states stand.
    assert_eq!(
        everything(&book, &phrases, ("homepay", None), noon()).len(),
        2 * LIMIT_ENTITIES.len()
    );
    let kitchen = Name::parse("kitchen").unwrap();
    let beside = attributes(&book, "homepay", (&kitchen, LimitEntity::Day), None, noon());
    let beside: Value = serde_json::from_slice(&beside.payload).unwrap();
    assert_eq!((&beside["limit"], &beside["refused"]), (&Value::from("k"), &Value::Null));
}
