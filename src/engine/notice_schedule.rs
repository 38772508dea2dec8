//! When people are told: what waits, and what is on its way. It decides nothing: what comes back is an
//! event, and whether it is tried again stands in the books.

use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use homepay_domain::notice::{DeliveryOutcome, Notice, NoticeState};
use homepay_domain::time::UnixMs;
use std::collections::{BTreeMap, BTreeSet};

/// How many notices are on their way at once, one for each way.
pub const DELIVERIES_MAX: usize = 4;

/// How long the worker sleeps at most when nothing is due, in milliseconds: a clock that was set
/// forward is noticed within it.
const IDLE_MS: u64 = 500;

/// What waits, by id, and which ways are in use. Time is the clock's.
#[derive(Debug, Default)]
pub struct NoticeSchedule {
    waiting: BTreeMap<String, Notice>,
    by_due: BTreeSet<(UnixMs, String)>,
    /// Ways with a notice on its way: each takes one at a time, so that they arrive in their order.
    under_way: BTreeSet<Name>,
    /// What is on its way, by id: it is not sent again before it was answered.
    sent: BTreeSet<String>,
}

impl NoticeSchedule {
    #[must_use]
    pub fn new() -> NoticeSchedule {
        NoticeSchedule::default()
    }

    /// Takes a notice as it stands now: one that waits is told when it is due, any other is not.
    pub fn handle(&mut self, notice: Notice) {
        if let Some(old) = self.waiting.remove(&notice.id) {
            self.by_due.remove(&(old.due, old.id));
        }
        if notice.state == NoticeState::Waiting {
            self.by_due.insert((notice.due, notice.id.clone()));
            self.waiting.insert(notice.id.clone(), notice);
        }
    }

    /// The next notice that leaves now; its answer, or its loss, must be told.
    pub fn next(&mut self, now: UnixMs) -> Option<Notice> {
        if self.under_way.len() >= DELIVERIES_MAX {
            return None;
        }
        let due = self.by_due.iter().take_while(|(due, _)| *due <= now);
        let mut free = due.filter(|(_, id)| {
            let route = self.waiting.get(id).map(|notice| &notice.route);
            route.is_some_and(|route| !self.under_way.contains(route)) && !self.sent.contains(id)
        });
        let key = free.next()?.clone();
        self.by_due.remove(&key);
        let notice = self.waiting.remove(&key.1)?;
        self.under_way.insert(notice.route.clone());
        self.sent.insert(notice.id.clone());
        Some(notice)
    }

    /// What came of it: the event that it is.
    pub fn answered(&mut self, notice: &Notice, delivery: DeliveryOutcome) -> Event {
        self.under_way.remove(&notice.route);
        self.sent.remove(&notice.id);
        Event::NoticeAnswered { notice: notice.id.clone(), delivery }
    }

    /// How long nothing leaves unless something comes, in milliseconds.
    #[must_use]
    pub fn wait_ms(&self, now: UnixMs) -> u64 {
        let due = self.next_due().map_or(i64::MAX, |due| due.since_ms(now));
        let is_late = due <= 0;
        let wait = u64::try_from(due.max(1)).unwrap_or(1).min(IDLE_MS);
        // What is due and cannot leave waits for an answer, which wakes the worker.
        if is_late { IDLE_MS } else { wait }
    }

    /// When the next notice is due; none where nothing waits.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMs> {
        self.by_due.first().map(|(due, _)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homepay_domain::notice::NoticeSubject;

    fn notice(id: &str, route: &str, due: i64) -> Notice {
        let route = Name::parse(route).expect("a name");
        Notice {
            due: UnixMs(due),
            ..Notice::waiting(id.to_owned(), &route, NoticeSubject::Trial, UnixMs(0))
        }
    }

    #[test]
    fn each_way_takes_one_at_a_time_and_what_is_over_is_not_told() {
        let mut schedule = NoticeSchedule::new();
        schedule.handle(notice("a1", "a", 10));
        schedule.handle(notice("a2", "a", 11));
        schedule.handle(notice("b1", "b", 12));
        schedule.handle(notice("b2", "b", 900));
        assert!(schedule.next(UnixMs(9)).is_none(), "nothing leaves before it is due");
        let now = UnixMs(100);
        let first = schedule.next(now).expect("due");
        assert_eq!(first.id, "a1");
        assert_eq!(schedule.next(now).expect("another way").id, "b1");
        assert!(schedule.next(now).is_none(), "a is in use, b2 is not due");
        schedule.handle(first.clone());
        assert!(schedule.next(now).is_none(), "handed out again while it is on its way");
        let event = schedule.answered(&first, DeliveryOutcome::Accepted);
        assert!(matches!(event, Event::NoticeAnswered { notice, .. } if notice == "a1"));
        schedule.handle(first.done(NoticeState::Delivered, None, now));
        let second = schedule.next(now).expect("a is free");
        assert_eq!(second.id, "a2");
        let over = notice("b2", "b", 900).done(NoticeState::Dropped, None, now);
        schedule.handle(over);
        assert_eq!(schedule.next_due(), None, "b2 is over");
    }
}
