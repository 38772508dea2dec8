//! Instants as unix milliseconds. The clock itself is outside: time is always an argument.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// This instant moved by a number of milliseconds, held at the ends of the range.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> UnixMs {
        UnixMs(self.0.saturating_add(ms))
    }

    /// This instant moved by a number of seconds, held at the ends of the range.
    #[must_use]
    pub fn plus_s(self, seconds: i64) -> UnixMs {
        self.plus_ms(seconds.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    pub fn since_ms(self, earlier: UnixMs) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole unix seconds, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// As a civil time in a zone. Instants outside jiff's range stand at its ends.
    pub fn in_zone(self, zone: &jiff::tz::TimeZone) -> jiff::Zoned {
        stamp(self.0).to_zoned(zone.clone())
    }

    /// The instant of a civil time in a zone.
    pub fn from_zoned(zoned: &jiff::Zoned) -> UnixMs {
        UnixMs(zoned.timestamp().as_millisecond())
    }

    /// RFC 3339 with the zone's offset and whole seconds, as every payload shows it.
    pub fn rfc3339(self, zone: &jiff::tz::TimeZone) -> String {
        self.shown(zone).to_string()
    }

    /// The same for what is written on at once, without a text in between.
    pub fn shown(self, zone: &jiff::tz::TimeZone) -> TimeText {
        let stamp = stamp(self.seconds().saturating_mul(1000));
        TimeText { stamp, offset: zone.to_offset(stamp) }
    }
}

/// An instant that is shown as RFC 3339 with its zone's offset and whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeText {
    stamp: jiff::Timestamp,
    offset: jiff::tz::Offset,
}

impl fmt::Display for TimeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stamp.display_with_offset(self.offset).fmt(f)
    }
}

impl Serialize for TimeText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Instants outside jiff's range stand at its ends.
fn stamp(ms: i64) -> jiff::Timestamp {
    let end = if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(ms).unwrap_or(end)
}
