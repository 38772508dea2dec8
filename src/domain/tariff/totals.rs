//! Totals by window cut into pieces, where nobody knows when within a bill the use was.

use super::cut::{GroupedUse, PricedUse, gather, piece, share_out};
use super::day::{BillingPeriod, DayOf};
use super::ladder::{Counter, Crossing};
use super::slot::Register;
use super::supply::{Supply, Unpriced};
use super::walk::Walk;
use crate::limits::window::{midnight, plus_days};
use crate::meter::units;
use jiff::civil::Date;

/// A run of days of a bill on which everything but windows is the same.
struct Stretch {
    day: DayOf,
    runs: Vec<Date>,
    days: i64,
}

impl Supply<'_> {
    /// Cuts totals; what spans a change of price is shared out by days, and is an estimate.
    pub(super) fn cut_registers(
        &self,
        registers: &[Register],
        walk: &mut Walk<'_, '_>,
        period: BillingPeriod,
    ) -> Result<Vec<PricedUse>, Unpriced> {
        let stretches = self.stretches(period)?;
        let all_days: i64 = stretches.iter().map(|stretch| stretch.days).sum();
        let estimated = stretches.len() > 1;
        let mut left: Vec<i64> = registers.iter().map(|register| register.micro).collect();
        let mut pieces = Vec::new();
        for (place, stretch) in stretches.iter().enumerate() {
            let last = place + 1 == stretches.len();
            let mut groups = Vec::new();
            for (register, left) in registers.iter().zip(&mut left) {
                let part = i128::from(register.micro) * i128::from(stretch.days)
                    / i128::from(all_days.max(1));
                let part = i64::try_from(part).map_err(|_| Unpriced::TooLarge)?;
                let micro = if last { *left } else { part };
                *left = left.saturating_sub(micro);
                let (day, window) = (stretch.day, self.window_named(&stretch.day, register)?);
                let item = GroupedUse { window, slot: None, units: units(micro), estimated };
                let version = self.version(day.version);
                let Some(ladder) = version.ladder(window) else {
                    pieces.push(piece(&day, &item, 0, item.units));
                    continue;
                };
                match self.crossing(day.version, Crossing::Proportional) {
                    Crossing::Chronological => {
                        for (tier, part) in walk.take(&day, ladder, item.units)? {
                            pieces.push(piece(&day, &item, tier, part));
                        }
                    }
                    Crossing::Proportional => {
                        gather(&mut groups, (day, ladder, stretch.runs[ladder]), item)?;
                    }
                }
            }
            share_out(groups, walk, &mut pieces)?;
        }
        Ok(pieces)
    }

    fn window_named(&self, day: &DayOf, register: &Register) -> Result<usize, Unpriced> {
        let windows = &self.version(day.version).windows;
        windows.iter().position(|window| *window == register.window).ok_or_else(|| {
            Unpriced::NoWindow {
                window: register.window.clone(),
                version: self.since(day.version),
                known: windows.join(", "),
            }
        })
    }

    /// The stretches of a bill of which only totals are known.
    fn stretches(
        &self,
        BillingPeriod { days: (first, next), bill }: BillingPeriod,
    ) -> Result<Vec<Stretch>, Unpriced> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut date = first;
        while date < next {
            let (version, season) = self.version_on(date)?;
            let of = self.version(version);
            if of.spot.is_some() {
                let why = format!("the market's price on {date} depends on the time of use");
                return Err(Unpriced::NeedsSlots { why });
            }
            let counters = of.ladders.iter().map(|ladder| ladder.counter);
            if counters.clone().any(|c| c == Counter::Day) && plus_days(first, 1) < next {
                let why =
                    "tiers that start again every day depend on the use of each day".to_owned();
                return Err(Unpriced::NeedsSlots { why });
            }
            let runs: Vec<Date> = counters.map(|c| self.run(c, date, bill).0).collect();
            match stretches.last_mut() {
                Some(last)
                    if (last.day.version, last.day.season) == (version, season)
                        && last.runs == runs =>
                {
                    last.days += 1;
                }
                Some(_) | None => {
                    let (start, end) =
                        (midnight(date, self.zone), midnight(plus_days(date, 1), self.zone));
                    let day = DayOf { date, version, season, kind: None, start, next: end };
                    stretches.push(Stretch { day, runs, days: 1 });
                }
            }
            date = plus_days(date, 1);
        }
        Ok(stretches)
    }
}
