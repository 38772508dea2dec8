//! Requests are admitted alike, whether they change something or only ask; numbers of Home Assistant
//! are decided beside the flow; the hub says when it goes.

use super::house::{House, KEY, http, now_s};
use super::owner::{LIMITS, OWNER_KEY, Owner, owner_of};
use homepay_domain::ids::Name;
use homepay_io::broker::{BrokerOptions, EmbeddedBroker, User, Users, Verifier};
use homepay_protocols::native::envelope::Envelope;
use homepay_sandbox::devices::DeviceClient;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Command;

/// Numbers that are poured on one entity.
const NUMBERS: u32 = 2_000;

/// A request with numbers of its own, as one who recorded or lost count would send it.
async fn asks(
    owner: &mut Owner,
    verb: &str,
    (key, secret): (&str, &[u8]),
    numbers: (u64, u64, i64),
    transaction: &str,
) -> Value {
    let topic = format!("homepay/request/{verb}");
    let body = json!({"transaction": transaction}).to_string();
    let signed = Envelope::signed(&topic, (key, key), numbers, &body, secret);
    owner.line.publish(&topic, serde_json::to_vec(&signed).unwrap()).await.unwrap();
    let answer = format!("homepay/response/{verb}");
    let wanted = |t: &str, v: &Value| t == answer && v["transaction"] == transaction;
    owner.line.next(wanted).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_only_ask_are_admitted_like_those_that_change() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let mut owner = owner_of(&house).await;
    let phone = ("phone", OWNER_KEY);
    let now = now_s();
    let code = |answer: &Value| answer["error"]["code"].as_str().map(str::to_owned);
    for (n, verb) in ["status", "bill/list", "freeze"].into_iter().enumerate() {
        let seq = 10 * (n as u64 + 1);
        let old = asks(&mut owner, verb, phone, (1, seq, 1), &format!("{verb}-old")).await;
        assert_eq!(code(&old).as_deref(), Some("stale"), "{verb}: {old}");
        let new = asks(&mut owner, verb, phone, (1, seq, now), &format!("{verb}-new")).await;
        assert_eq!(new["status"], "ok", "{verb}: {new}");
        let again = asks(&mut owner, verb, phone, (1, seq, now), &format!("{verb}-again")).await;
        assert_eq!(code(&again).as_deref(), Some("replayed"), "{verb}: {again}");
        // A wrong key is told that much.
        let wrong =
            asks(&mut owner, verb, ("phone", KEY), (2, seq, now), &format!("{verb}-w")).await;
        assert_eq!(code(&wrong).as_deref(), Some("bad_signature"), "{verb}: {wrong}");
        let nobody =
            asks(&mut owner, verb, ("nobody", KEY), (2, seq, now), &format!("{verb}-n")).await;
        assert_eq!(code(&nobody).as_deref(), Some("bad_signature"), "{verb}: {nobody}");
        for refused in [&old, &again, &wrong, &nobody] {
            assert_eq!(refused.get("data"), None, "{refused}");
            assert!(crate::schemas::fits("response", refused), "{refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_numbers_of_one_entity_delay_no_order() {
    let limits = "[[limits]]\nid = \"kitchen-day\"\nscope = { device = \"kitchen\" }\n\
        period = \"day\"\namount = \"9000.00\"\n";
    let house = House::new(None, false, limits);
    let _daemon = house.start();
    let owner = owner_of(&house).await;
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let began = std::time::Instant::now();
    for n in 0..NUMBERS {
        let payload = format!("{}", 8_000 - n).into_bytes();
        owner.line.publish("homepay/dev/kitchen/limit_daily/set", payload).await.unwrap();
    }
    let body = json!({"order_id": "numbers-0001", "items": [{"sku": "water", "quantity": "1"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    let (reply, _) = kitchen.reply("numbers-0001").await.expect("an order does not wait for them");
    assert_eq!(reply["status"], "approved", "{reply}");
    let last = format!("{}.00", 8_000 - (NUMBERS - 1));
    let limit = loop {
        let (_, told) = house.command(&["limit", "list"]);
        if told["limits"][0]["amount"] == last.as_str() {
            break told["limits"][0].clone();
        }
        assert!(began.elapsed() < super::house::START_WAIT, "{told}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    // One a second and the first: what was turned on meanwhile was never a version.
    let most = began.elapsed().as_secs() + 3;
    assert!(limit["version"].as_u64().unwrap() <= most, "{limit} after {:?}", began.elapsed());
    let (_, metrics) = http(house.console, "GET", "/metrics", "").unwrap();
    assert!(metrics.contains("homepay_messages_total{outcome=\"superseded\"}"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_clean_stop_the_embedded_broker_keeps_that_the_hub_is_offline() {
    let house = House::new(None, false, LIMITS);
    let mut daemon = house.start();
    let broker = SocketAddr::from(([127, 0, 0, 1], house.broker));
    let users = std::fs::read_to_string(house.state().join("broker-users.txt")).unwrap();
    let password = users.lines().find_map(|l| l.strip_prefix("owner ")).unwrap();
    let filters = ["homepay/bridge/state".to_owned()];
    let mut line = DeviceClient::open(broker, ("owner", password), &filters).await.unwrap();
    let is = |state: &'static str| move |_: &str, v: &Value| v["state"] == state;
    line.next(is("online")).await.unwrap();
    let stopped = Command::new("kill").arg(daemon.0.id().to_string()).status().unwrap();
    assert!(stopped.success());
    line.next(is("offline")).await.expect("who listens is told");
    drop(line);
    assert!(daemon.0.wait().unwrap().success());
    // What the broker kept, looked at without the hub.
    let mut users = Users::default();
    let anyone =
        User::device("homepay", &Name::parse("anyone").unwrap(), Verifier::new(b"x", [1; 16]));
    users.insert("anyone", anyone.may_subscribe("homepay/#".to_owned()));
    let options = BrokerOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        state_dir: Some(house.state().join("broker")),
        subscriptions: Vec::new(),
        momentary: Vec::new(),
        queue_len_max: 8,
    };
    let (bare, _events) = EmbeddedBroker::start(options, users).await.unwrap();
    let mut line = DeviceClient::open(bare.address, ("anyone", "x"), &filters).await.unwrap();
    let (kept, _) = line.next(|t, _| t == "homepay/bridge/state").await.unwrap();
    assert_eq!(kept, json!({"state": "offline"}));
    bare.stop().await;
}
