//! The owner's doors: signed requests over MQTT, and the command line.

use super::house::{House, KEY, Process, now_s};
use crate::mosquitto::Mosquitto;
use crate::support::Certificates;
use homepay_io::http::socket_client;
use homepay_protocols::native::envelope::Envelope;
use homepay_sandbox::devices::DeviceClient;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// 32 bytes, base64 of "0123456789abcdef" twice.
pub const OWNER_KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

pub const LIMITS: &str = "[[owner_keys]]\nid = \"phone\"\nmember = \"mum\"\n\
    key = \"base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n\
    [[limits]]\nid = \"home-month\"\nscope = { home = true }\nperiod = \"month\"\n\
    amount = \"300.00\"\napprove_above = \"5.00\"\n";

pub struct Owner {
    pub line: DeviceClient,
    pub seq: u64,
}

impl Owner {
    fn signed(&mut self, topic: &str, body: &Value, key: &[u8]) -> Vec<u8> {
        self.seq += 1;
        let numbers = (now_s().unsigned_abs(), self.seq, now_s());
        let signed = Envelope::signed(topic, ("phone", "phone"), numbers, &body.to_string(), key);
        serde_json::to_vec(&signed).unwrap()
    }

    async fn request(&mut self, verb: &str, body: Value, key: &[u8]) {
        let topic = format!("homepay/request/{verb}");
        let message = self.signed(&topic, &body, key);
        self.line.publish(&topic, message).await.unwrap();
    }

    /// The answer to a message, as it came.
    async fn bytes(&mut self, topic: &str, message: &[u8], body: &Value) -> Vec<u8> {
        self.line.publish(topic, message.to_vec()).await.unwrap();
        let answer = topic.replace("/request/", "/response/");
        let wanted = |t: &str, v: &Value| t == answer && v["transaction"] == body["transaction"];
        self.line.next(wanted).await.unwrap().1
    }

    pub async fn asks(&mut self, verb: &str, mut body: Value) -> Value {
        let transaction = format!("t-{}", self.seq);
        body["transaction"] = json!(transaction);
        self.request(verb, body, OWNER_KEY).await;
        let wanted = |t: &str, v: &Value| {
            t == format!("homepay/response/{verb}") && v["transaction"] == transaction.as_str()
        };
        self.line.next(wanted).await.unwrap().0
    }
}

/// An owner on the house's broker who hears the answers.
pub async fn owner_of(house: &House) -> Owner {
    let users = std::fs::read_to_string(house.state().join("broker-users.txt"));
    let password = users.unwrap_or_default();
    let password = password.lines().find_map(|l| l.strip_prefix("owner ")).unwrap_or_default();
    let broker = SocketAddr::from(([127, 0, 0, 1], house.broker));
    let filters = ["homepay/response/#".to_owned()];
    Owner { line: DeviceClient::open(broker, ("owner", password), &filters).await.unwrap(), seq: 0 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_sets_limits_approves_and_freezes_over_mqtt() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let _daemon = house.start();
    let broker = SocketAddr::from(([127, 0, 0, 1], mosquitto.port));
    let filters = ["homepay/response/#", "homepay/home/state", "homepay/bridge/state"];
    let filters = filters.map(str::to_owned);
    let mut owner =
        Owner { line: DeviceClient::open(broker, ("owner", ""), &filters).await.unwrap(), seq: 0 };
    let (online, _) = owner.line.next(|t, _| t == "homepay/bridge/state").await.unwrap();
    assert_eq!(online, json!({"state": "online"}));
    let status = owner.asks("status", json!({})).await;
    assert_eq!(status["data"]["limits"][0]["left"], "300.00", "{status}");

    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let body = json!({"order_id": "owner-0001", "items": [{"sku": "water", "quantity": "6"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    let (reply, _) = kitchen.reply("owner-0001").await.unwrap();
    assert_eq!(reply["status"], "awaiting_approval", "{reply}");
    assert!(reply["deadline"].is_string(), "{reply}");

    // Another key than the owner's changes nothing, and its holder is told no more than that.
    let body = json!({"transaction": "x", "order_id": "owner-0001"});
    owner.request("order/approve", body, KEY).await;
    let wanted = |t: &str, v: &Value| t.ends_with("/order/approve") && v["transaction"] == "x";
    let (refused, _) = owner.line.next(wanted).await.unwrap();
    assert_eq!(refused["error"]["code"], "bad_signature", "{refused}");
    assert_eq!(refused.get("data"), None, "{refused}");
    let approved = owner.asks("order/approve", json!({"order_id": "owner-0001"})).await;
    assert_eq!(approved["status"], "ok", "{approved}");
    for want in ["approved", "settled"] {
        assert_eq!(kitchen.reply("owner-0001").await.unwrap().0["status"], want);
    }
    let again = owner.asks("order/approve", json!({"order_id": "owner-0001"})).await;
    assert_eq!(again["error"]["code"], "wrong_state", "{again}");
    let nowhere = owner.asks("order/approve", json!({"order_id": "owner-9999"})).await;
    assert_eq!(nowhere["error"]["code"], "not_found", "{nowhere}");

    let limit =
        json!({"id": "day", "scope": {"device": "kitchen"}, "period": "day", "amount": "0.00"});
    assert_eq!(owner.asks("limit/set", json!({"limit": limit})).await["status"], "ok");
    let body = json!({"order_id": "owner-0002", "items": [{"sku": "water", "quantity": "1"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    let (reply, _) = kitchen.reply("owner-0002").await.unwrap();
    assert_eq!(reply["reason"]["code"], "limit_exceeded", "zero means nothing: {reply}");
    assert_eq!(owner.asks("freeze", json!({"device": "kitchen"})).await["status"], "ok");
    let bill = json!({
        "payee": "shop", "category": "grocery", "amount": "5.00", "due": "2099-01-31"
    });
    for _ in 0..2 {
        assert_eq!(owner.asks("bill/add", json!({ "bill": bill })).await["status"], "ok");
    }
    let bills = owner.asks("bill/list", json!({})).await;
    let bills = &bills["data"];
    assert!(crate::schemas::fits("bills", bills), "{bills}");
    assert_eq!(
        (bills["bills"].as_array().unwrap().len(), &bills["bills"][0]["stage"]),
        (1, &json!("waiting"))
    );
    let cancelled = owner.asks("bill/cancel", json!({"id": "shop-2099-01-31"})).await;
    assert_eq!(cancelled["status"], "ok", "{cancelled}");
    let float = json!({"id": "day", "scope": {"home": true}, "period": "day", "amount": 10.5});
    let refused = owner.asks("limit/set", json!({ "limit": float })).await;
    assert_eq!(refused["error"]["code"], "malformed", "{refused}");
    let (code, limits) = house.command(&["limit", "list"]);
    assert_eq!((code, &limits["limits"][0]["amount"]), (0, &json!("0.00")), "{limits}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_cannot_be_read_is_answered_with_what_is_wrong() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let mut owner = owner_of(&house).await;
    let limit = json!({"id": "day", "scope": {"home": true}, "period": "day", "amount": "9.00"});
    let with = |field: &str, value: Value| {
        let mut limit = limit.clone();
        limit[field] = value;
        json!({ "limit": limit })
    };
    for (verb, body, part) in [
        ("limit/set", with("amount", json!(20.5)), "20.5"),
        ("limit/set", with("period", json!("dya")), "dya"),
        ("limit/set", with("amont", json!("9.00")), "amont"),
        ("limit/set", json!({}), "limit is missing"),
        ("limit/forget", json!({"id": "day"}), "limit/remove"),
        ("freeze", json!({"devic": "kitchen"}), "devic"),
        ("order/approve", json!({}), "order_id is missing"),
    ] {
        let refused = owner.asks(verb, body).await;
        assert!(crate::schemas::fits("response", &refused), "{refused}");
        assert_eq!((&refused["status"], &refused["v"]), (&json!("error"), &json!(1)));
        let code = if verb == "limit/forget" { "not_found" } else { "malformed" };
        assert_eq!(refused["error"]["code"], code, "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(part), "{refused}");
    }
    let done = owner.asks("limit/set", json!({ "limit": limit })).await;
    assert!(crate::schemas::fits("response", &done), "{done}");
    assert_eq!(done["status"], "ok", "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_comes_again_is_answered_as_before() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let mut daemon = house.start();
    let mut owner = owner_of(&house).await;
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let body = json!({"order_id": "again-0001", "items": [{"sku": "water", "quantity": "6"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    while kitchen.reply("again-0001").await.unwrap().0["status"] != "awaiting_approval" {}
    let requests = [
        ("order/approve", json!({"transaction": "yes", "order_id": "again-0001"}), "ok"),
        ("freeze", json!({"transaction": "cold", "device": "kids"}), "ok"),
        ("order/reject", json!({"transaction": "what", "order_id": "nothing-0001"}), "error"),
    ];
    let mut told = Vec::new();
    for (verb, body, status) in requests {
        let topic = format!("homepay/request/{verb}");
        let message = owner.signed(&topic, &body, OWNER_KEY);
        let answer = owner.bytes(&topic, &message, &body).await;
        assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["status"], status);
        assert_eq!(owner.bytes(&topic, &message, &body).await, answer, "at once");
        told.push((topic, message, body, answer));
    }
    daemon.kill();
    let _daemon = house.start();
    for (topic, message, body, answer) in told {
        assert_eq!(owner.bytes(&topic, &message, &body).await, answer, "after a crash");
    }
    let (code, agrees) = house.command(&["wallet", "reconcile"]);
    assert_eq!(code, 0, "approved once: {agrees}");
}

const RICE: &str = "[[catalog]]\nsku = \"rice\"\nname = \"rice\"\nprice = \"9.00\"\n\
    category = \"grocery\"\npayee = \"shop\"\ncapture = \"on_fulfilment\"\n\
    [[limits]]\nid = \"home-month\"\nscope = { home = true }\nperiod = \"month\"\n\
    amount = \"300.00\"\nconfirm_above = \"100.00\"\nmax_count = 1\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_delivered_in_part_is_said_and_every_rule_is_explained() {
    let house = House::new(None, false, RICE);
    let _daemon = house.start();
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    for (id, status) in [("part-0001", "approved"), ("part-0002", "declined")] {
        let body = json!({"order_id": id, "items": [{"sku": "rice", "quantity": "2"}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        assert_eq!(kitchen.reply(id).await.unwrap().0["status"], status);
    }
    let until = std::time::Instant::now() + crate::support::WAIT;
    while house.command(&["order", "fulfil", "part-0001", "--amount", "12.00"]).0 != 0 {
        assert!(std::time::Instant::now() < until, "the wallet holds it");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (paid, _) = kitchen.reply("part-0001").await.unwrap();
    assert_eq!((&paid["status"], &paid["amount"]), (&json!("settled"), &json!("12.00")), "{paid}");
    assert!(!paid["say"].as_str().unwrap().contains("18"), "{paid}");

    let rule = |id: &str, check: &str| {
        let (_, explained) = house.command(&["order", "explain", id]);
        let rules = explained["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["check"] == check).cloned().unwrap_or_else(|| json!({}))
    };
    let asked = rule("part-0001", "confirm");
    assert_eq!((&asked["cap"], &asked["verdict"]), (&json!("100.00"), &json!("pass")), "{asked}");
    let count = rule("part-0002", "count");
    for (field, number) in [("asked", "1"), ("cap", "1"), ("used", "1"), ("left", "0")] {
        assert_eq!(count[field], number, "{field}: {count}");
    }
    assert_eq!(count["verdict"], "count_exceeded", "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_retained_of_a_device_goes_with_it() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), false, LIMITS);
    let _daemon = house.start();
    let retained = || {
        let port = mosquitto.port.to_string();
        let arguments = ["-p", &port, "-t", "homepay/device/hall/state", "-W", "2", "-C", "1"];
        let heard = std::process::Command::new("mosquitto_sub").args(arguments).output().unwrap();
        String::from_utf8(heard.stdout).unwrap()
    };
    let added = ["device", "add", "hall", "--kind", "speaker"];
    assert_eq!(house.command(&added).0, 0);
    assert!(retained().contains("\"hall\""));
    assert_eq!(house.command(&["device", "remove", "hall"]).0, 0);
    let until = std::time::Instant::now() + crate::support::WAIT;
    while !retained().is_empty() {
        assert!(std::time::Instant::now() < until, "{}", retained());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_keeps_its_exit_codes() {
    let house = House::new(None, false, LIMITS);
    let (code, told) = house.command(&["order", "list"]);
    assert_eq!(code, 3, "no daemon: {told}");
    let (code, checked) = house.command(&["check"]);
    assert_eq!((code, &checked["ok"]), (0, &json!(true)), "{checked}");
    let daemon = house.start();
    let file = house.dir.path().join("household.toml");
    let (code, applied) = house.command(&["apply", "household.toml"]);
    assert_eq!((code, &applied["changes"]), (0, &json!([])), "apply is idempotent: {applied}");
    let good = std::fs::read_to_string(&file).unwrap();
    let bad = good
        .replace("price = \"1.00\"", "price = 1.00")
        .replace("payee = \"shop\"", "payee = \"shpo\"");
    std::fs::write(&file, &bad).unwrap();
    let (code, checked) = house.command(&["check"]);
    assert_eq!(code, 2);
    let problems = checked["problems"].as_array().unwrap();
    assert!(problems.len() >= 2, "every mistake is listed: {checked}");
    assert!(problems.iter().all(|p| p["line"].as_u64().is_some_and(|l| l > 0)), "{checked}");
    std::fs::write(&file, good.replace("300.00", "200.00")).unwrap();
    let (_, dry) = house.command(&["apply", "--dry-run", "household.toml"]);
    assert_eq!(dry["changes"].as_array().map(Vec::len), Some(1), "{dry}");
    let (code, _) = house.command(&["apply", "household.toml"]);
    assert_eq!(code, 0);
    let (_, limits) = house.command(&["limit", "list"]);
    assert_eq!(limits["limits"][0]["amount"], "200.00");
    for id in ["nothing-here", "..", "a b/?#"] {
        let (code, told) = house.command(&["order", "show", id]);
        assert_eq!(code, 1, "{id}: {told}");
        assert!(told["stderr"].as_str().unwrap().contains("there is no"), "{id}: {told}");
    }
    assert_eq!(house.command(&["order", "fly"]).0, 2, "wrong usage");
    what_cannot_be_read_is_wrong_usage(&house);
    let (code, export) = house.command(&["export"]);
    assert!(code == 0 && export["household"].as_str().unwrap().contains("home-month"), "{export}");
    let copy = house.dir.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(house.command(&["backup", "create", copy]).0, 0);
    assert_eq!(house.command(&["backup", "verify", copy]).0, 0);
    assert_eq!(house.command(&["backup", "restore", copy]).0, 1, "not while the daemon runs");
    soft_stop(daemon);
    assert!(!house.state().join("control.sock").exists(), "a soft stop leaves no socket");
    assert_eq!(house.command(&["backup", "restore", copy]).0, 0);
    assert_eq!(house.command(&["journal", "verify"]).0, 0, "with the daemon off");
    let _daemon = house.start();
}

/// What is wrong whatever the books say exits 2 and says what to write; what is not so exits 1.
fn what_cannot_be_read_is_wrong_usage(house: &House) {
    let limit = |rest: &[&'static str]| {
        [&["limit", "set", "x", "--scope", "home", "--period", "day"], rest].concat()
    };
    for (arguments, want, says) in [
        (limit(&["--amount", "abc"]), 2, "amount: "),
        (limit(&["--amount", "6.001"]), 2, "amount: "),
        (limit(&["--hours", "7-22"]), 2, "hours: "),
        (vec!["limit", "set", "Bad_ID", "--scope", "home", "--period", "day"], 2, "id: "),
        (vec!["limit", "set", "x", "--scope", "home", "--period", "fortnight"], 2, "period: "),
        (vec!["limit", "remove", "Bad_ID"], 2, "Bad_ID"),
        (vec!["limit", "remove", "nowhere"], 1, "there is no limit nowhere"),
        (vec!["order", "refund", "nobody-01", "--amount", "abc"], 2, "abc"),
        (vec!["order", "refund", "nobody-01", "--amount", "1.00"], 1, "there is no order"),
        (vec!["order", "list", "--state", "bogus"], 2, "awaiting_approval, approved, capturing"),
        (vec!["freeze", "Bad_ID"], 2, "Bad_ID"),
        (vec!["freeze", "nowhere"], 1, "there is no device nowhere"),
        (vec!["device", "read", "Bad_ID"], 2, "Bad_ID"),
        (vec!["device", "read", "nowhere"], 1, "there is no device nowhere"),
        (vec!["bill", "pay", "Bad_ID"], 2, "Bad_ID"),
        (
            vec!["wallet", "reconcile", "--from", "2026-11-24", "--to", "2026-11-23"],
            2,
            "--to is the day after the last",
        ),
    ] {
        let (code, told) = house.command(&arguments);
        assert_eq!(code, want, "{arguments:?}: {told}");
        assert!(told["stderr"].as_str().unwrap().contains(says), "{arguments:?}: {told}");
    }
    let (code, none) = house.command(&["order", "list", "--state", "partially_refunded"]);
    assert_eq!((code, &none["orders"]), (0, &json!([])), "a state that exists");
}

fn soft_stop(mut daemon: Process) {
    let id = daemon.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(daemon.0.wait().unwrap().success(), "a soft stop is no failure");
}

#[test]
fn files_of_tls_are_read_before_anything_starts() {
    let house = House::new(None, false, LIMITS);
    let file = house.dir.path().join("homepay.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    // Writes the three files into the configuration; gives the line of the first.
    let with = |[ca, cert, key]: [&str; 3]| {
        let url = "url = \"mqtts://127.0.0.1:1\"\n";
        let files = format!("ca_file = \"{ca}\"\ncert_file = \"{cert}\"\nkey_file = \"{key}\"\n");
        let text = before.replace("url = \"embedded\"\n", &format!("{url}{files}"));
        std::fs::write(&file, &text).unwrap();
        text.lines().position(|line| line.starts_with("ca_file")).unwrap() as u64 + 1
    };
    let whats = |told: &Value, line: u64| {
        let problems = told["problems"].as_array().unwrap().iter();
        let at = problems.filter(|problem| problem["line"] == line);
        at.map(|problem| problem["what"].as_str().unwrap().to_owned()).collect::<String>()
    };
    let ca = with(["gone.pem", "gone.pem", "gone.key"]);
    let (code, told) = house.command(&["check"]);
    assert_eq!(code, 2, "{told}");
    for (line, key) in [(ca, "mqtt.ca_file"), (ca + 1, "mqtt.cert_file"), (ca + 2, "mqtt.key_file")]
    {
        let what = whats(&told, line);
        assert!(what.starts_with(key) && what.contains("cannot be read: No such file"), "{told}");
    }
    let (code, told) = house.says(&["run"]);
    assert!(code == 2 && told.contains("gone.pem cannot be read"), "{code}: {told}");
    Certificates::make(house.dir.path());
    with(["ca.pem", "client.pem", "client.key"]);
    let (code, told) = house.command(&["check"]);
    assert_eq!(code, 0, "{told}");
    with(["ca.pem", "client.key", "client.pem"]);
    let (code, told) = house.command(&["check"]);
    assert_eq!((code, whats(&told, ca).as_str()), (2, ""), "{told}");
    assert!(whats(&told, ca + 1).contains("client.key holds no certificate"), "{told}");
    assert!(whats(&told, ca + 2).contains("client.pem holds no private key"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_control_socket_cannot_read_is_refused_with_a_reason() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    let client = socket_client(&house.state().join("control.sock")).unwrap();
    let too_much = vec![b' '; 17 * 1024 * 1024];
    for (path, body, want) in [
        ("wish", b"{".to_vec(), 400),
        ("wish", br#"{"verb":1}"#.to_vec(), 400),
        ("apply", b"\xff{}".to_vec(), 400),
        ("apply", br#"{"devices":{"a":{}}}"#.to_vec(), 400),
        ("apply", too_much, 413),
        ("commands/freeze", b"[]".to_vec(), 400),
        ("nowhere", b"{}".to_vec(), 404),
    ] {
        let url = format!("http://homepay/v1/{path}");
        let answer = client.post(url).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), want, "{path}");
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(told["code"], if want == 404 { "not_found" } else { "malformed" }, "{told}");
        assert!(!told["message"].as_str().unwrap().is_empty(), "{told}");
    }
    let (_, limits) = house.command(&["limit", "list"]);
    assert_eq!(limits["limits"][0]["amount"], "300.00", "nothing of it was taken");
    let (_, status) = house.command(&["status"]);
    assert_eq!(status["frozen"], false, "a list is not an empty request: {status}");
    soft_stop(daemon);
}
