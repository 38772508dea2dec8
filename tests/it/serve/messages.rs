//! Word to people: the real daemon tells a peer that records what comes, and says yes, no, or later.

use super::house::{House, now_s};
use super::owner::LIMITS;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long something may take to arrive.
const WITHIN: Duration = Duration::from_secs(60);

/// What the peer got: the path and the body of each request, in their order.
pub(super) type Got = Arc<Mutex<Vec<(String, Value)>>>;

/// A service that answers each path by these answers, one after the other, the last one for ever.
pub(super) fn peer(answers: &'static [(&'static str, &'static [&'static str])]) -> (u16, Got) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (port, got) = (listener.local_addr().unwrap().port(), Got::default());
    let seen = got.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            let (head, body) = loop {
                let count = stream.read(&mut part).unwrap_or(0);
                bytes.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    assert!(count > 0, "cut off: {text}");
                    continue;
                };
                let length = head.to_lowercase().lines().find_map(|line| {
                    line.strip_prefix("content-length: ").and_then(|n| n.trim().parse().ok())
                });
                if body.len() >= length.unwrap_or(0) {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let mut all = seen.lock().unwrap();
            let before = all.iter().filter(|(known, _)| *known == path).count();
            all.push((path.clone(), serde_json::from_str(&body).unwrap_or(Value::String(body))));
            drop(all);
            let of_path = answers.iter().find(|(known, _)| *known == path).map_or(&[][..], |a| a.1);
            let answer = of_path.get(before).or(of_path.last()).unwrap_or(&"404 Not Found\r\n\r\n");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let length = body.len();
            let told = format!(
                "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            // Whoever was killed meanwhile does not listen.
            let _ = stream.write_all(told.as_bytes());
        }
    });
    (port, got)
}

fn of(got: &Got, path: &str) -> Vec<Value> {
    let all = got.lock().unwrap();
    all.iter().filter(|(known, _)| known == path).map(|(_, body)| body.clone()).collect()
}

/// What came at a path, once there are so many.
async fn wait_for(got: &Got, path: &str, count: usize) -> Vec<Value> {
    let until = Instant::now() + WITHIN;
    loop {
        let now = of(got, path);
        if now.len() >= count {
            return now;
        }
        let all = got.lock().unwrap().clone();
        assert!(Instant::now() < until, "{count} at {path}: {all:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn house(entries: &str) -> House {
    let house = House::new(None, false, LIMITS);
    let file = house.dir.path().join("homepay.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{config}\n{entries}")).unwrap();
    house
}

async fn order(house: &House, id: &str, count: &str) {
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": count}]});
    let signed = kitchen.sign("order", &body, now_s(), None);
    kitchen.send(&signed).await.unwrap();
    kitchen.reply(id).await.unwrap();
}

pub(super) const YES: &str = "200 OK\r\n\r\n{}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_by_their_channels_and_who_cannot_be_is_shown() {
    const BUSY: &str = "429 Too Many Requests\r\nretry-after: 1\r\n\r\n";
    const NO: &str = "403 Forbidden\r\n\r\n{\"error\":\"the topic is reserved\"}";
    let (port, got) = peer(&[("/", &[BUSY, YES]), ("/no/message", &[NO]), ("/hook", &[YES])]);
    let house = house(&format!(
        "[[notify]]\nid = \"mum\"\nchannel = \"ntfy\"\nserver = \"http://127.0.0.1:{port}\"\n\
         topic_file = \"topic\"\nwhat = [\"approval\", \"order\"]\nmember = \"mum\"\n\
         language = \"zh-CN\"\n\
         [[notify]]\nid = \"dad\"\nchannel = \"gotify\"\nserver = \"http://127.0.0.1:{port}/no\"\n\
         token = \"t\"\nwhat = [\"order\"]\n\
         [[notify]]\nid = \"board\"\nchannel = \"webhook\"\n\
         server = \"http://127.0.0.1:{port}/hook\"\nwhat = [\"alert\", \"approval\"]\n\
         text = \"short\"\n"
    ));
    std::fs::write(house.dir.path().join("topic"), "secret-topic\n").unwrap();
    let _daemon = house.start();
    let (code, listed) = house.command(&["notify", "list"]);
    assert_eq!(code, 0, "{listed}");
    assert_eq!(listed["entries"][0]["last"], Value::Null, "{listed}");

    order(&house, "tell-0001", "2").await;
    let told = wait_for(&got, "/", 2).await;
    assert_eq!(told[0], told[1], "the same message again after a 429");
    assert_eq!(told[0]["topic"], "secret-topic", "{told:?}");
    let title = told[0]["title"].as_str().unwrap();
    assert!(title.starts_with("已付") && title.contains("街角便利店"), "{title}");
    let link = format!("http://127.0.0.1:{}/orders/tell-0001", house.console);
    assert_eq!(told[0]["click"], link);

    // What was refused is told by another way, once, and the list says why.
    let hooks = wait_for(&got, "/hook", 1).await;
    assert_eq!(hooks[0]["data"]["text"], "There is news: open the link to see it.", "{hooks:?}");
    let (_, alerts) = house.command(&["alert", "list"]);
    let failed = |alert: &&Value| alert["kind"] == "notify_failed";
    let alerts = alerts["alerts"].as_array().unwrap();
    assert_eq!(alerts.iter().filter(failed).count(), 1, "{alerts:?}");
    let (_, listed) = house.command(&["notify", "list"]);
    let dad = &listed["entries"][1]["last"];
    assert_eq!(dad["state"], "failed", "{listed}");
    assert_eq!(dad["why"], "status 403: the topic is reserved", "{listed}");

    // A message of few words names no amount; a link is all that it has.
    order(&house, "tell-0002", "6").await;
    let hooks = wait_for(&got, "/hook", 2).await;
    let said = hooks[1].to_string();
    assert!(said.contains("An order waits for you") && !said.contains("shop"), "{said}");
    let told = wait_for(&got, "/", 3).await;
    assert!(told[2]["title"].as_str().unwrap().starts_with("请批准"), "{told:?}");

    let (code, tried) = house.command(&["notify", "test", "mum"]);
    assert_eq!((code, &tried["entries"][0]["last"]["state"]), (0, &json!("delivered")), "{tried}");
    let (code, said) = house.says(&["notify", "test", "dad"]);
    assert!(code == 1 && said.contains("not delivered: dad"), "{code} {said}");
    let (code, said) = house.says(&["notify", "test", "aunt"]);
    assert!(code == 1 && said.contains("there is no entry aunt: mum, dad, board"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_kill_came_between_is_told_after_the_restart_under_the_same_id() {
    const LATER: &str = "503 Service Unavailable\r\n\r\n";
    let (port, got) = peer(&[("/hook", &[LATER, YES])]);
    let house = house(&format!(
        "[[notify]]\nid = \"mum\"\nchannel = \"webhook\"\n\
         server = \"http://127.0.0.1:{port}/hook\"\nwhat = [\"approval\"]\n"
    ));
    let mut daemon = house.start();
    order(&house, "kill-0001", "6").await;
    wait_for(&got, "/hook", 1).await;
    daemon.kill();
    let _daemon = house.start();
    let told = wait_for(&got, "/hook", 2).await;
    assert_eq!(told[0]["data"]["id"], told[1]["data"]["id"]);
    assert_eq!(told[1]["data"]["id"], "mum.kill-0001.awaiting_approval-0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_in_entries_are_told_with_their_lines() {
    let house = house(
        "[[notify]]\nid = \"mum\"\nchannel = \"ntfi\"\nwhat = [\"order\"]\n\
         [[notify]]\nid = \"dad\"\nchannel = \"gotify\"\nserver = \"gotify.lan\"\n\
         what = [\"oder\"]\ntokn = \"t\"\nquiet_hours = \"night\"\n",
    );
    let file = house.dir.path().join("homepay.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let (code, said) = house.says(&["check"]);
    assert_eq!(code, 2, "{said}");
    for (place, words) in [
        ("channel = \"ntfi\"", "there is no \"ntfi\"; did you mean \"ntfy\"?"),
        ("server = \"gotify.lan\"", "server is not an address"),
        ("what = [\"oder\"]", "not \"oder\"; did you mean \"order\"?"),
        ("tokn = \"t\"", "has no \"tokn\"; did you mean \"token\"?"),
        ("quiet_hours = \"night\"", "quiet_hours: "),
    ] {
        let line = config.lines().position(|line| line == place).unwrap() + 1;
        let told = said.lines().find(|told| told.contains(words));
        assert!(told.is_some_and(|t| t.contains(&format!(":{line}: "))), "{line} {words}: {said}");
    }
    assert!(said.contains("token is missing, or token_file: gotify needs it"), "{said}");
}
