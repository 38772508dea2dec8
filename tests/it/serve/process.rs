//! What others on the machine and in the network may take of the process: connections, files, its
//! memory, its name.

use super::house::{HOMEPAY, House, http};
use crate::ports::free_port;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Requests that are begun and never ended.
const UNFINISHED: usize = 600;
/// Of those that many may stay open, with some leave for those that are just ended.
const KEPT_MAX: usize = 128 + 16;
/// What `systemd-analyze security` may say of the unit at most.
const EXPOSURE_MAX: f64 = 1.4;

const PIN: &str = "[[members]]\nid = \"dad\"\nname = \"Dad\"\nrole = \"owner\"\n\
    pin_hash = \"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA\"\n";

/// One request with a `Host` of its own: the status.
fn asked_as(port: u16, host: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\n{host}connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn requests_that_never_end_take_nothing_from_the_others() {
    let house = House::new(None, false, "");
    let daemon = house.start();
    let half: Vec<TcpStream> = (0..UNFINISHED)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", house.console)).unwrap();
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\n").unwrap();
            stream
        })
        .collect();
    let (status, _) = http(house.console, "GET", "/readyz", "").expect("who asks is answered");
    assert_eq!(status, 200);
    let (code, told) = house.command(&["freeze"]);
    assert_eq!(code, 0, "{told}");
    let open = half.iter().filter(|stream| {
        let mut stream: &TcpStream = stream;
        stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let kind = stream.read(&mut [0; 64]).map_err(|error| error.kind());
        matches!(kind, Err(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
    });
    let open = open.count();
    assert!(open <= KEPT_MAX, "{open} of {UNFINISHED} are still open");
    let files = std::fs::read_dir(format!("/proc/{}/fd", daemon.0.id())).unwrap().count();
    assert!(files < UNFINISHED, "{files} descriptors");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.0.id())).unwrap();
    let limit = |name: &str| -> Vec<String> {
        let line = limits.lines().find(|l| l.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().take(2).map(str::to_owned).collect()
    };
    assert_eq!(limit("Max core file size"), ["0", "0"]);
    let [soft, hard] = &limit("Max open files")[..] else { panic!("{limits}") };
    let most = hard.parse().unwrap_or(u64::MAX).min(65_536);
    assert!(soft.parse::<u64>().unwrap() >= most, "{soft} of {hard}");
}

#[test]
fn a_host_that_is_not_ours_is_answered_421() {
    let house = House::new(None, false, "");
    let file = house.dir.path().join("homepay.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let named = config.replace("[console]\n", "[console]\nnames = [\"Home.example\"]\n");
    std::fs::write(&file, named).unwrap();
    let _daemon = house.start();
    for (host, status) in [
        ("host: evil.example\r\n", 421),
        ("host: evil.example:8420\r\n", 421),
        ("host: localhost.evil.example\r\n", 421),
        ("host: 203.0.113.7\r\n", 421),
        ("host: localhost\r\nhost: evil.example\r\n", 421),
        ("host: localhost:1\r\n", 200),
        ("host: 127.0.0.1\r\n", 200),
        ("host: [::1]\r\n", 200),
        ("host: home.example.:443\r\n", 200),
    ] {
        assert_eq!(asked_as(house.console, host), status, "{host}");
    }
}

/// Everything under a folder that others may read or write.
fn open_to_others(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        if metadata.permissions().mode() & 0o077 != 0 {
            found.push(format!("{} {:o}", path.display(), metadata.permissions().mode()));
        }
        if metadata.is_dir() {
            open_to_others(&path, found);
        }
    }
}

#[test]
fn what_the_hub_keeps_and_exports_is_for_its_owner_only() {
    let house = House::new(None, false, PIN);
    // As an earlier version left them.
    std::fs::create_dir_all(house.state().join("broker")).unwrap();
    for name in ["homepay.db.lock", "sandbox-wallet.db"] {
        let file = house.state().join(name);
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let _daemon = house.start();
    let mut found = Vec::new();
    open_to_others(&house.state(), &mut found);
    assert_eq!(found, [] as [String; 0]);

    let file = house.dir.path().join("out.toml");
    std::fs::write(&file, "older").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let (code, said) = house.says(&["export", "--out", "out.toml"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("id = \"dad\"") && text.contains("MDEyMzQ1Njc4OWFiY2RlZg=="), "{text}");
    let (_, printed) = house.says(&["export"]);
    for text in [&text, &printed] {
        assert!(!text.contains("pin_hash") && !text.contains("argon2"), "{text}");
    }
    // Whoever stays keeps their PIN.
    let (code, told) = house.command(&["apply", "out.toml"]);
    assert_eq!((code, &told["changes"]), (0, &serde_json::json!([])), "{told}");
    let (_, members) = house.command(&["member", "list"]);
    let dad = members["members"].as_array().unwrap().iter().find(|m| m["id"] == "dad").unwrap();
    assert_eq!(dad["pin"], true, "{members}");
    let (code, said) = house.says(&["export", "--out", "nowhere/out.toml"]);
    assert!(code == 1 && said.contains("nowhere/out.toml"), "{code} {said}");
}

#[test]
fn a_process_of_ours_is_not_dumped() {
    homepay::lifecycle::keep_private(false);
    let dumpable = rustix::process::dumpable_behavior().unwrap();
    assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
}

#[test]
fn the_sandbox_has_no_admin_listener_unless_one_is_asked_for() {
    let house = House::new(None, false, "");
    let daemon = house.start();
    assert!(house.log().contains("sandbox, no money moves\n"), "{}", house.log());
    drop(daemon);
    let admin = free_port();
    let file = house.dir.path().join("homepay.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let asked = format!("{config}[wallet]\nkind = \"sandbox\"\nadmin = \"127.0.0.1:{admin}\"\n");
    std::fs::write(&file, asked).unwrap();
    let _daemon = house.start();
    let (status, ledger) = http(admin, "GET", "/ledger", "").unwrap();
    assert_eq!(status, 200, "{ledger}");
    std::fs::write(&file, config + "[wallet]\nadmin = \"192.0.2.1:8432\"\n").unwrap();
    let (code, said) = house.says(&["check"]);
    assert!(code == 2 && said.contains("wallet.admin"), "{code} {said}");
}

#[test]
fn the_unit_lets_the_service_do_little() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/homepay.service");
    let text = std::fs::read_to_string(unit).unwrap();
    for line in ["LimitNOFILE=65536", "LimitCORE=0", "PrivateUsers=yes", "ProcSubset=pid"] {
        assert!(text.lines().any(|l| l == line), "{line}");
    }
    // Where there is no systemd its own figure cannot be had.
    let asked = Command::new("systemd-analyze").args(["security", "--offline=true", unit]).output();
    let Ok(said) = asked else { return };
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let Some(level) = said.lines().find(|l| l.contains("Overall exposure level")) else { return };
    let figure = level.split(": ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let figure: f64 = figure.unwrap().parse().unwrap();
    assert!(figure <= EXPOSURE_MAX, "{level}");
}

#[test]
fn what_is_written_for_other_programs_they_may_read() {
    let house = House::new(None, false, "");
    let script = format!(
        "umask 022 && '{HOMEPAY}' voice export rhasspy --dir out --household household.toml"
    );
    let done = Command::new("sh").args(["-c", &script]).current_dir(house.dir.path()).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let file = house.dir.path().join("out/sentences.ini");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o044, 0o044);
}
