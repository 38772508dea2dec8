//! SQLite: the contract on disk, and what only its files show.

mod windows;

use crate::contract::{self, Books, NOW, asked, asked_for, home, write};
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::facts::needs;
use homepay_domain::ids::Name;
use homepay_domain::limits::Limit;
use homepay_domain::limits::window::Period;
use homepay_domain::meter::Quantity;
use homepay_domain::order::State;
use homepay_domain::time::UnixMs;
use homepay_ports::{Ledger, Outgoing, Store};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use homepay_store::sqlite::{Opened, SqliteStore, migrator};
use rust_decimal::Decimal;
use sqlx::{Connection, SqliteConnection};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn opened(path: &Path, currency: &str) -> Opened {
    Opened { path: Some(path.to_owned()), home: home(currency) }
}

/// Books in a file of their own.
pub struct OnDisk(tempfile::TempDir);

impl OnDisk {
    pub fn path(&self) -> PathBuf {
        self.0.path().join("homepay.db")
    }
}

impl Books for OnDisk {
    type Store = SqliteStore;

    fn new() -> OnDisk {
        OnDisk(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> SqliteStore {
        open(&self.path()).await
    }

    async fn ledger(&self) -> Box<dyn Ledger> {
        Box::new(Reader::open(&self.path()).await.unwrap())
    }
}

crate::store_contract!(on_disk, crate::sqlite_books::OnDisk);

/// Books with a household and one approved order, committed, with their place.
pub async fn filled() -> (OnDisk, PathBuf, SqliteStore) {
    let books = OnDisk::new();
    let store = contract::filled(&books).await;
    let path = books.path();
    (books, path, store)
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(&opened(path, "CNY")).await.unwrap()
}

#[tokio::test]
async fn an_order_that_ends_as_it_is_asked_is_told_by_the_journal_alone() {
    let (_dir, path, mut store) = filled().await;
    let event = asked_for("order-0002", 2, Decimal::TEN);
    let wanted = needs(&event);
    write(&mut store, &event).await;
    let told = store.facts(&wanted, 47).order.expect("known in its own turn");
    assert!(told.reason.is_some() && told.lines.len() == 1, "{told:?}");
    store.commit().await.unwrap();
    drop(store);
    let mut store = open(&path).await;
    store.begin(std::slice::from_ref(&wanted), NOW).await.unwrap();
    assert_eq!(store.facts(&wanted, 47).order.as_ref(), Some(&told));
    store.abandon().await.unwrap();
    let reader = Reader::open(&path).await.unwrap();
    assert_eq!(reader.order("order-0002").await.unwrap().as_ref(), Some(&told));
    assert!(reader.orders(Some(State::Declined), 9).await.unwrap().contains(&told));
    let looked = reader.looked("order-0002").await.unwrap();
    assert_eq!(looked.last().unwrap().verdict, "limit_exceeded", "{looked:?}");
    assert!(!reader.looked("order-0001").await.unwrap().is_empty());
    let url = format!("sqlite:{}", path.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    let rows = "select id, doc = '' and looked is null and entry is not null from orders";
    let rows: Vec<(String, bool)> = sqlx::query_as(rows).fetch_all(&mut conn).await.unwrap();
    let once = rows.iter().filter(|row| row.1).map(|row| row.0.as_str()).collect::<Vec<_>>();
    assert_eq!((rows.len(), once), (2, vec!["order-0002"]));
}

#[tokio::test]
async fn books_of_the_first_schema_are_brought_forward() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("homepay.db");
    let mut old = migrator();
    old.migrations = old.migrations.iter().take(1).cloned().collect();
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    old.run(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    for sql in [
        "insert into meta values ('home', 'seen_ms', '1795300000000')",
        "insert into meters values ('home', 'tap', 'water', \
         '{\"last\":{\"at\":1795300000000,\"micro\":5000000},\"aside\":null}')",
        "insert into usage_days values ('home', 'tap', 'water', '2026-11-21', 7, 0)",
        "insert into orders values ('home', 'order-0001', 'declined', 0, 'kitchen', null, null, \
         null, 100, 0, 0, 1795300000000, 1795300000000, '{}')",
        "insert into judgements values ('home', 'order-0001', '[]')",
        "insert into holds values ('home', 'order-0001', 'day', 1, 'day:2026-11-21', \
         1795300000000, 100, 0, 0, 1)",
        "insert into heard values ('home', 'digest-1', 'order-0002', 1795300000000, 't', x'7361')",
        "insert into outbox (home, id, kind, made_ms, due_ms, topic, payload, retain) values \
         ('home', 7, 'publish', 1, 1, '厨房/reply', x'007b7dff', 1)",
    ] {
        execute(&path, sql).await;
    }
    let mut store = open(&path).await;
    let outbox = store.outbox().await.unwrap();
    let [Outgoing::Publish { id, publication }] = &outbox[..] else { panic!("{outbox:?}") };
    assert_eq!((publication.topic.as_str(), publication.retain), ("厨房/reply", true));
    assert_eq!(publication.payload, [0, b'{', b'}', 255]);
    store.published(*id);
    let again = needs(&asked("order-0002", 1));
    store.begin(std::slice::from_ref(&again), NOW).await.unwrap();
    assert!(store.facts(&again, 47).already_processed, "what was said is still known");
    store.commit().await.unwrap();
    assert!(store.outbox().await.unwrap().is_empty());
    let reader = Reader::open(&path).await.unwrap();
    assert!(reader.looked("order-0001").await.unwrap().is_empty());
    reader.close().await;
    let tap = Name::parse("tap").unwrap();
    let book = store.book();
    let shown = book.meters[&(tap.clone(), Quantity::Water)].last.unwrap();
    assert_eq!(shown.micro, 5_000_000);
    let day = jiff::civil::date(2026, 11, 21);
    let days = (day, jiff::civil::date(2026, 11, 22));
    let used = book.usage.used(&tap, Quantity::Water, &book.home.zone, days);
    assert_eq!(used.total(), 7, "a day's sum is spread over its hours");
    assert!(used.slots().iter().all(|of_slot| of_slot.estimated));
}

#[tokio::test]
async fn when_money_moved_is_found_in_the_journal_of_older_books() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("homepay.db");
    let mut old = migrator();
    old.migrations = old.migrations.iter().take(4).cloned().collect();
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    old.run(&mut conn).await.unwrap();
    let doc = r#"{"id":"order-0001","origin":{"from":"device","device":"kitchen"},"lang":"en",
        "fingerprint":"","state":"refunded","amount":100,"lines":[],"approve_within_s":600,
        "captured":100,"refunded":100,"refunds":2,"returned":[[1,40],[2,60]],"asked_at":1,
        "changed_at":9}"#;
    sqlx::query(
        "insert into orders values ('home', 'order-0001', 'refunded', 0, 'kitchen', null, null, \
         null, 100, 100, 100, 1, 9, ?, null)",
    )
    .bind(doc)
    .execute(&mut conn)
    .await
    .unwrap();
    for (seq, at_ms, moved) in [
        (1, 3, r#""captured":0,"returned":[]"#),
        (2, 5, r#""captured":100,"returned":[]"#),
        (3, 7, r#""captured":100,"returned":[[1,40]]"#),
        (4, 8, r#""captured":100,"returned":[[1,40]]"#),
        (5, 9, r#""captured":100,"returned":[[1,40],[2,60]]"#),
    ] {
        let body =
            format!("[{{\"change\":\"order\",\"order\":{{\"id\":\"order-0001\",{moved}}}}}]");
        sqlx::query("insert into journal values ('home', ?, ?, 'test', ?, '', ?)")
            .bind(seq)
            .bind(at_ms)
            .bind(body)
            .bind(seq.to_string())
            .execute(&mut conn)
            .await
            .unwrap();
    }
    conn.close().await.unwrap();
    drop(open(&path).await);
    let reader = Reader::open(&path).await.unwrap();
    let (orders, before) = reader.moved(UnixMs(0), NOW).await.unwrap();
    let [order] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!(order.captured_at, Some(UnixMs(5)));
    assert_eq!(order.returned_at, [UnixMs(7), UnixMs(9)]);
    assert_eq!(before.0, 0);
}

#[tokio::test]
async fn a_second_writer_a_newer_schema_and_another_currency_are_refused() {
    let (_dir, path, store) = filled().await;
    let refused = |why: &str| {
        let why = why.to_owned();
        move |e: homepay_store::StoreError| assert!(e.to_string().contains(&why), "{e}")
    };
    let second = SqliteStore::open(&opened(&path, "CNY")).await;
    second.map(|_| ()).map_err(refused("one home, one writer")).unwrap_err();
    drop(store);
    let other = SqliteStore::open(&opened(&path, "EUR")).await;
    other.map(|_| ()).map_err(refused("home.currency = \"CNY\"")).unwrap_err();
    execute(&path, "insert into _sqlx_migrations values (99, 'later', '2030-01-01', 1, x'00', 0)")
        .await;
    let newer = SqliteStore::open(&opened(&path, "CNY")).await;
    newer.map(|_| ()).map_err(refused("newer homepay")).unwrap_err();
}

pub async fn execute(path: &Path, sql: &'static str) {
    let url = format!("sqlite:{}", path.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn verify_sees_every_kind_of_tampering() {
    let table = [
        ("update journal set body = replace(body, '2990', '2991') where seq = 2", "was changed"),
        ("update journal set at_ms = at_ms + 1 where seq = 1", "was changed"),
        ("delete from journal where seq = 1", "is missing"),
        ("delete from journal where seq = (select max(seq) from journal)", "ends at entry"),
        ("update uses set held = 0", "the journal gives"),
        ("update holds set held = 1", "is not as journalled"),
        ("update orders set amount = amount + 1", "is not as journalled"),
        ("delete from orders", "is journalled and not in the books"),
    ];
    for (sql, want) in table {
        let (_dir, path, store) = filled().await;
        drop(store);
        let clean = verify(&Reader::snapshot(&path).await.unwrap()).await.unwrap();
        assert!(clean.faults.is_empty(), "{:?}", clean.faults);
        execute(&path, sql).await;
        let found = verify(&Reader::snapshot(&path).await.unwrap()).await.unwrap();
        assert!(found.faults.iter().any(|f| f.contains(want)), "{sql}: {:?}", found.faults);
    }
}

/// What orders took is carried over when a limit comes back, or its period does: the journal tells
/// of the same orders again, and they count once.
#[tokio::test]
async fn verify_counts_what_an_edited_limit_carries_over_once() {
    let (_dir, path, mut store) = filled().await;
    let day = store.book().household.limits.values().next().cloned().unwrap();
    let weekly = Limit { period: Period::Week, ..day.clone() };
    let set = |limit: &Limit| OwnerCommand::SetLimit(Box::new(limit.clone()));
    let new = |id: &str, period| Limit { id: Name::parse(id).unwrap(), period, ..day.clone() };
    let (all, span) = (Period::AllTime, Period::Rolling { span_s: 86_400 });
    let (all, span) = (new("all", all), new("span", span));
    let gone = OwnerCommand::RemoveLimit(day.id.clone());
    let wishes = [set(&all), set(&weekly), set(&span), set(&day), gone, set(&day)];
    for (number, wish) in (2..).zip(wishes) {
        let about = format!("{wish:?}");
        write(
            &mut store,
            &Event::OwnerCommanded {
                stamp: None,
                actor: homepay_domain::actor::Actor::System,
                command: wish,
            },
        )
        .await;
        store.commit().await.unwrap();
        let found = verify(&Reader::snapshot(&path).await.unwrap()).await.unwrap();
        assert!(found.faults.is_empty(), "after {about}: {:?}", found.faults);
        write(&mut store, &asked(&format!("order-000{number}"), number)).await;
        store.commit().await.unwrap();
    }
    let found = verify(&Reader::snapshot(&path).await.unwrap()).await.unwrap();
    assert!(found.faults.is_empty(), "{:?}", found.faults);
}

#[tokio::test]
async fn a_backup_is_made_while_the_writer_goes_on() {
    let (_dir, path, mut store) = filled().await;
    let copy = path.with_file_name("copy.db");
    let reader = Reader::open(&path).await.unwrap();
    reader.copy_to(&copy).await.unwrap();
    assert!(reader.copy_to(&copy).await.is_err(), "a backup never overwrites");
    for file in [&path, &path.with_extension("db-wal"), &copy] {
        let mode = std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{} holds keys", file.display());
    }
    write(&mut store, &asked("order-0002", 2)).await;
    store.commit().await.unwrap();
    let found = verify(&Reader::snapshot(&copy).await.unwrap()).await.unwrap();
    assert!(found.faults.is_empty() && found.orders == 1, "{found:?}");
}
