//! Something for each slot from one on, and for each part of a slot that is divided.

use super::slot::{Slot, SlotPart};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct ByPart<T> {
    first: Slot,
    /// By slot, without gaps: what is of its beginning.
    slots: Vec<T>,
    /// What is of later parts; there are few.
    parts: BTreeMap<SlotPart, T>,
}

impl<T: Clone + Default> ByPart<T> {
    pub(super) fn from(first: Slot) -> ByPart<T> {
        ByPart { first, slots: Vec::new(), parts: BTreeMap::new() }
    }

    /// The default for every part that another knows.
    pub(super) fn like<U>(other: &ByPart<U>) -> ByPart<T> {
        ByPart {
            first: other.first,
            slots: vec![T::default(); other.slots.len()],
            parts: other.parts.keys().map(|part| (*part, T::default())).collect(),
        }
    }

    fn place(&self, slot: Slot) -> Option<usize> {
        usize::try_from(slot.0.checked_sub(self.first.0)?).ok()
    }

    /// What is of a part, if anything is.
    pub(super) fn get(&self, part: SlotPart) -> Option<&T> {
        match part.minute {
            0 => self.slots.get(self.place(part.slot)?),
            _ => self.parts.get(&part),
        }
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, part: SlotPart) -> Option<&mut T> {
        match part.minute {
            0 => {
                let place = self.place(part.slot)?;
                self.slots.get_mut(place)
            }
            _ => self.parts.get_mut(&part),
        }
    }

    /// What is of a part; it is made where there is none. `None` before the first slot.
    pub(super) fn entry(&mut self, part: SlotPart) -> Option<&mut T> {
        let place = self.place(part.slot)?;
        if part.minute > 0 {
            return Some(self.parts.entry(part).or_default());
        }
        if place >= self.slots.len() {
            self.slots.resize_with(place + 1, T::default);
        }
        self.slots.get_mut(place)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().chain(self.parts.values())
    }

    /// Two of them, part by part, as far as both know it.
    pub(super) fn zip_mut<'a, U: Clone + Default>(
        &'a mut self,
        other: &'a ByPart<U>,
    ) -> impl Iterator<Item = (&'a mut T, &'a U)> {
        let parts = self.parts.iter_mut();
        let parts = parts.filter_map(|(part, of)| Some((of, other.parts.get(part)?)));
        self.slots.iter_mut().zip(&other.slots).chain(parts)
    }
}
