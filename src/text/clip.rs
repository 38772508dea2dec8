//! Text from outside, shortened before it stands in an error or a log.

/// How much of an outside text is repeated, in characters.
const CLIPPED_CHARS_MAX: usize = 60;

/// The beginning of a text from outside, at most 60 characters.
pub fn clip(text: &str) -> String {
    text.chars().take(CLIPPED_CHARS_MAX).collect()
}
