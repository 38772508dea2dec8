//! Tariff files: a published tariff is one file of TOML, and every mistake in it has its line.
//!
//! To add a tariff: one file under `tariffs/<country>/`, no Rust.

mod charge_form;
mod charges;
mod context;
pub mod figure;
mod holidays;
mod market;
mod parse;
mod rounding;
mod rows;
mod seasons;
pub mod shipped_tariffs;
pub mod spot;
pub mod tariff_form;
#[cfg(test)]
mod tests;
mod tier_form;
mod tiers;
pub mod urdb;
pub mod used;
mod version;
mod windows;

pub use parse::{Published, read_tariff, unknown_utility};
