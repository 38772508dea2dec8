//! Whatever another hand or the disk changes in the books, `verify` finds it.

use crate::contract::{NOW, read_at, write};
use crate::sqlite_books::{OnDisk, execute, filled};
use homepay_domain::access::{AccessRequest, NewSession};
use homepay_domain::actor::Actor;
use homepay_domain::decision::{Change, Decision};
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::facts::Needs;
use homepay_domain::household::Secret;
use homepay_domain::ids::Name;
use homepay_domain::money::Minor;
use homepay_domain::tariff::{Slot, SpotPrices};
use homepay_ports::{EncodedEffects, Store};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use rust_decimal::Decimal;
use sqlx::{Connection, Row, SqliteConnection};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many single bits are turned over.
const FLIPS: usize = 400;

/// Books with something in every table that a household fills, closed.
async fn books() -> (OnDisk, PathBuf) {
    let (dir, path, mut store) = filled().await;
    let alert = Event::BooksBegun { why: "a test".to_owned() };
    let prices = SpotPrices([(Slot::of(NOW), Decimal::new(31, 2))].into_iter().collect());
    let frozen = OwnerCommand::Freeze(Some(Name::parse("kitchen").unwrap()));
    let mut lowered = store.book().household.limits.values().next().cloned().unwrap();
    lowered.amount = homepay_domain::limits::Cap::At(Minor(8000));
    for event in [
        set_up(),
        Event::AccessRequested {
            actor: Actor::System,
            access: AccessRequest::Tried { subject: "SETUP".into() },
        },
        read_at(0, 1_000_000),
        read_at(60, 2_000_000),
        alert,
        Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: frozen,
        },
        Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: OwnerCommand::SetLimit(Box::new(lowered)),
        },
    ] {
        write(&mut store, &event).await;
        store.commit().await.unwrap();
    }
    let source = Name::parse("market").unwrap();
    let told = Change::Prices { source, prices, at: NOW };
    let decision = Decision { changes: vec![told], ..Decision::nothing() };
    store.begin(&[Needs::default()], NOW).await.unwrap();
    store.write("test", &decision, EncodedEffects::default());
    store.commit().await.unwrap();
    store.close().await.unwrap();
    (dir, path)
}

/// An owner who can sign in, and is signed in.
fn set_up() -> Event {
    let access = AccessRequest::SetUp {
        member: None,
        name: "Mum".to_owned(),
        password: Secret::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"),
        session: NewSession { id: "0123456789abcdef".into(), agent: "A browser".to_owned() },
        is_reset: false,
    };
    Event::AccessRequested { actor: Actor::System, access }
}

async fn faults(path: &Path) -> Result<Vec<String>, String> {
    let reader = Reader::snapshot(path).await.map_err(|e| e.to_string())?;
    let found = verify(&reader).await;
    let integrity = reader.integrity().await;
    reader.close().await;
    let mut faults = found.map_err(|e| e.to_string())?.faults;
    let integrity = integrity.map_err(|e| e.to_string())?;
    faults.extend((integrity != "ok").then_some(integrity));
    Ok(faults)
}

#[tokio::test]
async fn edits_of_every_table_are_found() {
    let edits = [
        "update limits set doc = replace(doc, '9000', '900000')",
        "update limits set doc = replace(doc, '8000', '800000') where version = 2",
        "delete from limits where version = 2",
        "update limits set removed_ms = 1",
        "update household set doc = replace(doc, 'kitchen', 'kitchem')",
        "update household set doc = replace(doc, 'owner', 'adult'), sum = null",
        "delete from household",
        "delete from frozen",
        "insert into frozen (home, device) values ('home', '')",
        "update signers set top = 0",
        "update signers set epoch = 0, top = 0, sum = null",
        "delete from signers",
        "update spot_prices set price = '0.01'",
        "update outbox set parcel = x'00' where kind = 'publish'",
        "update outbox set ask = replace(ask, '2990', '1') where kind = 'ask'",
        "delete from outbox where kind = 'ask'",
        "update access set doc = replace(doc, 'c2FsdA', 'c2FsdB') where kind = 'account'",
        "delete from access where kind = 'account'",
        "update access set id = 'fedcba9876543210' where kind = 'session'",
        "update access set doc = '[]' where kind = 'tries'",
        "insert into access (home, kind, id, doc) select home, 'session', 'ffff', doc from access \
         where kind = 'session'",
        "update alerts set doc = replace(doc, 'critical', 'info')",
        "delete from alerts",
        "update usage_slots set slots = x'00'",
        "update meters set doc = replace(doc, '2000000', '1000000')",
        "update readings set micro = micro - 1",
        "update heard set reply = x'7b7d'",
        "update meta set value = '1' where name = 'seen_ms'",
        "update orders set doc = replace(doc, '2990', '2991')",
        "update orders set doc = replace(doc, 'kitchen', 'kids')",
        "drop index holds_limit",
        "create trigger t after insert on uses begin delete from uses; end",
    ];
    for sql in edits {
        let (_dir, path) = books().await;
        assert_eq!(faults(&path).await, Ok(Vec::new()), "before {sql}");
        execute(&path, sql).await;
        let found = faults(&path).await;
        assert!(found.as_ref().is_ok_and(|found| !found.is_empty()), "{sql}: {found:?}");
    }
}

/// Everything that the tables say, or none where it cannot be read.
async fn content(path: &Path) -> Option<String> {
    let url = format!("sqlite:{}?mode=ro", path.display());
    let mut conn = SqliteConnection::connect(&url).await.ok()?;
    let tables = "select name, sql from sqlite_master order by type, name";
    let mut text = String::new();
    for table in sqlx::query(tables).fetch_all(&mut conn).await.ok()? {
        let name: String = table.try_get("name").ok()?;
        let sql: Option<String> = table.try_get("sql").ok()?;
        let sql = sql.unwrap_or_default();
        let _ = writeln!(text, "{name}: {sql}");
        // When migrations ran, and how long they took, says nothing of the books.
        if !sql.starts_with("create table") {
            continue;
        }
        let columns = sqlx::query(sqlx::AssertSqlSafe(format!("pragma table_info({name})")));
        let columns = columns.fetch_all(&mut conn).await.ok()?;
        let quoted: Vec<String> = columns
            .iter()
            .map(|c| format!("quote(\"{}\")", c.try_get::<String, _>("name").unwrap_or_default()))
            .collect();
        let rows = format!("select {} as r from {name}", quoted.join(" || ',' || "));
        for row in sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut conn).await.ok()? {
            let _ = writeln!(text, "{}", row.try_get::<String, _>("r").ok()?);
        }
    }
    conn.close().await.ok()?;
    Some(text)
}

/// The rows of one text that the other has not.
fn difference(before: &str, after: &str) -> String {
    let only = |of: &str, other: &str, sign: char| {
        let lines = of.lines().filter(|line| !other.contains(*line));
        lines.map(|line| format!("\n{sign} {line}")).collect::<String>()
    };
    only(before, after, '-') + &only(after, before, '+')
}

#[tokio::test]
async fn single_bits_that_change_what_the_books_say_are_found() {
    let (_dir, path) = books().await;
    let bytes = std::fs::read(&path).unwrap();
    let before = content(&path).await.unwrap();
    let mut changed = 0;
    // Most of a small file is empty: bytes that say something are turned, all over the file.
    let said: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    for flip in 0..FLIPS {
        let bit = said[flip * 7_919 % said.len()] * 8 + flip % 8;
        let mut turned = bytes.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        let copy = path.with_file_name("turned.db");
        std::fs::write(&copy, &turned).unwrap();
        let found = faults(&copy).await;
        let sound = found.as_ref().is_ok_and(Vec::is_empty);
        let after = content(&copy).await;
        let same = after.as_ref() == Some(&before);
        let told = || difference(&before, after.as_deref().unwrap_or_default());
        assert!(same || !sound, "bit {bit} changed the books and was not found: {}", told());
        changed += usize::from(!same);
    }
    assert!(changed >= FLIPS / 4, "only {changed} bits changed anything: the test tests little");
}
