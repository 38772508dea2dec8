//! The journal's chain: each entry's hash covers the entry and the hash before it.
//!
//! Canonical encoding: the home, `seq`, `at_ms`, the kind, the body and the previous hash, each as UTF-8
//! preceded by its length in bytes as decimal text and a colon; decimal numbers without padding.

use homepay_ports::JournalEntry;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fmt::Write as _;

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// True when an entry's hash is of its own content.
pub fn is_intact(entry: &JournalEntry, home: &str) -> bool {
    let JournalEntry { seq, at_ms, kind, body, prev, hash: known } = entry;
    *known == hash(home, *seq, *at_ms, kind, body, prev)
}

/// The hash that links an entry to the one before.
pub fn hash(home: &str, seq: i64, at_ms: i64, kind: &str, body: &str, prev: &str) -> String {
    let (seq, at_ms) = (seq.to_string(), at_ms.to_string());
    let mut feed = Feed(Sha256::new());
    for part in [home, &seq, &at_ms, kind, body, prev] {
        // Writing into a hash cannot fail.
        let _ = write!(feed, "{}:{part}", part.len());
    }
    hex::encode(feed.0.finalize())
}

/// Text that goes straight into a hash.
struct Feed(Sha256);

impl fmt::Write for Feed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
