//! The words of a tariff's file: figures, days, and what is wrong with them.

use super::figure::Figure;
use homepay_text::amount::plain_decimal;
use homepay_text::problem::shown;
use homepay_text::toml_table::Diagnostics;
use homepay_text::units::PriceUnit;
use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::{Spanned, Value};

/// The most decimals of a price: with six of a quantity, products stay exact.
const FIGURE_DECIMALS_MAX: u32 = 12;

/// The largest figure: with those decimals, sums of products stay exact.
const FIGURE_MAX: i64 = 1_000_000;

/// A file as it is checked.
#[derive(Clone, Copy)]
pub(super) struct TariffContext<'p, 'a> {
    pub(super) page: &'p Diagnostics<'a>,
    /// What prices are for; none = the unit that is counted, in major units of money.
    pub(super) unit: Option<PriceUnit>,
}

impl TariffContext<'_, '_> {
    pub(super) fn wrong<T>(&self, at: &Spanned<T>, what: impl Into<String>) {
        self.page.wrong(at.span().start, what);
    }

    /// A figure of any sign.
    pub(super) fn figure(&self, what: &str, of: &Spanned<Figure>) -> Option<Decimal> {
        self.text(what, of, &of.get_ref().0)
    }

    /// A price of a unit, made one of the unit that is counted.
    pub(super) fn price(&self, what: &str, of: &Spanned<Figure>) -> Option<Decimal> {
        let value = self.figure(what, of)?;
        self.of_unit(what, of, value)
    }

    /// The price of what is counted, of a price for the file's unit.
    pub(super) fn of_unit<T>(
        &self,
        what: &str,
        of: &Spanned<T>,
        value: Decimal,
    ) -> Option<Decimal> {
        let Some(unit) = self.unit else { return Some(value) };
        let price = value.checked_mul(unit.factor()).map(|price| price.normalize());
        let exact = price.filter(|price| price.scale() <= FIGURE_DECIMALS_MAX);
        if exact.is_none() {
            let base = unit.base;
            let what = format!(
                "{what} \"{value}\" has more than {FIGURE_DECIMALS_MAX} decimals for one {base}"
            );
            self.wrong(of, what);
        }
        exact
    }

    /// Refuses what is counted where prices are for another unit: an amount would be read wrongly.
    pub(super) fn counted<T>(&self, what: &str, of: &Spanned<T>) -> Option<()> {
        let Some(unit) = self.unit.filter(|unit| unit.share != Decimal::ONE) else {
            return Some(());
        };
        let (base, share) = (unit.base, unit.share);
        self.wrong(
            of,
            format!("{what} is counted in {base}: write prices for one {base}, too (× {share})"),
        );
        None
    }

    /// A figure of zero or more.
    pub(super) fn positive(&self, what: &str, of: &Spanned<Figure>) -> Option<Decimal> {
        let value = self.figure(what, of)?;
        self.not_below(what, of, value)
    }

    /// Refuses what is below zero.
    pub(super) fn not_below<T>(
        &self,
        what: &str,
        of: &Spanned<T>,
        value: Decimal,
    ) -> Option<Decimal> {
        if value < Decimal::ZERO {
            self.wrong(of, format!("{what} \"{value}\" is below zero"));
            return None;
        }
        Some(value)
    }

    /// Reads a figure's text.
    pub(super) fn text<T>(&self, what: &str, of: &Spanned<T>, text: &str) -> Option<Decimal> {
        let Some(value) = plain_decimal(text) else {
            let what = format!("{what} \"{}\" is not a figure: write \"0.617\"", shown(text));
            self.wrong(of, what);
            return None;
        };
        if value.normalize().scale() > FIGURE_DECIMALS_MAX
            || value.abs() > Decimal::from(FIGURE_MAX)
        {
            let what = format!(
                "{what} \"{}\" is out of bounds: at most {FIGURE_MAX}, and {FIGURE_DECIMALS_MAX} decimals",
                shown(text)
            );
            self.wrong(of, what);
            return None;
        }
        Some(value)
    }

    /// A day, written as a text or as TOML's own.
    pub(super) fn day(&self, what: &str, of: &Spanned<Value>) -> Option<Date> {
        let text = text_of(of.get_ref());
        let day = text.as_deref().and_then(|text| text.parse::<Date>().ok());
        if day.is_none() {
            let text = text.unwrap_or_else(|| of.get_ref().to_string());
            let what = format!("{what} \"{}\" is not a date: write \"2026-01-01\"", shown(&text));
            self.wrong(of, what);
        }
        day
    }
}

/// The text of a value that is a text or a date.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Datetime(day) => Some(day.to_string()),
        Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Array(_)
        | Value::Table(_) => None,
    }
}
