//! The auditor: its own books, from what the outside saw and from nothing else.

use crate::audit_limits::{accepted, final_sums, refused};
use crate::network::Network;
use crate::wallet::Wallet;
use homepay_domain::household::Household;
use homepay_domain::limits::Limit;
use homepay_domain::order::Order;
use homepay_ports::Publication;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the auditor knows of an order.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The device.
    pub device: String,
    /// Who spoke.
    pub member: Option<String>,
    /// Sku and amount of each line.
    pub lines: Vec<(String, i64)>,
    /// What was told of its cost.
    pub amount: i64,
    /// When it was judged last, in unix seconds: when it was asked, and when somebody said yes.
    pub at_s: i64,
    /// How it was last told to stand.
    pub state: String,
    /// Why.
    pub code: String,
    /// Money that was told to have moved.
    pub captured: i64,
    /// Money that was told to have come back.
    pub refunded: i64,
    /// By limit: its share and whether a refund restores it.
    pub shares: BTreeMap<String, (i64, bool)>,
    /// By limit: the version in force.
    pub judged_by: BTreeMap<String, Limit>,
}

/// What was found wrong.
pub type Finding = Result<(), String>;

/// The auditor.
pub struct Auditor {
    /// The home's zone.
    pub zone: TimeZone,
    /// Limits in force, as owners were told.
    pub limits: BTreeMap<String, Limit>,
    /// Every version that was in force.
    pub versions: BTreeMap<String, Vec<Limit>>,
    /// Limits whose period was edited, or that went and came back.
    pub reshaped: BTreeSet<String>,
    /// What was told frozen; empty = the home.
    pub frozen: BTreeSet<String>,
    /// By order.
    pub orders: BTreeMap<String, Account>,
    /// Publications by their number in the outbox.
    told: BTreeMap<u64, Publication>,
    /// Orders to which there was any reply.
    pub replied: BTreeSet<String>,
    /// What was first said to the same bytes; none = nothing.
    first_said: BTreeMap<Vec<u8>, (Option<Vec<u8>>, i64)>,
    /// What speakers meant: order to (member, amount).
    pub meant: BTreeMap<String, (Option<&'static str>, i64)>,
    /// Orders whose words only looked like a name.
    pub alike: BTreeSet<String>,
    /// Orders that must move nothing: retained, stale, replayed.
    pub void: BTreeSet<String>,
    /// Orders whose message the broker was told to forget.
    pub acked: BTreeSet<String>,
    /// Numbers that speakers were asked to have said.
    pub challenges: BTreeMap<String, String>,
    /// Orders for which the right number or PIN was said.
    pub confirmed: BTreeSet<String>,
    /// Orders to which an owner said yes.
    pub approved: BTreeSet<String>,
    /// What time it is in the world, in unix seconds.
    pub true_s: i64,
    /// Bills that owners entered: what they are to cost.
    pub bills: BTreeMap<String, i64>,
    /// What was ordered by voice without a signature: how often an order of so much was said.
    pub spoken: BTreeMap<i64, u32>,
    /// Amounts that Home Assistant asked limits to be lowered to.
    pub numbers: BTreeSet<i64>,
    /// What the audited counter ran on by, in Wh.
    pub used_wh: i64,
    /// Alerts that were told, and by which number of the outbox.
    pub alerts: BTreeMap<(String, String), u64>,
    /// Orders seen outside before they stood committed.
    leaked: BTreeSet<String>,
}

/// For how long the house promises to remember what it said, in seconds; a clock may be days wrong.
const KEPT_S: i64 = 3 * 86_400;

/// How far the books' time may be ahead of the world's, in seconds: small corrections are followed.
const AHEAD_S_MAX: i64 = 125;

/// Codes of refusals that are made anew for each copy of a message.
const MADE_ANEW: [&str; 6] =
    ["stale", "replayed", "retained", "malformed", "bad_signature", "unknown_device"];

fn cents(text: &Value) -> i64 {
    let digits: String = text.as_str().unwrap_or("").chars().filter(|c| *c != '.').collect();
    digits.parse().unwrap_or(i64::MIN)
}

/// The order that a payment is of.
pub fn order_of(payment: &str) -> &str {
    let tried_again = payment.split_once("-try-").map(|(order, _)| order);
    tried_again.or(payment.rsplit_once('-').map(|(order, _)| order)).unwrap_or(payment)
}

impl Auditor {
    /// An auditor who knows the limits at the beginning.
    pub fn new(zone: TimeZone) -> Auditor {
        Auditor {
            zone,
            limits: BTreeMap::new(),
            versions: BTreeMap::new(),
            reshaped: BTreeSet::new(),
            frozen: BTreeSet::new(),
            orders: BTreeMap::new(),
            told: BTreeMap::new(),
            replied: BTreeSet::new(),
            first_said: BTreeMap::new(),
            meant: BTreeMap::new(),
            alike: BTreeSet::new(),
            void: BTreeSet::new(),
            acked: BTreeSet::new(),
            true_s: 0,
            challenges: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            approved: BTreeSet::new(),
            leaked: BTreeSet::new(),
            bills: BTreeMap::new(),
            spoken: BTreeMap::new(),
            numbers: BTreeSet::new(),
            used_wh: 0,
            alerts: BTreeMap::new(),
        }
    }

    /// The owner was told that a limit is in force.
    pub fn limit_set(&mut self, limit: &Limit) {
        let id = limit.id.to_string();
        let versions = self.versions.entry(id.clone()).or_default();
        let before = self.limits.get(&id);
        let gone = before.is_none() && !versions.is_empty();
        if gone || before.is_some_and(|b| b.period != limit.period) {
            self.reshaped.insert(id.clone());
        }
        versions.push(limit.clone());
        self.limits.insert(id, limit.clone());
    }

    /// A publication left the hub. True when it is the first that is seen of it.
    pub fn handed(&mut self, id: u64, publication: &Publication) -> Result<bool, String> {
        let body: Value = serde_json::from_slice(&publication.payload)
            .map_err(|e| format!("{}: {e}", publication.topic))?;
        if id == u64::MAX {
            self.leaked.extend(body["order_id"].as_str().map(str::to_owned));
            return Ok(false);
        }
        if let Some(before) = self.told.get(&id) {
            if before != publication {
                return Err(format!("outbox number {id} says two things"));
            }
            return Ok(false);
        }
        self.told.insert(id, publication.clone());
        if publication.topic.ends_with("/order") {
            self.order_told(&body)?;
        } else if publication.topic.ends_with("/reply") {
            self.reply_told(&body);
        } else if publication.topic.ends_with("/alert") {
            self.alert_told(id, &body)?;
        }
        Ok(true)
    }

    /// The books were opened anew with these in their outbox.
    pub fn outbox_is(&mut self, kept: &BTreeSet<u64>) {
        self.told.retain(|id, _| kept.contains(id));
    }

    fn reply_told(&mut self, body: &Value) {
        let Some(id) = body["order_id"].as_str() else { return };
        self.replied.insert(id.to_owned());
        if let Some(number) = body["challenge"]["say"].as_str() {
            self.challenges.insert(id.to_owned(), number.to_owned());
        }
    }

    fn order_told(&mut self, body: &Value) -> Finding {
        let id = body["order_id"].as_str().ok_or("an order without id")?.to_owned();
        let state = body["state"].as_str().unwrap_or("").to_owned();
        let seconds = |text: &Value| {
            let at: Option<jiff::Timestamp> = text.as_str().and_then(|t| t.parse().ok());
            at.map(|at| at.as_second()).ok_or(format!("{id}: {text} is no time"))
        };
        let code = body["reason"]["code"].as_str().unwrap_or("").to_owned();
        let captured = cents(&body["captured"]);
        let refunded = cents(&body["refunded"]);
        if let Some(known) = self.orders.get_mut(&id) {
            let before = std::mem::replace(&mut known.state, state.clone());
            (known.captured, known.refunded, known.code) = (captured, refunded, code);
            self.stepped(&id, &before, &state)?;
            return match before.starts_with("awaiting_") {
                true => self.judged_again(&id, seconds(&body["at"])?, &body["reason"]),
                false => Ok(()),
            };
        }
        let lines = body["items"].as_array().cloned().unwrap_or_default();
        let line = |l: &Value| (l["sku"].as_str().unwrap_or("").to_owned(), cents(&l["amount"]));
        let mut order = Account {
            device: body["device"].as_str().unwrap_or("").to_owned(),
            member: body["member"].as_str().map(str::to_owned),
            lines: lines.iter().map(line).collect(),
            amount: cents(&body["amount"]),
            at_s: seconds(&body["asked_at"])?,
            state: state.clone(),
            code: code.clone(),
            captured,
            refunded,
            ..Account::default()
        };
        if order.at_s - self.true_s > AHEAD_S_MAX {
            return Err(format!("{id} is dated {} s ahead", order.at_s - self.true_s));
        }
        if state == "declined" {
            if matches!(code.as_str(), "limit_exceeded" | "count_exceeded" | "per_item_exceeded") {
                let rule = body["reason"]["rule"].as_str().unwrap_or("");
                refused(self, &id, &order, &code, rule)?;
            }
        } else {
            self.meant_so(&id, &order)?;
            accepted(self, &id, &mut order)?;
            order.judged_by.clone_from(&self.limits);
        }
        self.orders.insert(id, order);
        Ok(())
    }

    /// An edit of the household stood: its limits are those that owners set last, or it brought back
    /// what somebody else had changed.
    pub fn edited(&self, next: &Household) -> Finding {
        let plain =
            |limit: &Limit| (limit.amount, limit.max_count, limit.period, limit.scope.clone());
        let set: BTreeMap<_, _> =
            self.limits.iter().map(|(id, l)| (id.clone(), plain(l))).collect();
        let stands = next.limits.iter().map(|(id, l)| (id.to_string(), plain(l))).collect();
        if set == stands { Ok(()) } else { Err("an edit of old limits stood".to_owned()) }
    }

    /// An order that waited went on, or was refused: by the rules of that moment.
    fn judged_again(&mut self, id: &str, at_s: i64, reason: &Value) -> Finding {
        let mut order = self.orders.remove(id).ok_or("an order that nobody knows")?;
        let found = match (order.state.as_str(), order.code.as_str()) {
            ("declined", "limit_exceeded" | "count_exceeded" | "per_item_exceeded") => {
                let judged = Account { at_s, ..order.clone() };
                let rule = reason["rule"].as_str().unwrap_or("");
                refused(self, id, &judged, &order.code, rule)
            }
            ("approved" | "awaiting_approval", _) => {
                order.at_s = at_s;
                order.shares.clear();
                order.judged_by.clone_from(&self.limits);
                if self.frozen.contains("") || self.frozen.contains(&order.device) {
                    Err(format!("{id} went on while frozen"))
                } else {
                    accepted(self, id, &mut order)
                }
            }
            _ => Ok(()),
        };
        self.orders.insert(id.to_owned(), order);
        found
    }

    /// An accepted order is one that a speaker made, at its price, while nothing forbade it.
    fn meant_so(&self, id: &str, order: &Account) -> Finding {
        if self.void.contains(id) {
            return Err(format!("{id} was retained, stale, replayed or forged, and was taken"));
        }
        if let Some(amount) = order.lines.first().and_then(|(sku, _)| self.bills.get(sku)) {
            let frozen = self.frozen.contains("");
            return match *amount == order.amount && !frozen {
                true => Ok(()),
                false => {
                    Err(format!("{id} of {} is no bill of {amount}, or is frozen", order.amount))
                }
            };
        }
        if let Some(bill) = id.strip_prefix("bill.") {
            return self.used_so_much(bill, order.amount);
        }
        if order.device == "hall" {
            let frozen = self.frozen.contains("") || self.frozen.contains("hall");
            let others = self.orders.values();
            let others = others.filter(|o| o.device == "hall" && o.amount == order.amount);
            let taken = u32::try_from(others.count()).expect("few");
            let said = self.spoken.get(&order.amount).copied().unwrap_or(0);
            return match taken < said && !frozen && order.member.is_none() {
                true => Ok(()),
                false => Err(format!("{id}: {said} such orders were said, {taken} taken before")),
            };
        }
        let meant = self.meant.get(id).ok_or(format!("{id} was made by no speaker"))?;
        if *meant
            != (
                order.member.as_deref().map(|m| if m == "anna" { "anna" } else { "ben" }),
                order.amount,
            )
        {
            return Err(format!("{id} was meant as {meant:?}, told as {}", order.amount));
        }
        if self.alike.contains(id) && order.state != "awaiting_confirmation" {
            return Err(format!("{id} only sounded like a name, and nobody was asked"));
        }
        if self.frozen.contains("") || self.frozen.contains(&order.device) {
            return Err(format!("{id} was taken while frozen"));
        }
        Ok(())
    }

    fn stepped(&self, id: &str, before: &str, state: &str) -> Finding {
        let ok = match (before, state) {
            ("awaiting_confirmation", "approved" | "awaiting_approval") => {
                if !self.confirmed.contains(id) {
                    return Err(format!("{id} went on though nobody said its number"));
                }
                true
            }
            ("awaiting_approval", "approved") => {
                if !self.approved.contains(id) {
                    return Err(format!("{id} went on though no owner said yes"));
                }
                true
            }
            (
                "awaiting_confirmation" | "awaiting_approval",
                "declined" | "cancelled" | "expired",
            ) => true,
            ("approved", "capturing") => true,
            ("approved" | "capturing", "settled" | "cancelled" | "expired" | "failed") => true,
            ("settled" | "partially_refunded", "refunding") => true,
            ("refunding", "settled" | "partially_refunded" | "refunded") => true,
            _ => false,
        };
        if ok { Ok(()) } else { Err(format!("{id} went from {before} to {state}")) }
    }

    /// A message's turn stands: what was said to it is what was said to the same bytes before.
    /// `said` = the first reply about its order. After a few days the house may have forgotten.
    pub fn answered(&mut self, bytes: &[u8], said: Option<&Publication>, now_s: i64) -> Finding {
        let said = said.map(|s| s.payload.clone());
        let code = |payload: &[u8]| {
            let body: Value = serde_json::from_slice(payload).unwrap_or(Value::Null);
            body["reason"]["code"].as_str().unwrap_or("").to_owned()
        };
        let anew = |payload: &Option<Vec<u8>>| {
            payload.as_ref().is_some_and(|p| MADE_ANEW.contains(&code(p).as_str()))
        };
        match self.first_said.get(bytes) {
            None if anew(&said) => {}
            None => {
                self.first_said.insert(bytes.to_vec(), (said, now_s));
            }
            Some((first, _)) if *first == said => {}
            Some((_, then_s)) if now_s - then_s > KEPT_S => {}
            Some((first, _)) => {
                let text = |p: &Option<Vec<u8>>| {
                    p.as_ref().map(|p| String::from_utf8_lossy(p).into_owned())
                };
                return Err(format!(
                    "the same bytes got another reply: {:?}, then {:?}",
                    text(first),
                    text(&said)
                ));
            }
        }
        Ok(())
    }

    /// Every order that the outside knows of: told, or asked for at the wallet.
    pub fn known(&self, network: &Network) -> BTreeSet<String> {
        let mut known: BTreeSet<String> = self.orders.keys().cloned().collect();
        known.extend(network.asked.iter().cloned());
        known.extend(self.leaked.iter().cloned());
        known
    }

    /// After a crash: what the outside knows of is in the store, and stands as it was told.
    pub fn after_crash(&self, id: &str, stored: Option<&Order>) -> Finding {
        let Some(stored) = stored else {
            return Err(format!("the outside knows of {id}, the store does not"));
        };
        let state = serde_json::to_value(stored.state).expect("a word");
        let told = self.orders.get(id).map(|o| o.state.as_str());
        if told != state.as_str() {
            return Err(format!("{id} was told to be {told:?}, the store has {state}"));
        }
        Ok(())
    }

    /// No two payments of one order moved money.
    pub fn never_twice(&self, wallet: &Wallet) -> Finding {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, _) in wallet.payments.iter().filter(|(_, p)| p.captured > 0) {
            if let Some(before) = seen.insert(order_of(id), id) {
                return Err(format!("an order was paid twice: {before}, {id}"));
            }
        }
        Ok(())
    }

    /// Nothing happens any more: all accounts agree.
    pub fn at_the_end(
        &self,
        stored: &BTreeMap<String, Order>,
        wallet: &Wallet,
        network: &Network,
    ) -> Finding {
        let of = |id: &str| {
            let mut own = wallet
                .payments
                .iter()
                .filter(|(p, _)| order_of(p) == id && !wallet.foreign.contains(*p));
            own.by_ref()
                .map(|(_, p)| (p.captured, p.refunded()))
                .fold((0, 0), |sum, p| (sum.0 + p.0, sum.1 + p.1))
        };
        let foreign = |id: &str| wallet.foreign.iter().any(|payment| order_of(payment) == id);
        let own = wallet.payments.iter().filter(|(id, _)| !wallet.foreign.contains(*id));
        for (payment, paid) in own.filter(|(_, p)| p.captured > 0) {
            let order = self.orders.get_key_value(order_of(payment));
            let (id, order) = order.ok_or(format!("{payment} was paid, and is nobody's order"))?;
            if paid.captured > order.amount {
                return Err(format!("{id}: {} was captured of {}", paid.captured, order.amount));
            }
        }
        if let Some(id) = self.acked.iter().find(|id| !self.replied.contains(*id)) {
            return Err(format!("{id} was acknowledged and never got a reply"));
        }
        for (id, order) in &self.orders {
            if foreign(id) {
                if order.captured > 0 {
                    return Err(format!("{id} is told {} by another's payment", order.state));
                }
                continue;
            }
            let (captured, refunded) = of(id);
            let stored = stored.get(id).ok_or(format!("{id} is not in the store"))?;
            if (stored.captured.0, stored.refunded.0) != (captured, refunded) {
                return Err(format!(
                    "{id} ({}): the wallet moved {captured} and back {refunded}, the store has \
                     {:?} and {:?}",
                    order.state, stored.captured, stored.refunded
                ));
            }
            let right = match order.state.as_str() {
                "declined" | "cancelled" | "expired" | "failed" => captured == refunded,
                "settled" => captured > 0,
                "partially_refunded" => captured > refunded && refunded > 0,
                "refunded" => captured > 0 && captured == refunded,
                other => return Err(format!("{id} never came to its end: {other}")),
            };
            if !right {
                return Err(format!("{id} is told {}: {captured} - {refunded}", order.state));
            }
            let no = ["wallet_declined", "insufficient_funds"].contains(&order.code.as_str());
            if no && !network.refused.contains(id) {
                return Err(format!("{id} is told {}: the wallet never said no", order.code));
            }
        }
        for bill in self.bills.keys() {
            let of_bill = |o: &&Account| o.lines.first().is_some_and(|(sku, _)| sku == bill);
            let paid = self.orders.values().filter(of_bill).filter(|o| o.captured > o.refunded);
            if paid.count() > 1 {
                return Err(format!("bill {bill} was paid twice"));
            }
        }
        final_sums(self, &of)
    }
}
