//! The link against a real Mosquitto 2.

use crate::ports::free_port;
use crate::support::{
    Certificates, QUIET, WAIT, heard, link_options, next, publication, published, text, up,
};
use homepay_io::mqtt::{Link, LinkOptions, TlsOptions};
use homepay_ports::LinkEvent;
use std::fmt::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;

const MOSQUITTO: &str = "/usr/sbin/mosquitto";

pub struct Mosquitto {
    dir: TempDir,
    pub port: u16,
    child: Child,
}

impl Mosquitto {
    pub fn start(more: &str) -> Mosquitto {
        Mosquitto::start_in(tempfile::tempdir().unwrap(), more)
    }

    fn start_in(dir: TempDir, more: &str) -> Mosquitto {
        let port = free_port();
        let mut config = format!(
            "listener {port} 127.0.0.1\npersistence true\npersistence_location {}/\n\
             set_tcp_nodelay true\nmax_queued_messages 10000\nlog_dest none\nuser root\n",
            dir.path().display()
        );
        if !more.contains("allow_anonymous") {
            config.push_str("allow_anonymous true\n");
        }
        writeln!(config, "{more}").unwrap();
        std::fs::write(dir.path().join("mosquitto.conf"), config).unwrap();
        let child = run(dir.path(), port);
        Mosquitto { dir, port, child }
    }

    /// Ends it by a signal, which with TERM lets it write its sessions.
    fn end(&mut self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = run(self.dir.path(), self.port);
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn run(dir: &Path, port: u16) -> Child {
    let child = Command::new(MOSQUITTO)
        .arg("-c")
        .arg(dir.join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto is needed");
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < WAIT, "mosquitto does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

async fn linked(options: LinkOptions) -> (Link, Receiver<LinkEvent>) {
    let (link, mut events) = Link::start(options).unwrap();
    up(&mut events).await;
    (link, events)
}

/// Another link, which only speaks.
async fn speaker(port: u16) -> (Link, Receiver<LinkEvent>) {
    let mut options = link_options(port);
    options.client_id = "speaker".to_owned();
    options.subscriptions.clear();
    linked(options).await
}

#[tokio::test]
async fn unacked_messages_come_again_after_a_restart_and_acked_ones_do_not() {
    let mut mosquitto = Mosquitto::start("");
    let (link, mut events) = linked(link_options(mosquitto.port)).await;
    let (speaker, mut spoken) = speaker(mosquitto.port).await;
    tokio::time::sleep(QUIET).await;
    for id in 1..=10 {
        assert!(speaker.publish(id, publication("home/x", &id.to_string())));
    }
    assert_eq!(published(&mut spoken, 10).await.len(), 10);
    let mut tickets = Vec::new();
    for id in 1..=10 {
        let heard = heard(&mut events).await;
        assert_eq!(text(&heard), id.to_string());
        tickets.push(heard.ticket);
    }
    let late = tickets.split_off(4);
    tickets.into_iter().for_each(|ticket| link.ack(ticket));
    tokio::time::sleep(QUIET).await;
    mosquitto.end("-TERM");
    assert!(matches!(next(&mut events).await, LinkEvent::Down { .. }));
    mosquitto.restart();
    assert_eq!(up(&mut events).await, (2, true));
    late.into_iter().for_each(|ticket| link.ack(ticket));
    for id in 5..=10 {
        let again = heard(&mut events).await;
        assert_eq!(text(&again), id.to_string());
        link.ack(again.ticket);
    }
    tokio::time::sleep(QUIET).await;
    assert!(events.try_recv().is_err());
    link.stop().await;
    speaker.stop().await;
}

#[tokio::test]
async fn after_a_crash_that_lost_the_session_all_goes_on() {
    let mut mosquitto = Mosquitto::start("");
    let (link, mut events) = linked(link_options(mosquitto.port)).await;
    mosquitto.end("-KILL");
    assert!(matches!(next(&mut events).await, LinkEvent::Down { .. }));
    assert!(!link.is_up());
    for id in 1..=100 {
        assert!(link.publish(id, publication("home/out", &id.to_string())));
    }
    mosquitto.restart();
    assert_eq!(up(&mut events).await, (2, false));
    // The link hears its own words, because it has subscribed again.
    let (mut done, mut echoes) = (Vec::new(), Vec::new());
    while done.len() < 100 || echoes.len() < 100 {
        match next(&mut events).await {
            LinkEvent::Published(ids) => done.extend(ids),
            LinkEvent::Delivered(heard) => {
                echoes.push(text(&heard).parse::<u64>().unwrap());
                link.ack(heard.ticket);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((&done, &echoes), (&(1..=100).collect::<Vec<_>>(), &done));
    link.stop().await;
}

#[tokio::test]
async fn the_last_will_is_said_whether_the_link_dies_or_stops() {
    let mosquitto = Mosquitto::start("");
    let mut watching = link_options(mosquitto.port);
    watching.client_id = "watcher".to_owned();
    let (watcher, mut seen) = linked(watching).await;
    tokio::time::sleep(QUIET).await;
    for abrupt in [true, false] {
        let mut options = link_options(mosquitto.port);
        options.subscriptions.clear();
        options.last_will = Some(publication("home/state", "offline"));
        options.birth = vec![publication("home/state", "online")];
        let (link, _events) = linked(options).await;
        let online = heard(&mut seen).await;
        assert_eq!(text(&online), "online");
        watcher.ack(online.ticket);
        if !abrupt {
            link.stop().await;
        }
        drop(link);
        let offline = heard(&mut seen).await;
        assert_eq!(text(&offline), "offline");
        watcher.ack(offline.ticket);
    }
    tokio::time::sleep(QUIET).await;
    assert!(seen.try_recv().is_err(), "said once each");
    watcher.stop().await;
}

#[tokio::test]
async fn tls_shows_and_checks_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = Certificates::make(dir.path());
    let (cert, key) = &certificates.server;
    let mosquitto = Mosquitto::start_in(
        dir,
        &format!(
            "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true",
            certificates.ca.display(),
            cert.display(),
            key.display()
        ),
    );
    let with = |ca: &Path, client: bool| {
        let mut options = link_options(mosquitto.port);
        options.tls = Some(TlsOptions {
            ca_file: Some(ca.to_path_buf()),
            cert_file: client.then(|| certificates.client.0.clone()),
            key_file: client.then(|| certificates.client.1.clone()),
        });
        options
    };
    for host in ["127.0.0.1", "localhost"] {
        let mut options = with(&certificates.ca, true);
        options.host = host.to_owned();
        let (link, mut events) = linked(options).await;
        assert!(link.publish(1, publication("home/out", "secret")));
        assert_eq!(published(&mut events, 1).await, [1]);
        link.stop().await;
    }
    let client = certificates.client.0.clone();
    for refused in [with(&certificates.ca, false), with(&client, true)] {
        let (link, mut events) = Link::start(refused).unwrap();
        assert!(matches!(next(&mut events).await, LinkEvent::Down { .. }));
        link.stop().await;
    }
    let missing = with(Path::new("/nonexistent.pem"), true);
    assert!(Link::start(missing).is_err());
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_stormed() {
    let dir = tempfile::tempdir().unwrap();
    let passwords = dir.path().join("passwords");
    let mut make = Command::new("mosquitto_passwd");
    let made = make.args(["-b", "-c"]).arg(&passwords).args(["hub", "right"]).status();
    assert!(made.is_ok_and(|status| status.success()), "mosquitto_passwd is needed");
    let file = format!("allow_anonymous false\npassword_file {}", passwords.display());
    let mosquitto = Mosquitto::start_in(dir, &file);
    let with = |password: &str| {
        let mut options = link_options(mosquitto.port);
        options.username = Some("hub".to_owned());
        options.password = Some(password.to_owned().into());
        options
    };
    let (link, mut events) = Link::start(with("wrong")).unwrap();
    let LinkEvent::Down { why } = next(&mut events).await else { panic!() };
    assert!(why.contains("refused"), "{why}");
    tokio::time::sleep(QUIET * 3).await;
    assert!(events.try_recv().is_err(), "told once");
    link.stop().await;
    let (link, _events) = linked(with("right")).await;
    link.stop().await;
}

#[tokio::test]
async fn two_clients_of_one_id_are_told_what_throws_them_out() {
    let mosquitto = Mosquitto::start("");
    let (first, mut events) = linked(link_options(mosquitto.port)).await;
    let (second, _others) = linked(link_options(mosquitto.port)).await;
    loop {
        if let LinkEvent::Down { why } = next(&mut events).await
            && why.contains("another client uses the client id homepay-hub")
        {
            break;
        }
    }
    second.stop().await;
    first.stop().await;
}
