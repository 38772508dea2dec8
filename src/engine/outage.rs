//! What becomes of work while the store cannot commit.

use super::machine::Machine;
use super::state_publisher::PublisherTask;
use super::time_point::TimePoint;
use super::turn::Incoming;
use super::{Input, Ticket, Work, counters};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::fault_injection::{InjectedFault, is_injected};
use homepay_domain::marks::{Mark, reached};
use homepay_domain::reply::Code;
use homepay_ports::Store;
use homepay_text::clip::clip;

impl<S: Store> Machine<S> {
    /// Takes work in. Nobody who can be told is left waiting for a store that cannot commit: what is
    /// answered "no" now is not done later.
    pub(super) fn admit(&mut self, incoming: Incoming<Ticket>, at: TimePoint) {
        match self.backlog.outage() {
            Some(outage) if incoming.ticket.is_refused_in_outage() => {
                reached(Mark::RefusedInOutage);
                let why = unwritable(&outage.why);
                self.answer(incoming.ticket, why, at);
            }
            _ => self.backlog.push(Input::Work(incoming)),
        }
    }

    /// A turn failed: what it was about waits, and everybody who can be told is told.
    pub(super) fn failed(&mut self, batch: Vec<Incoming<Ticket>>, error: &S::Error, at: TimePoint) {
        counters::turn_failed();
        reached(if self.dirty { Mark::BooksDirty } else { Mark::TurnFailed });
        let why = error.to_string();
        let (refused, kept): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|incoming| incoming.ticket.is_refused_in_outage());
        let later = is_injected(InjectedFault::RefusedDoneLater);
        for incoming in refused {
            if later && let Work::Event(event) = &incoming.work {
                self.backlog.push(Input::event(event.clone(), Ticket::Nobody));
            }
            self.answer(incoming.ticket, unwritable(&why), at);
        }
        self.failed_now = true;
        let blamed = S::blames_the_work(error);
        self.backlog.put_back(kept, why, blamed, at.now);
        self.setting.vitals.set_outage(self.backlog.outage());
        let Some(outage) = self.backlog.outage() else { return };
        if outage.tries.is_power_of_two() {
            let (why, tries, waiting) = (&outage.why, outage.tries, self.backlog.len());
            tracing::error!(why, tries, waiting, "the books cannot be written; trying again");
        }
        self.out.publisher.push(PublisherTask::Health);
    }

    pub(super) fn stood(&mut self) {
        self.retry_at = None;
        let Some(outage) = self.backlog.stood() else { return };
        reached(Mark::StoreRecovered);
        self.setting.vitals.set_outage(None);
        tracing::info!(tries = outage.tries, "the books can be written again");
        let recovered = Event::StoreRecovered { since: outage.since, why: clip(&outage.why) };
        self.backlog.push(Input::event(recovered, Ticket::Nobody));
        self.out.publisher.push(PublisherTask::Health);
    }

    /// Work that fails alone while the store commits other things would stop the house for ever:
    /// it is acknowledged, and the owner hears of it.
    pub(super) async fn set_aside(&mut self) {
        if self.dirty || !self.backlog.suspects() || !self.store.commits().await {
            return;
        }
        let Some(poisoned) = self.backlog.poisoned() else { return };
        let (what, why) = (poisoned.work.name(), self.backlog.outage().map(|o| o.why.clone()));
        tracing::error!(what, why, "this cannot be written and is set aside");
        counters::message("set_aside");
        if let Ticket::Broker(ack) = poisoned.ticket {
            self.out.acks.push(ack);
        }
        let why = clip(&why.unwrap_or_default());
        let event = Event::WorkSetAside { what: what.to_owned(), why };
        self.backlog.push(Input::event(event, Ticket::Nobody));
    }
}

/// Something that the store could not take.
fn unwritable(why: &str) -> CommandOutcome {
    let why = format!("the books cannot be written ({why}): nothing was changed; try again later");
    CommandOutcome::Refused { code: Code::StoreUnavailable, why }
}
