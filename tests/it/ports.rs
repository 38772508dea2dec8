//! Ports for servers that are told where to listen, and come back there after they were killed.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below those that Linux gives to whoever asks for any (32768 to 60999): one of them may go to some
/// other test's connection while a killed server is away, which then cannot listen there again.
const FIRST: u16 = 20_000;
/// How many there are.
const COUNT: u16 = 10_000;

/// Which comes next. Every process begins elsewhere, so that two runs on one machine seldom meet.
static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(rand::random_range(..COUNT)));

/// A port of the loopback where nobody listens, and that no other caller in this process gets.
pub fn free_port() -> u16 {
    for _ in 0..COUNT {
        let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST} on is free");
}
