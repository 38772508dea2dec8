//! What was looked at when, so that alerts cost little: nothing of it is kept over a restart, after
//! which everything is looked at once. What makes an alert fire once is its id in the book.

use super::tariff::Slot;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that is looked at by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertScan {
    /// What use has cost, against the owner's rules.
    Cost,
    /// What is to come: bills, tiers, prices.
    Ahead,
    /// Devices: silent ones, and days unlike others.
    Devices,
    /// Bills that were made lately: what came late counts.
    Bills,
    /// Alerts that are said again.
    Again,
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Counts what was read: what is as it was need not be looked at.
    reads: u64,
    looked: BTreeMap<AlertScan, (UnixMs, u64)>,
    began: Option<UnixMs>,
    /// True once an alert stands differently than when alerts were looked at.
    alerted: bool,
}

impl Watch {
    /// Something was read that may cost.
    pub fn note_read(&mut self) {
        self.reads = self.reads.wrapping_add(1);
    }

    /// An alert fired, or stands differently.
    pub fn note_alert(&mut self) {
        self.alerted = true;
    }

    /// Something was looked at.
    pub fn note_look(&mut self, look: AlertScan, at: UnixMs) {
        self.looked.insert(look, (at, self.reads));
        self.began.get_or_insert(at);
        self.alerted &= look != AlertScan::Again;
    }

    /// Everything is to be looked at anew.
    pub fn forget(&mut self) {
        self.looked.clear();
        self.began = None;
    }

    /// Whether to look: at once at first, then when something was read since and `every_s` have
    /// passed, and in each slot once.
    pub fn is_due(&self, look: AlertScan, every_s: i64, at: UnixMs) -> bool {
        let slot = self.looked.get(&look).map(|(last, _)| Slot::of(*last));
        slot != Some(Slot::of(at)) || self.has_news(look, every_s, at)
    }

    /// Whether to look at what nothing but readings and prices changes: at once at first, then when
    /// something was read since and `every_s` have passed.
    pub fn has_news(&self, look: AlertScan, every_s: i64, at: UnixMs) -> bool {
        self.looked.get(&look).is_none_or(|(last, reads)| {
            *reads != self.reads && at.since_ms(*last) >= every_s * 1_000
        })
    }

    /// For how long there has been something to look at, in seconds.
    pub fn since(&self, at: UnixMs) -> i64 {
        self.began.map_or(0, |began| at.since_ms(began) / 1_000)
    }

    /// Whether to look at alerts: when one stands differently, and now and then.
    pub fn is_again(&self, every_s: i64, at: UnixMs) -> bool {
        let last = self.looked.get(&AlertScan::Again);
        self.alerted || last.is_none_or(|(last, _)| at.since_ms(*last) >= every_s * 1_000)
    }
}
