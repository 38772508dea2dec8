//! What people and programs write, read with care: TOML whose mistakes have lines, decimals,
//! durations, keys, JSON whose names are distinct.
//!
//! What this room must never do: know what a household, a device or an order is.

#![deny(clippy::wildcard_enum_match_arm)]
#![deny(missing_docs)]

pub mod amount;
pub mod clip;
pub mod distinct;
pub mod encoding;
pub mod keys;
pub mod openapi;
pub mod problem;
pub mod span;
pub mod toml_table;
pub mod units;
