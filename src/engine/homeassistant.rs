//! Home Assistant's entities: a wish that came by one is decided like an owner's, and what they
//! show follows the books.

use super::intake::Intake;
use crate::adapters::homeassistant::announce::{everything, nothing_more};
use crate::adapters::homeassistant::number::{Asked, attributes, refusal, state};
use crate::adapters::snapshot::Snapshot;
use crate::domain::book::Book;
use crate::domain::decision::Told;
use crate::domain::event::Wish;
use crate::domain::ids::Name;
use crate::domain::reply::Code;
use crate::io::bus::{AckTicket, Bus};
use crate::ports::Clock;
use std::sync::Arc;

impl<C: Clock> Intake<C> {
    /// Has a wish for a limit decided. Whatever comes of it, the entity is told how the limit
    /// stands, so that a refused number springs back. False once the engine has ended.
    pub(super) async fn number(&self, bus: &Arc<Bus>, asked: Asked, ack: AckTicket) -> bool {
        let Asked { device, slot, limit } = asked;
        let refused = match limit {
            Err(refused) => Some(refused),
            Ok(limit) => match self.wish(Wish::LowerLimit(limit)).await {
                None => return false,
                Some(Told::Refused { code, why }) => Some((code, why)),
                Some(Told::Done(_) | Told::Nothing) => None,
            },
        };
        if let Some((code, why)) = &refused {
            self.count_refusal(*code, &format!("{device} {}: {why}", slot.as_str()));
        }
        bus.ack(ack);
        let (bus, base) = (bus.clone(), self.snapshot.load().base.clone());
        let (now, phrases) = (self.clock.now(), self.phrases.clone());
        let ids = [self.transient_id(), self.transient_id()];
        let shown = self.look(move |book| {
            let said = |(code, _): (Code, String)| (code, refusal(&phrases, book, code));
            let beside = attributes(book, &base, (&device, slot), refused.map(said), now);
            let number = state(book, &base, &device, slot, now);
            for (id, publication) in ids.into_iter().zip([beside, number]) {
                // Where there is no room it is shown with the next change.
                let _ = bus.publish(id, publication);
            }
        });
        shown.await.is_some()
    }

    /// A broker that was away may have lost what it kept: entities are told anew.
    pub(super) async fn tell_entities(self: &Arc<Self>, bus: &Arc<Bus>) -> bool {
        let (bus, intake) = (bus.clone(), self.clone());
        let look = move |book: &Book| intake.show_entities(&bus, book);
        self.queue.send(super::Input::Look(Box::new(look))).await.is_ok()
    }

    /// Takes back what was told of speakers that are gone.
    pub(super) fn forget_entities(&self, bus: &Bus, book: &Book, before: &Snapshot) {
        let gone = |id: &&Name| !book.household.devices.contains_key(*id);
        for device in before.household.devices.keys().filter(gone) {
            let told = nothing_more(&before.base, self.discovery.as_deref(), device);
            for publication in told {
                // One that cannot be taken back shows an entity that does nothing.
                let _ = bus.publish(self.transient_id(), publication);
            }
        }
    }

    /// Tells what entities show now.
    pub(super) fn show_entities(&self, bus: &Bus, book: &Book) {
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
