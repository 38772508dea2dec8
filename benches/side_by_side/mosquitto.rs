//! A Mosquitto of our own, on a free port of the loopback, with its files in a temporary folder.

use crate::ports::free_port;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MOSQUITTO: &str = "/usr/sbin/mosquitto";

/// How long it has to listen.
const START_WAIT: Duration = Duration::from_secs(10);

/// A running Mosquitto; ends when dropped.
pub struct Mosquitto {
    pub port: u16,
    child: Child,
}

impl Mosquitto {
    /// Starts one with its files in `dir`.
    pub fn start(dir: &Path) -> Mosquitto {
        std::fs::create_dir_all(dir).expect("a folder for mosquitto");
        let port = free_port();
        let config = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_dest none\n\
             persistence true\npersistence_location {}/\nset_tcp_nodelay true\n\
             max_queued_messages 10000\n",
            dir.display()
        );
        let file = dir.join("mosquitto.conf");
        std::fs::write(&file, config).expect("mosquitto.conf");
        let child = Command::new(MOSQUITTO)
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{MOSQUITTO}: {e}"));
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < START_WAIT, "mosquitto does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Mosquitto { port, child }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
