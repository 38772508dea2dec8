//! The console's listener in the home's network: opened and closed while the hub runs, with the owner's
//! certificate or the home's own.

use super::private_files::write_private;
use super::{CONSOLE_LISTENER, serve};
use crate::lifecycle;
use anyhow::Context;
use axum::Router;
use futures_util::FutureExt;
use homepay_api::hosts::HOME_NAMES;
use homepay_api::reach::{ConsoleReach, ReachView};
use homepay_io::certificate::{Served, ShownCertificate, acceptor};
use homepay_io::home_ca::HomeCa;
use homepay_io::http_server::Listening;
use homepay_io::multicast::{Announced, own_addresses};
use homepay_io::system_clock::SystemClock;
use homepay_ports::{BoxFuture, Clock};
use jiff::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether another certificate is to be shown.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);

/// How long a certificate of the home's own is shown before a new one is made.
const CERTIFICATE_SHOWN: Duration = Duration::from_secs(30 * 86_400);

/// Folder of the home's certificate authority, in the state folder.
const CA_FOLDER: &str = "console-ca";

/// Certificates are good by the machine's clock, as those who look at them have one of their own.
fn wall() -> Timestamp {
    Timestamp::from_millisecond(SystemClock.now().0).unwrap_or_default()
}

/// What the configuration says of the way into the home's network.
#[derive(Clone, Debug)]
pub struct ReachPlan {
    /// Where it listens once it is opened.
    pub listen: SocketAddr,
    /// Certificate and key of the owner's, as PEM files; else the home has its own.
    pub files: Option<(PathBuf, PathBuf)>,
    /// Names beside those that every home has.
    pub names: Vec<String>,
    pub state_dir: PathBuf,
}

/// The console's way into the home's network.
pub struct HouseReach {
    plan: ReachPlan,
    router: OnceLock<Router>,
    shown: Arc<ShownCertificate>,
    ca: OnceLock<HomeCa>,
    open: Mutex<Option<OpenReach>>,
    stop: CancellationToken,
}

/// A listener that is open; dropping it ends the announcement.
struct OpenReach {
    end: CancellationToken,
    view: ReachView,
    _announced: Option<Announced>,
}

impl HouseReach {
    pub fn new(plan: ReachPlan, stop: &CancellationToken) -> Arc<HouseReach> {
        Arc::new(HouseReach {
            plan,
            router: OnceLock::new(),
            shown: Arc::default(),
            ca: OnceLock::new(),
            open: Mutex::default(),
            stop: stop.child_token(),
        })
    }

    /// What is served there, as soon as there is something.
    pub fn serves(&self, router: Router) {
        let _ = self.router.set(router);
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = HOME_NAMES.iter().map(|name| (*name).to_owned()).collect();
        let machine = lifecycle::machine_name().to_ascii_lowercase();
        let own = (!machine.is_empty()).then(|| format!("{machine}.local"));
        names.extend(own);
        names.extend(self.plan.names.iter().map(|name| name.to_ascii_lowercase()));
        names.sort();
        names.dedup();
        names
    }

    /// The home's authority: as it was kept, or made.
    fn ca(&self) -> anyhow::Result<&HomeCa> {
        if let Some(ca) = self.ca.get() {
            return Ok(ca);
        }
        let folder = self.plan.state_dir.join(CA_FOLDER);
        let (certificate, key) = (folder.join("ca.pem"), folder.join("ca.key"));
        let ca = if key.exists() {
            let read = |file: &Path| {
                std::fs::read_to_string(file)
                    .with_context(|| format!("{} cannot be read", file.display()))
            };
            HomeCa::read(read(&certificate)?, read(&key)?)?
        } else {
            std::fs::create_dir_all(&folder)?;
            let ca = HomeCa::make(&self.names(), wall())?;
            write_private(&certificate, ca.certificate.as_bytes())?;
            write_private(&key, ca.key_pem().as_bytes())?;
            ca
        };
        Ok(self.ca.get_or_init(|| ca))
    }

    /// Shows the owner's certificate, or a new one of the home's own.
    fn renew(&self) -> anyhow::Result<()> {
        let served = match &self.plan.files {
            Some((certificate, key)) => {
                Served::read(certificate, key).map_err(|why| anyhow::anyhow!("console.{why}"))?
            }
            None => self.ca()?.certify(&self.names(), wall())?,
        };
        self.shown.show(served);
        Ok(())
    }

    async fn listen(self: Arc<Self>) -> anyhow::Result<OpenReach> {
        self.renew()?;
        let listen = self.plan.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("console.network_listen = \"{listen}\" cannot be bound: is it taken?")
        })?;
        let port = listener.local_addr()?.port();
        let router = self.router.get().context("the hub is starting")?.clone();
        let end = self.stop.child_token();
        let serving = Listening::Network(listener, acceptor(self.shown.clone())?);
        drop(serve(serving, router, CONSOLE_LISTENER, &end));
        drop(tokio::spawn(self.clone().keep_current(end.clone()).boxed()));
        let announced = if listen.ip().is_loopback() {
            None
        } else {
            let begun = Announced::begin(HOME_NAMES[0], port);
            let told = begun.inspect_err(|why| {
                tracing::warn!(why, "the network is not told the name {}", HOME_NAMES[0]);
            });
            told.ok()
        };
        Ok(OpenReach { end, view: self.view(port)?, _announced: announced })
    }

    fn view(&self, port: u16) -> anyhow::Result<ReachView> {
        let named: Vec<&str> = match (&self.plan.files, self.plan.names.as_slice()) {
            (Some(_), [first, ..]) => vec![first],
            _ => HOME_NAMES.to_vec(),
        };
        let listen = self.plan.listen.ip();
        let at = if listen.is_unspecified() { own_addresses() } else { vec![listen] };
        let shown = |address: &IpAddr| format!("http://{}/trust", SocketAddr::new(*address, port));
        let fingerprint = match self.plan.files {
            Some(_) => None,
            None => Some(self.ca()?.fingerprint()),
        };
        Ok(ReachView {
            open: true,
            addresses: named.iter().map(|name| format!("https://{name}:{port}/")).collect(),
            trust: at.iter().map(shown).collect(),
            fingerprint,
        })
    }

    /// Follows the owner's files when they change, and makes the home's own anew in time.
    async fn keep_current(self: Arc<Self>, end: CancellationToken) {
        let changed = |files: &Option<(PathBuf, PathBuf)>| -> Option<SystemTime> {
            std::fs::metadata(&files.as_ref()?.0).ok()?.modified().ok()
        };
        let (mut seen, mut since) = (changed(&self.plan.files), tokio::time::Instant::now());
        while end.run_until_cancelled(tokio::time::sleep(CERTIFICATE_LOOK)).await.is_some() {
            let now = changed(&self.plan.files);
            let is_due = match self.plan.files {
                Some(_) => now != seen,
                None => since.elapsed() >= CERTIFICATE_SHOWN,
            };
            if !is_due {
                continue;
            }
            match self.renew() {
                Ok(()) => (seen, since) = (now, tokio::time::Instant::now()),
                Err(error) => tracing::warn!(
                    error = format!("{error:#}"),
                    "the console goes on with the certificate that it has"
                ),
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<OpenReach>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle that the API has.
pub struct ReachHandle(pub Arc<HouseReach>);

impl ConsoleReach for ReachHandle {
    fn follow(&self, is_open: bool) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let reach = &self.0;
            if !is_open {
                if let Some(open) = reach.state().take() {
                    open.end.cancel();
                }
                return Ok(());
            }
            if reach.state().is_some() {
                return Ok(());
            }
            let opened = reach.clone().listen().await.map_err(|error| format!("{error:#}"))?;
            *reach.state() = Some(opened);
            Ok(())
        }
        .boxed()
    }

    fn stands(&self) -> ReachView {
        self.0.state().as_ref().map(|open| open.view.clone()).unwrap_or_default()
    }

    fn authority(&self) -> Option<String> {
        let is_own = self.0.plan.files.is_none();
        let is_open = self.0.state().is_some();
        (is_own && is_open).then(|| self.0.ca.get().map(|ca| ca.certificate.clone())).flatten()
    }
}
