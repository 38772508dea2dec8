//! Quantities and their units: what is measured in what, and what it is told in.

use rust_decimal::Decimal;

/// What kind of thing a quantity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Energy,
    Power,
    Volume,
    Flow,
    Voltage,
    Current,
    Temperature,
    Share,
    Duration,
    Count,
}

/// Every quantity that a profile may name for a figure, with what it is. A state has any name.
const QUANTITY_DIMENSIONS: &[(&str, Dimension)] = &[
    ("energy", Dimension::Energy),
    ("energy_export", Dimension::Energy),
    ("session_energy", Dimension::Energy),
    ("heat_energy", Dimension::Energy),
    ("cooling_energy", Dimension::Energy),
    ("power", Dimension::Power),
    ("water_volume", Dimension::Volume),
    ("gas_volume", Dimension::Volume),
    ("heat_volume", Dimension::Volume),
    ("volume_flow", Dimension::Flow),
    ("voltage", Dimension::Voltage),
    ("current", Dimension::Current),
    ("temperature", Dimension::Temperature),
    ("soc", Dimension::Share),
    ("duration", Dimension::Duration),
    ("pulses", Dimension::Count),
];

/// A unit: its name, what it measures, and its size in the unit that is told, as a fraction.
type UnitRow = (&'static str, Dimension, i64, i64);

/// Every unit that a profile may name. The first of a dimension is the one that is told.
const UNIT_TABLE: &[UnitRow] = &[
    ("kWh", Dimension::Energy, 1, 1),
    ("Wh", Dimension::Energy, 1, 1_000),
    ("mWh", Dimension::Energy, 1, 1_000_000),
    ("MWh", Dimension::Energy, 1_000, 1),
    ("W·min", Dimension::Energy, 1, 60_000),
    ("MJ", Dimension::Energy, 10, 36),
    ("GJ", Dimension::Energy, 10_000, 36),
    ("W", Dimension::Power, 1, 1),
    ("mW", Dimension::Power, 1, 1_000),
    ("kW", Dimension::Power, 1_000, 1),
    ("MW", Dimension::Power, 1_000_000, 1),
    ("m³", Dimension::Volume, 1, 1),
    ("m3", Dimension::Volume, 1, 1),
    ("L", Dimension::Volume, 1, 1_000),
    ("gal", Dimension::Volume, 3_785_411_784, 1_000_000_000_000),
    ("ft³", Dimension::Volume, 28_316_846_592, 1_000_000_000_000),
    ("CCF", Dimension::Volume, 2_831_684_659_200, 1_000_000_000_000),
    ("m³/h", Dimension::Flow, 1, 1),
    ("L/min", Dimension::Flow, 60, 1_000),
    ("L/h", Dimension::Flow, 1, 1_000),
    ("V", Dimension::Voltage, 1, 1),
    ("mV", Dimension::Voltage, 1, 1_000),
    ("A", Dimension::Current, 1, 1),
    ("mA", Dimension::Current, 1, 1_000),
    ("°C", Dimension::Temperature, 1, 1),
    ("%", Dimension::Share, 1, 1),
    ("s", Dimension::Duration, 1, 1),
    ("min", Dimension::Duration, 60, 1),
    ("h", Dimension::Duration, 3_600, 1),
    ("1", Dimension::Count, 1, 1),
];

/// How a unit becomes the one that is told: multiply, then divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The unit that is told.
    pub unit: &'static str,
    times: Decimal,
    over: Decimal,
}

/// Digits behind the point that are kept.
const UNIT_DIGITS: u32 = 6;

impl Conversion {
    /// How a quantity in some unit is told.
    ///
    /// # Errors
    /// When there is no such quantity or unit, or it is not measured in that.
    pub fn of(quantity: &str, unit: &str) -> Result<Conversion, String> {
        let (_, dimension) =
            QUANTITY_DIMENSIONS.iter().find(|(name, _)| *name == quantity).ok_or_else(|| {
                let all: Vec<&str> = QUANTITY_DIMENSIONS.iter().map(|(name, _)| *name).collect();
                format!("there is no quantity \"{quantity}\": there are {}", all.join(", "))
            })?;
        let fits = || UNIT_TABLE.iter().filter(|(_, of, _, _)| of == dimension);
        let found = fits().find(|(name, _, _, _)| *name == unit);
        let (_, _, times, over) = found.ok_or_else(|| {
            let all: Vec<&str> = fits().map(|(name, _, _, _)| *name).collect();
            format!("{quantity} is not measured in \"{unit}\": write {}", all.join(", "))
        })?;
        let told = fits().map(|(name, _, _, _)| *name).next().unwrap_or("");
        Ok(Conversion { unit: told, times: Decimal::from(*times), over: Decimal::from(*over) })
    }

    /// The value in the unit that is told, with six digits behind the point; `None` where it is
    /// too large.
    pub fn apply(&self, value: Decimal, scale: Decimal) -> Option<Decimal> {
        let mut value = value;
        for factor in [scale, self.times] {
            if factor != Decimal::ONE {
                value = value.checked_mul(factor)?;
            }
        }
        if self.over != Decimal::ONE {
            value = value.checked_div(self.over)?;
        }
        let away = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        Some(value.round_dp_with_strategy(UNIT_DIGITS, away).normalize())
    }
}

/// True for quantities that are counted by readings that rise.
pub fn is_counted(quantity: &str) -> bool {
    let found = QUANTITY_DIMENSIONS.iter().find(|(name, _)| *name == quantity);
    found.is_some_and(|(_, dimension)| match dimension {
        Dimension::Energy | Dimension::Volume | Dimension::Count => true,
        Dimension::Power
        | Dimension::Flow
        | Dimension::Voltage
        | Dimension::Current
        | Dimension::Temperature
        | Dimension::Share
        | Dimension::Duration => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_in_one() {
        for (quantity, unit, value, want) in [
            ("energy", "W·min", "23389", "0.389817"),
            ("energy", "Wh", "64541.0", "64.541"),
            ("energy", "MJ", "3.6", "1"),
            ("water_volume", "L", "1500", "1.5"),
            ("water_volume", "gal", "1000", "3.785412"),
            ("gas_volume", "CCF", "1", "2.831685"),
            ("power", "kW", "11.018", "11018"),
        ] {
            let conversion = Conversion::of(quantity, unit).expect("fits");
            let value = value.parse().expect("a number");
            let told = conversion.apply(value, Decimal::ONE).expect("fits");
            assert_eq!(told.to_string(), want, "{quantity} {unit}");
        }
        assert!(Conversion::of("energy", "L").is_err());
        assert!(Conversion::of("energie", "kWh").is_err());
    }
}
