//! What happens in a world, step by step, until nothing happens any more.

use crate::auditor::order_of;
use crate::household::{BASE, OWNER_SECRET, PIN, edited};
use crate::hub::message_of;
use crate::network::Answered;
use crate::plan::Trouble;
use crate::speaker::wanted;
use crate::world::World;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::Minor;
use homepay_engine::wallet_schedule::WalletTask;
use homepay_engine::{Input, Ticket};
use homepay_ports::{Message, Publication};
use homepay_protocols::native::envelope::Envelope;
use serde_json::{Value, json};

/// How many things are done within one span of time before it is cut short.
const HOPS_MAX: usize = 40;

/// How often the end of a world is waited for.
const ROUNDS_MAX: usize = 2_000;

impl World {
    /// The whole life of a world.
    pub async fn live(&mut self) {
        for _ in 0..self.plan.steps {
            self.step().await;
            self.pump().await;
        }
        self.come_to_rest().await;
        // The last reading of all: it holds whatever those that were refused would have told.
        if self.odds.has(Trouble::Meters) {
            self.reads(0);
        }
        while self.hear_one() {}
        self.work().await;
        let found = self.use_adds_up();
        self.must(found);
        let stored = self.stored().await;
        let found = self.auditor.at_the_end(&stored, &self.wallet, &self.network);
        self.must(found);
        let verified = self.verified().await;
        self.must(verified);
    }

    async fn step(&mut self) {
        let is_there = |world: &mut World, of| world.rng.chance(world.odds.of(of, 100).min(100));
        match self.rng.below(100) {
            46..54 if !is_there(self, Trouble::Mischief) => self.order(),
            66..71 if !is_there(self, Trouble::Edits) => self.order(),
            73..76 if !is_there(self, Trouble::Network) => {}
            77..79 if !is_there(self, Trouble::Clock) => {}
            0..32 => self.order(),
            32..46 => self.answer(),
            46..54 => self.mischief(),
            54..66 => self.owner_acts().await,
            66..71 => self.owner_edits().await,
            71..73 => self.owner_freezes().await,
            73..76 => self.network.down = !self.network.down,
            76 => {
                let which = self.rng.below(self.speakers.len());
                self.speakers[which].restarted();
            }
            77..79 => self.clock_is_wrong(),
            79..82 => {
                self.clock.skew_ms = 0;
                self.watch_clock();
            }
            82..84 => self.network.down = false,
            _ => self.live_on().await,
        }
    }

    /// The wall clock of the hub's machine is set wrong, also while requests are under way.
    fn clock_is_wrong(&mut self) {
        let by = match self.rng.below(4) {
            0 => self.rng.between(1_000, 100_000),
            1 => self.rng.between(125_000, 3_600_000),
            2 => self.rng.between(3_600_000, 3 * 86_400_000),
            _ => 40 * 365 * 86_400_000,
        };
        self.clock.skew_ms = if self.rng.chance(40) { -by } else { by };
        self.watch_clock();
    }

    fn watch_clock(&mut self) {
        let (standing, anchor) = (self.clock.standing(), self.clock.anchor());
        let event = Event::ClockWatched { standing, anchor };
        self.hub.queue.push_back(Input::event(event, Ticket::Nobody));
    }

    fn next_order(&mut self) -> String {
        self.orders += 1;
        format!("order-{:05}", self.orders)
    }

    fn order(&mut self) {
        let id = self.next_order();
        let mut wanted = wanted(id.clone(), &mut self.rng);
        self.auditor.meant.insert(id.clone(), (wanted.member, wanted.amount));
        if wanted.alike {
            self.auditor.alike.insert(id.clone());
        }
        match self.rng.below(30) {
            _ if wanted.alike => {}
            0 => wanted.body["currency"] = json!("CNY"),
            1 => wanted.body["text"] = json!("buy a rocket"),
            _ => {}
        }
        let which = self.rng.below(self.speakers.len());
        let ts = self.clock.truth().seconds();
        let message = self.speakers[which].say("order", &wanted.body, ts);
        self.speakers[which].ordered(id);
        let later = self.some_delay();
        self.publish(message, later);
    }

    pub fn some_delay(&mut self) -> i64 {
        if self.calm {
            return 0;
        }
        let is_late = self.rng.chance(self.odds.of(Trouble::Broker, 15));
        match self.rng.below(3) {
            _ if !is_late => 0,
            0 => self.rng.between(1_000, 400_000),
            _ => self.rng.between(100, 20_000),
        }
    }

    /// Somebody answers a question, rightly or not.
    fn answer(&mut self) {
        let which = self.rng.below(self.speakers.len());
        let ts = self.clock.truth().seconds();
        let later = self.some_delay();
        if self.rng.chance(15) {
            let open: Vec<String> = self.orders_that(&["approved", "awaiting_approval"]);
            let Some(order) = self.rng.pick(&open).cloned() else { return };
            let body = json!({"order_id": order, "cancel": true});
            let message = self.speakers[which].say("confirm", &body, ts);
            self.publish(message, later);
            return;
        }
        let Some((order, number)) = self.speakers[which].asked.pop() else { return };
        let body = match self.rng.below(10) {
            0 => json!({"order_id": order, "answer": "yes"}),
            1 => json!({"order_id": order, "answer": "09"}),
            2 => json!({"order_id": order, "cancel": true}),
            3 => {
                self.speakers[which].asked.push((order.clone(), number));
                json!({"order_id": order, "pin": "0000"})
            }
            4 => {
                self.auditor.confirmed.insert(order.clone());
                json!({"order_id": order, "pin": PIN})
            }
            _ => {
                self.auditor.confirmed.insert(order.clone());
                json!({"order_id": order, "answer": number})
            }
        };
        let message = self.speakers[which].say("confirm", &body, ts);
        self.publish(message, later);
    }

    fn orders_that(&self, states: &[&str]) -> Vec<String> {
        let orders = self.auditor.orders.iter();
        orders.filter(|(_, o)| states.contains(&o.state.as_str())).map(|(i, _)| i.clone()).collect()
    }

    /// Copies, forgeries, noise.
    fn mischief(&mut self) {
        let which = self.rng.below(self.speakers.len());
        let now_s = self.clock.truth().seconds();
        let kind = self.rng.below(10);
        if kind < 4 {
            if let Some(message) = self.rng.pick(&self.sent).cloned() {
                let later = self.some_delay();
                self.publish(message, later);
            }
            return;
        }
        if kind == 4 {
            let known: Vec<String> = self.auditor.orders.keys().cloned().collect();
            let Some(order) = self.rng.pick(&known).cloned() else { return };
            let other = wanted(order, &mut self.rng);
            let message = self.speakers[which].say("order", &other.body, now_s);
            self.publish(message, 0);
            return;
        }
        let id = self.next_order();
        self.auditor.void.insert(id.clone());
        let body = wanted(id, &mut self.rng).body;
        let speaker = &mut self.speakers[which];
        let message = match kind {
            5 => Message { retained: true, ..speaker.say("order", &body, now_s) },
            6 => speaker.say("order", &body, now_s - 400_000),
            7 => {
                let heard = |said: &&(u64, u64, String)| self.auditor.orders.contains_key(&said.2);
                let Some((epoch, seq, _)) = speaker.said.iter().rev().find(heard).cloned() else {
                    return;
                };
                speaker.say_as((epoch, seq, now_s), "order", &body)
            }
            8 => {
                let mut message = speaker.say("order", &body, now_s);
                let at = message.payload.len() / 2;
                message.payload[at] ^= 1;
                message
            }
            _ => {
                let topic = format!("{BASE}/device/{}/order", speaker.name);
                Message { topic, payload: b"{\"v\":1,".to_vec(), retained: false }
            }
        };
        self.publish(message, 0);
    }

    async fn owner_acts(&mut self) {
        let id = |text: &String| OrderId::from_store(text);
        match self.rng.below(10) {
            0..5 => {
                let open = self.orders_that(&["awaiting_approval"]);
                let Some(order) = self.rng.pick(&open).cloned() else { return };
                let yes = self.rng.chance(75);
                if self.rng.chance(40) {
                    self.owner_publishes(yes, &order);
                } else if yes {
                    self.wish(OwnerCommand::Approve(id(&order))).await;
                } else {
                    self.wish(OwnerCommand::Reject(id(&order))).await;
                }
            }
            5..8 => {
                let paid = self.orders_that(&["settled", "partially_refunded"]);
                let Some(order) = self.rng.pick(&paid).cloned() else { return };
                let whole = self.rng.chance(50);
                let part = self.rng.between(1, self.auditor.orders[&order].captured.max(1));
                let amount = (!whole).then_some(Minor(part));
                self.wish(OwnerCommand::Refund(id(&order), amount)).await;
            }
            8 => {
                let open = self.orders_that(&["approved"]);
                let Some(order) = self.rng.pick(&open).cloned() else { return };
                let whole = self.rng.chance(40);
                let part = self.rng.between(1, self.auditor.orders[&order].amount.max(1));
                self.wish(OwnerCommand::Fulfil(id(&order), (!whole).then_some(Minor(part)))).await;
            }
            _ => {
                let open = self.orders_that(&["approved", "awaiting_confirmation"]);
                let Some(order) = self.rng.pick(&open).cloned() else { return };
                self.wish(OwnerCommand::Cancel(id(&order))).await;
            }
        }
    }

    fn owner_publishes(&mut self, yes: bool, order: &str) {
        if yes {
            self.auditor.approved.insert(order.to_owned());
        }
        let verb = if yes { "approve" } else { "reject" };
        let topic = format!("{BASE}/request/order/{verb}");
        let body = json!({"transaction": "t", "order_id": order}).to_string();
        let now_s = self.clock.truth().seconds();
        self.orders += 1;
        let stamp = (1, u64::from(self.orders), now_s);
        let envelope = Envelope::signed(&topic, ("phone", "phone"), stamp, &body, &OWNER_SECRET);
        let payload = serde_json::to_vec(&envelope).expect("plain values");
        self.publish(Message { topic, payload, retained: false }, 0);
    }

    async fn owner_edits(&mut self) {
        if self.rng.chance(15) {
            self.looked_at = Some((*self.hub.machine().book().household).clone());
            return;
        }
        if self.rng.chance(15)
            && let Some(seen) = self.looked_at.take()
        {
            let (base, next) = (Box::new(seen.clone()), Box::new(seen));
            self.wish(OwnerCommand::Edit { base, next }).await;
            return;
        }
        let ids: Vec<String> = self.auditor.versions.keys().cloned().collect();
        let Some(id) = self.rng.pick(&ids).cloned() else { return };
        let last = self.auditor.versions[&id].last().cloned().expect("a version");
        if !self.auditor.limits.contains_key(&id) {
            self.wish(OwnerCommand::SetLimit(Box::new(last))).await;
        } else if self.rng.chance(12) {
            let id = Name::parse(&id).expect("an id");
            self.wish(OwnerCommand::RemoveLimit(id)).await;
        } else {
            let next = edited(last, &mut self.rng);
            self.wish(OwnerCommand::SetLimit(Box::new(next))).await;
        }
    }

    async fn owner_freezes(&mut self) {
        let device = self.rng.pick(&["kitchen", "bedroom", ""]).copied().unwrap_or("");
        let of = (!device.is_empty()).then(|| Name::parse(device).expect("a name"));
        if self.auditor.frozen.is_empty() {
            self.wish(OwnerCommand::Freeze(of)).await;
            return;
        }
        for frozen in self.auditor.frozen.clone() {
            let of = (!frozen.is_empty()).then(|| Name::parse(&frozen).expect("a name"));
            self.wish(OwnerCommand::Thaw(of)).await;
        }
    }

    /// Time goes on; what falls due in it happens.
    pub async fn pump(&mut self) {
        let end = self.clock.true_ms + self.clock.some_time_ms(&mut self.rng);
        // Now and then everything that waits comes at once, as after a broker was away.
        let heard = if self.rng.chance(8) { 40 } else { self.rng.below(4) };
        for _ in 0..heard {
            self.hear_one();
        }
        for _ in 0..HOPS_MAX {
            self.work().await;
            self.send_due();
            let next = self.next_due().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.clock.true_ms = next.max(self.clock.true_ms + 1);
            self.come_back();
        }
        self.clock.true_ms = end.max(self.clock.true_ms);
        self.come_back();
        self.work().await;
        self.publications(70);
        let found = self.auditor.never_twice(&self.wallet);
        self.must(found);
    }

    pub fn hear_one(&mut self) -> bool {
        if !self.hub.has_room() {
            return false;
        }
        let twice = if self.calm { 0 } else { self.odds.of(Trouble::Broker, 6) };
        let Some(inbound) = self.broker.deliver(self.clock.true_ms, &mut self.rng, twice) else {
            return false;
        };
        let heard = self.hub.hear(inbound.id, inbound.message, self.at());
        for ack in heard.acks {
            message_of(&ack).and_then(|id| self.broker.acked(id));
        }
        true
    }

    fn send_due(&mut self) {
        while let Some(dispatch) = self.hub.schedule.next(self.clock.hub()) {
            self.network.send(dispatch, self.clock.true_ms);
        }
    }

    /// When the next thing happens that is not the speakers' or the owner's doing.
    fn next_due(&mut self) -> Option<i64> {
        let (now, ahead_ms) = (self.clock.hub(), self.clock.hub_ahead_ms());
        let asks = self.hub.schedule.next_due().map(|due| {
            let wait = i64::try_from(self.hub.schedule.wait_ms(now)).expect("short");
            (due.0 - ahead_ms).max(self.clock.true_ms + wait)
        });
        let retry = self.hub.machine().outage().map(|_| self.clock.true_ms + 1_000);
        let compared = self.comparisons.front().map(|(at_ms, _)| *at_ms);
        [asks, retry, compared, self.network.next_ms()].into_iter().flatten().min()
    }

    /// What comes back to the hub by now.
    fn come_back(&mut self) {
        for answered in self.network.go_on(&mut self.wallet, self.clock.true_ms) {
            let Answered { task, answer, again } = answered;
            let event = if again {
                let WalletTask { order, number, ask, due: _ } = task;
                Event::WalletAnswered { order, number, asked: ask, answer }
            } else {
                self.hub.schedule.answered(task, answer, self.clock.hub())
            };
            self.hub.queue.push_back(Input::event(event, Ticket::Nobody));
        }
        self.compared();
    }

    /// The broker takes publications, and says so; some of its words are lost.
    fn publications(&mut self, per_cent: usize) {
        for (id, publication) in self.broker.outgoing.clone() {
            if !self.rng.chance(per_cent) {
                continue;
            }
            self.spoken(&publication);
            if per_cent == 100 || !self.rng.chance(10) {
                self.broker.outgoing.remove(&id);
                self.hub.queue.push_back(Input::Published(vec![id]));
            }
        }
    }

    fn spoken(&mut self, publication: &Publication) {
        let body: Value = serde_json::from_slice(&publication.payload).expect("JSON");
        let number = body["challenge"]["say"].as_str();
        let speaker = self
            .speakers
            .iter_mut()
            .find(|s| publication.topic == format!("{BASE}/device/{}/reply", s.name));
        if let (Some(speaker), Some(order), Some(number)) =
            (speaker, body["order_id"].as_str(), number)
        {
            speaker.asked.push((order.to_owned(), number.to_owned()));
        }
    }

    /// No more faults: everything comes to its end.
    async fn come_to_rest(&mut self) {
        (self.calm, self.wallet.calm, self.network.calm, self.network.down) =
            (true, true, true, false);
        self.clock.skew_ms = 0;
        self.hub.store().failing = None;
        for _ in 0..ROUNDS_MAX {
            while self.hear_one() {}
            self.come_back();
            self.work().await;
            self.send_due();
            self.publications(100);
            // What another's payment keeps in doubt is asked about for ever, and never believed.
            let foreign = &self.wallet.foreign;
            let disputed = |order: &OrderId| foreign.iter().any(|p| order_of(p) == order.as_str());
            let asks = self.hub.schedule.orders().any(|order| !disputed(order));
            let waits = self.hub.machine().waiting() > 0 || !self.comparisons.is_empty();
            let on_its_way = self.network.next_ms().is_some();
            let quiet = self.broker.is_quiet() && !asks && !on_its_way && !waits;
            if quiet && self.hub.machine().book().open.keys().all(disputed) {
                return;
            }
            // Questions about those must not keep time from passing for what waits for days.
            let due = if quiet { None } else { self.next_due() };
            let next = [due, self.broker.next_ms()].into_iter().flatten().min();
            let later = self.clock.true_ms + if quiet { 6 * 3_600_000 } else { 1 };
            self.clock.true_ms = next.map_or(later, |next| next.max(self.clock.true_ms + 1));
        }
        let found = self.auditor.never_twice(&self.wallet);
        self.must(found);
        let open: Vec<_> =
            self.hub.machine().book().open.values().map(|o| (&o.id, o.state)).collect();
        panic!("never came to rest: {open:?}, quiet {}", self.broker.is_quiet());
    }
}
