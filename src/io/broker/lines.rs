//! Connections: accepted, bounded in number, and closed when they must be.
//!
//! `mqtt5` shakes hands for TLS inside its accept loop, without a time limit, so that a few
//! silent sockets keep every new client out; here each handshake has its own task and time. Each
//! connection's task also knows its [`Line`], through which the publish hook, called in that
//! task, can cut it.

use super::BrokerTls;
use super::house::{BrokerFault, House};
use crate::ports::Message;
use futures_util::FutureExt;
use mqtt5::broker::tls_acceptor::TlsStreamWrapper;
use mqtt5::broker::transport::BrokerTransport;
use rumqttc::tokio_rustls::TlsAcceptor;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at a time, with those that have said nothing yet.
const LINES_MAX: usize = 1024;
/// The longest a TLS handshake may take.
const TLS_WAIT: Duration = Duration::from_secs(5);
/// The wait after an accept that failed, e.g. for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Shakes hands for TLS.
pub(crate) type Acceptor = TlsAcceptor;

tokio::task_local! {
    static CURRENT: Arc<Line>;
}

/// One connection, seen from beside it.
pub(crate) struct Line {
    /// A second handle of the socket: shutting it down ends the connection from outside.
    socket: std::net::TcpStream,
    state: Mutex<LineState>,
}

#[derive(Default)]
struct LineState {
    user: Option<String>,
    will: Option<Message>,
}

impl Line {
    fn close(&self) {
        // Fails only when it is closed already.
        let _closed = self.socket.shutdown(Shutdown::Both);
    }

    fn state(&self) -> MutexGuard<'_, LineState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes who the current connection's user is.
pub(crate) fn name_current(user: &str) {
    let _outside = CURRENT.try_with(|line| line.state().user = Some(user.to_owned()));
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

/// All connections.
pub(crate) struct Lines {
    house: Arc<House>,
    open: Mutex<HashMap<u64, Arc<Line>>>,
    next: AtomicU64,
    room: Arc<Semaphore>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Lines {
    pub(crate) fn new(house: Arc<House>, closing: CancellationToken, tasks: TaskTracker) -> Lines {
        Lines {
            house,
            open: Mutex::default(),
            next: AtomicU64::new(0),
            room: Arc::new(Semaphore::new(LINES_MAX)),
            closing,
            tasks,
        }
    }

    /// Accepts for ever.
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
            let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
                metrics::counter!("homepay_broker_refused_total", "what" => "connection")
                    .increment(1);
                continue;
            };
            let (lines, acceptor) = (Arc::clone(&self), acceptor.clone());
            let line = async move {
                if let Err(error) = lines.serve(stream, peer, acceptor).await {
                    tracing::debug!(%peer, %error, "a connection did not come about");
                }
                drop(room);
            };
            self.tasks.spawn(line.boxed());
        }
    }

    async fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        acceptor: Option<Acceptor>,
    ) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
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
        let line = Arc::new(Line { socket, state: Mutex::default() });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open().insert(number, Arc::clone(&line));
        CURRENT.scope(line, Box::pin(self.house.serve(transport, peer))).await;
        self.open().remove(&number);
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Line>>> {
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
