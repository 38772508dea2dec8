//! A home to order in.

use super::*;

/// A home whose decisions are applied as they are made, without a store.
pub struct OrderWorld {
    pub book: Book,
    pub orders: BTreeMap<OrderId, Order>,
    pub asks: Vec<(u32, PaymentCommand)>,
    pub looked: Vec<RuleCheck>,
    pub now: UnixMs,
    pub seq: u64,
}

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub fn paid(captured: Minor, refunds: Vec<RefundSeen>) -> PaymentStatus {
    PaymentStatus::Paid { captured, refunds, seen: PaymentSeen::default() }
}

pub fn held(amount: Minor) -> PaymentStatus {
    PaymentStatus::Authorized { amount, seen: PaymentSeen::default() }
}

impl OrderWorld {
    /// A home with these limits, at noon in Shanghai.
    pub fn new(limits: &str) -> OrderWorld {
        let home = Home {
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            currency: Currency::from_code("CNY").unwrap(),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let people = include_str!("../../../../tests/cases/orders-household.toml");
        let none = |_: &str| Err("none".to_owned());
        let text = format!("{people}\n{limits}");
        let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
        let noon: jiff::Timestamp = "2026-11-21T12:00:00+08:00".parse().unwrap();
        let now = UnixMs(noon.as_millisecond());
        let (orders, asks, looked) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut world = OrderWorld { book: Book::new(home), orders, asks, looked, now, seq: 0 };
        world.wish(OwnerCommand::Apply(Box::new(house)));
        world
    }

    pub fn decide(&mut self, event: &Event, order: Option<&OrderId>) -> Decision {
        let order = order.and_then(|id| self.orders.get(id)).cloned();
        let (taken, around) = (BTreeMap::new(), BTreeMap::new());
        let (book, chance) = (&self.book, NUMBER);
        let over = self.orders.values().filter(|o| !book.open.contains_key(&o.id));
        let bought: Vec<Order> = over.filter(|o| o.captured.is_positive()).cloned().collect();
        let ahead = Vec::new();
        let facts = Facts {
            book,
            order,
            already_processed: false,
            holds: taken,
            bought,
            around,
            ahead,
            challenge: chance,
        };
        let decision = decide(&facts, event, self.now);
        for change in &decision.changes {
            self.book.apply(change);
            match change {
                Change::Order { order } => {
                    self.orders.insert(order.id.clone(), (**order).clone());
                }
                Change::Judged { looked, .. } => self.looked.clone_from(looked),
                _ => {}
            }
        }
        for effect in &decision.effects {
            if let Effect::SendCommand { number, ask, .. } = effect {
                self.asks.push((*number, ask.clone()));
            }
        }
        self.book.seen = self.book.time(self.now);
        decision
    }

    pub fn stamp(&mut self) -> Stamp {
        self.seq += 1;
        let digest = self.seq.to_string().into();
        let ts = self.now.seconds();
        Stamp { signer: "device:kitchen/k1#00000000".into(), epoch: 1, seq: self.seq, ts, digest }
    }

    pub fn ask(&mut self, id: &str, sku: &str, quantity: i64) -> Order {
        self.ask_by(id, sku, quantity, "kitchen", None)
    }

    pub fn ask_by(
        &mut self,
        id: &str,
        sku: &str,
        count: i64,
        device: &str,
        member: Option<&str>,
    ) -> Order {
        let id = OrderId::parse(id).unwrap();
        let asked = OrderRequest {
            device: name(device),
            order: id.clone(),
            fingerprint: format!("{sku}{count}{device}").into(),
            items: Ok(vec![(name(sku), Decimal::from(count))]),
            member: member.map(name),
            lang: None,
            session: None,
            currency: None,
            doubt: None,
            heard_at: None,
            answer_within_s: None,
        };
        let stamp = self.stamp();
        self.decide(&Event::OrderRequested(Some(stamp), asked), Some(&id));
        self.orders[&id].clone()
    }

    pub fn said(&mut self, id: &str, said: ConfirmationAnswer) -> Order {
        let order = OrderId::parse(id).unwrap();
        let stamp = self.stamp();
        let event = Event::AnswerReceived {
            stamp: Some(stamp),
            device: name("kitchen"),
            order: order.clone(),
            answer: said,
            session: None,
        };
        self.decide(&event, Some(&order));
        self.orders[&order].clone()
    }

    /// The wallet answers what was asked of it last.
    pub fn answer(&mut self, id: &str, answer: PaymentStatus) -> Order {
        let order = OrderId::parse(id).unwrap();
        let (number, asked) = self.asks.last().cloned().unwrap();
        assert_eq!(*asked.order(), order);
        self.decide(
            &Event::WalletAnswered { order: order.clone(), number, asked, answer },
            Some(&order),
        );
        self.orders[&order].clone()
    }

    /// Never heard of it, by a wallet whose clock goes as ours.
    pub fn absent(&self) -> PaymentStatus {
        PaymentStatus::Absent { by_wallet: self.now }
    }

    pub fn wish(&mut self, wish: OwnerCommand) -> CommandOutcome {
        let order = match &wish {
            OwnerCommand::Approve(id) | OwnerCommand::Reject(id) | OwnerCommand::Cancel(id) => {
                Some(id.clone())
            }
            OwnerCommand::Refund(id, _) | OwnerCommand::Fulfil(id, _) => Some(id.clone()),
            _ => None,
        };
        self.decide(
            &Event::OwnerCommanded {
                stamp: None,
                actor: homepay_domain::actor::Actor::System,
                command: wish,
            },
            order.as_ref(),
        )
        .outcome
    }

    pub fn limit(&mut self, json: &str) {
        let form = serde_json::from_str(json).unwrap();
        let limit = limit_of_form(&form, &self.book.home, &self.book.household).unwrap();
        self.wish(OwnerCommand::SetLimit(Box::new(limit)));
    }

    pub fn wait_s(&mut self, seconds: i64) {
        self.now = self.now.plus_s(seconds);
        self.decide(&Event::ClockTicked, None);
    }

    pub fn paid(&mut self, id: &str, sku: &str, count: i64) -> Order {
        let order = self.ask(id, sku, count);
        assert_eq!(order.state, State::Approved, "{:?}", order.reason);
        let answer = paid(order.amount, vec![]);
        let order = self.answer(id, answer);
        assert_eq!(order.state, State::Settled);
        order
    }
}
