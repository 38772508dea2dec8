//! The published vectors, for the tests of this room.

use serde_json::Value;

/// All vectors of `tests/cases/crypto-vectors.json`, read once.
pub fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/cases/crypto-vectors.json")).expect("JSON")
}

/// A member that must be a string.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// A table of headers, names in lower case.
pub fn headers(value: &Value) -> Vec<(String, String)> {
    let table = value.as_object().expect("a table");
    table.iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect()
}

/// Bytes from hexadecimal digits.
pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex"))
        .collect()
}
