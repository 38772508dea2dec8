//! The way to the wallet and back: requests and answers that are lost, late, doubled, garbled.

use crate::random::Rng;
use crate::wallet::Wallet;
use homepay_domain::settlement::{PaymentCommand, PaymentStatus};
use homepay_domain::time::UnixMs;
use homepay_engine::wallet_schedule::{Dispatch, WalletTask};
use homepay_ports::{Entropy, HttpRequest, HttpResponse, SendFault};
use homepay_wallets::Connector;
use homepay_wallets::native::NativeWallet;
use std::collections::BTreeMap;
use std::time::Duration;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Good,
    RequestLost,
    RequestLate,
    AnswerLost,
    AnswerGarbled,
    AnswerTwice,
    PageBefore,
    PageAfter,
}

/// A request on its way.
struct Flight {
    wallet_task: WalletTask,
    request: HttpRequest,
    sent_at: UnixMs,
    boot: u64,
    fate: Fate,
}

enum Due {
    Arrives(Flight),
    Back {
        wallet_task: WalletTask,
        request: HttpRequest,
        sent_at: UnixMs,
        boot: u64,
        reply: Reply,
        again: bool,
    },
}

/// What came back of a request.
pub struct Answered {
    pub task: WalletTask,
    /// What the connector reads in the reply.
    pub answer: PaymentStatus,
    /// True for a second copy of an answer.
    pub again: bool,
}

type Reply = Result<HttpResponse, SendFault>;

/// The network between the hub and the wallet.
pub struct Network {
    connector: NativeWallet,
    /// How many requests of a hundred something happens to.
    bad_per_cent: usize,
    due: BTreeMap<(i64, u64), Due>,
    next: u64,
    /// True while nothing gets through.
    pub down: bool,
    /// True once everything gets through.
    pub calm: bool,
    /// Counts the hub's starts: what one start asked, the next does not hear.
    pub boot: u64,
    /// Orders to which the wallet said an explicit no that arrived.
    pub refused: Vec<String>,
    /// Every payment that was asked for.
    pub asked: Vec<String>,
    rng: Rng,
}

impl Network {
    /// A network.
    pub fn new(connector: NativeWallet, rng: Rng, bad_per_cent: usize) -> Network {
        Network {
            bad_per_cent,
            connector,
            due: BTreeMap::new(),
            next: 0,
            down: false,
            calm: false,
            boot: 0,
            refused: Vec::new(),
            asked: Vec::new(),
            rng,
        }
    }

    fn put(&mut self, at_ms: i64, due: Due) {
        self.next += 1;
        self.due.insert((at_ms, self.next), due);
    }

    /// Sends what is asked.
    pub fn send(&mut self, Dispatch { task: wallet_task, signed_at }: Dispatch, true_ms: i64) {
        let nonce = self.rng.bytes16();
        let request = self.connector.request(&wallet_task.ask, signed_at, nonce);
        if !matches!(wallet_task.ask, PaymentCommand::Inquire { .. }) {
            self.asked.push(wallet_task.order.to_string());
        }
        let is_bad = self.rng.chance(self.bad_per_cent);
        let fate = match self.rng.below(40) {
            _ if self.calm => Fate::Good,
            _ if self.down => Fate::RequestLost,
            _ if !is_bad => Fate::Good,
            0..7 => Fate::RequestLost,
            7..17 => Fate::RequestLate,
            17..26 => Fate::AnswerLost,
            26..30 => Fate::AnswerGarbled,
            30..34 => Fate::AnswerTwice,
            34..37 => Fate::PageBefore,
            _ => Fate::PageAfter,
        };
        let flight = Flight { wallet_task, request, sent_at: signed_at, boot: self.boot, fate };
        let lost = || Err(SendFault::TimedOut(Duration::from_secs(10)));
        match fate {
            Fate::RequestLost => {
                let wait = self.rng.between(5, 10_000);
                self.back(true_ms + wait, &flight, lost());
            }
            Fate::RequestLate => {
                self.back(true_ms + 10_000, &flight, lost());
                let late = self.rng.between(8_000, 45_000);
                self.put(true_ms + late, Due::Arrives(flight));
            }
            Fate::PageBefore => {
                let page =
                    HttpResponse { status: 500, headers: Vec::new(), body: b"<html>oops".to_vec() };
                self.back(true_ms + 50, &flight, Ok(page));
            }
            Fate::Good
            | Fate::AnswerLost
            | Fate::AnswerGarbled
            | Fate::AnswerTwice
            | Fate::PageAfter => {
                let way = if self.rng.chance(10) { 6_000 } else { self.rng.between(5, 300) };
                self.put(true_ms + way, Due::Arrives(flight));
            }
        }
    }

    fn back(&mut self, at_ms: i64, flight: &Flight, reply: Reply) {
        self.back_once_more(at_ms, flight, reply, false);
    }

    fn back_once_more(&mut self, at_ms: i64, flight: &Flight, reply: Reply, again: bool) {
        let Flight { wallet_task, request, sent_at, boot, .. } = flight;
        let (wallet_task, request) = (wallet_task.clone(), request.clone());
        let (sent_at, boot) = (*sent_at, *boot);
        self.put(at_ms, Due::Back { wallet_task, request, sent_at, boot, reply, again });
    }

    /// When the next thing happens.
    pub fn next_ms(&self) -> Option<i64> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Does what is due: what reaches the hub, with what it answers.
    pub fn go_on(&mut self, wallet: &mut Wallet, true_ms: i64) -> Vec<Answered> {
        let mut heard = Vec::new();
        while self.next_ms().is_some_and(|at| at <= true_ms) {
            let Some(((at, _), due)) = self.due.pop_first() else { break };
            match due {
                Due::Arrives(flight) => self.arrives(wallet, at, flight),
                Due::Back { wallet_task: task, request, sent_at, boot, reply, again }
                    if boot == self.boot =>
                {
                    let answer = self.connector.answer(&task.ask, &request, reply, sent_at);
                    if matches!(answer, PaymentStatus::Declined { .. } | PaymentStatus::Voided) {
                        self.refused.push(task.order.to_string());
                    }
                    heard.push(Answered { task, answer, again });
                }
                Due::Back { .. } => {}
            }
        }
        heard
    }

    fn arrives(&mut self, wallet: &mut Wallet, at: i64, flight: Flight) {
        let response = wallet.handle(&flight.request, UnixMs(at));
        let way = if self.rng.chance(5) { 3_000 } else { self.rng.between(5, 200) };
        let broken = SendFault::Broken("reset".to_owned());
        match flight.fate {
            Fate::Good => self.back(at + way, &flight, Ok(response)),
            Fate::AnswerTwice => {
                self.back(at + way, &flight, Ok(response.clone()));
                let later = self.rng_ms();
                self.back_once_more(at + way + later, &flight, Ok(response), true);
            }
            Fate::AnswerLost => self.back(at + way, &flight, Err(broken)),
            Fate::AnswerGarbled => {
                let mut garbled = response;
                garbled.body.push(b' ');
                self.back(at + way, &flight, Ok(garbled));
            }
            Fate::PageAfter => {
                let page = HttpResponse { status: 502, headers: Vec::new(), body: Vec::new() };
                self.back(at + way, &flight, Ok(page));
            }
            Fate::RequestLate | Fate::RequestLost | Fate::PageBefore => {}
        }
    }

    fn rng_ms(&mut self) -> i64 {
        self.rng.between(1, 5_000)
    }
}
