//! The names that a limit may speak of.

use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use std::collections::BTreeSet;

/// The names of a household, by what they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) devices: BTreeSet<Name>,
    /// Rooms in which a device stands.
    pub(super) rooms: BTreeSet<Name>,
    pub(super) members: BTreeSet<Name>,
    /// Categories of items and budgets, and utilities of tariffs.
    pub(super) categories: BTreeSet<Name>,
    pub(super) payees: BTreeSet<Name>,
}

impl Known {
    /// What a household names.
    pub(super) fn of(household: &Household) -> Known {
        let items = household.catalog.values().filter_map(|item| item.category.clone());
        let utilities = household.tariffs.values().map(|tariff| tariff.utility.clone());
        let budgeted = household.budgets.iter().map(|budget| budget.category.clone());
        Known {
            devices: household.devices.keys().cloned().collect(),
            rooms: household.devices.values().filter_map(|d| d.room.clone()).collect(),
            members: household.members.keys().cloned().collect(),
            categories: items.chain(utilities).chain(budgeted).collect(),
            payees: household.payees.keys().cloned().collect(),
        }
    }
}
