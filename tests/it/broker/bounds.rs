//! What one user or address may take of the embedded broker, and what nobody may take of another.

use super::{REPLY, started};
use crate::outside_client::{Client, client_options, granted};
use crate::support::{QUIET, WAIT, publication, published};
use homepay_io::broker::EmbeddedBroker;
use rumqttc::{ConnectReturnCode, ConnectionError};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sessions of one user that are kept.
const SESSIONS: usize = 8;
/// Connections of one address that have not logged in.
const HALF_OPEN: usize = 32;
/// Bytes that wait for a client that is away.
const QUEUED_BYTES: usize = 1024 * 1024;

async fn connect(
    broker: &EmbeddedBroker,
    user: &str,
    client_id: &str,
) -> Result<(Client, bool), ConnectionError> {
    Client::try_connect(client_options(broker.address.port(), user, client_id)).await
}

async fn leave(client: Client) {
    let mut client = client;
    client.to.disconnect().await.unwrap();
    client.flush().await;
    drop(client);
    tokio::time::sleep(QUIET).await;
}

#[tokio::test]
async fn nobody_takes_over_or_wipes_anothers_session() {
    let (broker, _events) = started(None).await;
    let (mut speaker, _) = connect(&broker, "speaker", "hall").await.unwrap();
    assert!(granted(speaker.subscribe(REPLY).await));
    for clean in [false, true] {
        let mut options = client_options(broker.address.port(), "washer", "hall");
        options.set_clean_session(clean);
        match Client::try_connect(options).await {
            Err(ConnectionError::ConnectionRefused(code)) => {
                assert_eq!(code, ConnectReturnCode::BadClientId);
            }
            other => panic!("{:?}", other.map(|_| "let in")),
        }
    }
    assert!(broker.publish(1, publication(REPLY, "still here")));
    speaker.expect_publish(REPLY, "still here").await;
    // The same while its owner is away.
    leave(speaker).await;
    let mut options = client_options(broker.address.port(), "washer", "hall");
    options.set_clean_session(true);
    assert!(Client::try_connect(options).await.is_err());
    assert!(broker.publish(2, publication(REPLY, "kept")));
    let (mut speaker, present) = connect(&broker, "speaker", "hall").await.unwrap();
    assert!(present);
    speaker.expect_publish(REPLY, "kept").await;
    broker.stop().await;
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_sessions_and_the_oldest_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let (broker, events) = started(Some(dir.path())).await;
    let (speaker, _) = connect(&broker, "speaker", "speaker-0").await.unwrap();
    leave(speaker).await;
    for n in 0..3 * SESSIONS {
        let (mut washer, present) =
            connect(&broker, "washer", &format!("washer-{n}")).await.unwrap();
        assert!(!present);
        assert!(granted(washer.subscribe("homepay/device/washer/#").await));
        washer.to.disconnect().await.unwrap();
        washer.flush().await;
        drop(washer);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    broker.stop().await;
    drop((broker, events));
    let (broker, _events) = started(Some(dir.path())).await;
    for (n, kept) in [(3 * SESSIONS - 1, true), (2 * SESSIONS, true), (0, false)] {
        let (washer, present) = connect(&broker, "washer", &format!("washer-{n}")).await.unwrap();
        assert_eq!(present, kept, "washer-{n}");
        leave(washer).await;
    }
    let (_speaker, present) = connect(&broker, "speaker", "speaker-0").await.unwrap();
    assert!(present, "another user's sessions are not touched");
    // Of those that are connected none makes room.
    let mut connected = Vec::new();
    for n in 0..SESSIONS {
        connected.push(connect(&broker, "owner", &format!("owner-{n}")).await.unwrap());
    }
    assert!(connect(&broker, "owner", "owner-more").await.is_err());
    broker.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_client_that_is_away_is_bounded() {
    let (broker, mut events) = started(None).await;
    let (mut speaker, _) = connect(&broker, "speaker", "away").await.unwrap();
    assert!(granted(speaker.subscribe(REPLY).await));
    leave(speaker).await;
    let large = "x".repeat(60_000);
    for id in 0..60 {
        assert!(broker.publish(id, publication(REPLY, &large)));
    }
    published(&mut events, 60).await;
    assert!(broker.publish(60, publication(REPLY, "last")));
    let (mut speaker, present) = connect(&broker, "speaker", "away").await.unwrap();
    assert!(present);
    let mut bytes = 0;
    loop {
        match speaker.receive().await {
            Some(rumqttc::Packet::Publish(publish)) if &*publish.payload == b"last" => break,
            Some(rumqttc::Packet::Publish(publish)) => bytes += publish.payload.len(),
            Some(_) => {}
            None => panic!("the connection ended after {bytes} bytes"),
        }
    }
    assert!((1..=QUEUED_BYTES).contains(&bytes), "{bytes}");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_connect_many_times_keeps_nobody_out() {
    let (broker, _events) = started(None).await;
    // A CONNECT that announces more than it sends.
    let half = [0x10, 0x40, 0x00, 0x04, b'M', b'Q', b'T', b'T', 0x04];
    let mut silent = Vec::new();
    for _ in 0..8 * HALF_OPEN {
        let mut stream = TcpStream::connect(broker.address).unwrap();
        stream.write_all(&half).unwrap();
        silent.push(stream);
    }
    let (mut speaker, _) = connect(&broker, "speaker", "hall").await.unwrap();
    assert!(granted(speaker.subscribe(REPLY).await));
    let ended = silent.iter().filter(|stream| {
        let mut stream: &TcpStream = stream;
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        // Ended by the broker: nothing more will come, or a reset.
        match stream.read(&mut [0; 16]) {
            Ok(count) => count == 0,
            Err(error) => !matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ),
        }
    });
    let ended = ended.count();
    assert!(ended >= 8 * HALF_OPEN - HALF_OPEN - 1, "{ended} of {} were ended", silent.len());
    assert!(broker.publish(1, publication(REPLY, "answered")));
    let answered = speaker.expect_publish(REPLY, "answered");
    tokio::time::timeout(WAIT, answered).await.unwrap();
    broker.stop().await;
}
