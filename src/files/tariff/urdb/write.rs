//! A rate as the text of a tariff file.

use super::months::{UrdbSeason, seasons};
use super::tiers::{UrdbTiers, tiers};
use super::urdb_form::{Rate, RawFigure};
use super::{ImportOptions, day_of, price};
use crate::household::write::quoted;
use homepay_domain::money::Currency;
use std::fmt::Write;

/// The currency of rates that do not say one.
const CURRENCY: &str = "USD";

/// How windows are called: URDB numbers them.
fn window(period: usize) -> String {
    format!("p{period}")
}

pub(super) fn file(
    rate: &Rate<'_>,
    asked: &ImportOptions,
    said: &[String],
) -> Result<String, String> {
    let seasons = seasons(rate)?;
    let tiers = tiers(rate, &seasons, asked.tiers, window)?;
    let mut file = head(rate, asked, said)?;
    let alone = seasons.len() == 1;
    for season in &seasons {
        let name = season.name();
        if alone {
            windows(&mut file, "[windows]", season);
            if let Some(baseline) = tiers.baselines.get(&name) {
                let days = season.days();
                let _ = writeln!(file, "[seasons.{name}]");
                let _ = writeln!(file, "from = \"{}\"\nto = \"{}\"", days.0, days.1);
                let _ = writeln!(file, "baseline_per_day = \"{}\"\n", baseline.normalize());
            }
            continue;
        }
        let (from, to) = season.days();
        let _ = writeln!(file, "[seasons.{name}]\nfrom = \"{from}\"\nto = \"{to}\"");
        if let Some(baseline) = tiers.baselines.get(&name) {
            let _ = writeln!(file, "baseline_per_day = \"{}\"", baseline.normalize());
        }
        file.push('\n');
        windows(&mut file, &format!("[seasons.{name}.windows]"), season);
    }
    if !tiers.table.is_empty() {
        let _ = writeln!(file, "{}", tiers.table);
    }
    charges(&mut file, rate)?;
    version(&mut file, rate, asked, (&seasons, &tiers))?;
    Ok(file)
}

fn head(rate: &Rate<'_>, asked: &ImportOptions, said: &[String]) -> Result<String, String> {
    let mut file = String::new();
    let parts = [rate.utility.as_deref(), rate.name.as_deref()];
    let name: Vec<&str> = parts.into_iter().flatten().map(str::trim).collect();
    let name = quoted(&name.join(", "));
    let id = rate.label.as_deref().map(str::to_lowercase);
    if let Some(id) = id {
        let _ = writeln!(file, "id = {}", quoted(&format!("urdb-{id}")));
    }
    let _ = writeln!(file, "name = {{ zh-CN = {name}, en = {name} }}");
    let currency = rate.currency.as_deref().unwrap_or(CURRENCY);
    Currency::from_code(currency).map_err(|e| e.to_string())?;
    let _ = writeln!(file, "utility = \"electricity\"\ncurrency = \"{currency}\"");
    if let Some(zone) = asked.zone.as_ref().and_then(|zone| zone.iana_name()) {
        let _ = writeln!(file, "zone = \"{zone}\"");
    }
    let _ = writeln!(file, "notes = {}\n", quoted(&said.join("; ")));
    Ok(file)
}

fn windows(file: &mut String, head: &str, season: &UrdbSeason) {
    let _ = writeln!(file, "{head}");
    for (period, spans) in season.windows() {
        let spans: Vec<String> = spans.iter().map(|span| format!("\"{span}\"")).collect();
        let _ = writeln!(file, "{} = [{}]", window(period), spans.join(", "));
    }
    file.push('\n');
}

/// Charges beside the price of a unit.
fn charges(file: &mut String, rate: &Rate<'_>) -> Result<(), String> {
    let adjustments = rate.fueladjustmentsmonthly.iter().map(|of| of.read("fuel adjustment"));
    let adjustments = adjustments.collect::<Result<Vec<_>, _>>()?;
    if let Some(first) = adjustments.first().filter(|_| adjustments.iter().any(|a| !a.is_zero())) {
        if adjustments.iter().any(|other| other != first) {
            return Err("fueladjustmentsmonthly differ by month: write a version for each".into());
        }
        let rate = first.normalize();
        let _ = writeln!(file, "[[adders]]\nname = \"fuel adjustment\"\nrate = \"{rate}\"\n");
    }
    let fixed = match rate.fixedchargefirstmeter {
        Some(of) => Some((of, per(rate.fixedchargeunits.as_deref(), "fixedchargeunits")?)),
        None => rate.fixedmonthlycharge.map(|of| (of, "month")),
    };
    if let Some((amount, per)) = not_zero(fixed)? {
        let _ = writeln!(
            file,
            "[[fixed]]\nname = \"fixed charge\"\nper = \"{per}\"\namount = \"{amount}\"\n"
        );
    }
    let minimum = match rate.mincharge {
        Some(of) => Some((of, per(rate.minchargeunits.as_deref(), "minchargeunits")?)),
        None => rate.minmonthlycharge.map(|of| (of, "month")),
    };
    if not_zero(rate.annualmincharge.map(|of| (of, "year")))?.is_some() {
        return Err("annualmincharge: the least of a year is not known on a month's bill".into());
    }
    if let Some((amount, per)) = not_zero(minimum)? {
        let _ = writeln!(file, "[minimum]\nper = \"{per}\"\namount = \"{amount}\"\n");
    }
    Ok(())
}

/// `$/month` and the like.
fn per(unit: Option<&str>, what: &str) -> Result<&'static str, String> {
    match unit {
        Some("$/month") => Ok("month"),
        Some("$/day") => Ok("day"),
        Some("$/year") => Ok("year"),
        Some(other) => Err(format!("{what} \"{other}\": only $/day, $/month and $/year are known")),
        None => Err(format!("{what} is missing: is the charge for a day, a month or a year?")),
    }
}

fn not_zero<'p>(of: Option<(RawFigure<'_>, &'p str)>) -> Result<Option<(String, &'p str)>, String> {
    let Some((figure, per)) = of else { return Ok(None) };
    let amount = figure.read("charge")?.normalize();
    Ok((!amount.is_zero()).then(|| (amount.to_string(), per)))
}

fn version(
    file: &mut String,
    rate: &Rate<'_>,
    asked: &ImportOptions,
    (seasons, shape): (&[UrdbSeason], &UrdbTiers),
) -> Result<(), String> {
    let day = |raw: Option<&serde_json::value::RawValue>| match raw.map(|raw| raw.get()) {
        None | Some("null" | "\"\"") => Ok(None),
        Some(text) => day_of(text).map(Some),
    };
    let (from, to) = (day(rate.startdate)?.or(asked.from), day(rate.enddate)?);
    file.push_str("[[versions]]\n");
    for (key, day) in [("from", from), ("to", to)] {
        if let Some(day) = day {
            let _ = writeln!(file, "{key} = \"{day}\"");
        }
    }
    let uri = rate.uri.as_deref().or(rate.source.as_deref()).or(rate.label.as_deref());
    let _ = writeln!(file, "source = {}\n", quoted(&format!("URDB {}", uri.unwrap_or_default())));
    file.push_str("[versions.rates]\n");
    let used = |period: &usize| seasons.iter().any(|season| season.periods().contains(period));
    for (period, tiers) in rate.energyratestructure.iter().enumerate().filter(|(p, _)| used(p)) {
        let own: Vec<usize> = (0..tiers.len()).collect();
        let of = shape.of_period.get(&period).unwrap_or(&own);
        let of = of.iter().filter_map(|tier| tiers.get(*tier));
        let prices = of.map(|tier| Ok(format!("\"{}\"", price(tier)?)));
        let prices = prices.collect::<Result<Vec<_>, String>>()?;
        let _ = writeln!(file, "{} = [{}]", window(period), prices.join(", "));
    }
    Ok(())
}
