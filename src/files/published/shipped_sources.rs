//! The sources that are shipped.

use super::source_form::SourceForm;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The shipped sources of prices: name of the folder under `prices/`, and the file. `build.rs` lists
/// them.
pub const PRICES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/prices.rs"));

/// The same of use, under `usages/`.
pub const USAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/usages.rs"));

type Sources = BTreeMap<String, SourceForm>;

/// The sources of prices, by id.
pub fn prices() -> &'static Sources {
    static SOURCES: OnceLock<Sources> = OnceLock::new();
    SOURCES.get_or_init(|| read(PRICES))
}

/// The sources of use, by id.
pub fn usages() -> &'static Sources {
    static SOURCES: OnceLock<Sources> = OnceLock::new();
    SOURCES.get_or_init(|| read(USAGES))
}

fn read(shipped: &[(&str, &str)]) -> Sources {
    let read = |(id, text): &(&str, &str)| {
        let form: SourceForm = toml::from_str(text)
            .unwrap_or_else(|why| panic!("a test reads every source: {id}: {why}"));
        ((*id).to_owned(), form)
    };
    shipped.iter().map(read).collect()
}
