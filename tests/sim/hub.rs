//! The hub as it ships: the engine's machine, the intake and the wallet's schedule, driven by the
//! world's time instead of tokio's.

use crate::faults::Mortal;
use crate::household::BASE;
use crate::random::Rng;
use crate::wallet::{AUTHORITY, REQUEST_KEY, RESPONSE_KEY};
use homepay_domain::event::{Digest, Event};
use homepay_domain::household::{Home, Household};
use homepay_domain::timekeeper::TimeAnchor;
use homepay_engine::intake::{Intake, IntakeOutputs, SharedSnapshot, TRANSIENT_ID};
use homepay_engine::machine::{Machine, Setting};
use homepay_engine::state_publisher::{PublisherSetting, PublisherTask, StatePublisher};
use homepay_engine::time_point::TimePoint;
use homepay_engine::view::Views;
use homepay_engine::vitals::Vitals;
use homepay_engine::wallet_schedule::WalletSchedule;
use homepay_engine::{BATCH_LEN_MAX, Input, QUEUE_LEN_MAX, Work};
use homepay_language::phrases::Phrases;
use homepay_ports::{AckTicket, Claim, Delivery, LinkEvent, Message, Store};
use homepay_protocols::snapshot::Snapshot;
use homepay_wallets::native::NativeWallet;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A signed message that was heard.
#[derive(Clone, Debug)]
pub struct HeardMessage {
    /// Topic and payload.
    pub bytes: Vec<u8>,
    /// The order that it is about.
    pub order: String,
}

/// The hub.
pub struct Hub {
    /// None only while it starts.
    machine: Option<Machine<Mortal>>,
    intake: Intake,
    publisher: StatePublisher,
    /// What is asked of the wallet.
    pub schedule: WalletSchedule,
    /// Before the machine.
    pub queue: VecDeque<Input>,
    snapshot: SharedSnapshot,
    phrases: Arc<Phrases>,
    views: Arc<Views>,
    vitals: Arc<Vitals>,
    /// Signed messages about orders, by their digests.
    pub heard: BTreeMap<Digest, HeardMessage>,
    seed: u64,
    starts: u64,
}

/// The wallet as the hub knows it.
pub fn connector(home: &Home) -> NativeWallet {
    NativeWallet {
        authority: AUTHORITY.to_owned(),
        base_path: String::new(),
        account: "home-1".to_owned(),
        key_id: "k1".to_owned(),
        request_key: REQUEST_KEY.to_vec(),
        response_key: RESPONSE_KEY.to_vec(),
        currency: home.currency,
    }
}

/// The message that a ticket acks.
pub fn message_of(ticket: &AckTicket) -> Option<u64> {
    match ticket.0 {
        Claim::Packet { epoch, .. } => Some(epoch),
        Claim::Nothing | Claim::Held(_) => None,
    }
}

impl Hub {
    /// A hub that begins with what its books hold.
    pub async fn start(store: Mortal, seed: u64, anchor: TimeAnchor, at: TimePoint) -> Hub {
        let book = store.book();
        let first = Snapshot::new(BASE, book.home.clone(), book.household.clone());
        let snapshot = SharedSnapshot::new(Arc::new(first).into());
        let (views, vitals) = (Arc::new(Views::new(book)), Arc::<Vitals>::default());
        let phrases = Arc::new(Phrases::new());
        let mut hub = Hub {
            machine: None,
            publisher: publisher(&views, &vitals, &phrases, at),
            intake: Intake::new(snapshot.clone(), Arc::default()),
            schedule: WalletSchedule::new(at.now),
            queue: VecDeque::new(),
            snapshot,
            phrases,
            views,
            vitals,
            heard: BTreeMap::new(),
            seed,
            starts: 0,
        };
        hub.begin(store, anchor, at).await;
        hub
    }

    async fn begin(&mut self, store: Mortal, anchor: TimeAnchor, at: TimePoint) {
        self.starts += 1;
        let setting = Setting {
            base: BASE.to_owned(),
            phrases: self.phrases.clone(),
            views: self.views.clone(),
            vitals: self.vitals.clone(),
        };
        let entropy = Box::new(Rng::new(self.seed, 100 + self.starts));
        let machine = Machine::begin(store, setting, entropy, anchor, at).await;
        self.machine = Some(machine.expect("the books can be read"));
        let household = self.machine().book().household.clone();
        self.follow(household);
    }

    /// The process ends: only its store is left.
    pub fn stop(&mut self) -> Mortal {
        self.queue.clear();
        self.machine.take().expect("it runs").into_store()
    }

    /// And begins again.
    pub async fn restart(&mut self, store: Mortal, anchor: TimeAnchor, at: TimePoint) {
        self.intake = Intake::new(self.snapshot.clone(), Arc::default());
        self.schedule = WalletSchedule::new(at.now);
        self.vitals = Arc::default();
        self.views.publish(store.book(), true);
        self.publisher = publisher(&self.views, &self.vitals, &self.phrases, at);
        self.begin(store, anchor, at).await;
    }

    /// The edge follows another household.
    pub fn follow(&mut self, household: Arc<Household>) {
        let snapshot = self.snapshot.load().followed_by(household);
        self.snapshot.store(Arc::new(snapshot));
    }

    pub fn machine(&mut self) -> &mut Machine<Mortal> {
        self.machine.as_mut().expect("it runs")
    }

    pub fn store(&mut self) -> &mut Mortal {
        self.machine().store_mut()
    }

    /// True while a message finds room in the queue.
    pub fn has_room(&self) -> bool {
        self.queue.len() < QUEUE_LEN_MAX
    }

    /// Hears a message; what it holds waits in the queue.
    pub fn hear(&mut self, id: u64, message: Message, at: TimePoint) -> IntakeOutputs {
        let bytes = [message.topic.as_bytes(), &message.payload].concat();
        let ticket = AckTicket(Claim::Packet { epoch: id, id: 0 });
        let mut out = IntakeOutputs::default();
        let heard = Delivery { message, ticket, user: None };
        self.intake.handle(LinkEvent::Delivered(heard), &at, &mut out);
        for input in out.inputs.drain(..) {
            self.note(&input, &bytes);
            self.queue.push_back(input);
        }
        out
    }

    fn note(&mut self, input: &Input, bytes: &[u8]) {
        let (stamp, order) = match input {
            Input::Work(incoming) => match &incoming.work {
                Work::Event(Event::OrderRequested(stamp, asked)) => (stamp, &asked.order),
                Work::Event(Event::AnswerReceived { stamp, order, .. }) => (stamp, order),
                _ => return,
            },
            Input::Pin(waiting) => (&waiting.pin.stamp, &waiting.pin.order),
            _ => return,
        };
        let Some(stamp) = stamp else { return };
        let heard = HeardMessage { bytes: bytes.to_vec(), order: order.to_string() };
        self.heard.insert(stamp.digest.clone(), heard);
    }

    /// The machine gets of the queue what it takes, as from a channel. True where it may go on.
    pub fn feed(&mut self, at: TimePoint) -> bool {
        let len = self.machine().room().min(BATCH_LEN_MAX).min(self.queue.len());
        let inputs: Vec<Input> = self.queue.drain(..len).collect();
        for input in inputs {
            self.machine().handle(input, at);
        }
        self.machine().is_ready(at)
    }

    /// What the engine tells of states and answers.
    pub fn tell_publisher(&mut self, task: PublisherTask, at: TimePoint) {
        self.publisher.handle(task, at.now);
        self.publisher.publications().clear();
    }

    /// States are published. What they show is the books', which are audited.
    pub fn publish(&mut self, at: TimePoint) {
        self.publisher.advance(at, true);
        self.publisher.publications().clear();
    }

    /// One step of the machine.
    pub async fn advance(&mut self, at: TimePoint) {
        let queue_len = self.queue.len();
        self.machine().advance(at, queue_len).await;
    }
}

fn publisher(
    views: &Arc<Views>,
    vitals: &Arc<Vitals>,
    phrases: &Arc<Phrases>,
    at: TimePoint,
) -> StatePublisher {
    let setting = PublisherSetting {
        base: BASE.to_owned(),
        discovery: Some("homeassistant".to_owned()),
        phrases: phrases.clone(),
        views: views.clone(),
        vitals: vitals.clone(),
        watchers: None,
        transient_from: TRANSIENT_ID,
    };
    StatePublisher::new(setting, at)
}
