//! Energy from power, for devices whose counter cannot be believed.

use super::meter::Shown;

/// Slack over what the device can draw, in per cent.
const SLACK_PCT: i128 = 120;

/// Micro-watts times milliseconds, twice (two powers are added for their mean), in one micro-kWh.
const PARTS_OF_MICRO_KWH: i128 = 7_200_000_000;

/// What lies between two readings of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// So much energy in micro-kWh, and what the division left for the next time.
    Used {
        /// The energy.
        micro: i64,
        /// The rest.
        rest: i64,
    },
    /// Too long without a reading: nothing is known of what was used.
    Gap,
    /// More than the device can draw.
    TooMuch,
}

/// The energy between two readings of power, by their mean. What is fed back counts as nothing.
pub fn between(from: Shown, to: Shown, rest: i64, gap_ms_max: i64, most_micro_w: i64) -> Between {
    let ms = to.at.since_ms(from.at);
    if ms > gap_ms_max {
        return Between::Gap;
    }
    let powers = i128::from(from.micro.max(0)) + i128::from(to.micro.max(0));
    if powers > i128::from(most_micro_w) * 2 * SLACK_PCT / 100 {
        return Between::TooMuch;
    }
    let parts = powers * i128::from(ms.max(0)) + i128::from(rest);
    let (whole, left) = (parts / PARTS_OF_MICRO_KWH, parts % PARTS_OF_MICRO_KWH);
    match (i64::try_from(whole), i64::try_from(left)) {
        (Ok(micro), Ok(rest)) => Between::Used { micro, rest },
        (Err(_), _) | (_, Err(_)) => Between::TooMuch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UnixMs;

    fn shown(seconds: i64, watts: i64) -> Shown {
        Shown { at: UnixMs(seconds * 1_000), micro: watts * 1_000_000 }
    }

    #[test]
    fn an_hour_of_a_kilowatt_is_a_kilowatt_hour_in_any_steps() {
        for steps in [60, 77, 3_600] {
            let (mut sum, mut rest) = (0, 0);
            for step in 0..steps {
                let from = shown(step * 3_600 / steps, 1_000);
                let to = shown((step + 1) * 3_600 / steps, 1_000);
                let used = between(from, to, rest, 900_000, 7_360_000_000);
                let Between::Used { micro, rest: left } = used else { panic!("{used:?}") };
                sum += micro;
                rest = left;
            }
            assert_eq!(sum, 1_000_000, "{steps}");
        }
    }

    #[test]
    fn gaps_and_spikes_count_nothing() {
        let most = 2_500_000_000;
        assert_eq!(between(shown(0, 100), shown(901, 100), 0, 900_000, most), Between::Gap);
        assert_eq!(between(shown(0, 100), shown(10, 9_000), 0, 900_000, most), Between::TooMuch);
        let fed = between(shown(0, -500), shown(10, -500), 0, 900_000, most);
        assert_eq!(fed, Between::Used { micro: 0, rest: 0 });
    }
}
