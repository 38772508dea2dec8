//! The embedded broker, met by outside clients of both protocol versions.

mod bounds;

use crate::outside_client::{Client, client_options, granted};
use crate::ports::free_port;
use crate::support::{Certificates, QUIET, WAIT, heard, next, publication, published, text, up};
use homepay_domain::ids::Name;
use homepay_io::broker::{BrokerOptions, BrokerTls, EmbeddedBroker, User, Users, Verifier};
use homepay_io::bus::Bus;
use homepay_ports::Broker as _;
use homepay_ports::{LinkEvent, MESSAGE_BYTES_MAX, Publication};
use rumqttc::{
    ConnectReturnCode, ConnectionError, Event, LastWill, MqttOptions, Packet, QoS,
    TlsConfiguration, Transport, v5,
};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

const ORDER: &str = "homepay/device/speaker/order";
const REPLY: &str = "homepay/device/speaker/reply";

fn users() -> Users {
    let mut users = Users::default();
    for device in ["speaker", "washer"] {
        let verifier = Verifier::new(device.as_bytes(), [1; 16]);
        let user = User::device("homepay", &Name::parse(device).unwrap(), verifier);
        users.insert(device, user.may_publish(format!("plug/{device}/#")));
    }
    users.insert("owner", User::owner("homepay", Verifier::new(b"owner", [2; 16])));
    users
}

fn options(state_dir: Option<&Path>) -> BrokerOptions {
    BrokerOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        state_dir: state_dir.map(Path::to_path_buf),
        subscriptions: vec!["homepay/device/+/order".to_owned(), "plug/#".to_owned()],
        momentary: vec![ORDER.to_owned()],
        queue_len_max: 64,
    }
}

async fn started(state_dir: Option<&Path>) -> (EmbeddedBroker, Receiver<LinkEvent>) {
    let (broker, mut events) = EmbeddedBroker::start(options(state_dir), users()).await.unwrap();
    up(&mut events).await;
    (broker, events)
}

#[tokio::test]
async fn a_puback_means_that_the_engine_has_acked() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    speaker.send(ORDER, "water", false).await;
    let heard = heard(&mut events).await;
    assert_eq!((text(&heard).as_str(), heard.message.retained), ("water", false));
    assert!(speaker.is_silent().await, "acked before told");
    broker.ack(heard.ticket);
    assert!(matches!(speaker.receive().await, Some(Packet::PubAck(_))));
    broker.stop().await;
}

#[tokio::test]
async fn a_dropped_ticket_gives_no_puback_and_the_message_comes_again() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    speaker.send(ORDER, "water", false).await;
    drop(heard(&mut events).await);
    assert_eq!(speaker.receive().await, None, "the connection is cut");
    // The outside client's own library sends it again on the kept session.
    assert!(matches!(speaker.receive().await, Some(Packet::ConnAck(a)) if a.session_present));
    let (again, _) = tokio::join!(heard(&mut events), speaker.flush());
    assert_eq!(text(&again), "water");
    broker.ack(again.ticket);
    assert!(matches!(speaker.receive().await, Some(Packet::PubAck(_))));
    broker.stop().await;
}

#[tokio::test]
async fn the_hub_gone_means_no_puback() {
    let (broker, events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    drop(events);
    speaker.send(ORDER, "water", false).await;
    assert_eq!(speaker.receive().await, None);
    broker.stop().await;
}

#[tokio::test]
async fn nobody_gets_in_without_their_password() {
    let (broker, _events) = started(None).await;
    let port = broker.address.port();
    let anonymous = MqttOptions::new("x", "127.0.0.1", port);
    let mut wrong = client_options(port, "speaker", "y");
    wrong.set_credentials("speaker", "washer");
    let unknown = client_options(port, "stranger", "z");
    for options in [anonymous, wrong, unknown] {
        match Client::try_connect(options).await {
            Err(ConnectionError::ConnectionRefused(code)) => {
                assert_eq!(code, ConnectReturnCode::BadUserNamePassword);
            }
            other => panic!("{:?}", other.map(|_| "let in")),
        }
    }
    broker.stop().await;
}

#[tokio::test]
async fn each_user_speaks_and_hears_only_what_is_theirs() {
    let (broker, mut events) = started(None).await;
    let mut washer = Client::connect(&broker, "washer").await;
    let mut owner = Client::connect(&broker, "owner").await;
    for (filter, yes) in [
        ("homepay/device/washer/#", true),
        ("homepay/device/speaker/#", false),
        ("homepay/device/+/reply", false),
        ("#", false),
        ("$share/g/homepay/device/washer/reply", false),
        ("$refused", false),
    ] {
        assert_eq!(granted(washer.subscribe(filter).await), yes, "{filter}");
    }
    assert!(granted(owner.subscribe("homepay/#").await));
    assert!(!granted(owner.subscribe("#").await));
    // 3.1.1 cannot refuse a publish: it is acked and goes nowhere.
    washer.send(ORDER, "stolen", false).await;
    assert!(matches!(washer.receive().await, Some(Packet::PubAck(_))));
    washer.send("homepay/home/state", "forged", true).await;
    assert!(matches!(washer.receive().await, Some(Packet::PubAck(_))));
    assert!(owner.is_silent().await);
    assert!(events.try_recv().is_err());
    // What the hub hears, the owner hears too, after the commit.
    washer.send("homepay/device/washer/order", "soap", false).await;
    let order = heard(&mut events).await;
    assert!(owner.is_silent().await);
    broker.ack(order.ticket);
    owner.expect_publish("homepay/device/washer/order", "soap").await;
    broker.stop().await;
}

#[tokio::test]
async fn the_hub_publishes_and_retains() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    assert!(granted(speaker.subscribe("homepay/device/speaker/#").await));
    let bus = Bus::from(broker);
    assert!(bus.publish(7, publication(REPLY, "confirm 47")));
    let state = Publication { retain: true, ..publication("homepay/device/speaker/state", "s1") };
    assert!(bus.publish(8, state));
    assert!(bus.publish(9, publication("bad/#", "")));
    assert!(!speaker.expect_publish(REPLY, "confirm 47").await);
    speaker.expect_publish("homepay/device/speaker/state", "s1").await;
    assert_eq!(published(&mut events, 2).await, [7, 8]);
    assert!(matches!(next(&mut events).await, LinkEvent::Unpublishable { id: 9, .. }));
    let Bus::Embedded(broker) = &bus else { panic!() };
    let mut owner = Client::connect(broker, "owner").await;
    assert!(granted(owner.subscribe("homepay/device/+/state").await));
    assert!(owner.expect_publish("homepay/device/speaker/state", "s1").await, "retained");
    bus.stop().await;
}

#[tokio::test]
async fn sessions_and_retained_messages_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (broker, mut events) = started(Some(dir.path())).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    assert!(granted(speaker.subscribe("homepay/device/speaker/#").await));
    speaker.send("plug/speaker/on", "1", true).await;
    broker.ack(heard(&mut events).await.ticket);
    assert!(matches!(speaker.receive().await, Some(Packet::PubAck(_))));
    speaker.to.disconnect().await.unwrap();
    speaker.flush().await;
    drop(speaker);
    tokio::time::sleep(QUIET).await;
    for id in 0..50 {
        assert!(broker.publish(id, publication(REPLY, &id.to_string())));
    }
    published(&mut events, 50).await;
    broker.stop().await;
    assert!(!broker.is_up());
    drop((broker, events));

    let (broker, mut events) =
        EmbeddedBroker::start(options(Some(dir.path())), users()).await.unwrap();
    assert!(matches!(next(&mut events).await, LinkEvent::Up { .. }));
    let kept = heard(&mut events).await;
    assert_eq!((text(&kept).as_str(), kept.message.retained), ("1", true));
    let options = client_options(broker.address.port(), "speaker", "id-speaker");
    let (mut speaker, session_present) = Client::try_connect(options).await.unwrap();
    assert!(session_present);
    for id in 0..50 {
        speaker.expect_publish(REPLY, &id.to_string()).await;
    }
    broker.stop().await;
}

#[tokio::test]
async fn a_restarted_hub_gets_the_order_that_was_not_acked() {
    let dir = tempfile::tempdir().unwrap();
    let mut at_port = options(Some(dir.path()));
    at_port.listen.set_port(free_port());
    let (broker, mut events) = EmbeddedBroker::start(at_port.clone(), users()).await.unwrap();
    up(&mut events).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    speaker.send(ORDER, "water", false).await;
    let unacked = heard(&mut events).await;
    broker.stop().await;
    drop((broker, events, unacked));
    let (broker, mut events) = EmbeddedBroker::start(at_port, users()).await.unwrap();
    let polled = tokio::spawn(async move {
        loop {
            match speaker.from.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => return,
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    let order = heard(&mut events).await;
    assert_eq!(text(&order), "water");
    broker.ack(order.ticket);
    timeout(WAIT, polled).await.unwrap().unwrap();
    broker.stop().await;
}

#[tokio::test]
async fn a_message_of_its_moment_that_shall_be_kept_is_told_as_kept() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    for (topic, retain, want) in [
        (ORDER, true, true),
        (ORDER, false, false),
        ("plug/speaker/energy", true, false),
        ("plug/speaker/energy", false, false),
    ] {
        speaker.send(topic, "water", retain).await;
        let heard = heard(&mut events).await;
        assert_eq!(heard.message.retained, want, "{topic} {retain}");
        broker.ack(heard.ticket);
    }
    broker.stop().await;
}

#[tokio::test]
async fn where_another_broker_listens_the_owner_is_told_what_to_do() {
    let (broker, _events) = started(None).await;
    let mut second = options(None);
    second.listen = broker.address;
    let fault = EmbeddedBroker::start(second, users()).await.err().expect("the address is taken");
    let said = fault.to_string();
    for part in [broker.address.to_string().as_str(), "mqtt.url", "mqtt.listen"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    broker.stop().await;
}

#[tokio::test]
async fn an_oversize_message_is_set_aside_and_harms_nobody() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    let mut washer = Client::connect(&broker, "washer").await;
    speaker.send(ORDER, &"x".repeat(MESSAGE_BYTES_MAX + 1), false).await;
    match next(&mut events).await {
        LinkEvent::SetAside { topic, bytes } => {
            assert_eq!((&*topic, bytes), (ORDER, MESSAGE_BYTES_MAX + 1));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(speaker.receive().await, Some(Packet::PubAck(_))));
    // Above the packet limit the connection ends, and only that one.
    speaker.to.publish(ORDER, QoS::AtLeastOnce, false, vec![0; 300 * 1024]).await.unwrap();
    assert_eq!(speaker.receive().await, None);
    washer.send("plug/washer/on", "1", false).await;
    broker.ack(heard(&mut events).await.ticket);
    assert!(matches!(washer.receive().await, Some(Packet::PubAck(_))));
    broker.stop().await;
}

#[tokio::test]
async fn a_client_id_cannot_be_stolen_by_another_user() {
    let (broker, _events) = started(None).await;
    let port = broker.address.port();
    let mut speaker = Client::connect(&broker, "speaker").await;
    let theft = Client::try_connect(client_options(port, "washer", "id-speaker")).await;
    assert!(theft.is_err());
    assert!(granted(speaker.subscribe("homepay/device/speaker/reply").await), "still connected");
    broker.stop().await;
}

#[tokio::test]
async fn users_change_while_it_runs() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    let mut washer = Client::connect(&broker, "washer").await;
    let mut fewer = Users::default();
    let verifier = Verifier::new(b"washer", [1; 16]);
    let user = User::device("homepay", &Name::parse("washer").unwrap(), verifier);
    fewer.insert("washer", user.may_publish("plug/washer/#".to_owned()));
    broker.set_users(fewer);
    assert_eq!(speaker.receive().await, None, "who is gone is cut");
    assert!(speaker.from.poll().await.is_err());
    washer.send("plug/washer/on", "1", false).await;
    broker.ack(heard(&mut events).await.ticket);
    assert!(matches!(washer.receive().await, Some(Packet::PubAck(_))), "who stays, stays");
    broker.stop().await;
}

#[tokio::test]
async fn a_lost_client_leaves_its_will_to_the_hub() {
    let (broker, mut events) = started(None).await;
    let mut options = client_options(broker.address.port(), "speaker", "id-speaker");
    options.set_last_will(LastWill::new("plug/speaker/LWT", "Offline", QoS::AtLeastOnce, true));
    let (speaker, _) = Client::try_connect(options).await.unwrap();
    drop(speaker);
    let will = heard(&mut events).await;
    assert_eq!(
        (will.message.topic.as_str(), text(&will).as_str()),
        ("plug/speaker/LWT", "Offline")
    );
    broker.stop().await;
}

#[tokio::test]
async fn new_subscriptions_hear_what_is_kept_first() {
    let (broker, mut events) = started(None).await;
    let kept = Publication { retain: true, ..publication("meter/total", "100") };
    assert!(broker.publish(1, kept));
    published(&mut events, 1).await;
    broker.set_subscriptions(vec!["meter/#".to_owned(), "plug/#".to_owned(), "b#".to_owned()]);
    assert!(matches!(next(&mut events).await, LinkEvent::SubscriptionRefused { .. }));
    let first = heard(&mut events).await;
    assert_eq!((text(&first).as_str(), first.message.retained), ("100", true));
    broker.stop().await;
}

#[tokio::test]
async fn mqtt_5_clients_are_served_and_told_the_reason() {
    let (broker, mut events) = started(None).await;
    let mut options = v5::MqttOptions::new("five", "127.0.0.1", broker.address.port());
    options.set_credentials("speaker", "speaker").set_outgoing_inflight_upper_limit(32);
    let (client, mut eventloop) = v5::AsyncClient::new(options, 16);
    let qos = v5::mqttbytes::QoS::AtLeastOnce;
    client.subscribe(REPLY, qos).await.unwrap();
    client.publish(ORDER, qos, false, "water").await.unwrap();
    client.publish("homepay/request/freeze", qos, false, "{}").await.unwrap();
    let mut reasons = Vec::new();
    let mut replied = false;
    let begun = Instant::now();
    while (reasons.len() < 2 || !replied) && begun.elapsed() < WAIT {
        tokio::select! {
            event = eventloop.poll() => match event.unwrap() {
                v5::Event::Incoming(v5::mqttbytes::v5::Packet::PubAck(ack)) => {
                    reasons.push(ack.reason);
                }
                v5::Event::Incoming(v5::mqttbytes::v5::Packet::Publish(publish)) => {
                    replied = publish.payload == "ok";
                }
                _ => {}
            },
            Some(event) = events.recv() => if let LinkEvent::Delivered(heard) = event {
                assert!(reasons.is_empty());
                assert!(broker.publish(1, publication(REPLY, "ok")));
                broker.ack(heard.ticket);
            },
        }
    }
    use v5::mqttbytes::v5::PubAckReason::{NotAuthorized, Success};
    assert_eq!((reasons, replied), (vec![Success, NotAuthorized], true));
    broker.stop().await;
}

#[tokio::test]
async fn qos_2_waits_for_the_engine_too() {
    let (broker, mut events) = started(None).await;
    let mut speaker = Client::connect(&broker, "speaker").await;
    speaker.to.publish(ORDER, QoS::ExactlyOnce, false, "water").await.unwrap();
    speaker.flush().await;
    let order = heard(&mut events).await;
    assert!(speaker.is_silent().await);
    broker.ack(order.ticket);
    assert!(matches!(speaker.receive().await, Some(Packet::PubRec(_))));
    assert!(matches!(speaker.receive().await, Some(Packet::PubComp(_))));
    assert!(events.try_recv().is_err(), "heard once");
    broker.stop().await;
}

#[tokio::test]
async fn a_user_with_fewer_rights_loses_old_subscriptions() {
    let (broker, _events) = started(None).await;
    let mut owner = Client::connect(&broker, "owner").await;
    assert!(granted(owner.subscribe("homepay/#").await));
    let mut fewer = users();
    let verifier = Verifier::new(b"owner", [2; 16]);
    fewer.insert("owner", User::new(verifier).may_subscribe("homepay/alert".to_owned()));
    broker.set_users(fewer);
    assert_eq!(owner.receive().await, None);
    assert!(matches!(owner.receive().await, Some(Packet::ConnAck(_))));
    assert!(broker.publish(1, publication("homepay/home/state", "private")));
    assert!(owner.is_silent().await);
    broker.stop().await;
}

#[tokio::test]
async fn garbage_and_silence_on_the_plain_port_harm_nobody() {
    let (broker, mut events) = started(None).await;
    let mut open = Vec::new();
    for byte in 0..=199u8 {
        let mut socket = TcpStream::connect(broker.address).await.unwrap();
        // Every other one claims a CONNECT of 250 MB; the last hundred say nothing.
        let garbage = if byte % 2 == 0 { [byte; 6] } else { [0x10, 0xff, 0xff, 0xff, 0x7f, 0] };
        if byte < 100 {
            tokio::io::AsyncWriteExt::write_all(&mut socket, &garbage).await.unwrap();
        }
        open.push(socket);
    }
    let mut speaker = Client::connect(&broker, "speaker").await;
    speaker.send(ORDER, "water", false).await;
    broker.ack(heard(&mut events).await.ticket);
    assert!(matches!(speaker.receive().await, Some(Packet::PubAck(_))));
    let begun = Instant::now();
    broker.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// The price of holding PUBACKs: each client has one message at the engine at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker_carries_many_messages_a_second() {
    const EACH: u32 = 1000;
    let (broker, mut events) = started(None).await;
    let port = broker.address.port();
    let begun = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..8 {
        clients.spawn(async move {
            let options = client_options(port, "speaker", &format!("id-{number}"));
            let (mut client, _) = Client::try_connect(options).await.unwrap();
            for _ in 0..EACH {
                client.send(ORDER, "water", false).await;
                assert!(matches!(client.receive().await, Some(Packet::PubAck(_))));
            }
        });
    }
    for _ in 0..8 * EACH {
        broker.ack(heard(&mut events).await.ticket);
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    let rate = f64::from(8 * EACH) / begun.elapsed().as_secs_f64();
    println!("{rate:.0} messages a second, held and acked, 8 clients with one each");
    assert!(rate > 500.0, "{rate}");
    broker.stop().await;
}

#[tokio::test]
async fn silent_sockets_keep_no_tls_client_out() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = Certificates::make(dir.path());
    let mut options = options(None);
    let (cert_file, key_file) = certificates.server.clone();
    let listen = "127.0.0.1:0".parse().unwrap();
    options.tls = Some(BrokerTls { listen, cert_file, key_file });
    let (broker, mut events) = EmbeddedBroker::start(options, users()).await.unwrap();
    up(&mut events).await;
    let address = broker.tls_address.unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let begun = Instant::now();
    let mut secure = client_options(address.port(), "speaker", "id-speaker");
    secure.set_transport(Transport::tls_with_config(trusting(&certificates.ca)));
    let (mut speaker, _) = Client::try_connect(secure).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    speaker.send(ORDER, "water", false).await;
    broker.ack(heard(&mut events).await.ticket);
    assert!(matches!(speaker.receive().await, Some(Packet::PubAck(_))));
    let begun = Instant::now();
    broker.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

fn trusting(ca: &Path) -> TlsConfiguration {
    use rustls_pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls_pki_types::CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConfiguration::from(config)
}
