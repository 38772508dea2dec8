//! `journal verify`: the chain is read again from its beginning, every table that can be derived from
//! it is, and is compared; what it does not tell is held to the sums of its rows.

mod derived;
mod schema;
mod sums;

use super::open::{HOME_ID, refuse_older};
use super::reader::Reader;
use crate::StoreError;
use crate::journal::{GENESIS, is_intact};
use derived::Documents;
use homepay_domain::decision::Change;
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::limits::used::{ROLLING, UseBook, Used};
use homepay_domain::money::Minor;
use homepay_domain::order::State;
use homepay_ports::JournalEntry;
use sqlx::Row;
use std::collections::BTreeMap;

/// How many entries are read at a time.
const CHUNK_ROWS: i64 = 5_000;

#[derive(Clone, Debug, serde::Serialize)]
pub struct VerificationReport {
    /// How many entries the chain has.
    pub entries: i64,
    /// The hash of the last one.
    pub head: String,
    /// How many orders it tells of.
    pub orders: usize,
    /// What is wrong: empty when everything holds. The first is the first bad entry.
    pub faults: Vec<String>,
}

/// An order's money as the journal tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OrderMoney {
    state: State,
    amount: Minor,
    captured: Minor,
    refunded: Minor,
    /// Of the whole order, as [`derived::order_hash`] makes it.
    hash: u64,
    /// What is asked of the wallet: its number; none where nothing is.
    asks: Option<u32>,
}

#[derive(Default)]
struct Fold {
    uses: UseBook,
    holds: BTreeMap<(OrderId, Name), (Minor, Minor, bool)>,
    orders: BTreeMap<OrderId, OrderMoney>,
    documents: Documents,
    faults: Vec<String>,
}

/// Reads everything again.
///
/// # Errors
/// Fails with the disk; what is wrong with the books is in the result.
pub async fn verify(reader: &Reader) -> Result<VerificationReport, StoreError> {
    refuse_older(&mut *reader.pool().acquire().await?).await?;
    let mut fold = Fold::default();
    let (mut seq, mut head) = (0_i64, GENESIS.to_owned());
    loop {
        let entries = reader.journal(seq, CHUNK_ROWS).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            if let Some(fault) = broken(&entry, seq, &head) {
                // After a break nothing that follows can be trusted.
                fold.faults.push(fault);
                return Ok(found(&fold, seq, head));
            }
            fold.entry(&entry);
            seq = entry.seq;
            head = entry.hash;
        }
    }
    fold.compare_head(reader, seq, &head).await?;
    fold.compare_uses(reader).await?;
    fold.compare_holds(reader).await?;
    fold.compare_orders(reader).await?;
    fold.compare_asks(reader).await?;
    let documents = std::mem::take(&mut fold.documents);
    documents.compare(reader, &mut fold.faults).await?;
    sums::check(reader, &mut fold.faults).await?;
    schema::check(reader, &mut fold.faults).await?;
    Ok(found(&fold, seq, head))
}

fn found(fold: &Fold, entries: i64, head: String) -> VerificationReport {
    VerificationReport { entries, head, orders: fold.orders.len(), faults: fold.faults.clone() }
}

/// Use of a limit in words; this far down nobody knows the currency.
fn shown(used: Used) -> String {
    let Used { held, spent, count } = used;
    format!("{} held and {} spent in the smallest unit, {count} orders", held.0, spent.0)
}

fn broken(entry: &JournalEntry, seq: i64, head: &str) -> Option<String> {
    if entry.seq != seq + 1 {
        return Some(format!("entry {} is missing", seq + 1));
    }
    if entry.prev != head {
        return Some(format!("entry {} does not follow the one before it", entry.seq));
    }
    (!is_intact(entry, HOME_ID)).then(|| format!("entry {} was changed", entry.seq))
}

impl Fold {
    fn entry(&mut self, entry: &JournalEntry) {
        let changes: Vec<Change> = match serde_json::from_str(&entry.body) {
            Ok(changes) => changes,
            Err(error) => {
                self.faults.push(format!("entry {} cannot be read: {error}", entry.seq));
                return;
            }
        };
        for change in changes {
            self.documents.note(&change);
            match change {
                Change::Order { order } => {
                    let told = OrderMoney {
                        state: order.state,
                        amount: order.amount,
                        captured: order.captured,
                        refunded: order.refunded,
                        hash: derived::order_hash(&order),
                        asks: order.attempt.as_ref().map(|attempt| attempt.number),
                    };
                    self.orders.insert(order.id.clone(), told);
                }
                Change::Hold { order, before, after } => {
                    let key = (order.clone(), after.limit.clone());
                    let known = self.holds.get(&key).copied();
                    let said = before.as_ref().map(|b| (b.held, b.spent, b.freed));
                    if known != said {
                        let fault = format!(
                            "entry {}: the hold of {order} on {} differs from what the entry says",
                            entry.seq, after.limit
                        );
                        self.faults.push(fault);
                    }
                    self.holds.insert(key, (after.held, after.spent, after.freed));
                    self.uses.put(&order, before.as_ref(), &after);
                }
                Change::Limit { carried, .. } => self.uses.carry(&carried),
                Change::Judged { .. }
                | Change::Approved { .. }
                | Change::Acted { .. }
                | Change::Access { .. }
                | Change::ReplayWindowAdvanced { .. }
                | Change::LimitRemoved { .. }
                | Change::Frozen { .. }
                | Change::Guessed { .. }
                | Change::Household { .. }
                | Change::Read { .. }
                | Change::Sighted { .. }
                | Change::Notice { .. }
                | Change::NotifyRoutes { .. }
                | Change::Alert { .. }
                | Change::AlertScanned { .. }
                | Change::Prices { .. }
                | Change::Billed { .. }
                | Change::UsageBill { .. }
                | Change::Corrected { .. }
                | Change::TimeAnchored { .. }
                | Change::ClockStepped { .. }
                | Change::MeterMoved { .. }
                | Change::Payable { .. } => {}
            }
        }
    }

    async fn compare_head(
        &mut self,
        reader: &Reader,
        seq: i64,
        head: &str,
    ) -> Result<(), StoreError> {
        let meta = "select name, value from meta where home = ? and name like 'journal_%'";
        for row in reader.rows(meta).await? {
            let (name, value): (String, String) = (row.try_get("name")?, row.try_get("value")?);
            let holds = match name.as_str() {
                "journal_seq" => value == seq.to_string(),
                "journal_hash" => value == head,
                _ => true,
            };
            if !holds {
                self.faults
                    .push(format!("the journal ends at entry {seq}, but the books expect {value}"));
            }
        }
        Ok(())
    }

    async fn compare_uses(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let mut computed: BTreeMap<(String, String), Used> = self
            .uses
            .all()
            .map(|(limit, window, used)| ((limit.to_string(), window.clone()), *used))
            .collect();
        let uses = "select limit_id, window, held, spent, count from uses where home = ?";
        for row in reader.rows(uses).await? {
            let key: (String, String) = (row.try_get("limit_id")?, row.try_get("window")?);
            let kept = Used {
                held: Minor(row.try_get("held")?),
                spent: Minor(row.try_get("spent")?),
                count: u32::try_from(row.try_get::<i64, _>("count")?).unwrap_or(u32::MAX),
            };
            let told = computed.remove(&key).unwrap_or_default();
            if told != kept {
                self.faults.push(format!(
                    "limit {} in {}: the journal gives {}, the books have {}",
                    key.0,
                    key.1,
                    shown(told),
                    shown(kept)
                ));
            }
        }
        for ((limit, window), used) in computed.iter().filter(|(_, u)| **u != Used::default()) {
            let used = shown(*used);
            self.faults.push(format!("limit {limit} in {window}: {used} is not in the books"));
        }
        Ok(())
    }

    async fn compare_holds(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let mut computed = self.holds.clone();
        let holds = "select order_id, limit_id, window, held, spent, freed from holds \
            where home = ?";
        for row in reader.rows(holds).await? {
            let order = OrderId::from_store(&row.try_get::<String, _>("order_id")?);
            let limit: String = row.try_get("limit_id")?;
            let limit =
                Name::parse(&limit).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let freed = row.try_get::<i64, _>("freed")? != 0;
            let kept = (Minor(row.try_get("held")?), Minor(row.try_get("spent")?), freed);
            if computed.remove(&(order.clone(), limit.clone())) != Some(kept) {
                let rolling = row.try_get::<String, _>("window")? == ROLLING;
                let kind = if rolling { "rolling hold" } else { "hold" };
                self.faults.push(format!("the {kind} of {order} on {limit} is not as journalled"));
            }
        }
        for (order, limit) in computed.keys() {
            self.faults.push(format!("the hold of {order} on {limit} is not in the books"));
        }
        Ok(())
    }

    async fn compare_orders(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let mut computed = self.orders.clone();
        let orders = "select id, state, amount, captured, refunded, doc from orders where home = ?";
        for row in reader.rows(orders).await? {
            let id = OrderId::from_store(&row.try_get::<String, _>("id")?);
            let state: String = row.try_get("state")?;
            let kept = OrderMoney {
                state: serde_json::from_value(state.into())?,
                amount: Minor(row.try_get("amount")?),
                captured: Minor(row.try_get("captured")?),
                refunded: Minor(row.try_get("refunded")?),
                hash: 0,
                asks: None,
            };
            let doc: &str = row.try_get("doc")?;
            let told = computed.remove(&id);
            let same = told.as_ref().is_some_and(|told| {
                let figures = OrderMoney { hash: 0, asks: None, ..told.clone() };
                figures == kept && (doc.is_empty() || derived::is_order(doc, told.hash))
            });
            if !same {
                self.faults.push(format!("order {id} is not as journalled"));
            }
        }
        for id in computed.keys() {
            self.faults.push(format!("order {id} is journalled and not in the books"));
        }
        Ok(())
    }

    /// What is asked of the wallet waits in the outbox, or it would never be asked.
    async fn compare_asks(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let asks = "select order_id, number from outbox where home = ? and kind = 'ask'";
        let mut waiting = BTreeMap::new();
        for row in reader.rows(asks).await? {
            let order = OrderId::from_store(&row.try_get::<String, _>("order_id")?);
            waiting.insert(order, row.try_get::<i64, _>("number")?);
        }
        for (id, told) in self.orders.iter().filter(|(_, told)| told.state.is_open()) {
            let wanted = told.asks.map(i64::from);
            if waiting.remove(id) != wanted {
                self.faults
                    .push(format!("what is asked of the wallet for {id} is not in the outbox"));
            }
        }
        for id in waiting.keys() {
            self.faults
                .push(format!("the outbox asks the wallet about {id}, the journal does not"));
        }
        Ok(())
    }
}
