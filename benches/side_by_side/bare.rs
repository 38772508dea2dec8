//! The smallest program that does the same for a message: it is received by rumqttc, a row of it
//! is committed by sqlx, many at a time, then it is acked and an order is answered. No logic: the
//! signature is not looked at, the reply is the order's own bytes.

use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, NetworkOptions, Publish, QoS};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;
use tokio::sync::mpsc;

/// Tells a re-executed bench binary that it is the bare program, and where its things are.
pub const ROLE: &str = "HOMEPAY_BENCH_ROLE";
const PORT: &str = "HOMEPAY_BENCH_PORT";
const FILE: &str = "HOMEPAY_BENCH_FILE";

/// The base topic of the bare program.
pub const BASE: &str = "bare";

/// The same bounds as the hub's.
const QUEUE_LEN_MAX: usize = 1_024;
const BATCH_LEN_MAX: usize = 256;
const INFLIGHT: u16 = 100;

/// The bare program as a process of its own; ends when dropped.
pub struct Bare {
    child: Child,
}

impl Bare {
    /// Starts it and waits until its database is there.
    pub fn start(dir: &Path, port: u16) -> Bare {
        let file = dir.join("bare.db");
        let child = Command::new(std::env::current_exe().expect("this program"))
            .env(ROLE, "bare")
            .env(PORT, port.to_string())
            .env(FILE, &file)
            .spawn()
            .expect("the bare program");
        let ready = file.with_extension("ready");
        while !ready.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Bare { child }
    }
}

impl Bare {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bare program itself.
pub fn main() {
    let port = std::env::var(PORT).ok().and_then(|p| p.parse().ok()).expect(PORT);
    let file = PathBuf::from(std::env::var_os(FILE).expect(FILE));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(serve(port, &file));
}

async fn serve(port: u16, file: &Path) {
    let mut conn = open(file).await;
    let mut options = MqttOptions::new("bare", "127.0.0.1", port);
    options.set_clean_session(false).set_manual_acks(true).set_inflight(INFLIGHT);
    let (client, mut eventloop) = AsyncClient::new(options, QUEUE_LEN_MAX);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    eventloop.set_network_options(network);
    for what in ["order", "reading"] {
        let filter = format!("{BASE}/device/+/{what}");
        client.subscribe(filter, QoS::AtLeastOnce).await.expect("room for a subscription");
    }
    let (queue, mut messages) = mpsc::channel::<Publish>(QUEUE_LEN_MAX);
    tokio::spawn(async move {
        let mut subscribed = 0;
        loop {
            match eventloop.poll().await.expect("the broker") {
                Event::Incoming(Incoming::Publish(message)) => {
                    queue.send(message).await.expect("the writer");
                }
                Event::Incoming(Incoming::SubAck(_)) => subscribed += 1,
                _ => {}
            }
            if subscribed == 2 {
                subscribed = 0;
                READY.notify_one();
            }
        }
    });
    READY.notified().await;
    std::fs::write(file.with_extension("ready"), "").expect("the ready mark");
    let mut batch = Vec::with_capacity(BATCH_LEN_MAX);
    while messages.recv_many(&mut batch, BATCH_LEN_MAX).await > 0 {
        write(&mut conn, &batch).await.expect("the database");
        for message in batch.drain(..) {
            client.ack(&message).await.expect("the client");
            if let Some(device) = message.topic.strip_suffix("/order") {
                let topic = format!("{device}/reply");
                let sent = client.publish(topic, QoS::AtLeastOnce, false, message.payload);
                sent.await.expect("the client");
            }
        }
    }
}

static READY: tokio::sync::Notify = tokio::sync::Notify::const_new();

async fn open(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut conn = SqliteConnection::connect_with(&options).await.expect("bare.db");
    sqlx::query("create table message (id integer primary key, topic text, payload blob) strict")
        .execute(&mut conn)
        .await
        .expect("a table");
    conn
}

async fn write(conn: &mut SqliteConnection, batch: &[Publish]) -> Result<(), sqlx::Error> {
    let mut turn = conn.begin_with("begin immediate").await?;
    for message in batch {
        sqlx::query("insert into message (topic, payload) values (?, ?)")
            .bind(&message.topic)
            .bind(&message.payload[..])
            .execute(&mut *turn)
            .await?;
    }
    turn.commit().await
}
