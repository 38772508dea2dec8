//! The machine's clock and randomness: the only place that asks for either.

use crate::domain::time::UnixMs;
use crate::ports::{Clock, Entropy};
use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the machine's clock is asked")]
    fn now(&self) -> UnixMs {
        let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        UnixMs(ms)
    }
}

/// The operating system's randomness, through the thread's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn bytes16(&mut self) -> [u8; 16] {
        rand::random()
    }

    fn two_digits(&mut self) -> u8 {
        rand::random_range(10..100)
    }
}
