//! PINs are compared beside the flow. What a comparison would be wasted on is refused before it,
//! by the books; one at a time is compared, and nobody else's order waits for it.

use super::intake::Intake;
use super::{Input, Ticket, Work, counters};
use argon2::{Argon2, PasswordHash, PasswordVerifier};
use homepay_domain::book::Book;
use homepay_domain::decide::answer::{UncheckedPin, pins_to_compare};
use homepay_domain::event::{ConfirmationAnswer, Event, Stamp};
use homepay_domain::household::Secret;
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::reply::{Code, Reply};
use homepay_domain::time::UnixMs;
use homepay_ports::{AckTicket, BooksClock};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// How many PINs may wait for their comparison.
const WAITING_MAX: usize = 64;

/// How many of them may be one device's.
const WAITING_OF_DEVICE_MAX: usize = 4;

/// A PIN as it was said.
#[derive(Debug)]
pub struct SpokenPin {
    /// The envelope; none where the broker vouches for the device.
    pub stamp: Option<Stamp>,
    pub device: Name,
    pub order: OrderId,
    pub pin: String,
    /// The voice session in which it was said, where that is told.
    pub session: Option<String>,
}

impl SpokenPin {
    /// The answer that it is, once it is known whose PIN it is.
    fn answer(self, of: Vec<Name>) -> Event {
        let SpokenPin { stamp, device, order, pin: _, session } = self;
        Event::AnswerReceived {
            stamp,
            device,
            order,
            answer: ConfirmationAnswer::Pin { of },
            session,
        }
    }

    /// The hashes that it is worth comparing with.
    fn candidates(&self, book: &Book, now: UnixMs) -> Vec<(Name, Secret)> {
        let SpokenPin { stamp, device, order, .. } = self;
        pins_to_compare(book, UncheckedPin { stamp: stamp.as_ref(), device, order }, now)
    }
}

/// A PIN that waits to be compared, and the broker's ticket for its message.
pub type WaitingPin = Box<(SpokenPin, Ticket)>;

pub struct PinQueue {
    sender: mpsc::Sender<WaitingPin>,
    receiver: Mutex<Option<mpsc::Receiver<WaitingPin>>>,
    of_device: Mutex<BTreeMap<Name, usize>>,
}

impl Default for PinQueue {
    fn default() -> PinQueue {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let (receiver, of_device) = (Mutex::new(Some(receiver)), Mutex::default());
        PinQueue { sender, receiver, of_device }
    }
}

impl PinQueue {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<Name, usize>> {
        self.of_device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a PIN wait; gives it back where too many wait already.
    fn offer(&self, waiting: WaitingPin) -> Result<(), WaitingPin> {
        let device = waiting.0.device.clone();
        let mut counts = self.counts();
        let count = counts.entry(device).or_default();
        if *count >= WAITING_OF_DEVICE_MAX {
            return Err(waiting);
        }
        self.sender.try_send(waiting).map_err(mpsc::error::TrySendError::into_inner)?;
        *count += 1;
        Ok(())
    }

    fn done(&self, device: &Name) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(device) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(device);
            }
        }
    }

    /// What the engine does with a PIN: one that is worth it waits for its comparison, and `None` is
    /// given back; of any other it is decided at once, as of nobody's PIN.
    pub fn sort(&self, book: &Book, waiting: WaitingPin, now: UnixMs) -> Option<(Work, Ticket)> {
        if waiting.0.candidates(book, now).is_empty() {
            let (pin, ticket) = *waiting;
            return Some((Work::Event(pin.answer(Vec::new())), ticket));
        }
        let (pin, ticket) = *self.offer(waiting).err()?;
        counters::refused(Code::Risk.as_str());
        let lang = book.open.get(&pin.order).map_or(book.home.lang, |order| order.lang);
        let reply = Reply::refusal(&pin.device, Some(pin.order), Code::Risk, lang, now);
        let reply = Reply { session: pin.session, ..reply };
        Some((Work::Refusal(Box::new(reply)), ticket))
    }
}

impl<C: BooksClock> Intake<C> {
    /// Hands a PIN to the engine, which knows whether it is worth comparing.
    pub(super) async fn pin(&self, pin: SpokenPin, ack: AckTicket) -> bool {
        counters::message("read");
        self.queue.send(Input::Pin(Box::new((pin, Ticket::Broker(ack))))).await.is_ok()
    }

    /// Compares PINs, one after another, until the door or the engine ends.
    pub(super) async fn compare_pins(self: Arc<Self>) {
        let taken = self.pins.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut waiting) = taken else { return };
        while let Some(next) = waiting.recv().await {
            let (pin, ticket) = *next;
            let device = pin.device.clone();
            let goes_on = self.compare(pin, ticket).await;
            self.pins.done(&device);
            if !goes_on {
                return;
            }
        }
    }

    async fn compare(&self, pin: SpokenPin, ticket: Ticket) -> bool {
        let now = self.clock.now();
        // What was decided of earlier PINs counts: the order may be locked by now.
        let candidates = pin.candidates(&self.views.newest().book, now);
        let of = whose_pin(candidates, pin.pin.clone()).await;
        self.enter(pin.answer(of), ticket).await && self.reached().await.is_some()
    }
}

/// The members among the candidates whose PIN it is. Argon2 takes its time and its memory, so that it
/// runs on a thread of its own.
async fn whose_pin(candidates: Vec<(Name, Secret)>, pin: String) -> Vec<Name> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let compared = tokio::task::spawn_blocking(move || {
        let right = |hash: &Secret| {
            counters::pin_compared();
            PasswordHash::new(hash.expose())
                .is_ok_and(|hash| Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
        };
        candidates.into_iter().filter(|(_, hash)| right(hash)).map(|(id, _)| id).collect()
    });
    compared.await.unwrap_or_default()
}
