//! `schemas/` is written from the types, and what is said and heard fits it.
//!
//! After a change of a type: `UPDATE_SCHEMAS=1 cargo test --test it schemas`.

use homepay_devices::profile_form::ProfileForm;
use homepay_devices::registry::SHIPPED_PROFILES;
use homepay_domain::alert::{Alert, AlertKind, Severity};
use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::{Currency, Minor};
use homepay_domain::reply::{CODES, Code, Reason, Reply, STATUSES, Status};
use homepay_domain::time::UnixMs;
use homepay_export::budgets::BudgetsDoc;
use homepay_export::statement_doc::StatementDoc;
use homepay_files::household::file::HouseholdFile;
use homepay_files::household::{EXAMPLE, LimitForm};
use homepay_files::tariff::shipped_tariffs as tariffs;
use homepay_files::tariff::tariff_form::TariffForm;
use homepay_language::phrases::Phrases;
use homepay_protocols::native::bill::BillsView;
use homepay_protocols::native::decoded::{ConfirmBody, OrderBody, ReadingBody};
use homepay_protocols::native::encode::{AlertView, Encoder, OrderView, ReplyBody};
use homepay_protocols::native::envelope::Envelope;
use homepay_protocols::native::owner_request::{RequestBody, ResponseBody};
use homepay_protocols::native::states::{BridgeHealth, BridgeState, DeviceState, HomeState};
use homepay_protocols::voice::assist::AssistRequest;
use homepay_protocols::voice::prompt::SpeakBody;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    let kind = if name.ends_with(".openapi") { "" } else { ".schema" };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{name}{kind}.json"))
}

fn all() -> Vec<(&'static str, Value)> {
    fn of<T: JsonSchema>() -> Value {
        serde_json::to_value(schema_for!(T)).unwrap()
    }
    vec![
        ("envelope", of::<Envelope>()),
        ("order", of::<OrderBody>()),
        ("confirm", of::<ConfirmBody>()),
        ("reading", of::<ReadingBody>()),
        ("request", of::<RequestBody>()),
        ("response", of::<ResponseBody>()),
        ("limit", of::<LimitForm>()),
        ("reply", of::<ReplyBody>()),
        ("order-event", of::<OrderView>()),
        ("alert", of::<AlertView>()),
        ("speak", of::<SpeakBody>()),
        ("assist", of::<AssistRequest>()),
        ("profile", of::<ProfileForm>()),
        ("device-state", of::<DeviceState>()),
        ("home-state", of::<HomeState>()),
        ("bridge-state", of::<BridgeState>()),
        ("bridge-health", of::<BridgeHealth>()),
        ("bills", of::<BillsView>()),
        ("budgets", of::<BudgetsDoc>()),
        ("statement", of::<StatementDoc>()),
        ("config", homepay::config::schema::schema()),
        ("household", of::<HouseholdFile>()),
        ("wallet.openapi", homepay_sandbox::wallet::openapi::openapi()),
        ("console.openapi", homepay_api::openapi::console()),
        ("api.openapi", homepay_api::control::openapi()),
        ("tariff", of::<TariffForm>()),
    ]
}

#[test]
fn schemas_are_current() {
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for (name, schema) in all() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if update {
            std::fs::write(file(name), text).unwrap();
            continue;
        }
        let kept = std::fs::read_to_string(file(name)).unwrap_or_default();
        assert_eq!(kept, text, "{} is not what the type says", file(name).display());
    }
}

/// One of the documents.
pub fn document(name: &str) -> Value {
    all().into_iter().find(|(n, _)| *n == name).unwrap().1
}

/// Whether a value is as a schema says.
pub fn fits(name: &str, value: &Value) -> bool {
    let schema = document(name);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::validator_for(&schema).unwrap().is_valid(value)
}

fn home() -> Home {
    Home {
        zone: TimeZone::get("Asia/Shanghai").unwrap(),
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    }
}

#[test]
fn every_reply_and_alert_fits_its_schema() {
    let (home, phrases) = (home(), Phrases::new());
    let encoder = Encoder { base: "homepay", home: &home, phrases: &phrases };
    let device = Name::parse("kitchen-speaker").unwrap();
    for status in STATUSES {
        for code in CODES {
            for lang in [Lang::ZhCn, Lang::En] {
                let reason = Reason {
                    asked: Some(Minor(5000)),
                    left: Some(Minor(10)),
                    resets_at: Some(UnixMs(1_795_300_000_000)),
                    ..Reason::of(*code)
                };
                let at = UnixMs(1_795_300_000_000);
                let order = OrderId::parse("01J8ZQ6T7M").ok();
                let reply = Reply::refusal(&device, order, *code, lang, at);
                let reply = Reply { status, reason: Some(reason), challenge: Some(47), ..reply };
                let told: Value =
                    serde_json::from_slice(&encoder.reply(&Household::default(), &reply).payload)
                        .unwrap();
                assert!(fits("reply", &told), "{told}");
                let say = told["say"].as_str().unwrap();
                assert!(!say.contains('{') && !say.contains("reason-"), "{say}");
            }
        }
    }
    let alert = Alert::new(AlertKind::CostBand, Severity::Warning, "washer", "2026-11", UnixMs(0));
    let told: Value = serde_json::from_slice(&encoder.alert(&alert).payload).unwrap();
    assert!(fits("alert", &told), "{told}");
}

#[test]
fn what_the_contract_shows_fits_and_what_is_wrong_does_not() {
    let table = [
        (
            "envelope",
            json!({"v":1,"device":"kitchen-speaker","key":"k1","epoch":3,"seq":812,"ts":1_763_731_200,"body":"{}","mac":"AA=="}),
            true,
        ),
        (
            "envelope",
            json!({"v":2,"device":"a","key":"k1","epoch":3,"seq":812,"ts":1,"body":"","mac":""}),
            false,
        ),
        ("order", json!({"order_id":"01J8ZQ6T7M","text":"买两箱矿泉水"}), true),
        (
            "order",
            json!({"order_id":"01J8ZQ6T7M","items":[{"sku":"water-24","quantity":"2"}]}),
            true,
        ),
        (
            "order",
            json!({"order_id":"01J8ZQ6T7M","items":[{"sku":"water-24","quantity":2.5}]}),
            false,
        ),
        ("confirm", json!({"order_id":"01J8ZQ6T7M","answer":"47"}), true),
        ("confirm", json!({"order_id":"01J8ZQ6T7M","yes":true}), false),
        (
            "reading",
            json!({"at":"2026-11-21T20:00:00+08:00","values":[{"quantity":"energy","unit":"kWh","value":"123.45"}]}),
            true,
        ),
        (
            "reading",
            json!({"at":"2026-11-21T20:00:00+08:00","values":[{"quantity":"energy","unit":"kWh","value":123.45}]}),
            false,
        ),
        ("request", json!({"transaction":"t1","order_id":"01J8ZQ6T7M"}), true),
        (
            "limit",
            json!({"id":"kitchen-day","scope":{"device":"kitchen-speaker"},"period":"day","amount":"100.00"}),
            true,
        ),
        (
            "limit",
            json!({"id":"kitchen-day","scope":{"home":true},"period":"day","amount":100}),
            false,
        ),
    ];
    for (name, value, want) in table {
        assert_eq!(fits(name, &value), want, "{name}: {value}");
    }
}

#[test]
fn every_shipped_profile_fits_its_schema() {
    for (id, text) in SHIPPED_PROFILES {
        let profile: Value = toml::from_str(text).unwrap();
        assert!(fits("profile", &profile), "{id}");
    }
    let wrong: Value = toml::from_str("id = \"x\"\ntrust = \"everybody\"\n").unwrap();
    assert!(!fits("profile", &wrong));
}

/// A file's values as JSON; TOML's own dates as text.
pub fn json_of(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => Value::String(date.to_string()),
            toml::Value::Array(all) => Value::Array(all.into_iter().map(plain).collect()),
            toml::Value::Table(table) => {
                Value::Object(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
            }
            other => serde_json::to_value(other).unwrap(),
        }
    }
    plain(toml::Value::Table(text.parse().unwrap_or_else(|e| panic!("{e}: {text}"))))
}

#[test]
fn households_and_configurations_fit_their_schemas() {
    for text in [
        EXAMPLE,
        include_str!("../../src/files/household/tests/contract.toml"),
        include_str!("../../src/files/household/tests/all-forms.toml"),
        include_str!("../../src/cli/demo/household.toml"),
        include_str!("../cases/orders-household.toml"),
    ] {
        assert!(fits("household", &json_of(text)), "{text}");
    }
    for wrong in [
        "[[members]]\nid = \"mum\"\nname = \"Mum\"\nrole = \"boss\"\n",
        "[[payees]]\nid = \"shop\"\n",
        "[[catalog]]\nsku = \"tea\"\nname = \"Tea\"\nprice = 1.5\n",
        "[[devices]]\nid = \"a\"\nkind = \"speaker\"\nname = \"A\"\nprofile = \"x\"\nrom = \"k\"\n",
        "[[speakers]]\nid = \"a\"\n",
    ] {
        assert!(!fits("household", &json_of(wrong)), "{wrong}");
    }
    for (text, want) in [
        ("", true),
        ("[home]\ntimezone = \"Asia/Shanghai\"\n[homeassistant]\nenabled = false\n", true),
        ("[wallet]\nkind = \"homepay\"\nrequest_key_file = \"k\"\n", true),
        ("[home]\ntimezon = \"Asia/Shanghai\"\n", false),
        ("[homeassistant]\nenabled = \"yes\"\n", false),
        ("[hom]\n", false),
    ] {
        assert_eq!(fits("config", &json_of(text)), want, "{text}");
    }
}

#[test]
fn every_shipped_tariff_fits_its_schema() {
    for path in tariffs::paths() {
        let text = tariffs::shipped(path).unwrap();
        let tariff: Value = toml::from_str(text).unwrap();
        assert!(fits("tariff", &tariff), "{path}");
    }
    for wrong in ["versions = 1\n", "tiers = []\nversions = []\n", "demand = {}\nversions = []\n"] {
        let wrong: Value = toml::from_str(wrong).unwrap();
        assert!(!fits("tariff", &wrong), "{wrong}");
    }
}

#[test]
fn after_a_wrong_pin_the_order_is_still_open_and_so_it_is_said() {
    let (home, phrases) = (home(), Phrases::new());
    let device = Name::parse("kitchen-speaker").unwrap();
    let order = OrderId::parse("01J8ZQ6T7M").ok();
    for (lang, verdict, question) in [
        (Lang::ZhCn, "密码不对，还没有买", "要买请说数字"),
        (Lang::En, "That was not the PIN. Nothing is bought yet.", "say the number"),
    ] {
        let reply =
            Reply::refusal(&device, order.clone(), Code::ConfirmationFailed, lang, UnixMs(0));
        let reply = Reply { status: Status::Confirm, challenge: Some(86), ..reply };
        let said = phrases.reply(&home, "mum", &reply);
        let (verdict, question) = (said.find(verdict), said.find(question));
        assert!(verdict.is_some() && verdict < question, "{said}");
    }
}
