//! The books cannot be written for a while: everybody waits, nobody is forgotten, nothing is bought
//! behind anybody's back, and no restart is needed.

use super::house::{House, Process, START_WAIT, http, now_s};
use crate::mosquitto::Mosquitto;
use homepay_sandbox::devices::Signer;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIMITS: &str = "[[limits]]\nid = \"home-month\"\nscope = { home = true }\n\
    period = \"month\"\namount = \"300.00\"\n";

/// Until everybody who waits is answered, after the store can commit again.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// The longest that a look may take in a debug build, while the writer is stuck for seconds.
const LOOK_WAIT: Duration = Duration::from_secs(1);

async fn order(speaker: &mut Signer, id: &str) {
    let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
    let signed = speaker.sign("order", &body, now_s(), None);
    speaker.send(&signed).await.unwrap();
}

/// Waits for the last status of each of these orders.
async fn settled(speaker: &mut Signer, ids: &[String]) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    let until = Instant::now() + ANSWER_WAIT;
    while ids.iter().any(|id| told.get(id).is_none_or(|s| s != "settled")) {
        for reply in speaker.line.drain() {
            let text = |key: &str| reply[key].as_str().unwrap_or_default().to_owned();
            told.insert(text("order_id"), text("status"));
        }
        if Instant::now() > until {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    told
}

fn ready(house: &House) -> u16 {
    http(house.console, "GET", "/readyz", "").map_or(0, |(status, _)| status)
}

async fn until_ready_is(house: &House, status: u16) {
    let until = Instant::now() + ANSWER_WAIT;
    while ready(house) != status {
        assert!(Instant::now() < until, "/readyz is never {status}: {}", house.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn alert_kinds(house: &House) -> Vec<String> {
    let (_, alerts) = house.command(&["alert", "list"]);
    let alerts = alerts["alerts"].as_array().cloned().unwrap_or_default();
    alerts.iter().filter_map(|a| a["kind"].as_str().map(str::to_owned)).collect()
}

/// A daemon whose state folder is a file system of 48 megabytes of its own.
fn start_on_small_disk(house: &House) -> Process {
    let script = "mkdir -p state && mount -t tmpfs -o size=48m none state && exec \"$0\" run";
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(house.dir.path().join("homepay.log"))
        .unwrap();
    let child = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, super::house::HOMEPAY])
        .current_dir(house.dir.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let until = Instant::now() + START_WAIT;
    while ready(house) != 200 {
        let ended = process.0.try_wait().unwrap();
        assert!(ended.is_none() && Instant::now() < until, "not ready: {}", house.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    process
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_lets_everybody_wait_and_nobody_is_forgotten() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), true, LIMITS);
    let _wallet = house.start_wallet();
    let daemon = start_on_small_disk(&house);
    let inside = format!("/proc/{}/root{}", daemon.0.id(), house.state().display());
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    order(&mut kitchen, "before-01").await;
    assert_eq!(settled(&mut kitchen, &["before-01".into()]).await["before-01"], "settled");
    let filler = std::path::Path::new(&inside).join("filler");
    // It ends when nothing more fits.
    let full = std::fs::write(&filler, vec![0_u8; 64 << 20]);
    assert!(full.is_err(), "the disk was to be full");
    let ids: Vec<String> = (0..30).map(|n| format!("waits-{n:04}")).collect();
    for id in &ids {
        order(&mut kitchen, id).await;
    }
    until_ready_is(&house, 503).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(house.log().contains("the books cannot be written"), "{}", house.log());
    std::fs::remove_file(&filler).unwrap();
    let later: Vec<String> = (0..6).map(|n| format!("later-{n:04}")).collect();
    for id in &later {
        order(&mut kitchen, id).await;
    }
    let all: Vec<String> = ids.iter().chain(&later).cloned().collect();
    let told = settled(&mut kitchen, &all).await;
    let missing: Vec<_> =
        all.iter().filter(|id| told.get(*id).is_none_or(|s| s != "settled")).collect();
    assert!(missing.is_empty(), "{missing:?} of {told:?}: {}", house.log());
    until_ready_is(&house, 200).await;
    assert_eq!(house.ledger()["payments"].as_array().unwrap().len(), 37, "each was paid once");
}

/// Another program that holds the books' lock for a while; it has it when this returns.
fn lock_books(house: &House, seconds: u32) -> Child {
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = "import sqlite3, sys, time\n\
        books = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
        books.execute('begin immediate')\nprint('locked', flush=True)\n\
        time.sleep(int(sys.argv[2]))\n";
    let mut other = Command::new(python)
        .args(["-c", script])
        .arg(house.state().join("homepay.db"))
        .arg(seconds.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut told = BufReader::new(other.stdout.take().unwrap());
    told.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "locked");
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_programs_lock_delays_and_loses_nothing() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let mut other = lock_books(&house, 8);
    order(&mut kitchen, "locked-01").await;
    until_ready_is(&house, 503).await;
    // An owner is not left waiting, and what was refused is not done later.
    let (code, refused) = house.command(&["freeze"]);
    assert_eq!(code, 3, "{refused}");
    order(&mut kitchen, "locked-02").await;
    let ids = ["locked-01".to_owned(), "locked-02".to_owned()];
    let told = settled(&mut kitchen, &ids).await;
    assert!(ids.iter().all(|id| told.get(id).is_some_and(|s| s == "settled")), "{told:?}");
    assert!(other.wait().unwrap().success());
    until_ready_is(&house, 200).await;
    assert!(alert_kinds(&house).contains(&"store_failed".to_owned()), "{}", house.log());
    let health: Value = house.command(&["report"]).1["health"].clone();
    assert_eq!(health["store"]["state"], "ok", "{health}");
    order(&mut kitchen, "after-001").await;
    let told = settled(&mut kitchen, &["after-001".to_owned()]).await;
    assert_eq!(told["after-001"], "settled", "the refused freeze is not done later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_failed_alone_leaves_the_hub_ready_afterwards() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    until_ready_is(&house, 200).await;
    let mut other = lock_books(&house, 8);
    let (code, refused) = house.command(&["freeze"]);
    assert_eq!(code, 3, "{refused}");
    until_ready_is(&house, 503).await;
    assert!(other.wait().unwrap().success());
    // Nobody says anything: the hub finds out by itself.
    until_ready_is(&house, 200).await;
    let (code, stands) = house.command(&["freeze"]);
    assert_eq!(code, 0, "{stands}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_look_while_the_books_cannot_be_written() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    order(&mut kitchen, "before-01").await;
    settled(&mut kitchen, &["before-01".to_owned()]).await;
    let mut other = lock_books(&house, 8);
    // The writer waits for the lock, with this in hand.
    order(&mut kitchen, "waits-001").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for target in ["status", "limits", "devices/kitchen", "alerts", "bills", "orders", "health"] {
        let began = Instant::now();
        let answer = house.asks("GET", &format!("/api/v1/{target}"), None).1;
        assert!(answer.is_object(), "{target}: {answer}");
        assert!(began.elapsed() < LOOK_WAIT, "{target} took {:?}", began.elapsed());
    }
    let spent = house.asks("GET", "/api/v1/status", None).1["limits"][0]["spent"].clone();
    assert_eq!(spent, "1.00");
    assert!(other.try_wait().unwrap().is_none(), "the lock was held all the time");
    assert!(other.wait().unwrap().success());
    settled(&mut kitchen, &["waits-001".to_owned()]).await;
}
