//! Opening the books: the schema is brought forward, a newer one and a second writer are refused.

use super::interned::Interned;
use super::marker::Marker;
use super::writer_conn::WriterConn;
use super::{SqliteStore, TurnState};
use crate::StoreError;
use crate::journal::GENESIS;
use homepay_domain::book::Book;
use homepay_domain::household::Home;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row, SqlSafeStr, SqliteConnection};
use std::borrow::Cow;
use std::fs::{File, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The home's key in every table. One database holds one home.
pub const HOME_ID: &str = "home";

/// SQLite busy timeout, in seconds: a backup or a reader of another process may hold a lock for a
/// moment.
const BUSY_S: u64 = 5;

/// WAL auto-checkpoint threshold, in pages. The turn that crosses it pays for the checkpoint, so it
/// should be rare; 5,000 pages bound the log to 40 MiB.
const CHECKPOINT_PAGES: &str = "5000";

/// Page size of new books, in bytes. The rows of a turn take one or two kilobytes: larger pages
/// waste less space, and each page that changes is written twice, to the log and to the file.
const PAGE_BYTES: u32 = 8_192;

/// Where the books are and whose.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The file; none = in memory, for simulations.
    pub path: Option<PathBuf>,
    /// Zone, currency, language, bounds.
    pub home: Home,
}

/// The migrations, embedded: forward only, never edited.
const MIGRATIONS: [(i64, &str, &str); 11] = [
    (1, "books", include_str!("migrations/0001_books.sql")),
    (2, "sightings", include_str!("migrations/0002_sightings.sql")),
    (3, "fewer rows", include_str!("migrations/0003_fewer_rows.sql")),
    (4, "usage slots", include_str!("migrations/0004_usage_slots.sql")),
    (5, "bills", include_str!("migrations/0005_bills.sql")),
    (6, "spot prices", include_str!("migrations/0006_spot_prices.sql")),
    (7, "told once", include_str!("migrations/0007_told_once.sql")),
    (8, "sums", include_str!("migrations/0008_sums.sql")),
    (9, "counts", include_str!("migrations/0009_counts.sql")),
    (10, "access", include_str!("migrations/0010_access.sql")),
    (11, "notices", include_str!("migrations/0011_notices.sql")),
];

/// The newest migration: what these books are brought forward to.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

pub fn migrator() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        let (name, kind) = (Cow::Borrowed(name), MigrationType::Simple);
        Migration::new(version, name, kind, sql.into_sql_str(), false)
    });
    Migrator { migrations: Cow::Owned(migrations.to_vec()), ..Migrator::DEFAULT }
}

/// Books get a name of their own, once: no two are the same, a restored copy included.
const NAMED: &str = "insert into meta (home, name, value) \
    values (?, 'books_id', lower(hex(randomblob(4)))) on conflict (home, name) do nothing";

impl SqliteStore {
    /// Opens the books, makes them where there are none, and loads what is kept at hand.
    ///
    /// # Errors
    /// Refuses a newer schema, a second writer and books of another currency; fails with the disk.
    pub async fn open(opened: &Opened) -> Result<SqliteStore, StoreError> {
        let lock = opened.path.as_deref().map(only_writer).transpose()?;
        let mut conn = connect(opened.path.as_deref()).await?;
        refuse_newer(&mut conn).await?;
        migrator().run(&mut conn).await.map_err(|e| {
            StoreError::Refused(format!("the schema cannot be brought forward: {e}"))
        })?;
        let mut store = SqliteStore {
            pen: WriterConn::new(conn),
            path: opened.path.clone(),
            marked_seq: -1,
            _lock: lock,
            home_id: HOME_ID.into(),
            book: Book::new(opened.home.clone()),
            journal_seq: 0,
            journal_hash: GENESIS.into(),
            household_version: 0,
            next_out: 1,
            parcels: super::outbox_batch::OutboxBatches::default(),
            words: Interned::default(),
            scratch: Vec::new(),
            turn: TurnState::default(),
        };
        store.claim().await?;
        store.spread_days().await?;
        store.windows_by_key().await?;
        store.reload().await?;
        store.mark(true)?;
        Ok(store)
    }

    /// Writes down whose books these are, or refuses when they are another's.
    async fn claim(&mut self) -> Result<(), StoreError> {
        sqlx::query(NAMED).bind(&*self.home_id).execute(self.pen.conn().await?).await?;
        let currency = self.book.home.currency.code();
        let row = sqlx::query("select value from meta where home = ? and name = 'currency'")
            .bind(&*self.home_id)
            .fetch_optional(self.pen.conn().await?)
            .await?;
        let Some(row) = row else {
            sqlx::query("insert into meta (home, name, value) values (?, 'currency', ?)")
                .bind(&*self.home_id)
                .bind(currency)
                .execute(self.pen.conn().await?)
                .await?;
            return Ok(());
        };
        let kept: String = row.try_get("value")?;
        if kept == currency {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "the books are kept in {kept}, the configuration says {currency}: set \
             home.currency = \"{kept}\", or begin new books with another store.url"
        )))
    }

    /// Notes beside the books that they exist, and how far they go.
    pub(super) fn mark(&mut self, lasting: bool) -> Result<(), StoreError> {
        let Some(path) = self.path.as_deref().filter(|_| self.marked_seq != self.journal_seq)
        else {
            return Ok(());
        };
        let marker =
            Marker { books: self.book.id.as_ref().to_owned(), journal_seq: self.journal_seq };
        marker.write(path, lasting).map_err(|error| StoreError::Failed(error.into()))?;
        self.marked_seq = self.journal_seq;
        Ok(())
    }

    /// Closes the books; what was committed stands, and the file is whole without its log where
    /// nobody else has it open.
    ///
    /// # Errors
    /// Fails with the disk; what was committed stands in the log then.
    pub async fn close(mut self) -> Result<(), StoreError> {
        self.mark(true)?;
        let conn = self.pen.conn().await?;
        sqlx::query("pragma wal_checkpoint(truncate)").execute(conn).await?;
        self.pen.close().await
    }
}

/// How many texts stay prepared: the small turns' are few, the large ones' have so many forms that
/// keeping them all would cost megabytes.
const STATEMENTS_KEPT: usize = 32;

/// An empty file that only its owner may read: the keys of devices and owners are in the books. SQLite
/// gives the files beside it the same rights.
///
/// # Errors
/// Fails with the disk, and where the file exists.
pub(super) fn private_file(path: &Path) -> Result<(), StoreError> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(path);
    made.map(|_| ()).map_err(|error| StoreError::Failed(error.into()))
}

/// Opens the file as its writer.
pub(crate) async fn connect(path: Option<&Path>) -> Result<SqliteConnection, StoreError> {
    if let Some(path) = path.filter(|path| !path.exists()) {
        private_file(path)?;
    }
    let options = match path {
        None => SqliteConnectOptions::new().in_memory(true),
        Some(path) => SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES),
    };
    let options = options
        .busy_timeout(Duration::from_secs(BUSY_S))
        .foreign_keys(true)
        // Statement journals stay in memory: they need not survive a crash, the turn is all or nothing.
        .pragma("temp_store", "memory")
        .statement_cache_capacity(STATEMENTS_KEPT);
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Refuses books that a newer homepay has written.
pub(super) async fn refuse_newer(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    match schema_version(conn).await? {
        Some(version) if version > SCHEMA_VERSION => Err(StoreError::Refused(format!(
            "the books were written by a newer homepay (schema {version}, this one knows \
             {SCHEMA_VERSION}): install that homepay again, or restore an older backup"
        ))),
        _ => Ok(()),
    }
}

/// The schema of books that were not brought forward yet; none where it is this version's.
pub(super) async fn is_older(conn: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    Ok(schema_version(conn).await?.filter(|version| *version < SCHEMA_VERSION))
}

/// What reads every table cannot read books that were not brought forward yet.
pub(super) async fn refuse_older(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let Some(version) = is_older(conn).await? else { return Ok(()) };
    Err(StoreError::Refused(format!(
        "these books were written by an older homepay (schema {version}, this one has \
         {SCHEMA_VERSION}) and must be brought forward first"
    )))
}

/// The newest migration of some books; none where they never had one.
async fn schema_version(conn: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let known = sqlx::query("select 1 from sqlite_master where name = '_sqlx_migrations'")
        .fetch_optional(&mut *conn)
        .await?;
    if known.is_none() {
        return Ok(None);
    }
    let row = sqlx::query("select coalesce(max(version), 0) as v from _sqlx_migrations")
        .fetch_one(&mut *conn)
        .await?;
    Ok(Some(row.try_get("v")?))
}

/// Takes the advisory lock that keeps a second writer out; it is held until the file is dropped.
/// SQLite alone would let two daemons take turns and diverge in memory.
///
/// # Errors
/// Refused while another homepay has them open.
pub fn only_writer(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let refused = |why: String| StoreError::Refused(format!("{}: {why}", path.display()));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&name)
        .map_err(|e| refused(format!("the lock file cannot be made: {e}")))?;
    // Whoever can open the lock file can hold the lock and keep the daemon out. Earlier versions made
    // it world-readable, so the mode is set on old files, too.
    let _ = file.set_permissions(Permissions::from_mode(0o600));
    file.try_lock().map_err(|_| {
        refused("another homepay has these books open: stop it first (one home, one writer)".into())
    })?;
    Ok(file)
}
