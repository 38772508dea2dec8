//! What every body of the store must do, with crashes between: run on SQLite on disk.

mod recent;
mod windows;

use crate::support::open_again;
use homepay_domain::decide::decide;
use homepay_domain::decision::Effect;
use homepay_domain::event::{
    DeviceStatus, Event, OrderRequest, OwnerCommand, ReadingTime, ReadingValue, Stamp,
    ValueSemantics,
};
use homepay_domain::facts::needs;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::limits::Limit;
use homepay_domain::limits::window::Period;
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::order::State;
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::correction::Correction;
use homepay_files::household::read_household;
use homepay_ports::{EncodedEffects, Outgoing, Publication, Store};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use homepay_store::sqlite::{Opened, SqliteStore, migrator};
use rust_decimal::Decimal;
use sqlx::{Connection, SqliteConnection};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub const NOW: UnixMs = UnixMs(1_795_300_000_000);

fn opened(path: &Path, currency: &str) -> Opened {
    let home = Home {
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        currency: Currency::from_code(currency).unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    };
    Opened { path: Some(path.to_owned()), home }
}

async fn open(path: &Path) -> SqliteStore {
    open_again(&opened(path, "CNY")).await
}

/// Books with a household and one approved order, committed.
pub async fn filled() -> (tempfile::TempDir, PathBuf, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("homepay.db");
    let mut store = open(&path).await;
    let text = include_str!("../cases/orders-household.toml").to_owned()
        + "\n[[limits]]\nid = \"day\"\nscope = { home = true }\nperiod = \"day\"\namount = \"90.00\"\n";
    let none = |_: &str| Err("none".to_owned());
    let house = read_household(&text, "test", &opened(&path, "CNY").home, &none).unwrap();
    let apply = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: OwnerCommand::Apply(Box::new(house)),
    };
    write(&mut store, &apply).await;
    store.commit().await.unwrap();
    write(&mut store, &asked("order-0001", 1)).await;
    store.commit().await.unwrap();
    (dir, path, store)
}

fn asked(id: &str, seq: u64) -> Event {
    asked_for(id, seq, Decimal::ONE)
}

fn asked_for(id: &str, seq: u64, quantity: Decimal) -> Event {
    let digest = format!("digest-{seq}");
    let stamp = Stamp {
        signer: "device:kitchen/k1#00000000".into(),
        epoch: 1,
        seq,
        ts: NOW.seconds(),
        digest: digest.into(),
    };
    Event::OrderRequested(
        Some(stamp),
        OrderRequest {
            device: Name::parse("kitchen").unwrap(),
            order: OrderId::parse(id).unwrap(),
            fingerprint: "f".into(),
            items: Ok(vec![(Name::parse("water").unwrap(), quantity)]),
            member: None,
            lang: None,
            session: None,
            currency: None,
            doubt: None,
            heard_at: None,
            answer_within_s: None,
        },
    )
}

/// Begins a turn and writes one decision; says one thing and remembers it.
pub async fn write(store: &mut SqliteStore, event: &Event) {
    let needs = needs(event);
    store.begin(std::slice::from_ref(&needs), NOW).await.unwrap();
    let decision = decide(&store.facts(&needs, 47), event, NOW);
    let said = Publication { topic: "t".into(), payload: b"said".to_vec(), retain: false };
    let order = OrderId::from_store("order-0001");
    let remembered = needs.message.clone().map(|digest| (digest, order, Some(0)));
    let asks = decision.effects.iter().filter_map(|effect| match effect {
        Effect::SendCommand { order, number, ask, due } => {
            Some((order.clone(), *number, ask.clone(), *due))
        }
        _ => None,
    });
    let asks = asks.collect();
    let spoken = EncodedEffects { publications: vec![said], asks, remembered };
    store.write("test", &decision, spoken);
}

#[tokio::test]
async fn a_restart_sees_what_was_committed_and_nothing_else() {
    let (_dir, path, mut store) = filled().await;
    let before = store.book().clone();
    write(&mut store, &asked("order-0002", 2)).await;
    // The daemon dies between the writing and the commit.
    drop(store);
    let mut store = open(&path).await;
    assert_eq!(store.book().open, before.open);
    assert_eq!(store.book().uses, before.uses);
    assert_eq!(store.book().replay_windows, before.replay_windows);
    assert_eq!(store.book().household, before.household);
    let outbox = store.outbox().await.unwrap();
    let said = outbox.iter().filter(|out| matches!(out, Outgoing::Publish { .. })).count();
    assert_eq!(said, 2, "what was said and not acknowledged is still to be said");
    for out in &outbox {
        if let Outgoing::Publish { id, .. } = out {
            store.published(*id);
        }
    }
    store.begin(&[], NOW).await.unwrap();
    store.commit().await.unwrap();
    let left = store.outbox().await.unwrap();
    assert!(left.iter().all(|out| matches!(out, Outgoing::Ask { .. })), "{left:?}");
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
async fn an_abandoned_turn_leaves_no_trace() {
    let (_dir, _path, mut store) = filled().await;
    let before = store.book().clone();
    write(&mut store, &asked("order-0002", 2)).await;
    assert_ne!(store.book().open, before.open, "a turn sees what it wrote");
    store.abandon().await.unwrap();
    assert_eq!(store.book().open, before.open);
    write(&mut store, &asked("order-0002", 2)).await;
    store.commit().await.unwrap();
    assert_eq!(store.book().open.len(), before.open.len() + 1);
}

#[tokio::test]
async fn the_same_bytes_are_known_after_a_restart() {
    let (_dir, path, store) = filled().await;
    drop(store);
    let mut store = open(&path).await;
    let event = asked("order-0001", 1);
    let wanted = needs(&event);
    store.begin(std::slice::from_ref(&wanted), NOW).await.unwrap();
    assert!(store.facts(&wanted, 47).already_processed);
    assert_eq!(store.cached_reply("digest-1").unwrap().payload, b"said");
    assert!(!store.facts(&needs(&asked("order-0001", 9)), 47).already_processed);
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
    let other = crate::support::try_open_again(&opened(&path, "EUR")).await;
    other.map(|_| ()).map_err(refused("home.currency = \"CNY\"")).unwrap_err();
    execute(&path, "insert into _sqlx_migrations values (99, 'later', '2030-01-01', 1, x'00', 0)")
        .await;
    let newer = crate::support::try_open_again(&opened(&path, "CNY")).await;
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
    let (dir, path, mut store) = filled().await;
    let copy = dir.path().join("copy.db");
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

pub fn read_at(minutes: i64, micro: i64) -> Event {
    Event::ReadingReceived {
        stamp: None,
        device: Name::parse("kitchen").unwrap(),
        at: ReadingTime::Reported(NOW.plus_s(minutes * 60)),
        values: vec![ReadingValue {
            quantity: Quantity::Energy,
            micro,
            semantics: ValueSemantics::default(),
        }],
        retained: false,
        status: DeviceStatus::default(),
    }
}

/// Use of the four hours from [`NOW`] on, by hour.
fn by_hour(store: &SqliteStore) -> Vec<i64> {
    let kitchen = Name::parse("kitchen").unwrap();
    let hour = |h: i64| (NOW.plus_s(h * 3600), NOW.plus_s((h + 1) * 3600));
    let used = |h| store.book().usage.between(&kitchen, Quantity::Energy, hour(h)).total();
    (0..4).map(used).collect()
}

#[tokio::test]
async fn a_reading_that_comes_late_says_when_it_was_used() {
    let (_dir, path, mut store) = filled().await;
    let take = async |store: &mut SqliteStore, event: Event| {
        write(store, &event).await;
        store.commit().await.unwrap();
    };
    // NOW is 20 minutes past an hour of UTC: 15-minute slots are cut at its edges.
    let first = 10 - (NOW.seconds() / 60) % 15 + 5;
    take(&mut store, read_at(first, 100_000_000)).await;
    take(&mut store, read_at(first + 240, 108_000_000)).await;
    let total: i64 = by_hour(&store).iter().sum();
    let even = by_hour(&store);
    assert!(even[1] == 2_000_000 && even[2] == 2_000_000, "shared out by time: {even:?}");
    take(&mut store, read_at(first + 120, 107_000_000)).await;
    let better = by_hour(&store);
    assert!(better[1] > 3_000_000 && better[2] < 1_000_000, "{better:?}");
    // The sum over all slots stays; the span looked at cuts the last quarter of an hour off.
    assert!((better.iter().sum::<i64>() - total).abs() <= 500_000, "{better:?}");
    take(&mut store, read_at(first + 120, 107_000_000)).await;
    assert_eq!(by_hour(&store), better, "the same again changes nothing");
    take(&mut store, read_at(first + 60, 90_000_000)).await;
    assert_eq!(by_hour(&store), better, "a reading that cannot be is not taken");
    drop(store);
    assert_eq!(by_hour(&open(&path).await), better, "and after a restart");
}

#[tokio::test]
async fn use_that_the_book_forgot_is_put_right_and_the_rest_of_its_day_stays() {
    let (_dir, path, mut store) = filled().await;
    let later = 150 * 24 * 60;
    // One day's readings, and one of five months later, after which the first are forgotten.
    for (minutes, micro) in [(0, 0), (60, 1_000_000), (120, 3_000_000), (later, 4_000_000)] {
        write(&mut store, &read_at(minutes, micro)).await;
        store.commit().await.unwrap();
    }
    let slot = Slot::of(NOW.plus_s(3_600)).next();
    let span = (slot.start(), slot.plus(2).start());
    let kitchen = Name::parse("kitchen").unwrap();
    let reader = Reader::open(&path).await.unwrap();
    let all = (Slot::of(NOW).start(), Slot::of(NOW.plus_s(3 * 3_600)).start());
    let used = async |span| {
        let usage = reader.usage(NOW, NOW.plus_s(86_400)).await.unwrap();
        usage.between(&kitchen, Quantity::Energy, span).total()
    };
    let (of_span, of_all) = (used(span).await, used(all).await);
    store.prune(NOW.plus_s(later * 60)).await.unwrap();
    let at_hand = store.book().usage.between(&kitchen, Quantity::Energy, span);
    assert!(at_hand.slots().is_empty(), "it is forgotten");
    let said = Correction {
        device: kitchen.clone(),
        quantity: Quantity::Energy,
        from: span.0,
        to: span.1,
        micro: 700_000,
        why: "it was not so".to_owned(),
    };
    let wish = OwnerCommand::CorrectUse(Box::new(said));
    let event = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: wish,
    };
    let needs = needs(&event);
    let now = NOW.plus_s(later * 60);
    store.begin(std::slice::from_ref(&needs), now).await.unwrap();
    let decision = decide(&store.facts(&needs, 47), &event, now);
    store.write("test", &decision, EncodedEffects::default());
    store.commit().await.unwrap();
    assert_eq!(used(span).await, 700_000);
    assert_eq!(used(all).await, of_all - of_span + 700_000);
}
