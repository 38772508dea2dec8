//! Rows that the journal does not tell, held to the sums that they carry.

use crate::StoreError;
use crate::sqlite::batch::{Cell, Insert, sum_of};
use crate::sqlite::inserts::{CHECKED, OUTBOX_ASK, OUTBOX_PUBLISH};
use crate::sqlite::reader::Reader;
use homepay_domain::ids::Name;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, TypeInfo, ValueRef};

/// How many changed rows of one table are named; more are only counted.
const NAMED_FAULTS_MAX: usize = 3;

pub(super) async fn check(reader: &Reader, faults: &mut Vec<String>) -> Result<(), StoreError> {
    for insert in CHECKED {
        let (table, columns) = insert.target();
        let kind = if *insert == OUTBOX_PUBLISH {
            " and kind = 'publish'"
        } else if *insert == OUTBOX_ASK {
            " and kind = 'ask'"
        } else {
            ""
        };
        let sql = format!("select {columns} from {table} where home = ? and sum is not null{kind}");
        let mut wrong = 0;
        reader
            .each(sql, |row| {
                let changed = is_changed(row, insert)?;
                wrong += usize::from(changed);
                if changed && wrong <= NAMED_FAULTS_MAX {
                    faults.push(format!("{table}: the row {} was changed", key_of(row)));
                }
                Ok(())
            })
            .await?;
        if wrong > NAMED_FAULTS_MAX {
            faults.push(format!("{table}: {} more rows were changed", wrong - NAMED_FAULTS_MAX));
        }
    }
    Ok(())
}

fn is_changed(row: &SqliteRow, insert: &Insert) -> Result<bool, StoreError> {
    let last = insert.columns.saturating_sub(1);
    let cells: Result<Vec<Cell>, StoreError> = (0..last).map(|place| cell(row, place)).collect();
    Ok(sum_of(&cells?) != row.try_get::<i64, _>(last)?)
}

fn cell(row: &SqliteRow, place: usize) -> Result<Cell, StoreError> {
    let value = row.try_get_raw(place)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => Cell::Int(row.try_get(place)?),
        "BLOB" => Cell::Blob(row.try_get(place)?),
        // Damaged text may be no UTF-8: it is compared by its bytes.
        _ => match row.try_get::<String, _>(place) {
            Ok(text) => Cell::Text(text),
            Err(_) => Cell::Null,
        },
    })
}

/// What tells a row from others, as far as people can read it.
fn key_of(row: &SqliteRow) -> String {
    let shown = |place| row.try_get::<String, _>(place).ok().filter(|t| Name::parse(t).is_ok());
    let parts: Vec<String> = (1..4).filter_map(shown).collect();
    if parts.is_empty() { "of a name that is no id".to_owned() } else { parts.join(" ") }
}
