//! What all calls share: the account, the keys, the book, the switches.

use super::callbacks::Callbacks;
use super::faults::Faults;
use super::nonces::NonceCache;
use homepay_domain::money::Currency;
use homepay_ports::Clock;
use sqlx::sqlite::SqlitePool;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The wallet behind its listeners.
pub(super) struct Till {
    pub account: String,
    pub currency: Currency,
    pub key_id: String,
    pub request_key: Vec<u8>,
    pub response_key: Vec<u8>,
    pub pool: SqlitePool,
    pub faults: Faults,
    pub nonces: Mutex<NonceCache>,
    pub callbacks: Option<Callbacks>,
    pub clock: Arc<dyn Clock>,
    /// Idempotency keys of calls that are being answered now.
    pub in_flight: Mutex<BTreeSet<String>>,
}

/// A place among the calls in flight; given back when dropped.
pub(super) struct CallSlot<'t> {
    till: &'t Till,
    key: String,
}

impl Till {
    /// Takes the key's place; `None` while another call with the same key has it.
    pub fn enter(&self, key: &str) -> Option<CallSlot<'_>> {
        let entered = lock(&self.in_flight).insert(key.to_owned());
        entered.then(|| CallSlot { till: self, key: key.to_owned() })
    }
}

impl Drop for CallSlot<'_> {
    fn drop(&mut self) {
        lock(&self.till.in_flight).remove(&self.key);
    }
}

/// Locks; a panic elsewhere leaves these sets usable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
