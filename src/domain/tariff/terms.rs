//! What a plan must know of the household, and what the household chose.

use super::ladder::Crossing;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How charges that no use explains are shared between devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixedShare {
    /// They stay with the home.
    #[default]
    Home,
    /// In proportion to use, what no device explains included.
    ByUse,
    /// Every device the same.
    Equal,
}

/// What a plan must know of the household.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How many people live there, where tiers depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household_size: Option<u32>,
    /// The region whose baseline counts, where a plan knows several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// How use that crosses a tier is divided; unset = as the plan says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossing_split: Option<Crossing>,
    /// The day of the month on which months begin, 1 to 31; unset = the first. In a
    /// shorter month it is the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_day: Option<u8>,
    /// The first day of some billing cycle; unset = a cycle begins where a bill does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle_start: Option<Date>,
    /// How many months a billing cycle has; unset = as the plan says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle_months: Option<u8>,
    /// How charges that no use explains are shared.
    #[serde(default)]
    pub fixed_share: FixedShare,
}
