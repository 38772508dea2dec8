//! The book as readers see it: each turn that stands publishes a view, and whoever reads takes the
//! newest. Readers never wait for the writer, nor it for them.

use arc_swap::ArcSwap;
use homepay_domain::book::Book;
use homepay_domain::household::Household;
use homepay_domain::live::{Costs, Live};
use homepay_domain::time::UnixMs;
use homepay_domain::usage::UsageBook;
use std::sync::{Arc, Mutex, PoisonError};

/// For how long costs that were computed serve where nothing was used since, in milliseconds:
/// prices change by the clock.
const COSTS_SERVE_MS: i64 = 60_000;

/// The book after a turn that stands.
#[derive(Debug)]
pub struct View {
    pub book: Book,
    /// Counts the changes of prices, devices and the use of days that are over.
    costs_version: u64,
}

/// The newest view, and what readers remember of what use costs.
pub struct Views {
    newest: ArcSwap<View>,
    costs: Mutex<CostMemory>,
}

/// The costs that were computed last, and of what.
#[derive(Default)]
struct CostMemory {
    live: Live,
    costs_version: u64,
    last: Option<Computed>,
}

struct Computed {
    household: Arc<Household>,
    usage: UsageBook,
    /// Counts spans of [`COSTS_SERVE_MS`].
    span: i64,
    costs: Arc<Costs>,
}

impl Views {
    pub fn new(book: &Book) -> Views {
        let first = View { book: book.clone(), costs_version: 0 };
        Views { newest: ArcSwap::from_pointee(first), costs: Mutex::default() }
    }

    /// How the books stand after the newest turn.
    pub fn newest(&self) -> Arc<View> {
        self.newest.load_full()
    }

    /// Shows readers how the books stand now. Whoever is answered afterwards finds what they changed.
    pub fn publish(&self, book: &Book, costs_changed: bool) {
        let costs_version = self.newest.load().costs_version + u64::from(costs_changed);
        self.newest.store(Arc::new(View { book: book.clone(), costs_version }));
    }

    /// What use cost when it was computed last, where devices, prices and days that are over are as
    /// they were then; else as the newest view has it.
    pub(super) fn recent_costs(&self, at: UnixMs) -> Arc<Costs> {
        let view = self.newest();
        let memory = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let last = memory.last.as_ref().filter(|last| {
            memory.costs_version == view.costs_version
                && Arc::ptr_eq(&last.household, &view.book.household)
        });
        if let Some(last) = last {
            return last.costs.clone();
        }
        drop(memory);
        self.costs(&view, at)
    }

    /// What use costs so far, as a view has it. It is computed beside the writer, and once for all who
    /// ask about the same.
    pub fn costs(&self, view: &View, at: UnixMs) -> Arc<Costs> {
        let mut memory = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let CostMemory { live, costs_version, last } = &mut *memory;
        if std::mem::replace(costs_version, view.costs_version) != view.costs_version {
            live.forget();
            *last = None;
        }
        let (book, span) = (&view.book, at.0.div_euclid(COSTS_SERVE_MS));
        let serves = last.as_ref().filter(|last| {
            last.span == span
                && Arc::ptr_eq(&last.household, &book.household)
                && last.usage.shares_all(&book.usage)
        });
        if let Some(last) = serves {
            return last.costs.clone();
        }
        let costs = Arc::new(live.look(book, at));
        let (household, usage) = (book.household.clone(), book.usage.clone());
        *last = Some(Computed { household, usage, span, costs: costs.clone() });
        costs
    }
}
