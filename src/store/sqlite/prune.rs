//! What is no longer needed to answer anything leaves the tables; money never does.

use super::SqliteStore;
use crate::StoreError;
use homepay_domain::time::UnixMs;

/// How long the reply to a message is kept, in seconds: far longer than a signature is fresh, for
/// brokers that deliver again after an outage.
const SAID_KEPT_S: i64 = 7 * 86_400;

/// How long single readings are kept, in seconds: so long a reading that comes late may correct what
/// was shared out by time. A hundred devices every ten seconds make 1.7 million rows in that time. Use by
/// quarters of an hour is kept for ever.
const READINGS_KEPT_S: i64 = 2 * 86_400;

/// How long it is kept what people were told, in seconds.
const NOTICES_KEPT_S: i64 = 30 * 86_400;

/// Rows that one call deletes at most: pruning runs between turns, and a turn must not wait long
/// for it.
const PRUNED_ROWS_MAX: i64 = 5_000;

impl SqliteStore {
    /// Takes out what is too old to matter. Call it between turns, now and then.
    ///
    /// # Errors
    /// Fails with the disk.
    pub(super) async fn prune_tables(&mut self, now: UnixMs) -> Result<(), StoreError> {
        self.book.forget_old(now);
        let old = [
            (
                "delete from heard where home = ?1 and rowid in (select rowid from (select rowid, \
                 at_ms from heard order by rowid limit ?3) where at_ms < ?2)",
                SAID_KEPT_S,
            ),
            (
                "delete from readings where home = ?1 and rowid in (select rowid from (select \
                 rowid, at_ms from readings order by rowid limit ?3) where at_ms < ?2)",
                READINGS_KEPT_S,
            ),
            (
                "delete from guesses where rowid in (select rowid from guesses \
                 where home = ? and at_ms < ? limit ?)",
                SAID_KEPT_S,
            ),
            (
                "delete from notices where rowid in (select rowid from notices \
                 where home = ? and is_open = 0 and at_ms < ? limit ?)",
                NOTICES_KEPT_S,
            ),
        ];
        for (sql, kept_s) in old {
            sqlx::query(sql)
                .bind(&*self.home_id)
                .bind(now.plus_s(-kept_s).0)
                .bind(PRUNED_ROWS_MAX)
                .execute(self.pen.conn().await?)
                .await?;
        }
        Ok(())
    }
}
