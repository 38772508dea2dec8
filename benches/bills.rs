//! A year of a hundred devices that are read every ten seconds: what the books take, and what a
//! bill, the price now and the live state cost: `cargo bench --bench bills`. `HOMEPAY_BENCH_ASSERT=1`
//! exits with 1 when a figure misses its target.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends where something is wrong, and prints figures"
)]

use homepay_domain::bill::Billing;
use homepay_domain::book::Book;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::live::Live;
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::tariff::{Slot, SlotUse};
use homepay_domain::time::UnixMs;
use homepay_domain::usage::UtcDay;
use homepay_domain::usage::packed::PackedDay;
use homepay_files::household::read_household;
use homepay_store::sqlite::{Opened, SqliteStore};
use jiff::civil::date;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const DEVICES: usize = 100;
const DAYS: i64 = 365;
/// How long readings are kept one by one, and how often a device is read, in seconds.
const RAW_S: i64 = 2 * 86_400;
const EVERY_S: i64 = 10;
/// Raw rows a statement.
const ROWS: usize = 500;
const ROUNDS: usize = 21;

fn device(index: usize) -> Name {
    let text = if index == 0 { "main".to_owned() } else { format!("plug-{index:03}") };
    Name::parse(&text).unwrap()
}

fn home() -> Home {
    Home {
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    }
}

/// A home on the Shanghai tariff with a year of use until some minutes past noon.
fn book(now: UnixMs) -> Book {
    let mut text = String::from(
        "[[tariffs]]\nid = \"power\"\nutility = \"electricity\"\n\
         file = \"tariffs/cn/shanghai-tou.toml\"\n",
    );
    for index in 0..DEVICES {
        let (id, kind) = (device(index), if index == 0 { "meter" } else { "appliance" });
        let _ = write!(
            text,
            "[[devices]]\nid = \"{id}\"\nkind = \"{kind}\"\nname = \"{id}\"\n\
             profile = \"generic-json\"\ntopic = \"home/{id}\"\ntariff = \"power\"\n"
        );
    }
    let home = home();
    let none = |_: &str| Err("none".to_owned());
    let household = read_household(&text, "bench", &home, &none).unwrap();
    let mut book = Book::new(home);
    book.household = household.into();
    let (first, last) = (Slot::of(now).plus(-96 * DAYS), Slot::of(now));
    let mut rng = SmallRng::seed_from_u64(1);
    for index in 0..DEVICES {
        let most = if index == 0 { 900_000 } else { 9_000 };
        let slots: Vec<SlotUse> = (first.0..=last.0)
            .flat_map(|slot| {
                // Some plugs rest at night, none is at rest all day.
                let rests = index % 3 == 1 && slot / 24 % 4 == 0;
                let micro = if rests { 0 } else { rng.random_range(most / 9..most) };
                let whole = SlotUse { slot: Slot(slot), micro, ..SlotUse::default() };
                // Four slots of each day are divided, as where windows begin at 22:38 or 01:34.
                let divided = [6, 30, 54, 90].contains(&(slot % 96));
                let part = SlotUse { minute: 8, ..whole };
                std::iter::once(whole).chain(divided.then_some(part))
            })
            .collect();
        book.usage.add(&device(index), Quantity::Energy, &slots);
    }
    book
}

/// The books of that year on disk, in MB.
async fn on_disk(file: &Path, book: &Book, now: UnixMs) -> f64 {
    let opened = Opened { path: Some(file.to_owned()), home: home() };
    SqliteStore::open(&opened).await.unwrap().close().await.unwrap();
    let url = format!("sqlite:{}", file.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("begin").execute(&mut conn).await.unwrap();
    for ((device, quantity), days) in book.usage.all() {
        for (UtcDay(day), packed) in days {
            sqlx::query("insert into usage_slots (home, device, quantity, day, slots) values ('home', ?, ?, ?, ?)")
                .bind(device.as_str())
                .bind(quantity.as_str())
                .bind(day)
                .bind(packed.bytes())
                .execute(&mut conn)
                .await
                .unwrap();
        }
    }
    let mut rows = Vec::with_capacity(ROWS);
    for step in 0..RAW_S / EVERY_S {
        let at = now.plus_s(step * EVERY_S - RAW_S).0;
        for index in 0..DEVICES {
            rows.push(format!("('home','{}','energy',{at},{})", device(index), step * 4_321));
        }
        if rows.len() >= ROWS || step + 1 == RAW_S / EVERY_S {
            let sql = format!(
                "insert into readings (home, device, quantity, at_ms, micro) values {}",
                rows.join(",")
            );
            sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
            rows.clear();
        }
    }
    sqlx::query("commit").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    std::fs::metadata(file).unwrap().len() as f64 / 1e6
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut spent: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    spent.sort_unstable();
    spent[ROUNDS / 2]
}

fn main() {
    let now = midnight(date(2026, 11, 22), &home().zone).plus_s(45_000);
    let mut book = book(now);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mb = runtime.block_on(on_disk(&dir.path().join("homepay.db"), &book, now));
    println!("a year of {DEVICES} devices every {EVERY_S} s: {mb:.0} MB (target 400)");
    let days = book.usage.all().flat_map(|(_, days)| days.values());
    let each = std::mem::size_of::<(UtcDay, PackedDay)>();
    let memory_mb = days.map(|day| day.bytes().len() + each).sum::<usize>() as f64 / 1e6;
    println!("the same in memory: {memory_mb:.1} MB (target 25)");

    let power = Name::parse("power").unwrap();
    let tariff = book.household.tariffs[&power].clone();
    let month = (date(2026, 10, 1), date(2026, 11, 1));
    let bill = median(|| {
        Billing::of(&book).bill((&power, &tariff), month).unwrap();
    });
    println!("the home's bill of a month: {:.1} ms (target 50)", ms(bill));

    let mut live = Live::default();
    let began = Instant::now();
    live.look(&book, now);
    println!("all costs and the outlook after a start: {:.1} ms", ms(began.elapsed()));
    let mut spent = Vec::new();
    for step in 0..ROUNDS {
        let used = SlotUse { slot: Slot::of(now), micro: 1_000, ..SlotUse::default() };
        book.usage.add(&device(step % DEVICES), Quantity::Energy, &[used]);
        let began = Instant::now();
        live.look(&book, now);
        spent.push(began.elapsed());
    }
    spent.sort_unstable();
    let reading = spent[ROUNDS / 2];
    println!("all {DEVICES} devices' costs after a reading: {:.2} ms (target 1)", ms(reading));
    let price = median(|| {
        Billing::of(&book).price_now((&power, &tariff), now).unwrap();
    });
    println!("the price now: {:.2} ms", ms(price));
    let tomorrow = midnight(plus_days(date(2026, 11, 22), 1), &book.home.zone).plus_s(60);
    let began = Instant::now();
    live.look(&book, tomorrow);
    println!("the same at the day's first look: {:.1} ms", ms(began.elapsed()));
    if std::env::var_os("HOMEPAY_BENCH_ASSERT").is_some() {
        assert!(mb <= 400.0 && memory_mb <= 25.0, "a target is missed");
        assert!(ms(bill) <= 50.0 && ms(reading) <= 1.0, "a target is missed");
    }
}

fn ms(spent: Duration) -> f64 {
    spent.as_secs_f64() * 1e3
}
