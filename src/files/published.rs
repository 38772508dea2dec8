//! Prices and use as others publish them: each source is a file of data that says where the list stands
//! in an answer, and what its times and values mean. To add one: `prices/<id>/` or `usages/<id>/` with
//! `source.toml` and a recorded answer, no Rust.
//!
//! A source is a [`form`]; [`tree`] makes one kind of document of JSON, XML and CSV; [`read`] finds the
//! rows in it; [`request`] is how it is asked for.

pub mod document;
mod figures;
pub mod moment;
mod price;
pub mod request;
pub mod shipped_sources;
pub mod source_form;
pub mod table;
pub mod tree;
mod used;
pub mod zone;

pub use document::next_page;
pub use price::prices;
pub use used::{used, used_of_any};

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod tests;
