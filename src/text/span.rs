//! Lengths of time as people write them: `90s`, `30m`, `6h`, `7d`.

/// The units, longest first, in seconds.
const SPAN_UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest span, in seconds: ten years.
const SPAN_S_MAX: i64 = 3_653 * 86_400;

/// Reads a span as seconds.
///
/// # Errors
/// Says what to write instead.
pub fn seconds(text: &str) -> Result<i64, String> {
    let fault = || {
        let text: String = text.chars().take(40).collect();
        format!("\"{text}\" is not a length of time: write \"90s\", \"30m\", \"6h\" or \"7d\"")
    };
    let (unit, unit_s) =
        SPAN_UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or_else(fault)?;
    let digits = text.strip_suffix(unit).ok_or_else(fault)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fault());
    }
    let count: i64 = digits.parse().map_err(|_| fault())?;
    match count.checked_mul(unit_s) {
        Some(0) => Err(format!("\"{text}\" is not a time at all: write at least \"1s\"")),
        Some(span_s) if span_s <= SPAN_S_MAX => Ok(span_s),
        Some(_) | None => Err(format!("\"{text}\" is longer than ten years")),
    }
}

/// Writes seconds in the longest unit that fits without a rest.
pub fn text(span_s: i64) -> String {
    let (unit, unit_s) = SPAN_UNITS
        .into_iter()
        .find(|(_, unit_s)| span_s != 0 && span_s % unit_s == 0)
        .unwrap_or(('s', 1));
    format!("{}{unit}", span_s / unit_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_back() {
        for (written, span_s, back) in [
            ("90s", 90, "90s"),
            ("30m", 1_800, "30m"),
            ("60m", 3_600, "1h"),
            ("6h", 21_600, "6h"),
            ("7d", 604_800, "7d"),
        ] {
            assert_eq!(seconds(written), Ok(span_s));
            assert_eq!(text(span_s), back);
        }
        for bad in ["", "6", "h", "6 h", "-6h", "1.5h", "1w", "0s", "9999999d", "６h"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
