//! Books that released versions wrote are read, restored and gone on with.

use super::house::House;
use super::owner::LIMITS;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// The books of homepay 0.1.0: tests/cases/books/README.md says what is in them.
fn books_of_0_1_0(house: &House) -> PathBuf {
    let packed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/books/0.1.0.db.gz");
    let unpacked = Command::new("gzip").args(["-dc", packed]).output().unwrap();
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    let file = house.dir.path().join("0.1.0.db");
    std::fs::write(&file, unpacked.stdout).unwrap();
    file
}

fn limits(house: &House) -> Vec<(String, i64)> {
    let (code, listed) = house.command(&["limit", "list"]);
    assert_eq!(code, 0, "{listed}");
    let all = listed["limits"].as_array().unwrap().iter();
    all.map(|limit| (text(&limit["id"]), limit["version"].as_i64().unwrap())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_of_0_1_0_are_verified_in_a_copy_restored_and_gone_on_with() {
    let house = House::new(None, false, LIMITS);
    let old = books_of_0_1_0(&house);
    let bytes = std::fs::read(&old).unwrap();
    let name = old.display().to_string();

    let (code, found) = house.command(&["backup", "verify", &name]);
    assert_eq!((code, &found["was_schema"]), (0, &json!(7)), "{found}");
    assert_eq!((&found["entries"], &found["orders"]), (&json!(94), &json!(49)), "{found}");
    let (code, said) = house.says(&["backup", "verify", &name]);
    assert!(code == 0 && said.contains("schema 7, brought forward"), "{said}");
    assert_eq!(std::fs::read(&old).unwrap(), bytes, "a backup is only read");

    let (code, said) = house.command(&["backup", "restore", &name]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::read(&old).unwrap(), bytes, "a backup is only read");
    let beside = std::fs::read_dir(house.state()).unwrap();
    let left: Vec<String> = beside
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|file| file.contains("restoring"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing is left of the copy");

    let _daemon = house.start();
    let (_, listed) = house.command(&["order", "list", "--limit", "1000"]);
    let orders = listed["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 49, "{listed}");
    let count = |state| orders.iter().filter(|order| order["state"] == state).count();
    assert_eq!((count("settled"), count("declined"), count("refunded")), (8, 38, 2), "{listed}");
    let cents = |key: &str| -> i64 {
        let amounts = orders.iter().map(|order| text(&order[key]).replace('.', ""));
        amounts.map(|amount| amount.parse::<i64>().unwrap_or(0)).sum()
    };
    assert_eq!((cents("captured"), cents("refunded")), (35_980, 4_740), "{listed}");
    // Not what is spent of them: their days and months are long over.
    let kept = [("home-month", 1), ("kids-day", 1), ("kids-week", 2), ("kitchen-day", 1)];
    assert_eq!(limits(&house), kept.map(|(id, version)| (id.to_owned(), version)));
    let (_, bills) = house.command(&["bill", "list"]);
    assert!(bills.to_string().contains("corner-shop-2026-11-30"), "{bills}");

    let (code, said) = house.command(&["limit", "set", "home-month", "--amount", "900.00"]);
    assert_eq!(code, 0, "{said}");
    let (code, verified) = house.command(&["journal", "verify"]);
    assert_eq!((code, &verified["ok"]), (0, &json!(true)), "{verified}");
    assert!(verified["entries"].as_i64() > Some(94), "{verified}");
    let (_, shown) = house.command(&["journal", "show", "--limit", "1000"]);
    let entries = shown["entries"].as_array().unwrap();
    let by = |seq: i64| &entries.iter().find(|entry| entry["seq"] == seq).unwrap()["actor"]["by"];
    assert_eq!(by(1), "system", "0.1.0 did not write down who acted");
    let set = entries
        .iter()
        .find(|entry| entry["kind"] == "owner_wished" && entry["seq"].as_i64() > Some(94));
    assert_eq!(set.unwrap()["actor"]["by"], "local_user", "{shown}");
}
