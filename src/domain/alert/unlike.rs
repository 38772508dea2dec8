//! A day unlike a device's others: robust against what its history holds of odd days.
//!
//! The day is compared with the median of its kind (workdays, weekends) over the last four weeks;
//! it is unlike them when it is above by more than four robust deviations (1.4826 times the median
//! distance from the median, which for evenly spread days is their standard deviation) and by more
//! than a third part of the usual. A device that is not used every day is compared with the days on
//! which it is.

use crate::forecast::KNOWN_DAYS_MAX;
use crate::usage::median;

/// How many days must be known before anything is said of one.
pub const COMPARED_DAYS_MIN: usize = 14;

/// How many days must be compared with; where there are fewer of the day's kind, all are taken.
const COMPARED_MIN: usize = 4;

/// Four times 1.4826, in ten-thousandths.
const DEVIATIONS: i128 = 59_304;

/// The part of the usual that a day must be above it, in per cent.
const ABOVE_PER_CENT: i128 = 30;

/// A day: whether it is one of a weekend, and what was used, in micro-units.
pub type DayUse = (bool, i64);

/// What is usual on a day like this one, in micro-units, where the day is unlike it. `days` are
/// those before it, at most [`KNOWN_DAYS_MAX`]; `least` is by how much it must at least be above.
pub fn usual_where_unlike((weekend, micro): DayUse, days: &[DayUse], least: i64) -> Option<i64> {
    if days.len() < COMPARED_DAYS_MIN {
        return None;
    }
    debug_assert!(i64::try_from(days.len()).is_ok_and(|len| len <= KNOWN_DAYS_MAX));
    let used: Vec<DayUse> = days.iter().copied().filter(|(_, micro)| *micro > 0).collect();
    let seldom = used.len() * 2 <= days.len();
    let among = if seldom { &used[..] } else { days };
    let alike = |day: &&DayUse| day.0 == weekend;
    let all = if among.iter().filter(alike).count() >= COMPARED_MIN {
        among.iter().filter(alike).map(|day| day.1).collect::<Vec<i64>>()
    } else {
        among.iter().map(|day| day.1).collect()
    };
    if all.len() < COMPARED_MIN {
        return None;
    }
    let usual = median(all.clone())?;
    let spread = median(all.into_iter().map(|of| (of - usual).abs()).collect())?;
    let needed = (i128::from(spread) * DEVIATIONS / 10_000)
        .max(i128::from(usual) * ABOVE_PER_CENT / 100)
        .max(i128::from(least));
    (i128::from(micro) - i128::from(usual) > needed).then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KWH: i64 = 1_000_000;

    /// Four weeks from a Monday on, by kWh a hundredth.
    fn weeks(of: impl Fn(i64) -> i64) -> Vec<DayUse> {
        (0..28).map(|day| (day % 7 >= 5, of(day) * KWH / 100)).collect()
    }

    #[test]
    fn a_day_is_held_against_days_of_its_kind() {
        let fridge = weeks(|day| 100 + day % 3);
        let found = |day| usual_where_unlike(day, &fridge, KWH / 10);
        assert_eq!(found((false, 104 * KWH / 100)), None, "as always");
        assert_eq!(found((false, 125 * KWH / 100)), None, "less than a third part above");
        assert_eq!(found((false, 150 * KWH / 100)), Some(101 * KWH / 100));
        let heater = weeks(|day| if day % 7 >= 5 { 900 } else { 300 });
        assert_eq!(usual_where_unlike((true, 10 * KWH), &heater, 0), None, "weekends are warm");
        assert_eq!(usual_where_unlike((false, 10 * KWH), &heater, 0), Some(3 * KWH));
    }

    #[test]
    fn odd_days_before_do_not_hide_one() {
        let mut plug = weeks(|day| 130 + day % 5);
        plug[3].1 = 40 * KWH;
        plug[10].1 = 50 * KWH;
        assert_eq!(usual_where_unlike((false, 4 * KWH), &plug, 0), Some(132 * KWH / 100));
    }

    #[test]
    fn what_is_used_now_and_then_is_held_against_the_days_of_its_use() {
        let washer = weeks(|day| if day % 4 == 0 { 120 + day } else { 0 });
        assert_eq!(usual_where_unlike((false, 14 * KWH / 10), &washer, KWH / 10), None);
        let usual = usual_where_unlike((false, 41 * KWH / 10), &washer, KWH / 10);
        assert!(usual.is_some_and(|usual| (120..150).contains(&(usual * 100 / KWH))), "{usual:?}");
    }

    #[test]
    fn little_is_concluded_from_little() {
        let all = weeks(|_| 100);
        assert_eq!(usual_where_unlike((false, 90 * KWH), &all[..13], 0), None);
        assert_eq!(usual_where_unlike((false, 90 * KWH), &weeks(|_| 0), 0), None, "never used");
        assert_eq!(usual_where_unlike((false, 2 * KWH), &all, 5 * KWH), None, "worth too little");
    }
}
