//! Books that are lost are never begun anew in silence, and a restore loses none.

use super::house::{HOMEPAY, House, Process, now_s};
use homepay_store::sqlite::reader::Reader;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LIMITS: &str = "[[limits]]\nid = \"home-month\"\nscope = { home = true }\n\
    period = \"month\"\namount = \"300.00\"\n";

async fn buy(house: &House, epoch: i64, ids: &[&str]) {
    let mut kitchen = house.speaker("kitchen", epoch).await;
    for id in ids {
        let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        let is_paid = |r: &serde_json::Value| r["order_id"] == **id && r["status"] == "settled";
        while !kitchen.line.drain().iter().any(is_paid) {
            assert!(Instant::now() < until, "{id} is not paid: {}", house.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn books(house: &House) -> PathBuf {
    house.state().join("homepay.db")
}

async fn orders(file: &Path) -> BTreeSet<String> {
    let reader = Reader::open(file).await.unwrap();
    let orders = reader.orders(None, 100).await.unwrap();
    reader.close().await;
    orders.iter().map(|order| order.id.to_string()).collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

pub fn stop(mut daemon: Process) {
    let term = Command::new("kill").arg(daemon.0.id().to_string()).status().unwrap();
    assert!(term.success());
    assert!(daemon.0.wait().unwrap().success());
}

/// Starts the daemon where it should refuse: its exit code and what it said.
fn refused(house: &House) -> (i32, String) {
    let mut child = Command::new(HOMEPAY)
        .arg("run")
        .current_dir(house.dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            let _ended = child.kill();
            panic!("it starts without its books");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let done = child.wait_with_output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_one_whole_file() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    buy(&house, now_s(), &["order-0001", "order-0002"]).await;
    stop(daemon);
    let log = house.state().join("homepay.db-wal");
    assert!(std::fs::metadata(&log).map_or(0, |of| of.len()) == 0, "the log is in the file");
    let alone = house.dir.path().join("alone.db");
    std::fs::copy(books(&house), &alone).unwrap();
    assert_eq!(orders(&alone).await, set(&["order-0001", "order-0002"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_books_are_not_begun_anew_unless_the_owner_says_so() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    buy(&house, now_s(), &["order-0001"]).await;
    stop(daemon);
    let whole = std::fs::read(books(&house)).unwrap();
    let mut daemon = house.start();
    buy(&house, now_s() + 10, &["order-0002"]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    daemon.kill();
    let log = house.state().join("homepay.db-wal");
    let (killed, killed_log) =
        (std::fs::read(books(&house)).unwrap(), std::fs::read(&log).unwrap());
    let put = |file: Option<&[u8]>, wal: Option<&[u8]>| {
        for (path, content) in [(books(&house), file), (log.clone(), wal)] {
            match content {
                Some(bytes) => std::fs::write(path, bytes).unwrap(),
                None => drop(std::fs::remove_file(path)),
            }
        }
        let _none = std::fs::remove_file(house.state().join("homepay.db-shm"));
    };
    for (what, file, wal) in [
        ("missing", None, None),
        ("missing beside its log", None, Some(&killed_log[..])),
        ("empty", Some(&[][..]), None),
        ("one byte", Some(&b"x"[..]), None),
        (
            "no books",
            Some(&b"not a database, and long enough to be looked at, twice over"[..]),
            None,
        ),
        ("without its log", Some(&killed[..]), None),
        ("older", Some(&whole[..]), None),
    ] {
        put(file, wal);
        let (code, said) = refused(&house);
        assert_ne!(code, 0, "{what}");
        assert!(said.contains("--new-books") && said.contains("backup restore"), "{what}: {said}");
        let left = std::fs::read(books(&house)).ok();
        assert_eq!(left.as_deref(), file, "{what}: what is there stays as it is");
    }
    put(Some(&killed), Some(&killed_log));
    let daemon = house.start();
    stop(daemon);
    assert_eq!(orders(&books(&house)).await, set(&["order-0001", "order-0002"]));
    let (code, said) = house.says(&["run", "--new-books"]);
    assert_eq!(code, 1, "whole books are not begun anew by habit: {said}");
    put(None, None);
    let _daemon = house.start_with(&["run", "--new-books"]);
    let (_, alerts) = house.command(&["alert", "list"]);
    let kinds = alerts["alerts"].to_string();
    assert!(kinds.contains("books_begun"), "{alerts}");
    let (_, entries) = house.command(&["journal", "show"]);
    assert!(entries.to_string().contains("books_begun"), "{entries}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_and_its_undoing_lose_nothing() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    buy(&house, now_s(), &["order-0001"]).await;
    let monday = house.dir.path().join("monday.db");
    let monday_text = monday.display().to_string();
    assert_eq!(house.command(&["backup", "create", &monday_text]).0, 0);
    buy(&house, now_s() + 10, &["order-0002", "order-0003"]).await;
    let (code, refused) = house.command(&["backup", "restore", &monday_text]);
    assert_eq!(code, 1, "a daemon has them open: {refused}");
    stop(daemon);
    let bytes = std::fs::read(&monday).unwrap();
    let restore = |from: &Path| {
        let (code, said) = house.command(&["backup", "restore", &from.display().to_string()]);
        assert_eq!(code, 0, "{said}");
        PathBuf::from(said["kept"].as_str().unwrap())
    };
    let day = restore(&monday);
    let day = house.dir.path().join(day);
    assert_eq!(std::fs::read(&monday).unwrap(), bytes, "the backup is only read");
    assert_eq!(orders(&books(&house)).await, set(&["order-0001"]));
    let day_bytes = std::fs::read(&day).unwrap();
    let second = house.dir.path().join(restore(&day));
    assert_ne!(second, day, "no name is used twice");
    assert_eq!(std::fs::read(&day).unwrap(), day_bytes);
    let all = set(&["order-0001", "order-0002", "order-0003"]);
    assert_eq!(orders(&books(&house)).await, all);
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(books(&house)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let _daemon = house.start();
    buy(&house, now_s() + 20, &["order-0004"]).await;
    assert_eq!(house.command(&["journal", "verify"]).0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_with_its_log_and_failures_leave_the_books() {
    let house = House::new(None, false, LIMITS);
    let mut daemon = house.start();
    buy(&house, now_s(), &["order-0001", "order-0002"]).await;
    daemon.kill();
    let copy = house.dir.path().join("copy.db");
    for ending in ["", "-wal"] {
        let from = format!("{}{ending}", books(&house).display());
        std::fs::copy(from, format!("{}{ending}", copy.display())).unwrap();
    }
    let daemon = house.start();
    buy(&house, now_s() + 10, &["order-0003"]).await;
    stop(daemon);
    let before = std::fs::read(books(&house)).unwrap();
    let link = house.dir.path().join("link.db");
    std::fs::hard_link(books(&house), &link).unwrap();
    for itself in [books(&house), link] {
        let (code, said) = house.command(&["backup", "restore", &itself.display().to_string()]);
        assert_eq!(code, 1, "{said}");
        assert!(said.to_string().contains("the books themselves"), "{said}");
    }
    // No file may grow beyond 16 KiB: as on a full disk.
    let full = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" backup restore \"$1\"", HOMEPAY])
        .arg(&copy)
        .current_dir(house.dir.path())
        .output()
        .unwrap();
    assert!(!full.status.success(), "the disk was to be full");
    assert_eq!(std::fs::read(books(&house)).unwrap(), before, "the books stand as before");
    let (code, said) = house.command(&["backup", "restore", &copy.display().to_string()]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(orders(&books(&house)).await, set(&["order-0001", "order-0002"]), "with its log");
    let names = std::fs::read_dir(house.state()).unwrap().flatten();
    let left: Vec<_> =
        names.filter(|n| n.file_name().to_string_lossy().contains("restoring")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_that_another_hand_changed_are_told_while_the_daemon_runs() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    buy(&house, now_s(), &["order-0001"]).await;
    stop(daemon);
    let raised = "update limits set doc = replace(doc, '30000', '3000000')";
    crate::support::execute(&books(&house), raised).await;
    assert_eq!(house.command(&["journal", "verify"]).0, 1);
    let _daemon = house.start();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, alerts) = house.command(&["alert", "list"]);
        if alerts.to_string().contains("books_unsound") {
            break;
        }
        assert!(Instant::now() < until, "nobody is told: {}", house.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (_, report) = house.command(&["report"]);
    assert_eq!(report["health"]["books"]["sound"], false, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_books_say_what_the_wallet_paid_and_they_do_not_know() {
    let house = House::new(None, true, LIMITS);
    let _wallet = house.start_wallet();
    let daemon = house.start();
    buy(&house, now_s(), &["order-0001"]).await;
    stop(daemon);
    for file in ["homepay.db", "homepay.db-wal", "homepay.db-shm"] {
        drop(std::fs::remove_file(house.state().join(file)));
    }
    let _daemon = house.start_with(&["run", "--new-books"]);
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        let (_, alerts) = house.command(&["alert", "list"]);
        if alerts.to_string().contains("payments_unknown") {
            break;
        }
        assert!(std::time::Instant::now() < until, "{alerts}\n{}", house.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (code, lines) = house.command(&["wallet", "reconcile"]);
    assert_eq!(code, 1, "{lines}");
    assert!(lines.to_string().contains("order-0001"), "which one is named: {lines}");
}
