//! Pieces that several test modules need.

use homepay_io::mqtt::LinkOptions;
use homepay_ports::{Delivery, LinkEvent, Publication};
use homepay_store::StoreError;
use homepay_store::sqlite::{Opened, SqliteStore};
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// The longest a test waits for one thing to happen.
pub const WAIT: Duration = Duration::from_secs(10);
/// Long enough to believe that something does not happen.
pub const QUIET: Duration = Duration::from_millis(300);

/// Opens books that were closed a moment ago. A process that another test starts holds all our locks
/// from its fork until its exec, and so theirs.
pub async fn open_again(opened: &Opened) -> SqliteStore {
    try_open_again(opened).await.unwrap()
}

/// The same for books that are refused for another reason than a lock.
pub async fn try_open_again(opened: &Opened) -> Result<SqliteStore, StoreError> {
    let begun = Instant::now();
    loop {
        match SqliteStore::open(opened).await {
            Err(e) if e.to_string().contains("one writer") && begun.elapsed() < WAIT => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

/// A link's options for a test broker on this port.
pub fn link_options(port: u16) -> LinkOptions {
    LinkOptions {
        host: "127.0.0.1".to_owned(),
        port,
        client_id: "homepay-hub".to_owned(),
        username: None,
        password: None,
        tls: None,
        keep_alive: Duration::from_secs(30),
        subscriptions: vec!["home/#".to_owned()],
        last_will: None,
        birth: Vec::new(),
        queue_len_max: 64,
    }
}

pub fn publication(topic: &str, payload: &str) -> Publication {
    Publication { topic: topic.to_owned(), payload: payload.as_bytes().to_vec(), retain: false }
}

pub async fn next(events: &mut Receiver<LinkEvent>) -> LinkEvent {
    timeout(WAIT, events.recv()).await.expect("no event in time").expect("the link ended")
}

/// The next message; other events are passed over.
pub async fn heard(events: &mut Receiver<LinkEvent>) -> Delivery {
    loop {
        if let LinkEvent::Delivered(heard) = next(events).await {
            return heard;
        }
    }
}

/// Waits for a connection and says which.
pub async fn up(events: &mut Receiver<LinkEvent>) -> (u64, bool) {
    loop {
        if let LinkEvent::Up { epoch, session_present } = next(events).await {
            return (epoch, session_present);
        }
    }
}

/// The ids of the next publications that are done.
pub async fn published(events: &mut Receiver<LinkEvent>, count: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    while ids.len() < count {
        if let LinkEvent::Published(done) = next(events).await {
            ids.extend(done);
        }
    }
    ids
}

pub fn text(heard: &Delivery) -> String {
    String::from_utf8(heard.message.payload.clone()).unwrap()
}

/// A small authority with a server and a client certificate, made by the openssl program.
pub struct Certificates {
    pub ca: PathBuf,
    pub server: (PathBuf, PathBuf),
    pub client: (PathBuf, PathBuf),
}

impl Certificates {
    pub fn make(dir: &Path) -> Certificates {
        let path = |name: &str| dir.join(name);
        let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        openssl(dir, &format!("req -x509 {new_key} -keyout ca.key -out ca.pem -subj /CN=test-ca"));
        std::fs::write(path("san.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
        for name in ["server", "client"] {
            let subject = format!("-keyout {name}.key -out {name}.csr -subj /CN={name}");
            openssl(dir, &format!("req {new_key} {subject}").replace(" -days 2", ""));
            openssl(
                dir,
                &format!(
                    "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                     -days 2 -extfile san.ext -out {name}.pem"
                ),
            );
        }
        Certificates {
            ca: path("ca.pem"),
            server: (path("server.pem"), path("server.key")),
            client: (path("client.pem"), path("client.key")),
        }
    }
}

fn openssl(dir: &Path, arguments: &str) {
    let output =
        Command::new("openssl").args(arguments.split_whitespace()).current_dir(dir).output();
    let output = output.expect("openssl is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Changes books by another hand.
pub async fn execute(path: &Path, sql: &'static str) {
    let url = format!("sqlite:{}", path.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}
