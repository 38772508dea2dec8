//! SIGKILL at random moments: what was answered exists, nothing is paid twice, limits hold.

use super::house::{House, KEY, now_s};
use crate::mosquitto::Mosquitto;
use homepay_domain::order::State;
use homepay_protocols::native::envelope::Envelope;
use homepay_store::sqlite::reader::Reader;
use rumqttc::{AsyncClient, Event, MqttOptions, NetworkOptions, Outgoing, Packet, QoS};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// How often the daemon is killed.
const KILLS: u64 = 50;
/// What the home may spend, in yuan: fewer than are asked for, so that the limit is reached.
const CAP_YUAN: i64 = 300;

const LIMITS: &str = "[[limits]]\nid = \"home-month\"\nscope = { home = true }\n\
    period = \"month\"\namount = \"300.00\"\n";

/// How many orders are answered at least before a kill, however slow the machine is.
const ANSWERS_MIN: usize = 4;

/// How many orders are told to be paid, of all so far, before the kill of each round: without it a
/// slow machine would kill a daemon that has only just begun to pay, and show little.
const PAID_MIN: u64 = 2;

/// The longest that nothing may move: twice as long as what is undone waits for, with its retries.
const STALL: Duration = Duration::from_secs(240);

/// Until every order has come to its end; as long as some do, it goes on.
fn settle_down(house: &House) {
    let mut until = Instant::now() + STALL;
    let mut least = usize::MAX;
    loop {
        let open: usize = ["approved", "capturing", "refunding"]
            .into_iter()
            .map(|state| {
                let (code, list) = house.command(&["order", "list", "--state", state]);
                assert_eq!(code, 0, "{list}");
                list["orders"].as_array().unwrap().len()
            })
            .sum();
        if open == 0 {
            return;
        }
        if open < least {
            (least, until) = (open, Instant::now() + STALL);
        }
        assert!(Instant::now() < until, "{open} orders are still open: {}", house.log());
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn yuan(text: &Value) -> i64 {
    let text = text.as_str().unwrap_or_default();
    text.trim_end_matches(".00").parse().unwrap_or_else(|_| panic!("{text} is whole yuan"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_on_mosquitto_with_a_wallet_that_misbehaves() {
    let mosquitto = Mosquitto::start("");
    let house = House::new(Some(mosquitto.port), true, LIMITS);
    // Some orders are given up and undone while the kills go on; where the machine is slow, not all.
    house.gives_up_after("30s");
    let _wallet = house.start_wallet();
    for kind in ["answer_lost", "request_lost", "error_500", "bad_signature", "duplicate_callback"]
    {
        house.fault(&json!({"kind": kind, "rate": "0.08"}));
    }
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    let mut kids = house.speaker("kids", now_s()).await;
    let mut answered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut asked = 0_u64;
    for round in 0..KILLS {
        let mut daemon = house.start();
        let began = Instant::now();
        let span = Duration::from_millis(40 + round * 37 % 260);
        let before = answered.len();
        while began.elapsed() < span
            || answered.len() < before + ANSWERS_MIN
            || paid(&answered) < PAID_MIN * (round + 1)
        {
            assert!(began.elapsed() < STALL, "nothing is answered: {}", house.log());
            asked += 1;
            let id = format!("kill-{asked:06}");
            let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
            let speaker = if asked.is_multiple_of(2) { &mut kitchen } else { &mut kids };
            let signed = speaker.sign("order", &body, now_s(), None);
            speaker.send(&signed).await.unwrap();
            tokio::time::sleep(Duration::from_millis(4)).await;
            note(&mut answered, speaker.line.drain());
        }
        daemon.kill();
    }
    house.fault(&json!({}));
    let _daemon = house.start();
    settle_down(&house);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for speaker in [&mut kitchen, &mut kids] {
        note(&mut answered, speaker.line.drain());
    }
    // There are thousands: a process of the command line for each would take minutes.
    let reader = Reader::open(&house.state().join("homepay.db")).await.unwrap();
    for (id, statuses) in &answered {
        let order = reader.order(id).await.unwrap();
        let order = order.unwrap_or_else(|| panic!("{id}, {statuses:?}, is not in the books"));
        let paid = order.state == State::Settled;
        assert!(!statuses.contains("settled") || paid, "{id}: {statuses:?} but {order:?}");
    }
    let (code, agrees) = house.command(&["wallet", "reconcile"]);
    assert_eq!(code, 0, "the wallet and the journal disagree: {agrees}");
    let (code, verified) = house.command(&["journal", "verify"]);
    assert_eq!(code, 0, "{verified}");
    check_ledger(&house.ledger());
    let (_, limits) = house.command(&["limit", "list"]);
    let spent = yuan(&limits["limits"][0]["spent"]);
    assert!(spent <= CAP_YUAN, "{spent} yuan were spent of {CAP_YUAN}");
}

/// How many orders were told that they are paid.
fn paid(answered: &BTreeMap<String, BTreeSet<String>>) -> u64 {
    answered.values().map(|told| u64::from(told.contains("settled"))).sum()
}

/// Notes which orders were told what.
fn note(answered: &mut BTreeMap<String, BTreeSet<String>>, replies: Vec<Value>) {
    for reply in replies {
        let text = |field: &str| reply[field].as_str().unwrap_or_default().to_owned();
        answered.entry(text("order_id")).or_default().insert(text("status"));
    }
}

/// From the wallet's own books: each order was captured at most once, all of them within the cap.
fn check_ledger(ledger: &Value) {
    let mut captured: BTreeMap<String, i64> = BTreeMap::new();
    let payments = ledger["payments"].as_array().expect("payments");
    for payment in payments {
        let id = payment["id"].as_str().expect("an id").to_owned();
        assert!(captured.insert(id.clone(), yuan(&payment["captured"])).is_none(), "{id} twice");
    }
    let returned: i64 = payments.iter().map(|p| yuan(&p["refunded"])).sum();
    let total: i64 = captured.values().sum();
    assert!(captured.values().all(|c| *c <= 1), "an order was paid more than once");
    assert!(total - returned <= CAP_YUAN, "{total} yuan moved, {returned} came back");
    assert!(
        total >= (KILLS * PAID_MIN).cast_signed(),
        "only {total} yuan moved: the test tested little"
    );
}

/// How many orders are acked at least before a kill, however slow the machine is.
const ACKS_MIN: usize = 6;

/// How many orders are on their way at once in the full flow.
const IN_FLIGHT: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_embedded_broker_every_acked_order_is_in_the_book() {
    let house = House::new(None, false, LIMITS);
    let mut sent = 0_u64;
    let mut acked = BTreeSet::new();
    for round in 0..8_u64 {
        let mut daemon = house.start();
        let mut flow = Flow::open(&house).await;
        let began = Instant::now();
        let span = Duration::from_millis(150 + round * 61 % 200);
        let before = acked.len();
        while began.elapsed() < span || acked.len() < before + ACKS_MIN {
            assert!(began.elapsed() < STALL, "nothing is acked: {}", house.log());
            flow.step(&mut sent, &mut acked, now_s() + i64::try_from(round).unwrap()).await;
        }
        daemon.kill();
    }
    let books = house.state().join("homepay.db");
    let reader = Reader::open(&books).await.unwrap();
    for id in &acked {
        assert!(reader.order(id).await.unwrap().is_some(), "{id} was acked and is not in the book");
    }
    let (code, verified) = house.command(&["journal", "verify"]);
    assert_eq!(code, 0, "{verified}");
}

/// A client that notes which orders the broker acknowledged.
struct Flow {
    client: AsyncClient,
    events: rumqttc::EventLoop,
    queued: VecDeque<String>,
    on_the_way: BTreeMap<u16, String>,
}

impl Flow {
    async fn open(house: &House) -> Flow {
        let users = std::fs::read_to_string(house.state().join("broker-users.txt")).unwrap();
        let password = users.lines().find_map(|l| l.strip_prefix("kitchen ")).unwrap();
        let id = format!("kitchen-{:x}", rand::random::<u32>());
        let mut options = MqttOptions::new(id, "127.0.0.1", house.broker);
        options.set_credentials("kitchen", password);
        let (client, mut events) = AsyncClient::new(options, 2 * IN_FLIGHT);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        Flow { client, events, queued: VecDeque::new(), on_the_way: BTreeMap::new() }
    }

    async fn step(&mut self, sent: &mut u64, acked: &mut BTreeSet<String>, epoch: i64) {
        while self.queued.len() + self.on_the_way.len() < IN_FLIGHT {
            *sent += 1;
            let id = format!("flow-{sent:08}");
            let topic = "homepay/device/kitchen/order";
            let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
            let numbers = (epoch.unsigned_abs(), *sent, now_s());
            let names = ("kitchen", "k1");
            let signed = Envelope::signed(topic, names, numbers, &body.to_string(), KEY);
            let payload = serde_json::to_vec(&signed).unwrap();
            self.client.try_publish(topic, QoS::AtLeastOnce, false, payload).unwrap();
            self.queued.push_back(id);
        }
        let event = tokio::time::timeout(Duration::from_millis(50), self.events.poll()).await;
        match event {
            Ok(Ok(Event::Outgoing(Outgoing::Publish(packet)))) => {
                if let Some(id) = self.queued.pop_front() {
                    self.on_the_way.insert(packet, id);
                }
            }
            Ok(Ok(Event::Incoming(Packet::PubAck(ack)))) => {
                acked.extend(self.on_the_way.remove(&ack.pkid));
            }
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// How long after the wallet is well again everything may take to end. A worker that sleeps on would
/// need a minute; most of this is what a slow machine needs for three hundred payments.
const RECOVERY_WAIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_wallet_ends_soon_after_it_is_well() {
    let limits = LIMITS.replace("300.00", "3000.00");
    let house = House::new(None, true, &limits);
    house.gives_up_after("600s");
    let _wallet = house.start_wallet();
    house.fault(&json!({"kind": "answer_lost", "rate": "0.34"}));
    let mut sent = 0;
    for round in 0..8_i64 {
        let mut daemon = house.start();
        if round == 7 {
            // What is ordered last is in doubt until the wallet is well.
            house.fault(&json!({"kind": "down", "rate": "1"}));
        }
        let mut kitchen = house.speaker("kitchen", now_s() + round).await;
        let mut unanswered = BTreeSet::new();
        for _ in 0..40 {
            sent += 1;
            let id = format!("lossy-{sent:05}");
            unanswered.insert(id.clone());
            let body = json!({"order_id": id,
                "items": [{"sku": "water", "quantity": "1"}]});
            let signed = kitchen.sign("order", &body, now_s(), None);
            kitchen.send(&signed).await.unwrap();
        }
        let began = Instant::now();
        while !unanswered.is_empty() {
            assert!(began.elapsed() < STALL, "nothing is answered: {}", house.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
            for reply in kitchen.line.drain() {
                unanswered.remove(reply["order_id"].as_str().unwrap_or_default());
            }
        }
        daemon.kill();
    }
    let _daemon = house.start();
    // Long enough that doubt has doubled its waits.
    tokio::time::sleep(Duration::from_secs(15)).await;
    house.fault(&json!({}));
    let well = Instant::now();
    let (_, open) = house.command(&["order", "list", "--limit", "1000", "--state", "approved"]);
    let open = open["orders"].as_array().unwrap().len();
    assert!(open >= 20, "only {open} wait: the test tests little");
    settle_down(&house);
    let took = well.elapsed();
    println!("{open} of {sent} orders were open, and ended {took:?} after the wallet was well");
    assert!(took < RECOVERY_WAIT, "{took:?}");
    let (_, orders) = house.command(&["order", "list", "--limit", "1000"]);
    let orders = orders["orders"].as_array().unwrap();
    let unpaid: Vec<_> = orders.iter().filter(|order| order["state"] != "settled").collect();
    assert!(unpaid.is_empty() && orders.len() == sent, "{} of {sent}: {unpaid:?}", orders.len());
    assert_eq!(house.command(&["wallet", "reconcile"]).0, 0);
}
