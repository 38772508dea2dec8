//! The rules that an order meets, in their fixed order.

use crate::book::{Book, GUESSES_MAX};
use crate::decision::RuleCheck;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::ids::Name;
use crate::limits::used::{Hold, ROLLING, Used};
use crate::limits::window::{Period, Window};
use crate::limits::{Cap, Limit, OnRefund, Target};
use crate::money::Minor;
use crate::order::Order;
use crate::reply::{Code, Reason};
use crate::time::UnixMs;

/// What the rules say of an order.
pub struct Verdict {
    /// Which rules were looked at.
    pub looked: Vec<RuleCheck>,
    /// Why it is refused, if it is.
    pub refused: Option<Reason>,
    /// The room it takes.
    pub holds: Vec<Hold>,
    /// True when a number must be said.
    pub confirm: bool,
    /// True when the owner must say yes, and within how many seconds.
    pub approve: Option<i64>,
    /// The least that is left after it, and until when.
    pub left: Option<(Minor, Option<UnixMs>)>,
}

impl Verdict {
    /// Turns a spoken confirmation into an approval by the owner, for orders without a speaker.
    #[must_use]
    pub fn for_nobody(mut self, approve_within_s: i64) -> Verdict {
        if self.confirm && self.approve.is_none() {
            self.approve = Some(approve_within_s);
        }
        self.confirm = false;
        self
    }

    /// Asks for a confirmation whatever the amount, where it is not certain who spoke, or when.
    #[must_use]
    pub fn confirmed_whatever_it_costs(mut self) -> Verdict {
        if self.refused.is_none() && !self.confirm {
            self.looked.push(plain_check("confirm", "confirm"));
            self.confirm = true;
        }
        self
    }
}

/// A limit that applies, with the period that the order falls into and what is taken of it.
struct Match<'a> {
    limit: &'a Limit,
    share: Minor,
    window: Window,
    used: Used,
    resets_at: Option<UnixMs>,
}

impl Match<'_> {
    fn looked(&self, check: &'static str, verdict: &'static str) -> RuleCheck {
        RuleCheck {
            check: check.into(),
            rule: Some(self.limit.id.clone()),
            window: Some(self.window.key.clone()),
            asked: Some(self.share),
            cap: match self.limit.amount {
                Cap::At(cap) => Some(cap),
                Cap::Inherit | Cap::Unlimited => None,
            },
            used: Some(self.used.spent),
            held: Some(self.used.held),
            left: self.left(),
            orders: None,
            resets_at: self.resets_at,
            verdict: verdict.into(),
        }
    }

    /// Whether a sum from which on somebody is asked was reached; nothing where none is set.
    fn asks(&self, check: &'static str, above: Option<Minor>, looked: &mut Vec<RuleCheck>) -> bool {
        let Some(above) = above else { return false };
        let asks = self.share > above;
        let look = self.looked(check, if asks { check } else { "pass" });
        looked.push(RuleCheck { cap: Some(above), used: None, held: None, left: None, ..look });
        asks
    }

    /// What the limit has left before the order; `None` where it bounds nothing.
    fn left(&self) -> Option<Minor> {
        match self.limit.amount {
            Cap::At(cap) => {
                let taken = self.used.taken().unwrap_or(Minor(i64::MAX));
                Some(cap.minus(taken).unwrap_or(Minor::ZERO).max(Minor::ZERO))
            }
            Cap::Inherit | Cap::Unlimited => None,
        }
    }

    fn reason(&self, code: Code) -> Reason {
        Reason {
            rule: Some(self.limit.id.clone()),
            asked: Some(self.share),
            left: self.left(),
            resets_at: self.resets_at,
            ..Reason::of(code)
        }
    }
}

/// A rule that is not a limit.
pub fn plain_check(check: &'static str, verdict: &'static str) -> RuleCheck {
    RuleCheck {
        check: check.into(),
        rule: None,
        window: None,
        asked: None,
        cap: None,
        used: None,
        held: None,
        left: None,
        orders: None,
        resets_at: None,
        verdict: verdict.into(),
    }
}

/// Holds an order against every rule. `target.lines` are priced and not empty.
pub fn evaluate_limits(
    book: &Book,
    target: Target<'_>,
    at: UnixMs,
    looked: Vec<RuleCheck>,
) -> Verdict {
    judge_without(book, target, None, at, looked)
}

/// The same for an order that waited: what it took of the limits itself does not count, and whether
/// somebody guesses at its device was looked at before.
pub fn judge_without(
    book: &Book,
    target: Target<'_>,
    own: Option<&Order>,
    at: UnixMs,
    mut looked: Vec<RuleCheck>,
) -> Verdict {
    let matches: Vec<Match<'_>> = matching(book, target, own, at);
    let refused = lists(book, target, &matches, at, &mut looked)
        .or_else(|| covered(&matches, &mut looked))
        .or_else(|| pieces(target, &matches, &mut looked))
        .or_else(|| amounts(&matches, true, &mut looked))
        .or_else(|| amounts(&matches, false, &mut looked))
        .or_else(|| counts(&matches, &mut looked))
        .or_else(|| risk(book, target.device.filter(|_| own.is_none()), at, &mut looked));
    let mut verdict =
        Verdict { looked, refused, holds: Vec::new(), confirm: false, approve: None, left: None };
    if verdict.refused.is_some() {
        return verdict;
    }
    for m in &matches {
        verdict.confirm |= m.asks("confirm", m.limit.confirm_above, &mut verdict.looked);
        if m.asks("approve", m.limit.approve_above, &mut verdict.looked) {
            let within = m.limit.approve_within_s.unwrap_or(book.home.rules.approve_within_s);
            verdict.approve = Some(verdict.approve.map_or(within, |w| w.min(within)));
        }
        let after = m.left().and_then(|left| left.minus(m.share));
        if let Some(after) = after.filter(|_| m.limit.period != Period::Order)
            && verdict.left.is_none_or(|(least, _)| after < least)
        {
            verdict.left = Some((after, m.resets_at));
        }
    }
    verdict.holds = matches.iter().filter_map(|m| hold(m, at)).collect();
    verdict
}

fn matching<'a>(
    book: &'a Book,
    target: Target<'_>,
    own: Option<&Order>,
    at: UnixMs,
) -> Vec<Match<'a>> {
    let mut matches = Vec::new();
    for limit in book.household.limits.values() {
        let Some(share) = limit.share(target, at) else { continue };
        let window = limit.period.window(limit.alignment, limit.week_start, &book.home.zone, at);
        let (used, resets_at) = match limit.period {
            Period::Order => (Used::default(), None),
            Period::Rolling { span_s } => {
                let own = own.map(|order| &order.id);
                let (used, oldest) = book.uses.rolling_without(&limit.id, window.start, own);
                (used, oldest.map(|oldest| oldest.plus_s(span_s)))
            }
            Period::Day | Period::Week | Period::Month | Period::Year | Period::AllTime => {
                let own = own.and_then(|o| o.holds.iter().find(|hold| hold.limit == limit.id));
                (book.uses.window_without(&limit.id, &window.key, own), window.end)
            }
        };
        matches.push(Match { limit, share, window, used, resets_at });
    }
    matches
}

fn lists(
    book: &Book,
    target: Target<'_>,
    matches: &[Match<'_>],
    at: UnixMs,
    looked: &mut Vec<RuleCheck>,
) -> Option<Reason> {
    let time = at.in_zone(&book.home.zone).time();
    let mut check = |name: &'static str, code: Code, bad: &dyn Fn(&Limit) -> Option<bool>| {
        let mut refused = None;
        for m in matches {
            let Some(is_bad) = bad(m.limit) else { continue };
            looked.push(m.looked(name, if is_bad { code.as_str() } else { "pass" }));
            if is_bad && refused.is_none() {
                refused = Some(Reason::by(code, &m.limit.id));
            }
        }
        refused
    };
    use crate::limits::Names::Any;
    check("hours", Code::OutsideHours, &|limit| {
        (!limit.hours.is_empty()).then(|| !limit.hours.iter().any(|h| h.holds(time)))
    })
    .or_else(|| {
        check("category", Code::CategoryBlocked, &|limit| {
            (limit.categories != Any).then(|| {
                target.lines.iter().any(|line| !limit.categories.permits(line.category.as_ref()))
            })
        })
    })
    .or_else(|| {
        check("payee", Code::PayeeBlocked, &|limit| {
            (limit.payees != Any).then(|| !limit.payees.permits(target.payee))
        })
    })
}

/// Some limit must bound the amount: what nobody limited is not allowed.
fn covered(matches: &[Match<'_>], looked: &mut Vec<RuleCheck>) -> Option<Reason> {
    if matches.iter().any(|m| m.limit.states_amount()) {
        return None;
    }
    looked.push(plain_check("covered", Code::NoLimitSet.as_str()));
    Some(Reason::of(Code::NoLimitSet))
}

/// What a single piece may cost. The dearest piece is named.
fn pieces(
    target: Target<'_>,
    matches: &[Match<'_>],
    looked: &mut Vec<RuleCheck>,
) -> Option<Reason> {
    let mut strictest: Option<(Minor, Reason)> = None;
    for m in matches {
        let Some(most) = m.limit.max_per_item else { continue };
        let Some(dearest) = m.limit.lines_of(target).map(|line| line.each).max() else { continue };
        let fits = dearest <= most;
        let verdict = if fits { "pass" } else { Code::PerItemExceeded.as_str() };
        let (asked, cap) = (Some(dearest), Some(most));
        let look = m.looked("per_item", verdict);
        let check = RuleCheck { asked, cap, used: None, held: None, left: None, ..look };
        looked.push(RuleCheck { resets_at: None, ..check });
        if !fits && strictest.as_ref().is_none_or(|(least, _)| most < *least) {
            let reason = m.reason(Code::PerItemExceeded);
            let reason = Reason { asked, left: cap, resets_at: None, ..reason };
            strictest = Some((most, reason));
        }
    }
    strictest.map(|(_, reason)| reason)
}

/// Amounts: of the one-order limits, or of all periods. All are looked at; the strictest of those
/// that refuse is named.
fn amounts(matches: &[Match<'_>], one_order: bool, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
    let mut strictest: Option<(Minor, Reason)> = None;
    for m in matches.iter().filter(|m| (m.limit.period == Period::Order) == one_order) {
        let Some(left) = m.left() else { continue };
        let fits = m.share <= left;
        let verdict = if fits { "pass" } else { Code::LimitExceeded.as_str() };
        looked.push(m.looked(if one_order { "order" } else { "amount" }, verdict));
        if !fits && strictest.as_ref().is_none_or(|(least, _)| left < *least) {
            strictest = Some((left, m.reason(Code::LimitExceeded)));
        }
    }
    strictest.map(|(_, reason)| reason)
}

fn counts(matches: &[Match<'_>], looked: &mut Vec<RuleCheck>) -> Option<Reason> {
    let mut refused = None;
    for m in matches.iter().filter(|m| m.limit.period != Period::Order) {
        let Some(max) = m.limit.max_count else { continue };
        let fits = m.used.count < max;
        let look = m.looked("count", if fits { "pass" } else { Code::CountExceeded.as_str() });
        looked.push(RuleCheck { orders: Some((m.used.count, max)), ..look });
        if !fits && refused.is_none() {
            let orders = Some((m.used.count, max));
            let reason = m.reason(Code::CountExceeded);
            refused = Some(Reason { asked: None, left: None, orders, ..reason });
        }
    }
    refused
}

/// Somebody guesses numbers on this device.
fn risk(
    book: &Book,
    device: Option<&Name>,
    at: UnixMs,
    looked: &mut Vec<RuleCheck>,
) -> Option<Reason> {
    let guessing = device.is_some_and(|d| book.recent_guesses(d, at) >= GUESSES_MAX);
    looked.push(plain_check("risk", if guessing { Code::Risk.as_str() } else { "pass" }));
    guessing.then(|| Reason::of(Code::Risk))
}

fn hold(m: &Match<'_>, at: UnixMs) -> Option<Hold> {
    let window = match m.limit.period {
        Period::Order => return None,
        Period::Rolling { .. } => ROLLING.to_owned(),
        Period::Day | Period::Week | Period::Month | Period::Year | Period::AllTime => {
            m.window.key.clone()
        }
    };
    Some(Hold {
        limit: m.limit.id.clone(),
        version: m.limit.version,
        window,
        at,
        share: m.share,
        held: if is_injected(InjectedFault::HoldNotCounted) { Minor::ZERO } else { m.share },
        spent: Minor::ZERO,
        restores: m.limit.refund_rule() == OnRefund::Restore,
        freed: false,
    })
}
