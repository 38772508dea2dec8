//! The double-entry book: opening it, and postings whose entries sum to zero.

use super::problem::Stop;
use anyhow::Context as _;
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use sqlx::sqlite::SqliteSynchronous;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::path::Path;
use std::time::Duration;

pub(super) const BALANCE_ACCOUNT: &str = "balance";
/// Money reserved by holds.
pub(super) const HOLDS_ACCOUNT: &str = "holds";
/// The credit card; what it owes is below zero.
pub(super) const CARD: &str = "card";
/// Where top-ups come from.
pub(super) const EXTERNAL: &str = "external";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PostingKind {
    Hold,
    Capture,
    Release,
    Expire,
    Refund,
    TopUp,
}

impl PostingKind {
    fn text(self) -> &'static str {
        match self {
            PostingKind::Hold => "hold",
            PostingKind::Capture => "capture",
            PostingKind::Release => "release",
            PostingKind::Expire => "expire",
            PostingKind::Refund => "refund",
            PostingKind::TopUp => "topup",
        }
    }
}

/// What a posting stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting<'a> {
    pub kind: PostingKind,
    pub payment: Option<&'a str>,
    pub refund: Option<&'a str>,
    pub amount: Minor,
    pub at: UnixMs,
}

/// The account of a payee.
pub(super) fn payee_account(payee: Option<&str>) -> String {
    format!("payee:{}", payee.unwrap_or("unnamed"))
}

/// Memory for pages of the book, as SQLite writes kibibytes: it stands beside a hub that is measured.
const CACHE_SIZE: &str = "-512";

/// Opens the book, and makes it when it is new. One connection: it is the only writer.
pub(super) async fn open(path: &Path, durable: bool) -> anyhow::Result<SqlitePool> {
    let synchronous = if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .pragma("cache_size", CACHE_SIZE)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .with_context(|| format!("cannot open the wallet's book {}", path.display()))?;
    sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
    Ok(pool)
}

/// Checks that the book is this account's; credits the starting balance when it is new.
pub(super) async fn begin(
    pool: &SqlitePool,
    account: &str,
    currency: &str,
    balance: Minor,
    at: UnixMs,
) -> anyhow::Result<()> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let known: Vec<(String, String)> =
        sqlx::query_as("SELECT name, value FROM meta").fetch_all(&mut *tx).await?;
    for (name, wanted) in [("account", account), ("currency", currency)] {
        match known.iter().find(|(n, _)| n == name) {
            Some((_, value)) if value == wanted => {}
            Some((_, value)) => {
                anyhow::bail!("the book is of {name} {value}, not of {wanted}: use another file")
            }
            None => {
                sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?)")
                    .bind(name)
                    .bind(wanted)
                    .execute(&mut *tx)
                    .await?;
            }
        }
    }
    if known.is_empty() {
        for name in [BALANCE_ACCOUNT, HOLDS_ACCOUNT, CARD, EXTERNAL] {
            touch(&mut tx, name).await?;
        }
        if balance.is_positive() {
            credit(&mut tx, balance, at).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Money from outside onto the balance.
pub(super) async fn credit(
    conn: &mut SqliteConnection,
    amount: Minor,
    at: UnixMs,
) -> anyhow::Result<()> {
    let movement = Posting { kind: PostingKind::TopUp, payment: None, refund: None, amount, at };
    post(conn, movement, &[(EXTERNAL, -amount.0), (BALANCE_ACCOUNT, amount.0)]).await
}

/// Writes one transaction. The entries must sum to zero; zero entries are left out.
///
/// One text for all its statements: each by itself would cost a hop to SQLite's thread.
pub(super) async fn post(
    conn: &mut SqliteConnection,
    movement: Posting<'_>,
    entries: &[(&str, i64)],
) -> anyhow::Result<()> {
    let sum = entries.iter().try_fold(0_i64, |sum, (_, amount)| sum.checked_add(*amount));
    anyhow::ensure!(sum == Some(0), "the entries of a {:?} do not sum to zero", movement.kind);
    let mut sql = String::from(
        "INSERT INTO txns (kind, payment, refund, amount, at) VALUES (?, ?, ?, ?, ?);",
    );
    let entries: Vec<_> = entries.iter().filter(|(_, amount)| *amount != 0).collect();
    for _ in &entries {
        sql.push_str(POST_ENTRY);
    }
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(movement.kind.text())
        .bind(movement.payment)
        .bind(movement.refund)
        .bind(movement.amount.0)
        .bind(movement.at.0);
    for (account, amount) in entries {
        query = query.bind(*account).bind(amount).bind(*account).bind(*account).bind(amount);
    }
    query.execute(conn).await?;
    Ok(())
}

/// One entry of the newest transaction: its account is there, its balance follows.
const POST_ENTRY: &str = "INSERT INTO accounts (name, balance) VALUES (?, 0) \
    ON CONFLICT DO NOTHING; \
    UPDATE accounts SET balance = balance + ? WHERE name = ?; \
    INSERT INTO entries (txn, account, amount) SELECT max(id), ?, ? FROM txns;";

/// An account's balance; zero for one that has never been used.
pub(super) async fn balance(conn: &mut SqliteConnection, account: &str) -> Result<i64, Stop> {
    let row: Option<(i64,)> = sqlx::query_as("SELECT balance FROM accounts WHERE name = ?")
        .bind(account)
        .fetch_optional(&mut *conn)
        .await?;
    Ok(row.map_or(0, |(balance,)| balance))
}

async fn touch(conn: &mut SqliteConnection, account: &str) -> anyhow::Result<()> {
    sqlx::query("INSERT INTO accounts (name, balance) VALUES (?, 0) ON CONFLICT DO NOTHING")
        .bind(account)
        .execute(&mut *conn)
        .await?;
    Ok(())
}
