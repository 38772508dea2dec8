//! Phases that a meter sets off against each other: what one draws while another gives back is neither
//! drawn nor given back.

use crate::decision::{Change, Decision};
use crate::meter::Quantity;
use crate::tariff::{Slot, SlotUse};
use std::collections::BTreeMap;

/// Sets off what the counters of one message rose by, drawn and given back.
pub(super) fn net(decision: &mut Decision) {
    let drawn = sums(decision, Quantity::Energy);
    let given = sums(decision, Quantity::EnergyExport);
    let both = |(at, micro): (&(Slot, u8), &i64)| {
        let other = given.get(at).copied().unwrap_or(0);
        (*at, other.min(*micro))
    };
    let both: BTreeMap<(Slot, u8), i64> = drawn.iter().map(both).collect();
    for quantity in [Quantity::Energy, Quantity::EnergyExport] {
        let mut left = both.clone();
        for of_slot in added(decision, quantity) {
            let Some(left) = left.get_mut(&(of_slot.slot, of_slot.minute)) else { continue };
            let off = of_slot.micro.min(*left).max(0);
            of_slot.micro -= off;
            *left -= off;
        }
    }
}

fn sums(decision: &mut Decision, of: Quantity) -> BTreeMap<(Slot, u8), i64> {
    let mut sums = BTreeMap::new();
    for of_slot in added(decision, of) {
        let sum: &mut i64 = sums.entry((of_slot.slot, of_slot.minute)).or_default();
        *sum = sum.saturating_add(of_slot.micro);
    }
    sums
}

/// What a message adds to the use of a quantity.
fn added(decision: &mut Decision, of: Quantity) -> impl Iterator<Item = &mut SlotUse> {
    let reads = decision.changes.iter_mut().filter_map(move |change| {
        let Change::Read { quantity, added, .. } = change else { return None };
        (*quantity == of).then_some(added)
    });
    reads.flatten()
}
