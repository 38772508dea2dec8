//! Connections: accepted, bounded in number, and closed when they must be.
//!
//! `mqtt5` shakes hands for TLS inside its accept loop, without a time limit, so that a few
//! silent sockets keep every new client out; here each handshake has its own task and time. Each
//! connection's task also knows its [`Connection`], through which the publish hook, called in that
//! task, can cut it.

use super::BrokerTls;
use super::mqtt5_broker::{BrokerFault, Mqtt5Broker};
use futures_util::FutureExt;
use homepay_ports::Message;
use mqtt5::broker::tls_acceptor::TlsStreamWrapper;
use mqtt5::broker::transport::BrokerTransport;
use rumqttc::tokio_rustls::TlsAcceptor;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::BTreeMap;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at a time, with those that have said nothing yet.
const CONNECTIONS_MAX: usize = 1024;
/// Of those, connections of one address.
const LINES_OF_ADDRESS_MAX: usize = 512;
/// Connections of one user.
const LINES_OF_USER_MAX: usize = 16;
/// Connections that have not logged in yet; one more takes the place of the oldest.
const HALF_OPEN_MAX: usize = 128;
/// Of those, connections of one address.
const HALF_OPEN_OF_ADDRESS_MAX: usize = 32;
/// The longest a TLS handshake may take.
const TLS_WAIT: Duration = Duration::from_secs(5);
/// The wait after an accept that failed, e.g. for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Shakes hands for TLS.
pub(crate) type Acceptor = TlsAcceptor;

tokio::task_local! {
    static CURRENT: Arc<Connection>;
}

/// One connection, seen from beside it.
pub(crate) struct Connection {
    peer: IpAddr,
    all: Weak<Connections>,
    /// A second handle of the socket: shutting it down ends the connection from outside.
    socket: std::net::TcpStream,
    state: Mutex<ConnectionState>,
}

#[derive(Default)]
struct ConnectionState {
    user: Option<String>,
    /// Its user's password was right.
    is_admitted: bool,
    is_closed: bool,
    will: Option<Message>,
}

impl Connection {
    /// Not logged in, and not told to go.
    fn is_half_open(&self) -> bool {
        let state = self.state();
        !state.is_admitted && !state.is_closed
    }

    fn close(&self) {
        self.state().is_closed = true;
        // Fails only when it is closed already.
        let _closed = self.socket.shutdown(Shutdown::Both);
    }

    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes who the current connection's user is.
pub(crate) fn name_current(user: &str) {
    let _outside = CURRENT.try_with(|line| line.state().user = Some(user.to_owned()));
}

/// Notes that the current connection's user proved to be who they say.
pub(crate) fn admitted() {
    let _outside = CURRENT.try_with(|line| line.state().is_admitted = true);
}

/// Whether a user may have one more connection; the current one counts already.
pub(crate) fn has_room_for(user: &str) -> bool {
    let lines = CURRENT.try_with(|line| line.all.upgrade()).ok().flatten();
    let is_of = |line: &Arc<Connection>| {
        let state = line.state();
        state.is_admitted && state.user.as_deref() == Some(user)
    };
    lines.is_none_or(|l| l.open().values().filter(|line| is_of(line)).count() <= LINES_OF_USER_MAX)
}

/// Keeps the current connection's last will.
pub(crate) fn keep_current_will(will: Message) {
    let _outside = CURRENT.try_with(|line| line.state().will = Some(will));
}

/// Takes it back, with the user whose it is.
pub(crate) fn take_current_will() -> Option<(String, Message)> {
    let taken = CURRENT.try_with(|line| {
        let mut state = line.state();
        state.user.clone().zip(state.will.take())
    });
    taken.ok().flatten()
}

/// Cuts the current connection.
pub(crate) fn close_current() {
    let _outside = CURRENT.try_with(|line| line.close());
}

pub(crate) struct Connections {
    house: Arc<Mqtt5Broker>,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
    next: AtomicU64,
    room: Arc<Semaphore>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Connections {
    pub(crate) fn new(
        house: Arc<Mqtt5Broker>,
        closing: CancellationToken,
        tasks: TaskTracker,
    ) -> Connections {
        Connections {
            house,
            open: Mutex::default(),
            next: AtomicU64::new(0),
            room: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            closing,
            tasks,
        }
    }

    pub(crate) async fn accept_plain(self: Arc<Self>, listener: TcpListener) {
        self.accept(listener, None).await;
    }

    /// Accepts for ever, over TLS.
    pub(crate) async fn accept_tls(self: Arc<Self>, listener: TcpListener, acceptor: Acceptor) {
        self.accept(listener, Some(acceptor)).await;
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, acceptor: Option<Acceptor>) {
        loop {
            let Ok((stream, peer)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            };
            let room = Arc::clone(&self.room).try_acquire_owned();
            let room = room.ok().filter(|_| self.makes_room_for(peer.ip()));
            let Some(room) = room else {
                metrics::counter!("homepay_broker_refused_total", "what" => "connection")
                    .increment(1);
                continue;
            };
            // Known from now on: the next one counts it, whatever its own task does meanwhile.
            let Ok((number, line)) = self.admit(&stream, peer.ip()) else { continue };
            let (lines, acceptor) = (Arc::clone(&self), acceptor.clone());
            let task = async move {
                if let Err(error) = lines.serve(line, stream, peer, acceptor).await {
                    tracing::debug!(%peer, %error, "a connection did not come about");
                }
                lines.open().remove(&number);
                drop(room);
            };
            self.tasks.spawn(task.boxed());
        }
    }

    fn admit(
        self: &Arc<Self>,
        stream: &TcpStream,
        peer: IpAddr,
    ) -> std::io::Result<(u64, Arc<Connection>)> {
        stream.set_nodelay(true)?;
        let socket = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
        let (all, state) = (Arc::downgrade(self), Mutex::default());
        let line = Arc::new(Connection { peer, all, socket, state });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open().insert(number, Arc::clone(&line));
        Ok((number, line))
    }

    /// Whether an address may have one more connection. Of those that have not logged in the oldest
    /// goes: whoever means it logs in at once.
    fn makes_room_for(&self, address: IpAddr) -> bool {
        let open = self.open();
        if open.values().filter(|line| line.peer == address).count() >= LINES_OF_ADDRESS_MAX {
            return false;
        }
        let half: Vec<&Arc<Connection>> =
            open.values().filter(|line| line.is_half_open()).collect();
        let of_address: Vec<&&Arc<Connection>> =
            half.iter().filter(|line| line.peer == address).collect();
        let oldest = match (of_address.first(), half.first()) {
            (Some(line), _) if of_address.len() >= HALF_OPEN_OF_ADDRESS_MAX => Some(*line),
            (_, Some(line)) if half.len() >= HALF_OPEN_MAX => Some(line),
            _ => None,
        };
        if let Some(line) = oldest {
            metrics::counter!("homepay_broker_refused_total", "what" => "half_open").increment(1);
            line.close();
        }
        true
    }

    async fn serve(
        &self,
        line: Arc<Connection>,
        stream: TcpStream,
        peer: SocketAddr,
        acceptor: Option<Acceptor>,
    ) -> std::io::Result<()> {
        let transport = match acceptor {
            None => BrokerTransport::tcp(stream),
            Some(acceptor) => {
                let shaken = tokio::time::timeout(TLS_WAIT, acceptor.accept(stream));
                let Some(shaken) = self.closing.run_until_cancelled(shaken).await else {
                    return Ok(());
                };
                BrokerTransport::tls(TlsStreamWrapper::new(shaken??))
            }
        };
        CURRENT.scope(line, Box::pin(self.house.serve(transport, peer))).await;
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections of some users.
    pub(crate) fn close_where(&self, of: impl Fn(Option<&str>) -> bool) {
        for line in self.open().values() {
            if of(line.state().user.as_deref()) {
                line.close();
            }
        }
    }
}

/// Reads certificate and key; ring does the arithmetic whatever the process default is.
pub(crate) fn acceptor(tls: &BrokerTls) -> Result<Acceptor, BrokerFault> {
    let fault = |what: &dyn std::fmt::Display| BrokerFault::Tls(what.to_string());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&tls.cert_file)
        .and_then(Iterator::collect)
        .map_err(|e| fault(&format!("{}: {e}", tls.cert_file.display())))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .map_err(|e| fault(&format!("{}: {e}", tls.key_file.display())))?;
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|e| fault(&e))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
