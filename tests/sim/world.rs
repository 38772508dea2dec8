//! One world: everything that is real and everything that is played, and how time passes in it.

use crate::auditor::Auditor;
use crate::broker::Broker;
use crate::clock::Clock;
use crate::faults::{Crash, Decided, DiskFault, Mortal};
use crate::home_life::Counter;
use crate::household::{METERS, SPEAKERS, hash_of, home, household, limits};
use crate::hub::{HeardMessage, Hub, connector, message_of};
use crate::network::Network;
use crate::plan::{Odds, Plan, Trouble};
use crate::random::Rng;
use crate::speaker::Speaker;
use crate::wallet::Wallet;
use homepay_domain::actor::Actor;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::household::{Household, Secret};
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use homepay_engine::pins::PinComparison;
use homepay_engine::time_point::TimePoint;
use homepay_engine::{Input, Ticket};
use homepay_ports::{Message, Publication};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use homepay_store::sqlite::{Opened, SqliteStore};
use std::collections::VecDeque;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// After how many turns of a hundred states are published: their sums take long.
const STATES_PER_CENT: usize = 8;

/// How often the hub is fed at one moment at most.
const TURNS_MAX: usize = 10_000;

/// One world of so many has its books on disk, where the journal can be verified: it is slower.
const ON_DISK_EVERY: u64 = 16;

pub fn file_of(folder: &TempDir) -> PathBuf {
    folder.path().join("homepay.db")
}

/// How much of what came out of the engine is carried outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    All,
    /// The process ends meanwhile.
    Some,
    /// The process ended in its turn: whatever it let out before is outside, and must not be.
    Leaked,
}

/// A world.
pub struct World {
    pub plan: Plan,
    pub odds: Odds,
    pub rng: Rng,
    /// What goes wrong with process and disk.
    pub fault_rng: Rng,
    pub clock: Clock,
    pub hub: Hub,
    pub broker: Broker,
    pub wallet: Wallet,
    pub network: Network,
    pub speakers: Vec<Speaker>,
    /// They sign as speakers do.
    pub meters: Vec<Speaker>,
    pub counters: [Counter; METERS.len()],
    /// When the world began.
    pub began_ms: i64,
    pub auditor: Auditor,
    /// What was ever published to the hub.
    pub sent: Vec<Message>,
    /// What the owner waits to hear of.
    pub wish: Option<OwnerCommand>,
    /// True while the owner says again what a crash took: it may have been done, and nothing more
    /// goes wrong until that is known.
    pub is_repeated: bool,
    /// PINs under comparison, and until when.
    pub comparisons: VecDeque<(i64, PinComparison)>,
    /// Orders made so far.
    pub orders: u32,
    /// Crashes so far.
    pub crashes: u32,
    /// True once no more faults happen.
    pub calm: bool,
    /// The household as an owner looked at it some time ago.
    pub looked_at: Option<Household>,
    /// Where the books are, in worlds that have them on disk.
    pub books: Option<TempDir>,
    trace: bool,
}

impl World {
    /// The world of a seed, with its household and first limits.
    pub async fn new(plan: Plan, trace: bool) -> World {
        let seed = plan.seed;
        let odds = Odds::draw(&plan);
        let has_meters = odds.has(Trouble::Meters);
        let mut rng = Rng::new(seed, 1);
        let clock = Clock::begin(&mut rng);
        let home = home(&clock.zone);
        let network =
            Network::new(connector(&home), Rng::new(seed, 2), odds.of(Trouble::Network, 40));
        let free = rng.between(10, 400) * 100;
        let wallet = Wallet::new(Rng::new(seed, 3), free, odds.clone());
        let books = seed.is_multiple_of(ON_DISK_EVERY).then(|| TempDir::new().expect("a folder"));
        let opened = Opened { path: books.as_ref().map(file_of), home: home.clone() };
        let store = SqliteStore::open(&opened).await.expect("books");
        let at = TimePoint {
            steady_ms: clock.true_ms,
            now: clock.hub(),
            wall: clock.wall(),
            standing: clock.standing(),
        };
        let mut world = World {
            hub: Hub::start(Mortal::new(store), seed, clock.anchor(), at).await,
            auditor: Auditor::new(clock.zone.clone()),
            broker: Broker::default(),
            speakers: SPEAKERS.iter().map(|name| Speaker::new(name)).collect(),
            meters: METERS.iter().map(|meter| Speaker::new(meter)).collect(),
            counters: METERS.map(|_| Counter { shows: 1_000, at_ms: at.steady_ms, first: 1_000 }),
            began_ms: at.steady_ms,
            sent: Vec::new(),
            wish: None,
            is_repeated: false,
            comparisons: VecDeque::new(),
            orders: 0,
            crashes: 0,
            calm: true,
            looked_at: None,
            books,
            fault_rng: Rng::new(seed, 5),
            odds,
            plan,
            rng,
            clock,
            wallet,
            network,
            trace,
        };
        world.work().await;
        world.wish(OwnerCommand::Apply(Box::new(household(&home, has_meters)))).await;
        for limit in limits(&mut world.rng) {
            world.wish(OwnerCommand::SetLimit(Box::new(limit))).await;
        }
        for which in 0..if has_meters { METERS.len() } else { 0 } {
            world.reads(which);
        }
        while world.hear_one() {}
        world.work().await;
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
        self.ask_owner(wish);
        self.work().await;
        // What a crash took of it and the owner does not repeat.
        self.wish = None;
    }

    pub fn ask_owner(&mut self, wish: OwnerCommand) {
        self.show(|| format!("the owner wishes {wish:?}"));
        self.wish = Some(wish.clone());
        let (stamp, actor) = (None, Actor::System);
        let event = Event::OwnerCommanded { stamp, actor, command: wish };
        // Nobody listens at the other end: the world looks at what the engine gives out.
        let (owner, _) = oneshot::channel();
        self.hub.queue.push_back(Input::event(event, Ticket::Owner(owner)));
    }

    /// Where the next turn ends before its time.
    fn crash(&mut self) -> Crash {
        if self.calm || self.is_repeated {
            return Crash::Never;
        }
        if self.fault_rng.chance(self.odds.of(Trouble::Disk, 2)) {
            let fault =
                if self.fault_rng.chance(70) { DiskFault::Full } else { DiskFault::Unreadable };
            let times = u32::try_from(self.fault_rng.between(1, 4)).expect("small");
            self.show(|| format!("the disk fails {times} times: {fault:?}"));
            self.hub.store().failing = Some((times, fault));
            return Crash::Never;
        }
        if !self.fault_rng.chance(self.odds.of(Trouble::Crash, 3)) {
            return Crash::Never;
        }
        match self.fault_rng.below(10) {
            0 => Crash::AtBegin,
            1 | 2 => Crash::BeforeCommit,
            3 | 4 => Crash::InCommit(u32::try_from(self.fault_rng.below(8)).expect("small")),
            5..8 => Crash::AfterCommit,
            _ => Crash::WhileTelling,
        }
    }

    /// What the clocks show.
    pub fn at(&self) -> TimePoint {
        TimePoint {
            steady_ms: self.clock.true_ms,
            now: self.clock.hub(),
            wall: self.clock.wall(),
            standing: self.clock.standing(),
        }
    }

    /// The hub works until nothing is to be done at once.
    pub async fn work(&mut self) {
        for _ in 0..TURNS_MAX {
            let goes_on = self.hub.feed(self.at());
            if !goes_on && (self.hub.queue.is_empty() || self.hub.machine().room() == 0) {
                return;
            }
            while self.is_ready() {
                self.turn().await;
            }
        }
        panic!("the hub never has enough");
    }

    fn is_ready(&mut self) -> bool {
        let at = self.at();
        self.hub.machine().is_ready(at)
    }

    /// One step of the engine, and what a crash in it makes necessary.
    async fn turn(&mut self) {
        let (crash, at) = (self.crash(), self.at());
        if crash != Crash::Never {
            self.show(|| format!("a crash is near: {crash:?}"));
        }
        self.hub.store().crash = crash;
        self.hub.advance(at).await;
        let store = self.hub.store();
        store.crash = Crash::Never;
        let (decided, gone) = (std::mem::take(&mut store.decided), store.is_gone);
        if self.wish.is_none() && decided.iter().any(|of| of.by_owner) {
            self.must::<()>(Err("what no owner waits for was done all the same".to_owned()));
        }
        let halfway = gone && crash == Crash::WhileTelling;
        self.carry(if halfway {
            Carried::Some
        } else if gone {
            Carried::Leaked
        } else {
            Carried::All
        });
        self.attribute(&decided);
        if gone {
            self.restart().await;
        }
    }

    /// Carries what came out of the engine.
    pub fn carry(&mut self, carried: Carried) {
        let outputs = self.hub.machine().take_outputs();
        let waiting = self.hub.machine().publications().len();
        let all = outputs.acks.len() + waiting + outputs.owners.len();
        let mut left = if carried == Carried::Some { self.rng.below(all + 1) } else { all };
        let mut leaves = || {
            let is_there = left > 0;
            left = left.saturating_sub(1);
            is_there
        };
        if outputs.clock_step_ms != 0 {
            self.clock.step(outputs.clock_step_ms);
        }
        for ack in outputs.acks {
            if leaves()
                && let Some(id) = message_of(&ack)
            {
                self.acked(id);
            }
        }
        let mut out = Vec::new();
        let waiting = self.hub.machine().publications();
        while !waiting.is_empty() && leaves() {
            out.extend(waiting.pop_front());
        }
        for (id, publication) in out {
            self.published(id, publication);
        }
        if let Some(household) = outputs.household {
            self.hub.follow(household);
        }
        // Whoever is dead tells no owner that the disk failed.
        let owners = if carried == Carried::Leaked { Vec::new() } else { outputs.owners };
        for (_, told) in owners {
            if leaves() {
                self.owner_told(&told);
            }
        }
        if carried != Carried::All {
            return;
        }
        let at = self.at();
        let publishes = self.rng.chance(STATES_PER_CENT);
        for task in outputs.publisher {
            self.hub.tell_publisher(task, at);
        }
        if publishes {
            self.hub.publish(at);
        }
        let now = at.now;
        for message in outputs.wallet {
            self.show(|| format!("wallet's worker: {message:?}"));
            self.hub.schedule.handle(message, now);
        }
        for comparison in outputs.compare {
            let at_ms = self.clock.true_ms + self.rng.between(20, 900);
            self.comparisons.push_back((at_ms, comparison));
        }
    }

    /// A publication left the hub.
    fn published(&mut self, id: u64, publication: Publication) {
        self.auditor.true_s = self.clock.truth().seconds();
        let handed = self.auditor.handed(id, &publication);
        self.show(|| format!("told {id} {}", String::from_utf8_lossy(&publication.payload)));
        self.must(handed);
        self.broker.outgoing.insert(id, publication);
    }

    /// PINs whose comparison has come to its end.
    pub fn compared(&mut self) {
        while self.comparisons.front().is_some_and(|(at_ms, _)| *at_ms <= self.clock.true_ms) {
            let Some((_, PinComparison { waiting, candidates })) = self.comparisons.pop_front()
            else {
                return;
            };
            let right = |(_, hash): &&(Name, Secret)| hash.expose() == hash_of(&waiting.pin.pin);
            let of = candidates.iter().filter(right).map(|(id, _)| id.clone()).collect();
            self.hub.queue.push_back(Input::ComparedPin(waiting, of));
        }
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
        self.is_repeated = false;
        // What is answered so is not done later: the accounts stay as they are.
        let unwritable =
            matches!(told, CommandOutcome::Refused { code: Code::StoreUnavailable, .. });
        if unwritable {
            self.wish = None;
        }
        match self.wish.take() {
            Some(OwnerCommand::SetLimit(limit)) if done => self.auditor.limit_set(&limit),
            Some(OwnerCommand::AddBill(bill)) if !done => {
                panic!("bill {} is refused: {told:?}", bill.id)
            }
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

    /// What was said to signed messages in turns that stand.
    fn attribute(&mut self, decided: &[Decided]) {
        for Decided { digest, said, lowered, .. } in decided {
            if let Some(limit) = lowered {
                let found = self.auditor.lowered(limit);
                self.must(found);
            }
            let heard = digest.as_ref().and_then(|digest| self.hub.heard.get(digest));
            let Some(HeardMessage { bytes, order }) = heard else { continue };
            let about = |p: &&Publication| {
                let body: serde_json::Value = serde_json::from_slice(&p.payload).expect("JSON");
                p.topic.ends_with("/reply") && body["order_id"] == order.as_str()
            };
            let said = said.iter().find(about);
            let found = self.auditor.answered(bytes, said, self.clock.truth().seconds());
            self.must(found);
        }
    }
}

/// Wishes that the owner may say twice without harm.
pub fn is_repeatable(wish: &OwnerCommand) -> bool {
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
