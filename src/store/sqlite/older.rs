//! Books of an older schema are read from a copy that is brought forward: looking at a backup never
//! changes it.

use super::marker::beside;
use super::open::{HOME_ID, Opened, connect, is_older};
use super::reader::Reader;
use super::{SCHEMA_VERSION, SqliteStore};
use crate::StoreError;
use homepay_domain::household::Home;
use homepay_domain::money::Currency;
use sqlx::{Connection, Row};
use std::path::Path;
use tempfile::TempDir;

/// Books as this version reads them.
pub struct CurrentBooks {
    pub reader: Reader,
    /// The schema that the books have themselves, where it is older.
    pub was_schema: Option<i64>,
    /// Holds the copy, which goes with it.
    _copy: Option<TempDir>,
}

impl CurrentBooks {
    /// Reads the books at `path` as they stand now; those of an older schema in a private copy in the
    /// folder for temporary files. The home says in which zone local days of old lie.
    ///
    /// # Errors
    /// Refuses a newer schema; fails with the disk.
    pub async fn open(path: &Path, home: &Home) -> Result<CurrentBooks, StoreError> {
        let reader = Reader::snapshot(path).await?;
        let schema = is_older(&mut *reader.pool().acquire().await?).await?;
        let Some(schema) = schema else {
            return Ok(CurrentBooks { reader, was_schema: None, _copy: None });
        };
        // Its files are for their owner alone, as the books are: keys are in them.
        let folder = TempDir::new().map_err(|error| StoreError::Failed(error.into()))?;
        let copy = folder.path().join("books.db");
        reader.close().await;
        // Not from within the snapshot's transaction, which SQLite cannot do.
        let source = Reader::open(path).await?;
        let copied = source.copy_to(&copy).await;
        source.close().await;
        copied?;
        bring_forward(&copy, home).await?;
        let reader = Reader::snapshot(&copy).await?;
        Ok(CurrentBooks { reader, was_schema: Some(schema), _copy: Some(folder) })
    }
}

/// Brings books to schema [`SCHEMA_VERSION`] where they are older.
///
/// # Errors
/// Refuses a newer schema and a second writer; fails with the disk.
pub(super) async fn bring_forward(path: &Path, home: &Home) -> Result<(), StoreError> {
    let mut conn = connect(Some(path)).await?;
    let schema = is_older(&mut conn).await?;
    let kept = match schema {
        Some(_) => currency_of(&mut conn).await?,
        None => None,
    };
    conn.close().await?;
    let Some(schema) = schema else { return Ok(()) };
    tracing::info!(schema, to = SCHEMA_VERSION, "a copy of the books is brought forward");
    // What they are kept in is theirs to say, also where today's configuration says otherwise.
    let home = Home { currency: kept.unwrap_or(home.currency), ..home.clone() };
    let store = SqliteStore::open(&Opened { path: Some(path.to_owned()), home }).await?;
    store.close().await?;
    for ending in [".lock", ".marker"] {
        // A copy needs neither: nobody else writes it, and nobody misses it.
        let _ = std::fs::remove_file(beside(path, ending));
    }
    Ok(())
}

async fn currency_of(conn: &mut sqlx::SqliteConnection) -> Result<Option<Currency>, StoreError> {
    let sql = "select value from meta where home = ? and name = 'currency'";
    let row = sqlx::query(sql).bind(HOME_ID).fetch_optional(conn).await?;
    let code = row.map(|row| row.try_get::<String, _>("value")).transpose()?;
    Ok(code.and_then(|code| Currency::from_code(&code).ok()))
}
