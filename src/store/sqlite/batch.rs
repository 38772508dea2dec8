//! Rows gathered by table and written many at a time.

use crate::domain::planted::is_cut;
use crate::store::StoreError;
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::collections::BTreeMap;

/// One column of a row.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Int(i64),
    Text(String),
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

impl<T: AsRef<str>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, |text| Cell::Text(text.as_ref().to_owned()))
    }
}

/// An insert into one table: the statement before and after its rows, and their columns.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Insert {
    pub head: &'static str,
    pub columns: usize,
    pub tail: &'static str,
}

/// How many rows one statement writes: each size is its own prepared statement. A statement costs
/// a hop to SQLite's thread, a size costs a statement's memory: doublings keep both low.
const SIZES: [usize; 9] = [128, 64, 32, 16, 8, 4, 3, 2, 1];

/// Rows by insert, in the order in which tables were first named.
#[derive(Default)]
pub(super) struct Batch {
    rows: BTreeMap<&'static Insert, Vec<Cell>>,
}

impl Batch {
    /// Adds a row.
    pub fn push<const N: usize>(&mut self, insert: &'static Insert, row: [Cell; N]) {
        assert_eq!(N, insert.columns, "{}", insert.head);
        self.rows.entry(insert).or_default().extend(row);
    }

    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes everything, some rows a statement.
    pub async fn write(&mut self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        for (insert, cells) in std::mem::take(&mut self.rows) {
            let mut left = cells.len() / insert.columns;
            let mut cells = cells.into_iter();
            while left > 0 {
                if is_cut() {
                    return Err(StoreError::Refused("cut off by a test".to_owned()));
                }
                let size = SIZES.into_iter().find(|size| *size <= left).unwrap_or(1);
                let sql = statement(insert, size);
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for cell in cells.by_ref().take(size * insert.columns) {
                    query = match cell {
                        Cell::Int(value) => query.bind(value),
                        Cell::Text(value) => query.bind(value),
                        Cell::Blob(value) => query.bind(value),
                        Cell::Null => query.bind(None::<i64>),
                    };
                }
                query.execute(&mut *conn).await?;
                left -= size;
            }
        }
        Ok(())
    }
}

/// Only placeholders vary, so the text is as safe as the constants it is made of.
fn statement(insert: &Insert, rows: usize) -> String {
    let Insert { head, columns, tail } = insert;
    let mut sql = String::with_capacity(head.len() + tail.len() + rows * (2 * columns + 2) + 9);
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
    sql
}
