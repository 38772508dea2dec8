//! Words that stand in many rows: each is kept once and shared.

use super::batch::Cell;
use homepay_domain::order::State;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Interned {
    states: BTreeMap<State, Arc<str>>,
    kinds: BTreeMap<&'static str, Arc<str>>,
    empty: Arc<str>,
}

impl Interned {
    /// How an order stands.
    pub fn state(&mut self, state: State) -> Cell {
        let word = self.states.entry(state).or_insert_with(|| state.as_str().into());
        Cell::Shared(word.clone())
    }

    pub fn empty(&self) -> Cell {
        Cell::Shared(self.empty.clone())
    }

    /// The kind of an entry of the journal.
    pub fn kind(&mut self, kind: &'static str) -> Cell {
        Cell::Shared(self.kinds.entry(kind).or_insert_with(|| kind.into()).clone())
    }
}
