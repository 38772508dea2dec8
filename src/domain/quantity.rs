//! What is counted or measured, and in which unit it is kept.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Energy, a counter in kWh.
    Energy,
    /// Energy sent out, a counter in kWh.
    EnergyExport,
    Power,
    /// Water, a counter in m³.
    #[serde(rename = "water_volume", alias = "water")]
    Water,
    /// Gas, a counter in m³.
    #[serde(rename = "gas_volume", alias = "gas")]
    Gas,
    /// Heat, a counter in kWh.
    #[serde(rename = "heat_energy", alias = "heat")]
    Heat,
    /// Cold, a counter in kWh.
    #[serde(rename = "cooling_energy", alias = "cooling")]
    Cooling,
}

pub const QUANTITIES: [Quantity; 7] = [
    Quantity::Energy,
    Quantity::EnergyExport,
    Quantity::Power,
    Quantity::Water,
    Quantity::Gas,
    Quantity::Heat,
    Quantity::Cooling,
];

impl Quantity {
    /// True for quantities whose readings only rise and are billed by difference.
    pub fn is_counter(self) -> bool {
        match self {
            Quantity::Energy
            | Quantity::EnergyExport
            | Quantity::Water
            | Quantity::Gas
            | Quantity::Heat
            | Quantity::Cooling => true,
            Quantity::Power => false,
        }
    }

    /// The name in payloads and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Quantity::Energy => "energy",
            Quantity::EnergyExport => "energy_export",
            Quantity::Power => "power",
            Quantity::Water => "water_volume",
            Quantity::Gas => "gas_volume",
            Quantity::Heat => "heat_energy",
            Quantity::Cooling => "cooling_energy",
        }
    }

    /// Reads the name. `water` and `gas` are understood too.
    pub fn parse(text: &str) -> Option<Quantity> {
        match text {
            "water" => return Some(Quantity::Water),
            "gas" => return Some(Quantity::Gas),
            "heat" => return Some(Quantity::Heat),
            "cooling" => return Some(Quantity::Cooling),
            _ => {}
        }
        QUANTITIES.into_iter().find(|q| q.as_str() == text)
    }

    /// The unit that values are kept in.
    pub fn unit(self) -> &'static str {
        match self {
            Quantity::Energy | Quantity::EnergyExport | Quantity::Heat | Quantity::Cooling => "kWh",
            Quantity::Power => "W",
            Quantity::Water | Quantity::Gas => "m³",
        }
    }

    /// A value in some unit as micro-units of [`Quantity::unit`]; `None` for a unit that does not
    /// measure this quantity, or when it does not fit.
    pub fn micro(self, value: Decimal, unit: &str) -> Option<i64> {
        let million = Decimal::from(1_000_000);
        let scale = match (self.unit(), unit) {
            ("kWh", "kWh") | ("W", "W") | ("m³", "m³" | "m3") => million,
            ("kWh", "Wh") | ("m³", "L") => Decimal::from(1_000),
            ("kWh", "MWh") | ("W", "kW") => Decimal::from(1_000_000_000_i64),
            // Heat is also counted in joules: 3.6 MJ are one kWh.
            ("kWh", "MJ") => million.checked_mul(Decimal::TEN)?.checked_div(Decimal::from(36))?,
            ("kWh", "GJ") => {
                million.checked_mul(Decimal::from(10_000))?.checked_div(Decimal::from(36))?
            }
            _ => return None,
        };
        let scaled = value.checked_mul(scale)?.trunc().normalize();
        i64::try_from(scaled.mantissa()).ok().filter(|_| scaled.scale() == 0)
    }
}

pub fn units(micro: i64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(micro), 6)
}

/// Micro-units as units, decimal text.
pub fn units_text(micro: i64) -> String {
    units(micro).normalize().to_string()
}
