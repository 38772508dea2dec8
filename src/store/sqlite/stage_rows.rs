//! What a turn writes: each change as rows of its tables.

use super::batch::Cell;
use super::{CachedReply, SqliteStore, TurnState, inserts, outbox_batch};
use crate::StoreError;
use crate::journal::hash;
use homepay_domain::book::Book;
use homepay_domain::decision::{Change, Decision};
use homepay_domain::event::Digest;
use homepay_domain::household::Household;
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::limits::Limit;
use homepay_domain::limits::used::Hold;
use homepay_domain::meter::Quantity;
use homepay_domain::notice::NoticeState;
use homepay_domain::order::Order;
use homepay_domain::tariff::SlotUse;
use homepay_domain::time::UnixMs;
use homepay_ports::Outgoing;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Adds a value to a text; where it begins.
fn write_json<T: Serialize + ?Sized>(text: &mut Vec<u8>, value: &T) -> usize {
    let from = text.len();
    serde_json::to_writer(text, value).expect("what is stored are plain values");
    from
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("what is stored are plain values")
}

fn text_of(json: &[u8]) -> String {
    str::from_utf8(json).expect("JSON is UTF-8").to_owned()
}

/// Takes out what is kept for an order.
fn take_out(kept: &mut Vec<(OrderId, String)>, order: &OrderId) -> Option<String> {
    let place = kept.iter().rposition(|(id, _)| id == order)?;
    Some(kept.swap_remove(place).1)
}

impl SqliteStore {
    pub(super) fn journal(&mut self, kind: &'static str, decision: &Decision) {
        if !decision.changes.iter().any(Change::is_journalled) {
            return;
        }
        // Replay windows stand in the journal where there is an entry anyway.
        let told =
            |c: &&Change| c.is_journalled() || matches!(c, Change::ReplayWindowAdvanced { .. });
        let changes: Vec<&Change> = decision.changes.iter().filter(told).collect();
        let body = self.journal_body(&changes);
        let at = self.turn.at.0;
        self.journal_seq += 1;
        let (home, seq) = (&self.home_id, self.journal_seq);
        let hash: Arc<str> = hash(home, seq, at, kind, &body, &self.journal_hash).into();
        let prev = std::mem::replace(&mut self.journal_hash, hash.clone());
        self.turn.batch.push(
            &inserts::JOURNAL,
            [
                home.into(),
                seq.into(),
                at.into(),
                self.words.kind(kind),
                body.into(),
                Cell::Shared(prev),
                Cell::Shared(hash),
            ],
        );
        self.turn.journalled = true;
    }

    /// What answers a message: one of the turn's publications, or silence, which is stored as the
    /// empty topic.
    pub(super) fn remember(&mut self, digest: Digest, order: &OrderId, answer: Option<usize>) {
        let said = answer.and_then(|place| self.turn.publications.get(place));
        let (topic, payload) = said.map_or(("", &[][..]), |said| (&said.topic, &said.payload));
        let home = &self.home_id;
        self.turn.batch.push(
            &inserts::HEARD,
            [
                home.into(),
                order.into(),
                (&digest).into(),
                self.turn.at.0.into(),
                topic.into(),
                Cell::Blob(payload.to_vec()),
            ],
        );
        self.turn.said.insert(digest, answer.map_or(CachedReply::Nothing, CachedReply::Now));
    }

    /// The order that ends as it is asked, where a decision holds one: no row of it stands yet, as what
    /// a device asks for was looked up and is not known, and none will change.
    pub(super) fn ends_at_once(&self, decision: &Decision) -> Option<OrderId> {
        decision.changes.iter().find_map(|change| {
            let Change::Order { order } = change else { return None };
            let is_known =
                self.book.open.contains_key(&order.id) || self.turn.fetched.contains_key(&order.id);
            let ends = !order.state.is_open() && order.device().is_some() && !is_known;
            ends.then(|| order.id.clone())
        })
    }

    /// The changes as JSON. What also has a row of its own is written once and kept for it.
    fn journal_body(&mut self, changes: &[&Change]) -> String {
        // Written in a place that is there already, and copied once it is known how long it is.
        let mut body = std::mem::take(&mut self.scratch);
        body.clear();
        for (place, change) in changes.iter().enumerate() {
            body.push(if place == 0 { b'[' } else { b',' });
            match change {
                Change::Order { order } => {
                    body.extend(b"{\"change\":\"order\",\"order\":");
                    let from = write_json(&mut body, order);
                    if self.turn.at_once.as_ref() != Some(&order.id) {
                        self.turn.docs.push((order.id.clone(), text_of(&body[from..])));
                    }
                    body.push(b'}');
                }
                Change::Judged { order, looked } => {
                    body.extend(b"{\"change\":\"judged\",\"order\":");
                    write_json(&mut body, order);
                    body.extend(b",\"looked\":");
                    let from = write_json(&mut body, looked);
                    if self.turn.at_once.as_ref() != Some(order) {
                        self.turn.looked.push((order.clone(), text_of(&body[from..])));
                    }
                    body.push(b'}');
                }
                Change::Household { household, at, changed, .. } => {
                    let hash = Some(hex::encode(Sha256::digest(json(household))));
                    let (household, changed) = (Box::default(), changed.clone());
                    let journalled = Change::Household { household, hash, at: *at, changed };
                    write_json(&mut body, &journalled);
                }
                other => {
                    write_json(&mut body, other);
                }
            }
        }
        body.push(b']');
        let text = text_of(&body);
        self.scratch = body;
        text
    }

    /// What the turn says, as one row.
    pub(super) fn gather_parcels(&mut self) {
        let mut left = std::mem::take(&mut self.turn.publications);
        while !left.is_empty() {
            let next = left.split_off(left.len().min(outbox_batch::PLACES_MAX));
            let id = self.next_out;
            self.next_out += 1;
            let at = self.turn.at.0;
            let home = &self.home_id;
            let packed = Cell::Blob(outbox_batch::pack(&left));
            let row = [home.into(), id.into(), "publish".into(), at.into(), at.into(), packed];
            self.turn.batch.push(&inserts::OUTBOX_PUBLISH, row);
            self.parcels.opened(id, left.len());
            self.turn.parcels.push(id);
            for (place, publication) in left.into_iter().enumerate() {
                let id = outbox_batch::number(id, place);
                self.turn.outgoing.push(Outgoing::Publish { id, publication });
            }
            left = next;
        }
    }

    /// What is asked of the wallet at the end of the turn: one thing an order, the newest.
    pub(super) fn gather_asks(&mut self) -> Result<(), StoreError> {
        for (order, (number, ask, due)) in std::mem::take(&mut self.turn.asks) {
            self.turn.settled.remove(&order);
            let id = self.next_out;
            self.next_out += 1;
            self.turn.batch.push(
                &inserts::OUTBOX_ASK,
                [
                    (&self.home_id).into(),
                    id.into(),
                    "ask".into(),
                    (&order).into(),
                    i64::from(number).into(),
                    self.turn.at.0.into(),
                    due.0.into(),
                    serde_json::to_string(&ask)?.into(),
                ],
            );
            self.turn.outgoing.push(Outgoing::Ask { order, number, ask, due });
        }
        Ok(())
    }

    pub(super) fn gather_sums(&mut self) {
        let TurnState {
            touched_uses,
            touched_signers,
            touched_days,
            batch,
            journalled,
            anchored,
            at,
            ..
        } = &mut self.turn;
        let home = &self.home_id;
        for (limit, window) in touched_uses.iter() {
            let used = self.book.uses.window(limit, window);
            let row = [
                home.into(),
                limit.into(),
                window.as_str().into(),
                used.held.0.into(),
                used.spent.0.into(),
                i64::from(used.count).into(),
            ];
            batch.push(&inserts::USES, row);
        }
        for signer in touched_signers.iter() {
            let w = self.book.replay_windows.get(signer).copied().unwrap_or_default();
            let signed = [w.epoch, w.top, w.bits].map(|n| Cell::Int(n.cast_signed()));
            let [epoch, top, bits] = signed;
            batch.push(&inserts::SIGNERS, [home.into(), signer.into(), epoch, top, bits]);
        }
        for (device, quantity, day) in touched_days.iter() {
            let packed = self.book.usage.packed(device, *quantity, *day);
            let Some(packed) = packed else { continue };
            let row = [
                home.into(),
                device.into(),
                quantity.as_str().into(),
                day.0.into(),
                Cell::Blob(packed.bytes().to_vec()),
            ];
            batch.push(&inserts::USAGE_SLOTS, row);
        }
        let meta = |name: &str, value: Cell| [home.into(), name.into(), value];
        if *journalled {
            batch.push(&inserts::META, meta("journal_seq", self.journal_seq.to_string().into()));
            batch.push(&inserts::META, meta("journal_hash", (&self.journal_hash).into()));
        }
        if *anchored && let Some(anchor) = &self.book.anchor {
            batch.push(&inserts::META, meta("time_anchor", json(anchor).into()));
        }
        if !batch.is_empty() {
            batch.push(&inserts::META, meta("seen_ms", at.0.to_string().into()));
        }
    }

    pub(super) fn stage_rows(&mut self, change: &Change) {
        match change {
            Change::Order { order } => self.gather_order(order),
            Change::Hold { order, before, after } => {
                for hold in before.iter().filter(|h| !Book::is_rolling(&h.window)) {
                    self.turn.touched_uses.insert((hold.limit.clone(), hold.window.clone()));
                }
                self.gather_hold(order, after);
            }
            // A judgement stands in its order's row, a proof in the journal; what was watched is kept
            // nowhere.
            Change::Judged { .. }
            | Change::Approved { .. }
            | Change::AlertScanned { .. }
            | Change::Acted { .. } => {}
            Change::Access { access } => {
                if let Some((kind, id, doc)) = access.row() {
                    let row = [(&self.home_id).into(), kind.into(), id.into(), doc.into()];
                    self.turn.batch.push(&inserts::ACCESS, row);
                }
            }
            Change::ReplayWindowAdvanced { signer, .. } => {
                self.turn.touched_signers.insert(signer.clone());
            }
            Change::Limit { limit, carried, .. } => self.gather_limit(limit, carried),
            Change::LimitRemoved { limit, at } => {
                self.turn.removed_limits.push((limit.clone(), *at));
            }
            Change::Frozen { device, frozen } => self.gather_frozen(device.as_ref(), *frozen),
            Change::Guessed { device, at } => {
                let row = [(&self.home_id).into(), device.into(), at.0.into()];
                self.turn.batch.push(&inserts::GUESSES, row);
            }
            Change::Household { household, at, .. } => self.gather_household(household, *at),
            Change::Read { .. } => self.gather_read(change),
            Change::Corrected { correction, added, .. } => {
                self.touch_days(&correction.device, correction.quantity, added);
            }
            Change::Sighted { device, sighting } => {
                let doc = json(sighting);
                let row = [(&self.home_id).into(), device.into(), doc.into()];
                self.turn.batch.push(&inserts::SIGHTINGS, row);
            }
            Change::Alert { alert } => {
                let doc = json(alert);
                let home = &self.home_id;
                let row = [home.into(), alert.id.as_str().into(), alert.at.0.into(), doc.into()];
                self.turn.batch.push(&inserts::ALERTS, row);
            }
            Change::Notice { notice } => {
                let (home, doc) = (&self.home_id, json(notice));
                let is_open = notice.state == NoticeState::Waiting;
                let (id, at) = (notice.id.as_str(), notice.done_at.unwrap_or(notice.at).0);
                let row = [home.into(), id.into(), at.into(), is_open.into(), doc.into()];
                self.turn.batch.push(&inserts::NOTICES, row);
            }
            Change::NotifyRoutes { routes } => {
                let name = "notify_routes";
                let row = [(&self.home_id).into(), name.into(), json(routes).into()];
                self.turn.batch.push(&inserts::META, row);
            }
            Change::UsageBill { bill } => {
                let doc = json(bill);
                let home = &self.home_id;
                let (tariff, period) = (bill.tariff.as_str(), bill.period.as_str());
                let row = [home.into(), tariff.into(), period.into(), doc.into()];
                self.turn.batch.push(&inserts::USAGE_BILLS, row);
            }
            Change::Prices { source, prices, at } => {
                for (slot, price) in &prices.0 {
                    let home = &self.home_id;
                    let (slot, price) = (slot.0.into(), price.to_string().into());
                    let row = [home.into(), source.into(), slot, at.0.into(), price];
                    self.turn.batch.push(&inserts::SPOT_PRICES, row);
                }
            }
            Change::TimeAnchored { .. } => self.turn.anchored = true,
            Change::ClockStepped { to, .. } => {
                self.turn.at = *to;
                self.turn.anchored = true;
            }
            Change::MeterMoved { device, quantity, meter, added } => {
                let doc = json(meter);
                let home = &self.home_id;
                let (id, kind) = (device.as_str(), quantity.as_str());
                let row = [home.into(), id.into(), kind.into(), doc.into()];
                self.turn.batch.push(&inserts::METERS, row);
                for moved in added {
                    self.touch_days(device, *quantity, std::slice::from_ref(moved));
                }
            }
            Change::Billed { period } => {
                let row = [(&self.home_id).into(), period.as_str().into()];
                self.turn.batch.push(&inserts::BILLS_MADE, row);
            }
            Change::Payable { payable } => {
                let doc = json(payable);
                let row = [
                    (&self.home_id).into(),
                    (&payable.id).into(),
                    payable.order.as_ref().into(),
                    payable.due.to_string().into(),
                    doc.into(),
                ];
                self.turn.batch.push(&inserts::BILLS, row);
            }
        }
    }

    fn gather_order(&mut self, order: &Arc<Order>) {
        let open = self.book.open.get(&order.id);
        let was_asked = open.is_some_and(|before| before.attempt.is_some());
        if !order.state.is_open() {
            self.turn.fetched.insert(order.id.clone(), order.clone());
        }
        if was_asked && order.attempt.is_none() {
            self.turn.asks.remove(&order.id);
            self.turn.settled.insert(order.id.clone());
        }
        let at_once = self.turn.at_once.take_if(|id| *id == order.id).is_some();
        // The journal wrote all of it a moment ago.
        let (insert, doc, looked, entry) = if at_once {
            let entry = Cell::Int(self.journal_seq);
            (&inserts::ORDERS_ENDED, self.words.empty(), Cell::Null, entry)
        } else {
            let doc = take_out(&mut self.turn.docs, &order.id).unwrap_or_else(|| json(order));
            let looked = take_out(&mut self.turn.looked, &order.id);
            (&inserts::ORDERS, doc.into(), looked.into(), Cell::Null)
        };
        self.turn.batch.push(
            insert,
            [
                (&self.home_id).into(),
                (&order.id).into(),
                self.words.state(order.state),
                order.state.is_open().into(),
                order.device().into(),
                order.member.as_ref().into(),
                order.payee.as_ref().into(),
                order.category().as_ref().into(),
                order.amount.0.into(),
                order.captured.0.into(),
                order.refunded.0.into(),
                order.asked_at.0.into(),
                order.changed_at.0.into(),
                doc,
                looked,
                entry,
            ],
        );
    }

    fn gather_hold(&mut self, order: &OrderId, hold: &Hold) {
        if !Book::is_rolling(&hold.window) {
            self.turn.touched_uses.insert((hold.limit.clone(), hold.window.clone()));
        }
        self.turn.batch.push(
            &inserts::HOLDS,
            [
                (&self.home_id).into(),
                order.into(),
                (&hold.limit).into(),
                i64::from(hold.version).into(),
                hold.window.as_str().into(),
                hold.at.0.into(),
                hold.share.0.into(),
                hold.held.0.into(),
                hold.spent.0.into(),
                hold.restores.into(),
                hold.freed.into(),
            ],
        );
    }

    fn gather_limit(&mut self, limit: &Limit, carried: &[(OrderId, Hold)]) {
        for (_, hold) in carried.iter().filter(|(_, h)| !Book::is_rolling(&h.window)) {
            self.turn.touched_uses.insert((hold.limit.clone(), hold.window.clone()));
        }
        let doc = json(limit);
        let home = &self.home_id;
        let version = i64::from(limit.version);
        let (id, made) = (limit.id.as_str(), limit.made_at.0);
        let row = [home.into(), id.into(), version.into(), made.into(), Cell::Null, doc.into()];
        self.turn.batch.push(&inserts::LIMITS, row);
    }

    fn gather_household(&mut self, household: &Household, at: UnixMs) {
        self.household_version += 1;
        let doc = json(household);
        let home = &self.home_id;
        let row = [home.into(), self.household_version.into(), at.0.into(), doc.into()];
        self.turn.batch.push(&inserts::HOUSEHOLD, row);
    }

    fn gather_frozen(&mut self, device: Option<&Name>, frozen: bool) {
        // The whole home stands as the empty device.
        let device = device.map_or("", Name::as_str);
        if frozen {
            let row = [(&self.home_id).into(), device.into()];
            self.turn.batch.push(&inserts::FROZEN, row);
        } else {
            self.turn.thawed.push(device.to_owned());
        }
    }

    fn gather_read(&mut self, change: &Change) {
        let Change::Read { device, quantity, meter, micro, at, added } = change else { return };
        let home = &self.home_id;
        let (device_id, kind) = (device.as_str(), quantity.as_str());
        let reading = [home.into(), device_id.into(), kind.into(), at.0.into(), (*micro).into()];
        // What is held aside is kept with its meter; only good readings are looked up later.
        if meter.last.is_some_and(|last| *at <= last.at) {
            self.turn.batch.push(&inserts::READINGS, reading);
        }
        let doc = json(meter);
        let meter = [home.into(), device_id.into(), kind.into(), doc.into()];
        self.turn.batch.push(&inserts::METERS, meter);
        self.touch_days(device, *quantity, added);
    }

    /// Days of use that are to be written.
    fn touch_days(&mut self, device: &Name, quantity: Quantity, added: &[SlotUse]) {
        for of_day in added.chunk_by(|one, next| one.slot.day() == next.slot.day()) {
            let Some(first) = of_day.first() else { continue };
            self.turn.touched_days.insert((device.clone(), quantity, first.slot.day()));
        }
    }
}
