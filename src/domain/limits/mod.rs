//! An owner's limits: to what they apply, over which period, how much.
//!
//! A limit is an immutable version; an edit makes the next one and never resets use. To add a kind
//! of limit: give it a field here, a check in [`super::decide::checks`], and a place in
//! the form of `homepay-files`; the schemas are written from that.

pub mod hours;
pub mod raise;
pub mod used;
pub mod window;

use super::household::Household;
use super::ids::Name;
use super::money::Minor;
use super::order::{Order, OrderLine};
use super::time::UnixMs;
use hours::Hours;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use window::{Alignment, Period, WeekStart};

/// To which orders a limit applies: every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub home: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Name>,
    /// All devices of one room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Name>,
    /// One category of things; only the matching lines of an order count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<Name>,
}

impl Scope {
    /// True when no field is set: such a scope matches nothing and is refused at the edge.
    pub fn is_empty(&self) -> bool {
        *self == Scope::default()
    }
}

/// How much may be held and spent together in a period. The three are never confused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    /// Not stated: the limit says nothing of amounts; the other limits decide.
    #[default]
    Inherit,
    /// Stated as without limit (`null`).
    Unlimited,
    /// At most this much; zero means nothing is allowed.
    At(Minor),
}

/// What a refund does to the room that an order took in a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRefund {
    /// The room stays taken.
    Keep,
    /// The amount is given back, the count is not.
    Restore,
}

/// Names that are allowed, or names that are blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    #[default]
    Any,
    Allow(Vec<Name>),
    Block(Vec<Name>),
}

impl Names {
    /// True when `name` may be used. What has no name passes only where nothing is restricted, or
    /// where single names are blocked.
    pub fn permits(&self, name: Option<&Name>) -> bool {
        match (self, name) {
            (Names::Any, _) | (Names::Block(_), None) => true,
            (Names::Allow(allowed), Some(name)) => allowed.contains(name),
            (Names::Allow(_), None) => false,
            (Names::Block(blocked), Some(name)) => !blocked.contains(name),
        }
    }
}

/// One version of one limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub id: Name,
    /// Counts the edits, from 1.
    pub version: u32,
    /// When this version was made.
    pub made_at: UnixMs,
    /// To which orders it applies.
    pub scope: Scope,
    /// Over which time amounts and counts are added up.
    pub period: Period,
    /// Holds and spending in the period.
    #[serde(default)]
    pub amount: Cap,
    /// Orders in the period that are open or bought something; a refund gives none back.
    #[serde(default)]
    pub max_count: Option<u32>,
    /// The most that a single piece may cost, whatever the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_item: Option<Minor>,
    #[serde(default)]
    pub alignment: Alignment,
    /// On which day a week begins.
    #[serde(default)]
    pub week_start: WeekStart,
    /// What a refund gives back; unset = keep for day and week, restore for longer.
    #[serde(default)]
    pub on_refund: Option<OnRefund>,
    /// Orders above this are confirmed by a random number.
    #[serde(default)]
    pub confirm_above: Option<Minor>,
    /// Orders above this are sent to the owner.
    #[serde(default)]
    pub approve_above: Option<Minor>,
    /// How long the owner has, in seconds; unset = the home's rule.
    #[serde(default)]
    pub approve_within_s: Option<i64>,
    /// When orders are taken; empty = always.
    #[serde(default)]
    pub hours: Vec<Hours>,
    #[serde(default)]
    pub categories: Names,
    #[serde(default)]
    pub payees: Names,
    /// From when the limit applies.
    #[serde(default)]
    pub valid_from: Option<UnixMs>,
    #[serde(default)]
    pub valid_to: Option<UnixMs>,
}

/// What a limit's scope is held against.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The device that asks; none for a bill.
    pub device: Option<&'a Name>,
    pub room: Option<&'a Name>,
    /// Who speaks, where known.
    pub member: Option<&'a Name>,
    pub payee: Option<&'a Name>,
    pub lines: &'a [TargetLine],
}

/// A line as limits look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetLine {
    /// What kind of spending it is.
    pub category: Option<Name>,
    /// What the line costs.
    pub amount: Minor,
    /// What one whole piece costs, in minor units and rounded up.
    pub each: Minor,
}

impl TargetLine {
    /// The lines of an order; a bill, which no device asked for, has no pieces.
    pub fn of(order: &Order) -> Vec<TargetLine> {
        let has_pieces = order.device().is_some();
        let of = |line: &OrderLine| TargetLine {
            category: line.category.clone(),
            amount: line.amount,
            each: if has_pieces { each(line) } else { Minor::ZERO },
        };
        order.lines.iter().map(of).collect()
    }

    /// A line that has no pieces: a bill.
    pub fn single(category: Option<Name>, amount: Minor) -> TargetLine {
        TargetLine { category, amount, each: Minor::ZERO }
    }
}

/// Rounded up, so that a price between two minor units is never let through. A part of a piece counts as
/// the whole would: who may not buy a thing may not buy it by halves.
fn each(line: &OrderLine) -> Minor {
    let pieces: Option<Decimal> = line.quantity.parse().ok();
    let each = pieces.and_then(|pieces| Decimal::from(line.amount.0).checked_div(pieces));
    each.and_then(|each| each.ceil().to_i64()).map_or(line.amount, Minor)
}

impl<'a> Target<'a> {
    /// What limits look at of an order that was priced; `lines` are its own.
    pub fn of(household: &'a Household, order: &'a Order, lines: &'a [TargetLine]) -> Target<'a> {
        let device = order.device();
        let room = device.and_then(|id| household.devices.get(id)?.room.as_ref());
        let (member, payee) = (order.member.as_ref(), order.payee.as_ref());
        Target { device, room, member, payee, lines }
    }
}

impl Limit {
    /// The first version of a limit that says nothing yet.
    pub fn new(id: Name, scope: Scope, period: Period) -> Limit {
        Limit {
            id,
            version: 1,
            made_at: UnixMs(0),
            scope,
            period,
            amount: Cap::Inherit,
            max_count: None,
            max_per_item: None,
            alignment: Alignment::default(),
            week_start: WeekStart::default(),
            on_refund: None,
            confirm_above: None,
            approve_above: None,
            approve_within_s: None,
            hours: Vec::new(),
            categories: Names::Any,
            payees: Names::Any,
            valid_from: None,
            valid_to: None,
        }
    }

    /// How much of the target falls under this limit; `None` when none of it does, or when the
    /// limit is not in force at `at`.
    pub fn share(&self, target: Target<'_>, at: UnixMs) -> Option<Minor> {
        let in_force =
            self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to);
        let scope = &self.scope;
        let matches = !scope.is_empty()
            && met(scope.device.as_ref(), target.device)
            && met(scope.room.as_ref(), target.room)
            && met(scope.member.as_ref(), target.member)
            && met(scope.payee.as_ref(), target.payee);
        if !in_force || !matches {
            return None;
        }
        let mut sum = Minor::ZERO;
        let mut any = false;
        for line in self.lines_of(target) {
            any = true;
            sum = sum.plus(line.amount)?;
        }
        any.then_some(sum)
    }

    /// The lines of a target that fall under this limit's category.
    pub fn lines_of<'a>(&self, target: Target<'a>) -> impl Iterator<Item = &'a TargetLine> {
        let wanted = self.scope.category.clone();
        target.lines.iter().filter(move |line| met(wanted.as_ref(), line.category.as_ref()))
    }

    /// True when the limit bounds amounts, or says in words that they are unbounded: only such a
    /// limit covers a device.
    pub fn states_amount(&self) -> bool {
        match self.amount {
            Cap::Inherit => false,
            Cap::Unlimited | Cap::At(_) => true,
        }
    }

    /// The same without rules that no order ever meets: to be asked about above the most that may be
    /// spent, and counts of single orders. Zero forbids, and is no such amount.
    #[must_use]
    pub fn without_idle_rules(&self) -> Limit {
        let most = match self.amount {
            Cap::At(most) if most.is_positive() => Some(most),
            Cap::At(_) | Cap::Inherit | Cap::Unlimited => None,
        };
        let met = |above: &Minor| most.is_none_or(|most| *above < most);
        Limit {
            confirm_above: self.confirm_above.filter(met),
            approve_above: self.approve_above.filter(met),
            max_count: self.max_count.filter(|_| self.period != Period::Order),
            ..self.clone()
        }
    }

    /// Keeps the idle rules of the limit before in one that says nothing of them: a limit that is
    /// lowered for a while asks again once it is raised.
    pub fn keep_idle_rules(&mut self, before: &Limit) {
        let kept = Limit {
            confirm_above: self.confirm_above.or(before.confirm_above),
            approve_above: self.approve_above.or(before.approve_above),
            max_count: self.max_count.or(before.max_count),
            ..self.clone()
        };
        let met = kept.without_idle_rules();
        if met.confirm_above == self.confirm_above {
            self.confirm_above = kept.confirm_above;
        }
        if met.approve_above == self.approve_above {
            self.approve_above = kept.approve_above;
        }
        if met.max_count == self.max_count {
            self.max_count = kept.max_count;
        }
    }

    /// What a refund gives back.
    pub fn refund_rule(&self) -> OnRefund {
        self.on_refund.unwrap_or(match self.period {
            Period::Order | Period::Day | Period::Week => OnRefund::Keep,
            Period::Rolling { span_s } if span_s <= WEEK_S => OnRefund::Keep,
            Period::Rolling { .. } | Period::Month | Period::Year | Period::AllTime => {
                OnRefund::Restore
            }
        })
    }
}

/// Seconds in seven days of 24 hours: rolling spans up to this keep what a refund returns.
const WEEK_S: i64 = 7 * 86_400;

fn met(wanted: Option<&Name>, actual: Option<&Name>) -> bool {
    wanted.is_none_or(|wanted| Some(wanted) == actual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;

    #[test]
    fn a_part_of_a_piece_counts_as_the_whole_would() {
        for (quantity, amount, each) in
            [("1", 19_900, 19_900), ("0.15", 2_985, 19_900), ("3", 8_970, 2_990), ("3", 100, 34)]
        {
            let line = OrderLine {
                sku: Name::parse("tv").expect("a name"),
                name: Label::Same("TV".to_owned()),
                quantity: quantity.to_owned(),
                amount: Minor(amount),
                category: None,
                unit: None,
            };
            assert_eq!(super::each(&line), Minor(each), "{quantity}");
        }
    }
}
