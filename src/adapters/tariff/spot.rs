//! Lists of market prices, as files or messages: CSV or JSON, with times that have an offset.

use super::rows::{Row, rows, time};
use crate::adapters::amount::decimal_text;
use crate::adapters::problem::shown;
use crate::domain::money::Currency;
use crate::domain::tariff::{SLOT_MIN, SLOT_S, Slot, SpotPrices};
use crate::domain::time::UnixMs;
use rust_decimal::Decimal;

/// How long a price may hold, in minutes.
const MINUTES: [i64; 3] = [15, 30, 60];

/// The most prices of a list: two years of quarters of an hour.
pub const PRICES_MAX: usize = 2 * 366 * 96;

/// What a list's values are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The currency, where the unit says it.
    pub currency: Option<Currency>,
    /// What a value is multiplied by to be major units for one kWh.
    pub factor: Decimal,
}

impl Unit {
    /// Reads `EUR/MWh`, `€/kWh`, `ct/kWh`, `p/kWh`: a currency or its hundredth, for MWh or kWh.
    ///
    /// # Errors
    /// Says what to write.
    pub fn parse(text: &str) -> Result<Unit, String> {
        let fault =
            || format!("\"{}\" is no unit of a price: write EUR/MWh or ct/kWh", shown(text));
        let (money, energy) = text.split_once('/').ok_or_else(fault)?;
        let thousandth = Decimal::new(1, 3);
        let energy = match energy.trim() {
            "kWh" => Decimal::ONE,
            "MWh" => thousandth,
            _ => return Err(fault()),
        };
        let (currency, money) = match money.trim() {
            "€" => (Currency::from_code("EUR").ok(), Decimal::ONE),
            "£" => (Currency::from_code("GBP").ok(), Decimal::ONE),
            "元" => (Currency::from_code("CNY").ok(), Decimal::ONE),
            "ct" | "c" | "cent" | "p" | "öre" | "øre" | "分" => (None, Decimal::new(1, 2)),
            code => (Some(Currency::from_code(code).map_err(|_| fault())?), Decimal::ONE),
        };
        Ok(Unit { currency, factor: money * energy })
    }
}

/// A list that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotList {
    /// Its prices, in major units for one kWh.
    pub prices: SpotPrices,
    /// The currency, where the list says it.
    pub currency: Option<Currency>,
}

/// Reads a list: CSV with the columns `start`, `value` (or a unit such as `EUR/MWh`) and, where
/// prices do not follow each other at once, `end`; or JSON, an array of such rows or
/// `{"unit": …, "prices": […]}`. `unit` is what values are in where the list does not say it.
///
/// # Errors
/// Says which row is wrong: no number, no offset, off the grid, two prices for one time.
pub fn read_spot(text: &str, unit: Option<Unit>) -> Result<SpotList, String> {
    let list = rows(text, &["value", "price"], PRICES_MAX)?;
    let unit = match &list.unit {
        Some(text) => Unit::parse(text)?,
        None => unit.ok_or("the list does not say its unit: name it, such as EUR/MWh")?,
    };
    let usual_s = usual_length(&list.rows)?;
    let mut prices = SpotPrices::default();
    for row in &list.rows {
        let at = &row.at;
        let start = time(row, &row.start)?;
        let length_s = match &row.end {
            Some(end) => time(row, end)?.since_ms(start) / 1_000,
            None => usual_s.ok_or_else(|| format!("{at}: one price alone needs its end"))?,
        };
        if !MINUTES.contains(&(length_s / 60)) || length_s % 60 != 0 {
            return Err(format!("{at}: a price holds for 15, 30 or 60 minutes, not {length_s} s"));
        }
        let slots = length_s / SLOT_S;
        let first = Slot::of(start);
        if first.start() != start || first.0 % slots != 0 {
            let minutes = slots * i64::from(SLOT_MIN);
            return Err(format!("{at}: {} is not on the grid of {minutes} minutes", row.start));
        }
        let value = decimal_text(&row.value)
            .ok_or_else(|| format!("{at}: \"{}\" is not a price", shown(&row.value)))?;
        let price = value.checked_mul(unit.factor).ok_or_else(|| format!("{at}: too large"))?;
        if (0..slots).any(|step| prices.0.contains_key(&first.plus(step))) {
            return Err(format!("{at}: {} has a price already", row.start));
        }
        prices.put(first, slots, price.normalize());
    }
    Ok(SpotList { prices, currency: unit.currency })
}

/// The least distance between starts, in seconds: how long a price holds where no end is said.
fn usual_length(rows: &[Row]) -> Result<Option<i64>, String> {
    let mut starts: Vec<UnixMs> =
        rows.iter().map(|row| time(row, &row.start)).collect::<Result<_, _>>()?;
    starts.sort_unstable();
    let steps = starts.windows(2).map(|pair| pair[1].since_ms(pair[0]) / 1_000);
    Ok(steps.filter(|step| *step > 0).min())
}
