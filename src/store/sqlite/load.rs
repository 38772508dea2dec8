//! Loading what is kept at hand.

use super::turn_store::hold_of_row;
use super::{SqliteStore, TurnState};
use crate::StoreError;
use crate::journal::GENESIS;
use homepay_domain::alert::Alert;
use homepay_domain::book::{Book, GUESS_SPAN_S};
use homepay_domain::decision::Change;
use homepay_domain::ids::Name;
use homepay_domain::limits::Limit;
use homepay_domain::limits::used::{Hold, ROLLING, Used};
use homepay_domain::limits::window::{Period, midnight};
use homepay_domain::meter::Quantity;
use homepay_domain::money::Minor;
use homepay_domain::notice::Notice;
use homepay_domain::order::Order;
use homepay_domain::payable::Payable;
use homepay_domain::replay::ReplayWindow;
use homepay_domain::tariff::{Slot, SpotPrices};
use homepay_domain::time::UnixMs;
use homepay_domain::usage::UtcDay;
use homepay_domain::usage::packed::PackedDay;
use homepay_domain::usage_bill::UsageBill;
use rust_decimal::Decimal;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::sync::Arc;

/// The newest version of each limit that is in force.
pub(super) const SELECT_LIMITS: &str = "select l.doc from limits l where l.home = ? and l.removed_ms is null \
    and l.version = (select max(version) from limits m where m.home = l.home and m.id = l.id)";

/// Holds of a rolling limit, also those that were taken while it had another period.
const ROLLING_HOLDS: &str = "select order_id, limit_id, version, window, at_ms, share, held, \
    spent, restores, freed from holds where home = ? and limit_id = ? and at_ms > ?";

const OPEN_NOTICES: &str = "select doc from notices where home = ? and is_open = 1";

/// What was told last, the newest at the end.
const LAST_NOTICES: &str = "select doc from (select doc, at_ms from notices \
    where home = ? and is_open = 0 order by at_ms desc limit 400) order by at_ms";

/// Bills to pay with their newest orders, which tell how they stand.
const PAYABLES: &str = "select b.doc, o.doc as order_doc from bills b left join orders o \
    on o.home = b.home and o.id = b.order_id where b.home = ?";

const USED_WITHIN: &str = "select day, slots from usage_slots where home = ? and device = ? \
    and quantity = ? and day between ? and ?";

/// Prices from one slot until before another, those told last at the end.
pub(super) const PRICES_SINCE: &str = "select source, slot, price from spot_prices \
    where home = ? and slot >= ? and slot < ? order by source, slot, told_ms";

/// How many of the newest orders are looked at for what was said a moment ago, and what was ordered
/// last.
const RECENT_ORDERS: i64 = 200;

impl SqliteStore {
    /// Loads the warm book from the tables, as after a start.
    ///
    /// # Errors
    /// Fails with the disk, and where a row cannot be read.
    pub async fn reload(&mut self) -> Result<(), StoreError> {
        self.turn = TurnState::default();
        let mut book = Book::new(self.book.home.clone());
        self.load_meta(&mut book).await?;
        self.load_household(&mut book).await?;
        self.load_money(&mut book).await?;
        self.load_payables(&mut book).await?;
        self.load_signers(&mut book).await?;
        self.load_access(&mut book).await?;
        self.load_use(&mut book).await?;
        self.load_notices(&mut book).await?;
        let row = sqlx::query("select coalesce(max(id), 0) + 1 as n from outbox where home = ?")
            .bind(&*self.home_id)
            .fetch_one(self.pen.conn().await?)
            .await?;
        // Numbers are not used again while an acknowledgement may still be on its way.
        self.next_out = self.next_out.max(row.try_get("n")?);
        self.book = book;
        Ok(())
    }

    pub(super) async fn rows(&mut self, sql: &'static str) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(sqlx::query(sql).bind(&*self.home_id).fetch_all(self.pen.conn().await?).await?)
    }

    async fn load_meta(&mut self, book: &mut Book) -> Result<(), StoreError> {
        self.journal_seq = 0;
        self.journal_hash = GENESIS.into();
        for row in self.rows("select name, value from meta where home = ?").await? {
            let value: String = row.try_get("value")?;
            let number =
                || value.parse::<i64>().map_err(|_| StoreError::Damaged(format!("meta: {value}")));
            match row.try_get::<String, _>("name")?.as_str() {
                "seen_ms" => book.seen = UnixMs(number()?),
                "books_id" => book.id = value.into(),
                "notify_routes" => book.notices.routes = serde_json::from_str(&value)?,
                "time_anchor" => book.anchor = Some(serde_json::from_str(&value)?),
                "journal_seq" => self.journal_seq = number()?,
                "journal_hash" => self.journal_hash = value.into(),
                _ => {}
            }
        }
        Ok(())
    }

    async fn load_household(&mut self, book: &mut Book) -> Result<(), StoreError> {
        let newest = "select version, doc from household where home = ? \
            order by version desc limit 1";
        self.household_version = 0;
        for row in self.rows(newest).await? {
            self.household_version = row.try_get("version")?;
            book.household = serde_json::from_str(row.try_get("doc")?)?;
        }
        for row in self.rows(SELECT_LIMITS).await? {
            let limit: Limit = serde_json::from_str(row.try_get("doc")?)?;
            Arc::make_mut(&mut book.household).limits.insert(limit.id.clone(), limit);
        }
        let versions = "select id, max(version) as version from limits where home = ? group by id";
        for row in self.rows(versions).await? {
            let version = u32::try_from(row.try_get::<i64, _>("version")?).unwrap_or(u32::MAX);
            book.limit_versions.insert(name(row.try_get("id")?)?, version);
        }
        for row in self.rows("select device from frozen where home = ?").await? {
            let device: String = row.try_get("device")?;
            let device = if device.is_empty() { None } else { Some(name(&device)?) };
            book.apply(&Change::Frozen { device, frozen: true });
        }
        for row in self.rows("select doc from usage_bills where home = ?").await? {
            let bill: UsageBill = serde_json::from_str(row.try_get("doc")?)?;
            book.usage_bills.insert((bill.tariff.clone(), bill.period.clone()), bill);
        }
        for row in self.rows("select period from bills_made where home = ?").await? {
            book.billed.insert(row.try_get("period")?);
        }
        Ok(())
    }

    async fn load_money(&mut self, book: &mut Book) -> Result<(), StoreError> {
        let uses = "select limit_id, window, held, spent, count from uses where home = ?";
        for row in self.rows(uses).await? {
            let used = Used {
                held: Minor(row.try_get("held")?),
                spent: Minor(row.try_get("spent")?),
                count: u32::try_from(row.try_get::<i64, _>("count")?).unwrap_or(u32::MAX),
            };
            book.uses.set(&name(row.try_get("limit_id")?)?, row.try_get("window")?, used);
        }
        for row in self.rows("select doc from orders where home = ? and is_open = 1").await? {
            let order: Order = serde_json::from_str(row.try_get("doc")?)?;
            book.open.insert(order.id.clone(), order);
        }
        self.load_recent(book).await?;
        let rolling: Vec<(Name, i64)> = book
            .household
            .limits
            .values()
            .filter_map(|limit| match limit.period {
                Period::Rolling { span_s } => Some((limit.id.clone(), span_s)),
                Period::Order
                | Period::Day
                | Period::Week
                | Period::Month
                | Period::Year
                | Period::AllTime => None,
            })
            .collect();
        for (limit, span_s) in rolling {
            let rows = sqlx::query(ROLLING_HOLDS)
                .bind(&*self.home_id)
                .bind(limit.as_str())
                .bind(book.seen.plus_s(-span_s).0)
                .fetch_all(self.pen.conn().await?)
                .await?;
            for row in rows {
                let (order, hold) = hold_of_row(&row)?;
                let hold = Hold { window: ROLLING.to_owned(), ..hold };
                book.uses.put(&order, None, &hold);
            }
        }
        Ok(())
    }

    async fn load_payables(&mut self, book: &mut Book) -> Result<(), StoreError> {
        for row in self.rows(PAYABLES).await? {
            let payable: Payable = serde_json::from_str(row.try_get("doc")?)?;
            book.payables.insert(payable.id.clone(), payable);
            if let Some(order) = row.try_get::<Option<&str>, _>("order_doc")? {
                book.note_payable(&serde_json::from_str(order)?);
            }
        }
        Ok(())
    }

    async fn load_notices(&mut self, book: &mut Book) -> Result<(), StoreError> {
        for row in self.rows(OPEN_NOTICES).await?.iter().chain(&self.rows(LAST_NOTICES).await?) {
            let notice: Notice = serde_json::from_str(row.try_get("doc")?)?;
            book.notices.put(&notice);
        }
        Ok(())
    }

    /// The newest orders, and what was spent this month.
    async fn load_recent(&mut self, book: &mut Book) -> Result<(), StoreError> {
        let recent = "select doc from whole_orders where home = ? order by asked_ms desc limit ?";
        let query = sqlx::query(recent).bind(&*self.home_id).bind(RECENT_ORDERS);
        let rows = query.fetch_all(self.pen.conn().await?).await?;
        for row in rows.iter().rev() {
            // What cannot be read is told by `journal verify`; it only cannot be asked about.
            if let Ok(order) = serde_json::from_str(row.try_get("doc")?) {
                book.recent.note(&order);
            }
        }
        let month = book.seen.in_zone(&book.home.zone).date().first_of_month();
        let since = midnight(month, &book.home.zone).0;
        let moved = "select asked_ms, captured - refunded as net from orders \
            where home = ? and asked_ms >= ? and captured > 0";
        let query = sqlx::query(moved).bind(&*self.home_id).bind(since);
        for row in query.fetch_all(self.pen.conn().await?).await? {
            let (asked, net) = (row.try_get("asked_ms")?, row.try_get("net")?);
            book.spent.add(&book.home.zone, UnixMs(asked), Minor(net));
        }
        Ok(())
    }

    async fn load_signers(&mut self, book: &mut Book) -> Result<(), StoreError> {
        let signers = "select signer, epoch, top, bits from signers where home = ?";
        for row in self.rows(signers).await? {
            let number = |column| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
            let window = ReplayWindow {
                epoch: number("epoch")?,
                top: number("top")?,
                bits: number("bits")?,
            };
            book.replay_windows.insert(row.try_get("signer")?, window);
        }
        let since = book.seen.plus_s(-GUESS_SPAN_S).0;
        let guesses =
            "select device, at_ms from guesses where home = ? and at_ms > ? order by at_ms";
        let query = sqlx::query(guesses).bind(&*self.home_id).bind(since);
        for row in query.fetch_all(self.pen.conn().await?).await? {
            let at = UnixMs(row.try_get("at_ms")?);
            book.apply(&Change::Guessed { device: name(row.try_get("device")?)?, at });
        }
        Ok(())
    }

    /// The use of a counter on some days of UTC, the last included.
    async fn used_days(
        &mut self,
        (device, quantity): (&Name, Quantity),
        (first, last): (UtcDay, UtcDay),
    ) -> Result<Vec<(UtcDay, PackedDay)>, StoreError> {
        let query = sqlx::query(USED_WITHIN).bind(&*self.home_id).bind(device.as_str());
        let query = query.bind(quantity.as_str()).bind(first.0).bind(last.0);
        query.fetch_all(self.pen.conn().await?).await?.iter().map(day_of_row).collect()
    }

    /// Brings use to hand that the book forgot, so that it can be changed.
    pub(super) async fn bring_use(
        &mut self,
        counter: (&Name, Quantity),
        (from, to): (UnixMs, UnixMs),
    ) -> Result<(), StoreError> {
        let days = (UtcDay::of(from), UtcDay::of(to));
        for (day, packed) in self.used_days(counter, days).await? {
            let (device, quantity) = counter;
            if self.book.usage.packed(device, quantity, day).is_none() {
                self.book.usage.put(device, quantity, day, packed);
            }
        }
        Ok(())
    }

    async fn load_use(&mut self, book: &mut Book) -> Result<(), StoreError> {
        for row in self.rows("select device, quantity, doc from meters where home = ?").await? {
            let key = (name(row.try_get("device")?)?, quantity(row.try_get("quantity")?)?);
            book.meters.insert(key, serde_json::from_str(row.try_get("doc")?)?);
        }
        for row in self.rows("select device, doc from sightings where home = ?").await? {
            let device = name(row.try_get("device")?)?;
            book.sightings.insert(device, serde_json::from_str(row.try_get("doc")?)?);
        }
        let counters: Vec<_> = book.meters.keys().cloned().collect();
        for (device, quantity) in counters {
            let first = book.use_kept_since(&device, quantity, book.seen);
            let days = (first, UtcDay(i64::MAX));
            for (day, packed) in self.used_days((&device, quantity), days).await? {
                book.usage.put(&device, quantity, day, packed);
            }
        }
        let first = book.prices_kept_since(book.seen);
        let query = sqlx::query(PRICES_SINCE).bind(&*self.home_id).bind(first.0).bind(i64::MAX);
        for row in query.fetch_all(self.pen.conn().await?).await? {
            let (source, prices) = price_of_row(&row)?;
            book.usage.put_spot(&source, &prices);
        }
        for row in self
            .rows("select doc from alerts where home = ? order by at_ms desc limit 5000")
            .await?
        {
            let alert: Alert = serde_json::from_str(row.try_get("doc")?)?;
            book.alerts.insert(alert.id.clone(), alert);
        }
        Ok(())
    }
}

/// A market price as its row has it.
pub(super) fn price_of_row(row: &SqliteRow) -> Result<(Name, SpotPrices), StoreError> {
    let text: String = row.try_get("price")?;
    let damaged = || StoreError::Damaged(format!("spot_prices: {text} is no price"));
    let price: Decimal = text.parse().map_err(|_| damaged())?;
    let slot = Slot(row.try_get("slot")?);
    Ok((name(row.try_get("source")?)?, SpotPrices([(slot, price)].into())))
}

/// A day of use as its row has it.
pub(super) fn day_of_row(row: &SqliteRow) -> Result<(UtcDay, PackedDay), StoreError> {
    let day: i64 = row.try_get("day")?;
    let packed = PackedDay::from_bytes(row.try_get("slots")?);
    let damaged = || StoreError::Damaged(format!("usage_slots: day {day} cannot be read"));
    Ok((UtcDay(day), packed.ok_or_else(damaged)?))
}

pub(super) fn name(text: &str) -> Result<Name, StoreError> {
    Name::parse(text).map_err(|e| StoreError::Damaged(e.to_string()))
}

pub(super) fn quantity(text: &str) -> Result<Quantity, StoreError> {
    Quantity::parse(text).ok_or_else(|| StoreError::Damaged(format!("quantity {text}")))
}
