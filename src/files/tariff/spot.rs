//! Lists of market prices, as files or messages: CSV or JSON, with times that have an offset.

use super::rows::{PriceRow, rows, time};
use crate::grid::{GridPrices, PriceSpan, grid_prices, named};
use homepay_domain::money::Currency;
use homepay_domain::tariff::{Slot, SpotPrices};
use homepay_domain::time::UnixMs;
use homepay_text::amount::decimal_text;
use homepay_text::problem::shown;
use homepay_text::units::PriceUnit;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// How long a price may hold, in seconds: 31 days and an hour.
const SPOT_LENGTH_S_MAX: i64 = 31 * 86_400 + 3_600;

/// The most prices of a list: two years of quarters of an hour.
pub const PRICES_MAX: usize = 2 * 366 * 96;

/// What a list's values are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceListUnit {
    /// The currency, where the unit says it.
    pub currency: Option<Currency>,
    /// What a value is multiplied by to be major units for one kWh.
    pub factor: Decimal,
}

impl PriceListUnit {
    /// Reads `EUR/MWh`, `€/kWh`, `ct/kWh`, `p/kWh`: a currency or its hundredth, for MWh or kWh.
    ///
    /// # Errors
    /// Says what to write.
    pub fn parse(text: &str) -> Result<PriceListUnit, String> {
        let fault =
            || format!("\"{}\" is not a unit of a price: write EUR/MWh or ct/kWh", shown(text));
        let unit = PriceUnit::parse(text).filter(|unit| unit.base == "kWh" && text.contains('/'));
        let unit = unit.ok_or_else(fault)?;
        Ok(PriceListUnit { currency: unit.currency, factor: unit.factor() })
    }
}

/// A list that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotList {
    /// Its prices, in major units for one kWh.
    pub prices: SpotPrices,
    /// The currency, where the list says it.
    pub currency: Option<Currency>,
    /// Rows that could not be taken, and why.
    pub refused: Vec<String>,
    /// Slots whose price is the mean of several: exact only for use that is even within them.
    pub means: Vec<Slot>,
}

impl SpotList {
    /// A list of spans, of which each may begin and end at any time. `refused` are rows that were not
    /// taken before.
    ///
    /// # Errors
    /// Says which rows are wrong where none can be taken.
    pub fn of(
        spans: &[PriceSpan],
        mut refused: Vec<String>,
        currency: Option<Currency>,
    ) -> Result<SpotList, String> {
        let GridPrices { prices, means, parts } = grid_prices(spans);
        refused.extend(parts.into_iter().map(|(slot, minutes)| {
            let from = slot.start().rfc3339(&TimeZone::UTC);
            format!("the quarter of an hour from {from} has a price for {minutes} of its minutes")
        }));
        // Where all lies outside the time that is asked for nothing is wrong.
        if prices.0.is_empty() && !refused.is_empty() {
            return Err(named(&refused));
        }
        Ok(SpotList { prices, currency, refused, means })
    }

    /// The list, where every row of it could be taken.
    ///
    /// # Errors
    /// Names the rows that could not.
    pub fn whole(self) -> Result<SpotList, String> {
        if self.refused.is_empty() { Ok(self) } else { Err(named(&self.refused)) }
    }
}

/// Reads a list: CSV with the columns `start`, `value` (or a unit such as `EUR/MWh`) and, where
/// prices do not follow each other at once, `end`; or JSON, an array of such rows or
/// `{"unit": …, "prices": […]}`. `unit` is what values are in where the list does not say it.
///
/// # Errors
/// Says which rows are wrong where none can be taken: no number, no offset, two prices for one time.
pub fn read_spot(text: &str, unit: Option<PriceListUnit>) -> Result<SpotList, String> {
    let list = rows(text, &["value", "price"], PRICES_MAX)?;
    let unit = match &list.unit {
        Some(text) => PriceListUnit::parse(text)?,
        None => unit.ok_or("the list does not give its unit: name it, such as EUR/MWh")?,
    };
    let usual_s = usual_length(&list.rows);
    let (mut spans, mut refused) = (Vec::<PriceSpan>::new(), Vec::new());
    for row in &list.rows {
        match span(row, &unit, usual_s) {
            Ok(span) => spans.push(span),
            Err(why) => refused.push(why),
        }
    }
    spans.sort_by_key(|span| span.start);
    let mut taken: Vec<PriceSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match taken.last().filter(|before| span.start < before.end) {
            Some(before) => {
                let start = span.start.rfc3339(&TimeZone::UTC);
                refused.push(format!("{}: {start} has a price already, in {}", span.at, before.at));
            }
            None => taken.push(span),
        }
    }
    SpotList::of(&taken, refused, unit.currency)
}

/// From when until when a row's price holds.
fn span(row: &PriceRow, unit: &PriceListUnit, usual_s: Option<i64>) -> Result<PriceSpan, String> {
    let at = &row.at;
    let start = time(row, &row.start)?;
    let end = match &row.end {
        Some(end) => time(row, end)?,
        None => {
            let usual_s = usual_s.ok_or_else(|| format!("{at}: one price alone needs its end"))?;
            start.plus_s(usual_s)
        }
    };
    let length_s = end.since_ms(start) / 1_000;
    if !(1..=SPOT_LENGTH_S_MAX).contains(&length_s) {
        return Err(format!("{at}: a price holds for a second to 31 days, not {length_s} s"));
    }
    let value = decimal_text(&row.value)
        .ok_or_else(|| format!("{at}: \"{}\" is not a price", shown(&row.value)))?;
    let price = value.checked_mul(unit.factor).ok_or_else(|| format!("{at}: too large"))?;
    Ok(PriceSpan { at: at.clone(), start, end, price: price.normalize() })
}

/// The least distance between starts, in seconds: how long a price holds where no end is said.
fn usual_length(rows: &[PriceRow]) -> Option<i64> {
    let mut starts: Vec<UnixMs> =
        rows.iter().filter_map(|row| time(row, &row.start).ok()).collect();
    starts.sort_unstable();
    let steps = starts.windows(2).map(|pair| pair[1].since_ms(pair[0]) / 1_000);
    steps.filter(|step| *step > 0).min()
}
