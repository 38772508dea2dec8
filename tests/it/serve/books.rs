//! A household's books in other programs: beancount and ofxtools by `$HOMEPAY_TEST_PYTHON`
//! (default `python3`), hledger by its own program. A missing one fails the test.

use super::house::{HOMEPAY, House, now_s};
use crate::schemas::fits;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

const HOUSE: &str = r#"
[[catalog]]
sku = "card"
name = '点卡 "50" ; | = \ <&>'
price = "0.35"
category = "video-games"
payee = "shop"
[[catalog]]
sku = "rice"
name = "大米"
price = "9.00"
category = "grocery"
payee = "shop"
capture = "on_fulfilment"
[[budgets]]
category = "phone"
period = "month"
amount = "15.00"
[[limits]]
id = "home-month"
scope = { home = true }
period = "month"
amount = "300.00"
"#;

type Moved = BTreeMap<String, Decimal>;

/// An export as its bytes.
fn export(house: &House, arguments: &[&str]) -> String {
    let done = Command::new(HOMEPAY)
        .arg("statement")
        .args(arguments)
        .current_dir(house.dir.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// What an outside program reads of it; it must find no fault.
fn read(house: &House, format: &str, text: &str) -> Moved {
    let path = house.dir.path().join(format!("export.{format}"));
    std::fs::write(&path, text).unwrap();
    if format == "hledger" {
        return read_by_hledger(&path);
    }
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer_books.py");
    let output = Command::new(&python).args([script, format]).arg(&path).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pip install beancount ofxtools? {complaint}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["faults"], json!([]), "{format}: {text}");
    let moved = told["moved"].as_object().unwrap();
    moved.iter().map(|(id, amount)| (id.clone(), exact(amount.as_str().unwrap()))).collect()
}

fn exact(text: &str) -> Decimal {
    text.parse::<Decimal>().unwrap().normalize()
}

fn read_by_hledger(path: &std::path::Path) -> Moved {
    let hledger = |arguments: &[&str]| {
        // Without a locale of UTF-8 it reads no Chinese.
        let done = Command::new("hledger")
            .env("LC_ALL", "C.UTF-8")
            .arg("-f")
            .arg(path)
            .args(arguments)
            .output()
            .expect("apt install hledger");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    hledger(&["check", "--strict"]);
    let ids = hledger(&["tags", "homepay-id", "--values"]);
    let moved = |id: &str| {
        let tag = format!("tag:homepay-id=^{id}$");
        let total = hledger(&["balance", "Expenses", &tag, "--depth", "1", "-N"]);
        exact(total.split_whitespace().next().unwrap_or("0"))
    };
    ids.lines().map(|id| (id.to_owned(), moved(id))).collect()
}

fn wait(house: &House, order: &str, state: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, told) = house.command(&["order", "show", order]);
        if told["state"] == state {
            return;
        }
        assert!(Instant::now() < until, "{order} is not {state}: {told}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Orders, one given back in part, one twice and in full, one that is held.
async fn lives(house: &House) {
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    for (id, items) in [
        ("books-0001", json!([{"sku": "water", "quantity": "3"}])),
        (
            "books-0002",
            json!([{"sku": "water", "quantity": "1"}, {"sku": "card", "quantity": "3"}]),
        ),
        ("books-0003", json!([{"sku": "card", "quantity": "1"}])),
        ("books-0004", json!([{"sku": "rice", "quantity": "1"}])),
    ] {
        let body = json!({"order_id": id, "items": items, "member": "mum"});
        let signed = kitchen.sign("order", &body, now_s(), None);
        kitchen.send(&signed).await.unwrap();
        wait(house, id, if id == "books-0004" { "approved" } else { "settled" });
    }
    let today = now_s();
    let today = jiff::Timestamp::from_second(today).unwrap();
    let today = today.in_tz("Asia/Shanghai").unwrap().date().to_string();
    let bill = ["--payee", "shop", "--category", "phone", "--amount", "20.00", "--due", &today];
    let bill = [&["bill", "add", "--id", "phone-11", "--note", "话费"], &bill[..]].concat();
    assert_eq!(house.command(&bill).0, 0);
    assert_eq!(house.command(&bill).0, 0, "the same bill again is nothing new");
    wait(house, "bill.phone-11.1", "settled");
    let (_, bills) = house.command(&["bill", "list"]);
    let bill = &bills["bills"][0];
    assert_eq!(bill["stage"], "paid");
    let receipt = bill["receipt"].as_str().unwrap();
    assert!(receipt.starts_with("bill.phone-11.1-"), "the payment's id: {receipt}");
    let (code, told) = house.command(&["bill", "pay", "phone-11"]);
    assert_eq!(code, 1, "paid once: {told}");
    for (id, amount, state) in [
        ("books-0002", "1.00", "partially_refunded"),
        ("books-0003", "0.15", "partially_refunded"),
        ("books-0003", "0.20", "refunded"),
    ] {
        let said = house.says(&["order", "refund", id, "--amount", amount]);
        assert_eq!(said, (0, format!("{id} refunding {amount} CNY\n")));
        wait(house, id, state);
    }
    let (code, said) = house.says(&["order", "refund", "books-0003"]);
    assert_eq!(code, 1);
    assert!(said.contains("books-0003 is not paid: it is refunded"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_books_accept_ours_and_a_second_import_adds_nothing() {
    let house = House::new(None, false, HOUSE);
    let daemon = house.start();
    lives(&house).await;
    let want: Moved = [
        ("books-0001", "3"),
        ("books-0002", "2.05"),
        ("books-0002-r1", "-1"),
        ("books-0003", "0.35"),
        ("books-0003-r1", "-0.15"),
        ("books-0003-r2", "-0.2"),
        ("bill.phone-11.1", "20"),
    ]
    .map(|(id, amount)| (id.to_owned(), exact(amount)))
    .into();
    let year = ["--from", "2026-01-01", "--to", "2100-01-01"];
    for format in ["beancount", "hledger", "csv", "ofx"] {
        let of = |days: &[&str]| export(&house, &[&["--format", format], days].concat());
        let text = of(&year);
        assert_eq!(text, of(&year), "{format}: the same days give the same bytes");
        let moved = read(&house, format, &text);
        assert_eq!(moved, want, "{format}");
        // Of two exports that overlap the second adds nothing that the first has.
        let mut both = read(&house, format, &of(&["--from", "2026-01-01", "--to", "2099-12-31"]));
        for (id, amount) in
            read(&house, format, &of(&["--from", "2026-02-01", "--to", "2100-01-01"]))
        {
            assert!(both.insert(id.clone(), amount).is_none_or(|first| first == amount), "{id}");
        }
        assert_eq!(both, want, "{format}");
        if format == "beancount" {
            // A second file of one ledger opens what was never used before it, and no more.
            let new = of(&["--from", "2026-02-01", "--to", "2100-01-01", "--no-open"]);
            assert_eq!(read(&house, format, &new), want, "{new}");
            let later = of(&["--from", "2099-12-31", "--to", "2100-01-01", "--no-open"]);
            assert!(!later.contains(" open "), "{later}");
            assert_eq!(read(&house, format, &format!("{new}{later}")), want);
        }
        let none = of(&["--year", "2020"]);
        assert!(read(&house, format, &none).is_empty(), "{format}: {none}");
    }
    drop(daemon);
    let (code, told) = house.command(&["statement", "--from", year[1], "--to", year[3]]);
    assert_eq!(code, 0, "with the daemon off: {told}");
    assert!(fits("statement", &told), "{told}");
    let sums = ["opening", "paid", "returned", "net", "closing"].map(|sum| &told[sum]);
    assert_eq!(sums, ["0.00", "25.40", "1.35", "24.05", "24.05"], "{told}");
    assert_eq!(told["held"]["amount"], "9.00", "held and not moved: {told}");
    let totals: Vec<(&str, &str)> = told["totals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["id"].as_str().unwrap(), t["net"].as_str().unwrap()))
        .collect();
    // Of the 1.00 that came back of 1.00 + 1.05, 0.49 were for water.
    let want = [("grocery", "3.51"), ("phone", "20.00"), ("video-games", "0.54")];
    assert_eq!(totals, want, "{told}");
    let (code, budgets) = house.command(&["budget", "list"]);
    assert!(code == 0 && fits("budgets", &budgets), "{budgets}");
    assert_eq!(budgets["budgets"][0]["left"], "-5.00", "it shows, and refused nothing: {budgets}");
    let (_, later) = house.command(&["statement", "--from", "2099-12-31", "--to", "2100-01-01"]);
    assert_eq!((&later["opening"], &later["net"]), (&json!("24.05"), &json!("0.00")), "{later}");
    for by in ["device", "member", "payee"] {
        let (_, told) = house.command(&["statement", "--by", by, "--year", "2020"]);
        assert_eq!(told["by"], by);
    }
    let (code, told) = house.command(&["statement", "--month", "November"]);
    assert_eq!(code, 2, "{told}");
}
