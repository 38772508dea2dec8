//! Published prices as a list of slots.

use super::document::{DocumentRow, ReadContext, rows};
use super::source_form::SourceForm;
use crate::grid::PriceSpan;
use crate::tariff::spot::{PriceListUnit, SpotList};
use homepay_domain::money::Currency;
use homepay_domain::tariff::Slot;
use homepay_domain::time::UnixMs;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// How long a price may hold, in milliseconds: 31 days and an hour.
const PRICE_LENGTH_MS_MAX: i64 = 31 * DAY_MS + 3_600_000;

/// Reads the prices in an answer of a source. A row that is wrong takes nothing from the others.
///
/// # Errors
/// Says what is missing or wrong, and in which row.
pub fn prices(
    form: &SourceForm,
    text: &str,
    context: &ReadContext<'_>,
    home: Currency,
) -> Result<SpotList, String> {
    let unit = PriceListUnit::parse(&form.unit.replace("{currency}", home.code()))?;
    let mut read = rows(form, text, context)?;
    let steps = read.rows.windows(2).map(|pair| pair[1].start.since_ms(pair[0].start));
    let usual_ms = steps.filter(|step| *step > 0).min();
    let mut spans: Vec<PriceSpan> = Vec::with_capacity(read.rows.len());
    for row in &read.rows {
        match span(row, (form, &unit), usual_ms, context) {
            Ok(None) => {}
            Ok(Some(span)) => spans.push(span),
            Err(why) => read.refused.push(format!("{}: {why}", row.at)),
        }
    }
    // What begins later knows better: a price without an end is listed before the one that ends it.
    SpotList::of(&spans, read.refused, unit.currency)
}

/// From when until when a price holds, as far as that lies around the time at which it was asked for;
/// none where no part of it does.
fn span(
    row: &DocumentRow,
    (form, unit): (&SourceForm, &PriceListUnit),
    usual_ms: Option<i64>,
    context: &ReadContext<'_>,
) -> Result<Option<PriceSpan>, String> {
    let day = |at: UnixMs| Slot(at.0.div_euclid(DAY_MS) * 96).start();
    let (first, next) = match context.now {
        Some(now) => (day(now).plus_ms(-2 * DAY_MS), day(now).plus_ms(3 * DAY_MS)),
        None => (row.start, row.start.plus_ms(2 * DAY_MS)),
    };
    let open = row.end.is_none() && form.list.end.is_some();
    let end = match (row.end, usual_ms) {
        _ if open => next,
        (Some(end), _) => end,
        (None, Some(usual_ms)) => row.start.plus_ms(usual_ms),
        (None, None) => return Err("one price alone needs its end".to_owned()),
    };
    if end <= row.start && !open {
        return Err("it ends before it begins".to_owned());
    }
    let mut span = PriceSpan {
        at: row.at.clone(),
        start: row.start,
        end: end.min(row.start.plus_ms(PRICE_LENGTH_MS_MAX)),
        price: row.value.checked_mul(unit.factor).ok_or("too large")?.normalize(),
    };
    if context.now.is_some() {
        (span.start, span.end) = (span.start.max(first), end.min(next));
    }
    Ok(Some(span).filter(|span| span.start < span.end))
}
