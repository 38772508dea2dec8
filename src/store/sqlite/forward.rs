//! What a migration cannot say in SQL: use by local day becomes use by quarters of an hour, a signer's
//! replay window becomes one of each of its keys.

use super::SqliteStore;
use super::load::{name, quantity};
use crate::StoreError;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::replay::window_name;
use homepay_domain::usage::{UsageBook, of_day};
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
                sqlx::query("insert into usage_slots (home, device, quantity, day, slots) values (?, ?, ?, ?, ?)")
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

    /// Gives each key of a signer the window that books of old kept for all of them, all or nothing.
    /// Nothing is done where there are none.
    ///
    /// # Errors
    /// Fails with the disk, and where the household cannot be read.
    pub(super) async fn windows_by_key(&mut self) -> Result<(), StoreError> {
        let old = "select signer from signers where home = ? and instr(signer, '#') = 0";
        let rows = sqlx::query(old).bind(&*self.home_id).fetch_all(self.pen.conn().await?).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let newest = "select doc from household where home = ? order by version desc limit 1";
        let row = sqlx::query(newest).bind(&*self.home_id);
        let household = match row.fetch_optional(self.pen.conn().await?).await? {
            Some(row) => serde_json::from_str(row.try_get("doc")?)?,
            None => Household::default(),
        };
        sqlx::query("begin immediate").execute(self.pen.conn().await?).await?;
        for row in rows {
            let signer: String = row.try_get("signer")?;
            for window in windows_of(&household, &signer) {
                // Where an older version wrote again after the keys had theirs, the further one holds.
                let copied = "insert into signers (home, signer, epoch, top, bits) \
                    select home, ?3, epoch, top, bits from signers where home = ?1 and signer = ?2 \
                    on conflict (home, signer) do update set \
                    epoch = excluded.epoch, top = excluded.top, bits = excluded.bits, sum = null \
                    where (excluded.epoch, excluded.top) > (epoch, top)";
                let query = sqlx::query(copied).bind(&*self.home_id).bind(&signer).bind(window);
                query.execute(self.pen.conn().await?).await?;
            }
            let gone = "delete from signers where home = ? and signer = ?";
            let query = sqlx::query(gone).bind(&*self.home_id).bind(&signer);
            query.execute(self.pen.conn().await?).await?;
        }
        sqlx::query("commit").execute(self.pen.conn().await?).await?;
        Ok(())
    }
}

/// The windows of a signer's keys.
fn windows_of(household: &Household, signer: &str) -> Vec<String> {
    let Some((kind, id)) = signer.split_once(':') else { return Vec::new() };
    let Ok(id) = Name::parse(id) else { return Vec::new() };
    if kind == "owner" {
        let key = household.owner_keys.get(&id);
        return key.map(|key| window_name(signer, &id, &key.key)).into_iter().collect();
    }
    let keys = household.devices.get(&id).into_iter().flat_map(|device| &device.keys);
    keys.map(|(key, secret)| window_name(signer, key, secret)).collect()
}
