//! Putting the house together: the only place that names concrete bodies of the ports.

mod books_watch;
mod broker;
mod messenger;
mod open_wallet;
pub mod private_files;
pub mod reach;

use crate::config::notify_section::NotifySettings;
use crate::{lifecycle, telemetry};
use anyhow::{Context, bail};
use broker::{open_bus, own_state, say_online, users_follow};
use futures_util::FutureExt;
use homepay_api::console::{Console, Readiness};
use homepay_api::hosts::OwnNames;
use homepay_api::{Api, console, control};
use homepay_console::Pages;
use homepay_domain::actor::Actor;
use homepay_domain::decide::access::has_owner;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::household::{Home, Household};
use homepay_domain::money::Minor;
use homepay_domain::notice::Notice;
use homepay_engine::clock_watch::DeviceWitnesses;
use homepay_engine::event_loop::Engine;
use homepay_engine::intake::{Intake, SharedSnapshot, TRANSIENT_ID};
use homepay_engine::machine::Setting;
use homepay_engine::notice_worker::NoticeWorker;
use homepay_engine::pins::{self as pin_worker, PinComparison};
use homepay_engine::state_publisher::{PublisherSetting, PublisherTask};
use homepay_engine::view::Views;
use homepay_engine::vitals::Vitals;
use homepay_engine::wallet_schedule::WorkerMessage;
use homepay_engine::wallet_worker::WalletWorker;
use homepay_engine::{Input, QUEUE_LEN_MAX, WATCHED_LEN_MAX};
use homepay_engine::{intake_loop, price_worker, state_loop};
use homepay_io::broker::BrokerTls;
use homepay_io::bus::Bus;
use homepay_io::http::{HttpDocuments, HttpMessages};
use homepay_io::http_server::{self, HEAD_WAIT, ListenerBounds, Listening};
use homepay_io::mqtt::LinkOptions;
use homepay_io::system_clock::{HomeClock, OsEntropy};
use homepay_language::phrases::Phrases;
use homepay_ports::{Entropy as _, Store};
use homepay_protocols::snapshot::Snapshot;
use homepay_sandbox::wallet::SandboxWallet;
use homepay_store::sqlite::marker::{BooksPresence, presence, put_aside};
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::{Opened, SqliteStore};
use hyper_util::service::TowerToHyperService;
use messenger::{HouseMessenger, links};
use open_wallet::{ask_balance, clock_watch, open_wallet};
use private_files::keep_from_others;
use reach::{HouseReach, ReachHandle, ReachPlan};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long ago the store may have answered last for the hub to count as ready.
const STORE_FRESH: Duration = Duration::from_secs(5);

/// How long the parts have to end after the engine did.
const APP_STOP_WAIT: Duration = Duration::from_secs(5);

/// How many sentences of pages may wait.
const SAID_LEN_MAX: usize = 16;

/// The console's listener, and how many connections it takes at a time.
const CONSOLE_LISTENER: (&str, usize) = ("console", 128);

const CONTROL: (&str, usize) = ("control", 64);

#[derive(Debug)]
pub enum BrokerPlan {
    Embedded {
        listen: SocketAddr,
        /// Where it listens with TLS, and with which files.
        tls: Option<BrokerTls>,
    },
    /// Somebody else's. Subscriptions, last will and birth are filled in.
    External(Box<LinkOptions>),
}

#[derive(Debug)]
pub enum WalletPlan {
    /// The sandbox wallet in this process, on free loopback ports.
    Sandbox {
        /// Whose account it keeps.
        account: String,
        /// What is in it at its first start.
        balance: Minor,
        /// Where its admin listener is, where one is wanted: it is not signed.
        admin: Option<SocketAddr>,
    },
    /// A wallet that speaks `homepay-wallet-v1`.
    Native {
        url: String,
        account: String,
        key_id: String,
        request_key: Vec<u8>,
        response_key: Vec<u8>,
    },
}

/// What to put together.
#[derive(Debug)]
pub struct AppPlan {
    /// Zone, currency, language, bounds.
    pub home: Home,
    pub base: String,
    /// Where state is kept.
    pub state_dir: PathBuf,
    pub store: PathBuf,
    pub broker: BrokerPlan,
    pub wallet: WalletPlan,
    /// Where the console listens.
    pub console: SocketAddr,
    /// Where it listens for the home's network, once that is opened.
    pub network: SocketAddr,
    /// The owner's certificate and key for that.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// True where pages are shown without TLS to other machines, too.
    pub plain_http: bool,
    /// Names of the console beside the machine's own.
    pub names: Vec<String>,
    /// What links in messages begin with, where the owner says it.
    pub links: Option<String>,
    /// Who is told of what.
    pub notify: Vec<NotifySettings>,
    /// Under which topic Home Assistant is told of the hub's entities; none = it is not.
    pub discovery: Option<String>,
    /// Applied once, when the books are new.
    pub household: Option<Household>,
    /// True begins new books where there were some that are lost.
    pub new_books: bool,
}

/// The house at work.
pub struct Running {
    /// Where the console listens.
    pub console: SocketAddr,
    /// Where the embedded broker listens.
    pub broker: Option<SocketAddr>,
    /// The sandbox wallet's admin listener.
    pub wallet_admin: Option<SocketAddr>,
    pub control: PathBuf,
    /// The code for the console's `/setup`, while no owner can sign in.
    pub setup_code: Option<String>,
    pub store: PathBuf,
    /// Users and passwords of the embedded broker.
    pub users: Option<PathBuf>,
    pub api: Api,
    reader: Reader,
    stop: CancellationToken,
    engine: JoinHandle<anyhow::Result<SqliteStore>>,
    tasks: Vec<JoinHandle<()>>,
    bus: Arc<Bus>,
    sandbox: Option<SandboxWallet>,
}

/// The control socket of a state folder.
pub fn control_socket(state_dir: &Path) -> PathBuf {
    state_dir.join("control.sock")
}

/// Puts the house together and starts it.
///
/// # Errors
/// Says what could not be opened, and what to do.
pub async fn start(plan: AppPlan, stop: CancellationToken) -> anyhow::Result<Running> {
    let metrics = telemetry::figures();
    let files = lifecycle::take_files();
    tracing::debug!(files, "as many files may be open at once");
    std::fs::create_dir_all(&plan.state_dir)
        .with_context(|| format!("the state folder {} cannot be made", plan.state_dir.display()))?;
    keep_from_others(&plan.state_dir)?;
    let begun_anew = books_to_open(&plan.store, plan.new_books).await?;
    let opened = Opened { path: Some(plan.store.clone()), home: plan.home.clone() };
    let store = SqliteStore::open(&opened).await?;
    let clock = HomeClock::resume(store.book().seen, store.book().anchor.as_ref());
    let is_new = *store.book().household == Household::default();
    let reader = Reader::open(&plan.store).await?;

    let console_listener = TcpListener::bind(plan.console).await.with_context(|| {
        format!("console.listen = \"{}\" cannot be bound: is it taken?", plan.console)
    })?;
    let console_at = console_listener.local_addr()?;
    let secret: [u8; 32] = rand::random();
    let wallet = open_wallet(&plan, console_at, &secret, &clock).await?;
    let snapshot = Snapshot::new(&plan.base, plan.home.clone(), store.book().household.clone());
    let (bus, events, broker_at, users) =
        open_bus(plan.broker, &plan.base, &plan.state_dir, &snapshot).await?;
    let bus = Arc::new(bus);

    let (queue, inputs) = mpsc::channel::<Input>(QUEUE_LEN_MAX);
    let (watchers, _) = broadcast::channel(WATCHED_LEN_MAX);
    let (wallet_tasks, tasks_of_wallet) = mpsc::unbounded_channel::<WorkerMessage>();
    let phrases = Arc::new(Phrases::new());
    let views = Arc::new(Views::new(store.book()));
    let (publisher, publisher_tasks) = mpsc::unbounded_channel::<PublisherTask>();
    let (pins, comparisons) = mpsc::unbounded_channel::<PinComparison>();
    let snapshot = SharedSnapshot::new(Arc::new(snapshot).into());
    let witnesses = Arc::<DeviceWitnesses>::default();
    let intake = Intake::new(snapshot.clone(), witnesses.clone());
    let settler = WalletWorker {
        connector: wallet.connector.clone(),
        wallet: wallet.http.clone(),
        clock: clock.clone(),
        entropy: Box::new(OsEntropy),
        queue: queue.clone(),
    };
    let reach = HouseReach::new(
        ReachPlan {
            listen: plan.network,
            files: plan.certificate.clone(),
            names: plan.names.clone(),
            state_dir: plan.state_dir.clone(),
        },
        &stop,
    );
    let (notices, notices_due) = mpsc::unbounded_channel::<Notice>();
    let teller = NoticeWorker {
        messenger: Arc::new(HouseMessenger {
            entries: plan.notify.iter().map(|one| (one.route.id.clone(), one.clone())).collect(),
            http: Arc::new(HttpMessages::new()?),
            clock: Arc::new(clock.clone()),
            home: plan.home.clone(),
            phrases: phrases.clone(),
            views: views.clone(),
            console: links(plan.links.clone(), &plan.names, console_at, reach.clone()),
        }),
        clock: clock.clone(),
        queue: queue.clone(),
    };
    let routes = plan.notify.iter().map(|entry| entry.route.clone()).collect();
    let vitals = Arc::new(Vitals::default());
    let alive = Arc::new(AtomicU64::new(0));
    let set_up = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let engine = Engine {
        store,
        clock: clock.clone(),
        entropy: Box::new(OsEntropy),
        setting: Setting {
            base: plan.base.clone(),
            phrases: phrases.clone(),
            views: views.clone(),
            vitals: vitals.clone(),
        },
        snapshot: snapshot.clone(),
        bus: bus.clone(),
        wallet_tasks: wallet_tasks.clone(),
        publisher,
        notices,
        pins,
        queue: inputs,
        watchers: watchers.clone(),
        on_household: users_follow(&bus, users.clone(), plan.base.clone()),
        on_alive: still_alive(alive.clone(), began),
    };
    let publishing = PublisherSetting {
        base: plan.base.clone(),
        discovery: plan.discovery.clone(),
        phrases: phrases.clone(),
        views: views.clone(),
        vitals: vitals.clone(),
        watchers: Some(watchers.clone()),
        transient_from: TRANSIENT_ID,
    };
    let watch = clock_watch(&clock, &wallet, witnesses, &vitals, queue.clone());
    let (said, heard_at_pages) = mpsc::channel(SAID_LEN_MAX);
    let api = Api {
        queue: queue.clone(),
        views,
        reader: Arc::new(reader.clone()),
        connector: wallet.connector.clone(),
        wallet: wallet.http.clone(),
        home: Arc::new(plan.home.clone()),
        base: Arc::from(plan.base.as_str()),
        phrases,
        clock: Arc::new(clock.clone()),
        nonce: || OsEntropy.bytes16(),
        log_lines: telemetry::last_lines,
        watchers,
        said,
        setup: Arc::default(),
        reach: Arc::new(ReachHandle(reach.clone())),
        vitals: vitals.clone(),
    };
    let console = Console {
        ready: readiness((alive, began), set_up.clone(), bus.clone(), (queue.clone(), vitals)),
        clock: Arc::new(clock.clone()),
        metrics,
        hurry: wallet_tasks,
        callback_secret: wallet.sandbox.is_some().then(|| Arc::new(secret.to_vec())),
        names: OwnNames::new(&lifecycle::machine_name(), &plan.names),
    };
    let pages = homepay_console::router(Pages {
        api: api.clone(),
        names: console.names.clone(),
        is_plain_allowed: plan.plain_http,
    });
    let pages = console::router(console).merge(pages);
    reach.serves(pages.clone());
    let control = control_socket(&plan.state_dir);
    let control_listener = owner_only(&control)?;
    let own_broker = broker_at.is_some();
    let documents = (Arc::new(HttpDocuments) as Arc<_>, plan.state_dir.clone());
    let tasks = vec![
        tokio::spawn(settler.run(tasks_of_wallet).boxed()),
        tokio::spawn(teller.run(notices_due).boxed()),
        ask_balance(&plan.home, &wallet, clock.clone(), queue.clone()),
        tokio::spawn(watch.run().boxed()),
        tokio::spawn(
            state_loop::run(publishing, clock.clone(), bus.clone(), publisher_tasks).boxed(),
        ),
        tokio::spawn(books_watch::run(api.clone(), plan.store.clone()).boxed()),
        tokio::spawn(price_worker::run(snapshot, clock.clone(), documents, queue.clone()).boxed()),
        tokio::spawn(pin_worker::compare_all(comparisons, queue.clone()).boxed()),
        tokio::spawn(
            intake_loop::run(intake, clock, bus.clone(), (events, heard_at_pages), queue).boxed(),
        ),
        serve(Listening::Tcp(console_listener), pages, CONSOLE_LISTENER, &stop),
        serve(Listening::Unix(control_listener), control::router(api.clone()), CONTROL, &stop),
    ];
    if own_broker {
        say_online(&bus, &plan.base);
    }
    let engine_stop = stop.clone();
    let engine = tokio::spawn(async move { Ok(engine.run(engine_stop).await?) }.boxed());
    let mut running = Running {
        console: console_at,
        broker: broker_at,
        wallet_admin: wallet.sandbox.as_ref().and_then(|s| s.admin),
        control,
        setup_code: None,
        store: plan.store,
        users,
        api,
        reader,
        stop,
        engine,
        tasks,
        bus,
        sandbox: wallet.sandbox,
    };
    running.api.decide(Event::RoutesRead { routes }).await?;
    if let Some(household) = plan.household.filter(|_| is_new) {
        running.apply_first(household).await?;
    }
    if let Some(why) = begun_anew {
        running.api.decide(Event::BooksBegun { why }).await?;
    }
    if running.api.view().book.access.is_open
        && let Err(why) = running.api.reach.follow(true).await
    {
        tracing::warn!(why, "the console is not reached from the home's network");
    }
    running.setup_code = offer_setup(&running.api);
    set_up.store(true, Ordering::Relaxed);
    lifecycle::ready();
    Ok(running)
}

/// A setup code, where no owner can sign in yet.
fn offer_setup(api: &Api) -> Option<String> {
    let is_first = !has_owner(&api.view().book);
    is_first.then(|| api.setup.make((api.nonce)(), false))
}

/// Books that are lost are not begun anew unless the owner says so: all limits would start from
/// zero. Gives why they are begun anew, where they are.
async fn books_to_open(books: &Path, new_books: bool) -> anyhow::Result<Option<String>> {
    match (presence(books).await?, new_books) {
        (BooksPresence::Lost(why), false) => bail!(
            "the books at {} are not what they were: {why}. Put back a backup with `homepay backup \
             restore FILE`, or begin new books with `homepay run --new-books`: all limits then \
             start from zero",
            books.display()
        ),
        (BooksPresence::Lost(why), true) => {
            let kept = put_aside(books, "lost")?;
            let kept = kept.map_or(String::new(), |kept| format!("; kept as {}", kept.display()));
            tracing::warn!(why, "new books are begun{kept}");
            Ok(Some(why))
        }
        (BooksPresence::Whole, true) => bail!(
            "the books at {} are whole: --new-books is for books that are lost. Start without it",
            books.display()
        ),
        (BooksPresence::New | BooksPresence::Whole, _) => Ok(None),
    }
}

impl Running {
    async fn apply_first(&self, household: Household) -> anyhow::Result<()> {
        match self.api.wish(Actor::System, OwnerCommand::Apply(Box::new(household))).await? {
            CommandOutcome::Done(_) | CommandOutcome::Limits(_) | CommandOutcome::Nothing => Ok(()),
            CommandOutcome::Refused { code, why } => {
                bail!("the household: {}: {why}", code.as_str())
            }
        }
    }

    /// Tells the house to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the engine ends, then ends everything else.
    ///
    /// # Errors
    /// When the engine ended for another reason than being told to.
    pub async fn ended(mut self) -> anyhow::Result<()> {
        let ended = (&mut self.engine).await.context("the engine's task died")?;
        lifecycle::stopping();
        self.stop.cancel();
        if let Bus::Embedded(broker) = &*self.bus {
            // Kept, so that whoever asks before the hub is back reads how it stands.
            let last = broker.say_last(own_state(&self.api.base, "offline"));
            let _ = tokio::time::timeout(APP_STOP_WAIT, last).await;
        }
        let _ = tokio::time::timeout(APP_STOP_WAIT, self.bus.stop()).await;
        for task in &self.tasks {
            task.abort();
        }
        if let Some(sandbox) = self.sandbox.take() {
            let _ = tokio::time::timeout(APP_STOP_WAIT, sandbox.stop()).await;
        }
        self.reader.close().await;
        let closed = match ended {
            // Nobody reads any more: the log goes into the file, which is whole by itself then.
            Ok(store) => store.close().await.context("the books could not be closed"),
            Err(error) => Err(error),
        };
        // The socket's file would otherwise look like a daemon that does not answer.
        let _ = std::fs::remove_file(&self.control);
        closed
    }
}

fn still_alive(alive: Arc<AtomicU64>, began: Instant) -> homepay_engine::event_loop::OnAlive {
    Box::new(move || {
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        alive.store(ms.max(1), Ordering::Relaxed);
        lifecycle::alive();
    })
}

/// Up is who answers; ready is who also has the household that it was started with.
fn readiness(
    (alive, began): (Arc<AtomicU64>, Instant),
    set_up: Arc<AtomicBool>,
    bus: Arc<Bus>,
    (queue, vitals): (mpsc::Sender<Input>, Arc<Vitals>),
) -> Arc<dyn Fn() -> Readiness + Send + Sync> {
    Arc::new(move || {
        let last = Duration::from_millis(alive.load(Ordering::Relaxed));
        let fresh = !last.is_zero() && began.elapsed().saturating_sub(last) <= STORE_FRESH;
        let store = fresh && vitals.commits() && set_up.load(Ordering::Relaxed);
        Readiness { store, broker: bus.listens(), queue: queue.capacity() > 0 }
    })
}

/// A socket that only the owner of the files may speak to. What a killed daemon left is removed;
/// a living one keeps its books locked, so that we would not be here.
fn owner_only(path: &Path) -> anyhow::Result<UnixListener> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)
        .with_context(|| format!("the control socket {} cannot be made", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn serve(
    listening: Listening,
    router: axum::Router,
    (name, lines_max): (&'static str, usize),
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let bounds = ListenerBounds { name, lines_max, head_wait: HEAD_WAIT };
    let service = TowerToHyperService::new(router);
    let serving = http_server::serve(listening, bounds, service, stop.clone(), TaskTracker::new());
    tokio::spawn(serving.boxed())
}
