//! The broker between the speakers and the hub: QoS 1 and all that comes with it.

use crate::random::Rng;
use homepay_ports::{Message, Publication};
use std::collections::{BTreeMap, VecDeque};

/// A message on its way to the hub.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Its number here.
    pub id: u64,
    /// What.
    pub message: Message,
    /// When the hub may hear of it, in true time.
    pub from_ms: i64,
}

/// The broker.
#[derive(Default)]
pub struct Broker {
    next: u64,
    /// By who published: in order within, in any order across.
    waiting: BTreeMap<String, VecDeque<Inbound>>,
    /// Delivered and not acknowledged: comes again after a crash.
    unacked: BTreeMap<u64, Inbound>,
    /// From the hub, not yet taken.
    pub outgoing: BTreeMap<u64, Publication>,
}

impl Broker {
    /// Somebody publishes.
    pub fn publish(&mut self, message: Message, from_ms: i64) -> u64 {
        self.next += 1;
        let lane = message.topic.rsplit_once('/').map_or("", |(lane, _)| lane).to_owned();
        let inbound = Inbound { id: self.next, message, from_ms };
        self.waiting.entry(lane).or_default().push_back(inbound);
        self.next
    }

    /// The next message for the hub, from any lane; sometimes a second copy of it stays behind.
    pub fn deliver(
        &mut self,
        now_ms: i64,
        rng: &mut Rng,
        twice_per_cent: usize,
    ) -> Option<Inbound> {
        let ready: Vec<String> = self
            .waiting
            .iter()
            .filter(|(_, lane)| lane.front().is_some_and(|first| first.from_ms <= now_ms))
            .map(|(name, _)| name.clone())
            .collect();
        let lane = self.waiting.get_mut(rng.pick(&ready)?)?;
        let inbound = lane.pop_front()?;
        if rng.chance(twice_per_cent) {
            lane.push_back(Inbound {
                from_ms: now_ms + rng.between(1, 400_000),
                ..inbound.clone()
            });
        }
        self.unacked.insert(inbound.id, inbound.clone());
        Some(inbound)
    }

    /// The hub acknowledged a message.
    pub fn acked(&mut self, id: u64) -> Option<Message> {
        self.unacked.remove(&id).map(|inbound| inbound.message)
    }

    /// The hub is gone: what it did not acknowledge comes again, first of its lane.
    pub fn hub_gone(&mut self, now_ms: i64) {
        self.outgoing.clear();
        for (_, inbound) in std::mem::take(&mut self.unacked).into_iter().rev() {
            let lane = inbound.message.topic.rsplit_once('/').map_or("", |(lane, _)| lane);
            let again = Inbound { from_ms: now_ms, ..inbound.clone() };
            self.waiting.entry(lane.to_owned()).or_default().push_front(again);
        }
    }

    /// True when nothing is on its way to the hub.
    pub fn is_quiet(&self) -> bool {
        self.waiting.values().all(VecDeque::is_empty) && self.unacked.is_empty()
    }

    /// When the next message may be heard of.
    pub fn next_ms(&self) -> Option<i64> {
        self.waiting.values().filter_map(|lane| lane.front()).map(|first| first.from_ms).min()
    }
}
