//! How the market's price becomes the price of a unit.

use super::charges::by_window;
use super::context::{TariffContext, text_of};
use super::tariff_form::{PricesForm, SpotForm};
use homepay_domain::tariff::{Missing, SLOT_MIN, Slot, SpotPrices, SpotRule};
use homepay_domain::time::UnixMs;
use homepay_text::problem::shown;
use jiff::Timestamp;
use rust_decimal::Decimal;
use toml::Spanned;

/// How long a price may hold, in minutes.
const SLOT_MINUTES: [u16; 3] = [15, 30, 60];

/// Reads the rule of a spot tariff.
pub(super) fn rule(
    words: &TariffContext<'_, '_>,
    form: &Spanned<SpotForm>,
    windows: &[String],
) -> Option<SpotRule> {
    let of = form.get_ref();
    if of.source.trim().is_empty() {
        words.wrong(form, "source is empty: name the list of prices, such as \"epex-de\"");
        return None;
    }
    let minutes = minutes(words, &of.slot_minutes)?;
    let factor = match &of.factor {
        None => Decimal::ONE,
        Some(factor) => words.positive("factor", factor)?,
    };
    let add = by_window(words, form, &of.add, windows, Some(Decimal::ZERO))?;
    let figure = |what, of: &Option<Spanned<_>>| match of {
        None => Some(None),
        Some(of) => words.price(what, of).map(Some),
    };
    let (floor, cap) = (figure("floor", &of.floor)?, figure("cap", &of.cap)?);
    if let (Some(floor), Some(cap)) = (floor, cap)
        && floor > cap
    {
        words.wrong(form, format!("floor {floor} is above cap {cap}"));
        return None;
    }
    let missing = figure("missing_price", &of.missing_price)?;
    let missing = missing.map_or(Missing::Refuse, Missing::Price);
    let mut listed = SpotPrices::default();
    for prices in &of.prices {
        list(words, prices, &mut listed)?;
    }
    let source = of.source.clone();
    Some(SpotRule { source, minutes, factor, add, floor, cap, missing, listed })
}

fn minutes(words: &TariffContext<'_, '_>, of: &Spanned<u16>) -> Option<u16> {
    let value = *of.get_ref();
    if !SLOT_MINUTES.contains(&value) {
        words.wrong(of, format!("{value} minutes: a price holds for 15, 30 or 60"));
        return None;
    }
    Some(value)
}

fn list(words: &TariffContext<'_, '_>, form: &PricesForm, listed: &mut SpotPrices) -> Option<()> {
    let text = text_of(form.start.get_ref()).unwrap_or_default();
    let Ok(start) = text.parse::<Timestamp>() else {
        let what = format!(
            "start \"{}\" is not a time with an offset: write \"2026-01-01T00:00+01:00\"",
            shown(&text)
        );
        words.wrong(&form.start, what);
        return None;
    };
    let minutes = minutes(words, &form.minutes)?;
    let start = UnixMs(start.as_millisecond());
    let mut slot = Slot::of(start);
    if slot.start() != start || slot.0 % i64::from(minutes / SLOT_MIN) != 0 {
        words.wrong(&form.start, format!("start is not on the grid of {minutes} minutes"));
        return None;
    }
    let slots = i64::from(minutes / SLOT_MIN);
    for value in &form.values {
        let price = words.price("price", value)?;
        if listed.0.contains_key(&slot) {
            words.wrong(value, format!("there are two prices for {}", slot.start().seconds()));
            return None;
        }
        listed.put(slot, slots, price);
        slot = slot.plus(slots);
    }
    Some(())
}
