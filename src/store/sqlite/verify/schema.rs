//! The tables themselves, held to those that the migrations make.

use crate::StoreError;
use crate::sqlite::open::{connect, migrator};
use crate::sqlite::reader::Reader;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row};
use std::collections::BTreeMap;

/// With the kind of each cell: a text that was made a blob of the same bytes sorts elsewhere.
const SCHEMA_SHAPES: &str = "select type || ' ' || name as name, typeof(type) || typeof(name) || typeof(tbl_name) \
    || ' ' || tbl_name || ' ' || coalesce(sql, '') as sql from sqlite_master where ?1 = ?1";

const VERSIONS: &str =
    "select version, hex(checksum) as checksum from _sqlx_migrations where ?1 = ?1";

type Shapes = BTreeMap<String, String>;

fn shapes(rows: &[SqliteRow], key: &str, value: &str) -> Result<Shapes, StoreError> {
    let pair = |row: &SqliteRow| {
        let key = row.try_get::<String, _>(key);
        let key = key.or_else(|_| row.try_get::<i64, _>("version").map(|v| v.to_string()))?;
        Ok((key, row.try_get(value)?))
    };
    rows.iter().map(pair).collect()
}

pub(super) async fn check(reader: &Reader, faults: &mut Vec<String>) -> Result<(), StoreError> {
    let kept = shapes(&reader.rows(SCHEMA_SHAPES).await?, "name", "sql")?;
    let versions = shapes(&reader.rows(VERSIONS).await?, "version", "checksum")?;
    let mut fresh = connect(None).await?;
    // Older books are held to the schema that they have.
    let mut known = migrator();
    known.migrations.to_mut().retain(|m| versions.contains_key(&m.version.to_string()));
    known
        .run(&mut fresh)
        .await
        .map_err(|error| StoreError::Damaged(format!("the schema: {error}")))?;
    let wanted = sqlx::query(SCHEMA_SHAPES).bind("").fetch_all(&mut fresh).await?;
    let wanted = shapes(&wanted, "name", "sql")?;
    let wanted_versions = sqlx::query(VERSIONS).bind("").fetch_all(&mut fresh).await?;
    let wanted_versions = shapes(&wanted_versions, "version", "checksum")?;
    fresh.close().await?;
    for (name, sql) in &wanted {
        if kept.get(name) != Some(sql) {
            faults.push(format!("the {name} of the schema was changed"));
        }
    }
    for name in kept.keys().filter(|name| !wanted.contains_key(*name)) {
        faults.push(format!("the {name} is not a part of the schema"));
    }
    if versions != wanted_versions {
        faults.push("the list of migrations was changed".to_owned());
    }
    Ok(())
}
