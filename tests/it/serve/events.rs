//! What the hub does is told as it does it: server-sent events on the control socket.

use super::house::{House, now_s};
use super::lost_books::stop;
use super::owner::LIMITS;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// How long an event may take to come; far more than it does.
const WITHIN: Duration = Duration::from_secs(20);

/// The lines of a stream of events.
struct Watcher(BufReader<UnixStream>);

impl Watcher {
    async fn open(house: &House) -> Watcher {
        let mut stream = UnixStream::connect(house.state().join("control.sock")).await.unwrap();
        let request = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut watcher = Watcher(BufReader::new(stream));
        assert!(watcher.line().await.unwrap().contains("200"));
        while !watcher.line().await.unwrap().trim().is_empty() {}
        watcher
    }

    /// The next line; none once the stream has ended.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(WITHIN, self.0.read_line(&mut line)).await;
        (read.expect("an event in time").unwrap() > 0).then_some(line)
    }

    /// The payload of the next event of that name which is about the order.
    async fn next(&mut self, name: &str, order: &str) -> Value {
        loop {
            let line = self.line().await.expect("the stream goes on");
            if line.trim() != format!("event: {name}") {
                continue;
            }
            let data = self.line().await.unwrap();
            let payload: Value = serde_json::from_str(data.trim_start_matches("data: ")).unwrap();
            if payload["order_id"] == order {
                return payload;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_sees_what_is_committed_until_the_daemon_stops() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    let mut watcher = Watcher::open(&house).await;
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let body = json!({"order_id": "watch-0001", "items": [{"sku": "water", "quantity": "1"}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    assert_eq!(watcher.next("reply", "watch-0001").await["status"], "approved");
    loop {
        let order = watcher.next("order", "watch-0001").await;
        if order["state"] == "settled" {
            assert_eq!(order["captured"], order["amount"], "{order}");
            break;
        }
    }
    stop(daemon);
    while watcher.line().await.is_some() {}
}
