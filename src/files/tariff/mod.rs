//! Tariff files: a published tariff is one file of TOML, and every mistake in it has its line.
//!
//! To add a tariff: one file under `tariffs/<country>/`, no Rust.

mod charge_form;
mod charges;
pub mod figure;
pub mod form;
mod holidays;
mod market;
mod read;
mod rounding;
mod rows;
mod seasons;
pub mod shelf;
pub mod spot;
#[cfg(test)]
mod tests;
mod tier_form;
mod tiers;
pub mod urdb;
pub mod used;
mod version;
mod windows;
mod words;

pub use read::{Published, read_tariff, unknown_utility};
