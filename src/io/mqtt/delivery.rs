//! From the link to the engine's queue, when the queue may be full.
//!
//! Nothing is dropped and nothing is acked for want of room. What does not fit is held here while
//! the poll goes on, so that pings and acks flow; brokers stop by themselves after a window of
//! unacked messages (Mosquitto: 20), so little is ever held. A broker without such a window, or a
//! flood at QoS 0, fills [`HELD_LEN_MAX`]; then polling rests until there is room and TCP makes
//! the broker wait. If the engine takes nothing for one and a half keep-alives even then, the
//! broker says our last will, which is the truth, and sends all unacked messages again later.

use homepay_ports::LinkEvent;
use std::collections::VecDeque;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// Events that are held beside a full queue before polling rests.
pub(crate) const HELD_LEN_MAX: usize = 1024;

/// Keeps the order of events and never waits.
pub(crate) struct DeliveryQueue {
    queue: Sender<LinkEvent>,
    held: VecDeque<LinkEvent>,
    closed: bool,
}

impl DeliveryQueue {
    pub(crate) fn new(queue: Sender<LinkEvent>) -> DeliveryQueue {
        DeliveryQueue { queue, held: VecDeque::new(), closed: false }
    }

    /// Delivers now, or when there is room.
    pub(crate) fn push(&mut self, event: LinkEvent) {
        if !self.held.is_empty() {
            self.held.push_back(event);
            return;
        }
        match self.queue.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(event)) => self.held.push_back(event),
            Err(TrySendError::Closed(_)) => self.closed = true,
        }
    }

    /// Moves one held event into the queue when there is room; waits for ever when none is held.
    /// May be dropped at any time.
    pub(crate) async fn drain_one(&mut self) {
        if self.held.is_empty() {
            std::future::pending::<()>().await;
        }
        if let Ok(room) = self.queue.reserve().await {
            if let Some(event) = self.held.pop_front() {
                room.send(event);
            }
            return;
        }
        self.close();
    }

    /// True when no more may be taken from the broker for now.
    pub(crate) fn is_full(&self) -> bool {
        self.held.len() >= HELD_LEN_MAX
    }

    /// True when nobody receives any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Nobody will receive: hold nothing more.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.held.clear();
    }
}
