//! Energy from power, for devices whose counter cannot be believed. Power that is told on change holds
//! until the next word.

use super::meter::Shown;
use super::time::UnixMs;

/// Micro-watts times milliseconds in one micro-kWh.
const PARTS_OF_MICRO_KWH: i128 = 3_600_000_000;

/// The energy in micro-kWh of a power that held from when it was told until another instant, and what
/// the division left for the next time. What is fed back counts as nothing.
pub fn drawn(power: Shown, until: UnixMs, rest: i64) -> (i64, i64) {
    let ms = i128::from(until.since_ms(power.at).max(0));
    let parts = i128::from(power.micro.max(0)) * ms + i128::from(rest);
    let (whole, left) = (parts / PARTS_OF_MICRO_KWH, parts % PARTS_OF_MICRO_KWH);
    (i64::try_from(whole).unwrap_or(i64::MAX), i64::try_from(left).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(seconds: i64, watts: i64) -> Shown {
        Shown { at: UnixMs(seconds * 1_000), micro: watts * 1_000_000 }
    }

    #[test]
    fn an_hour_of_a_kilowatt_is_a_kilowatt_hour_in_any_steps() {
        for steps in [1, 60, 77, 3_600] {
            let (mut sum, mut rest) = (0, 0);
            for step in 0..steps {
                let power = shown(step * 3_600 / steps, 1_000);
                let until = UnixMs((step + 1) * 3_600 / steps * 1_000);
                let (micro, left) = drawn(power, until, rest);
                sum += micro;
                rest = left;
            }
            assert_eq!(sum, 1_000_000, "{steps}");
        }
    }

    #[test]
    fn what_is_fed_back_counts_as_nothing() {
        assert_eq!(drawn(shown(0, -500), UnixMs(10_000), 7), (0, 7));
    }
}
