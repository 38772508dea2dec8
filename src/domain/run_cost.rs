//! What a run of a device costs before it is begun.
//!
//! A run's use is the median of the runs that are found in what the device used lately: slots in
//! which it drew more than a tenth of what it ever drew in one, with pauses of at most
//! [`PAUSE_SLOTS_MAX`]. It costs what its slots cost one after the other, each at the price of its
//! time and of the tier that the home has reached by then; what begins later is compared at every
//! change of the price within a day, and the cheapest beginning is told.

use super::bill::Billing;
use super::book::Book;
use super::ids::Name;
use super::limits::window::plus_days;
use super::meter::units;
use super::money::Minor;
use super::reply::Code;
use super::tariff::{SLOT_S, Slot, Tariff, Unpriced, Use};
use super::time::UnixMs;
use super::usage::{median, priced_quantity};
use rust_decimal::Decimal;

/// How many runs must be found before one is concluded from them.
pub const RUNS_MIN: usize = 3;

/// How many slots of a run may draw little one after the other.
pub const PAUSE_SLOTS_MAX: i64 = 2;

/// How much of its largest slot a slot draws at least while the device runs, in per cent.
const RUNNING_PER_CENT: i128 = 10;

/// How long a run is believed to be at most, in slots: what draws for longer does not run, it is on.
const RUN_SLOTS_MAX: i64 = 48;

/// How long a run is taken to be where the household says only what it uses, in slots: an hour.
const STATED_SLOTS: i64 = 4;

/// How far ahead a cheaper beginning is looked for, in seconds.
const RUN_AHEAD_S: i64 = 86_400;

/// How far back runs are looked for, in days.
const BACK_DAYS: i64 = 62;

/// How many changes of the price are tried at most: a day of quarters of an hour.
const CHANGES_MAX: usize = 96;

/// What a run uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub micro: i64,
    /// Over how many slots.
    pub slots: i64,
    /// From how many runs that is known; none = the household says so.
    pub runs: Option<usize>,
}

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunCost {
    pub run: Run,
    /// What it costs when it begins now.
    pub now: Minor,
    /// When it would be cheapest within a day, and what it costs then; none where that is now.
    pub later: Option<(UnixMs, Minor)>,
}

/// Why it is not known what a run costs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunUnknown {
    /// The device is not known.
    #[error("there is no device {0}")]
    NoDevice(Name),
    /// Its use costs nothing that is known.
    #[error("{0} has no tariff: write one in the household")]
    NoTariff(Name),
    /// What it uses is not known.
    #[error(
        "it is not known yet what a run of {0} uses: it is learnt from {RUNS_MIN} runs, or write \
         run_kwh in the household"
    )]
    NoRuns(Name),
    /// A price is missing.
    #[error(transparent)]
    Unpriced(#[from] Unpriced),
}

impl RunUnknown {
    /// The code that a request is refused with.
    pub fn code(&self) -> Code {
        match self {
            RunUnknown::NoDevice(_) => Code::UnknownDevice,
            RunUnknown::NoTariff(_) | RunUnknown::NoRuns(_) | RunUnknown::Unpriced(_) => {
                Code::NotFound
            }
        }
    }
}

/// What a run costs that begins at an instant.
///
/// # Errors
/// What is not known.
pub fn cost_of_run(book: &Book, id: &Name, at: UnixMs) -> Result<RunCost, RunUnknown> {
    let device = book.household.devices.get(id);
    let device = device.ok_or_else(|| RunUnknown::NoDevice(id.clone()))?;
    let tariff = device.tariff.as_ref().and_then(|t| book.household.tariffs.get_key_value(t));
    let tariff = tariff.ok_or_else(|| RunUnknown::NoTariff(id.clone()))?;
    let (quantity, zone) = (priced_quantity(tariff.1), &book.home.zone);
    let today = at.in_zone(zone).date();
    let days = (plus_days(today, -BACK_DAYS), plus_days(today, 1));
    let used = tariff.1.as_priced(book.usage.used(id, quantity, zone, days), &book.home);
    let stated = device.run_kwh.and_then(|run| quantity.micro(run, quantity.unit()));
    let stated = stated.map(|micro| Run { micro, slots: STATED_SLOTS, runs: None });
    let run = usual_run(&used, at).or(stated).ok_or_else(|| RunUnknown::NoRuns(id.clone()))?;
    let billing = Billing::of(book);
    let exact = |begin| cost(&billing, tariff, run, (at, begin));
    let rounded = |cost: Decimal| book.home.currency.round(cost).ok_or(Unpriced::TooLarge);
    let now = rounded(exact(at)?)?;
    let mut later: Option<(UnixMs, Minor)> = None;
    let mut change = billing.price_now(tariff, at)?.next;
    for _ in 0..CHANGES_MAX {
        let Some(begin) = change.map(|change| change.at) else { break };
        if begin.since_ms(at) > RUN_AHEAD_S * 1_000 {
            break;
        }
        // What is not known yet is not compared.
        let Ok(cost) = exact(begin) else { break };
        let cost = rounded(cost)?;
        if cost < later.map_or(now, |(_, least)| least) {
            later = Some((begin, cost));
        }
        change = billing.price_now(tariff, begin)?.next;
    }
    Ok(RunCost { run, now, later })
}

/// The exact cost of a run that begins at an instant, spread evenly over its slots. It is the
/// marginal cost: each slot is priced at the tier that the home will have reached by then, the
/// run's own earlier slots included, not at an average. `from` is until when the home's use is
/// known.
fn cost(
    billing: &Billing<'_>,
    (id, tariff): (&Name, &Tariff),
    run: Run,
    (from, begin): (UnixMs, UnixMs),
) -> Result<Decimal, Unpriced> {
    let supply = tariff.supply(billing.home);
    let reached = billing.reached((id, tariff), from)?;
    let slots = run.slots.max(1);
    let (mut sum, mut given) = (Decimal::ZERO, 0_i64);
    for step in 0..slots {
        let until = i128::from(run.micro) * i128::from(step + 1) / i128::from(slots);
        let until = i64::try_from(until).map_err(|_| Unpriced::TooLarge)?;
        let then: Vec<i64> = reached.iter().map(|of| of.saturating_add(given)).collect();
        let price =
            supply.price_at(begin.plus_s(step * SLOT_S), &then, billing.spot(tariff))?.price;
        let cost = units(until - given).checked_mul(price).ok_or(Unpriced::TooLarge)?;
        sum = sum.checked_add(cost).ok_or(Unpriced::TooLarge)?;
        given = until;
    }
    Ok(sum)
}

/// The usual run of a device, from what it used: the median of its runs. `None` where too few are
/// found. Use that was shared out by time says nothing of runs.
pub fn usual_run(used: &Use, at: UnixMs) -> Option<Run> {
    let measured = || used.slots().iter().filter(|of| !of.estimated && of.micro > 0);
    let most = measured().map(|of| of.micro).max()?;
    let running =
        measured().filter(|of| i128::from(of.micro) * 100 > i128::from(most) * RUNNING_PER_CENT);
    let mut runs: Vec<(Slot, Slot, i64)> = Vec::new();
    for of in running {
        match runs.last_mut() {
            Some((_, last, sum)) if of.slot.0 - last.0 - 1 <= PAUSE_SLOTS_MAX => {
                *last = of.slot;
                *sum = sum.saturating_add(of.micro);
            }
            Some(_) | None => runs.push((of.slot, of.slot, of.micro)),
        }
    }
    // The last one may still be going on.
    let over = Slot::of(at).plus(-PAUSE_SLOTS_MAX - 1);
    runs.retain(|(first, last, _)| *last <= over && last.0 - first.0 < RUN_SLOTS_MAX);
    if runs.len() < RUNS_MIN {
        return None;
    }
    let micro = median(runs.iter().map(|run| run.2).collect())?;
    let slots = median(runs.iter().map(|run| run.1.0 - run.0.0 + 1).collect())?;
    Some(Run { micro, slots, runs: Some(runs.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tariff::SlotUse;

    #[test]
    fn runs_are_told_apart_by_their_pauses() {
        let slot = |slot, micro| SlotUse {
            slot: Slot(slot),
            micro,
            estimated: false,
            ..SlotUse::default()
        };
        let runs = [0, 40, 80].into_iter().flat_map(|first: i64| {
            // A pause of two slots within a run, and a little that is drawn all the time.
            let more = first * 1_000;
            [(0, 500_000 + more), (1, 10_000), (2, 9_000), (3, 400_000), (9, 8_000)]
                .map(|(step, micro)| slot(first + step, micro))
        });
        let used = Use::new(runs);
        let run = usual_run(&used, Slot(200).start());
        assert_eq!(run, Some(Run { micro: 940_000, slots: 4, runs: Some(3) }));
        assert_eq!(usual_run(&used, Slot(84).start()), None, "the third may still go on");
        let fridge = Use::new((0..500).map(|at| slot(at, 20_000)));
        assert_eq!(usual_run(&fridge, Slot(900).start()), None, "what is always on does not run");
    }
}
