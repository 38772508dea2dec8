//! Use as a file tells it: rows of a time and what was used from then on.

use super::rows::{rows, time};
use crate::grid::grid_use;
use homepay_domain::limits::window::plus_days;
use homepay_domain::meter::Quantity;
use homepay_domain::tariff::{SLOT_S, SlotUse, Use};
use homepay_text::amount::decimal_text;
use homepay_text::problem::shown;
use jiff::tz::TimeZone;

/// The most rows of a file: two years of quarters of an hour.
const ROWS_MAX: usize = 2 * 366 * 96;

/// The longest row, in seconds: a day of 25 hours.
const USE_LENGTH_S_MAX: i64 = 25 * 3_600;

/// Up to which length the use of a row counts as measured within it, in seconds: an hour.
const EXACT_S: i64 = 3_600;

/// Reads use: CSV with the columns `start`, `kWh` (or `value`) and perhaps `end`; or JSON rows of
/// the same. A row without an end is of a quarter of an hour; what spans several is shared out
/// evenly, and is an estimate when it spans more than an hour.
///
/// # Errors
/// Says which row is wrong.
pub fn read_used(text: &str, quantity: Quantity) -> Result<Use, String> {
    let unit = quantity.unit();
    let list = rows(text, &[unit, "kwh", "value", "used"], ROWS_MAX)?;
    let mut slots = Vec::with_capacity(list.rows.len());
    for row in &list.rows {
        let at = &row.at;
        let start = time(row, &row.start)?;
        let length_s = match &row.end {
            Some(end) => time(row, end)?.since_ms(start) / 1_000,
            None => SLOT_S,
        };
        if !(1..=USE_LENGTH_S_MAX).contains(&length_s) {
            return Err(format!("{at}: a row spans a second to a day, and ends after it begins"));
        }
        let micro = decimal_text(&row.value)
            .filter(|value| !value.is_sign_negative() || value.is_zero())
            .and_then(|value| quantity.micro(value, unit))
            .ok_or_else(|| format!("{at}: \"{}\" is not a use in {unit}", shown(&row.value)))?;
        slots.extend(grid_use((start, start.plus_s(length_s)), micro, EXACT_S));
    }
    Ok(Use::new(slots))
}

/// The local days that some use lies in: the first, and the day after the last.
pub fn days_of(used: &Use, zone: &TimeZone) -> Option<(jiff::civil::Date, jiff::civil::Date)> {
    let day = |of: &SlotUse| of.slot.start().in_zone(zone).date();
    let (first, last) = (used.slots().first()?, used.slots().last()?);
    Some((day(first), plus_days(day(last), 1)))
}
