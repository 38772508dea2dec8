//! PINs are compared beside the flow. What a comparison would be wasted on is refused before it,
//! by the books; one at a time is compared, and nobody else's order waits for it.

use super::machine::Machine;
use super::time_point::TimePoint;
use super::turn::Incoming;
use super::{Input, Ticket, Work, counters};
use argon2::{Argon2, PasswordHash, PasswordVerifier};
use homepay_domain::book::Book;
use homepay_domain::decide::answer::{UncheckedPin, pins_to_compare};
use homepay_domain::event::{ConfirmationAnswer, Event, Stamp};
use homepay_domain::household::Secret;
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::marks::{Mark, reached};
use homepay_domain::reply::{Code, Reply};
use homepay_domain::time::UnixMs;
use homepay_ports::{AckTicket, Store};
use std::collections::{BTreeMap, VecDeque};
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
        let answer = ConfirmationAnswer::Pin { of };
        Event::AnswerReceived { stamp, device, order, answer, session }
    }

    /// The hashes that it is worth comparing with.
    fn candidates(&self, book: &Book, now: UnixMs) -> Vec<(Name, Secret)> {
        let SpokenPin { stamp, device, order, .. } = self;
        pins_to_compare(book, UncheckedPin { stamp: stamp.as_ref(), device, order }, now)
    }
}

/// A PIN that waits to be compared, and the broker's ticket for its message.
#[derive(Debug)]
pub struct WaitingPin {
    pub pin: SpokenPin,
    pub ack: AckTicket,
}

/// A PIN, and the hashes that it is worth comparing with.
#[derive(Debug)]
pub struct PinComparison {
    pub waiting: Box<WaitingPin>,
    pub candidates: Vec<(Name, Secret)>,
}

/// The PINs that wait, one of which may be under comparison.
#[derive(Default)]
pub(super) struct PinDesk {
    waiting: VecDeque<Box<WaitingPin>>,
    of_device: BTreeMap<Name, usize>,
    comparing: bool,
}

impl PinDesk {
    /// Lets a PIN wait; gives it back where too many wait already.
    fn offer(&mut self, waiting: Box<WaitingPin>) -> Result<(), Box<WaitingPin>> {
        let count = self.of_device.get(&waiting.pin.device).copied().unwrap_or(0);
        if count >= WAITING_OF_DEVICE_MAX || self.waiting.len() >= WAITING_MAX {
            return Err(waiting);
        }
        self.of_device.insert(waiting.pin.device.clone(), count.saturating_add(1));
        self.waiting.push_back(waiting);
        Ok(())
    }

    fn done(&mut self, device: &Name) {
        if let Some(count) = self.of_device.get_mut(device) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_device.remove(device);
            }
        }
    }
}

impl<S: Store> Machine<S> {
    /// A PIN that is worth it waits for its comparison; of any other it is decided at once, as of
    /// nobody's PIN.
    pub(super) fn pin_came(&mut self, waiting: Box<WaitingPin>, at: TimePoint) {
        if waiting.pin.candidates(self.store.book(), at.now).is_empty() {
            return self.whose(*waiting, Vec::new());
        }
        let Err(refused) = self.pins.offer(waiting) else {
            if self.pins.comparing {
                reached(Mark::PinWaited);
            } else {
                self.next_pin(at);
            }
            return;
        };
        let WaitingPin { pin, ack } = *refused;
        counters::refused(Code::Risk.as_str());
        let book = self.store.book();
        let lang = book.open.get(&pin.order).map_or(book.home.lang, |order| order.lang);
        let reply = Reply::refusal(&pin.device, Some(pin.order), Code::Risk, lang, at.now);
        let work = Work::Refusal(Box::new(Reply { session: pin.session, ..reply }));
        self.backlog.push_front(Input::Work(Incoming { work, ticket: Ticket::Broker(ack) }));
    }

    /// It is known whose PIN it is: that is decided, and then the next one is compared.
    pub(super) fn pin_compared(&mut self, waiting: WaitingPin, of: Vec<Name>) {
        self.pins.done(&waiting.pin.device);
        self.backlog.push_front(Input::NextPin);
        self.whose(waiting, of);
    }

    /// Has the next PIN compared. What was decided of earlier ones counts: its order may be locked
    /// by now.
    pub(super) fn next_pin(&mut self, at: TimePoint) {
        let next = self.pins.waiting.pop_front();
        self.pins.comparing = next.is_some();
        let Some(waiting) = next else { return };
        let candidates = waiting.pin.candidates(self.store.book(), at.now);
        if candidates.is_empty() {
            self.pin_compared(*waiting, Vec::new());
        } else {
            self.out.compare.push(PinComparison { waiting, candidates });
        }
    }

    fn whose(&mut self, WaitingPin { pin, ack }: WaitingPin, of: Vec<Name>) {
        self.backlog.push_front(Input::event(pin.answer(of), Ticket::Broker(ack)));
    }
}

/// Compares PINs, one after another, until the engine ends.
pub async fn compare_all(
    mut comparisons: mpsc::UnboundedReceiver<PinComparison>,
    queue: mpsc::Sender<Input>,
) {
    while let Some(PinComparison { waiting, candidates }) = comparisons.recv().await {
        let of = whose_pin(candidates, waiting.pin.pin.clone()).await;
        if queue.send(Input::ComparedPin(waiting, of)).await.is_err() {
            return;
        }
    }
}

/// The members among the candidates whose PIN it is. Argon2 takes its time and its memory, so that it
/// runs on a thread of its own.
async fn whose_pin(candidates: Vec<(Name, Secret)>, pin: String) -> Vec<Name> {
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
