//! Limits are set and edited: a period that runs already is counted from its beginning.

use crate::book::Book;
use crate::decision::{Change, CommandOutcome, Decision, Effect, LimitOutcome};
use crate::facts::Facts;
use crate::household::Household;
use crate::ids::OrderId;
use crate::limits::used::{Hold, ROLLING, UseBook, Used};
use crate::limits::window::{Period, Window};
use crate::limits::{Limit, OnRefund, Target, TargetLine};
use crate::marks::{Mark, reached};
use crate::money::Minor;
use crate::order::Order;
use crate::reply::Code;
use crate::time::UnixMs;
use std::collections::BTreeMap;

/// Edits of limits in one decision. An order that is open is touched once, by all of them.
pub(super) struct LimitEdits<'a> {
    facts: &'a Facts<'a>,
    household: &'a Household,
    at: UnixMs,
    changes: Vec<Change>,
    open: BTreeMap<OrderId, Order>,
    outcomes: Vec<(Option<Limit>, Limit, bool)>,
}

/// The running period of a limit.
fn window_of(book: &Book, limit: &Limit, at: UnixMs) -> Window {
    limit.period.window(limit.alignment, limit.week_start, &book.home.zone, at)
}

/// True where an edit makes a limit count other orders than it did: it is new, or its period or its
/// scope is another.
pub fn counts_anew(book: &Book, limit: &Limit, at: UnixMs) -> bool {
    // The start tells rolling spans apart, which share one key.
    let begins = |limit: &Limit| {
        let window = window_of(book, limit, at);
        (window.key, window.start)
    };
    limit.period != Period::Order
        && book
            .household
            .limits
            .get(&limit.id)
            .is_none_or(|before| begins(before) != begins(limit) || before.scope != limit.scope)
}

impl<'a> LimitEdits<'a> {
    /// No edits yet, of limits of this household.
    pub fn new(facts: &'a Facts<'a>, household: &'a Household, at: UnixMs) -> LimitEdits<'a> {
        let open = facts.book.open.iter().map(|(id, order)| (id.clone(), order.clone())).collect();
        LimitEdits { facts, household, at, changes: Vec::new(), open, outcomes: Vec::new() }
    }

    /// Puts the next version of a limit in force, or nothing where it stands so already.
    pub fn set(&mut self, limit: &Limit) {
        let book = self.facts.book;
        let before = book.household.limits.get(&limit.id);
        let version = book.limit_versions.get(&limit.id).map_or(1, |v| v.saturating_add(1));
        let next = Limit { version, made_at: self.at, ..limit.clone() };
        if let Some(before) = before {
            let same = Limit { version: before.version, made_at: before.made_at, ..next.clone() };
            if same == *before {
                return;
            }
        }
        let anew = counts_anew(book, &next, self.at);
        let carried = if anew { self.carried(&next) } else { Vec::new() };
        let replaced = before.cloned().map(Box::new);
        self.changes.push(Change::Limit {
            limit: Box::new(next.clone()),
            before: replaced,
            carried,
        });
        if anew {
            reached(Mark::LimitCountsAnew);
            self.count(&next);
        }
        self.outcomes.push((before.cloned(), next, anew));
    }

    /// The holds of earlier orders that are over, moved into the period that the limit now counts. What
    /// was held in that very period goes on as it is; open orders move their holds themselves.
    fn carried(&self, limit: &Limit) -> Vec<(OrderId, Hold)> {
        let window = key_of(self.facts.book, limit, self.at);
        let taken = self.facts.holds.get(&limit.id).into_iter().flatten();
        taken
            .filter(|(id, hold)| hold.window == window || !self.open.contains_key(id))
            .map(|(id, hold)| {
                if hold.window == window {
                    return (id.clone(), hold.clone());
                }
                let spent = hold.held.plus(hold.spent).unwrap_or(hold.share);
                let (window, held, version) = (window.clone(), Minor::ZERO, limit.version);
                (id.clone(), Hold { window, held, spent, version, ..hold.clone() })
            })
            .collect()
    }

    /// Has a limit count what its scope has spent and holds in its running period.
    fn count(&mut self, limit: &Limit) {
        let book = self.facts.book;
        let start = window_of(book, limit, self.at).start;
        let key = key_of(book, limit, self.at);
        let taken = self.facts.holds.get(&limit.id);
        let known = |id: &OrderId| taken.is_some_and(|t| t.iter().any(|(order, _)| order == id));
        for order in self.facts.bought.iter().filter(|o| !self.open.contains_key(&o.id)) {
            let own = order.holds.iter().any(|hold| hold.limit == limit.id);
            let hold = hold_of(self.household, order, limit, &key).filter(|h| h.at >= start);
            if let Some(after) = hold.filter(|_| !own && !known(&order.id)) {
                self.changes.push(Change::Hold { order: order.id.clone(), before: None, after });
            }
        }
        for order in self.open.values_mut() {
            let own = order.holds.iter().position(|hold| hold.limit == limit.id);
            match own {
                Some(own) if order.holds[own].at >= start => {
                    order.holds[own].window.clone_from(&key);
                }
                Some(_) => {}
                None => {
                    let hold = hold_of(self.household, order, limit, &key);
                    order.holds.extend(hold.filter(|hold| hold.at >= start));
                }
            }
        }
    }

    /// The changes, in the order in which they are made, and what is told of the limits.
    pub fn done(mut self) -> (Vec<Change>, Vec<LimitOutcome>) {
        let book = self.facts.book;
        let mut held = Decision::nothing();
        for (id, after) in std::mem::take(&mut self.open) {
            if let Some(before) = book.open.get(&id).filter(|before| **before != after) {
                held.put_order(Some(before), after);
            }
        }
        self.changes.extend(held.changes);
        let mut uses = UseBook::default();
        if self.outcomes.iter().any(|(_, _, anew)| *anew) {
            uses = book.uses.clone();
            self.changes.iter().for_each(|change| uses.follow(change));
        }
        let told = self.outcomes.into_iter().map(|(before, after, anew)| {
            let window = window_of(book, &after, self.at);
            let counts = match after.period {
                Period::Rolling { .. } => uses.rolling(&after.id, window.start).0,
                Period::Order
                | Period::Day
                | Period::Week
                | Period::Month
                | Period::Year
                | Period::AllTime => uses.window(&after.id, &window.key),
            };
            LimitOutcome {
                before,
                after,
                counts: anew.then_some(counts).filter(|used| *used != Used::default()),
            }
        });
        (self.changes, told.collect())
    }
}

/// The key under which holds of a limit are kept in its running period.
fn key_of(book: &Book, limit: &Limit, at: UnixMs) -> String {
    match limit.period {
        Period::Rolling { .. } => ROLLING.to_owned(),
        Period::Order
        | Period::Day
        | Period::Week
        | Period::Month
        | Period::Year
        | Period::AllTime => window_of(book, limit, at).key,
    }
}

/// What an order takes of a limit that was not there when it was judged; `None` where it does not
/// fall under it.
fn hold_of(household: &Household, order: &Order, limit: &Limit, key: &str) -> Option<Hold> {
    let at = order.holds.iter().map(|hold| hold.at).max().unwrap_or(order.asked_at);
    let lines = TargetLine::of(order);
    let share = limit.share(Target::of(household, order, &lines), at)?;
    let restores = limit.refund_rule() == OnRefund::Restore;
    let bought = order.captured.is_positive();
    let kept = if restores { order.net() } else { order.captured };
    Some(Hold {
        limit: limit.id.clone(),
        version: limit.version,
        window: key.to_owned(),
        at,
        share,
        held: if bought { Minor::ZERO } else { share },
        spent: if bought { share.min(kept) } else { Minor::ZERO },
        restores,
        freed: false,
    })
}

/// One limit is set. A version that it names is the one that the edit was made of.
pub(super) fn set_limit(facts: &Facts<'_>, limit: &Limit, at: UnixMs) -> Decision {
    let stands = facts.book.household.limits.get(&limit.id).map_or(0, |l| l.version);
    if limit.version != 0 && limit.version != stands {
        let why = format!("limit {} was changed meanwhile: look at it and set it again", limit.id);
        return Decision::refused(Code::StaleEdit, why);
    }
    let mut edits = LimitEdits::new(facts, &facts.book.household, at);
    edits.set(limit);
    let (changes, outcomes) = edits.done();
    Decision {
        changes,
        effects: vec![Effect::Refresh(None)],
        outcome: CommandOutcome::Limits(outcomes),
    }
}
