//! Hours of the day in which orders are taken: half-open, local wall time, may wrap midnight.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// From a time of day until another, such as `07:00-22:00` or `22:00-06:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First minute of the day, 0 to 1439.
    from_min: u16,
    /// First minute after it, 0 to 1440.
    to_min: u16,
}

/// Minutes in a day.
const DAY_MIN: u16 = 24 * 60;

impl Hours {
    /// Reads `HH:MM-HH:MM`. `24:00` is the end of the day.
    ///
    /// # Errors
    /// Says what to write instead.
    pub fn parse(text: &str) -> Result<Hours, String> {
        let fault = || format!("\"{text}\" is not hours: write \"07:00-22:00\"");
        let (from, to) = text.split_once('-').ok_or_else(fault)?;
        let from_min = minute(from.trim()).filter(|m| *m < DAY_MIN).ok_or_else(fault)?;
        let to_min = minute(to.trim()).ok_or_else(fault)?;
        if from_min == to_min {
            return Err(format!("\"{text}\" is empty: leave hours out to allow the whole day"));
        }
        Ok(Hours { from_min, to_min })
    }

    /// True when `time` lies within.
    pub fn holds(self, time: Time) -> bool {
        let hour = u16::from(time.hour().unsigned_abs());
        let now = hour * 60 + u16::from(time.minute().unsigned_abs());
        if self.from_min < self.to_min {
            self.from_min <= now && now < self.to_min
        } else {
            now >= self.from_min || now < self.to_min
        }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= DAY_MIN).then_some(total)
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (a, b) = (self.from_min, self.to_min);
        write!(f, "{:02}:{:02}-{:02}:{:02}", a / 60, a % 60, b / 60, b % 60)
    }
}

impl Serialize for Hours {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hours::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_half_open_and_may_wrap() {
        let day = Hours::parse("07:00-22:00").expect("hours");
        let night = Hours::parse("22:00-06:30").expect("hours");
        let at = |h, m| Time::new(h, m, 0, 0).expect("a time");
        assert!(day.holds(at(7, 0)) && day.holds(at(21, 59)));
        assert!(!day.holds(at(22, 0)) && !day.holds(at(6, 59)));
        assert!(night.holds(at(22, 0)) && night.holds(at(6, 29)) && !night.holds(at(6, 30)));
        assert!(Hours::parse("00:00-24:00").expect("all day").holds(at(23, 59)));
        for bad in ["", "7-22", "07:00", "07:00-25:00", "07:61-08:00", "07:00-07:00", "a-b"] {
            assert!(Hours::parse(bad).is_err(), "{bad}");
        }
    }
}
