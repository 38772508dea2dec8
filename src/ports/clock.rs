//! Time and randomness: arguments everywhere, asked for only behind these traits.

use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::{ClockStanding, TimeAnchor};

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now. The books' clock never goes back by itself; a bare wall clock may.
    fn now(&self) -> UnixMs;
}

/// The clock of the books: goes by the monotonic clock, and believes no leap of the wall clock by
/// itself.
pub trait BooksClock: Clock {
    /// What the machine's wall clock shows.
    fn wall(&self) -> UnixMs;

    /// How the wall clock stands to the books' time.
    fn standing(&self) -> ClockStanding;

    /// Ties the books' time to the machine's boot.
    fn anchor(&self) -> TimeAnchor;

    /// Moves the books' time; the books know of it already.
    fn step(&self, by_ms: i64);
}

/// Random numbers that an attacker cannot predict.
pub trait Entropy: Send + Sync {
    /// Sixteen random bytes, for nonces.
    fn bytes16(&mut self) -> [u8; 16];
    /// A number from 10 to 99, spoken to confirm an order.
    fn two_digits(&mut self) -> u8;
}
