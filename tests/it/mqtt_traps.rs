//! One test for every known way in which the MQTT library loses, repeats or mis-acks a message:
//! none of them may reach the engine. The numbers are those of the facts file.

use crate::scripted_broker::{Peer, ScriptedBroker, message};
use crate::support::{QUIET, heard, link_options, next, publication, published, text, up};
use homepay_io::mqtt::Link;
use homepay_ports::{LinkEvent, MESSAGE_BYTES_MAX};
use rumqttc::mqttbytes::v4::{Packet, SubAck, SubscribeReasonCode};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

async fn connected() -> (ScriptedBroker, Peer, Link, Receiver<LinkEvent>) {
    let broker = ScriptedBroker::start().await;
    let (link, mut events) = Link::start(link_options(broker.port())).unwrap();
    let peer = broker.welcome(false).await;
    assert_eq!(up(&mut events).await, (1, false));
    (broker, peer, link, events)
}

fn payload(publish: &rumqttc::Publish) -> String {
    String::from_utf8(publish.payload.to_vec()).unwrap()
}

fn hand_over(link: &Link, ids: std::ops::RangeInclusive<u64>) {
    let mut all = ids.map(|id| (id, publication("home/out", &id.to_string()))).collect();
    link.hand_over([], &mut all);
    assert!(all.is_empty(), "no room for {all:?}");
}

async fn take(peer: &mut Peer, count: usize, ack: bool) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let publish = peer.publish().await;
        seen.push(payload(&publish));
        if ack {
            peer.puback(publish.pkid).await;
        }
    }
    seen
}

fn numbers(ids: std::ops::RangeInclusive<u64>) -> Vec<String> {
    ids.map(|id| id.to_string()).collect()
}

#[tokio::test]
async fn t0_a_round_trip_does_not_wait_for_nagle() {
    let (_broker, mut peer, link, mut events) = connected().await;
    let mut times = Vec::new();
    for id in (1..=80).step_by(2) {
        let begun = Instant::now();
        // The second of two small writes is what Nagle's algorithm holds back, for as long as
        // the other side has nothing to say.
        hand_over(&link, id..=id + 1);
        let (first, second) = (peer.publish().await, peer.publish().await);
        peer.puback(first.pkid).await;
        peer.puback(second.pkid).await;
        published(&mut events, 2).await;
        times.push(begun.elapsed());
    }
    times.sort();
    assert!(times[times.len() / 2] < Duration::from_millis(20), "{times:?}");
    link.stop().await;
}

#[tokio::test]
async fn t1_all_is_sent_again_when_the_broker_lost_the_session() {
    let (broker, mut peer, link, mut events) = connected().await;
    hand_over(&link, 1..=3);
    assert_eq!(take(&mut peer, 3, false).await, numbers(1..=3));
    drop(peer);
    hand_over(&link, 4..=8);
    let mut peer = broker.welcome(false).await;
    assert_eq!(take(&mut peer, 8, true).await, numbers(1..=8));
    assert_eq!(published(&mut events, 8).await, (1..=8).collect::<Vec<_>>());
    assert!(peer.is_silent().await);
    link.stop().await;
}

#[tokio::test]
async fn t2_all_is_sent_again_when_the_session_was_kept() {
    let (broker, mut peer, link, mut events) = connected().await;
    hand_over(&link, 1..=100);
    // Far fewer than all are ever in flight, and those are lost with the connection.
    assert_eq!(take(&mut peer, 32, false).await, numbers(1..=32));
    assert!(peer.is_silent().await);
    drop(peer);
    let mut peer = broker.welcome(true).await;
    assert_eq!(take(&mut peer, 100, true).await, numbers(1..=100));
    assert_eq!(published(&mut events, 100).await, (1..=100).collect::<Vec<_>>());
    link.stop().await;
}

#[tokio::test]
async fn t3_an_oversize_message_is_set_aside_and_ends_no_connection() {
    let (broker, mut peer, link, mut events) = connected().await;
    peer.send(&message(1, &"x".repeat(MESSAGE_BYTES_MAX + 1))).await;
    peer.send(&message(2, &"x".repeat(2 * 1024 * 1024))).await;
    peer.send(&message(3, "small")).await;
    for size in [MESSAGE_BYTES_MAX + 1, 2 * 1024 * 1024] {
        match next(&mut events).await {
            LinkEvent::SetAside { bytes, topic } => assert_eq!((bytes, &*topic), (size, "home/x")),
            other => panic!("{other:?}"),
        }
    }
    for id in [1, 2] {
        assert!(matches!(peer.receive().await, Packet::PubAck(ack) if ack.pkid == id));
    }
    assert_eq!(text(&heard(&mut events).await), "small");
    assert!(broker.is_left_alone().await);
    link.stop().await;
}

#[tokio::test]
async fn t3_a_connection_that_breaks_at_once_is_not_stormed() {
    let broker = ScriptedBroker::start().await;
    let (link, mut events) = Link::start(link_options(broker.port())).unwrap();
    let begun = Instant::now();
    let mut connects = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        let accepted = tokio::time::timeout(QUIET, broker.accept()).await;
        if let Ok((mut peer, _)) = accepted {
            connects += 1;
            peer.connack(true).await;
            peer.send(&Packet::PubAck(rumqttc::PubAck::new(77))).await;
        }
    }
    assert!((2..=8).contains(&connects), "{connects}");
    assert!(matches!(next(&mut events).await, LinkEvent::Up { .. }));
    assert!(matches!(next(&mut events).await, LinkEvent::Down { .. }));
    link.stop().await;
}

#[tokio::test]
async fn t4_a_burst_does_not_block_and_loses_nothing() {
    let (_broker, mut peer, link, mut events) = connected().await;
    let begun = Instant::now();
    hand_over(&link, 1..=2000);
    assert!(begun.elapsed() < Duration::from_secs(1));
    let (seen, done) = tokio::join!(take(&mut peer, 2000, true), published(&mut events, 2000));
    assert_eq!(seen, numbers(1..=2000));
    assert_eq!(done, (1..=2000).collect::<Vec<_>>());
    link.stop().await;
}

#[tokio::test]
async fn t5_every_connection_subscribes_and_refusals_are_told() {
    let broker = ScriptedBroker::start().await;
    let mut options = link_options(broker.port());
    options.subscriptions = vec!["a/#".to_owned(), "b/+".to_owned(), "bad#".to_owned()];
    let (link, mut events) = Link::start(options).unwrap();
    for session_present in [false, true, false] {
        let (mut peer, connect) = broker.accept().await;
        assert!(!connect.clean_session);
        peer.connack(session_present).await;
        assert_eq!(peer.grant().await, ["a/#", "b/+"]);
    }
    let (mut peer, _) = broker.accept().await;
    peer.connack(true).await;
    let Packet::Subscribe(asked) = peer.receive().await else { panic!() };
    let codes =
        vec![SubscribeReasonCode::Success(rumqttc::QoS::AtLeastOnce), SubscribeReasonCode::Failure];
    peer.send(&Packet::SubAck(SubAck::new(asked.pkid, codes))).await;
    let mut refused = Vec::new();
    while refused.len() < 2 {
        if let LinkEvent::SubscriptionRefused { filter } = next(&mut events).await {
            refused.push(filter);
        }
    }
    assert_eq!(refused, ["bad#", "b/+"]);

    link.set_subscriptions(vec!["a/#".to_owned(), "c".to_owned()]);
    let mut unsubscribed = Vec::new();
    let mut subscribed = Vec::new();
    for _ in 0..2 {
        match peer.receive().await {
            Packet::Unsubscribe(gone) => unsubscribed.extend(gone.topics),
            Packet::Subscribe(asked) => {
                subscribed.extend(asked.filters.into_iter().map(|filter| filter.path));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((unsubscribed, subscribed), (vec!["b/+".to_owned()], vec!["c".to_owned()]));
    link.stop().await;
}

#[tokio::test]
async fn a_link_listens_once_its_subscriptions_are_answered() {
    let broker = ScriptedBroker::start().await;
    let (link, mut events) = Link::start(link_options(broker.port())).unwrap();
    let (mut peer, _) = broker.accept().await;
    peer.connack(false).await;
    up(&mut events).await;
    tokio::time::sleep(QUIET).await;
    assert!(link.is_up() && !link.listens(), "what is published now would be lost");
    peer.grant().await;
    let until = Instant::now() + Duration::from_secs(5);
    while !link.listens() {
        assert!(Instant::now() < until, "the subscription was granted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    link.stop().await;
}

#[tokio::test]
async fn t6_a_withheld_puback_makes_no_collision_and_heals_with_the_session_lost() {
    let (broker, mut peer, link, mut events) = connected().await;
    hand_over(&link, 1..=300);
    // The first is never acked, all others are: the library would come round to its id.
    let first = peer.publish().await;
    let mut sent = 1;
    while let Ok(publish) = tokio::time::timeout(QUIET, peer.publish()).await {
        assert_ne!(publish.pkid, first.pkid);
        peer.puback(publish.pkid).await;
        sent += 1;
    }
    assert!((60..=100).contains(&sent), "{sent}");
    // Acks of incoming messages still flow beside it.
    peer.send(&message(9, "in")).await;
    link.ack(heard(&mut events).await.ticket);
    assert!(matches!(peer.receive().await, Packet::PubAck(ack) if ack.pkid == 9));
    drop(peer);
    let mut peer = broker.welcome(false).await;
    let mut again = vec![payload(&first)];
    again.extend(numbers(sent + 1..=300));
    assert_eq!(take(&mut peer, again.len(), true).await, again);
    assert!(peer.is_silent().await);
    link.stop().await;
}

#[tokio::test]
async fn t7_nothing_is_acked_before_told() {
    let (_broker, mut peer, link, mut events) = connected().await;
    let burst: Vec<Packet> = (1..=9).map(|id| message(id, &id.to_string())).collect();
    peer.send_all(&burst).await;
    let mut tickets = Vec::new();
    for id in 1..=9 {
        let heard = heard(&mut events).await;
        assert_eq!(text(&heard), id.to_string());
        tickets.push(heard.ticket);
    }
    assert!(peer.is_silent().await);
    drop(tickets.pop());
    for (ticket, id) in tickets.into_iter().zip(1..) {
        link.ack(ticket);
        assert!(matches!(peer.receive().await, Packet::PubAck(ack) if ack.pkid == id));
    }
    assert!(peer.is_silent().await);
    link.stop().await;
}

#[tokio::test]
async fn t8_an_ack_from_before_a_reconnect_acks_nothing() {
    let (broker, mut peer, link, mut events) = connected().await;
    peer.send(&message(1, "old")).await;
    let old = heard(&mut events).await;
    drop(peer);
    // Given while there is no connection, and again after: both are of the first epoch.
    peer = broker.welcome(true).await;
    assert_eq!(up(&mut events).await.0, 2);
    peer.send(&message(1, "new")).await;
    let new = heard(&mut events).await;
    link.ack(old.ticket);
    assert!(peer.is_silent().await);
    link.ack(new.ticket);
    assert!(matches!(peer.receive().await, Packet::PubAck(ack) if ack.pkid == 1));
    link.stop().await;
}

#[tokio::test]
async fn t9_a_stopped_link_says_goodbye_and_does_not_come_back() {
    let broker = ScriptedBroker::start().await;
    let mut options = link_options(broker.port());
    options.last_will = Some(publication("home/state", "offline"));
    options.birth = vec![publication("home/state", "online")];
    let (link, mut events) = Link::start(options).unwrap();
    let (mut peer, connect) = broker.accept().await;
    assert_eq!(connect.last_will.unwrap().message, "offline");
    peer.connack(false).await;
    peer.grant().await;
    up(&mut events).await;
    assert_eq!(take(&mut peer, 1, true).await, ["online"]);
    link.stop().await;
    assert_eq!(take(&mut peer, 1, false).await, ["offline"]);
    assert!(matches!(peer.receive().await, Packet::Disconnect));
    assert!(peer.try_receive().await.is_none());
    assert!(broker.is_left_alone().await);
    assert!(!link.publish(1, publication("home/out", "late")));
}

#[tokio::test]
async fn t9_a_link_without_a_broker_stops_at_once() {
    let (link, _events) = Link::start(link_options(crate::ports::free_port())).unwrap();
    tokio::time::sleep(QUIET).await;
    let begun = Instant::now();
    link.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_full_queue_neither_drops_nor_acks_and_pings_go_on() {
    let broker = ScriptedBroker::start().await;
    let mut options = link_options(broker.port());
    options.queue_len_max = 2;
    options.keep_alive = Duration::from_secs(1);
    let (link, mut events) = Link::start(options).unwrap();
    let mut peer = broker.welcome(false).await;
    let burst: Vec<Packet> = (1..=500).map(|id| message(id, &id.to_string())).collect();
    peer.send_all(&burst).await;
    for _ in 0..2 {
        assert!(matches!(peer.receive().await, Packet::PingReq));
        peer.send(&Packet::PingResp).await;
    }
    for id in 1..=500u16 {
        let heard = heard(&mut events).await;
        assert_eq!(text(&heard), id.to_string());
        link.ack(heard.ticket);
    }
    for id in 1..=500u16 {
        match peer.receive().await {
            Packet::PubAck(ack) => assert_eq!(ack.pkid, id),
            Packet::PingReq => panic!("pings should not be due"),
            other => panic!("{other:?}"),
        }
    }
    link.stop().await;
}

#[tokio::test]
async fn a_flood_beyond_all_bounds_waits_in_tcp_and_arrives_whole() {
    let (_broker, mut peer, link, mut events) = connected().await;
    let body = "x".repeat(1000);
    let flood = tokio::spawn(async move {
        for id in 1..=20_000u16 {
            peer.send(&message(id, &format!("{id} {body}"))).await;
        }
        peer
    });
    tokio::time::sleep(QUIET * 2).await;
    assert!(!flood.is_finished(), "20 MB cannot lie in the link's queues");
    for id in 1..=20_000u16 {
        assert!(text(&heard(&mut events).await).starts_with(&format!("{id} ")));
    }
    drop(flood.await.unwrap());
    link.stop().await;
}

#[tokio::test]
async fn a_publication_that_cannot_be_sent_is_answered_and_harms_nothing() {
    let (_broker, mut peer, link, mut events) = connected().await;
    assert!(link.publish(1, publication("home/#", "wild")));
    assert!(link.publish(2, publication("home/out", &"x".repeat(300 * 1024))));
    hand_over(&link, 3..=3);
    hand_over(&link, 3..=3);
    assert_eq!(take(&mut peer, 1, true).await, ["3"]);
    let mut refused = Vec::new();
    while refused.len() < 2 {
        match next(&mut events).await {
            LinkEvent::Unpublishable { id, .. } => refused.push(id),
            LinkEvent::Published(ids) if ids == [3] => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, [1, 2]);
    assert!(peer.is_silent().await);
    link.stop().await;
}

#[tokio::test]
async fn what_there_is_no_room_for_stays_in_its_order_and_goes_later() {
    const ROOM: usize = 4_096;
    let (_broker, mut peer, link, mut events) = connected().await;
    let mut all: VecDeque<_> =
        (0..5_000).map(|id| (id, publication("home/out", &id.to_string()))).collect();
    link.hand_over([], &mut all);
    assert_eq!((all.len(), all[0].0), (5_000 - ROOM, ROOM as u64));
    assert!(!link.publish(5_000, publication("home/out", "later")));
    for count in [ROOM, 5_000 - ROOM] {
        let first = 5_000 - all.len() - count;
        assert_eq!(take(&mut peer, count, true).await[0], first.to_string());
        assert_eq!(published(&mut events, count).await[0], first as u64);
        link.hand_over([], &mut all);
    }
    assert!(all.is_empty());
    link.stop().await;
}

/// Not a trap but a price: what the link can carry. The bound is far below what was measured.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_carries_many_messages_a_second() {
    const COUNT: u32 = 20_000;
    let (_broker, mut peer, link, mut events) = connected().await;
    let begun = Instant::now();
    let flood = tokio::spawn(async move {
        for chunk in 0..COUNT / 20 {
            let burst: Vec<Packet> = (1..=20)
                .map(|n| message(u16::try_from(chunk % 3000 * 20 + n).unwrap(), "{\"v\":1}"))
                .collect();
            peer.send_all(&burst).await;
            for _ in 0..20 {
                assert!(matches!(peer.receive().await, Packet::PubAck(_)));
            }
        }
    });
    for _ in 0..COUNT {
        link.ack(heard(&mut events).await.ticket);
    }
    flood.await.unwrap();
    let rate = f64::from(COUNT) / begun.elapsed().as_secs_f64();
    println!("{rate:.0} messages a second, heard and acked, window 20");
    assert!(rate > 2000.0, "{rate}");
    link.stop().await;
}
