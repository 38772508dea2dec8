//! The household as a file: TOML in, TOML out, every mistake with its line.

mod alerts;
mod budgets;
mod catalog;
mod devices;
pub mod difference;
pub mod file;
pub mod firing;
mod gas;
mod known;
pub mod limit_edit;
pub mod limit_form;
mod limit_parser;
mod limits;
mod parts;
mod people;
pub mod scope_form;
mod spot;
pub mod tables;
mod tariff_written;
mod tariffs;
#[cfg(test)]
mod tests;
pub mod write;

pub use difference::difference;
pub use homepay_text::problem::Problem;
pub use limit_edit::LimitEdit;
pub use limit_form::{FIELDS, FieldKind, LimitForm, form_of_limit, limit_of_form};
pub use scope_form::{AmountForm, NamesForm, ScopeForm};
pub use tables::read_household;
pub use write::{quoted, write_household};

/// A household to begin with: documented, valid, without keys.
pub const EXAMPLE: &str = include_str!("example.toml");
