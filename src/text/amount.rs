//! Numbers as outsiders write them: decimal text, never a float.

use rust_decimal::Decimal;

/// The longest text read as a number, in bytes.
pub const NUMBER_BYTES_MAX: usize = 40;

/// Reads plain decimal text: digits, a point, a leading minus. No exponent, no words.
pub fn plain_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && text.len() <= NUMBER_BYTES_MAX
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Reads a number as appliances write it: as [`plain_decimal`], or with an exponent.
pub fn decimal_text(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if let Some(value) = plain_decimal(text) {
        return Some(value);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    plain_decimal(mantissa)?;
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let plain =
        !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { Decimal::from_scientific(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_numbers() {
        for good in ["0", "123.45", "-1", "0.00001", "79228162514264337593543950335"] {
            assert!(plain_decimal(good).is_some(), "{good}");
        }
        for bad in ["", "-", ".5", "5.", "1e3", "NaN", "inf", "None", "1,0", "１", "0x1", "1 "] {
            assert!(plain_decimal(bad).is_none(), "{bad}");
        }
        assert_eq!(decimal_text("1.5e2"), plain_decimal("150"));
        for bad in ["nan", "e5", "1e", "1e999", "1e+-2", "unknown"] {
            assert!(decimal_text(bad).is_none(), "{bad}");
        }
    }
}
