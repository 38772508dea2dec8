//! The real daemon: the `homepay` of this build, with a configuration and a household of its own.

use crate::ports::free_port;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long the daemon has to be ready, or to end.
const WAIT: Duration = Duration::from_secs(20);

/// The item that fits every limit.
pub const SMALL: &str = "water";
/// The item that fits no device's day.
pub const LARGE: &str = "piano";

/// The daemon as a process; told to end when dropped.
pub struct Hub {
    /// From exec to the first 200 of `/readyz`.
    pub ready: Duration,
    child: Child,
}

/// A device's name.
pub fn device(index: usize) -> String {
    format!("speaker-{index:03}")
}

/// A device's key.
pub fn key(index: usize) -> Vec<u8> {
    format!("{index:032}").into_bytes()
}

/// A household of so many speakers: a limit for the home's month, one for each device's day.
pub fn household(devices: usize) -> String {
    let mut text = String::from(
        "[[members]]\nid = \"mum\"\nname = \"Mum\"\nrole = \"owner\"\n\
         [[payees]]\nid = \"corner-shop\"\nname = \"Corner shop\"\n",
    );
    for (sku, name, price) in [(SMALL, "矿泉水 24 瓶", "0.10"), (LARGE, "钢琴", "50000.00")] {
        let _ = write!(
            text,
            "[[catalog]]\nsku = \"{sku}\"\nname = \"{name}\"\nprice = \"{price}\"\n\
             category = \"grocery\"\npayee = \"corner-shop\"\n"
        );
    }
    text.push_str(
        "[[limits]]\nid = \"home-month\"\nscope = { home = true }\nperiod = \"month\"\n\
         amount = \"9000000.00\"\n",
    );
    for index in 0..devices {
        let (name, key) = (device(index), BASE64_STANDARD.encode(key(index)));
        let _ = write!(
            text,
            "[[devices]]\nid = \"{name}\"\nkind = \"speaker\"\nname = \"Speaker {index}\"\n\
             profile = \"homepay-native\"\nkeys = {{ k1 = \"base64:{key}\" }}\n\
             [[limits]]\nid = \"day-{index:03}\"\nscope = {{ device = \"{name}\" }}\n\
             period = \"day\"\namount = \"40000.00\"\n"
        );
    }
    text
}

/// Where a hub's books are.
pub fn books(dir: &Path) -> PathBuf {
    dir.join("homepay.db")
}

/// The daemon of this build, or another build's to compare with.
fn program() -> PathBuf {
    let other = std::env::var_os("HOMEPAY_BENCH_HUB").map(PathBuf::from);
    other.unwrap_or_else(|| env!("CARGO_BIN_EXE_homepay").into())
}

impl Hub {
    /// Starts the daemon in `dir` under the base topic `base`, and waits until it is ready.
    pub fn start(dir: &Path, broker: u16, base: &str, devices: usize) -> Hub {
        Hub::start_with(dir, broker, base, devices, "")
    }

    /// The same, with more of a household.
    pub fn start_with(dir: &Path, broker: u16, base: &str, devices: usize, more: &str) -> Hub {
        std::fs::create_dir_all(dir).expect("a folder for the hub");
        let household = household(devices) + more;
        std::fs::write(dir.join("household.toml"), household).expect("household.toml");
        let console = free_port();
        let config = format!(
            "[home]\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\nlanguage = \"zh-CN\"\n\
             state_dir = \"{dir}\"\nhousehold = \"{dir}/household.toml\"\n\
             [mqtt]\nurl = \"mqtt://127.0.0.1:{broker}\"\nbase = \"{base}\"\n\
             client_id = \"hub-{base}\"\n[store]\nurl = \"sqlite:homepay.db\"\n\
             [wallet]\nkind = \"sandbox\"\nbalance = \"9000000.00\"\n\
             [console]\nlisten = \"127.0.0.1:{console}\"\n",
            dir = dir.display()
        );
        let file = dir.join("homepay.toml");
        std::fs::write(&file, config).expect("homepay.toml");
        let out = File::create(dir.join("out.log")).expect("out.log");
        let err = File::create(dir.join("err.log")).expect("err.log");
        let began = Instant::now();
        let mut child = Command::new(program())
            // As the service's unit has it.
            .envs([
                ("MIMALLOC_PURGE_DELAY", "0"),
                ("MIMALLOC_ARENA_EAGER_COMMIT", "0"),
                ("MIMALLOC_ALLOW_THP", "0"),
            ])
            .args(["run", "--config"])
            .arg(&file)
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("homepay");
        while !is_ready(console) {
            let ended = child.try_wait().expect("the daemon's state");
            assert!(ended.is_none() && began.elapsed() < WAIT, "not ready: see {}", dir.display());
            std::thread::sleep(Duration::from_millis(1));
        }
        Hub { ready: began.elapsed(), child }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory now and at most, in KiB.
    pub fn memory_kib(&self) -> (u64, u64) {
        let file = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(file).expect("the daemon lives");
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).expect("a size")
        };
        (line("VmRSS:"), line("VmHWM:"))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let began = Instant::now();
        while began.elapsed() < WAIT {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(console: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", console)) else { return false };
    let ask = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    stream.write_all(ask).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
