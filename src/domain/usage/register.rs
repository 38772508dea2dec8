//! What a meter's own register counted: it falls into the window of the tariff that the register is
//! for, and into no other.

use crate::household::Home;
use crate::tariff::{DayOf, Divider, SlotUse, Supply, Tariff};
use crate::time::UnixMs;

/// A minute, in milliseconds: windows begin and end with one.
const MINUTE_MS: i64 = 60_000;

/// The longest span of which every minute is looked at, in minutes: 60 days.
const MINUTES_MAX: i64 = 60 * 1_440;

/// How far from a rise its window is looked for, in minutes: clocks of meters are off by some, and
/// windows come again each day or each week.
const NEAR_MINUTES_MAX: i64 = 7 * 1_440;

/// Shares what a register rose between two instants out over the minutes of its window. Where none
/// of them lies between, the meter's clock is another than the tariff's: it falls into the nearest.
pub fn in_window(
    tariff: Option<&Tariff>,
    home: &Home,
    window: &str,
    (from, to): (UnixMs, UnixMs),
    micro: i64,
) -> Vec<SlotUse> {
    let mut divider = Divider::of(tariff.map(|tariff| tariff.supply(home)));
    let long = to.since_ms(from) > MINUTES_MAX * MINUTE_MS;
    let Some(tariff) = tariff.filter(|_| !long) else { return divider.spread((from, to), micro) };
    let mut clock = WindowClock { supply: tariff.supply(home), window, day: None };
    let runs = clock.runs(from, to);
    let all_ms: i64 = runs.iter().map(|(first, next)| next.since_ms(*first)).sum();
    if all_ms == 0 {
        let Some(at) = clock.nearest(from, to) else { return divider.spread((from, to), micro) };
        let used = divider.spread((at, at), micro).into_iter();
        return used.map(|of| SlotUse { estimated: true, ..of }).collect();
    }
    let (mut parts, mut passed_ms, mut given) = (Vec::new(), 0_i64, 0_i64);
    for (first, next) in runs {
        passed_ms += next.since_ms(first);
        let until = i128::from(micro) * i128::from(passed_ms) / i128::from(all_ms);
        let until = i64::try_from(until).unwrap_or(micro);
        parts.extend(divider.spread((first, next), until.saturating_sub(given)));
        given = until;
    }
    parts
}

/// Which window it is when, by the tariff.
struct WindowClock<'a> {
    supply: Supply<'a>,
    window: &'a str,
    /// The day that was looked at last.
    day: Option<DayOf>,
}

impl WindowClock<'_> {
    fn is_in(&mut self, at: UnixMs) -> bool {
        let known = self.day.filter(|day| day.start <= at && at < day.next);
        let Some(day) = known.or_else(|| self.supply.day_at(at).ok()) else { return false };
        self.day = Some(day);
        self.supply.window_name(&day, at) == Some(self.window)
    }

    /// The times of the window from one instant until before another, in order.
    fn runs(&mut self, from: UnixMs, to: UnixMs) -> Vec<(UnixMs, UnixMs)> {
        let mut runs: Vec<(UnixMs, UnixMs)> = Vec::new();
        let mut at = from;
        while at < to {
            let next = UnixMs((at.0.div_euclid(MINUTE_MS) + 1) * MINUTE_MS).min(to);
            if self.is_in(at) {
                match runs.last_mut() {
                    Some(run) if run.1 == at => run.1 = next,
                    Some(_) | None => runs.push((at, next)),
                }
            }
            at = next;
        }
        runs
    }

    /// The instant of the window that is nearest to a span in which none of it lies.
    fn nearest(&mut self, from: UnixMs, to: UnixMs) -> Option<UnixMs> {
        (1..=NEAR_MINUTES_MAX).find_map(|minutes| {
            let around = [from.plus_ms(-minutes * MINUTE_MS), to.plus_ms(minutes * MINUTE_MS)];
            around.into_iter().find(|at| self.is_in(*at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::{Lang, Rules};
    use crate::money::Currency;
    use crate::tariff::Slot;
    use jiff::tz::TimeZone;

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<jiff::Timestamp>().expect("time").as_millisecond())
    }

    fn tariff() -> Tariff {
        // Off-peak from 22:30 until 06:30.
        let text = r#"{"utility":"electricity","plan":{"name":{"zh-CN":"a","en":"a"},"unit":"kWh",
            "versions":[{"windows":["peak","off_peak"],"seasons":[]}]}}"#;
        let mut tariff: Tariff = serde_json::from_str(text).expect("a tariff");
        let mut version = crate::tariff::Version::flat(None, rust_decimal::Decimal::ONE);
        version.windows = vec!["peak".to_owned(), "off_peak".to_owned()];
        let span = |from, to, window| crate::tariff::ClockSpan { from, to, window };
        version.seasons[0].days = crate::tariff::DayTables::every_day(vec![
            span(0, 390, 1),
            span(390, 1_350, 0),
            span(1_350, 1_440, 1),
        ]);
        tariff.plan.versions = vec![version];
        tariff
    }

    #[test]
    fn a_register_counts_in_its_window_alone() {
        let home = Home {
            zone: TimeZone::get("Europe/Paris").expect("a zone"),
            currency: Currency::from_code("EUR").expect("a currency"),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let tariff = tariff();
        for (from, to, window, want) in [
            ("2026-02-01T22:20+01:00", "2026-02-01T22:40+01:00", "off_peak", vec![("22:30", 60)]),
            ("2026-02-01T22:20+01:00", "2026-02-01T22:40+01:00", "peak", vec![("22:15", 60)]),
            ("2026-02-01T06:25+01:00", "2026-02-01T06:50+01:00", "off_peak", vec![("06:15", 60)]),
            // The meter's clock is ahead: its window is about to begin.
            ("2026-02-01T22:20+01:00", "2026-02-01T22:25+01:00", "off_peak", vec![("22:30", 60)]),
            ("2026-02-01T06:31+01:00", "2026-02-01T06:33+01:00", "off_peak", vec![("06:15", 60)]),
        ] {
            let used = in_window(Some(&tariff), &home, window, (at(from), at(to)), 60);
            let told: Vec<(String, i64)> = used
                .iter()
                .filter(|of| of.micro != 0)
                .map(|of| {
                    let time = of.slot.start().in_zone(&home.zone).time();
                    (time.strftime("%H:%M").to_string(), of.micro)
                })
                .collect();
            let want: Vec<(String, i64)> =
                want.into_iter().map(|(time, micro)| (time.to_owned(), micro)).collect();
            assert_eq!(told, want, "{from} {to} {window}");
        }
        let night = (at("2026-02-01T20:00+01:00"), at("2026-02-02T08:00+01:00"));
        let used = in_window(Some(&tariff), &home, "off_peak", night, 1_000_003);
        assert_eq!(used.iter().map(|of| of.micro).sum::<i64>(), 1_000_003);
        let (first, next) = (at("2026-02-01T22:30+01:00"), at("2026-02-02T06:30+01:00"));
        let within = |of: &SlotUse| Slot::of(first) <= of.slot && of.slot < Slot::of(next);
        assert!(used.iter().all(within));
    }
}
