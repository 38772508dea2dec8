//! What kinds of devices can draw: bounds what their counters may claim.

use schemars::JsonSchema;
use serde::Deserialize;

/// A kind of device, by what it can draw where neither the owner nor its maker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// What is plugged in or switched by a relay of that size: 16 A at 230 V.
    Plug,
    /// A wallbox: 32 A on three phases.
    Wallbox,
    /// A flow heater or another large heater: 39 A on three phases.
    Heater,
    /// A whole house, and whatever nothing more is known of: 63 A on three phases.
    House,
}

impl Load {
    /// The most that it draws, in watts.
    #[must_use]
    pub fn watts(self) -> u32 {
        match self {
            Load::Plug => 3_680,
            Load::Wallbox => 22_000,
            Load::Heater => 27_000,
            Load::House => 43_470,
        }
    }
}
