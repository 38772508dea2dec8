//! Every decoder of outside bytes as a function that takes any bytes: what `cargo fuzz` calls for
//! as long as one likes, and what `tests/it/fuzz.rs` calls a bounded number of times on every run.
//!
//! A decoder may refuse; it must not panic, and what it accepts must be what it may accept.

mod house;

use homepay::config::ConfigSources;
use homepay_devices::decode::interpret;
use homepay_devices::registry::registry;
use homepay_domain::event::Event;
use homepay_domain::limits::Cap;
use homepay_domain::meter::Quantity;
use homepay_domain::reply::Code;
use homepay_domain::settlement::{PaymentCommand, PaymentStatus};
use homepay_domain::tariff::{
    MeteredUse, Prior, Slot, SlotUse, SpotPrices, Supply, Tariff, Terms, Use,
};
use homepay_files::household::read_household;
use homepay_files::published::document::ReadContext;
use homepay_files::published::table::FileHints;
use homepay_files::published::{self, shipped_sources as published_shelf};
use homepay_files::tariff::spot::{PriceListUnit, read_spot};
use homepay_files::tariff::urdb::{ImportOptions, import_urdb};
use homepay_files::tariff::used::read_used;
use homepay_files::tariff::{read_tariff, shipped_tariffs::shipped};
use homepay_language::speech::{Lexicon, Utterance, digits_of};
use homepay_ports::{HttpResponse, Message};
use homepay_protocols::native::decoded::{Decoded, QUANTITY_MAX, read};
use homepay_protocols::native::envelope::Envelope;
use homepay_protocols::voice;
use homepay_protocols::voice::session_memory::SessionMemory;
use homepay_wallets::Connector;
use homepay_wallets::base::{RequestView, ResponseView};
use homepay_wallets::sign::{SigningSecret, sign_response};
use homepay_wallets::webhook;
use house::{HOUSE, KEY, NOW, home, snapshot, wallet};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::Path;

/// A decoder, and what it usually gets.
pub struct Entry {
    /// Its name; the fuzz target has the same.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Inputs to begin from.
    pub seeds: &'static [&'static str],
}

/// Every decoder.
pub const ENTRIES: &[Entry] = &[
    Entry {
        name: "envelope",
        run: envelope,
        seeds: &[r#"{"v":1,"device":"kitchen","key":"k1","epoch":1,"seq":1,"ts":1795300000,
"body":"{}","mac":"AA=="}"#],
    },
    Entry {
        name: "order_body",
        run: order_body,
        seeds: &[
            r#"{"order_id":"order-0001","text":"买两箱矿泉水","lang":"zh-CN"}"#,
            r#"{"order_id":"order-0001","items":[{"sku":"water","quantity":"2.5"}],
"currency":"CNY"}"#,
            r#"{"order_id":"order-0001","answer":"四十七"}"#,
            r#"{"order_id":"order-0001","cancel":true}"#,
            r#"{"at":"2026-11-21T20:00:00+08:00",
"values":[{"quantity":"energy","unit":"kWh","value":"123.45"}]}"#,
        ],
    },
    Entry {
        name: "request",
        run: request,
        seeds: &[
            r#"{"transaction":"t1","order_id":"order-0001"}"#,
            r#"{"transaction":"t2","limit":{"id":"day","scope":{"home":true},
"period":"day","amount":"10.00"}}"#,
            r#"{"transaction":"t3","device":"kitchen"}"#,
        ],
    },
    Entry {
        name: "profile",
        run: profile_payload,
        seeds: &[
            r#"{"energy":123.45,"power":60,"voltage":"231","state":"ON"}"#,
            r#"{"energy":1e2,"power":null,"consumption":"nan"}"#,
        ],
    },
    Entry { name: "number", run: number, seeds: &["12.5", "200", "None", "1.5e+3", "-0.0"] },
    Entry {
        name: "voice",
        run: voice,
        seeds: &[
            r#"{"input":"买 2 箱 矿泉水","intent":{"intentName":"OrderGoods","confidenceScore":1.0},"siteId":"stove","id":null,"slots":[{"entity":"number","value":{"kind":"Number","value":2},"slotName":"quantity","rawValue":"两"},{"entity":"goods","value":{"kind":"Unknown","value":"water"},"slotName":"item","rawValue":"矿泉水"}],"sessionId":"stove-1","customData":null,"asrConfidence":0.83,"lang":"zh"}"#,
            r#"{"termination":{"reason":"timeout"},"sessionId":"stove-1","siteId":"stove","customData":"{\"order_id\":\"order-0001\"}"}"#,
            r#"{"v":1,"text":"buy two boxes of water","slots":{"item":"water","quantity":"two"},"satellite_id":"assist_satellite.hall","context_id":"01HPY3V8","ts":"2026-11-22T06:26:40Z"}"#,
            "帮我买一箱矿泉水",
            "\"2026-11-22T14:26:40+08:00\"",
        ],
    },
    Entry {
        name: "speech",
        run: speech,
        seeds: &[
            "请帮我买两箱矿泉水和一袋大米，谢谢",
            "could you get me two and a half kilos of rice please?",
            "把上一单退了",
            "what did the washer cost this month?",
            "三十五块五毛 forty-seven 1.5kg",
        ],
    },
    Entry {
        name: "wallet_answer",
        run: wallet_answer,
        seeds: &[
            r#"{"id":"order-0001","account":"home-1","amount":"29.90","currency":"CNY",
"status":"captured","captured":"29.90","refunded":"0.00","refunds":[]}"#,
            r#"{"type":"about:blank","title":"declined","status":402}"#,
        ],
    },
    Entry { name: "household_toml", run: household_toml, seeds: &[HOUSE] },
    Entry {
        name: "config_toml",
        run: config_toml,
        seeds: &["[home]\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\n\n[mqtt]\nurl = \
             \"mqtt://host:1883\"\n\n[wallet]\nkind = \"sandbox\"\n"],
    },
    Entry {
        name: "tariff",
        run: tariff,
        seeds: &[
            include_str!("../../tariffs/ca/on-tou.toml"),
            include_str!("../../tariffs/us/pge-e-tou-c-p.toml"),
            include_str!("../../tariffs/gb/octopus-agile.toml"),
            include_str!("../../tariffs/at/awattar-hourly.toml"),
            include_str!("../../prices/entsoe/answer.xml"),
            include_str!("../../prices/octopus/answer-agile.json"),
            include_str!("../../usages/enedis/answer.csv"),
            include_str!("../../usages/green-button/answer.xml"),
            "start,EUR/MWh,end\n2026-01-01T00:00Z,1,2026-01-01T01:00Z\n",
            r#"[{"start":"2026-01-01T00:00Z","value":1e2,"end":"2026-01-01T00:15Z"}]"#,
            r#"{"label":"a","energyratestructure":[[{"rate":0.1,"max":9,"unit":"kWh"},{"rate":1}]]}"#,
        ],
    },
];

/// The decoder of a name.
///
/// # Panics
/// When there is none.
pub fn entry(name: &str) -> fn(&[u8]) {
    ENTRIES.iter().find(|entry| entry.name == name).expect("a decoder of this name").run
}

fn message(topic: &str, payload: Vec<u8>) -> Message {
    Message { topic: topic.to_owned(), payload, retained: false }
}

/// Bytes that nobody signed change nothing.
fn envelope(bytes: &[u8]) {
    for topic in
        ["homepay/device/kitchen/order", "homepay/device/kitchen/confirm", "homepay/request/freeze"]
    {
        match read(snapshot(), &message(topic, bytes.to_vec()), NOW) {
            Decoded::Refused { .. } | Decoded::Ignored(_) => {}
            Decoded::RefusedRequest { code: Code::BadSignature, .. } => {}
            heard => panic!("an unsigned message was taken: {heard:?}"),
        }
    }
}

fn sealed(topic: &str, signer: (&str, &str), body: &str) -> Message {
    let envelope = Envelope::signed(topic, signer, (1, 1, NOW.seconds()), body, KEY);
    message(topic, serde_json::to_vec(&envelope).expect("an envelope is plain"))
}

/// What a device says, rightly signed.
fn order_body(bytes: &[u8]) {
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    for what in ["order", "confirm", "reading"] {
        let topic = format!("homepay/device/kitchen/{what}");
        let heard = read(snapshot(), &sealed(&topic, ("kitchen", "k1"), body), NOW);
        if let Decoded::Event(Event::OrderRequested(_, asked)) = heard
            && let Ok(items) = asked.items
        {
            let in_bounds = |q: &Decimal| *q > Decimal::ZERO && *q <= Decimal::from(QUANTITY_MAX);
            assert!(items.iter().all(|(_, quantity)| in_bounds(quantity)), "{items:?}");
        }
    }
}

/// What an owner asks, rightly signed.
fn request(bytes: &[u8]) {
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    for verb in ["limit/set", "order/approve", "freeze", "alert/ack", "status"] {
        let topic = format!("homepay/request/{verb}");
        read(snapshot(), &sealed(&topic, ("phone", "phone"), body), NOW);
    }
}

/// What an appliance publishes.
fn profile_payload(bytes: &[u8]) {
    for (id, topic) in [
        ("zigbee2mqtt", "zigbee2mqtt/washer"),
        ("tasmota", "tele/washer/SENSOR"),
        ("shelly-gen2", "plug/events/rpc"),
        ("go-e", "go-eCharger/222162/nrg"),
        ("xiaomi-mips-local", "1/appMsg/notify/iot/456789012/property/11.2"),
    ] {
        let profile = registry().get(id).expect("a shipped profile");
        let _ = interpret(profile, topic, bytes);
    }
    read(snapshot(), &message("zigbee2mqtt/washer", bytes.to_vec()), NOW);
}

/// What speakers publish that do not sign: an order of theirs is none that the catalogue lacks.
fn voice(bytes: &[u8]) {
    let topics = [
        "hermes/intent/OrderGoods",
        "hermes/intent/ConfirmOrder",
        "hermes/dialogueManager/sessionEnded",
        "hermes/dialogueManager/intentNotRecognized",
        "homepay/in/assist",
        "statestream/sensor/xiaoai/state",
        "statestream/sensor/xiaoai/timestamp",
        "statestream/event/hub/event_name",
    ];
    let mut ears = SessionMemory::default();
    for topic in topics {
        let heard = voice::read(snapshot(), &mut ears, &message(topic, bytes.to_vec()), NOW);
        if let Some(Decoded::Event(Event::OrderRequested(stamp, asked))) = heard {
            assert_eq!(stamp, None);
            for (sku, quantity) in asked.items.unwrap_or_default() {
                let known = snapshot().household.catalog.contains_key(&sku);
                let most = Decimal::from(QUANTITY_MAX);
                assert!(known && quantity > Decimal::ZERO && quantity <= most, "{sku} {quantity}");
            }
        }
    }
}

/// What an entity of Home Assistant is set to.
fn number(bytes: &[u8]) {
    let heard = message("homepay/dev/kitchen/limit_daily/set", bytes.to_vec());
    let Decoded::Number(asked) = read(snapshot(), &heard, NOW) else {
        panic!("the kitchen has a number")
    };
    if let Ok(limit) = asked.limit {
        let amount = match limit.amount {
            Cap::At(amount) => amount.0,
            Cap::Inherit | Cap::Unlimited => 0,
        };
        assert!(amount >= 0, "{amount}");
    }
}

/// What was said.
fn speech(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lexicon = &snapshot().lexicon;
    if let Ok(Utterance::Order(order)) = lexicon.understand(&text) {
        let lines = order.items;
        let in_bounds = |q: &Decimal| *q > Decimal::ZERO && *q <= Decimal::from(QUANTITY_MAX);
        assert!(!lines.is_empty() && lines.iter().all(|(_, q)| in_bounds(q)), "{text}: {lines:?}");
    }
    let _ = lexicon.slot_order(&text, Some(&text), Some(&text));
    digits_of(&text);
}

/// What a wallet answers: unsigned it says nothing, and signed no more than it may.
fn wallet_answer(bytes: &[u8]) {
    let wallet = wallet();
    let order = homepay_domain::ids::OrderId::from_store("order-0001");
    let ask = PaymentCommand::Inquire { order };
    let request = wallet.request(&ask, NOW, [1; 16]);
    let unsigned = HttpResponse { status: 200, headers: Vec::new(), body: bytes.to_vec() };
    let answer = wallet.answer(&ask, &request, Ok(unsigned), NOW);
    assert!(matches!(answer, PaymentStatus::Unknown { .. }), "an unsigned answer was believed");
    let asked = RequestView {
        method: request.method,
        authority: &wallet.authority,
        target: &request.target,
        headers: &request.headers,
        body: &request.body,
    };
    for status in [200, 402, 404, 409, 500] {
        let said = ResponseView { status, headers: &[], body: bytes };
        let key = SigningSecret { id: "k1", secret: &wallet.response_key };
        let headers = sign_response(said, asked, key, NOW, [5; 16]).expect("signs");
        let response = HttpResponse { status, headers, body: bytes.to_vec() };
        let _ = wallet.answer(&ask, &request, Ok(response.clone()), NOW);
        let _ = wallet.balance(&request, Ok(response.clone()), NOW);
        let _ = wallet.statement(&request, Ok(response), NOW);
    }
    let header = String::from_utf8_lossy(bytes).into_owned();
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: Vec<_> = names.map(|n| (n.to_owned(), header.clone())).to_vec();
    assert!(webhook::verify(&headers, bytes, &[KEY], NOW.seconds()).is_err());
}

/// A household file.
fn household_toml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let none = |_: &str| Err("no files here".to_owned());
    if let Ok(household) = read_household(&text, "household.toml", &home(), &none) {
        let _ = Lexicon::of(&household).understand("买两箱矿泉水");
    }
}

/// A configuration file.
fn config_toml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let given = ConfigSources {
        file: Some((Path::new("homepay.toml"), &text)),
        env: &BTreeMap::new(),
        files: &|_| Err("no files here".to_owned()),
    };
    let _ = homepay::config::read(&given);
}

/// A tariff's file, a list of prices or of use, a rate of another format. What is taken makes bills
/// whose lines add up, and is stored and read again as it was.
fn tariff(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = read_spot(&text, PriceListUnit::parse("EUR/MWh").ok());
    let _ = read_used(&text, Quantity::Energy);
    let _ = import_urdb(&text, &ImportOptions::default());
    let home = home();
    let context = ReadContext {
        zone: "SE3",
        timezone: &home.zone,
        with_tax: false,
        now: None,
        hints: FileHints::default(),
    };
    for form in published_shelf::prices().values() {
        let _ = published::prices(form, &text, &context, home.currency);
    }
    for form in published_shelf::usages().values() {
        let _ = published::used(form, &text, &context, Quantity::Energy);
    }
    let beside = |_: &str| {
        let days = shipped("tariffs/ca/holidays.toml");
        days.map(str::to_owned).ok_or_else(|| "no files here".to_owned())
    };
    let Ok(published) = read_tariff("tariff.toml", &text, &beside) else { return };
    let terms = Terms::default();
    let supply = Supply {
        plan: &published.plan,
        terms: &terms,
        zone: published.plan.zone.as_ref().unwrap_or(&home.zone),
        currency: published.plan.currency.unwrap_or(home.currency),
    };
    let first = jiff::civil::date(2026, 10, 30);
    let slot = Slot(1_793_300_000 / 900);
    let used = Use::new((0..400).map(|step| SlotUse {
        slot: slot.plus(step),
        micro: 1_000_000 + step,
        ..SlotUse::default()
    }));
    let mut spot = SpotPrices::default();
    spot.put(slot, 400, Decimal::ONE);
    let days = (first, jiff::civil::date(2026, 11, 4));
    let bill = supply.bill(MeteredUse::Slots(&used), &Prior::Counted, &spot, days);
    if let Ok(bill) = bill {
        let shown: i64 = bill.lines.iter().map(|line| line.shown.0).sum();
        assert_eq!(shown, bill.total.0, "lines add up");
    }
    let _ = supply.price_at(slot.start(), &[], &spot);
    let (plan, utility) = (published.plan, published.utility);
    let tariff = Tariff { utility, payee: None, plan, terms, file: None, calorific: Vec::new() };
    let stored = serde_json::to_string(&tariff).expect("it is stored");
    let again: Tariff = serde_json::from_str(&stored).expect("it is read again");
    assert_eq!(again, tariff);
}
