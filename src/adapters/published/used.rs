//! Published use by slots.

use super::form::SourceForm;
use super::read::{Context, rows};
use super::shelf;
use crate::domain::meter::Quantity;
use crate::domain::tariff::{SLOT_S, Slot, SlotUse, Use};
use rust_decimal::Decimal;

/// The longest row, in slots: a month and an hour.
const SLOTS_MAX: i64 = 31 * 96 + 4;

/// Reads the use in a file of a source.
///
/// # Errors
/// Says what is missing or wrong, and in which row.
pub fn used(
    form: &SourceForm,
    text: &str,
    context: &Context<'_>,
    quantity: Quantity,
) -> Result<Use, String> {
    let mut used = Vec::new();
    let mut rows = rows(form, text, context)?;
    // The same told twice is told once.
    rows.dedup_by(|row, before| {
        (row.start, row.end, row.value) == (before.start, before.end, before.value)
    });
    let mut until = None;
    for row in rows {
        let at = &row.at;
        if until.is_some_and(|until| row.start < until) {
            return Err(format!("{at}: its time was told before, with another value"));
        }
        until = row.end;
        let end = row.end.ok_or_else(|| format!("{at}: nothing says how long it lasts"))?;
        let length_s = end.since_ms(row.start) / 1_000;
        let first = Slot::of(row.start);
        if first.start() != row.start || length_s <= 0 || length_s % SLOT_S != 0 {
            return Err(format!("{at}: use is read by whole quarters of an hour"));
        }
        let slots = length_s / SLOT_S;
        if slots > SLOTS_MAX {
            return Err(format!("{at}: a row spans a month at most"));
        }
        let (value, unit) = match form.unit.as_str() {
            // The mean power of the row.
            "W" => (row.value.checked_mul(Decimal::from(length_s)), "Ws"),
            unit => (Some(row.value), unit),
        };
        let hours = |value: Decimal| value.checked_div(Decimal::from(3_600));
        let (value, unit) = match unit {
            "Ws" => (value.and_then(hours), "Wh"),
            unit => (value, unit),
        };
        let value = value.ok_or_else(|| format!("{at}: too large"))?;
        let micro = quantity.micro(value.round_dp(6), unit);
        let micro = micro
            .filter(|micro| *micro >= 0)
            .ok_or_else(|| format!("{at}: {value} {unit} is no use of {}", quantity.as_str()))?;
        let (each, more) = (micro / slots, micro % slots);
        used.extend((0..slots).map(|step| SlotUse {
            slot: first.plus(step),
            micro: each + i64::from(step < more),
            estimated: length_s > 3_600,
            imported: true,
            ..SlotUse::default()
        }));
    }
    Ok(Use::new(used))
}

/// Reads the use in a file of whichever source it is; none where it is of no source that is known.
pub fn used_of_any(
    text: &str,
    context: &Context<'_>,
    quantity: Quantity,
) -> Option<(&'static str, Result<Use, String>)> {
    let of = shelf::usages().values().find(|form| super::read::is_of(form, text, context))?;
    Some((of.id.as_str(), used(of, text, context, quantity)))
}
