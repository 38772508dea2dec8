//! One world: everything that is real and everything that is played, and how time passes in it.

use crate::auditor::Auditor;
use crate::broker::Broker;
use crate::clock::Clock;
use crate::faults::Crash;
use crate::household::{SPEAKERS, home, household, limits};
use crate::hub::{Got, Hub, Item, Ticket, What, connector};
use crate::network::Network;
use crate::random::Rng;
use crate::speaker::Speaker;
use crate::wallet::Wallet;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::facts::Needs;
use homepay_domain::household::Household;
use homepay_domain::ids::OrderId;
use homepay_domain::order::Order;
use homepay_engine::backlog::Backlog;
use homepay_ports::{Message, Outgoing, Publication, Store};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;

/// One world of so many has its books on disk, where the journal can be verified: it is slower.
const ON_DISK_EVERY: u64 = 16;

fn file_of(folder: &TempDir) -> PathBuf {
    folder.path().join("homepay.db")
}

/// A world.
pub struct World {
    pub rng: Rng,
    pub clock: Clock,
    pub hub: Hub,
    pub broker: Broker,
    pub wallet: Wallet,
    pub network: Network,
    pub speakers: Vec<Speaker>,
    pub auditor: Auditor,
    /// What was ever published to the hub.
    pub sent: Vec<Message>,
    /// What the owner waits to hear of.
    pub wish: Option<OwnerCommand>,
    /// Orders made so far.
    pub orders: u32,
    /// Crashes so far.
    pub crashes: u32,
    /// True once no more faults happen.
    pub calm: bool,
    /// The household as an owner looked at it some time ago.
    pub looked_at: Option<Household>,
    /// Where the books are, in worlds that have them on disk.
    books: Option<TempDir>,
    trace: bool,
}

impl World {
    /// The world of a seed, with its household and first limits.
    pub async fn new(seed: u64, trace: bool) -> World {
        let mut rng = Rng::new(seed, 1);
        let clock = Clock::begin(&mut rng);
        let home = home(&clock.zone);
        let network = Network::new(connector(&home), Rng::new(seed, 2));
        let wallet = Wallet::new(Rng::new(seed, 3), rng.between(10, 400) * 100);
        let books = seed.is_multiple_of(ON_DISK_EVERY).then(|| TempDir::new().expect("a folder"));
        let file = books.as_ref().map(file_of);
        let mut world = World {
            hub: Hub::new(home, Rng::new(seed, 4), file).await,
            auditor: Auditor::new(clock.zone.clone()),
            broker: Broker::default(),
            speakers: SPEAKERS.iter().map(|name| Speaker::new(name)).collect(),
            sent: Vec::new(),
            wish: None,
            orders: 0,
            crashes: 0,
            calm: true,
            looked_at: None,
            books,
            rng,
            clock,
            wallet,
            network,
            trace,
        };
        let anchor = world.clock.anchor();
        world.turn(vec![Item::event(Event::Started { anchor })]).await;
        world.wish(OwnerCommand::Apply(Box::new(household()))).await;
        for limit in limits(&mut world.rng) {
            world.wish(OwnerCommand::SetLimit(Box::new(limit))).await;
        }
        world.calm = false;
        world
    }

    /// What `journal verify` finds wrong, where the books are on disk.
    pub async fn verified(&self) -> Result<(), String> {
        let Some(books) = &self.books else { return Ok(()) };
        let reader = Reader::snapshot(&file_of(books)).await.expect("the books");
        let found = verify(&reader).await.expect("the disk");
        if found.faults.is_empty() { Ok(()) } else { Err(found.faults.join("; ")) }
    }

    /// Shows what happens, where one looks on.
    pub fn show(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!(
                "{} {:+}ms {:+}ms  {}",
                self.clock.truth().rfc3339(&self.clock.zone),
                self.clock.skew_ms,
                self.clock.hub_ahead_ms(),
                what()
            );
        }
    }

    /// Ends the world when a check failed.
    #[track_caller]
    pub fn must<T>(&self, found: Result<T, String>) -> T {
        match found {
            Ok(value) => value,
            Err(finding) => panic!("{finding}"),
        }
    }

    /// A message is published to the hub after `later_ms`.
    pub fn publish(&mut self, message: Message, later_ms: i64) {
        self.show(|| {
            format!("published {} {}", message.topic, String::from_utf8_lossy(&message.payload))
        });
        self.sent.push(message.clone());
        self.broker.publish(message, self.clock.true_ms + later_ms);
    }

    /// An owner wishes something at the console, and waits.
    pub async fn wish(&mut self, mut wish: OwnerCommand) {
        if let OwnerCommand::SetLimit(limit) = &mut wish {
            // Said whatever stands: it may be said twice after a crash.
            limit.version = 0;
        }
        if let OwnerCommand::Approve(order) = &wish {
            self.auditor.approved.insert(order.to_string());
        }
        self.wish = Some(wish.clone());
        let event = Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: wish,
        };
        let item =
            Item { what: What::Event(event), ticket: Ticket::Owner, order: None, message: None };
        self.turn(vec![item]).await;
    }

    fn crash(&mut self) -> Crash {
        if self.calm || !self.rng.chance(8) {
            return Crash::Never;
        }
        match self.rng.below(13) {
            10.. => Crash::Fails,
            0 => Crash::AtBegin,
            1 | 2 => Crash::BeforeCommit,
            3 | 4 => Crash::InCommit(u32::try_from(self.rng.below(8)).expect("small")),
            5..8 => Crash::AfterCommit,
            _ => Crash::WhileTelling,
        }
    }

    /// Turns for a batch, and for what a crash in it makes necessary.
    pub async fn turn(&mut self, batch: Vec<Item>) {
        let mut next = Some(batch);
        while let Some(batch) = next.take() {
            let crash = self.crash();
            let now = self.clock.hub();
            for item in &batch {
                self.show(|| format!("turn {:?} {crash:?}", item.what));
            }
            let (mut got, lives) = self.hub.turn(&batch, now, crash).await;
            if crash == Crash::Fails {
                got.extend(self.try_again().await);
            }
            let keep = if crash == Crash::WhileTelling {
                self.rng.below(got.len() + 1)
            } else {
                got.len()
            };
            let fresh = self.outside(got.into_iter().take(keep));
            if lives {
                self.attribute(&batch, &fresh, true);
                continue;
            }
            self.crashes += 1;
            self.restart(&batch, fresh).await;
            next = Some(vec![Item::event(Event::Started { anchor: self.clock.anchor() })]);
            // After the start, the owner says again what nobody answered.
            if let Some(wish) = self.wish.take().filter(is_repeatable) {
                self.wish = Some(wish.clone());
                let event = Event::OwnerCommanded {
                    stamp: None,
                    actor: homepay_domain::actor::Actor::System,
                    command: wish,
                };
                let what = What::Event(event);
                let item = Item { what, ticket: Ticket::Owner, order: None, message: None };
                self.hub.queue.push_front(item);
            }
        }
        if self.wish.is_some() && !self.hub.queue.is_empty() {
            let batch = self.hub.batch(1);
            Box::pin(self.turn(batch)).await;
        }
    }

    /// The store could not commit for a while; then it can, and what waits is decided.
    async fn try_again(&mut self) -> Vec<Got> {
        let long = self.rng.chance(20);
        let wait_ms = if long { self.rng.between(1_000, 600_000) } else { 1_000 };
        self.clock.true_ms += wait_ms;
        self.show(|| format!("the store commits again after {wait_ms} ms"));
        self.hub.decide_backlog(self.clock.hub()).await
    }

    /// The outside gets what a turn let out; gives back the publications that are new.
    fn outside(&mut self, got: impl Iterator<Item = Got>) -> Vec<Publication> {
        let mut fresh = Vec::new();
        for got in got {
            match got {
                Got::Told(Ticket::Message(id), _) => self.acked(id),
                Got::Told(Ticket::Owner, told) => self.owner_told(&told),
                Got::Told(Ticket::Nobody, _) => {}
                Got::Out(Outgoing::Publish { id, publication }) => {
                    self.auditor.true_s = self.clock.truth().seconds();
                    let handed = self.auditor.handed(id, &publication);
                    self.show(|| {
                        format!("told {id} {}", String::from_utf8_lossy(&publication.payload))
                    });
                    if self.must(handed) {
                        fresh.push(publication.clone());
                    }
                    self.broker.outgoing.insert(id, publication);
                }
                Got::Out(ask) => {
                    self.show(|| format!("to ask {ask:?}"));
                    self.hub.put_errand(ask);
                }
            }
        }
        fresh
    }

    fn acked(&mut self, id: u64) {
        if let Some(message) = self.broker.acked(id) {
            let body: Option<String> =
                serde_json::from_slice::<serde_json::Value>(&message.payload)
                    .ok()
                    .and_then(|envelope| envelope["body"].as_str().map(str::to_owned));
            let order = body.and_then(|body| {
                let body: serde_json::Value = serde_json::from_str(&body).ok()?;
                body["order_id"].as_str().map(str::to_owned)
            });
            if message.topic.ends_with("/order") {
                // Forgeries are nobody's order.
                let meant = &self.auditor.meant;
                let order = order.filter(|order| meant.contains_key(order));
                self.auditor.acked.extend(order);
            }
        }
    }

    fn owner_told(&mut self, told: &CommandOutcome) {
        self.show(|| format!("owner: {:?} {}", self.wish, matches!(told, CommandOutcome::Done(_))));
        let done = matches!(told, CommandOutcome::Done(_) | CommandOutcome::Limits(_));
        match self.wish.take() {
            Some(OwnerCommand::SetLimit(limit)) if done => self.auditor.limit_set(&limit),
            Some(OwnerCommand::RemoveLimit(id)) => {
                self.auditor.limits.remove(id.as_str());
            }
            Some(OwnerCommand::Freeze(device)) if done => {
                let device = device.map_or(String::new(), |d| d.to_string());
                self.auditor.frozen.insert(device);
            }
            Some(OwnerCommand::Thaw(device)) if done => {
                self.auditor.frozen.remove(&device.map_or(String::new(), |d| d.to_string()));
            }
            Some(OwnerCommand::Edit { next, .. }) if done => {
                let found = self.auditor.edited(&next);
                self.must(found);
            }
            Some(OwnerCommand::SetLimit(limit)) => {
                panic!("limit {} is refused: {told:?}", limit.id)
            }
            _ => {}
        }
    }

    fn attribute(&mut self, batch: &[Item], fresh: &[Publication], sure: bool) {
        for item in batch {
            let (Some(message), Some(order)) = (&item.message, &item.order) else { continue };
            let about = |p: &&Publication| {
                let body: serde_json::Value = serde_json::from_slice(&p.payload).expect("JSON");
                p.topic.ends_with("/reply") && body["order_id"] == order.as_str()
            };
            let said = fresh.iter().find(about);
            let bytes = [message.topic.as_bytes(), &message.payload].concat();
            let found = self.auditor.answered(&bytes, said, sure, self.clock.truth().seconds());
            self.must(found);
        }
    }

    /// The process ended and begins again: only what was committed is left.
    async fn restart(&mut self, batch: &[Item], mut fresh: Vec<Publication>) {
        self.show(|| "--- crash ---".to_owned());
        self.network.boot += 1;
        self.hub.queue.clear();
        self.hub.wallet_tasks.clear();
        self.broker.hub_gone(self.clock.true_ms);
        self.hub.backlog = Backlog::default();
        self.hub.store.abandon().await.expect("the books open again");
        let book = self.hub.store.book();
        self.clock.resume(book.seen, book.anchor.as_ref());
        self.hub.look();
        let outbox = self.hub.store.outbox().await.expect("the outbox");
        let left = outbox.into_iter().map(Got::Out);
        fresh.extend(self.outside(left));
        self.attribute(batch, &fresh, false);
        let stored = self.stored().await;
        for id in self.auditor.known(&self.network) {
            let found = self.auditor.after_crash(&id, stored.get(&id));
            self.must(found);
        }
    }

    /// Every order that the outside knows of, as the store has it.
    pub async fn stored(&mut self) -> BTreeMap<String, Order> {
        let known = self.auditor.known(&self.network);
        let need = |id: &String| Needs { order: Some(OrderId::from_store(id)), ..Needs::default() };
        let needs: Vec<Needs> = known.iter().map(need).collect();
        let now = self.clock.hub();
        let store = &mut self.hub.store;
        store.begin(&needs, now).await.expect("a turn begins");
        let orders = known.iter().zip(&needs);
        let found = orders
            .filter_map(|(id, need)| Some((id.clone(), store.facts(need, 10).order?)))
            .collect();
        store.abandon().await.expect("a turn is given up");
        found
    }
}

/// Wishes that the owner may say twice without harm.
fn is_repeatable(wish: &OwnerCommand) -> bool {
    matches!(
        wish,
        OwnerCommand::Apply(_)
            | OwnerCommand::Edit { .. }
            | OwnerCommand::SetLimit(_)
            | OwnerCommand::RemoveLimit(_)
            | OwnerCommand::Freeze(_)
            | OwnerCommand::Thaw(_)
    )
}
