//! The link to a broker elsewhere: MQTT 3.1.1 by rumqttc, arranged so that none of the library's
//! known ways to lose, repeat or mis-ack a message can reach the engine.
//!
//! One task does nothing but poll the library ([`pump`]); what waits to go out lives in one
//! [`desk`] under a lock. The library is never trusted to remember anything across connections:
//! at every loss its state is thrown away, and the desk sends again all that had no PUBACK.

mod backoff;
mod delivery;
mod inflight;
mod options;
mod pump;
mod tls;

pub use options::{LinkFault, LinkOptions, TlsOptions};

use futures_util::FutureExt;
use homepay_ports::{AckTicket, LinkEvent, OutId, Publication};
use inflight::InflightQueue;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a stop waits for the goodbye to reach the broker.
const LINK_STOP_WAIT: Duration = Duration::from_secs(2);

/// A standing link to a broker. It connects, subscribes and connects again by itself.
pub struct Link {
    desk: SharedQueue,
    stopping: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Link {
    /// Starts the link. Its events must be received, or the link comes to rest (see `delivery`).
    ///
    /// # Errors
    /// [`LinkFault`] when the options cannot work at all: no such certificate, no client id. A
    /// broker that is away is no error.
    pub fn start(options: LinkOptions) -> Result<(Link, mpsc::Receiver<LinkEvent>), LinkFault> {
        let connect = options.to_rumqttc()?;
        let (client, eventloop) = rumqttc::AsyncClient::new(connect, inflight::REQUESTS_LEN);
        let (events, receiver) = mpsc::channel(options.queue_len_max.max(1));
        let stopping = CancellationToken::new();
        let desk = SharedQueue(Arc::new(Mutex::new(InflightQueue::new(client, &options))));
        let pump = pump::Pump::new(eventloop, desk.clone(), events, stopping.clone());
        let task = tokio::spawn(pump.run().boxed());
        Ok((Link { desk, stopping, task: Mutex::new(Some(task)) }, receiver))
    }

    /// Acks a message, if the connection on which it came still stands; if not, it comes again.
    pub fn ack(&self, ticket: AckTicket) {
        self.desk.lock().ack(ticket);
    }

    /// Hands over a publication; see [`homepay_ports::Broker::publish`]. The same id handed over
    /// again while it is under way is taken once.
    #[must_use = "false means that it was not taken"]
    pub fn publish(&self, id: OutId, publication: Publication) -> bool {
        self.desk.lock().publish(id, publication)
    }

    /// Acks and hands over; see [`homepay_ports::Broker::hand_over`].
    pub fn hand_over(
        &self,
        acks: impl IntoIterator<Item = AckTicket>,
        publications: &mut VecDeque<(OutId, Publication)>,
    ) {
        self.desk.lock().hand_over(acks, publications);
    }

    /// Changes what is subscribed to, now or with the next connection.
    pub fn set_subscriptions(&self, filters: Vec<String>) {
        self.desk.lock().set_subscriptions(filters);
    }

    pub fn is_up(&self) -> bool {
        self.desk.lock().is_up()
    }

    /// True while connected and subscribed.
    pub fn listens(&self) -> bool {
        self.desk.lock().listens()
    }

    /// Publishes the last will in person (a broker drops it at a clean goodbye), disconnects and
    /// ends. Publications without PUBACK stay the caller's.
    pub async fn stop(&self) {
        self.desk.lock().stop();
        self.stopping.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && tokio::time::timeout(LINK_STOP_WAIT, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
        }
    }
}

/// The desk, shared by callers and the pump. The lock is held for queue work only.
#[derive(Clone)]
pub(crate) struct SharedQueue(Arc<Mutex<InflightQueue>>);

impl SharedQueue {
    fn lock(&self) -> MutexGuard<'_, InflightQueue> {
        // A panic elsewhere leaves plain queues behind, which are as good as before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
