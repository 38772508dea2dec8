//! What the rules say of an order: the checks in their order, who must be asked, and the room it takes.

use super::checks::{CHECKS, Judged, Match, plain_check};
use crate::book::Book;
use crate::decision::RuleCheck;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::limits::used::{Hold, ROLLING, Used};
use crate::limits::window::Period;
use crate::limits::{OnRefund, Target};
use crate::money::Minor;
use crate::order::Order;
use crate::reply::Reason;
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
    let device = target.device.filter(|_| own.is_none());
    let judged = Judged { book, target, matches: &matches, device, at };
    let refused = CHECKS.iter().find_map(|check| check.evaluate(&judged, &mut looked));
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
