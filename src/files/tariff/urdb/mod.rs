//! Rates of OpenEI's Utility Rate Database as tariff files; what such a file cannot say, or what
//! the database leaves open, is refused and not guessed.

mod months;
#[cfg(test)]
mod tests;
mod tiers;
mod urdb_form;
mod write;

use crate::tariff::read_tariff;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use urdb_form::{Rate, Tier, rate_of};

/// What the ladders of several periods mean: the database has one for each, also where the utility
/// counts all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Each period has an allowance of its own.
    Individual,
    /// All periods share one.
    Combined,
}

/// What the database leaves open.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub tiers: Option<Pooling>,
    /// Where the utility is; the home's zone where it is not said.
    pub zone: Option<TimeZone>,
    /// Since when it holds, where the rate does not say.
    pub from: Option<Date>,
    /// True when the home sends nothing out: what is paid for that is left out.
    pub no_export: bool,
}

/// A rate as a tariff file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedTariff {
    pub text: String,
    /// What its owner must know of it.
    pub said: Vec<String>,
}

/// Makes a tariff file of a rate.
///
/// # Errors
/// Everything that a file cannot say without changing what the rate means.
pub fn import_urdb(text: &str, asked: &ImportOptions) -> Result<ImportedTariff, Vec<String>> {
    let rate = rate_of(text).map_err(|what| vec![what])?;
    let mut refused = refused(&rate, asked);
    let mut said =
        vec!["URDB knows no holidays: they are priced as their day of the week".to_owned()];
    if asked.zone.is_none() {
        said.push("no zone was said: windows are told by the home's clock".to_owned());
    }
    if rate.servicetype.as_deref().is_some_and(|of| of != "Bundled") {
        let of = rate.servicetype.as_deref().unwrap_or_default();
        said.push(format!(
            "the rate is for \"{of}\" service: another part of the bill is not here"
        ));
    }
    let written = write::file(&rate, asked, &said);
    let file = match written {
        Ok(file) if refused.is_empty() => file,
        Ok(_) => return Err(refused),
        Err(what) => {
            refused.push(what);
            return Err(refused);
        }
    };
    let none = |_: &str| Err("no files".to_owned());
    match read_tariff("the imported tariff", &file, &none) {
        Ok(_) => Ok(ImportedTariff { text: file, said }),
        Err(problems) => Err(problems.into_iter().map(|problem| problem.what).collect()),
    }
}

/// What the hub cannot compute.
fn refused(rate: &Rate<'_>, asked: &ImportOptions) -> Vec<String> {
    let mut refused = Vec::new();
    let priced = |tiers: &[Vec<Tier<'_>>]| {
        let zero = |of: Option<urdb_form::RawFigure<'_>>| {
            of.is_none_or(|of| of.read("rate").is_ok_and(|value| value.is_zero()))
        };
        tiers.iter().flatten().any(|tier| !zero(tier.rate) || !zero(tier.adj))
    };
    for (what, tiers) in [
        ("demandratestructure", &rate.demandratestructure),
        ("flatdemandstructure", &rate.flatdemandstructure),
        ("coincidentratestructure", &rate.coincidentratestructure),
    ] {
        if priced(tiers) {
            refused.push(format!("{what}: a price for the highest power cannot be computed"));
        }
    }
    let units = rate.energyratestructure.iter().flatten().filter_map(|tier| tier.unit);
    for unit in units.filter(|unit| !matches!(*unit, "kWh" | "kWh daily")) {
        refused.push(format!("unit \"{unit}\": only kWh and kWh daily can be computed"));
    }
    if !asked.no_export {
        let tiers = rate.energyratestructure.iter().flatten();
        if tiers.filter_map(|tier| tier.sell).next().is_some() {
            let what = "sell: what is sent out cannot be priced; say --no-export where \
                        the home sends nothing out";
            refused.push(what.to_owned());
        }
        let rules = rate.dgrules.as_deref().filter(|rules| !rules.is_empty());
        if rate.usenetmetering == Some(true) || rules.is_some() {
            let rules = rules.unwrap_or("Net Metering");
            refused.push(format!(
                "\"{rules}\": what is sent out cannot be set against what is used; say \
                 --no-export where the home sends nothing out"
            ));
        }
    }
    refused.sort();
    refused.dedup();
    refused
}

/// The day of a time in unix seconds. The database writes midnight of the utility's zone or of
/// UTC: west of Greenwich both are the same day of UTC.
fn day_of(seconds: &str) -> Result<Date, String> {
    let fault = || format!("{seconds} is not a time in unix seconds");
    let stamp: i64 = seconds.trim_matches('"').parse().map_err(|_| fault())?;
    let stamp = Timestamp::from_second(stamp).map_err(|_| fault())?;
    Ok(stamp.to_zoned(TimeZone::UTC).date())
}

/// The price of a unit in a tier: rate and adjustment together.
fn price(tier: &Tier<'_>) -> Result<Decimal, String> {
    let rate = tier.rate.ok_or("a tier has no rate")?.read("rate")?;
    let adj = tier.adj.map(|adj| adj.read("adj")).transpose()?.unwrap_or_default();
    rate.checked_add(adj).map(|sum| sum.normalize()).ok_or_else(|| "a rate is too large".to_owned())
}
