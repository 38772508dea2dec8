//! Published use by slots.

use super::document::{DocumentRow, DocumentRows, ReadContext, rows};
use super::shipped_sources;
use super::source_form::SourceForm;
use super::table::{find, known_unit};
use crate::grid::{grid_use, named};
use homepay_domain::meter::Quantity;
use homepay_domain::tariff::{SlotUse, Use};
use homepay_domain::time::UnixMs;
use rust_decimal::Decimal;

/// The longest row, in milliseconds: a month and an hour.
const USE_LENGTH_MS_MAX: i64 = (31 * 24 + 1) * 3_600_000;

/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Up to which length the use of a row counts as measured within it, in seconds: an hour.
const EXACT_S: i64 = 3_600;

/// Reads the use in a file of a source. A file with a row that is wrong is not read at all: its owner
/// has it at hand, and a bill must not miss a part of it.
///
/// # Errors
/// Says what is missing or wrong, and in which rows.
pub fn used(
    form: &SourceForm,
    text: &str,
    context: &ReadContext<'_>,
    quantity: Quantity,
) -> Result<Use, String> {
    let mut form = form.clone();
    let table = form.list.columns.as_ref().and_then(|columns| find(text, columns));
    form.list.start_is_end |= table.is_some_and(|table| table.tells_ends());
    let form = &form;
    let DocumentRows { mut rows, refused } = rows(form, text, context)?;
    if !refused.is_empty() {
        return Err(named(&refused));
    }
    ends(&mut rows, form);
    spread(rows, &form.unit, quantity)
}

/// Sets the end of rows that do not say it, and of those whose end a change of the clock moved.
fn ends(rows: &mut [DocumentRow], form: &SourceForm) {
    let steps = rows.windows(2).map(|pair| pair[1].start.since_ms(pair[0].start));
    let Some(usual_ms) = steps.filter(|step| *step > 0).min() else { return };
    let starts: Vec<UnixMs> = rows.iter().map(|row| row.start).collect();
    for (place, row) in rows.iter_mut().enumerate() {
        let next = starts.get(place + 1);
        let followed = next.is_some_and(|next| next.since_ms(row.start) == usual_ms);
        match row.end {
            None if form.list.start_is_end => {
                row.end = Some(row.start);
                row.start = row.start.plus_ms(-usual_ms);
            }
            None => row.end = Some(row.start.plus_ms(usual_ms)),
            // The last minute is told in place of the end.
            Some(end) if end.since_ms(row.start) == usual_ms - MINUTE_MS => {
                row.end = Some(row.start.plus_ms(usual_ms));
            }
            // In the hour that comes twice 03:00 is told as the end of both.
            Some(end) if followed && end.since_ms(row.start) == usual_ms + HOUR_MS => {
                row.end = Some(row.start.plus_ms(usual_ms));
            }
            Some(_) => {}
        }
    }
}

/// Rows of use on the grid of quarters of an hour.
fn spread(mut rows: Vec<DocumentRow>, unit: &str, quantity: Quantity) -> Result<Use, String> {
    // The same told twice is told once.
    rows.dedup_by(|row, before| {
        (row.start, row.end, row.value) == (before.start, before.end, before.value)
    });
    let (mut used, mut until) = (Vec::new(), None);
    for row in rows {
        let at = &row.at;
        let unit = row.unit.as_deref().unwrap_or(unit);
        let unit = known_unit(unit).unwrap_or(unit);
        // Reactive and apparent energy is no use.
        if unit.is_empty() {
            continue;
        }
        if until.is_some_and(|until| row.start < until) {
            return Err(format!("{at}: this time appeared before with another value"));
        }
        let end = row.end.ok_or_else(|| format!("{at}: its length is not given"))?;
        until = Some(end);
        let length_ms = end.since_ms(row.start);
        if !(1..=USE_LENGTH_MS_MAX).contains(&length_ms) {
            return Err(format!("{at}: a row spans a month at most, and ends after it begins"));
        }
        let micro = micro(&row, unit, length_ms, quantity).map_err(|e| format!("{at}: {e}"))?;
        let shares = grid_use((row.start, end), micro, EXACT_S);
        used.extend(shares.into_iter().map(|of| SlotUse { imported: true, ..of }));
    }
    Ok(Use::new(used))
}

/// What was used in a row, in micro-units.
fn micro(row: &DocumentRow, unit: &str, length_ms: i64, quantity: Quantity) -> Result<i64, String> {
    let (value, unit) = match unit {
        // The mean power of the row.
        "W" | "kW" => {
            let hours = Decimal::from(length_ms).checked_div(Decimal::from(3_600_000));
            let energy = hours.and_then(|hours| row.value.checked_mul(hours));
            (energy, if unit == "W" { "Wh" } else { "kWh" })
        }
        unit => (Some(row.value), unit),
    };
    let value = value.ok_or("too large")?;
    let micro = quantity.micro(value.round_dp(9), unit);
    micro
        .filter(|micro| *micro >= 0)
        .ok_or_else(|| format!("{value} {unit} is not a use of {}", quantity.as_str()))
}

/// Reads the use in a file of whichever source it is; none where it is of no source that is known.
pub fn used_of_any(
    text: &str,
    context: &ReadContext<'_>,
    quantity: Quantity,
) -> Option<(&'static str, Result<Use, String>)> {
    let of = shipped_sources::usages()
        .values()
        .find(|form| super::document::is_of(form, text, context))?;
    Some((of.id.as_str(), used(of, text, context, quantity)))
}
