//! The market told its prices: what is new is kept, and what is other than before is a correction.

use crate::book::Book;
use crate::decision::{Change, Decision, Effect};
use crate::facts::Facts;
use crate::ids::Name;
use crate::tariff::{Slot, SpotPrices};
use crate::time::UnixMs;
use rust_decimal::Decimal;

/// Decides a list of prices. One that the broker kept from earlier tells what is not known, and corrects
/// nothing: it may be older than a correction.
pub fn prices_told(
    facts: &Facts<'_>,
    source: &Name,
    (prices, retained): (&SpotPrices, bool),
    now: UnixMs,
) -> Decision {
    let mut decision = Decision::nothing();
    let book = facts.book;
    if !book.household.spot_prices.contains_key(source) {
        return decision;
    }
    let none = SpotPrices::default();
    let known = book.usage.spot(source.as_str()).unwrap_or(&none);
    // What is older than what is at hand cannot be compared: it is history, and stays as it is.
    let first = book.prices_kept_since(book.time(now));
    let new = prices.0.iter().filter(|(slot, price)| {
        let other = |known: &Decimal| !retained && known != *price;
        **slot >= first && known.0.get(slot).is_none_or(other)
    });
    let new = SpotPrices(new.map(|(slot, price)| (*slot, *price)).collect());
    if !new.0.is_empty() {
        let (source, at) = (source.clone(), book.time(now));
        decision.changes.push(Change::Prices { source, prices: new, at });
        decision.effects.push(Effect::Refresh(None));
    }
    decision
}

/// Of how many quarters of an hour a list that the broker kept tells another price than is known: those
/// prices are passed over, and somebody should look where the list comes from.
pub fn passed_over(book: &Book, source: &Name, prices: &SpotPrices, now: UnixMs) -> usize {
    let Some(known) = book.usage.spot(source.as_str()) else { return 0 };
    let first = book.prices_kept_since(book.time(now));
    let other = |(slot, price): &(&Slot, &Decimal)| {
        **slot >= first && known.0.get(slot).is_some_and(|known| known != *price)
    };
    prices.0.iter().filter(other).count()
}
