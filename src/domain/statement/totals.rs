//! What was spent, by device, member, category or payee; and what the use of devices cost.

use super::days::Days;
use super::{Movement, MovementKind, Statement, sum};
use crate::bill::Billing;
use crate::household::DeviceKind;
use crate::ids::Name;
use crate::money::Minor;
use std::collections::BTreeMap;

/// By what a statement adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Device,
    Member,
    /// What kind of spending it was.
    Category,
    Payee,
}

impl By {
    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            By::Device => "device",
            By::Member => "member",
            By::Category => "category",
            By::Payee => "payee",
        }
    }

    fn parts(self, movement: &Movement) -> Vec<(Option<Name>, Minor)> {
        match self {
            By::Device => vec![(movement.device.clone(), movement.amount)],
            By::Member => vec![(movement.member.clone(), movement.amount)],
            By::Payee => vec![(movement.payee.clone(), movement.amount)],
            By::Category => {
                movement.parts.iter().map(|part| (part.category.clone(), part.amount)).collect()
            }
        }
    }
}

/// What one device, member, category or payee adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub paid: Minor,
    /// What came back, as a figure above zero.
    pub returned: Minor,
    /// How many movements had a part in it.
    pub movements: usize,
}

impl Total {
    pub fn net(&self) -> Minor {
        sum([self.paid, Minor(self.returned.0.saturating_neg())])
    }
}

impl Statement {
    /// The sums, by name; what has none comes first.
    pub fn totals(&self, by: By) -> BTreeMap<Option<Name>, Total> {
        let mut totals: BTreeMap<Option<Name>, Total> = BTreeMap::new();
        for movement in &self.movements {
            for (name, amount) in by.parts(movement) {
                let total = totals.entry(name).or_default();
                total.movements += 1;
                match movement.kind {
                    MovementKind::Capture => total.paid = sum([total.paid, amount]),
                    MovementKind::Refund => {
                        total.returned = sum([total.returned, Minor(amount.0.saturating_neg())]);
                    }
                }
            }
        }
        totals
    }
}

/// What a device's use cost: to know, and no money that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseCost {
    pub device: Name,
    pub kind: DeviceKind,
    pub tariff: Name,
    /// Its share of what the home's use cost; none where a price is missing.
    pub cost: Option<Minor>,
}

/// What the use of each device with a tariff cost.
pub fn use_costs(billing: &Billing<'_>, days: Days) -> Vec<UseCost> {
    let of = billing.household.devices.iter();
    of.filter_map(|(device, of)| {
        let tariff = of.tariff.clone()?;
        let cost = billing.device_amount(device, (days.first, days.next));
        Some(UseCost { device: device.clone(), kind: of.kind, tariff, cost })
    })
    .collect()
}
