//! Tables that the journal tells document by document: limits, what is frozen, alerts, bills, the
//! household, and how far each signer's messages were heard.

use crate::StoreError;
use crate::sqlite::reader::Reader;
use homepay_domain::decision::Change;
use homepay_domain::order::Order;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// What the journal tells, by table.
#[derive(Default)]
pub(super) struct Documents {
    /// By limit and version: the document, and when it went out of force.
    limits: BTreeMap<(String, i64), (String, Option<i64>)>,
    frozen: BTreeSet<String>,
    /// Who may sign in and is signed in, by kind and id: the document's hash.
    access: BTreeMap<(String, String), String>,
    alerts: BTreeMap<String, String>,
    usage_bills: BTreeMap<(String, String), String>,
    bills: BTreeMap<String, String>,
    /// Hashes of the household's versions, in order, where entries have them.
    households: Vec<Option<String>>,
    /// By signer: the newest epoch and number that an entry tells of.
    signers: BTreeMap<String, (u64, u64)>,
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Sixty-four bits over an order. When its money moved is left out: orders of older books had it
/// added.
pub(super) fn order_hash(order: &Order) -> u64 {
    let plain = Order { captured_at: None, returned_at: Vec::new(), ..order.clone() };
    let digest = Sha256::digest(json(&plain));
    u64::from_le_bytes(std::array::from_fn(|place| digest[place]))
}

/// Whether a row's document is the order with this hash.
pub(super) fn is_order(doc: &str, hash: u64) -> bool {
    serde_json::from_str::<Order>(doc).is_ok_and(|order| order_hash(&order) == hash)
}

impl Documents {
    pub(super) fn note(&mut self, change: &Change) {
        match change {
            Change::Limit { limit, .. } => {
                let key = (limit.id.to_string(), i64::from(limit.version));
                self.limits.insert(key, (json(limit), None));
            }
            Change::LimitRemoved { limit, at } => {
                let versions = self.limits.iter_mut().filter(|((id, _), _)| id == limit.as_str());
                for (_, (_, removed)) in versions {
                    removed.get_or_insert(at.0);
                }
            }
            Change::Frozen { device, frozen } => {
                let device = device.as_ref().map_or(String::new(), ToString::to_string);
                if *frozen {
                    self.frozen.insert(device);
                } else {
                    self.frozen.remove(&device);
                }
            }
            Change::Access { access } => {
                if let Some((kind, id, hash)) = access.told() {
                    self.access.insert((kind.to_owned(), id), hash);
                }
            }
            Change::Alert { alert } => {
                self.alerts.insert(alert.id.clone(), json(alert));
            }
            Change::UsageBill { bill } => {
                let key = (bill.tariff.to_string(), bill.period.clone());
                self.usage_bills.insert(key, json(bill));
            }
            Change::Payable { payable } => {
                self.bills.insert(payable.id.to_string(), json(payable));
            }
            Change::Household { hash, .. } => self.households.push(hash.clone()),
            Change::ReplayWindowAdvanced { signer, window } => {
                let heard = self.signers.entry(signer.to_string()).or_default();
                *heard = (*heard).max((window.epoch, window.top));
            }
            Change::Acted { .. }
            | Change::Order { .. }
            | Change::Hold { .. }
            | Change::Judged { .. }
            | Change::Approved { .. }
            | Change::Guessed { .. }
            | Change::Read { .. }
            | Change::Sighted { .. }
            | Change::Notice { .. }
            | Change::NotifyRoutes { .. }
            | Change::AlertScanned { .. }
            | Change::Prices { .. }
            | Change::Billed { .. }
            | Change::TimeAnchored { .. }
            | Change::ClockStepped { .. }
            | Change::MeterMoved { .. }
            | Change::Corrected { .. } => {}
        }
    }

    pub(super) async fn compare(
        self,
        reader: &Reader,
        faults: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let mut limits = BTreeMap::new();
        let sql = "select id, version, removed_ms, doc from limits where home = ?";
        for row in reader.rows(sql).await? {
            let key: (String, i64) = (row.try_get("id")?, row.try_get("version")?);
            let kept: (String, Option<i64>) = (row.try_get("doc")?, row.try_get("removed_ms")?);
            limits.insert(key, kept);
        }
        same("limit", &self.limits, &limits, |(id, version)| format!("{id} v{version}"), faults);
        let frozen = reader.rows("select device from frozen where home = ?").await?;
        let frozen: Result<BTreeSet<String>, _> =
            frozen.iter().map(|row| row.try_get("device")).collect();
        for device in self.frozen.symmetric_difference(&frozen?) {
            let what = if device.is_empty() { "the home" } else { device };
            faults.push(format!("whether {what} is frozen is not as journalled"));
        }
        let mut access = BTreeMap::new();
        for row in reader.rows("select kind, id, doc from access where home = ?").await? {
            let kept = hex::encode(Sha256::digest(row.try_get::<&str, _>("doc")?));
            access.insert((row.try_get("kind")?, row.try_get("id")?), kept);
        }
        let shown = |(kind, id): &(String, String)| format!("{kind} {id}");
        same("access", &self.access, &access, shown, faults);
        let alerts = documents(reader, "select id, doc from alerts where home = ?").await?;
        same("alert", &self.alerts, &alerts, String::clone, faults);
        let bills = documents(reader, "select id, doc from bills where home = ?").await?;
        same("bill", &self.bills, &bills, String::clone, faults);
        let mut usage_bills = BTreeMap::new();
        for row in reader.rows("select tariff, period, doc from usage_bills where home = ?").await?
        {
            let key: (String, String) = (row.try_get("tariff")?, row.try_get("period")?);
            usage_bills.insert(key, row.try_get("doc")?);
        }
        let shown = |(tariff, period): &(String, String)| format!("{tariff} {period}");
        same("bill of use", &self.usage_bills, &usage_bills, shown, faults);
        self.compare_households(reader, faults).await?;
        self.compare_signers(reader, faults).await
    }

    async fn compare_households(
        &self,
        reader: &Reader,
        faults: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let rows = reader.rows("select doc from household where home = ? order by version").await?;
        if rows.len() != self.households.len() {
            let (kept, told) = (rows.len(), self.households.len());
            faults.push(format!("the books have {kept} households, the journal has {told}"));
        }
        for (place, (row, told)) in rows.iter().zip(&self.households).enumerate() {
            let kept = hex::encode(Sha256::digest(row.try_get::<&str, _>("doc")?));
            // Entries of before had no hash.
            if told.as_ref().is_some_and(|told| *told != kept) {
                faults.push(format!("household {} is not as journalled", place + 1));
            }
        }
        Ok(())
    }

    async fn compare_signers(
        &self,
        reader: &Reader,
        faults: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let mut kept = BTreeMap::new();
        for row in reader.rows("select signer, epoch, top from signers where home = ?").await? {
            let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
            kept.insert(row.try_get::<String, _>("signer")?, (number("epoch")?, number("top")?));
        }
        for (signer, told) in &self.signers {
            if kept.get(signer).is_none_or(|kept| kept < told) {
                faults.push(format!("the replay window of {signer} is behind the journal"));
            }
        }
        Ok(())
    }
}

async fn documents(
    reader: &Reader,
    sql: &'static str,
) -> Result<BTreeMap<String, String>, StoreError> {
    let rows = reader.rows(sql).await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("doc")?))).collect()
}

fn same<K: Ord, V: PartialEq>(
    what: &str,
    told: &BTreeMap<K, V>,
    kept: &BTreeMap<K, V>,
    shown: impl Fn(&K) -> String,
    faults: &mut Vec<String>,
) {
    for (key, document) in told {
        match kept.get(key) {
            Some(found) if found == document => {}
            Some(_) => faults.push(format!("{what} {} is not as journalled", shown(key))),
            None => faults.push(format!("{what} {} is not in the books", shown(key))),
        }
    }
    for key in kept.keys().filter(|key| !told.contains_key(*key)) {
        faults.push(format!(
            "{what} {} is in the books, the journal does not tell of it",
            shown(key)
        ));
    }
}
