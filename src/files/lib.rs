//! Files that owners and suppliers write: the household, tariffs, published prices and use.
//!
//! | room | |
//! |---|---|
//! | [`household`] | `household.toml` ⇄ the domain's household, with a line for each mistake |
//! | [`tariff`] | tariff files ⇄ the domain's tariff, and URDB |
//! | [`published`] | price lists and usage files of others, each described by a file of data |
//!
//! What this room must never do: open a file, decide, or look at a clock.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod grid;
pub mod household;
pub mod published;
pub mod tariff;
