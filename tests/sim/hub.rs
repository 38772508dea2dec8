//! The hub: the real store, turn, protocols and wallet connector; only its workers are simple.

use crate::faults::{Crash, Mortal, TurnFault};
use crate::household::{BASE, PIN, name};
use crate::random::Rng;
use crate::wallet::{AUTHORITY, REQUEST_KEY, RESPONSE_KEY};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{ConfirmationAnswer, Event};
use homepay_domain::household::Home;
use homepay_domain::ids::OrderId;
use homepay_domain::reply::Reply;
use homepay_domain::time::UnixMs;
use homepay_engine::backlog::{Backlog, Outage};
use homepay_engine::turn::{EffectSink, Incoming, turn};
use homepay_engine::wallet_worker::WalletTask;
use homepay_engine::{BATCH_LEN_MAX, RequestRef, Work};
use homepay_language::phrases::Phrases;
use homepay_ports::{Message, Outgoing, Store};
use homepay_protocols::native::decoded::{Decoded, read};
use homepay_protocols::native::encode::Encoder;
use homepay_protocols::native::owner_request;
use homepay_protocols::snapshot::Snapshot;
use homepay_store::sqlite::{Opened, SqliteStore};
use homepay_wallets::native::NativeWallet;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// Who waits for a turn.
#[derive(Clone, Debug)]
pub enum Ticket {
    /// The broker, for a message.
    Message(u64),
    /// The owner, for a word.
    Owner,
    /// Nobody.
    Nobody,
}

/// What is to be decided.
#[derive(Clone, Debug)]
pub enum What {
    /// An event.
    Event(Event),
    /// An owner's request, with its answer's mark.
    Request(Event, RequestRef),
    /// A refusal at the edge.
    Refusal(Box<Reply>),
}

/// One thing in the queue.
#[derive(Clone, Debug)]
pub struct Item {
    /// What.
    pub what: What,
    /// Who waits.
    pub ticket: Ticket,
    /// The order that it is about.
    pub order: Option<String>,
    /// The message that it came from.
    pub message: Option<Message>,
}

impl Item {
    /// An event that nobody waits for.
    pub fn event(event: Event) -> Item {
        let order = match &event {
            Event::WalletAnswered { order, .. } => Some(order.to_string()),
            _ => None,
        };
        Item { what: What::Event(event), ticket: Ticket::Nobody, order, message: None }
    }

    /// True for what must have a turn of its own.
    pub fn stands_alone(&self) -> bool {
        match &self.what {
            What::Event(event) => {
                matches!(
                    event,
                    Event::OwnerCommanded { .. } | Event::Started { .. } | Event::ClockTicked
                )
            }
            What::Request(..) => true,
            What::Refusal(_) => false,
        }
    }
}

/// What the outside got of a turn, in order.
#[derive(Debug)]
pub enum Got {
    /// A word to who waited.
    Told(Ticket, CommandOutcome),
    /// Something left.
    Out(Outgoing),
}

#[derive(Default)]
struct Ears(Vec<Got>);

impl EffectSink<Ticket> for Ears {
    fn tell(&mut self, ticket: Ticket, told: CommandOutcome) {
        self.0.push(Got::Told(ticket, told));
    }

    fn hand_over(&mut self, outgoing: Outgoing) {
        self.0.push(Got::Out(outgoing));
    }
}

/// The hub.
pub struct Hub {
    /// The books.
    pub store: SqliteStore,
    snapshot: Snapshot,
    phrases: Phrases,
    home: Home,
    /// Heard, not yet decided.
    pub queue: VecDeque<Item>,
    /// What waits for a turn, also while the store cannot commit.
    pub backlog: Backlog<Ticket>,
    /// To ask of the wallet, one an order.
    pub wallet_tasks: BTreeMap<OrderId, WalletTask>,
    entropy: Rng,
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

impl Hub {
    /// A hub with empty books, in a file or in memory.
    pub async fn new(home: Home, entropy: Rng, path: Option<PathBuf>) -> Hub {
        let opened = Opened { path, home: home.clone() };
        let store = SqliteStore::open(&opened).await.expect("books");
        let snapshot = Snapshot::new(BASE, home.clone(), store_household(&store));
        let (queue, wallet_tasks, backlog) = (VecDeque::new(), BTreeMap::new(), Backlog::default());
        Hub {
            store,
            snapshot,
            phrases: Phrases::new(),
            home,
            queue,
            backlog,
            wallet_tasks,
            entropy,
        }
    }

    /// Hears a message, as the intake does. False: it holds nothing and may be acked at once.
    pub fn hear(&mut self, id: u64, message: Message, now: UnixMs) -> bool {
        let (what, order) = match read(&self.snapshot, &message, now) {
            Decoded::Event(event) => {
                let order = match &event {
                    Event::OrderRequested(_, asked) => Some(asked.order.to_string()),
                    Event::AnswerReceived { order, .. } => Some(order.to_string()),
                    _ => None,
                };
                (What::Event(event), order)
            }
            Decoded::Pin { stamp, device, order, pin, session } => {
                let of = if pin == PIN { vec![name("anna")] } else { Vec::new() };
                let id = order.to_string();
                let said = ConfirmationAnswer::Pin { of };
                (
                    What::Event(Event::AnswerReceived {
                        stamp,
                        device,
                        order,
                        answer: said,
                        session,
                    }),
                    Some(id),
                )
            }
            Decoded::Request(request) => {
                let owner_request::OwnerRequest { verb, transaction, event, device } = request;
                (What::Request(event, RequestRef { verb, transaction, device }), None)
            }
            Decoded::Refused { device: Some(device), order, code, .. } => {
                let id = order.as_ref().map(ToString::to_string);
                let reply = Reply::refusal(&device, order, code, self.home.lang, now);
                (What::Refusal(Box::new(reply)), id)
            }
            // The world's speakers all sign, and its owner has no Home Assistant.
            Decoded::AnswerToOpen { .. }
            | Decoded::Misheard { .. }
            | Decoded::Question { .. }
            | Decoded::Number(_) => return false,
            // The simulated homes have no bridge that speaks for several devices in one message.
            Decoded::Events(_)
            | Decoded::Refused { device: None, .. }
            | Decoded::RefusedRequest { .. }
            | Decoded::Ignored(_) => {
                return false;
            }
        };
        let (ticket, message) = (Ticket::Message(id), Some(message));
        self.queue.push_back(Item { what, ticket, order, message });
        true
    }

    /// The next batch: at most `len` things, one of each order, some only alone.
    pub fn batch(&mut self, len: usize) -> Vec<Item> {
        let mut batch: Vec<Item> = Vec::new();
        while let Some(next) = self.queue.front() {
            let twice = batch.iter().any(|b| b.order.is_some() && b.order == next.order);
            let alone = next.stands_alone() || batch.iter().any(Item::stands_alone);
            if batch.len() >= len || twice || (alone && !batch.is_empty()) {
                break;
            }
            batch.extend(self.queue.pop_front());
        }
        batch
    }

    /// One turn. What the outside got of it, and whether the process is still there.
    pub async fn turn(&mut self, batch: &[Item], now: UnixMs, crash: Crash) -> (Vec<Got>, bool) {
        for item in batch.iter().cloned() {
            let work = match item.what {
                What::Event(event) => Work::Event(event),
                What::Request(event, mark) => Work::Request(event, mark),
                What::Refusal(reply) => Work::Refusal(reply),
            };
            self.backlog.push(Incoming { work, ticket: item.ticket });
        }
        self.next_turn(now, crash).await
    }

    /// The store commits again: everything that waits has its turn, in order.
    pub async fn decide_backlog(&mut self, now: UnixMs) -> Vec<Got> {
        let mut got = Vec::new();
        while !self.backlog.is_empty() {
            got.extend(self.next_turn(now, Crash::Never).await.0);
        }
        got
    }

    async fn next_turn(&mut self, now: UnixMs, crash: Crash) -> (Vec<Got>, bool) {
        let mut incoming = self.backlog.next_batch(BATCH_LEN_MAX);
        let encoder = Encoder { base: BASE, home: &self.home, phrases: &self.phrases };
        let mut ears = Ears::default();
        let mut mortal = Mortal { store: &mut self.store, crash };
        let ended =
            turn(&mut mortal, &encoder, &mut incoming, now, &mut self.entropy, &mut ears).await;
        let lives = match ended {
            Ok(left) => {
                if left.household_changed {
                    self.look();
                }
                if let Some(outage) = self.backlog.stood() {
                    let Outage { since, why, .. } = outage;
                    self.queue.push_back(Item::event(Event::StoreRecovered { since, why }));
                }
                crash != Crash::WhileTelling
            }
            Err(TurnFault::Full) => {
                self.store.abandon().await.expect("the books can be read");
                self.backlog.put_back(incoming, "full".to_owned(), false, now);
                true
            }
            Err(TurnFault::Crashed) => false,
            Err(TurnFault::Store(fault)) => panic!("the store failed: {fault}"),
        };
        (ears.0, lives)
    }

    /// Looks at the household anew.
    pub fn look(&mut self) {
        self.snapshot = Snapshot::new(BASE, self.home.clone(), store_household(&self.store));
    }

    /// The wallet's worker gets something to ask.
    pub fn put_errand(&mut self, outgoing: Outgoing) {
        if let Outgoing::Ask { order, number, ask, due } = outgoing {
            self.wallet_tasks.insert(order.clone(), WalletTask { order, number, ask, due });
        }
    }

    /// What is due at the wallet.
    pub fn due(&mut self, now: UnixMs) -> Option<WalletTask> {
        let order = self.wallet_tasks.values().find(|e| e.due <= now).map(|e| e.order.clone())?;
        self.wallet_tasks.remove(&order)
    }
}

fn store_household(store: &SqliteStore) -> Arc<homepay_domain::household::Household> {
    homepay_ports::Store::book(store).household.clone()
}
