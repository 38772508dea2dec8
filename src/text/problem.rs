//! A mistake in something that a person wrote, with its place, and the hint what was meant.

use std::fmt;

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was named; or what else was read, such as `environment`.
    pub file: String,
    /// The line, from 1; 0 where there are no lines.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

impl std::error::Error for Problem {}

/// Of `known`, the one that `word` was most likely meant to be.
pub fn near_miss<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    let slips_max = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(&word, &plain(other)), other))
        .filter(|(slips, other)| *slips <= slips_max && *slips < other.chars().count())
        .min()
        .map(|(_, other)| other)
}

/// `; did you mean "…"?`, or nothing where no known word is near.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    near_miss(word, known).map_or(String::new(), |near| format!("; did you mean \"{near}\"?"))
}

/// The longest part of a wrong text that is shown again, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// A text as an error shows it: not longer than a line.
pub fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_seen_and_other_words_are_not() {
        let known = ["timezone", "currency", "id", "name", "max_count"];
        for (word, want) in [
            ("time_zone", Some("timezone")),
            ("curency", Some("currency")),
            ("nmae", Some("name")),
            ("max-count", Some("max_count")),
            ("ID", Some("id")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(near_miss(word, known), want, "{word}");
        }
    }
}
