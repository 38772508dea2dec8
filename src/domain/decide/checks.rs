//! The checks that an order meets. [`CHECKS`] is their order, and what `order explain`, the
//! reference and the tests go by: a kind of limit is one more of them.

use crate::book::{Book, GUESSES_MAX};
use crate::decision::RuleCheck;
use crate::ids::Name;
use crate::limits::used::Used;
use crate::limits::window::{Period, Window};
use crate::limits::{Cap, Limit, Names, Target};
use crate::money::Minor;
use crate::reply::{Code, Reason};
use crate::time::UnixMs;

/// What an order is held against.
pub struct Judged<'a> {
    pub(super) book: &'a Book,
    pub(super) target: Target<'a>,
    pub(super) matches: &'a [Match<'a>],
    /// The device at which numbers may be guessed; none for an order that waited, which was held
    /// against that when it came.
    pub(super) device: Option<&'a Name>,
    pub(super) at: UnixMs,
}

/// One rule that can refuse an order.
pub trait Check: Sync {
    /// What `order explain` calls it.
    fn name(&self) -> &'static str;

    /// The reason with which it refuses an order.
    fn code(&self) -> Code;

    /// Looks at every limit that it is about, notes each in `looked`, and says why it refuses.
    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason>;
}

/// All checks, in the order in which they are made: the first that refuses decides.
pub static CHECKS: &[&dyn Check] = &[
    &HoursCheck,
    &CategoryCheck,
    &PayeeCheck,
    &CoveredCheck,
    &PerItemCheck,
    &OneOrderCheck,
    &AmountCheck,
    &CountCheck,
    &RiskCheck,
];

/// A limit that applies, with the period that the order falls into and what is taken of it.
pub(super) struct Match<'a> {
    pub(super) limit: &'a Limit,
    pub(super) share: Minor,
    pub(super) window: Window,
    pub(super) used: Used,
    pub(super) resets_at: Option<UnixMs>,
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
    pub(super) fn asks(
        &self,
        check: &'static str,
        above: Option<Minor>,
        looked: &mut Vec<RuleCheck>,
    ) -> bool {
        let Some(above) = above else { return false };
        let asks = self.share > above;
        let look = self.looked(check, if asks { check } else { "pass" });
        looked.push(RuleCheck { cap: Some(above), used: None, held: None, left: None, ..look });
        asks
    }

    /// What the limit has left before the order; `None` where it bounds nothing.
    pub(super) fn left(&self) -> Option<Minor> {
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

/// Looks at each limit for which `is_bad` has an answer; the first that is bad refuses.
fn each(
    check: &dyn Check,
    judged: &Judged<'_>,
    looked: &mut Vec<RuleCheck>,
    is_bad: impl Fn(&Limit) -> Option<bool>,
) -> Option<Reason> {
    let mut refused = None;
    for m in judged.matches {
        let Some(is_bad) = is_bad(m.limit) else { continue };
        looked.push(m.looked(check.name(), verdict(is_bad, check.code())));
        if is_bad && refused.is_none() {
            refused = Some(Reason::by(check.code(), &m.limit.id));
        }
    }
    refused
}

fn verdict(is_bad: bool, code: Code) -> &'static str {
    if is_bad { code.as_str() } else { "pass" }
}

/// The hours of the day in which orders are taken.
struct HoursCheck;

impl Check for HoursCheck {
    fn name(&self) -> &'static str {
        "hours"
    }

    fn code(&self) -> Code {
        Code::OutsideHours
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        let time = judged.at.in_zone(&judged.book.home.zone).time();
        each(self, judged, looked, |limit| {
            (!limit.hours.is_empty()).then(|| !limit.hours.iter().any(|h| h.holds(time)))
        })
    }
}

/// The kinds of things that may be bought.
struct CategoryCheck;

impl Check for CategoryCheck {
    fn name(&self) -> &'static str {
        "category"
    }

    fn code(&self) -> Code {
        Code::CategoryBlocked
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        let lines = judged.target.lines;
        each(self, judged, looked, |limit| {
            (limit.categories != Names::Any)
                .then(|| lines.iter().any(|l| !limit.categories.permits(l.category.as_ref())))
        })
    }
}

/// Who may be paid.
struct PayeeCheck;

impl Check for PayeeCheck {
    fn name(&self) -> &'static str {
        "payee"
    }

    fn code(&self) -> Code {
        Code::PayeeBlocked
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        let payee = judged.target.payee;
        each(self, judged, looked, |limit| {
            (limit.payees != Names::Any).then(|| !limit.payees.permits(payee))
        })
    }
}

/// Some limit must bound the amount: what nobody limited is not allowed.
struct CoveredCheck;

impl Check for CoveredCheck {
    fn name(&self) -> &'static str {
        "covered"
    }

    fn code(&self) -> Code {
        Code::NoLimitSet
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        if judged.matches.iter().any(|m| m.limit.states_amount()) {
            return None;
        }
        looked.push(plain_check(self.name(), self.code().as_str()));
        Some(Reason::of(self.code()))
    }
}

/// What a single piece may cost. The dearest piece is named.
struct PerItemCheck;

impl Check for PerItemCheck {
    fn name(&self) -> &'static str {
        "per_item"
    }

    fn code(&self) -> Code {
        Code::PerItemExceeded
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        let mut strictest: Option<(Minor, Reason)> = None;
        for m in judged.matches {
            let Some(most) = m.limit.max_per_item else { continue };
            let pieces = m.limit.lines_of(judged.target).map(|line| line.each);
            let Some(dearest) = pieces.max() else { continue };
            let fits = dearest <= most;
            let (asked, cap) = (Some(dearest), Some(most));
            let look = m.looked(self.name(), verdict(!fits, self.code()));
            let check = RuleCheck { asked, cap, used: None, held: None, left: None, ..look };
            looked.push(RuleCheck { resets_at: None, ..check });
            if !fits && strictest.as_ref().is_none_or(|(least, _)| most < *least) {
                let reason = m.reason(self.code());
                let reason = Reason { asked, left: cap, resets_at: None, ..reason };
                strictest = Some((most, reason));
            }
        }
        strictest.map(|(_, reason)| reason)
    }
}

/// All limits over one order, or over periods, are looked at; the strictest of those that refuse is
/// named.
fn amounts(
    check: &dyn Check,
    judged: &Judged<'_>,
    looked: &mut Vec<RuleCheck>,
    is_of: impl Fn(Period) -> bool,
) -> Option<Reason> {
    let mut strictest: Option<(Minor, Reason)> = None;
    for m in judged.matches.iter().filter(|m| is_of(m.limit.period)) {
        let Some(left) = m.left() else { continue };
        let fits = m.share <= left;
        looked.push(m.looked(check.name(), verdict(!fits, check.code())));
        if !fits && strictest.as_ref().is_none_or(|(least, _)| left < *least) {
            strictest = Some((left, m.reason(check.code())));
        }
    }
    strictest.map(|(_, reason)| reason)
}

/// The amount of one order.
struct OneOrderCheck;

impl Check for OneOrderCheck {
    fn name(&self) -> &'static str {
        "order"
    }

    fn code(&self) -> Code {
        Code::LimitExceeded
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        amounts(self, judged, looked, |period| period == Period::Order)
    }
}

/// The amounts of periods, at every scope that matches.
struct AmountCheck;

impl Check for AmountCheck {
    fn name(&self) -> &'static str {
        "amount"
    }

    fn code(&self) -> Code {
        Code::LimitExceeded
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        amounts(self, judged, looked, |period| period != Period::Order)
    }
}

/// How many orders a period has room for.
struct CountCheck;

impl Check for CountCheck {
    fn name(&self) -> &'static str {
        "count"
    }

    fn code(&self) -> Code {
        Code::CountExceeded
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        let mut refused = None;
        for m in judged.matches.iter().filter(|m| m.limit.period != Period::Order) {
            let Some(max) = m.limit.max_count else { continue };
            let fits = m.used.count < max;
            let orders = Some((m.used.count, max));
            let look = m.looked(self.name(), verdict(!fits, self.code()));
            looked.push(RuleCheck { orders, ..look });
            if !fits && refused.is_none() {
                let reason = m.reason(self.code());
                refused = Some(Reason { asked: None, left: None, orders, ..reason });
            }
        }
        refused
    }
}

/// Whether somebody guesses numbers at the device.
struct RiskCheck;

impl Check for RiskCheck {
    fn name(&self) -> &'static str {
        "risk"
    }

    fn code(&self) -> Code {
        Code::Risk
    }

    fn evaluate(&self, judged: &Judged<'_>, looked: &mut Vec<RuleCheck>) -> Option<Reason> {
        let guesses = |device: &Name| judged.book.recent_guesses(device, judged.at);
        let guessing = judged.device.is_some_and(|device| guesses(device) >= GUESSES_MAX);
        looked.push(plain_check(self.name(), verdict(guessing, self.code())));
        guessing.then(|| Reason::of(self.code()))
    }
}
