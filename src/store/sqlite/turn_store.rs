//! A turn: fetch, gather, commit.

use super::batch::Cell;
use super::{CachedReply, SqliteStore, TurnState, outbox_batch};
use crate::StoreError;
use homepay_domain::book::Book;
use homepay_domain::decide::limit_edit::counts_anew;
use homepay_domain::decision::Decision;
use homepay_domain::event::Digest;
use homepay_domain::facts::{Around, Facts, Needs};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::limits::Limit;
use homepay_domain::limits::used::Hold;
use homepay_domain::meter::{Quantity, Shown};
use homepay_domain::money::Minor;
use homepay_domain::order::Order;
use homepay_domain::time::UnixMs;
use homepay_ports::{EncodedEffects, Outgoing, Publication, Store};
use sqlx::Row;
use std::sync::Arc;

// Each statement is a hop to SQLite's thread and back: what always goes together is one text.

const BEGIN: &str = "begin immediate";

/// Orders that may have ended, and what was said to messages, in rows of one form.
const BEGIN_AND_FETCH: &str = "begin immediate; \
    select doc, null as digest, null as topic, null as reply from whole_orders where home = ? \
    and id in (select value from json_each(?)) \
    union all select null, digest, topic, reply from heard where home = ? \
    and order_id in (select value from json_each(?)) \
    and digest in (select value from json_each(?))";

const LAST_PAID: &str = "select doc from whole_orders where home = ? and device = ? \
    and state = 'settled' order by asked_ms desc limit 1";

const ORDERS_AHEAD: &str = "select doc from whole_orders where home = ?1 and is_open = 0 \
    and (asked_ms > ?2 or changed_ms > ?2)";

/// Orders that are over and bought something, by when they were asked.
const BOUGHT_SINCE: &str = "select doc from whole_orders where home = ?1 and is_open = 0 \
    and captured > 0 and asked_ms >= ?2 order by asked_ms, id";

/// How long before it took its room an order was asked at most, in seconds: 62 days for a bill that
/// waits for an owner.
const WAITED_S_MAX: i64 = 62 * 86_400;

const HOLDS_SINCE: &str = "select order_id, limit_id, version, window, at_ms, share, held, spent, \
    restores, freed from holds where home = ? and limit_id = ? and at_ms >= ?";

const HOLDS_OF: &str = "select order_id, limit_id, version, window, at_ms, share, held, spent, \
    restores, freed from holds where home = ? and order_id = ?";

/// The readings of a counter before a time, at it, and after it.
const AROUND: [&str; 3] = [
    "select at_ms, micro from readings where home = ? and device = ? and quantity = ? \
     and at_ms < ? order by at_ms desc limit 1",
    "select at_ms, micro from readings where home = ? and device = ? and quantity = ? \
     and at_ms = ? order by rowid desc limit 1",
    "select at_ms, micro from readings where home = ? and device = ? and quantity = ? \
     and at_ms > ? order by at_ms limit 1",
];

const OUTBOX: &str =
    "select id, kind, order_id, number, due_ms, parcel, ask from outbox where home = ? order by id";

const COMMIT: &str = "commit";

/// Publications that the broker has and asks that are settled leave the outbox.
const CLEAR_AND_COMMIT: &str = "delete from outbox where home = ? \
    and id in (select value from json_each(?)); \
    delete from outbox where home = ? and kind = 'ask' \
    and order_id in (select value from json_each(?)); \
    commit";

/// Results of SQLite that the values of a statement lead to: error, too big, constraint, mismatch,
/// range.
const WORK_CODES: [u32; 5] = [1, 18, 19, 20, 25];

/// A row of no meaning, written to see whether anything can be.
const COMMIT_TRIFLE: &str = "begin immediate; insert into meta (home, name, value) \
    values ('', 'trifle', hex(randomblob(8))) \
    on conflict (home, name) do update set value = excluded.value; commit";

const LIMIT_REMOVED: &str =
    "update limits set removed_ms = ? where home = ? and id = ? and removed_ms is null";

const THAWED: &str = "delete from frozen where home = ? and device = ?";

impl Store for SqliteStore {
    type Error = StoreError;

    fn book(&self) -> &Book {
        &self.book
    }

    async fn begin(&mut self, needs: &[Needs], now: UnixMs) -> Result<(), StoreError> {
        self.turn = TurnState { at: self.book.time(now), ..TurnState::default() };
        self.begin_and_fetch(needs).await?;
        for limit in needs.iter().flat_map(|n| &n.edits) {
            let holds = self.holds_since(limit).await?;
            self.turn.taken.insert(limit.id.clone(), holds);
        }
        let anew = needs.iter().flat_map(|n| &n.edits);
        let anew = anew.filter(|limit| counts_anew(&self.book, limit, self.turn.at));
        let zone = &self.book.home.zone;
        let starts = anew.map(|limit| {
            limit.period.window(limit.alignment, limit.week_start, zone, self.turn.at).start
        });
        if let Some(start) = starts.min() {
            self.turn.bought = self.bought_since(start).await?;
        }
        for (device, quantity, at) in needs.iter().flat_map(|n| &n.around) {
            let meter = self.book.meters.get(&(device.clone(), *quantity));
            if meter.and_then(|meter| meter.last).is_some_and(|last| *at <= last.at) {
                let around = self.readings_around((device, *quantity), *at).await?;
                self.turn.around.insert((device.clone(), *quantity, *at), around);
            }
        }
        for (device, quantity, span) in needs.iter().filter_map(|n| n.used.as_ref()) {
            self.bring_use((device, *quantity), *span).await?;
        }
        if let Some(back_by_ms) = needs.iter().map(|n| n.back_by_ms).max().filter(|ms| *ms > 0) {
            self.turn.ahead = self.orders_ahead(self.turn.at.plus_ms(-back_by_ms)).await?;
        }
        for device in needs.iter().filter_map(|n| n.last_of.as_ref()) {
            let query = sqlx::query(LAST_PAID).bind(&*self.home_id).bind(device.as_str());
            if let Some(row) = query.fetch_optional(self.pen.conn().await?).await? {
                let mut order: Order = serde_json::from_str(row.try_get("doc")?)?;
                self.add_later_holds(&mut order).await?;
                self.turn.last_paid.insert(device.clone(), order);
            }
        }
        Ok(())
    }

    fn facts(&self, needs: &Needs, chance: u8) -> Facts<'_> {
        let order = needs
            .order
            .as_ref()
            .and_then(|id| {
                let ended = || self.turn.fetched.get(id).map(AsRef::as_ref);
                self.book.open.get(id).or_else(ended).cloned()
            })
            .or_else(|| self.turn.last_paid.get(needs.last_of.as_ref()?).cloned());
        let heard = needs.message.as_ref().is_some_and(|d| self.turn.said.contains_key(d));
        let taken = needs
            .edits
            .iter()
            .filter_map(|l| self.turn.taken.get_key_value(&l.id))
            .map(|(id, holds)| (id.clone(), holds.clone()))
            .collect();
        let around = needs.around.iter().filter_map(|(device, quantity, at)| {
            let found = self.turn.around.get(&(device.clone(), *quantity, *at))?;
            Some(((device.clone(), *quantity), *found))
        });
        let around = around.collect();
        let ahead = if needs.back_by_ms > 0 { self.turn.ahead.clone() } else { Vec::new() };
        let bought = if needs.edits.is_empty() { Vec::new() } else { self.bought() };
        Facts {
            book: &self.book,
            order,
            already_processed: heard,
            holds: taken,
            bought,
            around,
            ahead,
            challenge: chance,
        }
    }

    fn cached_reply(&self, digest: &str) -> Option<Publication> {
        match self.turn.said.get(digest)? {
            CachedReply::Nothing => None,
            CachedReply::Before(said) => Some(said.clone()),
            CachedReply::Now(place) => self.turn.publications.get(*place).cloned(),
        }
    }

    fn write(&mut self, kind: &'static str, decision: &Decision, spoken: EncodedEffects) {
        self.turn.at_once = self.ends_at_once(decision);
        self.journal(kind, decision);
        for change in &decision.changes {
            // Gathered first: what is left of an order's ask is told by how it stood.
            self.stage_rows(change);
            self.book.apply(change);
        }
        let before = self.turn.publications.len();
        self.turn.publications.extend(spoken.publications);
        if let Some((digest, order, answer)) = spoken.remembered {
            self.remember(digest, &order, answer.map(|place| before + place));
        }
        let notices = spoken.notices.into_iter();
        self.turn.outgoing.extend(notices.map(|notice| Outgoing::Notify(Box::new(notice))));
        for (order, number, ask, due) in spoken.asks {
            self.turn.asks.insert(order, (number, ask, due));
        }
        if self.turn.batch.is_long() {
            self.pen.write_ahead(&mut self.turn.batch);
        }
    }

    async fn commit(&mut self) -> Result<Vec<Outgoing>, StoreError> {
        self.gather_parcels();
        self.gather_sums();
        self.gather_asks()?;
        for (limit, at) in std::mem::take(&mut self.turn.removed_limits) {
            let query = sqlx::query(LIMIT_REMOVED).bind(at.0).bind(&*self.home_id);
            query.bind(limit.as_str()).execute(self.pen.conn().await?).await?;
        }
        for device in std::mem::take(&mut self.turn.thawed) {
            let query = sqlx::query(THAWED).bind(&*self.home_id).bind(device);
            query.execute(self.pen.conn().await?).await?;
        }
        let batch = std::mem::take(&mut self.turn.batch);
        let last = self.clear_and_commit()?;
        batch.write(self.pen.conn().await?, last).await?;
        self.parcels.done.clear();
        self.book.seen = self.turn.at;
        Ok(std::mem::take(&mut self.turn.outgoing))
    }

    async fn abandon(&mut self) -> Result<(), StoreError> {
        self.pen.settle().await;
        // Where the turn never began there is nothing to roll back, and that is no fault.
        let _ = sqlx::query("rollback").execute(self.pen.conn().await?).await;
        for parcel in std::mem::take(&mut self.turn.parcels) {
            self.parcels.forget(parcel);
        }
        self.turn = TurnState::default();
        self.reload().await
    }

    async fn outbox(&mut self) -> Result<Vec<Outgoing>, StoreError> {
        let rows =
            sqlx::query(OUTBOX).bind(&*self.home_id).fetch_all(self.pen.conn().await?).await?;
        let mut outgoing = Vec::with_capacity(rows.len());
        for row in rows {
            let id: i64 = row.try_get("id")?;
            if row.try_get::<String, _>("kind")? == "publish" {
                let publications = outbox_batch::unpack(row.try_get("parcel")?)?;
                self.parcels.found(id, publications.len());
                for (place, publication) in publications.into_iter().enumerate() {
                    let id = outbox_batch::number(id, place);
                    if self.parcels.waits(id) {
                        outgoing.push(Outgoing::Publish { id, publication });
                    }
                }
            } else {
                outgoing.push(Outgoing::Ask {
                    order: OrderId::from_store(&row.try_get::<String, _>("order_id")?),
                    number: u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(0),
                    ask: serde_json::from_str(&row.try_get::<String, _>("ask")?)?,
                    due: UnixMs(row.try_get("due_ms")?),
                });
            }
        }
        Ok(outgoing)
    }

    async fn ping(&mut self) -> bool {
        let Ok(conn) = self.pen.conn().await else { return false };
        sqlx::query("select 1").execute(conn).await.is_ok()
    }

    fn mark_progress(&mut self) {
        if let Err(error) = self.mark(false) {
            tracing::warn!(%error, "the marker beside the books could not be written");
        }
    }

    fn blames_the_work(error: &StoreError) -> bool {
        match error {
            StoreError::Refused(_) => false,
            StoreError::Damaged(_) => true,
            StoreError::Failed(sqlx::Error::Database(fault)) => {
                // An extended code has the primary one in its lowest byte.
                let code = fault.code().and_then(|code| code.parse::<u32>().ok());
                code.is_some_and(|code| WORK_CODES.contains(&(code & 0xff)))
            }
            StoreError::Failed(_) => false,
        }
    }

    async fn commits(&mut self) -> bool {
        let Ok(conn) = self.pen.conn().await else { return false };
        sqlx::raw_sql(COMMIT_TRIFLE).execute(conn).await.is_ok()
    }

    async fn prune(&mut self, now: UnixMs) -> Result<(), StoreError> {
        self.prune_tables(now).await
    }

    fn published(&mut self, id: u64) {
        self.parcels.published(id);
    }
}

impl SqliteStore {
    async fn begin_and_fetch(&mut self, needs: &[Needs]) -> Result<(), StoreError> {
        let ids: Vec<&OrderId> = needs
            .iter()
            .filter_map(|n| n.order.as_ref())
            .filter(|id| !self.book.open.contains_key(id))
            .collect();
        let digests: Vec<&Digest> = needs.iter().filter_map(|n| n.message.as_ref()).collect();
        if ids.is_empty() && digests.is_empty() {
            sqlx::query(BEGIN).execute(self.pen.conn().await?).await?;
            return Ok(());
        }
        let none = OrderId::none();
        let signed = needs.iter().filter(|n| n.message.is_some());
        let all: Vec<&OrderId> = signed.map(|n| n.order.as_ref().unwrap_or(&none)).collect();
        let query = sqlx::query(BEGIN_AND_FETCH)
            .bind(&*self.home_id)
            .bind(serde_json::to_string(&ids)?)
            .bind(&*self.home_id)
            .bind(serde_json::to_string(&all)?)
            .bind(serde_json::to_string(&digests)?);
        for row in query.fetch_all(self.pen.conn().await?).await? {
            if let Some(doc) = row.try_get::<Option<&str>, _>("doc")? {
                let order: Order = serde_json::from_str(doc)?;
                self.turn.fetched.insert(order.id.clone(), Arc::new(order));
            } else {
                let (topic, payload) = (row.try_get("topic")?, row.try_get("reply")?);
                let said = Publication { topic, payload, retain: false };
                let is_silence = said.topic.is_empty();
                let said =
                    if is_silence { CachedReply::Nothing } else { CachedReply::Before(said) };
                self.turn.said.insert(row.try_get("digest")?, said);
            }
        }
        let bought: Vec<OrderId> = self
            .turn
            .fetched
            .values()
            .filter(|o| o.captured.is_positive())
            .map(|o| o.id.clone())
            .collect();
        for id in bought {
            let Some(order) = self.turn.fetched.get(&id) else { continue };
            let mut order = (**order).clone();
            self.add_later_holds(&mut order).await?;
            self.turn.fetched.insert(id, Arc::new(order));
        }
        Ok(())
    }

    /// Adds what limits took of an order that were set after it had ended: a refund concerns those, too.
    async fn add_later_holds(&mut self, order: &mut Order) -> Result<(), StoreError> {
        let query = sqlx::query(HOLDS_OF).bind(&*self.home_id).bind(order.id.as_str());
        for row in query.fetch_all(self.pen.conn().await?).await? {
            let (_, hold) = hold_of_row(&row)?;
            if order.holds.iter().all(|known| known.limit != hold.limit) {
                order.holds.push(hold);
            }
        }
        Ok(())
    }

    /// The end of a turn, with what it binds.
    fn clear_and_commit(&self) -> Result<(&'static str, Vec<Cell>), StoreError> {
        if self.parcels.done.is_empty() && self.turn.settled.is_empty() {
            return Ok((COMMIT, Vec::new()));
        }
        let home = &self.home_id;
        let done = serde_json::to_string(&self.parcels.done)?;
        let settled = serde_json::to_string(&self.turn.settled)?;
        Ok((CLEAR_AND_COMMIT, vec![home.into(), done.into(), home.into(), settled.into()]))
    }

    async fn readings_around(
        &mut self,
        (device, quantity): (&Name, Quantity),
        at: UnixMs,
    ) -> Result<Around, StoreError> {
        let mut found = [None, None, None];
        for (place, sql) in AROUND.into_iter().enumerate() {
            let query = sqlx::query(sql).bind(&*self.home_id).bind(device.as_str());
            let query = query.bind(quantity.as_str()).bind(at.0);
            if let Some(row) = query.fetch_optional(self.pen.conn().await?).await? {
                let at = UnixMs(row.try_get("at_ms")?);
                found[place] = Some(Shown { at, micro: row.try_get("micro")? });
            }
        }
        let [before, same, after] = found;
        Ok(Around { before, same, after })
    }

    async fn orders_ahead(&mut self, of: UnixMs) -> Result<Vec<Order>, StoreError> {
        let query = sqlx::query(ORDERS_AHEAD).bind(&*self.home_id).bind(of.0);
        let rows = query.fetch_all(self.pen.conn().await?).await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.try_get("doc")?)?)).collect()
    }

    async fn bought_since(&mut self, start: UnixMs) -> Result<Vec<Order>, StoreError> {
        let asked = start.plus_s(-WAITED_S_MAX);
        let query = sqlx::query(BOUGHT_SINCE).bind(&*self.home_id).bind(asked.0);
        let rows = query.fetch_all(self.pen.conn().await?).await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.try_get("doc")?)?)).collect()
    }

    /// Orders that bought something, those that ended a moment ago in this turn included.
    fn bought(&self) -> Vec<Order> {
        let mut bought = self.turn.bought.clone();
        let now = self.turn.fetched.values().filter(|order| order.captured.is_positive());
        for order in now {
            if bought.iter().all(|known| known.id != order.id) {
                bought.push((**order).clone());
            }
        }
        bought
    }

    async fn holds_since(&mut self, limit: &Limit) -> Result<Vec<(OrderId, Hold)>, StoreError> {
        let zone = &self.book.home.zone;
        let at = self.turn.at;
        let window = limit.period.window(limit.alignment, limit.week_start, zone, at);
        let rows = sqlx::query(HOLDS_SINCE)
            .bind(&*self.home_id)
            .bind(limit.id.as_str())
            .bind(window.start.0)
            .fetch_all(self.pen.conn().await?)
            .await?;
        rows.iter().map(hold_of_row).collect()
    }
}

/// A hold as its row has it.
pub(super) fn hold_of_row(row: &sqlx::sqlite::SqliteRow) -> Result<(OrderId, Hold), StoreError> {
    let limit: String = row.try_get("limit_id")?;
    let limit = Name::parse(&limit).map_err(|e| StoreError::Damaged(e.to_string()))?;
    let order = OrderId::from_store(&row.try_get::<String, _>("order_id")?);
    let hold = Hold {
        limit,
        version: u32::try_from(row.try_get::<i64, _>("version")?).unwrap_or(0),
        window: row.try_get("window")?,
        at: UnixMs(row.try_get("at_ms")?),
        share: Minor(row.try_get("share")?),
        held: Minor(row.try_get("held")?),
        spent: Minor(row.try_get("spent")?),
        restores: row.try_get::<i64, _>("restores")? != 0,
        freed: row.try_get::<i64, _>("freed")? != 0,
    };
    Ok((order, hold))
}
