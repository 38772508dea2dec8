//! Home Assistant's entities: a wish that came by one is decided like an owner's, and what they
//! show follows the books.

use super::counters;
use super::intake::Intake;
use homepay_domain::actor::Actor;
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use homepay_ports::{AckTicket, BooksClock, Broker};
use homepay_protocols::homeassistant::announce::{everything, nothing_more};
use homepay_protocols::homeassistant::number::{
    LimitEntity, NumberRequest, attributes, refusal, state,
};
use homepay_protocols::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Least time between two numbers that are decided for one entity, in milliseconds. Of those that
/// come in between the last is decided, when its time has come.
const NUMBER_EVERY_MS: u64 = 1_000;

/// Numbers that wait to be decided: the newest of each entity.
#[derive(Default)]
pub struct NumberQueue {
    waiting: Mutex<BTreeMap<(Name, LimitEntity), PendingNumber>>,
    /// Entities of which a number was decided less than [`NUMBER_EVERY_MS`] ago.
    rests: Mutex<BTreeSet<(Name, LimitEntity)>>,
    came: Notify,
}

/// A number that waits; without a ticket it is acked already.
type PendingNumber = (NumberRequest, Option<AckTicket>);

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: BooksClock> Intake<C> {
    /// Puts a wish for a limit where it waits for its turn, in the place of one that waits there: a
    /// number that was turned on meanwhile is no longer wanted.
    ///
    /// One that has to rest is acked at once, as its client may have orders behind it. What a crash
    /// takes of it is seen: entities show how limits stand at every start.
    pub(super) fn number(&self, bus: &dyn Broker, asked: NumberRequest, ack: AckTicket) {
        let entity = (asked.device.clone(), asked.slot);
        let mut ack = Some(ack);
        if lock(&self.numbers.rests).contains(&entity) {
            ack.take().into_iter().for_each(|ack| bus.ack(ack));
        }
        let before = lock(&self.numbers.waiting).insert(entity, (asked, ack));
        if let Some((_, ack)) = before {
            counters::message("superseded");
            ack.into_iter().for_each(|ack| bus.ack(ack));
        }
        self.numbers.came.notify_one();
    }

    /// Decides numbers beside the flow, one of each entity a second, until the engine ends.
    pub(super) async fn decide_numbers(self: Arc<Self>, bus: Arc<dyn Broker>) {
        let every = Duration::from_millis(NUMBER_EVERY_MS);
        let mut decided: BTreeMap<(Name, LimitEntity), Instant> = BTreeMap::new();
        loop {
            let now = Instant::now();
            decided.retain(|_, at| now.duration_since(*at) < every);
            *lock(&self.numbers.rests) = decided.keys().cloned().collect();
            let next = {
                let mut waiting = lock(&self.numbers.waiting);
                let free = waiting.keys().find(|entity| !decided.contains_key(*entity)).cloned();
                free.and_then(|entity| waiting.remove_entry(&entity))
            };
            if let Some((entity, (asked, ack))) = next {
                lock(&self.numbers.rests).insert(entity.clone());
                if !self.decide_number(&bus, asked, ack).await {
                    return;
                }
                decided.insert(entity, Instant::now());
                continue;
            }
            let soonest = decided.values().min().map(|at| *at + every);
            let rest = async {
                match soonest {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = rest => {}
                () = self.numbers.came.notified() => {}
            }
        }
    }

    /// Has a wish for a limit decided. Whatever comes of it, the entity is told how the limit
    /// stands, so that a refused number springs back. False once the engine has ended.
    async fn decide_number(
        &self,
        bus: &Arc<dyn Broker>,
        asked: NumberRequest,
        ack: Option<AckTicket>,
    ) -> bool {
        let NumberRequest { device, slot, limit } = asked;
        let refused = match limit {
            Err(refused) => Some(refused),
            Ok(limit) => match self
                .wish(Actor::HomeAssistant, OwnerCommand::LowerLimit(limit))
                .await
            {
                None => return false,
                Some(CommandOutcome::Refused { code, why }) => Some((code, why)),
                Some(
                    CommandOutcome::Done(_) | CommandOutcome::Limits(_) | CommandOutcome::Nothing,
                ) => None,
            },
        };
        if let Some((code, why)) = &refused {
            self.count_refusal(*code, &format!("{device} {}: {why}", slot.as_str()));
        }
        ack.into_iter().for_each(|ack| bus.ack(ack));
        let (view, base, now) =
            (self.views.newest(), self.snapshot.load().base.clone(), self.clock.now());
        let book = &view.book;
        let said = |(code, _): (Code, String)| (code, refusal(&self.phrases, book, code));
        let beside = attributes(book, &base, (&device, slot), refused.map(said), now);
        let number = state(book, &base, &device, slot, now);
        for publication in [beside, number] {
            // Where there is no room it is shown with the next change.
            let _ = bus.publish(self.transient_id(), publication);
        }
        true
    }

    /// Takes back what was told of speakers that are gone.
    pub(super) fn forget_entities(&self, bus: &dyn Broker, book: &Book, before: &Snapshot) {
        let gone = |id: &&Name| !book.household.devices.contains_key(*id);
        for device in before.household.devices.keys().filter(gone) {
            let told = nothing_more(&before.base, self.discovery.as_deref(), device);
            for publication in told {
                // One that cannot be taken back shows an entity that does nothing.
                let _ = bus.publish(self.transient_id(), publication);
            }
        }
    }

    /// Tells what entities show now; also to a broker that was away, and may have lost what it kept.
    pub(super) fn show_entities(&self, bus: &dyn Broker, book: &Book) {
        let base = self.snapshot.load().base.clone();
        let place = (base.as_str(), self.discovery.as_deref());
        for publication in everything(book, &self.phrases, place, self.clock.now()) {
            if !bus.publish(self.transient_id(), publication) {
                tracing::warn!("the broker has no room for Home Assistant's entities");
                return;
            }
        }
    }
}
