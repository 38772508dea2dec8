//! The tariffs that are shipped.

use super::parse::{Published, read_tariff};
use homepay_text::problem::Problem;

/// The shipped files: path from the project's folder, such as `tariffs/cn/beijing.toml`, and text.
/// `build.rs` lists them; files of holidays are among them.
pub const SHIPPED_TARIFFS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/tariffs.rs"));

/// The name of files that are calendars and no tariffs.
const HOLIDAYS: &str = "holidays.toml";

/// The text of a shipped file.
pub fn shipped(path: &str) -> Option<&'static str> {
    SHIPPED_TARIFFS.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

/// The paths of all shipped tariffs.
pub fn paths() -> impl Iterator<Item = &'static str> {
    SHIPPED_TARIFFS.iter().map(|(path, _)| *path).filter(|path| !path.ends_with(HOLIDAYS))
}

/// The folder of tariffs that tests go by; a program for households has none of them.
const TESTS: &str = "tariffs/test/";

/// The paths of the shipped tariffs that a household may want.
pub fn listed() -> impl Iterator<Item = &'static str> {
    paths().filter(|path| !path.starts_with(TESTS))
}

/// The country whose folder a shipped file is in, such as `de`.
pub fn country(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// The path of a file beside another.
pub fn beside(file: &str, name: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// Reads a shipped tariff by its path; `None` where there is none.
pub fn read_shipped(path: &str) -> Option<Result<Published, Vec<Problem>>> {
    let text = shipped(path)?;
    let files = |name: &str| {
        let found = shipped(&beside(path, name)).map(str::to_owned);
        found.ok_or_else(|| "no such file".to_owned())
    };
    Some(read_tariff(path, text, &files))
}
