//! The times that devices write.

use super::profile_form::TimeFormat;
use super::scalar::{Guard, Scalar};
use homepay_domain::time::UnixMs;
use jiff::Timestamp;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Before this a device's clock was not set: 2020-01-01, in unix milliseconds.
pub const CLOCK_SET_MS: i64 = 1_577_836_800_000;

/// A time as a device told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: UnixMs,
    /// In RFC 3339, with the offset that it was written with.
    pub text: String,
}

/// Reads a time.
///
/// # Errors
/// The word for why it is of no use.
pub fn read(scalar: &Scalar<'_>, format: TimeFormat) -> Result<Moment, &'static str> {
    let moment = match format {
        TimeFormat::Rfc3339 => rfc3339(scalar.text().trim()).ok_or("not_a_time")?,
        TimeFormat::Local => return Err(local(scalar.text().trim())),
        TimeFormat::UnixS => unix(scalar, Decimal::ONE_THOUSAND).ok_or("not_a_time")?,
        TimeFormat::UnixMs => unix(scalar, Decimal::ONE).ok_or("not_a_time")?,
    };
    if moment.at.0 < CLOCK_SET_MS { Err("clock_not_set") } else { Ok(moment) }
}

fn rfc3339(text: &str) -> Option<Moment> {
    let stamp: Timestamp = text.parse().ok()?;
    let pieces = Pieces::parse(text).ok()?;
    let told = match pieces.offset() {
        Some(PiecesOffset::Numeric(offset)) => {
            stamp.display_with_offset(offset.offset()).to_string()
        }
        Some(_) | None => stamp.to_string(),
    };
    Some(Moment { at: UnixMs(stamp.as_millisecond()), text: told })
}

fn unix(scalar: &Scalar<'_>, factor: Decimal) -> Option<Moment> {
    let number = scalar.number(Guard::Any).ok()?;
    let at = number.checked_mul(factor)?.trunc().to_i64()?;
    let stamp = Timestamp::from_millisecond(at).ok()?;
    Some(Moment { at: UnixMs(at), text: stamp.to_string() })
}

/// A time without a zone is not used; the reason says whether its clock was set at all.
fn local(text: &str) -> &'static str {
    match text.parse::<jiff::civil::DateTime>() {
        Ok(time) if time.year() >= 2020 => "time_without_zone",
        Ok(_) => "clock_not_set",
        Err(_) => "not_a_time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_were_written() {
        use TimeFormat::{Local, Rfc3339, UnixMs, UnixS};
        for (json, format, want) in [
            ("\"2024-03-03T18:37:00Z\"", Rfc3339, Ok("2024-03-03T18:37:00Z")),
            ("\"2024-04-07T09:56:31+0200\"", Rfc3339, Ok("2024-04-07T09:56:31+02:00")),
            ("\"2026-03-01T08:15:30.123000+08:00\"", Rfc3339, Ok("2026-03-01T08:15:30.123+08:00")),
            ("\"1970-01-01T00:00:12Z\"", Rfc3339, Err("clock_not_set")),
            ("\"2024-04-16T09:15:03\"", Local, Err("time_without_zone")),
            ("\"1970-01-01T00:00:07\"", Local, Err("clock_not_set")),
            ("1.6", UnixS, Err("clock_not_set")),
            ("1788945300.02", UnixS, Ok("2026-09-09T09:15:00.02Z")),
            ("1709001070828", UnixMs, Ok("2024-02-27T02:31:10.828Z")),
            ("\"soon\"", Rfc3339, Err("not_a_time")),
            ("1e28", UnixS, Err("not_a_time")),
        ] {
            let read = read(&Scalar::of_json(json), format).map(|moment| moment.text);
            assert_eq!(read, want.map(str::to_owned), "{json}");
        }
    }
}
