//! Readers, apart from the writer: for the command line, the console and auditors.

use super::load::{PRICES_SINCE, SELECT_LIMITS, day_of_row, name, price_of_row, quantity};
use super::open::{HOME_ID, private_file, refuse_newer};
use crate::StoreError;
use futures_util::TryStreamExt;
use homepay_domain::decision::RuleCheck;
use homepay_domain::household::Household;
use homepay_domain::limits::Limit;
use homepay_domain::money::Minor;
use homepay_domain::order::{Order, State};
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::{UsageBook, UtcDay};
use homepay_ports::{JournalEntry, Ledger, LedgerFuture, OutboxFigures};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Row};
use std::path::Path;

/// How many readers may look at once.
const READERS_MAX: u32 = 2;

/// How many rows a listing gives at most.
pub const LISTED_ROWS_MAX: i64 = 1_000;

/// Read-only connections to the books.
#[derive(Clone)]
pub struct Reader {
    pool: SqlitePool,
}

impl Reader {
    /// The connections, for the other parts of reading.
    pub(super) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Opens readers on books that exist.
    ///
    /// # Errors
    /// Fails where there are none, and refuses a newer schema.
    pub async fn open(path: &Path) -> Result<Reader, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        refuse_newer(&mut *pool.acquire().await?).await?;
        Ok(Reader { pool })
    }

    /// One reader that sees the books as they stand now, whatever is written meanwhile.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub async fn snapshot(path: &Path) -> Result<Reader, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        {
            let mut conn = pool.acquire().await?;
            refuse_newer(&mut conn).await?;
            // The transaction stays open on the pool's one connection; its first read pins it.
            sqlx::query("begin").execute(&mut *conn).await?;
            sqlx::query("select 1 from meta limit 1").execute(&mut *conn).await?;
        }
        Ok(Reader { pool })
    }

    /// Orders, newest first; only those of a state where one is named.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn orders(&self, state: Option<State>, limit: i64) -> Result<Vec<Order>, StoreError> {
        let sql = "select doc from whole_orders where home = ?1 and (?2 is null or state = ?2) \
                   order by asked_ms desc, id desc limit ?3";
        let query = sqlx::query(sql).bind(HOME_ID).bind(state.map(State::as_str));
        let rows = query.bind(limit.min(LISTED_ROWS_MAX)).fetch_all(&self.pool).await?;
        rows.iter().map(order_of_row).collect()
    }

    /// One order.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn order(&self, id: &str) -> Result<Option<Order>, StoreError> {
        let sql = "select doc from whole_orders where home = ? and id = ?";
        let row = sqlx::query(sql).bind(HOME_ID).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(order_of_row).transpose()
    }

    /// Every rule that was looked at for an order, in order.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn looked(&self, id: &str) -> Result<Vec<RuleCheck>, StoreError> {
        let sql = "select looked from whole_orders where home = ? and id = ?";
        let row = sqlx::query(sql).bind(HOME_ID).bind(id).fetch_optional(&self.pool).await?;
        let looked = row.map(|row| row.try_get::<Option<String>, _>("looked")).transpose()?;
        looked.flatten().map_or(Ok(Vec::new()), |text| Ok(serde_json::from_str(&text)?))
    }

    /// Orders with money moved between two instants, oldest first: for reconciling.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn paid(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Order>, StoreError> {
        let sql = "select doc from whole_orders where home = ? and captured > 0 \
                   and changed_ms >= ? and asked_ms < ? order by asked_ms, id";
        let query = sqlx::query(sql).bind(HOME_ID).bind(from_ms).bind(to_ms);
        query.fetch_all(&self.pool).await?.iter().map(order_of_row).collect()
    }

    /// Orders that may have moved money between two instants, oldest first, and what all orders
    /// before them moved, in minor units, refunds taken off: for statements.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn moved(&self, from: UnixMs, to: UnixMs) -> Result<(Vec<Order>, Minor), StoreError> {
        // An order that is being undone moved money after its state last changed: it is open.
        let sql = "select doc from whole_orders where home = ? and captured > 0 \
                   and (changed_ms >= ? or is_open = 1) and asked_ms < ? order by asked_ms, id";
        let query = sqlx::query(sql).bind(HOME_ID).bind(from.0).bind(to.0);
        let rows = query.fetch_all(&self.pool).await?;
        let before = "select coalesce(sum(captured - refunded), 0) as net from orders \
                      where home = ? and captured > 0 and changed_ms < ? and is_open = 0";
        let row = sqlx::query(before).bind(HOME_ID).bind(from.0).fetch_one(&self.pool).await?;
        let orders: Result<Vec<Order>, StoreError> = rows.iter().map(order_of_row).collect();
        Ok((orders?, Minor(row.try_get("net")?)))
    }

    /// Orders that are owed a step.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn open_orders(&self) -> Result<Vec<Order>, StoreError> {
        let rows = self.rows("select doc from orders where home = ? and is_open = 1").await?;
        rows.iter().map(order_of_row).collect()
    }

    /// The household in force, without its limits.
    ///
    /// # Errors
    /// Fails with the disk, and where it cannot be read.
    pub async fn household(&self) -> Result<Household, StoreError> {
        let sql = "select doc from household where home = ? order by version desc limit 1";
        let row = sqlx::query(sql).bind(HOME_ID).fetch_optional(&self.pool).await?;
        let doc = row.map(|row| row.try_get::<String, _>("doc")).transpose()?;
        doc.map_or_else(|| Ok(Household::default()), |doc| Ok(serde_json::from_str(&doc)?))
    }

    /// The household in force, with its limits.
    ///
    /// # Errors
    /// Fails with the disk, and where it cannot be read.
    pub async fn in_force(&self) -> Result<Household, StoreError> {
        let mut household = self.household().await?;
        for row in self.rows(SELECT_LIMITS).await? {
            let limit: Limit = serde_json::from_str(row.try_get("doc")?)?;
            household.limits.insert(limit.id.clone(), limit);
        }
        Ok(household)
    }

    /// Journal entries after `seq`, oldest first.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn journal(&self, after: i64, limit: i64) -> Result<Vec<JournalEntry>, StoreError> {
        let sql = "select seq, at_ms, kind, body, prev, hash from journal \
                   where home = ? and seq > ? order by seq limit ?";
        let query = sqlx::query(sql).bind(HOME_ID).bind(after).bind(limit);
        query.fetch_all(&self.pool).await?.iter().map(entry_of_row).collect()
    }

    /// The newest journal entries, oldest first.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn journal_tail(&self, limit: i64) -> Result<Vec<JournalEntry>, StoreError> {
        let sql = "select coalesce(max(seq), 0) as top from journal where home = ?";
        let row = sqlx::query(sql).bind(HOME_ID).fetch_one(&self.pool).await?;
        let top: i64 = row.try_get("top")?;
        self.journal(top - limit, limit).await
    }

    /// The newest entry with which an owner approved an order at the console.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn approval(&self, order: &str) -> Result<Option<JournalEntry>, StoreError> {
        let row = sqlx::query(APPROVAL_OF).bind(HOME_ID).bind(order).fetch_optional(&self.pool);
        row.await?.as_ref().map(entry_of_row).transpose()
    }

    /// All use between two instants, and the market's prices, as far back and on as the days of UTC that they lie in.
    ///
    /// # Errors
    /// Fails with the disk, and where a row cannot be read.
    pub async fn usage(&self, first: UnixMs, next: UnixMs) -> Result<UsageBook, StoreError> {
        let sql = "select device, quantity, day, slots from usage_slots \
                   where home = ? and day between ? and ?";
        let query = sqlx::query(sql).bind(HOME_ID);
        let query = query.bind(UtcDay::of(first).0).bind(UtcDay::of(next).0);
        let mut usage = UsageBook::default();
        for row in query.fetch_all(&self.pool).await? {
            let (day, packed) = day_of_row(&row)?;
            let device = name(row.try_get("device")?)?;
            usage.put(&device, quantity(row.try_get("quantity")?)?, day, packed);
        }
        let query = sqlx::query(PRICES_SINCE).bind(HOME_ID);
        let query = query.bind(Slot::of(first).0).bind(Slot::of(next).0);
        for row in query.fetch_all(&self.pool).await? {
            let (source, prices) = price_of_row(&row)?;
            usage.put_spot(&source, &prices);
        }
        Ok(usage)
    }

    /// How much waits to leave the house, and since when.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn outbox(&self) -> Result<OutboxFigures, StoreError> {
        let sql = "select count(*) as n, min(made_ms) as oldest from outbox where home = ?";
        let row = sqlx::query(sql).bind(HOME_ID).fetch_one(&self.pool).await?;
        Ok(OutboxFigures { waiting: row.try_get("n")?, oldest_ms: row.try_get("oldest")? })
    }

    /// Looks at each row of a statement that takes the home, one after the other: for the verifier,
    /// whose tables may be longer than memory.
    pub(super) async fn each(
        &self,
        sql: String,
        mut look: impl FnMut(&SqliteRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // Made of constants only.
        let query = sqlx::query(AssertSqlSafe(sql)).bind(HOME_ID);
        let mut rows = query.fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            look(&row)?;
        }
        Ok(())
    }

    /// Rows of a statement that takes the home: for the verifier.
    pub(super) async fn rows(&self, sql: &'static str) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(sqlx::query(sql).bind(HOME_ID).fetch_all(&self.pool).await?)
    }

    /// A copy of the books as they stand, in a new file, while the daemon goes on.
    ///
    /// # Errors
    /// Fails where the file exists or cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        if file.exists() {
            return Err(StoreError::Refused(format!(
                "{} exists: name a new file, a backup never overwrites",
                file.display()
            )));
        }
        private_file(file)?;
        let name = file.to_string_lossy().into_owned();
        let copied = sqlx::query("vacuum into ?").bind(name).execute(&self.pool).await;
        let copied = copied.and_then(|_| Ok(std::fs::File::open(file)?.sync_all()?));
        if copied.is_err() {
            // What is half there is no backup, and would be in the way of the next.
            let _ = std::fs::remove_file(file);
        }
        Ok(copied?)
    }

    /// What SQLite itself says of the file: `ok`, or what is damaged.
    ///
    /// # Errors
    /// Fails with the disk.
    pub async fn integrity(&self) -> Result<String, StoreError> {
        let row = sqlx::query("pragma integrity_check").fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// A read as the port has it.
fn read<'a, T: Send + 'a>(
    what: impl Future<Output = Result<T, StoreError>> + Send + 'a,
) -> LedgerFuture<'a, T> {
    Box::pin(async { what.await.map_err(StoreError::into) })
}

const APPROVAL_OF: &str = "select j.seq, j.at_ms, j.kind, j.body, j.prev, j.hash \
    from journal j, json_each(j.body) change where j.home = ? \
    and json_extract(change.value, '$.change') = 'approved' \
    and json_extract(change.value, '$.order') = ? order by j.seq desc limit 1";

impl Ledger for Reader {
    fn orders(&self, state: Option<State>, limit: i64) -> LedgerFuture<'_, Vec<Order>> {
        read(self.orders(state, limit))
    }

    fn order<'a>(&'a self, id: &'a str) -> LedgerFuture<'a, Option<Order>> {
        read(self.order(id))
    }

    fn looked<'a>(&'a self, id: &'a str) -> LedgerFuture<'a, Vec<RuleCheck>> {
        read(self.looked(id))
    }

    fn paid(&self, from_ms: i64, to_ms: i64) -> LedgerFuture<'_, Vec<Order>> {
        read(self.paid(from_ms, to_ms))
    }

    fn usage(&self, first: UnixMs, next: UnixMs) -> LedgerFuture<'_, UsageBook> {
        read(self.usage(first, next))
    }

    fn journal_tail(&self, limit: i64) -> LedgerFuture<'_, Vec<JournalEntry>> {
        read(self.journal_tail(limit))
    }

    fn approval<'a>(&'a self, order: &'a str) -> LedgerFuture<'a, Option<JournalEntry>> {
        read(self.approval(order))
    }

    fn outbox(&self) -> LedgerFuture<'_, OutboxFigures> {
        read(self.outbox())
    }

    fn copy_to<'a>(&'a self, file: &'a Path) -> LedgerFuture<'a, ()> {
        read(self.copy_to(file))
    }
}

fn order_of_row(row: &SqliteRow) -> Result<Order, StoreError> {
    Ok(serde_json::from_str(row.try_get("doc")?)?)
}

fn entry_of_row(row: &SqliteRow) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        seq: row.try_get("seq")?,
        at_ms: row.try_get("at_ms")?,
        kind: row.try_get("kind")?,
        body: row.try_get("body")?,
        prev: row.try_get("prev")?,
        hash: row.try_get("hash")?,
    })
}
