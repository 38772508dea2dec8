//! The sandbox wallet: a real server of `homepay-wallet-v1` with a double-entry book in a file of
//! its own. It is as strict as the real thing, fails on demand, and shows its whole ledger.
//!
//! `door` authenticates and signs, `calls` reads, `turn` makes one transaction of a call with its
//! idempotency key, `payments`, `funds` and `views` do and show, `book` posts entries that sum to
//! zero.

mod admin;
mod book;
mod call_context;
mod callbacks;
mod calls;
mod faults;
mod funds;
mod nonces;
pub mod openapi;
mod payments;
mod problem;
mod server;
mod till;
mod views;

pub use faults::FaultKind;
pub use nonces::NonceCache;

use anyhow::Context as _;
use futures_util::FutureExt;
use homepay_domain::money::{Currency, Minor};
use homepay_io::http_server::{ListenerBounds, Listening, serve};
use homepay_ports::Clock;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use till::Till;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Nonces that are remembered at once.
const NONCES_MAX: usize = 1 << 20;
/// Connections at a time of each listener.
const SANDBOX_CONNECTIONS_MAX: usize = 256;
/// The shortest key, in bytes.
const KEY_BYTES_MIN: usize = 16;
/// How long an idle connection is kept; longer than the hub keeps it.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long stopping waits for calls that are being answered.
const SANDBOX_STOP_WAIT: Duration = Duration::from_secs(5);
/// How long a caller of a callback may take to answer.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(5);

/// How to start a sandbox wallet.
pub struct SandboxOptions {
    /// Where the signed calls are served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the admin calls are served; loopback only.
    pub admin: Option<SocketAddr>,
    pub db: PathBuf,
    pub account: String,
    pub currency: Currency,
    /// Credited once, when the book is new.
    pub balance: Minor,
    /// The name of both keys.
    pub key_id: String,
    pub request_key: Vec<u8>,
    pub response_key: Vec<u8>,
    /// Where payment changes are told, and the secret that signs them.
    pub callback: Option<(String, Vec<u8>)>,
    /// What time it is: in the hub's process the hub's own time, or it would not know its own wallet
    /// again while the machine's clock is wrong.
    pub clock: Arc<dyn Clock>,
    /// False trades the safety of the file for speed, in tests.
    pub durable: bool,
}

/// A sandbox wallet that serves.
pub struct SandboxWallet {
    /// Where the signed calls are served.
    pub address: SocketAddr,
    /// Where the admin calls are served.
    pub admin: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: TaskTracker,
    till: Arc<Till>,
}

/// Opens the book, binds and serves in tasks.
///
/// # Errors
/// When the options contradict themselves, the file is another account's, or a port is taken.
pub async fn start(options: SandboxOptions) -> anyhow::Result<SandboxWallet> {
    check(&options)?;
    let pool = book::open(&options.db, options.durable).await?;
    book::begin(
        &pool,
        &options.account,
        options.currency.code(),
        options.balance,
        options.clock.now(),
    )
    .await?;
    let listener = bind(options.listen).await?;
    let address = listener.local_addr()?;
    let admin_listener = match options.admin {
        Some(admin) => Some(bind(admin).await?),
        None => None,
    };
    let admin = admin_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let (callbacks, events) = match &options.callback {
        Some(_) => {
            let (callbacks, events) = callbacks::Callbacks::new();
            (Some(callbacks), Some(events))
        }
        None => (None, None),
    };
    let till = Arc::new(Till {
        account: options.account,
        currency: options.currency,
        key_id: options.key_id,
        request_key: options.request_key,
        response_key: options.response_key,
        pool,
        faults: faults::Faults::default(),
        nonces: Mutex::new(NonceCache::new(NONCES_MAX)),
        callbacks,
        clock: options.clock,
        in_flight: Mutex::default(),
    });
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    if let (Some(target), Some(events)) = (options.callback, events) {
        let client = homepay_io::http::client(target.0.starts_with("https:"), CALLBACK_TIMEOUT)?;
        let sending = callbacks::send_all(till.clone(), events, target, client, stop.clone());
        tasks.spawn(sending.boxed());
    }
    let bounds =
        ListenerBounds { name: "wallet", lines_max: SANDBOX_CONNECTIONS_MAX, head_wait: IDLE_MAX };
    let door = {
        let till = till.clone();
        // A fault that drops a connection ends in an error: hyper closes the socket without having
        // written a byte of an answer.
        hyper::service::service_fn(move |request| server::serve(till.clone(), request))
    };
    let serving = serve(Listening::Tcp(listener), bounds, door, stop.clone(), tasks.clone());
    tasks.spawn(serving.boxed());
    if let Some(listener) = admin_listener {
        let admin = TowerToHyperService::new(admin::routes(till.clone()));
        let bounds = ListenerBounds { name: "wallet_admin", ..bounds };
        let serving = serve(Listening::Tcp(listener), bounds, admin, stop.clone(), tasks.clone());
        tasks.spawn(serving.boxed());
    }
    Ok(SandboxWallet { address, admin, stop, tasks, till })
}

impl SandboxWallet {
    /// Ends: no new connections, calls in hand are answered, the book is closed.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(SANDBOX_STOP_WAIT, self.tasks.wait()).await;
        self.till.pool.close().await;
    }
}

fn check(options: &SandboxOptions) -> anyhow::Result<()> {
    if let Some(admin) = options.admin {
        anyhow::ensure!(admin.ip().is_loopback(), "the admin listener is for loopback only");
    }
    for key in [&options.request_key, &options.response_key] {
        anyhow::ensure!(key.len() >= KEY_BYTES_MIN, "a key has {KEY_BYTES_MIN} bytes or more");
    }
    anyhow::ensure!(
        options.request_key != options.response_key,
        "request key and response key must differ: a request could be shown as its own answer"
    );
    anyhow::ensure!(options.balance >= Minor::ZERO, "the starting balance is zero or more");
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

fn instant(at_ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at_ms);
    stamp.unwrap_or(jiff::Timestamp::MAX).to_string()
}
