//! The broker in this process: `mqtt5` behind our own door.
//!
//! Its publish hook holds the PUBACK of every message for the hub until the engine's turn has
//! committed ([`hold`]); users and topics are checked by [`gate`]; connections are accepted by
//! [`lines`], not by the library, whose TLS accept can be stopped by silent sockets. No type of
//! the library is seen outside this room.

mod authorizer;
mod connections;
mod mqtt5_broker;
mod publish_hook;
mod retained;
mod sessions;
mod users;

pub use mqtt5_broker::BrokerFault;
pub use users::{User, Users, Verifier, VerifierError};

use crate::bus::unpublishable;
use arc_swap::ArcSwap;
use connections::Connections;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use homepay_ports::{AckTicket, Claim, LinkEvent, OutId, Publication};
use mqtt5_broker::Mqtt5Broker;
use publish_hook::PublishHook;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Publications that may wait to be routed; the caller's outbox keeps the rest.
const OUTGOING_LEN_MAX: usize = 4096;
/// How long a stop waits for connections to end.
const BROKER_STOP_WAIT: Duration = Duration::from_secs(3);
/// How long a last publication has to reach those who listen.
const FAREWELL_REST: Duration = Duration::from_millis(200);
/// How long it waits for those that had to be cut.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// Where to listen and what to keep.
#[derive(Clone, Debug)]
pub struct BrokerOptions {
    /// The plain listener; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A TLS listener beside it.
    pub tls: Option<BrokerTls>,
    /// Where sessions and retained messages live; without it they end with the process.
    pub state_dir: Option<PathBuf>,
    /// The topics the hub hears, as filters.
    pub subscriptions: Vec<String>,
    /// Topics, as filters, whose messages are of their moment only: one that its sender asks to be
    /// kept is told as a kept one at once. On all others it is told as it comes, like anywhere.
    pub momentary: Vec<String>,
    /// Events that may wait for the engine.
    pub queue_len_max: usize,
}

#[derive(Clone, Debug)]
pub struct BrokerTls {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate chain shown to clients.
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

pub struct EmbeddedBroker {
    /// Where the plain listener is.
    pub address: SocketAddr,
    /// Where the TLS listener is.
    pub tls_address: Option<SocketAddr>,
    users: Arc<ArcSwap<Users>>,
    lines: Arc<Connections>,
    hold: Arc<PublishHook>,
    house: Arc<Mqtt5Broker>,
    out: mpsc::Sender<(OutId, Publication)>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl EmbeddedBroker {
    /// Binds, loads what was kept, and begins. The first events are `Up` and the retained
    /// messages on the subscribed topics; only then are connections taken.
    ///
    /// # Errors
    /// [`BrokerFault`] when an address, the state folder or a certificate cannot be used.
    pub async fn start(
        options: BrokerOptions,
        users: Users,
    ) -> Result<(EmbeddedBroker, mpsc::Receiver<LinkEvent>), BrokerFault> {
        let tls = options.tls.as_ref().map(connections::acceptor).transpose()?;
        let plain_listener = bind(options.listen).await?;
        let tls_listener = match &options.tls {
            Some(tls) => Some(bind(tls.listen).await?),
            None => None,
        };
        let address = plain_listener.local_addr()?;
        let tls_address = tls_listener.as_ref().map(TcpListener::local_addr).transpose()?;

        let users = Arc::new(ArcSwap::from_pointee(users));
        let closing = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (events, receiver) = mpsc::channel(options.queue_len_max.max(1));
        let (out, outgoing) = mpsc::channel(OUTGOING_LEN_MAX);
        let hold = Arc::new(PublishHook::new(
            events,
            options.momentary,
            Arc::clone(&users),
            closing.clone(),
        ));
        let house = Mqtt5Broker::build(options.state_dir.as_deref(), &users, &hold).await?;
        let house = Arc::new(house);
        let lines = Arc::new(Connections::new(Arc::clone(&house), closing.clone(), tasks.clone()));
        let broker =
            EmbeddedBroker { address, tls_address, users, lines, hold, house, out, closing, tasks };
        broker.open(options.subscriptions, plain_listener, tls_listener.zip(tls), outgoing);
        Ok((broker, receiver))
    }

    fn open(
        &self,
        subscriptions: Vec<String>,
        plain: TcpListener,
        tls: Option<(TcpListener, connections::Acceptor)>,
        outgoing: mpsc::Receiver<(OutId, Publication)>,
    ) {
        let (hold, house, lines) = (self.hold.clone(), self.house.clone(), self.lines.clone());
        let tasks = self.tasks.clone();
        let until = self.closing.clone();
        self.tasks.spawn(self.until_closing(async move {
            hold.hear(LinkEvent::Up { epoch: 1, session_present: true }).await;
            // What was kept is heard before anything new on the same topic.
            hold.listen_to(subscriptions, &house).await;
            if let Some((listener, acceptor)) = tls {
                let accept = Arc::clone(&lines).accept_tls(listener, acceptor);
                tasks.spawn(until.run_until_cancelled_owned(accept).map(|_cut| ()).boxed());
            }
            lines.accept_plain(plain).await;
        }));
        self.tasks.spawn(self.until_closing(route(
            outgoing,
            Arc::clone(&self.house),
            Arc::clone(&self.hold),
        )));
        self.tasks.spawn(self.until_closing(Arc::clone(&self.house).sweep()));
    }

    /// A broker's tasks end with it.
    fn until_closing<F>(&self, task: F) -> BoxFuture<'static, ()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let closing = self.closing.clone();
        closing.run_until_cancelled_owned(task).map(|_cut| ()).boxed()
    }

    /// Lets the PUBACK go out.
    pub fn ack(&self, ticket: AckTicket) {
        if let Claim::Held(waiting) = ticket.0 {
            // Nobody waits any more when the client is gone: it will send the message again.
            let _gone = waiting.send(());
        }
    }

    /// Hands over a publication; see [`homepay_ports::Broker::publish`].
    #[must_use = "false means that it was not taken"]
    pub fn publish(&self, id: OutId, publication: Publication) -> bool {
        self.out.try_send((id, publication)).is_ok()
    }

    /// Acks and hands over; see [`homepay_ports::Broker::hand_over`].
    pub fn hand_over(
        &self,
        acks: impl IntoIterator<Item = AckTicket>,
        publications: &mut VecDeque<(OutId, Publication)>,
    ) {
        acks.into_iter().for_each(|ticket| self.ack(ticket));
        while let Some(publication) = publications.pop_front() {
            if let Err(refused) = self.out.try_send(publication) {
                publications.push_front(refused.into_inner());
                return;
            }
        }
    }

    /// Changes what the hub hears. Messages kept on new topics are heard first.
    pub fn set_subscriptions(&self, filters: Vec<String>) {
        let (hold, house) = (Arc::clone(&self.hold), Arc::clone(&self.house));
        self.tasks.spawn(self.until_closing(async move {
            hold.listen_to(filters, &house).await;
        }));
    }

    /// Changes who may do what, at once. Connections of users that are gone, or whose password
    /// or topics have changed, are closed.
    pub fn set_users(&self, users: Users) {
        let before = self.users.swap(Arc::new(users));
        let now = self.users.load();
        self.lines.close_where(|user| user.is_some_and(|name| before.get(name) != now.get(name)));
    }

    pub fn is_up(&self) -> bool {
        !self.closing.is_cancelled()
    }

    /// Gives a last publication to all who listen, and keeps it if it is to be kept, before a stop.
    pub async fn say_last(&self, publication: Publication) {
        self.house.route(publication).await;
        // Connections that are told to go do not look at what is still on its way to them.
        tokio::time::sleep(FAREWELL_REST).await;
    }

    /// Closes all connections, keeps what is to be kept, and ends. Held messages are not acked.
    pub async fn stop(&self) {
        self.closing.cancel();
        self.house.shut();
        self.tasks.close();
        // Who has not even logged in is not told goodbye.
        self.lines.close_where(|user| user.is_none());
        if tokio::time::timeout(BROKER_STOP_WAIT, self.tasks.wait()).await.is_err() {
            self.lines.close_where(|_everybody| true);
            let _ended = tokio::time::timeout(CLOSE_WAIT, self.tasks.wait()).await;
        }
        self.house.keep().await;
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        self.closing.cancel();
        self.house.shut();
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BrokerFault> {
    TcpListener::bind(address).await.map_err(|error| BrokerFault::Bind { address, error })
}

/// Routes the hub's own publications, one after the other.
async fn route(
    mut outgoing: mpsc::Receiver<(OutId, Publication)>,
    house: Arc<Mqtt5Broker>,
    hold: Arc<PublishHook>,
) {
    while let Some((id, publication)) = outgoing.recv().await {
        let event = match unpublishable(&publication) {
            Some(why) => LinkEvent::Unpublishable { id, why },
            None => {
                house.route(publication).await;
                LinkEvent::Published(vec![id])
            }
        };
        hold.hear(event).await;
    }
}
