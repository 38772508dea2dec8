//! From the ladder of each period to the tiers of a file.

use super::Pooling;
use super::form::{Rate, Tier};
use super::months::Season;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Tiers of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tiers {
    /// The table `[tiers]`; empty where there are none.
    pub(super) table: String,
    /// The allowance a day by season, where bounds grow with the days.
    pub(super) baselines: BTreeMap<String, Decimal>,
}

/// Where the tiers of a period end, but the last.
fn bounds(tiers: &[Tier<'_>]) -> Result<Vec<Decimal>, String> {
    let (last, ends) = tiers.split_last().ok_or("a period has no tier")?;
    if last.max.is_some() {
        return Err("the last tier of a period has an end: what is above has no price".to_owned());
    }
    let max = |tier: &Tier<'_>| tier.max.ok_or("a tier but the last has no max")?.read("max");
    ends.iter().map(max).collect()
}

/// True where bounds are for a day.
fn is_daily(rate: &Rate<'_>) -> Result<bool, String> {
    let tiers = rate.energyratestructure.iter().flatten();
    let units = tiers.filter(|tier| tier.max.is_some()).filter_map(|tier| tier.unit);
    let daily: Vec<bool> = units.map(|unit| unit == "kWh daily").collect();
    if daily.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err("some tiers are for a day and some are not".to_owned());
    }
    Ok(daily.first().copied().unwrap_or(false))
}

/// Makes the tiers.
pub(super) fn tiers(
    rate: &Rate<'_>,
    seasons: &[Season],
    pooling: Option<Pooling>,
    name: impl Fn(usize) -> String,
) -> Result<Tiers, String> {
    let mut ladders = Vec::new();
    for period in &rate.energyratestructure {
        ladders.push(bounds(period)?);
    }
    let used = |season: &Season| season.periods();
    let tiered = |period: &usize| !ladders[*period].is_empty();
    if !seasons.iter().any(|season| used(season).iter().any(tiered)) {
        return Ok(Tiers::default());
    }
    let alone = seasons.iter().all(|season| used(season).len() == 1);
    let pooling = match (pooling, alone) {
        (_, true) => Pooling::Combined,
        (Some(pooling), false) => pooling,
        (None, false) => {
            return Err("several periods have tiers: URDB does not say whether they share one \
                 allowance (--tiers combined) or have one each (--tiers individual); the \
                 utility's sheet does"
                .to_owned());
        }
    };
    let daily = is_daily(rate)?;
    let mut tiers = Tiers::default();
    if daily {
        tiers.baselines = baselines(seasons, &ladders)?;
    }
    let counter = if daily { "bill" } else { "month" };
    let table = &mut tiers.table;
    let _ = writeln!(table, "[tiers]\ncounter = \"{counter}\"");
    if daily {
        table.push_str("by_season = true\n");
    }
    match pooling {
        Pooling::Combined => combined(table, seasons, &ladders, daily)?,
        Pooling::Individual => {
            table.push_str("mode = \"individual\"\n");
            for (period, ends) in ladders.iter().enumerate().filter(|(_, ends)| !ends.is_empty()) {
                let up_to = up_to(ends, daily)?;
                let _ = writeln!(table, "windows.{} = {{ up_to = {up_to} }}", name(period));
            }
        }
    }
    Ok(tiers)
}

/// One ladder for all windows; its bounds may differ by season.
fn combined(
    table: &mut String,
    seasons: &[Season],
    ladders: &[Vec<Decimal>],
    daily: bool,
) -> Result<(), String> {
    let mut by_season = Vec::new();
    for season in seasons {
        let mut of = season.periods().into_iter().map(|period| &ladders[period]);
        let first = of.next().cloned().unwrap_or_default();
        if of.any(|other| *other != first) {
            let name = season.name();
            return Err(format!("periods of {name} have different tiers: they share no allowance"));
        }
        by_season.push((season.name(), up_to(&first, daily)?, first.len()));
    }
    if by_season.windows(2).any(|pair| pair[0].2 != pair[1].2) {
        return Err("seasons have different numbers of tiers".to_owned());
    }
    let Some((_, usual, _)) = by_season.first().cloned() else { return Ok(()) };
    let _ = writeln!(table, "up_to = {usual}");
    for (name, up_to, _) in by_season.iter().filter(|(_, up_to, _)| *up_to != usual) {
        let _ = writeln!(table, "seasons.{name} = {up_to}");
    }
    Ok(())
}

/// The first bound of a season's tiers is its allowance a day; it must be the same in all periods.
fn baselines(
    seasons: &[Season],
    ladders: &[Vec<Decimal>],
) -> Result<BTreeMap<String, Decimal>, String> {
    let mut baselines = BTreeMap::new();
    for season in seasons {
        let firsts = season.periods().into_iter().filter_map(|period| ladders[period].first());
        let firsts: Vec<&Decimal> = firsts.collect();
        if firsts.windows(2).any(|pair| pair[0] != pair[1]) {
            let name = season.name();
            return Err(format!("periods of {name} have different allowances a day"));
        }
        let first = firsts.first().ok_or("a season has no tiers, and another has")?;
        baselines.insert(season.name(), **first);
    }
    Ok(baselines)
}

fn up_to(ends: &[Decimal], daily: bool) -> Result<String, String> {
    let Some(first) = ends.first() else { return Err("a period has no tiers".to_owned()) };
    let mut texts = Vec::new();
    for end in ends {
        if !daily {
            texts.push(format!("\"{}\"", end.normalize()));
            continue;
        }
        let percent = end.checked_mul(Decimal::ONE_HUNDRED).and_then(|of| of.checked_div(*first));
        let percent = percent.ok_or("a bound a day is zero")?.normalize();
        if percent.checked_mul(*first) != end.checked_mul(Decimal::ONE_HUNDRED) {
            return Err(format!("{end} a day is no whole part of {first} a day"));
        }
        texts.push(if percent == Decimal::ONE_HUNDRED {
            "\"baseline\"".to_owned()
        } else {
            format!("\"{percent}% baseline\"")
        });
    }
    Ok(format!("[{}]", texts.join(", ")))
}
