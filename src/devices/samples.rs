//! The samples of the shipped profiles, for tests.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::path::PathBuf;

/// Where the shipped profiles lie.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("devices")
}

/// The samples of a profile.
pub fn samples(id: &str) -> Vec<Value> {
    let file = folder().join(id).join("samples.jsonl");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{id}: {e}: {l}")))
        .collect()
}

/// The payload of a sample.
pub fn payload(sample: &Value) -> Vec<u8> {
    let text = sample["payload"].as_str().expect("a payload");
    if sample["payload_encoding"] == "base64" {
        return BASE64_STANDARD.decode(text).expect("base64");
    }
    text.as_bytes().to_vec()
}
