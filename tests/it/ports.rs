//! Ports for servers that are told where to listen, and come back there after they were killed.

use std::fs::File;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Below those that Linux gives to whoever asks for any (32768 to 60999): one of them may go to some
/// other test's connection while a killed server is away, which then cannot listen there again.
const FIRST: u16 = 20_000;
/// How many there are.
const COUNT: u16 = 10_000;

/// Which comes next. Every process begins elsewhere, so that two runs on one machine seldom meet.
static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(rand::random_range(..COUNT)));

/// Marks of the ports that this process was given: held as long as it lives, so that another run on this
/// machine is not given the same one while nobody listens there yet.
static MARKS: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port of the loopback where nobody listens, and that no other caller gets, in this process or in
/// another run on this machine.
pub fn free_port() -> u16 {
    let folder = std::env::temp_dir().join("homepay-test-ports");
    std::fs::create_dir_all(&folder).expect("a folder for marks");
    for _ in 0..COUNT {
        let port = FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let mark = File::create(folder.join(port.to_string())).expect("a mark");
        if mark.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            MARKS.lock().unwrap_or_else(PoisonError::into_inner).push(mark);
            return port;
        }
    }
    panic!("no port from {FIRST} on is free");
}

/// A port that another run on this machine was given is passed over, though nobody listens there yet.
#[test]
fn a_port_of_another_run_is_passed_over() {
    let folder = std::env::temp_dir().join("homepay-test-ports");
    let next = FIRST + (free_port() - FIRST + 1) % COUNT;
    let mark = File::create(folder.join(next.to_string())).expect("a mark");
    // Where it is locked, another test was given it meanwhile, and the next call skips it as well.
    let _held = mark.try_lock();
    let (one, other) = (free_port(), free_port());
    assert!(one != next && other != next && one != other);
}
