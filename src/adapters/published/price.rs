//! Published prices as a list of slots.

use super::form::SourceForm;
use super::read::{Context, Row, rows};
use crate::adapters::problem::shown;
use crate::adapters::tariff::spot::{SpotList, Unit};
use crate::domain::money::Currency;
use crate::domain::tariff::{SLOT_S, Slot, SpotPrices};
use crate::domain::time::UnixMs;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// How long a price may hold, in slots: 31 days and an hour.
const SLOTS_MAX: i64 = 31 * 96 + 4;

/// Reads the prices in an answer of a source.
///
/// # Errors
/// Says what is missing or wrong, and in which row.
pub fn prices(
    form: &SourceForm,
    text: &str,
    context: &Context<'_>,
    home: Currency,
) -> Result<SpotList, String> {
    let unit = Unit::parse(&form.unit.replace("{currency}", home.code()))?;
    let rows = rows(form, text, context)?;
    let steps = rows.windows(2).map(|pair| pair[1].start.since_ms(pair[0].start) / 1_000);
    let usual_s = steps.filter(|step| *step > 0).min();
    let mut prices = SpotPrices::default();
    for row in &rows {
        let row = &around(row, form, context);
        if row.end.is_some_and(|end| end <= row.start) {
            continue;
        }
        let (first, slots) = slots(row, usual_s)?;
        let price =
            row.value.checked_mul(unit.factor).ok_or_else(|| format!("{}: too large", row.at))?;
        // What begins later knows better: a price without an end is listed before the one that ends it.
        prices.put(first, slots, price.normalize());
    }
    Ok(SpotList { prices, currency: unit.currency })
}

/// What lies around the time at which it was asked for, of a row that holds for long or has no end yet.
fn around(row: &Row, form: &SourceForm, context: &Context<'_>) -> Row {
    let open = row.end.is_none() && form.list.end.is_some();
    let day = |at: UnixMs| Slot(at.0.div_euclid(DAY_MS) * 96).start();
    let (first, next) = match context.now {
        Some(now) => (day(now).plus_ms(-2 * DAY_MS), day(now).plus_ms(3 * DAY_MS)),
        None => (row.start, row.start.plus_ms(2 * DAY_MS)),
    };
    let end = if open { Some(next) } else { row.end };
    match context.now {
        Some(_) => {
            Row { start: row.start.max(first), end: end.map(|end| end.min(next)), ..row.clone() }
        }
        None => Row { end, ..row.clone() },
    }
}

/// The slots of a row.
fn slots(row: &Row, usual_s: Option<i64>) -> Result<(Slot, i64), String> {
    let at = &row.at;
    let length_s = match (row.end, usual_s) {
        (Some(end), _) => end.since_ms(row.start) / 1_000,
        (None, Some(usual_s)) => usual_s,
        (None, None) => return Err(format!("{at}: one price alone needs its end")),
    };
    let first = Slot::of(row.start);
    if first.start() != row.start || length_s % SLOT_S != 0 || length_s <= 0 {
        let told = shown(&row.start.seconds().to_string());
        return Err(format!(
            "{at}: a price is of quarters of an hour, not of {length_s} s from {told}"
        ));
    }
    Ok((first, (length_s / SLOT_S).min(SLOTS_MAX)))
}
