//! HTTP listeners that silent and slow clients cannot take for themselves: every wait has an end, and
//! beyond a number of connections the one that asks for nothing longest makes room.

use futures_util::FutureExt;
use homepay_ports::{LocalAddress, LocalUser, OverTls, PeerAddress};
use hyper::body::{Body, Incoming};
use hyper::http::Extensions;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take for a request's head; and how long a connection is kept without one.
pub const HEAD_WAIT: Duration = Duration::from_secs(10);

/// The first byte of a TLS handshake, which no request's line begins with.
const TLS_HANDSHAKE: u8 = 0x16;

/// The wait after an accept that failed, e.g. for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Where a listener listens.
pub enum Listening {
    /// On a TCP port.
    Tcp(TcpListener),
    /// On a TCP port, for TLS and for those who do not know yet that it is TLS.
    Network(TcpListener, TlsAcceptor),
    /// On a socket in the file system.
    Unix(UnixListener),
}

/// What bounds a listener.
#[derive(Clone, Copy, Debug)]
pub struct ListenerBounds {
    /// Its name, in figures.
    pub name: &'static str,
    /// Connections at a time.
    pub lines_max: usize,
    /// How long a connection is kept without a request's head.
    pub head_wait: Duration,
}

/// A connection as its listener sees it.
struct HttpConnection {
    /// A request of it is being answered.
    is_busy: AtomicBool,
    end: CancellationToken,
}

#[derive(Default)]
struct HttpConnections {
    open: Mutex<BTreeMap<u64, Arc<HttpConnection>>>,
    next: AtomicU64,
}

impl HttpConnections {
    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<HttpConnection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more connection; none where all are being answered.
    fn admit(&self, bounds: ListenerBounds) -> Option<(u64, Arc<HttpConnection>)> {
        let mut open = self.open();
        let living = open.values().filter(|line| !line.end.is_cancelled());
        if living.count() >= bounds.lines_max {
            let refused =
                metrics::counter!("homepay_http_refused_total", "listener" => bounds.name);
            refused.increment(1);
            let is_idle = |line: &&Arc<HttpConnection>| {
                !line.is_busy.load(Ordering::Relaxed) && !line.end.is_cancelled()
            };
            open.values().find(is_idle)?.end.cancel();
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let line = Arc::new(HttpConnection {
            is_busy: AtomicBool::new(false),
            end: CancellationToken::new(),
        });
        open.insert(number, line.clone());
        Some((number, line))
    }
}

/// Serves until told to stop; what is being answered then is answered. Connections are tasks of the
/// tracker's.
pub async fn serve<S, B>(
    listening: Listening,
    bounds: ListenerBounds,
    service: S,
    stop: CancellationToken,
    tasks: TaskTracker,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let lines = Arc::new(HttpConnections::default());
    loop {
        match &listening {
            Listening::Tcp(listener) => {
                let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else {
                    return;
                };
                let Some((stream, _)) = taken(accepted, bounds).await else { continue };
                let opening = std::future::ready(Some((addresses(&stream), stream)));
                begin(opening, &lines, bounds, &service, &stop, &tasks);
            }
            Listening::Network(listener, acceptor) => {
                let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else {
                    return;
                };
                let Some((stream, _)) = taken(accepted, bounds).await else { continue };
                let opening = opened(stream, acceptor.clone());
                begin(opening, &lines, bounds, &service, &stop, &tasks);
            }
            Listening::Unix(listener) => {
                let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else {
                    return;
                };
                let Some((stream, _)) = taken(accepted, bounds).await else { continue };
                let mut from = Extensions::new();
                if let Ok(peer) = stream.peer_cred() {
                    from.insert(LocalUser(peer.uid()));
                }
                let opening = std::future::ready(Some((from, stream)));
                begin(opening, &lines, bounds, &service, &stop, &tasks);
            }
        }
    }
}

/// What a request is told of the connection that it came by.
fn addresses(stream: &TcpStream) -> Extensions {
    let _ = stream.set_nodelay(true);
    let mut from = Extensions::new();
    if let Ok(at) = stream.local_addr() {
        from.insert(LocalAddress(at.ip().to_canonical()));
    }
    if let Ok(peer) = stream.peer_addr() {
        from.insert(PeerAddress(peer.ip().to_canonical()));
    }
    from
}

/// Shakes hands where the client wants TLS; else its requests come as they are.
async fn opened(
    stream: TcpStream,
    acceptor: TlsAcceptor,
) -> Option<(Extensions, Either<TcpStream, tokio_rustls::server::TlsStream<TcpStream>>)> {
    let mut from = addresses(&stream);
    let mut first = [0];
    let count = stream.peek(&mut first).await.ok()?;
    if count == 0 || first != [TLS_HANDSHAKE] {
        return Some((from, Either::Left(stream)));
    }
    let shaken = acceptor.accept(stream).await;
    let shaken = shaken.inspect_err(|error| tracing::debug!(%error, "a TLS handshake failed"));
    from.insert(OverTls);
    Some((from, Either::Right(shaken.ok()?)))
}

async fn taken<T>(accepted: std::io::Result<T>, bounds: ListenerBounds) -> Option<T> {
    match accepted {
        Ok(taken) => Some(taken),
        Err(error) => {
            tracing::warn!(%error, listener = bounds.name, "a connection cannot be taken");
            tokio::time::sleep(ACCEPT_REST).await;
            None
        }
    }
}

fn begin<T, S, B>(
    opening: impl Future<Output = Option<(Extensions, T)>> + Send + 'static,
    lines: &Arc<HttpConnections>,
    bounds: ListenerBounds,
    service: &S,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Some((number, line)) = lines.admit(bounds) else { return };
    let (lines, service, stop) = (lines.clone(), service.clone(), stop.clone());
    let answered = line.clone();
    let task = async move {
        let opened = tokio::time::timeout(bounds.head_wait, opening);
        let opened = line.end.run_until_cancelled(stop.run_until_cancelled(opened)).await;
        let Some(Some(Ok(Some((from, stream))))) = opened else {
            lines.open().remove(&number);
            return;
        };
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().extend(from.clone());
            let (line, answer) = (answered.clone(), service.call(request));
            async move {
                line.is_busy.store(true, Ordering::Relaxed);
                let answer = answer.await;
                line.is_busy.store(false, Ordering::Relaxed);
                answer
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.head_wait)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = line.end.cancelled() => Ok(()),
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, listener = bounds.name, "a connection ended");
        }
        lines.open().remove(&number);
    };
    tasks.spawn(task.boxed());
}
