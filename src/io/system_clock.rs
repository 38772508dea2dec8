//! The machine's clocks and randomness: the only place that asks for either.

use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::{ClockReading, ClockStanding, TimeAnchor, Timekeeper};
use homepay_ports::{BooksClock, Clock, Entropy};
use rtime_clock::adjtime::{Timex, adjtimex};
use rustix::time::{ClockId, clock_gettime};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The kernel's flag for a clock that nobody keeps right (`STA_UNSYNC` of adjtimex(2)).
const STA_UNSYNC: i32 = 0x0040;

/// How far the kernel's time may be from ours for it to be a witness, in milliseconds. Only where
/// somebody shows this process another time than the kernel has do they differ.
const KERNEL_AGREES_MS: i64 = 2_000;

/// What systemd-timesyncd touches whenever it has set the clock right. A service that may not ask the
/// kernel can still see this.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

/// How fresh that must be to be a witness, in milliseconds.
const SYNCHRONIZED_MS_MAX: i64 = 60_000;

/// Where Linux names the present boot of the machine.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

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

/// What both clocks show now. The monotonic one goes on while the machine sleeps.
fn reading() -> ClockReading {
    let steady = clock_gettime(ClockId::Boottime);
    let steady_ms = steady.tv_sec.saturating_mul(1_000).saturating_add(steady.tv_nsec / 1_000_000);
    ClockReading { wall: SystemClock.now(), steady_ms }
}

/// The clock of one home's books.
#[derive(Clone, Debug)]
pub struct HomeClock {
    time: Arc<Mutex<Timekeeper>>,
    boot: Arc<str>,
}

impl HomeClock {
    /// The time goes on from where the books left it.
    #[must_use]
    pub fn resume(seen: UnixMs, anchor: Option<&TimeAnchor>) -> HomeClock {
        // Where the boot has no name (a service that sees no /proc/sys) a restart counts as of the same
        // one: after a reboot the monotonic clock shows less than has passed, never more.
        let boot = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
        let boot = boot.trim();
        let time = Timekeeper::resume(seen, anchor, boot, reading());
        HomeClock { time: Arc::new(Mutex::new(time)), boot: boot.into() }
    }

    fn time(&self) -> MutexGuard<'_, Timekeeper> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for HomeClock {
    fn now(&self) -> UnixMs {
        self.time().read(reading())
    }
}

impl BooksClock for HomeClock {
    fn wall(&self) -> UnixMs {
        SystemClock.now()
    }

    fn standing(&self) -> ClockStanding {
        self.time().standing(reading())
    }

    fn anchor(&self) -> TimeAnchor {
        self.time().anchor(&self.boot, reading())
    }

    fn step(&self, by_ms: i64) {
        self.time().step(by_ms);
    }
}

/// True when the machine's clock is kept by a source of time, and shows what we see.
#[must_use]
pub fn kernel_agrees(wall: UnixMs) -> bool {
    is_synchronised(wall) || was_set_right(wall)
}

fn was_set_right(wall: UnixMs) -> bool {
    let touched = std::fs::metadata(SYNCHRONIZED).and_then(|of| of.modified());
    let at_ms = touched.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let at_ms = at_ms.and_then(|at| i64::try_from(at.as_millis()).ok());
    at_ms.is_some_and(|at| (0..=SYNCHRONIZED_MS_MAX).contains(&wall.since_ms(UnixMs(at))))
}

/// As the kernel itself says.
fn is_synchronised(wall: UnixMs) -> bool {
    let mut kernel = Timex::new();
    // An error says that nobody knows: no witness.
    if adjtimex(&mut kernel).is_err() || kernel.0.status & STA_UNSYNC != 0 {
        return false;
    }
    let shown = UnixMs(kernel.0.time.tv_sec.saturating_mul(1_000));
    wall.since_ms(shown).abs() <= KERNEL_AGREES_MS
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
