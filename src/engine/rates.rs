//! How often devices and speakers may be heard and told, by a clock that is set from outside.

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use homepay_domain::ids::Name;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Refusals that one device is told of in a second; the others are only counted.
const REFUSALS_PER_S: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

/// How often a speaker that does not sign is heard in a second; in one breath it may say
/// [`UNSIGNED_BURST`] things.
pub(super) const UNSIGNED_PER_S: NonZeroU32 = NonZeroU32::new(2).expect("not zero");

/// How many things a speaker that does not sign may say at once.
const UNSIGNED_BURST: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

/// How many messages a second of speakers that do not sign are read, of one channel or user.
pub(super) const SENTENCES_PER_S: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

/// How many of them at once.
const SENTENCES_BURST: NonZeroU32 = NonZeroU32::new(120).expect("not zero");

/// How often such a speaker is told that it says too much, in seconds.
const TOO_MUCH_TOLD_EVERY_S: u64 = 10;

/// A clock that shows what it was set to.
#[derive(Clone, Debug, Default)]
struct SetClock(Arc<AtomicU64>);

impl Clock for SetClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, SetClock, NoOpMiddleware<Nanos>>;

/// All rates of an intake.
pub(super) struct Rates {
    clock: SetClock,
    refusals: Keyed<Name>,
    strangers: RateLimiter<NotKeyed, InMemoryState, SetClock, NoOpMiddleware<Nanos>>,
    unsigned: Keyed<Name>,
    too_much: Keyed<Name>,
    sentences: Keyed<String>,
}

impl Default for Rates {
    fn default() -> Rates {
        let clock = SetClock::default();
        let unsigned = Quota::per_second(UNSIGNED_PER_S).allow_burst(UNSIGNED_BURST);
        let sentences = Quota::per_second(SENTENCES_PER_S).allow_burst(SENTENCES_BURST);
        let too_much = Quota::with_period(Duration::from_secs(TOO_MUCH_TOLD_EVERY_S));
        let refusals = Quota::per_second(REFUSALS_PER_S);
        Rates {
            refusals: RateLimiter::hashmap_with_clock(refusals, clock.clone()),
            strangers: RateLimiter::direct_with_clock(refusals, clock.clone()),
            unsigned: RateLimiter::hashmap_with_clock(unsigned, clock.clone()),
            sentences: RateLimiter::hashmap_with_clock(sentences, clock.clone()),
            too_much: RateLimiter::hashmap_with_clock(too_much.expect("not zero"), clock.clone()),
            clock,
        }
    }
}

impl Rates {
    /// Sets the time by which everything here goes.
    pub fn set(&self, steady_ms: i64) {
        let ms = u64::try_from(steady_ms).unwrap_or(0);
        self.clock.0.store(ms.saturating_mul(1_000_000), Ordering::Relaxed);
    }

    /// True where a device may be told of one more refusal.
    pub fn tells(&self, device: &Name) -> bool {
        self.refusals.check_key(device).is_ok()
    }

    /// The same for callers whose key is not known; they share it.
    pub fn tells_strangers(&self) -> bool {
        self.strangers.check().is_ok()
    }

    /// True where a speaker that does not sign may say one thing more.
    pub fn hears(&self, speaker: &Name) -> bool {
        self.unsigned.check_key(speaker).is_ok()
    }

    /// True where such a speaker may be told that it says too much.
    pub fn tells_too_much(&self, speaker: &Name) -> bool {
        self.too_much.check_key(speaker).is_ok()
    }

    /// True where one more message of a channel or user may be read.
    pub fn reads(&self, talker: &String) -> bool {
        self.sentences.check_key(talker).is_ok()
    }
}
