//! What a service manager is told: ready once it serves, alive often enough, stopping when it stops.

use super::house::{HOMEPAY, House, Process, http};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// After how long without a sign of life the manager would end it.
const WATCHDOG: Duration = Duration::from_secs(4);

/// The longest wait for any one message.
const WAIT: Duration = Duration::from_secs(20);

/// The next thing that is told, one line of a datagram at a time.
struct Manager {
    socket: UnixDatagram,
    lines: Vec<String>,
}

impl Manager {
    fn next(&mut self) -> String {
        if self.lines.is_empty() {
            let mut buffer = [0; 1_024];
            let length = self.socket.recv(&mut buffer).expect("nothing is told");
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            self.lines = text.lines().rev().map(str::to_owned).collect();
        }
        self.lines.pop().expect("a datagram holds a line")
    }
}

#[test]
fn a_service_manager_hears_ready_alive_and_stopping() {
    let house = House::new(None, false, "");
    let place = house.dir.path().join("notify.sock");
    let socket = UnixDatagram::bind(&place).unwrap();
    socket.set_read_timeout(Some(WAIT)).unwrap();
    let mut manager = Manager { socket, lines: Vec::new() };
    let child = Command::new(HOMEPAY)
        .arg("run")
        .current_dir(house.dir.path())
        .env("NOTIFY_SOCKET", &place)
        .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut daemon = Process(child);
    while manager.next() != "READY=1" {}
    let (status, body) = http(house.console, "GET", "/readyz", "").expect("it listens");
    assert_eq!(status, 200, "told ready and is not: {body}");

    let began = Instant::now();
    let mut last = began;
    while began.elapsed() < WATCHDOG {
        assert_eq!(manager.next(), "WATCHDOG=1");
        assert!(last.elapsed() < WATCHDOG / 2, "no sign of life for {:?}", last.elapsed());
        last = Instant::now();
    }

    let id = daemon.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let told = loop {
        let told = manager.next();
        if told != "WATCHDOG=1" {
            break told;
        }
    };
    assert_eq!(told, "STOPPING=1");
    assert!(daemon.0.wait().unwrap().success(), "it ends as it was told to");
    manager.socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 64];
    assert!(manager.socket.recv(&mut buffer).is_err(), "nothing is told after it");
}
