//! Counters of tiers as they rise, in the order in which use is given to them.

use super::day::{BillingPeriod, DayOf};
use super::ladder::{Bound, Counter, Crossing, Ladder};
use super::supply::{Prior, Supply, Unpriced};
use crate::meter::units;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// The counters of a bill.
pub(super) struct Walk<'a, 's> {
    supply: &'s Supply<'a>,
    prior: &'s Prior,
    period: BillingPeriod,
    /// True where only totals are known: they are taken to be used evenly.
    even: bool,
    states: Vec<Option<WalkState>>,
}

/// Which run of a counter: another run begins at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CounterRun {
    start: Date,
    counter: Counter,
    /// Version and season, for counters that begin anew with them.
    part: Option<(usize, usize)>,
}

struct WalkState {
    run: CounterRun,
    reached: Decimal,
    /// Where tiers end in this version and season, in units.
    bounds: Vec<Decimal>,
    bounds_of: (usize, usize),
}

/// A part of some use: its tier from 0, and how many units.
pub(super) type Tiered = Vec<(usize, Decimal)>;

impl<'a, 's> Walk<'a, 's> {
    /// The counters at the beginning of a bill.
    pub(super) fn new(supply: &'s Supply<'a>, prior: &'s Prior, period: BillingPeriod) -> Self {
        Walk { supply, prior, period, even: false, states: Vec::new() }
    }

    /// The same of totals, of which nobody knows when they were used.
    pub(super) fn even(self) -> Self {
        Walk { even: true, ..self }
    }

    fn run(&self, ladder: &Ladder, day: &DayOf) -> CounterRun {
        CounterRun {
            start: self.supply.run(ladder.counter, day.date, self.period.bill).0,
            counter: ladder.counter,
            part: self.is_apart(ladder, day).then_some((day.version, day.season)),
        }
    }

    /// True where each part of a run between changes of season or version has its own allowance, by
    /// its days: where the plan says so, and where a total is shared out over a whole run by days.
    fn is_apart(&self, ladder: &Ladder, day: &DayOf) -> bool {
        ladder.by_season || (self.even && self.is_whole_run(ladder, day))
    }

    /// True where a bill's total has all of a counter's run, and is shared out in proportion.
    fn is_whole_run(&self, ladder: &Ladder, day: &DayOf) -> bool {
        match ladder.counter {
            Counter::Month | Counter::Cycle { .. } | Counter::Bill => {
                let (first, next) = self.supply.run(ladder.counter, day.date, self.period.bill);
                let (from, to) = self.period.days;
                let crossing = self.supply.crossing(day.version, Crossing::Proportional);
                from <= first && next <= to && crossing == Crossing::Proportional
            }
            // A year's tiers are used up in the order of its bills.
            Counter::Day | Counter::Year => false,
        }
    }

    /// Gives units used on a day to a ladder, and says in which tiers they are.
    pub(super) fn take(
        &mut self,
        day: &DayOf,
        ladder: usize,
        units: Decimal,
    ) -> Result<Tiered, Unpriced> {
        let state = self.state(day, ladder)?;
        let parts = split(state.reached, units, &state.bounds).ok_or(Unpriced::TooLarge)?;
        let reached = state.reached.checked_add(units).ok_or(Unpriced::TooLarge)?;
        state.reached = reached.max(Decimal::ZERO);
        Ok(parts)
    }

    /// What a ladder's counter has reached on a day, and where its tiers end, in units.
    pub(super) fn reached(
        &mut self,
        day: &DayOf,
        ladder: usize,
    ) -> Result<(Decimal, &[Decimal]), Unpriced> {
        let state = self.state(day, ladder)?;
        Ok((state.reached, &state.bounds))
    }

    fn state(&mut self, day: &DayOf, at: usize) -> Result<&mut WalkState, Unpriced> {
        let ladder = &self.supply.version(day.version).ladders[at];
        let run = self.run(ladder, day);
        let bounds_of = (day.version, day.season);
        if self.states.len() <= at {
            self.states.resize_with(at + 1, || None);
        }
        let fresh = match &self.states[at] {
            Some(state) if state.run == run && state.bounds_of == bounds_of => None,
            Some(state) if state.run == run => Some(state.reached),
            Some(_) => Some(Decimal::ZERO),
            None => Some(self.known(ladder, at, run)),
        };
        if let Some(reached) = fresh {
            let bounds = self.bounds(ladder, day)?;
            self.states[at] = Some(WalkState { run, reached, bounds, bounds_of });
        }
        self.states[at].as_mut().ok_or(Unpriced::TooLarge)
    }

    /// What is known of a ladder's counter from before the bill: nothing of another run.
    fn known(&self, ladder: &Ladder, at: usize, run: CounterRun) -> Decimal {
        let Prior::Known(prior) = self.prior else { return Decimal::ZERO };
        let first = self.period.days.0;
        let part = self.supply.version_on(first).ok();
        let same = self.supply.run(ladder.counter, first, self.period.bill).0 == run.start
            && (run.part.is_none() || part == run.part);
        let micro = prior.get(at).copied().filter(|_| same).unwrap_or(0);
        units(micro)
    }

    fn bounds(&self, ladder: &Ladder, day: &DayOf) -> Result<Vec<Decimal>, Unpriced> {
        let terms = self.supply.terms;
        let steps =
            ladder.steps(terms.household_size, day.season).ok_or(Unpriced::NoHouseholdSize)?;
        let times = match ladder.counter {
            Counter::Cycle { scaled: true, .. } => Decimal::from(self.supply.cycle_months()),
            Counter::Cycle { scaled: false, .. }
            | Counter::Day
            | Counter::Month
            | Counter::Year
            | Counter::Bill => Decimal::ONE,
        };
        let run = self.supply.run(ladder.counter, day.date, self.period.bill);
        let only = self.is_apart(ladder, day).then_some((day.version, day.season));
        let (days, all) = self.supply.days_of_part(run, only);
        let mut bounds = Vec::with_capacity(steps.up_to.len());
        for bound in &steps.up_to {
            let units = match bound {
                Bound::Units(units) if days == all => units.checked_mul(times),
                Bound::Units(units) => {
                    let part = units.checked_mul(times).and_then(|of| of.checked_mul(days.into()));
                    part.and_then(|part| part.checked_div(all.into()))
                }
                Bound::Baseline(share) => self.supply.allowance(run, only)?.checked_mul(*share),
            };
            bounds.push(units.ok_or(Unpriced::TooLarge)?);
        }
        Ok(bounds)
    }
}

/// Cuts units used from `reached` on at the bounds; a bound is still in the tier that it ends.
fn split(reached: Decimal, units: Decimal, bounds: &[Decimal]) -> Option<Tiered> {
    let end = reached.checked_add(units)?;
    let mut parts = Vec::with_capacity(1);
    let mut from = reached;
    for (tier, bound) in bounds.iter().enumerate() {
        if from >= *bound {
            continue;
        }
        if end <= *bound {
            parts.push((tier, end.checked_sub(from)?));
            return Some(parts);
        }
        parts.push((tier, bound.checked_sub(from)?));
        from = *bound;
    }
    parts.push((bounds.len(), end.checked_sub(from)?));
    Some(parts)
}
