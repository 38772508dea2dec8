//! Books that the library's own turns write, without a broker: orders are asked, the wallet says
//! yes at once.

use crate::hub::{LARGE, SMALL, device, household};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OrderRequest, OwnerCommand, Stamp};
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::Currency;
use homepay_domain::replay::window_name;
use homepay_domain::settlement::{PaymentCommand, PaymentSeen, PaymentStatus};
use homepay_engine::Work;
use homepay_engine::turn::{EffectSink, Incoming, turn};
use homepay_files::household::read_household;
use homepay_io::system_clock::{OsEntropy, SystemClock};
use homepay_language::phrases::Phrases;
use homepay_ports::{Clock, Outgoing, Store};
use homepay_protocols::native::encode::Encoder;
use homepay_store::sqlite::{Opened, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many orders a turn takes.
pub const BATCH: usize = 64;

const SPEAKERS: usize = 16;

/// Open books, and what is owed to the outside.
pub struct Books {
    store: SqliteStore,
    phrases: Phrases,
    home: Home,
    seq: u64,
    /// The replay window of each speaker's key.
    windows: Vec<Arc<str>>,
    left: Left,
}

/// What left the house.
#[derive(Default)]
struct Left {
    published: Vec<u64>,
    asked: Vec<(OrderId, u32, PaymentCommand)>,
}

impl EffectSink<()> for Left {
    fn tell(&mut self, (): (), _: CommandOutcome) {}

    fn hand_over(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Publish { id, .. } => self.published.push(id),
            Outgoing::Ask { order, number, ask, .. } => self.asked.push((order, number, ask)),
            Outgoing::Notify(_) => {}
        }
    }
}

fn home() -> Home {
    Home {
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone"),
        currency: Currency::from_code("CNY").expect("a currency"),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    }
}

impl Books {
    /// Opens books; new ones get the household.
    pub async fn open(file: &Path) -> Books {
        let home = home();
        let opened = Opened { path: Some(file.to_owned()), home: home.clone() };
        let store = SqliteStore::open(&opened).await.expect("books");
        let is_new = store.book().household.devices.is_empty();
        let seq = SystemClock.now().0.unsigned_abs();
        let (phrases, windows, left) = (Phrases::new(), Vec::new(), Left::default());
        let mut books = Books { store, phrases, home, seq, windows, left };
        if is_new {
            let none = |_: &str| Err("no such file".to_owned());
            let house = read_household(&household(SPEAKERS), "household.toml", &books.home, &none);
            let wish = OwnerCommand::Apply(Box::new(house.expect("a household")));
            books
                .take(vec![Event::OwnerCommanded {
                    stamp: None,
                    actor: homepay_domain::actor::Actor::System,
                    command: wish,
                }])
                .await;
        }
        let devices = &books.store.book().household.devices;
        let window = |number: usize| {
            let id = Name::parse(&device(number)).expect("a name");
            let (key, secret) = devices[&id].keys.iter().next().expect("a key");
            window_name(&format!("device:{id}"), key, secret).into()
        };
        books.windows = (0..SPEAKERS).map(window).collect();
        books
    }

    /// Closes them; the log is in the file.
    pub async fn close(self) {
        self.store.close().await.expect("closed books");
    }

    /// One turn of orders, half of them declined; then, not counted, the wallet's answers.
    pub async fn turn(&mut self) -> Duration {
        let orders = (0..BATCH).map(|number| self.order(number)).collect();
        let spent = self.take(orders).await;
        let asked = std::mem::take(&mut self.left.asked);
        let answers = asked.into_iter().map(|(order, number, asked)| {
            let PaymentCommand::Authorize { amount, .. } = &asked else {
                panic!("not asked here: {asked:?}")
            };
            let answer = PaymentStatus::Paid {
                captured: *amount,
                refunds: Vec::new(),
                seen: PaymentSeen::default(),
            };
            Event::WalletAnswered { order, number, asked, answer }
        });
        self.take(answers.collect()).await;
        spent
    }

    async fn take(&mut self, events: Vec<Event>) -> Duration {
        for id in self.left.published.drain(..) {
            self.store.published(id);
        }
        let encoder = Encoder { base: "homepay", home: &self.home, phrases: &self.phrases };
        let batch = events.into_iter().map(|e| Incoming { work: Work::Event(e), ticket: () });
        let mut batch: Vec<_> = batch.collect();
        let now = SystemClock.now();
        let began = Instant::now();
        let turned =
            turn(&mut self.store, &encoder, &mut batch, now, &mut OsEntropy, &mut self.left).await;
        turned.expect("a turn");
        began.elapsed()
    }

    fn order(&mut self, number: usize) -> Event {
        self.seq += 1;
        let device = Name::parse(&device(number % SPEAKERS)).expect("a name");
        let item = if (number / SPEAKERS).is_multiple_of(2) { LARGE } else { SMALL };
        let stamp = Stamp {
            signer: self.windows[number % SPEAKERS].clone(),
            epoch: 1,
            seq: self.seq,
            ts: SystemClock.now().seconds(),
            digest: format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
                .into(),
        };
        let asked = OrderRequest {
            device,
            order: OrderId::parse(&uuid::Uuid::now_v7().to_string()).expect("an id"),
            fingerprint: stamp.digest.clone(),
            items: Ok(vec![(Name::parse(item).expect("a name"), 1.into())]),
            member: None,
            lang: None,
            session: None,
            currency: None,
            doubt: None,
            heard_at: None,
            answer_within_s: None,
        };
        Event::OrderRequested(Some(stamp), asked)
    }
}
