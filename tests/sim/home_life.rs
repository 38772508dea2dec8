//! What else happens in a home: counters, market prices, bills to pay, alerts, a speaker that does not
//! sign, numbers of Home Assistant.

use crate::household::{BASE, GOODS, METERS, name};
use crate::plan::Trouble;
use crate::world::World;
use homepay_domain::event::OwnerCommand;
use homepay_domain::ids::OrderId;
use homepay_domain::limits::window::midnight;
use homepay_domain::meter::Quantity;
use homepay_domain::money::Minor;
use homepay_domain::payable::{PayHow, Payable};
use homepay_domain::time::UnixMs;
use homepay_domain::usage::correction::Correction;
use homepay_ports::Message;
use serde_json::json;

/// The most that a counter runs on in an hour, in Wh.
const WATT_MAX: i64 = 900;

/// Milliseconds of a quarter of an hour.
const QUARTER_MS: i64 = 900_000;

/// A counter as it is: what it shows, and since when.
#[derive(Clone, Debug)]
pub struct Counter {
    /// In Wh.
    pub shows: i64,
    pub at_ms: i64,
    /// What it showed in its first reading.
    pub first: i64,
}

impl World {
    /// Something of all that.
    pub async fn live_on(&mut self) {
        match self.rng.below(100) {
            0..40 if !self.odds.has(Trouble::Meters) => {}
            40..74 if !self.odds.has(Trouble::Voice) => {}
            0..34 => {
                let which = self.rng.below(METERS.len());
                self.reads(which);
            }
            34..40 => self.prices(),
            40..62 => {
                self.speaks();
                if self.rng.chance(40) {
                    // They talk on: a question that was asked is answered, or not understood.
                    self.pump().await;
                    self.speaks();
                }
            }
            62..74 => self.sets_number(),
            74..79 => self.guesses_pins(),
            _ => self.owner_lives().await,
        }
    }

    /// A counter is read; some readings are nonsense.
    pub fn reads(&mut self, which: usize) {
        let now_ms = self.clock.true_ms;
        let spans_ms = (now_ms - self.counters[which].at_ms).max(0);
        let watt = self.rng.between(0, WATT_MAX);
        let counter = &mut self.counters[which];
        counter.shows += i64::try_from(i128::from(spans_ms) * i128::from(watt) / 3_600_000)
            .expect("a counter has few digits");
        counter.at_ms = now_ms;
        let mut shows = counter.shows;
        if which == 0 {
            self.auditor.used_wh = counter.shows - counter.first;
        }
        // The first counter is always right: its use is audited.
        if which > 0 && self.rng.chance(self.odds.of(Trouble::Mischief, 10)) {
            shows += self.rng.between(10, 100_000) * 1_000;
        }
        self.publish_reading(which, shows);
    }

    fn publish_reading(&mut self, which: usize, shows: i64) {
        let at = self.clock.truth().rfc3339(&self.clock.zone);
        let value = format!("{}.{:03}", shows / 1_000, shows % 1_000);
        let body = json!({"at": at, "values": [
            {"quantity": "energy", "unit": "kWh", "value": value}]});
        let message = self.meters[which].say("reading", &body, self.clock.truth().seconds());
        let later = self.some_delay();
        self.publish(message, later);
    }

    /// A list of market prices, an hour each.
    fn prices(&mut self) {
        let from = self.clock.true_ms / 3_600_000 * 3_600_000;
        let price = self.rng.between(-20, 400);
        let row = |hour: i64| {
            let start = UnixMs(from + hour * 3_600_000).rfc3339(&self.clock.zone);
            json!({"start": start, "value": format!("{}", price + hour)})
        };
        let rows: Vec<_> = (0..24).map(row).collect();
        let payload = json!({"unit": "EUR/MWh", "prices": rows}).to_string().into_bytes();
        let retained = self.rng.chance(20);
        self.publish(Message { topic: "prices/market".to_owned(), payload, retained }, 0);
    }

    /// Somebody speaks to the speaker that does not sign.
    fn speaks(&mut self) {
        let open = self.orders_of("hall", "awaiting_confirmation");
        let number = open.last().and_then(|order| self.auditor.challenges.get(order)).cloned();
        let text = match (self.rng.below(20), number) {
            (0..9, Some(number)) => {
                let same = |order: &&String| self.auditor.challenges.get(*order) == Some(&number);
                let meant: Vec<String> = open.iter().filter(same).cloned().collect();
                self.auditor.confirmed.extend(meant);
                number
            }
            (9..12, Some(_)) => "grmpf brmpf".to_owned(),
            (12, _) => "how much may i still spend today".to_owned(),
            (13, _) => "how much did we spend this month".to_owned(),
            (14, _) => "what does rice cost".to_owned(),
            (15, _) => "refund my last order".to_owned(),
            (16, _) => "what is the weather".to_owned(),
            (17, _) if self.rng.chance(10) => {
                for _ in 0..60 {
                    self.sentence("what does rice cost");
                }
                return;
            }
            (18, _) => {
                // It only sounds like a name: its number is asked for.
                *self.auditor.spoken.entry(GOODS[0].1 * 2).or_default() += 1;
                "please order two cases of minerel water".to_owned()
            }
            _ => {
                let (sku, price, ..) = GOODS[self.rng.below(3)];
                let (word, count) =
                    *self.rng.pick(&[("a", 1), ("two", 2), ("three", 3)]).expect("");
                *self.auditor.spoken.entry(price * count).or_default() += 1;
                format!("buy {word} {sku}")
            }
        };
        self.sentence(&text);
    }

    fn sentence(&mut self, text: &str) {
        self.orders += 1;
        let at = self.clock.truth().rfc3339(&self.clock.zone);
        let body = json!({"text": text, "satellite_id": "hall", "at": at, "lang": "en",
            "context_id": format!("context-{:05}", self.orders)});
        let topic = format!("{BASE}/in/assist");
        let payload = body.to_string().into_bytes();
        self.publish(Message { topic, payload, retained: false }, 0);
    }

    /// A limit is drawn lower, or higher, in Home Assistant: sliders send dozens.
    fn sets_number(&mut self) {
        let speaker = *self.rng.pick(&["kitchen", "bedroom"]).expect("one of two");
        for _ in 0..self.rng.between(1, 4) {
            let cents = self.rng.between(100, 9_000);
            self.auditor.numbers.insert(cents);
            let topic = format!("{BASE}/dev/{speaker}/limit_daily/set");
            let payload = format!("{}.{:02}", cents / 100, cents % 100).into_bytes();
            self.publish(Message { topic, payload, retained: false }, 0);
        }
    }

    /// Somebody tries PINs, several at once.
    fn guesses_pins(&mut self) {
        let ts = self.clock.truth().seconds();
        for which in 0..self.speakers.len() {
            let asked: Vec<String> =
                self.speakers[which].asked.iter().map(|(order, _)| order.clone()).collect();
            for order in asked.iter().rev().take(2) {
                for _ in 0..3 {
                    let body = json!({"order_id": order, "pin": "1111"});
                    let message = self.speakers[which].say("confirm", &body, ts);
                    self.publish(message, 0);
                }
            }
        }
    }

    fn orders_of(&self, device: &str, state: &str) -> Vec<String> {
        let orders = self.auditor.orders.iter();
        orders
            .filter(|(_, o)| o.device == device && o.state == state)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Owners enter and pay bills, put use right, and look after alerts.
    async fn owner_lives(&mut self) {
        let bills: Vec<String> = self.auditor.bills.keys().cloned().collect();
        let bill = self.rng.pick(&bills).map(|id| name(id));
        let alert = self.auditor.some_alert(&mut self.rng);
        match (self.rng.below(12), bill, alert) {
            (0..8, ..) if !self.odds.has(Trouble::Bills) => {}
            (0..4, ..) => self.adds_bill().await,
            (4..7, Some(bill), _) => {
                // The owner's word is the approval of whichever order pays it.
                let orders = (1..40).map(|n| OrderId::for_payable(&bill, n).to_string());
                self.auditor.approved.extend(orders);
                self.wish(OwnerCommand::PayBill(bill)).await;
            }
            (7, Some(bill), _) => self.wish(OwnerCommand::CancelBill(bill)).await,
            (8, _, Some(alert)) => self.wish(OwnerCommand::AckAlert(alert)).await,
            (9, _, Some(alert)) => {
                let until = UnixMs(self.clock.true_ms + self.rng.between(60, 100_000) * 1_000);
                self.wish(OwnerCommand::SnoozeAlert(alert, until)).await;
            }
            (10, ..) if self.odds.has(Trouble::Meters) => self.corrects().await,
            (11, ..) if self.rng.chance(50) => {
                let device = *self.rng.pick(&["kitchen", "hall"]).expect("one of two");
                self.wish(OwnerCommand::RefundLast(name(device))).await;
            }
            _ => self.wish(OwnerCommand::Inspect).await,
        }
    }

    async fn adds_bill(&mut self) {
        self.orders += 1;
        let id = format!("bill-{:05}", self.orders);
        let amount = self.rng.between(100, 4_000);
        self.auditor.bills.insert(id.clone(), amount);
        let today = self.clock.truth().in_zone(&self.clock.zone).date();
        let later = jiff::Span::new().days(self.rng.between(0, 9));
        let pays = [PayHow::Auto, PayHow::Auto, PayHow::Approve, PayHow::Manual];
        let payable = Payable {
            id: name(&id),
            payee: name("utility"),
            category: name("energy"),
            amount: Minor(amount),
            due: today.checked_add(later).expect("in the calendar"),
            note: None,
            pay: pays[self.rng.below(pays.len())],
            entered_at: UnixMs(0),
            order: None,
            orders: 0,
            reminded: false,
            warned: 0,
            cancelled: false,
            standing: None,
        };
        self.wish(OwnerCommand::AddBill(Box::new(payable))).await;
    }

    /// Use of the second counter is put right.
    async fn corrects(&mut self) {
        let to = self.clock.true_ms / QUARTER_MS * QUARTER_MS;
        let correction = Correction {
            device: name(METERS[1]),
            quantity: Quantity::Energy,
            from: UnixMs(to - self.rng.between(1, 40) * QUARTER_MS),
            to: UnixMs(to),
            micro: self.rng.between(0, 5_000) * 1_000,
            why: "read by hand".to_owned(),
        };
        self.wish(OwnerCommand::CorrectUse(Box::new(correction))).await;
    }

    /// At the end: what the books say was used is what the counter ran on by.
    pub fn use_adds_up(&mut self) -> Result<(), String> {
        if !self.odds.has(Trouble::Meters) {
            return Ok(());
        }
        let (end, counter) = (UnixMs(self.clock.true_ms + 1), self.counters[0].clone());
        let usage = &self.hub.machine().book().usage;
        let used = usage.between(&name(METERS[0]), Quantity::Energy, (UnixMs(0), end)).total();
        let ran = (counter.shows - counter.first) * 1_000;
        if used == ran || (used < ran && self.began_before_last_month()) {
            return Ok(());
        }
        Err(format!("the counter ran on by {ran} µkWh, the books say {used}"))
    }

    /// True where use of the world's first days is no longer at hand: books keep it from the first of
    /// last month on, as far as bills are made.
    fn began_before_last_month(&mut self) -> bool {
        let seen = UnixMs(self.hub.machine().book().seen.0.max(self.clock.true_ms));
        let month = seen.in_zone(&self.clock.zone).date().first_of_month();
        let last = month.yesterday().expect("in the calendar").first_of_month();
        UnixMs(self.began_ms) < midnight(last, &self.clock.zone)
    }
}
