//! From the ladder of each period to the tiers of a file.

use super::Pooling;
use super::months::UrdbSeason;
use super::urdb_form::{Rate, Tier};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The most decimals of a percentage that a file takes.
const PERCENT_DIGITS: u32 = 12;

/// Tiers of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UrdbTiers {
    /// The table `[tiers]`; empty where there are none.
    pub(super) table: String,
    /// The allowance a day by season, where bounds grow with the days.
    pub(super) baselines: BTreeMap<String, Decimal>,
    /// Where periods of one allowance have different tiers: which of its tiers each period has in
    /// each tier of the file.
    pub(super) of_period: BTreeMap<usize, Vec<usize>>,
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

pub(super) fn tiers(
    rate: &Rate<'_>,
    seasons: &[UrdbSeason],
    pooling: Option<Pooling>,
    name: impl Fn(usize) -> String,
) -> Result<UrdbTiers, String> {
    let mut ladders = Vec::new();
    for period in &rate.energyratestructure {
        ladders.push(bounds(period)?);
    }
    let used = |season: &UrdbSeason| season.periods();
    let tiered = |period: &usize| !ladders[*period].is_empty();
    if !seasons.iter().any(|season| used(season).iter().any(tiered)) {
        return Ok(UrdbTiers::default());
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
    let mut tiers = UrdbTiers::default();
    if daily {
        tiers.baselines = baselines(seasons, &ladders, pooling)?;
    }
    let counter = if daily { "bill" } else { "month" };
    let table = &mut tiers.table;
    let _ = writeln!(table, "[tiers]\ncounter = \"{counter}\"");
    if daily {
        table.push_str("by_season = true\n");
    }
    match pooling {
        Pooling::Combined if are_even(seasons, &ladders) => {
            combined(table, seasons, &ladders, daily)?;
        }
        Pooling::Combined => {
            let (up_to, of_period) = merged(seasons, &ladders, &tiers.baselines)?;
            let _ = writeln!(table, "up_to = {up_to}");
            tiers.of_period = of_period;
        }
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

/// True where all periods of a season have the same tiers, and all seasons as many.
fn are_even(seasons: &[UrdbSeason], ladders: &[Vec<Decimal>]) -> bool {
    let mut counts = BTreeSet::new();
    seasons.iter().all(|season| {
        let of: BTreeSet<&Vec<Decimal>> =
            season.periods().into_iter().map(|period| &ladders[period]).collect();
        counts.extend(of.iter().map(|ends| ends.len()));
        of.len() == 1
    }) && counts.len() == 1
}

/// Bounds as a file writes them, and which tier each period has between them.
type Merged = (String, BTreeMap<usize, Vec<usize>>);

/// One ladder whose bounds are those of all periods together: a period goes on at its price where a
/// bound is none of its own. Bounds of a day are parts of the season's allowance.
fn merged(
    seasons: &[UrdbSeason],
    ladders: &[Vec<Decimal>],
    baselines: &BTreeMap<String, Decimal>,
) -> Result<Merged, String> {
    let mut own: BTreeMap<usize, Vec<Decimal>> = BTreeMap::new();
    for season in seasons {
        let baseline = baselines.get(&season.name());
        for period in season.periods() {
            let part = |end: &Decimal| match baseline {
                None => Ok(end.normalize()),
                Some(baseline) => percent_of(*end, *baseline),
            };
            let ends: Vec<Decimal> = ladders[period].iter().map(part).collect::<Result<_, _>>()?;
            let known = own.entry(period).or_insert_with(|| ends.clone());
            if *known != ends {
                return Err(format!(
                    "period {period} has tiers of a day in seasons whose allowances differ: they \
                     are no part of both"
                ));
            }
        }
    }
    let all: BTreeSet<Decimal> = own.values().flatten().copied().collect();
    let text = |end: &Decimal| match baselines.is_empty() {
        true => format!("\"{end}\""),
        false if *end == Decimal::ONE_HUNDRED => "\"baseline\"".to_owned(),
        false => format!("\"{end}% baseline\""),
    };
    let up_to = format!("[{}]", all.iter().map(text).collect::<Vec<_>>().join(", "));
    let tiers_of = |ends: &Vec<Decimal>| {
        // The tier of a period in which a tier of the file begins.
        let begins = std::iter::once(Decimal::ZERO).chain(all.iter().copied());
        begins.map(|from| ends.iter().filter(|end| **end <= from).count()).collect()
    };
    Ok((up_to, own.iter().map(|(period, ends)| (*period, tiers_of(ends))).collect()))
}

/// One ladder for all windows; its bounds may differ by season.
fn combined(
    table: &mut String,
    seasons: &[UrdbSeason],
    ladders: &[Vec<Decimal>],
    daily: bool,
) -> Result<(), String> {
    let mut by_season = Vec::new();
    for season in seasons {
        let first = season.periods().into_iter().next();
        let ends = first.map(|period| ladders[period].clone()).unwrap_or_default();
        by_season.push((season.name(), up_to(&ends, daily)?));
    }
    let Some((_, usual)) = by_season.first().cloned() else { return Ok(()) };
    let _ = writeln!(table, "up_to = {usual}");
    for (name, up_to) in by_season.iter().filter(|(_, up_to)| *up_to != usual) {
        let _ = writeln!(table, "seasons.{name} = {up_to}");
    }
    Ok(())
}

/// The first bound of a season's tiers is its allowance a day: the least of its periods', where
/// these share one.
fn baselines(
    seasons: &[UrdbSeason],
    ladders: &[Vec<Decimal>],
    pooling: Pooling,
) -> Result<BTreeMap<String, Decimal>, String> {
    let mut baselines = BTreeMap::new();
    for season in seasons {
        let firsts = season.periods().into_iter().filter_map(|period| ladders[period].first());
        let firsts: BTreeSet<Decimal> = firsts.copied().collect();
        if firsts.len() > 1 && pooling == Pooling::Individual {
            let name = season.name();
            return Err(format!("periods of {name} have different allowances a day"));
        }
        let first = firsts.first().ok_or("a season has no tiers, and another has")?;
        baselines.insert(season.name(), *first);
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
        let percent = percent_of(*end, *first)?;
        texts.push(if percent == Decimal::ONE_HUNDRED {
            "\"baseline\"".to_owned()
        } else {
            format!("\"{percent}% baseline\"")
        });
    }
    Ok(format!("[{}]", texts.join(", ")))
}

/// A bound of a day in percent of an allowance of a day, where that has an end.
fn percent_of(end: Decimal, allowance: Decimal) -> Result<Decimal, String> {
    let hundred = end.checked_mul(Decimal::ONE_HUNDRED);
    let percent = hundred.and_then(|of| of.checked_div(allowance));
    let percent = percent.ok_or("a bound a day is zero")?.normalize();
    if percent.scale() > PERCENT_DIGITS || percent.checked_mul(allowance) != hundred {
        return Err(format!("{end} a day is no whole part of {allowance} a day"));
    }
    Ok(percent)
}
