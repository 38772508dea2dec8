//! Which nonces were seen: a signed request counts once.

use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, VecDeque};

/// How long a nonce is remembered, in seconds: longer than any signature counts, whatever the
/// skew of the signer's clock.
const KEEP_S: i64 = homepay_wallets::sign::AGE_S_MAX + 2 * homepay_wallets::sign::SKEW_S_MAX;

/// Nonces of the last minutes. Bounded; when it is full of fresh ones, new ones are refused:
/// forgetting one would let its request in again. Lost at a restart, after which a repeated
/// request meets its idempotency key or changes nothing.
#[derive(Debug)]
pub struct NonceCache {
    seen: BTreeSet<[u8; 16]>,
    order: VecDeque<(i64, [u8; 16])>,
    len_max: usize,
}

impl NonceCache {
    /// A cache for at most `len_max` nonces.
    pub fn new(len_max: usize) -> NonceCache {
        NonceCache { seen: BTreeSet::new(), order: VecDeque::new(), len_max }
    }

    /// True when the nonce is new; from then on it is not.
    pub fn admit(&mut self, nonce: &[u8], now_s: i64) -> bool {
        while let Some((at, oldest)) = self.order.front().copied() {
            if now_s.saturating_sub(at) <= KEEP_S {
                break;
            }
            self.order.pop_front();
            self.seen.remove(&oldest);
        }
        if self.seen.len() >= self.len_max {
            return false;
        }
        let mut short = [0; 16];
        short.copy_from_slice(&Sha256::digest(nonce)[..16]);
        let new = self.seen.insert(short);
        if new {
            self.order.push_back((now_s, short));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_until_it_cannot_be_used_anyway() {
        let mut cache = NonceCache::new(2);
        assert!(cache.admit(b"a", 0));
        assert!(!cache.admit(b"a", KEEP_S));
        assert!(cache.admit(b"b", 1));
        assert!(!cache.admit(b"c", 2), "a full cache forgets nothing");
        assert!(cache.admit(b"c", KEEP_S + 1), "the oldest is past use");
    }
}
