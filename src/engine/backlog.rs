//! What the engine took in and has not decided: it waits for a turn, in order, also while the store
//! cannot commit.
//!
//! A turn that fails happened to nobody: its work goes back to the front and is tried again, one
//! thing at a time, until it stands. Nothing of it is acknowledged meanwhile. Only work that fails
//! alone, again and again, while the store commits everything else, is set aside.

use super::turn::Incoming;
use super::{Input, Ticket};
use homepay_domain::fault_injection::{InjectedFault, is_injected};
use homepay_domain::time::UnixMs;
use std::collections::VecDeque;

/// How many things are kept while the store cannot commit. Beyond it the queue fills, and then
/// the broker keeps what it has.
pub const BACKLOG_LEN_MAX: usize = 1_024;

/// How often one thing may fail alone, while the store commits, before it is set aside.
const ALONE_TRIES_MAX: u32 = 3;

/// Why the store does not commit, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the first turn failed, by the books' time.
    pub since: UnixMs,
    /// What the store said last.
    pub why: String,
    /// How many turns failed in a row.
    pub tries: u32,
}

#[derive(Default)]
pub struct Backlog {
    waiting: VecDeque<Input>,
    outage: Option<Outage>,
    /// How often what stands in front failed alone.
    alone_tries: u32,
}

impl Backlog {
    /// Puts something behind what waits.
    pub fn push(&mut self, input: Input) {
        self.waiting.push_back(input);
    }

    /// Puts something in front of what waits: it is what came of what stood there.
    pub fn push_front(&mut self, input: Input) {
        self.waiting.push_front(input);
    }

    /// How many more things may be taken in.
    #[must_use]
    pub fn room(&self) -> usize {
        BACKLOG_LEN_MAX.saturating_sub(self.waiting.len())
    }

    /// How many things wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// True when nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Why nothing is committed, while that is so.
    #[must_use]
    pub fn outage(&self) -> Option<&Outage> {
        self.outage.as_ref()
    }

    /// What stands in front, where the books must be looked at to know what is to be decided.
    pub fn next_open(&mut self) -> Option<Input> {
        let is_open = |input: &Input| !matches!(input, Input::Work(_));
        if self.waiting.front().is_some_and(is_open) { self.waiting.pop_front() } else { None }
    }

    /// The work of the next turn, `len_max` things at most: edits have a turn of their own, and
    /// after a failure everything has.
    pub fn next_batch(&mut self, len_max: usize) -> Vec<Incoming<Ticket>> {
        let len_max = if self.outage.is_some() { 1 } else { len_max };
        let mut batch = Vec::with_capacity(len_max.min(self.waiting.len()));
        while batch.len() < len_max {
            let alone = match self.waiting.front() {
                Some(Input::Work(incoming)) => incoming.work.stands_alone(),
                _ => break,
            };
            if alone && !batch.is_empty() {
                break;
            }
            if let Some(Input::Work(incoming)) = self.waiting.pop_front() {
                batch.push(incoming);
            }
            if alone {
                break;
            }
        }
        batch
    }

    /// The turn of this batch failed: it waits again, in front of everything. `blamed` = what it was
    /// about may be the cause.
    pub fn put_back(
        &mut self,
        batch: Vec<Incoming<Ticket>>,
        why: String,
        blamed: bool,
        at: UnixMs,
    ) {
        let alone = blamed && batch.len() == 1;
        self.alone_tries = if alone { self.alone_tries.saturating_add(1) } else { 0 };
        let outage = self.outage.get_or_insert(Outage { since: at, why: String::new(), tries: 0 });
        outage.why = why;
        outage.tries = outage.tries.saturating_add(1);
        if is_injected(InjectedFault::BatchDropped) {
            return;
        }
        for incoming in batch.into_iter().rev() {
            self.waiting.push_front(Input::Work(incoming));
        }
    }

    /// A turn stood. Gives back the outage that it ended.
    pub fn stood(&mut self) -> Option<Outage> {
        self.alone_tries = 0;
        self.outage.take()
    }

    /// What stands in front, where it alone keeps failing: to be set aside by who knows that the
    /// store commits other things.
    pub fn poisoned(&mut self) -> Option<Incoming<Ticket>> {
        if self.alone_tries < ALONE_TRIES_MAX {
            return None;
        }
        self.alone_tries = 0;
        match self.waiting.pop_front()? {
            Input::Work(incoming) => Some(incoming),
            open => {
                self.waiting.push_front(open);
                None
            }
        }
    }

    /// True once what stands in front failed alone often enough to be suspected.
    #[must_use]
    pub fn suspects(&self) -> bool {
        self.alone_tries >= ALONE_TRIES_MAX
    }
}
