//! Rows of any begin and end, put on the grid of quarters of an hour: prices by their mean over time,
//! use shared out by time.

use homepay_domain::tariff::{SLOT_S, Slot, SlotUse, SpotPrices};
use homepay_domain::time::UnixMs;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The length of a slot, in milliseconds.
const SLOT_MS: i64 = SLOT_S * 1_000;

/// The most rows that are named where several are refused.
const NAMED_MAX: usize = 5;

/// A price from one instant until another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSpan {
    /// Which row, for whoever must find it.
    pub at: String,
    pub start: UnixMs,
    pub end: UnixMs,
    /// In major units for one unit.
    pub price: Decimal,
}

/// Prices on the grid, and what could not be put on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridPrices {
    pub prices: SpotPrices,
    /// Slots whose price is the mean of several: exact only for use that is even within them.
    pub means: Vec<Slot>,
    /// Slots of which a part alone has a price, and how many minutes that is: they are left out.
    pub parts: Vec<(Slot, i64)>,
}

/// The prices that hold in a slot: since when, until when in milliseconds of it, and which.
type Pieces = Vec<(i64, i64, Decimal)>;

/// Puts prices on the grid. Where two rows lie over each other the later in the list wins.
pub fn grid_prices<'a>(rows: impl IntoIterator<Item = &'a PriceSpan>) -> GridPrices {
    let mut slots: BTreeMap<Slot, Pieces> = BTreeMap::new();
    for row in rows {
        for (slot, from, to) in cut(row.start, row.end) {
            let pieces = slots.entry(slot).or_default();
            if (from, to) == (0, SLOT_MS) {
                pieces.clear();
            } else {
                *pieces = pieces.iter().flat_map(|of| beside(*of, from, to)).collect();
            }
            pieces.push((from, to, row.price));
        }
    }
    let mut told = GridPrices::default();
    for (slot, pieces) in slots {
        let known: i64 = pieces.iter().map(|(from, to, _)| to - from).sum();
        if known < SLOT_MS {
            told.parts.push((slot, known / 60_000));
            continue;
        }
        let first = pieces.first().map(|(_, _, price)| *price).unwrap_or_default();
        if pieces.iter().all(|(_, _, price)| *price == first) {
            told.prices.0.insert(slot, first.normalize());
        } else if let Some(mean) = mean(&pieces) {
            told.prices.0.insert(slot, mean);
            told.means.push(slot);
        }
    }
    told
}

/// The mean over a slot of the prices in it.
fn mean(pieces: &Pieces) -> Option<Decimal> {
    let mut sum = Decimal::ZERO;
    for (from, to, price) in pieces {
        sum = sum.checked_add(price.checked_mul(Decimal::from(to - from))?)?;
    }
    sum.checked_div(Decimal::from(SLOT_MS)).map(|mean| mean.round_dp(12).normalize())
}

/// What is left of a piece outside a span.
fn beside((from, to, price): (i64, i64, Decimal), first: i64, next: i64) -> Pieces {
    let parts = [(from, to.min(first), price), (from.max(next), to, price)];
    parts.into_iter().filter(|(from, to, _)| from < to).collect()
}

/// The slots that a span lies in, and which of their milliseconds it covers.
fn cut(start: UnixMs, end: UnixMs) -> impl Iterator<Item = (Slot, i64, i64)> {
    let (first, last) = (Slot::of(start).0, Slot::of(end.plus_ms(-1)).0);
    (first..=last).map(Slot).map(move |slot| {
        let begin = slot.start();
        (slot, start.since_ms(begin).max(0), end.since_ms(begin).min(SLOT_MS))
    })
}

/// Shares use out over the slots of its time. It is an estimate where it is of more than `exact_s`
/// seconds, or where a slot has a part of it.
pub fn grid_use((start, end): (UnixMs, UnixMs), micro: i64, exact_s: i64) -> Vec<SlotUse> {
    let length_ms = end.since_ms(start).max(1);
    let several = Slot::of(start) != Slot::of(end.plus_ms(-1));
    let mut passed_ms = 0;
    let mut given = 0;
    let share = |(slot, from, to): (Slot, i64, i64)| {
        passed_ms += to - from;
        // What is given up to here, so that nothing is lost by rounding.
        let until = i128::from(micro) * i128::from(passed_ms) / i128::from(length_ms);
        let until = i64::try_from(until).unwrap_or(micro);
        let of_slot = until - given;
        given = until;
        let estimated = length_ms > exact_s * 1_000 || (several && to - from < SLOT_MS);
        SlotUse { slot, micro: of_slot, estimated, ..SlotUse::default() }
    };
    cut(start, end).map(share).collect()
}

/// Several faults as one text, the first ones named.
#[must_use]
pub fn named(faults: &[String]) -> String {
    let more = faults.len().saturating_sub(NAMED_MAX);
    let first: Vec<&str> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
    let first = first.join("; ");
    if more == 0 { first } else { format!("{first}; and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
    }

    fn span(start: &str, end: &str, price: i64) -> PriceSpan {
        let (start, end) = (at(&format!("2026-01-01T{start}Z")), at(&format!("2026-01-01T{end}Z")));
        PriceSpan { at: String::new(), start, end, price: Decimal::from(price) }
    }

    #[test]
    fn prices_off_the_grid_are_means_and_a_part_alone_is_told() {
        // Until 22:38 one price, then another: the quarter from 22:30 holds eight minutes of the first.
        let told =
            grid_prices(&[span("22:00:00", "22:38:00", 15), span("22:38:00", "23:10:00", 30)]);
        let slot = |time: &str| Slot::of(at(&format!("2026-01-01T{time}Z")));
        let price = |time: &str| told.prices.0.get(&slot(time)).copied();
        assert_eq!(price("22:15:00"), Some(Decimal::from(15)));
        assert_eq!(price("22:30:00"), Some(Decimal::from(22)), "(8 × 15 + 7 × 30) / 15");
        assert_eq!(price("22:45:00"), Some(Decimal::from(30)));
        assert_eq!(told.means, [slot("22:30:00")]);
        assert_eq!(told.parts, [(slot("23:00:00"), 10)]);
        // Three times five minutes; and what is told later lies over what was told before.
        let told = grid_prices(&[
            span("00:00:00", "00:30:00", 9),
            span("00:05:00", "00:10:00", 0),
            span("00:10:00", "00:15:00", 3),
        ]);
        assert_eq!(told.prices.0[&slot("00:00:00")], Decimal::from(4));
        assert_eq!(told.prices.0[&slot("00:15:00")], Decimal::from(9));
    }

    #[test]
    fn use_off_the_grid_is_shared_out_and_nothing_is_lost() {
        let shares = |start: &str, end: &str, micro: i64| {
            let span = span(start, end, 0);
            let told = grid_use((span.start, span.end), micro, 3_600);
            told.iter().map(|of| (of.micro, of.estimated)).collect::<Vec<_>>()
        };
        assert_eq!(shares("00:00:00", "00:05:00", 7), [(7, false)]);
        assert_eq!(shares("00:10:00", "00:20:00", 7), [(3, true), (4, true)]);
        assert_eq!(shares("00:00:00", "00:30:00", 7), [(3, false), (4, false)]);
        assert_eq!(shares("00:05:00", "00:35:00", 6), [(2, true), (3, false), (1, true)]);
        assert_eq!(shares("00:00:00", "02:00:00", 8), [(1, true); 8]);
    }
}
