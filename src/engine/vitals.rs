//! How the hub itself is: whether the store commits, what the clock is worth, what the last check
//! of the books found. Written by the engine and its watchers, read by health, readiness, report.

use super::backlog::Outage;
use arc_swap::{ArcSwap, ArcSwapOption};
use homepay_domain::book::Book;
use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::ClockStanding;
use homepay_protocols::native::states::{BooksCheck, BridgeHealth, ClockHealth, StoreHealth};
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
pub struct Vitals {
    outage: ArcSwapOption<Outage>,
    clock: ArcSwap<ClockStanding>,
    check: ArcSwapOption<CheckedBooks>,
    waiting: AtomicUsize,
    unsent: AtomicUsize,
}

/// What a check of the books found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedBooks {
    pub at: UnixMs,
    /// How many entries of the journal were read.
    pub entries: i64,
    /// What does not hold; empty when all does.
    pub faults: Vec<String>,
}

impl Default for Vitals {
    fn default() -> Vitals {
        Vitals {
            outage: ArcSwapOption::empty(),
            clock: ArcSwap::from_pointee(ClockStanding::Agrees),
            check: ArcSwapOption::empty(),
            waiting: AtomicUsize::new(0),
            unsent: AtomicUsize::new(0),
        }
    }
}

impl Vitals {
    /// Notes whether the store commits.
    pub fn set_outage(&self, outage: Option<&Outage>) {
        if outage.is_some() || self.outage.load().is_some() {
            self.outage.store(outage.cloned().map(Into::into));
        }
    }

    /// True while the store commits.
    pub fn commits(&self) -> bool {
        self.outage.load().is_none()
    }

    /// Notes how the wall clock stands.
    pub fn set_clock(&self, standing: ClockStanding) {
        self.clock.store(standing.into());
    }

    /// Notes what a check of the books found.
    pub fn set_check(&self, check: CheckedBooks) {
        self.check.store(Some(check.into()));
    }

    /// Notes how many things wait for a turn, and how many publications for the broker.
    pub fn set_load(&self, waiting: usize, unsent: usize) {
        self.waiting.store(waiting, Ordering::Relaxed);
        self.unsent.store(unsent, Ordering::Relaxed);
    }

    /// How many publications wait for the broker.
    pub fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Relaxed)
    }

    /// The hub's health, for `<base>/bridge/health` and the report.
    pub fn health(&self, book: &Book, now: UnixMs) -> BridgeHealth {
        let at = book.time(now);
        let attempts: Vec<_> = book.open.values().filter_map(|o| o.attempt.as_ref()).collect();
        let oldest = attempts.iter().map(|a| at.since_ms(a.since) / 1000).max();
        let doubtful = attempts.iter().filter(|a| a.tries > 0).count();
        let shown = |at: UnixMs| at.rfc3339(&book.home.zone);
        BridgeHealth {
            v: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            queue: self.waiting.load(Ordering::Relaxed),
            unsent: self.unsent(),
            open_orders: book.open.len(),
            paying: attempts.len(),
            outbox_age_s: oldest,
            wallet: if doubtful == 0 { "ok" } else { "doubtful" }.to_owned(),
            doubtful,
            broker: "up".to_owned(),
            store: match &*self.outage.load() {
                None => StoreHealth { state: "ok".to_owned(), since: None, why: None },
                Some(outage) => StoreHealth {
                    state: "failing".to_owned(),
                    since: Some(shown(outage.since)),
                    why: Some(outage.why.clone()),
                },
            },
            clock: clock_health(**self.clock.load()),
            books: self.check.load().as_ref().map(|check| BooksCheck {
                checked_at: shown(check.at),
                sound: check.faults.is_empty(),
                entries: check.entries,
                fault: check.faults.first().cloned(),
            }),
            at: shown(now),
        }
    }
}

fn clock_health(standing: ClockStanding) -> ClockHealth {
    let (state, off_ms) = match standing {
        ClockStanding::Agrees => ("ok", 0),
        ClockStanding::Ahead { by_ms } => ("ahead", by_ms),
        ClockStanding::Behind { by_ms } => ("behind", -by_ms),
    };
    ClockHealth { state: state.to_owned(), off_s: off_ms / 1_000 }
}
