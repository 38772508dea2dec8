//! The real binary with its configuration, a wallet process, and devices outside.

use crate::ports::free_port;
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use homepay_sandbox::devices::{DeviceClient, Signer};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const HOMEPAY: &str = env!("CARGO_BIN_EXE_homepay");
/// How long a process may take to serve.
pub const START_WAIT: Duration = Duration::from_secs(60);
/// The devices' key, base64 of 0123456789abcdef.
pub const KEY: &[u8] = b"0123456789abcdef";
const KEY_TEXT: &str = "base64:MDEyMzQ1Njc4OWFiY2RlZg==";

/// A process that ends with its test.
pub struct Process(pub Child);

impl Process {
    pub fn start(arguments: &[&str], dir: &Path, log: &str) -> Process {
        Process::start_in(arguments, dir, log, &[])
    }

    /// With more of an environment.
    pub fn start_in(
        arguments: &[&str],
        dir: &Path,
        log: &str,
        environment: &[(&str, &Path)],
    ) -> Process {
        let log = std::fs::File::options().create(true).append(true).open(dir.join(log)).unwrap();
        let child = Command::new(HOMEPAY)
            .args(arguments)
            .current_dir(dir)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Process(child)
    }

    /// Memory in use, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// A house with a configuration of its own.
pub struct House {
    pub dir: TempDir,
    pub console: u16,
    pub broker: u16,
    wallet_admin: Option<u16>,
}

impl House {
    /// `broker` = a port where one is, or none for the embedded one.
    pub fn new(broker: Option<u16>, own_wallet: bool, limits: &str) -> House {
        let dir = tempfile::tempdir().unwrap();
        let (console, listen) = (free_port(), free_port());
        let url = broker.map_or("embedded".to_owned(), |p| format!("mqtt://127.0.0.1:{p}"));
        let mut config = format!(
            "[home]\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\nlanguage = \"en\"\n\
             state_dir = \"state\"\nhousehold = \"household.toml\"\n\
             [rules]\ngives_up_after = \"5s\"\n\
             [mqtt]\nurl = \"{url}\"\nlisten = \"127.0.0.1:{listen}\"\n\
             [console]\nlisten = \"127.0.0.1:{console}\"\n"
        );
        let mut wallet_admin = None;
        if own_wallet {
            let wallet = free_port();
            wallet_admin = Some(free_port());
            config.push_str(&format!(
                "[wallet]\nkind = \"homepay\"\nurl = \"http://127.0.0.1:{wallet}\"\n\
                 account = \"home-1\"\nkey_id = \"k1\"\nrequest_key_file = \"request.key\"\n\
                 response_key_file = \"response.key\"\n"
            ));
            std::fs::write(dir.path().join("wallet.port"), wallet.to_string()).unwrap();
        }
        for (name, byte) in [("request.key", 'A'), ("response.key", 'B')] {
            let text = format!("base64:{}{byte}A=", "A".repeat(41));
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        std::fs::write(dir.path().join("homepay.toml"), config).unwrap();
        std::fs::write(dir.path().join("household.toml"), household(limits)).unwrap();
        House { dir, console, broker: broker.unwrap_or(listen), wallet_admin }
    }

    /// Sets how long an order may stay in doubt; before the daemon starts.
    pub fn gives_up_after(&self, span: &str) {
        let file = self.dir.path().join("homepay.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        let set = format!("gives_up_after = \"{span}\"");
        std::fs::write(&file, config.replace("gives_up_after = \"5s\"", &set)).unwrap();
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Starts the daemon and waits until it is ready.
    pub fn start(&self) -> Process {
        self.start_with(&["run"])
    }

    /// Starts the daemon by these arguments and waits until it is ready.
    pub fn start_with(&self, arguments: &[&str]) -> Process {
        let mut daemon = Process::start(arguments, self.dir.path(), "homepay.log");
        let until = Instant::now() + START_WAIT;
        while http(self.console, "GET", "/readyz", "").is_none_or(|(status, _)| status != 200) {
            let ended = daemon.0.try_wait().unwrap();
            let is_on_its_way = ended.is_none() && Instant::now() < until;
            assert!(is_on_its_way, "not ready, {ended:?}: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        // It is this one that said so, and not another that listens on its port.
        let ended = daemon.0.try_wait().unwrap();
        assert!(ended.is_none(), "ended, {ended:?}: {}", self.log());
        daemon
    }

    /// Starts the wallet as a process of its own.
    pub fn start_wallet(&self) -> Process {
        self.start_wallet_in(&[])
    }

    /// With more of an environment.
    pub fn start_wallet_in(&self, environment: &[(&str, &Path)]) -> Process {
        let port = std::fs::read_to_string(self.dir.path().join("wallet.port")).unwrap();
        let admin = self.wallet_admin.unwrap();
        let (listen, at) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{admin}"));
        let arguments = [
            "sandbox-wallet",
            "--listen",
            &listen,
            "--admin",
            &at,
            "--db",
            "wallet.db",
            "--account",
            "home-1",
            "--currency",
            "CNY",
            "--balance",
            "100000.00",
            "--key-id",
            "k1",
            "--request-key-file",
            "request.key",
            "--response-key-file",
            "response.key",
        ];
        let wallet = Process::start_in(&arguments, self.dir.path(), "wallet.log", environment);
        let until = Instant::now() + START_WAIT;
        while http(admin, "GET", "/ledger", "").is_none() {
            assert!(Instant::now() < until, "the wallet does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        wallet
    }

    pub fn fault(&self, fault: &Value) {
        let answer = http(self.wallet_admin.unwrap(), "POST", "/faults", &fault.to_string());
        assert!(answer.as_ref().is_some_and(|(status, _)| *status < 300), "{answer:?}");
    }

    pub fn ledger(&self) -> Value {
        let (_, body) = http(self.wallet_admin.unwrap(), "GET", "/ledger", "").unwrap();
        serde_json::from_str(&body).unwrap()
    }

    /// A command of the command line: its exit code and its document.
    pub fn command(&self, arguments: &[&str]) -> (i32, Value) {
        let done = Command::new(HOMEPAY)
            .args(arguments)
            .arg("--json")
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        let value = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|_| json!({"stderr": String::from_utf8_lossy(&done.stderr)}));
        (done.status.code().unwrap_or(-1), value)
    }

    /// A command of the command line as people see it: its exit code and what it prints.
    pub fn says(&self, arguments: &[&str]) -> (i32, String) {
        let folder = self.dir.path();
        let done = Command::new(HOMEPAY).args(arguments).current_dir(folder).output().unwrap();
        let said = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap_or(-1), String::from_utf8(said).unwrap())
    }

    /// One request at the control socket: status and document.
    pub fn asks(&self, method: &str, target: &str, body: Option<Value>) -> (u16, Value) {
        let mut stream = UnixStream::connect(self.state().join("control.sock")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let answer =
            exchange(&mut stream, method, target, &body.map_or(String::new(), |b| b.to_string()));
        let (status, body) = answer.unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("homepay.log")).unwrap_or_default()
    }

    /// A speaker; with the embedded broker under its own user and password.
    pub async fn speaker(&self, id: &str, epoch: i64) -> Signer {
        let users = std::fs::read_to_string(self.state().join("broker-users.txt"));
        let password = users
            .unwrap_or_default()
            .lines()
            .find_map(|l| l.strip_prefix(&format!("{id} ")).map(str::to_owned))
            .unwrap_or_default();
        let broker = SocketAddr::from(([127, 0, 0, 1], self.broker));
        let filters = [format!("homepay/device/{id}/reply")];
        let line = DeviceClient::open(broker, (id, &password), &filters).await.unwrap();
        Signer::new(line, "homepay", id, KEY.to_vec(), epoch)
    }
}

pub fn now_s() -> i64 {
    SystemClock.now().seconds()
}

fn household(limits: &str) -> String {
    let mut text = String::from(
        "[[members]]\nid = \"mum\"\nname = \"妈妈\"\nrole = \"owner\"\n\
         [[payees]]\nid = \"shop\"\nname = \"街角便利店\"\n\
         [[catalog]]\nsku = \"water\"\nname = \"矿泉水\"\naliases = [\"water\"]\nunit = \"箱\"\nprice = \"1.00\"\n\
         category = \"grocery\"\npayee = \"shop\"\n",
    );
    for id in ["kitchen", "kids"] {
        text.push_str(&format!(
            "[[devices]]\nid = \"{id}\"\nkind = \"speaker\"\nname = \"{id}\"\n\
             profile = \"homepay-native\"\nkeys = {{ k1 = \"{KEY_TEXT}\" }}\n"
        ));
    }
    text + limits
}

/// One request, without a library between: status and body, or none where nothing listens.
pub fn http(port: u16, method: &str, target: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    exchange(&mut stream, method, target, body)
}

fn exchange(
    stream: &mut (impl Read + Write),
    method: &str,
    target: &str,
    body: &str,
) -> Option<(u16, String)> {
    let length = body.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    // A body without length comes in chunks; their sizes are lines of their own.
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunked(body) } else { body.to_owned() };
    Some((status, body))
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}
