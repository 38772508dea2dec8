//! The household as a file: TOML in, TOML out, every mistake with its line.

mod alerts;
mod budgets;
mod catalog;
mod devices;
pub mod difference;
pub mod file;
pub mod firing;
pub mod form;
mod gas;
mod known;
pub mod limit;
pub mod limit_edit;
mod limits;
mod parts;
mod people;
pub mod read;
mod spot;
mod tariff_written;
mod tariffs;
#[cfg(test)]
mod tests;
pub mod write;
pub mod written;

pub use difference::difference;
pub use form::{AmountForm, LimitForm, NamesForm, ScopeForm};
pub use homepay_text::problem::Problem;
pub use limit::limit_of_form;
pub use limit_edit::{LimitEdit, outcome_told};
pub use read::read_household;
pub use write::write_household;
pub use written::form_of_limit;

/// A household to begin with: documented, valid, without keys.
pub const EXAMPLE: &str = include_str!("example.toml");
