//! What a migration cannot say in SQL: use by local day becomes use by quarters of an hour.

use super::SqliteStore;
use super::load::{name, quantity};
use crate::domain::usage::{UsageBook, of_day};
use crate::store::StoreError;
use jiff::civil::Date;
use sqlx::Row;

impl SqliteStore {
    /// Spreads sums of local days, as books before schema 4 have them, over their hours, all or
    /// nothing. Nothing is done where there are none.
    ///
    /// # Errors
    /// Fails with the disk, and where a row cannot be read.
    pub(super) async fn spread_days(&mut self) -> Result<(), StoreError> {
        let sql = "select device, quantity, day, micro from usage_days where home = ?";
        let rows = sqlx::query(sql).bind(&*self.home_id).fetch_all(self.pen.conn().await?).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut usage = UsageBook::default();
        for row in rows {
            let day: String = row.try_get("day")?;
            let day: Date =
                day.parse().map_err(|_| StoreError::Damaged(format!("usage_days: {day}")))?;
            let (device, of) = (name(row.try_get("device")?)?, quantity(row.try_get("quantity")?)?);
            usage.add(&device, of, &of_day(&self.book.home.zone, day, row.try_get("micro")?));
        }
        sqlx::query("begin immediate").execute(self.pen.conn().await?).await?;
        for ((device, of), days) in usage.all() {
            for (day, packed) in days {
                sqlx::query("insert into usage_slots values (?, ?, ?, ?, ?)")
                    .bind(&*self.home_id)
                    .bind(device.as_str())
                    .bind(of.as_str())
                    .bind(day.0)
                    .bind(packed.bytes())
                    .execute(self.pen.conn().await?)
                    .await?;
            }
        }
        let gone = "delete from usage_days where home = ?";
        sqlx::query(gone).bind(&*self.home_id).execute(self.pen.conn().await?).await?;
        sqlx::query("commit").execute(self.pen.conn().await?).await?;
        Ok(())
    }
}
