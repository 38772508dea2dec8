//! What orders have taken of a limit: holds, spending, counts.

use crate::decision::Change;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::ids::{Name, OrderId};
use crate::money::Minor;
use crate::shared_map::SharedMap;
use crate::time::UnixMs;
use serde::{Deserialize, Serialize};

/// How much of one period is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Reserved for orders that are not settled yet.
    pub held: Minor,
    /// Spent, less what refunds gave back.
    pub spent: Minor,
    /// Orders that are open or bought something: what ended without buying gives its place back, a
    /// refund does not.
    pub count: u32,
}

impl Used {
    /// Held and spent together; `None` on overflow.
    pub fn taken(self) -> Option<Minor> {
        self.held.plus(self.spent)
    }
}

/// The room that one order takes in one limit. The window was named when the room was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub limit: Name,
    /// The version of it that judged.
    pub version: u32,
    pub window: String,
    /// When room was taken, by the greatest time seen.
    pub at: UnixMs,
    /// How much of the order falls under the limit.
    pub share: Minor,
    pub held: Minor,
    pub spent: Minor,
    /// True when a refund gives room back.
    pub restores: bool,
    /// True when the order gave its place in the count back: it bought nothing, or the limit no
    /// longer applies to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub freed: bool,
}

impl Hold {
    /// Gives back all that was taken, the place in the count included.
    pub fn free(&mut self) {
        self.held = Minor::ZERO;
        self.spent = Minor::ZERO;
        self.freed = true;
    }

    /// How many orders it counts as.
    fn count(&self) -> u32 {
        u32::from(!self.freed)
    }
}

/// Use by limit and period, and by order for rolling limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UseBook {
    /// Added up per limit and window key.
    windows: SharedMap<Name, SharedMap<String, Used>>,
    /// Single holds of rolling limits, by time.
    rolling: SharedMap<Name, SharedMap<(UnixMs, OrderId), Hold>>,
}

/// The window key of rolling limits: their room is added up anew for each order.
pub const ROLLING: &str = "rolling";

impl UseBook {
    /// How much of a window is taken.
    pub fn window(&self, limit: &Name, key: &str) -> Used {
        self.windows.get(limit).and_then(|w| w.get(key)).copied().unwrap_or_default()
    }

    /// How much of a window is taken by others than an order that holds this much of it.
    pub fn window_without(&self, limit: &Name, key: &str, own: Option<&Hold>) -> Used {
        let used = self.window(limit, key);
        let Some(own) = own.filter(|own| own.window == key) else { return used };
        Used {
            held: moved(used.held, own.held, Minor::ZERO),
            spent: moved(used.spent, own.spent, Minor::ZERO),
            count: used.count.saturating_sub(own.count()),
        }
    }

    /// How much of a rolling limit was taken after `since`, and when the oldest of it was.
    pub fn rolling(&self, limit: &Name, since: UnixMs) -> (Used, Option<UnixMs>) {
        self.rolling_without(limit, since, None)
    }

    /// The same without what one order took.
    pub fn rolling_without(
        &self,
        limit: &Name,
        since: UnixMs,
        own: Option<&OrderId>,
    ) -> (Used, Option<UnixMs>) {
        let mut used = Used::default();
        let mut oldest = None;
        for ((at, order), hold) in self.rolling.get(limit).into_iter().flatten() {
            if *at <= since || hold.freed || own == Some(order) {
                continue;
            }
            oldest = oldest.or(Some(*at));
            used.held = used.held.plus(hold.held).unwrap_or(Minor(i64::MAX));
            used.spent = used.spent.plus(hold.spent).unwrap_or(Minor(i64::MAX));
            used.count = used.count.saturating_add(hold.count());
        }
        (used, oldest)
    }

    /// Puts one order's hold in the place of what it was before (`None` = new).
    ///
    /// Sums stay below `i64::MAX` because each hold was judged against a cap or is bounded by
    /// [`crate::order::AMOUNT_MAX`]; should they not, they stand at the end and refuse.
    pub fn put(&mut self, order: &OrderId, before: Option<&Hold>, after: &Hold) {
        self.leave(before.filter(|b| b.window != after.window));
        if after.window == ROLLING {
            let holds = self.rolling.get_or_default(&after.limit);
            if let Some(before) = before.filter(|b| b.at != after.at) {
                holds.remove(&(before.at, order.clone()));
            }
            holds.insert((after.at, order.clone()), after.clone());
            return;
        }
        let windows = self.windows.get_or_default(&after.limit);
        let used = windows.get_or_default(&after.window);
        let stayed = before.filter(|b| b.window == after.window);
        let (held, spent) = stayed.map_or((Minor::ZERO, Minor::ZERO), |b| (b.held, b.spent));
        used.held = moved(used.held, held, after.held);
        used.spent = moved(used.spent, spent, after.spent);
        let counted = stayed.map_or(0, Hold::count);
        used.count = used.count.saturating_add(after.count()).saturating_sub(counted);
        if is_injected(InjectedFault::RefundRestoringACount) && after.spent < spent {
            used.count = used.count.saturating_sub(1);
        }
    }

    /// A hold goes to another window, as when an owner takes a leap of the clock back.
    fn leave(&mut self, hold: Option<&Hold>) {
        let Some(hold) = hold else { return };
        let windows = self.windows.get_mut(&hold.limit);
        if let Some(used) = windows.and_then(|w| w.get_mut(&hold.window)) {
            used.held = moved(used.held, hold.held, Minor::ZERO);
            used.spent = moved(used.spent, hold.spent, Minor::ZERO);
            used.count = used.count.saturating_sub(hold.count());
        }
    }

    /// Sets a window's use as the store had it.
    pub fn set(&mut self, limit: &Name, key: &str, used: Used) {
        self.windows.get_or_default(limit).insert(key.to_owned(), used);
    }

    /// Puts the holds that an edit of a limit moved into the period that it now counts: they are all
    /// that is in it, also where some were there before.
    pub fn carry(&mut self, carried: &[(OrderId, Hold)]) {
        for (_, hold) in carried {
            self.clear(&hold.limit, &hold.window);
        }
        for (order, hold) in carried {
            self.put(order, None, hold);
        }
    }

    /// Moves the sums by a change of the books; most leave them.
    pub fn follow(&mut self, change: &Change) {
        if let Change::Hold { order, before, after } = change {
            self.put(order, before.as_ref(), after);
        } else if let Change::Limit { carried, .. } = change {
            self.carry(carried);
        }
    }

    fn clear(&mut self, limit: &Name, key: &str) {
        if key == ROLLING {
            self.rolling.remove(limit);
        } else if let Some(windows) = self.windows.get_mut(limit) {
            windows.remove(key);
        }
    }

    /// Every window with its use.
    pub fn all(&self) -> impl Iterator<Item = (&Name, &String, &Used)> {
        self.windows.iter().flat_map(|(l, w)| w.iter().map(move |(k, u)| (l, k, u)))
    }

    /// Forgets rolling holds of `limit` from before `since`.
    pub fn forget_rolling(&mut self, limit: &Name, since: UnixMs) {
        let known = self.rolling.get(limit);
        // Readers share what is not touched: where nothing is old, nothing is copied.
        if known.and_then(|h| h.first_key_value()).is_none_or(|((at, _), _)| *at > since) {
            return;
        }
        if let Some(holds) = self.rolling.get_mut(limit) {
            holds.retain(|(at, _), _| *at > since);
        }
    }
}

fn moved(total: Minor, before: Minor, after: Minor) -> Minor {
    total.plus(after).and_then(|t| t.minus(before)).unwrap_or(Minor(i64::MAX))
}
