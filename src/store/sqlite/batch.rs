//! Rows gathered by table and written many at a time.

use crate::StoreError;
use homepay_domain::fault_injection::is_cut;
use homepay_domain::ids::{Name, OrderId};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One column of a row.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Int(i64),
    Text(String),
    /// An id that others hold, too: it is not copied.
    Shared(Arc<str>),
    Blob(Vec<u8>),
    Null,
}

impl From<i64> for Cell {
    fn from(value: i64) -> Cell {
        Cell::Int(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        Cell::Int(i64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Cell {
        Cell::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Cell {
        Cell::Text(value)
    }
}

impl From<&Arc<str>> for Cell {
    fn from(value: &Arc<str>) -> Cell {
        Cell::Shared(value.clone())
    }
}

impl From<&Name> for Cell {
    fn from(value: &Name) -> Cell {
        Cell::Shared(value.into())
    }
}

impl From<&OrderId> for Cell {
    fn from(value: &OrderId) -> Cell {
        Cell::Shared(value.into())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, T::into)
    }
}

/// An insert into one table: the statement before and after its rows, and their columns.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Insert {
    pub head: &'static str,
    pub columns: usize,
    pub tail: &'static str,
    /// True where the last column is the sum of the others, which [`Batch::push`] adds.
    pub checked: bool,
}

impl Insert {
    /// The table, and its columns as they are written.
    pub fn target(&self) -> (&'static str, &'static str) {
        let (table, columns) = self.head.split_once(" (").unwrap_or((self.head, ""));
        (table.rsplit(' ').next().unwrap_or(table), columns.trim_end_matches(')'))
    }
}

/// Sixty-four bits of SHA-256 over the cells of a row, each with its kind and length.
pub(super) fn sum_of(cells: &[Cell]) -> i64 {
    let mut hash = Sha256::new();
    let mut part = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(bytes);
    };
    for cell in cells {
        match cell {
            Cell::Int(value) => part(1, &value.to_le_bytes()),
            Cell::Text(value) => part(2, value.as_bytes()),
            Cell::Shared(value) => part(2, value.as_bytes()),
            Cell::Blob(value) => part(3, value),
            Cell::Null => part(0, &[]),
        }
    }
    let digest = hash.finalize();
    i64::from_le_bytes(std::array::from_fn(|place| digest[place]))
}

/// Rows that one INSERT binds. Each statement costs a hop to SQLite's thread, and each size is a
/// prepared statement of its own that costs memory: three sizes, each the double of the last, keep
/// both low. What the largest binds fits the connection's lookaside memory (`.cargo/config.toml`).
const SIZES: [usize; 3] = [32, 16, 8];

/// From so many rows of a table on they are written while the turn still decides, so that the
/// commit has less to write.
const AHEAD_ROWS: usize = 16;

#[derive(Default)]
pub(super) struct Batch {
    rows: BTreeMap<&'static Insert, Vec<Cell>>,
    /// How many rows the longest table has.
    longest: usize,
}

impl Batch {
    pub fn push<const N: usize>(&mut self, insert: &'static Insert, row: [Cell; N]) {
        assert_eq!(N + usize::from(insert.checked), insert.columns, "{}", insert.head);
        let sum = insert.checked.then(|| Cell::Int(sum_of(&row)));
        let room = AHEAD_ROWS * insert.columns;
        let cells = self.rows.entry(insert).or_insert_with(|| Vec::with_capacity(room));
        cells.extend(row);
        cells.extend(sum);
        self.longest = self.longest.max(cells.len() / insert.columns);
    }

    /// True when some rows are worth writing before the turn is at its end.
    pub fn is_long(&self) -> bool {
        self.longest >= AHEAD_ROWS
    }

    /// Takes the rows out that fill whole statements, the first of each table.
    pub fn take_ahead(&mut self) -> Batch {
        let mut ahead = Batch::default();
        for (insert, cells) in &mut self.rows {
            let rows = cells.len() / insert.columns;
            let left = cells.split_off((rows - rows % AHEAD_ROWS) * insert.columns);
            let whole = std::mem::replace(cells, left);
            if !whole.is_empty() {
                ahead.rows.insert(insert, whole);
            }
        }
        self.rows.retain(|_, cells| !cells.is_empty());
        self.longest = 0;
        ahead
    }

    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes what was taken out by [`Batch::take_ahead`].
    pub async fn write_ahead(self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let (text, rest) = self.write_whole(conn).await?;
        debug_assert!(text.is_empty() && rest.is_empty(), "whole statements only");
        Ok(())
    }

    /// Writes everything: many rows of a table by a statement of their own, what is left of all tables
    /// by one text, which ends with `last` and what that binds.
    pub async fn write(
        self,
        conn: &mut SqliteConnection,
        (last, bound): (&str, Vec<Cell>),
    ) -> Result<(), StoreError> {
        let (mut text, mut rest) = self.write_whole(conn).await?;
        cut()?;
        text.push_str(last);
        rest.extend(bound);
        execute(conn, text, rest.into_iter()).await
    }

    /// Writes what fills whole statements; the text for what is left, and what it binds.
    async fn write_whole(
        self,
        conn: &mut SqliteConnection,
    ) -> Result<(String, Vec<Cell>), StoreError> {
        let (mut text, mut rest) = (String::new(), Vec::new());
        for (insert, cells) in self.rows {
            let mut left = cells.len() / insert.columns;
            let mut cells = cells.into_iter();
            while let Some(size) = SIZES.into_iter().find(|size| *size <= left) {
                cut()?;
                let mut sql = String::new();
                statement(&mut sql, insert, size);
                execute(conn, sql, cells.by_ref().take(size * insert.columns)).await?;
                left -= size;
            }
            if left > 0 {
                statement(&mut text, insert, left);
                text.push(';');
                rest.extend(cells);
            }
        }
        Ok((text, rest))
    }
}

/// A test may cut the power here.
fn cut() -> Result<(), StoreError> {
    if is_cut() {
        return Err(StoreError::Refused("cut off by a test".to_owned()));
    }
    Ok(())
}

async fn execute(
    conn: &mut SqliteConnection,
    sql: String,
    cells: impl ExactSizeIterator<Item = Cell>,
) -> Result<(), StoreError> {
    let mut bound = SqliteArguments::default();
    bound.reserve(cells.len(), 0);
    for cell in cells {
        let added = match cell {
            Cell::Int(value) => bound.add(value),
            Cell::Text(value) => bound.add(value),
            Cell::Shared(value) => bound.add(value),
            Cell::Blob(value) => bound.add(value),
            Cell::Null => bound.add(None::<i64>),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    sqlx::query_with(AssertSqlSafe(sql), bound).execute(conn).await?;
    Ok(())
}

/// Only placeholders vary, so the text is as safe as the constants it is made of.
fn statement(sql: &mut String, insert: &Insert, rows: usize) {
    let Insert { head, columns, tail, .. } = insert;
    sql.reserve(head.len() + tail.len() + rows * (2 * columns + 2) + 10);
    sql.push_str(head);
    sql.push_str(" values ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..*columns {
            sql.push_str(if column == 0 { "?" } else { ",?" });
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
}
