//! Gas is counted in m³ and priced in kWh: what a cubic metre holds, by date.

use super::slot::{SlotUse, Use};
use crate::limits::window::midnight;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// What a cubic metre of gas holds from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calorific {
    /// The first local day.
    pub from: Date,
    /// The calorific value, in kWh for each m³ of the standard state.
    pub kwh_per_m3: Decimal,
    /// How many m³ of the standard state the meter's m³ are.
    pub correction: Decimal,
}

/// Use in m³ as kWh by what holds on each local day; days before the first go by it. Rounded once for
/// each of the values, so that a bill's total is its volume times them.
pub fn in_kwh(used: &Use, values: &[Calorific], zone: &TimeZone) -> Use {
    let Some(first) = values.first() else { return used.clone() };
    let mut slots: Vec<SlotUse> = Vec::with_capacity(used.slots().len());
    let starts: Vec<_> = values.iter().map(|of| midnight(of.from, zone)).collect();
    let mut at = usize::MAX;
    let (mut volume, mut given) = (0_i64, 0_i64);
    for of_slot in used.slots() {
        let now = starts.partition_point(|start| *start <= of_slot.slot.start()).saturating_sub(1);
        if now != at {
            (at, volume, given) = (now, 0, 0);
        }
        volume = volume.saturating_add(of_slot.micro);
        let value = values.get(now).unwrap_or(first);
        let until = energy(volume, value).unwrap_or(given);
        let micro = until.saturating_sub(given);
        given = until;
        slots.push(SlotUse { micro, ..*of_slot });
    }
    Use::sorted(slots)
}

/// Micro-kWh of so many micro-m³.
fn energy(volume_micro: i64, value: &Calorific) -> Option<i64> {
    let factor = value.kwh_per_m3.checked_mul(value.correction)?;
    let energy = Decimal::from(volume_micro).checked_mul(factor)?;
    let away = RoundingStrategy::MidpointAwayFromZero;
    let whole = energy.round_dp_with_strategy(0, away).normalize();
    i64::try_from(whole.mantissa()).ok().filter(|_| whole.scale() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tariff::Slot;
    use jiff::civil::date;

    #[test]
    fn volume_becomes_energy_by_the_value_of_its_day() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let value = |from, kwh: &str, z: &str| Calorific {
            from,
            kwh_per_m3: kwh.parse().expect("a number"),
            correction: z.parse().expect("a number"),
        };
        let values = [
            value(date(2026, 1, 1), "11.264", "0.9672"),
            value(date(2026, 2, 1), "11.301", "0.9672"),
        ];
        let slot = |day: Date| Slot::of(midnight(day, &zone));
        let of = |day, micro| SlotUse {
            slot: slot(day),
            minute: 0,
            micro,
            estimated: false,
            imported: false,
        };
        let used = Use::new([
            of(date(2026, 1, 5), 40_000_000),
            of(date(2026, 1, 31), 60_000_001),
            of(date(2026, 2, 1), 10_000_000),
        ]);
        let told = in_kwh(&used, &values, &zone);
        // 100.000001 m³ × 11.264 × 0.9672 and 10 m³ × 11.301 × 0.9672, by hand.
        let january = told.slots()[0].micro + told.slots()[1].micro;
        assert_eq!((january, told.slots()[2].micro), (1_089_454_091, 109_303_272));
        assert_eq!(in_kwh(&used, &[], &zone), used);
    }
}
