//! Home Assistant's entities: a wish that came by one is decided like an owner's, and what they
//! show follows the books.

use super::machine::Machine;
use super::state_publisher::PublisherTask;
use super::time_point::TimePoint;
use super::turn::Incoming;
use super::{Ticket, Work, counters};
use homepay_domain::actor::Actor;
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::{Event, OwnerCommand};
use homepay_domain::ids::Name;
use homepay_domain::marks::{Mark, reached};
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_ports::{AckTicket, Publication, Store};
use homepay_protocols::homeassistant::number::{
    LimitEntity, NumberRequest, attributes, refusal, state,
};

/// An entity that waits for how its limit stands.
#[derive(Debug)]
pub struct EntityWaits {
    pub(super) device: Name,
    pub(super) slot: LimitEntity,
    /// None where its message was acked before.
    pub(super) ack: Option<AckTicket>,
}

impl<S: Store> Machine<S> {
    /// A limit was asked for by an entity: it waits until it may be decided.
    pub(super) fn number_came(&mut self, asked: NumberRequest, ack: AckTicket, at: TimePoint) {
        let came = self.numbers.put(asked, ack, at.steady_ms);
        if came.superseded {
            reached(Mark::NumberSuperseded);
            counters::message("superseded");
        }
        self.out.acks.extend(came.acks);
    }

    /// Has those decided whose time has come.
    pub(super) fn numbers_due(&mut self, at: TimePoint) {
        while let Some((asked, waits)) = self.numbers.take_due(at.steady_ms) {
            let NumberRequest { device: _, slot: _, limit } = asked;
            match limit {
                Err((code, why)) => {
                    self.entity_answered(waits, CommandOutcome::Refused { code, why }, at);
                }
                Ok(limit) => {
                    let (actor, command) = (Actor::HomeAssistant, OwnerCommand::LowerLimit(limit));
                    let event = Event::OwnerCommanded { stamp: None, actor, command };
                    let ticket = Ticket::Entity(Box::new(waits));
                    self.admit(Incoming { work: Work::Event(event), ticket }, at);
                }
            }
        }
    }

    /// Whatever came of a number, its entity is told how the limit stands, so that one that was
    /// refused springs back.
    pub(super) fn entity_answered(
        &mut self,
        waits: EntityWaits,
        told: CommandOutcome,
        at: TimePoint,
    ) {
        let EntityWaits { device, slot, ack } = waits;
        let refused = match told {
            CommandOutcome::Refused { code, why } => Some((code, why)),
            CommandOutcome::Done(_) | CommandOutcome::Limits(_) | CommandOutcome::Nothing => None,
        };
        if let Some((code, why)) = &refused {
            let why = format!("{device} {}: {why}", slot.as_str());
            self.refusals.refused(*code, &why, at.steady_ms);
        }
        self.out.acks.extend(ack);
        let answer = EntityAnswer { device, slot, refused: refused.map(|(code, _)| code) };
        self.out.publisher.push(PublisherTask::Entity(Box::new(answer)));
    }
}

/// What an entity is told: how its limit stands, and why a number was refused.
#[derive(Debug)]
pub struct EntityAnswer {
    device: Name,
    slot: LimitEntity,
    refused: Option<Code>,
}

impl EntityAnswer {
    /// The same by a book, as it is published.
    pub(super) fn publications(
        self,
        book: &Book,
        phrases: &Phrases,
        base: &str,
        now: UnixMs,
    ) -> [Publication; 2] {
        let EntityAnswer { device, slot, refused } = self;
        let refused = refused.map(|code| (code, refusal(phrases, book, code)));
        let beside = attributes(book, base, (&device, slot), refused, now);
        [beside, state(book, base, &device, slot, now)]
    }
}
