//! Money: whole minor units beside a currency; text in and out; the one rounding.
//!
//! Never a float. A price times a quantity is exact in [`Decimal`] and is rounded once, half away
//! from zero, when it becomes money.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in minor units (fen, cents, yen): what the ledger, the limits and the store hold.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Minor(pub i64);

impl Minor {
    pub const ZERO: Minor = Minor(0);

    /// The sum, or `None` on overflow.
    pub fn plus(self, other: Minor) -> Option<Minor> {
        self.0.checked_add(other.0).map(Minor)
    }

    /// The difference, or `None` on overflow.
    pub fn minus(self, other: Minor) -> Option<Minor> {
        self.0.checked_sub(other.0).map(Minor)
    }

    /// True for amounts above zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

/// An ISO 4217 currency with the digits of its minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency {
    code: iso_currency::Currency,
}

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a plain decimal number such as `29.90`.
    #[error("\"{0}\" is not an amount: write a decimal string such as \"29.90\"")]
    NotANumber(String),
    /// More decimals than the currency has.
    #[error("\"{text}\" has more than the {digits} decimals of {currency}")]
    TooManyDigits {
        text: String,
        /// How many digits the currency has.
        digits: u32,
        currency: String,
    },
    /// Below zero where only zero and more makes sense.
    #[error("\"{0}\" is negative: amounts are zero or more")]
    Negative(String),
    /// Does not fit into 64 bits of minor units.
    #[error("\"{0}\" is too large")]
    TooLarge(String),
    /// Not a currency of ISO 4217 with a minor unit.
    #[error("\"{0}\" is not an ISO 4217 currency code such as CNY")]
    UnknownCurrency(String),
}

impl Currency {
    /// Reads a three-letter ISO 4217 code.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] for anything else, and for codes without a minor unit.
    pub fn from_code(code: &str) -> Result<Currency, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|c| c.exponent().is_some())
            .map(|code| Currency { code })
            .ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }

    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// Digits of the minor unit: 2 for CNY, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        u32::from(self.code.exponent().unwrap_or(0))
    }

    /// Reads `"29.90"` exactly: no rounding, no exponent, no sign.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(self, text: &str) -> Result<Minor, MoneyError> {
        let plain = !text.is_empty()
            && text.len() <= AMOUNT_TEXT_BYTES_MAX
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        if !plain {
            return Err(MoneyError::NotANumber(clip(text)));
        }
        let value: Decimal = text.parse().map_err(|_| MoneyError::NotANumber(clip(text)))?;
        if value.is_sign_negative() && !value.is_zero() {
            return Err(MoneyError::Negative(clip(text)));
        }
        let scaled = value
            .checked_mul(Decimal::from(10_i64.pow(self.digits())))
            .ok_or_else(|| MoneyError::TooLarge(clip(text)))?
            .normalize();
        if scaled.scale() > 0 {
            return Err(MoneyError::TooManyDigits {
                text: clip(text),
                digits: self.digits(),
                currency: self.code().to_owned(),
            });
        }
        i64::try_from(scaled.mantissa()).map(Minor).map_err(|_| MoneyError::TooLarge(clip(text)))
    }

    /// The amount as text with the currency's digits: `2990` of CNY is `"29.90"`.
    pub fn text(self, amount: Minor) -> String {
        self.shown(amount).to_string()
    }

    /// The same for what is written on at once, without a text in between.
    pub fn shown(self, amount: Minor) -> MoneyText {
        MoneyText { amount, digits: self.digits() }
    }

    /// Rounds an exact figure in major units to money, half away from zero: the only rounding.
    /// `None` when it does not fit.
    pub fn round(self, exact: Decimal) -> Option<Minor> {
        let rounded =
            exact.round_dp_with_strategy(self.digits(), RoundingStrategy::MidpointAwayFromZero);
        let scaled = rounded.checked_mul(Decimal::from(10_i64.pow(self.digits())))?.normalize();
        i64::try_from(scaled.mantissa()).ok().filter(|_| scaled.scale() == 0).map(Minor)
    }

    /// The exact figure in major units of a rounded amount.
    pub fn exact(self, amount: Minor) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(amount.0), self.digits())
    }
}

/// An amount that is shown as text with its currency's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyText {
    amount: Minor,
    digits: u32,
}

impl fmt::Display for MoneyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::from_i128_with_scale(i128::from(self.amount.0), self.digits).fmt(f)
    }
}

impl Serialize for MoneyText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The longest text read as an amount, in bytes.
pub const AMOUNT_TEXT_BYTES_MAX: usize = 40;

fn clip(text: &str) -> String {
    text.chars().take(AMOUNT_TEXT_BYTES_MAX).collect()
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Currency::from_code(&code).map_err(serde::de::Error::custom)
    }
}

/// Rounds lines so that they add up to the rounded total. `None` on overflow.
pub fn lines_that_add_up(currency: Currency, exact: &[Decimal]) -> Option<(Vec<Minor>, Minor)> {
    let add = |sum: Decimal, line: &Decimal| sum.checked_add(*line);
    let total = currency.round(exact.iter().try_fold(Decimal::ZERO, add)?)?;
    Some((lines_of_total(currency, exact, total)?, total))
}

/// Rounds lines so that they add up to a total, by the largest-remainder method: each line gets its
/// floor, and the units that are missing go one each to the lines with the largest remainder (the
/// first line on a tie), so that no line is off by a whole minor unit. A total slightly below all
/// floors is taken from the largest lines; a difference that no rounding explains goes to the last
/// line. `None` on overflow.
pub fn lines_of_total(currency: Currency, exact: &[Decimal], total: Minor) -> Option<Vec<Minor>> {
    let unit = Decimal::from(10_i64.pow(currency.digits()));
    let mut floors = Vec::with_capacity(exact.len());
    let mut rests = Vec::with_capacity(exact.len());
    let mut floor_sum = 0_i64;
    for (index, line) in exact.iter().enumerate() {
        let scaled = line.checked_mul(unit)?;
        let floor = scaled.floor();
        let whole = i64::try_from(floor.normalize().mantissa()).ok()?;
        floor_sum = floor_sum.checked_add(whole)?;
        floors.push(whole);
        rests.push((scaled.checked_sub(floor)?, index));
    }
    rests.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut left = total.0.checked_sub(floor_sum)?;
    for (_, index) in rests {
        if left <= 0 {
            break;
        }
        floors[index] = floors[index].checked_add(1)?;
        left = left.checked_sub(1)?;
    }
    // Where every part was rounded down by itself, the total can be less than the sum of floors.
    let near = i64::try_from(floors.len()).ok()?;
    while left < 0 && left >= -near {
        let Some(largest) = floors.iter_mut().max_by_key(|floor| **floor) else { break };
        if *largest <= 0 {
            break;
        }
        *largest = largest.checked_sub(1)?;
        left = left.checked_add(1)?;
    }
    if let Some(last) = floors.last_mut() {
        *last = last.checked_add(left)?;
    }
    Some(floors.into_iter().map(Minor).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cny() -> Currency {
        Currency::from_code("CNY").expect("CNY is a currency")
    }

    #[test]
    fn text_is_read_exactly_or_refused() {
        for (text, want) in
            [("29.90", 2990), ("0.00", 0), ("19.99", 1999), ("7", 700), ("0.29", 29)]
        {
            assert_eq!(cny().parse(text), Ok(Minor(want)), "{text}");
        }
        for text in
            ["", "1e3", "NaN", "inf", "1.999", "-1.00", "1,00", " 1", "+1", "9".repeat(39).as_str()]
        {
            assert!(cny().parse(text).is_err(), "{text} was read");
        }
    }

    #[test]
    fn digits_follow_the_currency() {
        let jpy = Currency::from_code("JPY").expect("JPY");
        let kwd = Currency::from_code("KWD").expect("KWD");
        assert_eq!(jpy.parse("1200"), Ok(Minor(1200)));
        assert_eq!(jpy.text(Minor(1200)), "1200");
        assert_eq!(kwd.text(Minor(1235)), "1.235");
        assert_eq!(cny().text(Minor(-13)), "-0.13");
    }

    #[test]
    fn lines_add_up_to_the_rounded_sum() {
        let line: Decimal = "0.335".parse().expect("a decimal");
        let eur = Currency::from_code("EUR").expect("EUR");
        let (lines, total) = lines_that_add_up(eur, &[line, line, line]).expect("fits");
        assert_eq!(total, Minor(101));
        assert_eq!(lines, [Minor(34), Minor(34), Minor(33)]);
    }
}
