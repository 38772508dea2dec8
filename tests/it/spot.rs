//! Market prices: told on a topic or fetched, kept for ever, corrected, and missed where they are
//! missing.

use crate::mosquitto::Mosquitto;
use crate::serve::house::{House, now_s};
use homepay_domain::bill::Billing;
use homepay_domain::decide::decide;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::facts::needs;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::tariff::{Slot, SlotUse, SpotPrices};
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use homepay_ports::{EncodedEffects, Store};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::{Opened, SqliteStore};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long prices may take from their source to the books.
const WAIT: Duration = Duration::from_secs(20);

const MARKET: &str = r#"
[[tariffs]]
id = "power"
utility = "electricity"
file = "spot.toml"
text = '''
id = "spot"
name = { zh-CN = "现货", en = "Market price" }
utility = "electricity"
currency = "CNY"
zone = "Asia/Shanghai"

[spot]
source = "market"
slot_minutes = 60
add = { all = "0.10" }

[[versions]]
source = "made up"
'''
[[devices]]
id = "meter"
kind = "meter"
name = "Meter"
profile = "generic-json"
topic = "a/meter"
tariff = "power"
"#;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn at(text: &str) -> UnixMs {
    UnixMs(format!("{text}+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn hour(begin: &str, price: i64) -> SpotPrices {
    let mut prices = SpotPrices::default();
    prices.put(Slot::of(at(begin)), 4, Decimal::new(price, 2));
    prices
}

async fn happens(store: &mut SqliteStore, event: &Event, now: UnixMs) {
    let needs = needs(event);
    store.begin(std::slice::from_ref(&needs), now).await.unwrap();
    let decision = decide(&store.facts(&needs, 47), event, now);
    store.write("test", &decision, EncodedEffects::default());
    store.commit().await.unwrap();
}

#[tokio::test]
async fn prices_are_kept_corrections_too_and_one_that_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("homepay.db");
    let home = Home {
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    };
    let text = format!("{MARKET}[[spot_prices]]\nid = \"market\"\ntopic = \"prices/market\"\n");
    let house = read_household(&text, "test", &home, &|_| Err("none".to_owned())).unwrap();
    let opened = Opened { path: Some(path.clone()), home };
    let mut store = SqliteStore::open(&opened).await.unwrap();
    let now = at("2026-11-22T09:00:00");
    let apply = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: OwnerCommand::Apply(Box::new(house)),
    };
    happens(&mut store, &apply, now).await;
    let told = |begin, price| Event::PricesReceived {
        source: name("market"),
        prices: hour(begin, price),
        retained: false,
        doubts: Vec::new(),
    };
    happens(&mut store, &told("2026-11-22T10:00:00", 50), now).await;
    happens(&mut store, &told("2026-11-22T11:00:00", -20), now).await;
    happens(&mut store, &told("2026-11-22T10:00:00", 50), now.plus_s(1)).await;
    happens(&mut store, &told("2026-11-22T10:00:00", 60), now.plus_s(2)).await;
    // A list that the broker kept from before the correction corrects nothing, and tells what is new.
    let mut older = hour("2026-11-22T10:00:00", 50);
    older.0.extend(hour("2026-11-22T13:00:00", 70).0);
    let older = Event::PricesReceived {
        source: name("market"),
        prices: older,
        retained: true,
        doubts: Vec::new(),
    };
    let Event::PricesReceived { source, prices, .. } = &older else { unreachable!() };
    let passed = homepay_domain::decide::passed_over(store.book(), source, prices, now);
    assert_eq!(passed, 4, "the hour with another price is passed over, and that is said");
    happens(&mut store, &older, now.plus_s(3)).await;
    store.close().await.unwrap();

    let mut store = crate::support::open_again(&opened).await;
    let reader = Reader::open(&path).await.unwrap();
    let mut book = store.book().clone();
    let known = book.usage.spot("market").unwrap().clone();
    assert_eq!(known.0.len(), 12, "after a restart, too");
    assert_eq!(known.price(Slot::of(at("2026-11-22T10:15:00")), 60), Some(Decimal::new(60, 2)));
    let all = reader.usage(at("2026-11-22T00:00:00"), at("2026-11-23T00:00:00")).await.unwrap();
    assert_eq!(all.spot("market"), Some(&known), "readers see the same");
    let kept = sqlx::query_scalar::<_, i64>("select count(*) from spot_prices")
        .fetch_one(&sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, 16, "the price that was corrected is kept, what was told twice is not");

    let used =
        |begin: &str| SlotUse { slot: Slot::of(at(begin)), micro: 1_000_000, ..SlotUse::default() };
    let energy = Quantity::Energy;
    book.usage.add(
        &name("meter"),
        energy,
        &[used("2026-11-22T10:30:00"), used("2026-11-22T11:30:00")],
    );
    let days = (jiff::civil::date(2026, 11, 22), jiff::civil::date(2026, 11, 23));
    let tariff = book.household.tariffs.get_key_value(&name("power")).unwrap();
    let bill = Billing::of(&book).bill(tariff, days).unwrap();
    assert_eq!(bill.exact, Decimal::new(60, 2), "0.60 + 0.10, and -0.20 + 0.10");
    book.usage.add(&name("meter"), energy, &[used("2026-11-22T12:00:00")]);
    let tariff = book.household.tariffs.get_key_value(&name("power")).unwrap();
    let missing = Billing::of(&book).bill(tariff, days).unwrap_err().to_string();
    assert!(missing.contains("market price of market is missing"), "{missing}");
    assert!(missing.contains("2026-11-22T12:00:00+08:00"), "{missing}");
    let _ended = store.commit().await;
}

/// A server that is down at first, and then has prices.
fn server(list: String, asked: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _read = stream.read(&mut [0; 4_096]);
            let head = match asked.fetch_add(1, Ordering::Relaxed) {
                0 => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".to_owned(),
                _ => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{list}", list.len()),
            };
            let _sent = stream.write_all(head.as_bytes());
        }
    });
    port
}

/// Prices of today and tomorrow, an hour each.
fn list(price: &str) -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let now = UnixMs(now_s() * 1_000).in_zone(&zone);
    let today = now.start_of_day().unwrap().timestamp().as_second();
    let rows: Vec<Value> = (0..48)
        .map(|hour| {
            let start = UnixMs((today + hour * 3_600) * 1_000).rfc3339(&zone);
            json!({"start": start, "value": price})
        })
        .collect();
    json!({"unit": "CNY/MWh", "prices": rows}).to_string()
}

fn unit_price(house: &House, list: &str) -> Option<String> {
    let (_, told) = house.command(&["tariff", "prices", list]);
    let prices = told["lists"][0]["prices"].as_array()?;
    let now = prices.iter().find(|price| price["now"] == true)?;
    now["unit_price"].as_str().or(now["price"].as_str()).map(str::to_owned)
}

fn waits_for(house: &House, list: &str, wanted: &str) {
    let until = Instant::now() + WAIT;
    while unit_price(house, list).as_deref() != Some(wanted) {
        assert!(Instant::now() < until, "{:?}\n{}", unit_price(house, list), house.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_come_from_a_server_that_was_down_from_a_file_and_from_a_topic() {
    let mosquitto = Mosquitto::start("");
    let asked = Arc::new(AtomicUsize::new(0));
    let port = server(list("400"), asked.clone());
    let sources = format!(
        "{MARKET}[[spot_prices]]\nid = \"market\"\nurl = \"http://127.0.0.1:{port}/today.json\"\n\
         [[spot_prices]]\nid = \"topic\"\ntopic = \"prices/topic\"\n\
         [[spot_prices]]\nid = \"file\"\nfile = \"day-ahead.json\"\n"
    );
    let house = House::new(Some(mosquitto.port), false, &sources);
    std::fs::create_dir_all(house.state()).unwrap();
    std::fs::write(house.state().join("day-ahead.json"), list("200")).unwrap();
    let daemon = house.start();
    let broker = mosquitto.port.to_string();
    let payload = list("300");
    let arguments = ["-p", &broker, "-r", "-t", "prices/topic", "-m", &payload];
    assert!(Command::new("mosquitto_pub").args(arguments).status().unwrap().success());
    waits_for(&house, "topic", "0.3");
    waits_for(&house, "file", "0.2");
    // The first answer was 503: it is asked again after a while.
    waits_for(&house, "market", "0.5");
    assert!(asked.load(Ordering::Relaxed) >= 2);
    drop(daemon);
    let _daemon = house.start();
    waits_for(&house, "market", "0.5");
    let (code, told) = house.command(&["tariff", "prices", "nobody"]);
    assert!(
        code == 2 && told["stderr"].as_str().unwrap().contains("file, market, topic"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_source_is_named_and_a_suppliers_file_is_a_devices_past() {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let now = UnixMs(now_s() * 1_000).in_zone(&zone);
    let today = now.start_of_day().unwrap().timestamp().as_second();
    let rates: Vec<Value> = (0..24)
        .map(|hour| {
            let time = |of: i64| UnixMs((today + of * 3_600) * 1_000).rfc3339(&zone);
            json!({"start": time(hour), "end": time(hour + 1), "value": 0.2871})
        })
        .collect();
    let port = server(json!({"result": {"rates": rates}}).to_string(), Arc::default());
    let source = format!(
        "{MARKET}[[spot_prices]]\nid = \"market\"\nsource = \"evcc\"\n\
         url = \"http://127.0.0.1:{port}/\"\ntax = \"in\"\n"
    );
    let house = House::new(None, false, &source);
    let _daemon = house.start();
    waits_for(&house, "market", "0.3871");
    let (code, exported) = house.command(&["export", "--out", "exported.toml"]);
    assert_eq!(code, 0, "{exported}");
    let (code, same) = house.command(&["apply", "exported.toml", "--dry-run"]);
    assert_eq!(code, 0, "{same}");

    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/usages/octopus/answer.json");
    let (code, shown) = house.command(&["usage", "import", "meter", file, "--dry-run"]);
    assert_eq!(
        (code, &shown["source"], &shown["in_file"]),
        (0, &json!("octopus"), &json!("0.134"))
    );
    let (code, told) = house.command(&["usage", "import", "meter", file]);
    assert_eq!((code, &told["added"], &told["kept"]), (0, &json!("0.134"), &json!(0)), "{told}");
    let (_, again) = house.command(&["usage", "import", "meter", file]);
    assert_eq!((&again["added"], &again["kept"]), (&json!("0"), &json!(4)), "{again}");
    let (_, usage) = house.command(&["usage", "--device", "meter", "--period", "2025-06"]);
    assert_eq!(usage["usage"][0]["used"], "0.134", "{usage}");
    let (code, refused) = house.command(&["usage", "import", "nobody", file]);
    assert_eq!(code, 1, "{refused}");
    // A portal's table in Latin-1, with a decimal comma; what it leaves open is asked.
    let table = "Z\u{e4}hlpunkt;DE1\nDatum;Uhrzeit;Verbrauch (kWh)\n05/07/2025;00:00;0,5\n\
        05/07/2025;00:15;0,25\n";
    let latin: Vec<u8> = table.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let file = house.state().join("portal.csv");
    std::fs::write(&file, latin).unwrap();
    let import = ["usage", "import", "meter", file.to_str().unwrap()];
    let (code, asked) = house.command(&import);
    assert!(code == 2 && asked["stderr"].as_str().unwrap().contains("--dates dmy"), "{asked}");
    let dated = [&import[..], &["--dates", "dmy"]].concat();
    let (code, told) = house.command(&dated);
    assert_eq!((code, &told["source"], &told["added"]), (0, &json!("utility-csv"), &json!("0.75")));
    let (_, again) = house.command(&dated);
    assert_eq!((&again["added"], &again["kept"]), (&json!("0"), &json!(2)), "{again}");
    let correct = [
        "usage",
        "correct",
        "meter",
        "--from",
        "2025-06-01T07:30",
        "--to",
        "2025-06-01T08:30",
        "--used",
        "1.5",
        "--why",
        "the supplier's letter",
        "--dry-run",
    ];
    let (code, told) = house.command(&correct);
    assert_eq!((code, &told["was"], &told["used"]), (0, &json!("0.134"), &json!("1.5")), "{told}");
    let (_, usage) = house.command(&["usage", "--device", "meter", "--period", "2025-06"]);
    assert_eq!(usage["usage"][0]["used"], "0.134", "a dry run changes nothing: {usage}");
}
