//! What a long journal costs: a turn, and a start.

use crate::books::{BATCH, Books};
use crate::hub::{Hub, books};
use crate::load::DEVICES;
use crate::table::{Figures, Target, median};
use homepay_store::journal::hash;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::path::Path;
use std::time::Duration;

/// Rows of the short and the long journal.
const SHORT: i64 = 1_000;
const LONG: i64 = 1_000_000;
/// Orders beside the long one, all ended.
const ORDERS: i64 = 250_000;
/// Turns on each, and how many of them come first and are not counted.
const TURNS: usize = 60;
const WARM: usize = 10;
/// Turns for a profiler.
const PROFILED: usize = 400;
/// Starts.
const STARTS: usize = 5;
/// The home's key in every table.
const HOME: &str = "home";
/// Journal rows a statement.
const ROWS: i64 = 100;

/// Measures turns on both, and starts on the long one.
pub async fn measure(dir: &Path, broker: u16, figures: &mut Figures) {
    let (short, long) = (dir.join("short"), dir.join("long"));
    for dir in [&short, &long] {
        std::fs::create_dir_all(dir).expect("a folder for books");
    }
    fill_short(&books(&short)).await;
    std::fs::copy(books(&short), books(&long)).expect("a copy of the books");
    fill_long(&books(&long)).await.expect("long books");
    let (mut a, mut b) = (Books::open(&books(&short)).await, Books::open(&books(&long)).await);
    let mut spent = Vec::with_capacity(TURNS);
    for round in 0..TURNS {
        // Whoever goes second finds warmer caches, or a busier disk: each does in turn.
        spent.push(if round.is_multiple_of(2) {
            (a.turn().await, b.turn().await)
        } else {
            let long = b.turn().await;
            (a.turn().await, long)
        });
    }
    a.close().await;
    b.close().await;
    let us = |spent: Duration| spent.as_secs_f64() * 1e6 / BATCH as f64;
    let short_us = median(spent[WARM..].iter().map(|s| us(s.0)));
    let long_us = median(spent[WARM..].iter().map(|s| us(s.1)));
    let how = format!("{long_us:.0} / {short_us:.0} µs, 1,000,000 / 1,000 journal rows");
    figures.add("time per decision", how, long_us / short_us, "× short", Target::Most(1.2));
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Hub::start(&long, broker, "long", DEVICES).ready.as_secs_f64());
    }
    let how = format!("1,000,000 journal rows, {ORDERS} orders");
    figures.add("exec to ready", how, median(starts), "s", Target::Most(0.5));
}

/// Turns alone.
pub async fn turns(dir: &Path) {
    let mut books = Books::open(&books(dir)).await;
    for _ in 0..PROFILED {
        books.turn().await;
    }
    books.close().await;
}

async fn fill_short(file: &Path) {
    let mut books = Books::open(file).await;
    // Three rows for each pair of a declined and an approved order.
    for _ in 0..SHORT as usize / (BATCH * 3 / 2) {
        books.turn().await;
    }
    books.close().await;
}

/// Makes the books long: what stands in them again and again, the journal with a valid chain.
async fn fill_long(file: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let mut turn = conn.begin_with("begin immediate").await?;
    copy_rows(&mut turn).await?;
    chain(&mut turn).await?;
    turn.commit().await?;
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut conn).await?;
    conn.close().await
}

/// Orders with their rules, holds and replies. New ids sort after them, as in life.
async fn copy_rows(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let row = sqlx::query("select count(*) as n from orders where is_open = 0");
    let ended: i64 = row.fetch_one(&mut *conn).await?.try_get("n")?;
    let times = ORDERS / ended;
    let tables = [
        (
            "orders",
            "id",
            "state, is_open, device, member, payee, category, amount, captured, \
            refunded, asked_ms, changed_ms, doc, looked, entry",
        ),
        ("holds", "order_id", "limit_id, version, window, at_ms, share, held, spent, restores"),
    ];
    for (table, id, columns) in tables {
        let sql = format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < {times}) \
             insert into {table} (home, {id}, {columns}) \
             select home, printf('%06d-', i) || {id}, {columns} from n cross join \
             (select * from {table})"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
    }
    let heard = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {times}) \
         insert into heard (home, order_id, digest, at_ms, topic, reply) \
         select home, printf('%06d-', i) || order_id, lower(hex(randomblob(32))), at_ms, topic, \
         reply from n cross join (select * from heard)"
    );
    sqlx::query(AssertSqlSafe(heard)).execute(&mut *conn).await?;
    Ok(())
}

async fn chain(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let rows = sqlx::query("select at_ms, kind, body, hash from journal order by seq");
    let rows = rows.fetch_all(&mut *conn).await?;
    let last = rows.last().expect("a journal");
    let mut seq = i64::try_from(rows.len()).expect("a count");
    let (at, mut prev): (i64, String) = (last.try_get("at_ms")?, last.try_get("hash")?);
    let mut texts = Vec::new();
    for row in &rows[1..] {
        texts.push((row.try_get::<String, _>("kind")?, row.try_get::<String, _>("body")?));
    }
    let mut texts = texts.iter().cycle();
    let places = vec!["(?,?,?,?,?,?,?)"; ROWS as usize].join(",");
    let sql =
        format!("insert into journal (home, seq, at_ms, kind, body, prev, hash) values {places}");
    while seq < LONG {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for _ in 0..ROWS {
            seq += 1;
            let (kind, body) = texts.next().expect("a journal goes on");
            let hash = hash(HOME, seq, at, kind, body, &prev);
            query = query.bind(HOME).bind(seq).bind(at).bind(kind).bind(body);
            query = query.bind(std::mem::replace(&mut prev, hash.clone())).bind(hash);
        }
        query.execute(&mut *conn).await?;
    }
    for (name, value) in [("journal_seq", seq.to_string()), ("journal_hash", prev)] {
        let head = sqlx::query("update meta set value = ? where home = ? and name = ?");
        head.bind(value).bind(HOME).bind(name).execute(&mut *conn).await?;
    }
    Ok(())
}
