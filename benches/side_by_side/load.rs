//! Sixteen speakers, each with a connection of its own, that order and measure.
//!
//! What is sent is signed before the clock starts, so that the load's own work is small beside
//! what is measured. An order is done at its first reply.

use crate::hub::{LARGE, SMALL, device, key};
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock as _;
use homepay_protocols::native::envelope::Envelope;
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, NetworkOptions, QoS};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How many speakers.
pub const DEVICES: usize = 16;
/// How many orders of each are under way at once.
pub const IN_FLIGHT: usize = 64;
/// How many readings go before an order that shows that they were taken.
const READINGS_A_MARK: usize = 31;
/// How many such groups are under way at once: as many messages as with orders.
const GROUPS_IN_FLIGHT: usize = IN_FLIGHT / (READINGS_A_MARK + 1);
/// The longest that anything is waited for.
const WAIT: Duration = Duration::from_secs(60);

/// What is ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// More than a device may spend in a day: all declined.
    Declined,
    /// Little: all approved, and settled by the wallet.
    Approved,
    /// One of each in turn.
    Half,
}

impl Mix {
    fn item(self, number: usize) -> &'static str {
        match self {
            Mix::Declined => LARGE,
            Mix::Approved => SMALL,
            Mix::Half if number.is_multiple_of(2) => LARGE,
            Mix::Half => SMALL,
        }
    }
}

/// What a run came to.
pub struct Run {
    /// Processor time of the program until each order had its first reply, in µs an order.
    pub cpu_us: f64,
    /// Until each order had its first reply.
    pub decided_per_s: f64,
    /// Until each approved order was settled; none where none was approved.
    pub settled_per_s: Option<f64>,
    /// How many were approved; none for the bare program.
    approved: Option<usize>,
    /// How many of the approved ones were settled before the last decision.
    pub settled_meanwhile: usize,
    /// From publish to first reply, sorted.
    pub latencies: Vec<Duration>,
}

impl Run {
    /// Fails where the hub decided otherwise than the mix means: its speed would mean nothing. The
    /// bare program decides nothing.
    fn with_approved(self, wanted: usize) -> Run {
        if let Some(approved) = self.approved {
            assert_eq!(approved, wanted, "orders that were approved");
        }
        self
    }

    /// The latency that this part of all orders do not exceed.
    pub fn percentile(&self, part: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies[((last as f64) * part).round() as usize]
    }
}

/// The speakers of one program.
pub struct Fleet {
    /// The program's process.
    pid: u32,
    speakers: Vec<Speaker>,
    replies: mpsc::UnboundedReceiver<Reply>,
    /// What each order in hand awaits.
    sent: HashMap<String, Instant>,
    unsettled: usize,
    settled: usize,
    /// False for the bare program.
    decides: bool,
}

struct Speaker {
    name: String,
    key: Vec<u8>,
    topic: String,
    client: AsyncClient,
    epoch: u64,
    seq: u64,
    /// The counter that it measures, and when.
    micro_kwh: u64,
    measured_s: i64,
}

struct Reply {
    speaker: usize,
    order: String,
    ends: bool,
    at: Instant,
}

impl Fleet {
    /// Connects the speakers and waits until all hear their replies.
    pub async fn connect(port: u16, base: &str, pid: u32) -> Fleet {
        let (told, replies) = mpsc::unbounded_channel();
        let (ready, mut readies) = mpsc::unbounded_channel();
        let mut speakers = Vec::new();
        for index in 0..DEVICES {
            let name = device(index);
            let topic = format!("{base}/device/{name}");
            let mut options = MqttOptions::new(format!("load-{base}-{name}"), "127.0.0.1", port);
            options.set_keep_alive(Duration::from_secs(60));
            let (client, mut eventloop) = AsyncClient::new(options, 4 * IN_FLIGHT);
            let mut network = NetworkOptions::new();
            network.set_tcp_nodelay(true);
            eventloop.set_network_options(network);
            let filter = format!("{topic}/reply");
            client.subscribe(filter, QoS::AtLeastOnce).await.expect("room for a subscription");
            let (told, ready) = (told.clone(), ready.clone());
            tokio::spawn(async move {
                while let Ok(event) = eventloop.poll().await {
                    match event {
                        Event::Incoming(Incoming::Publish(message)) => {
                            let _ = told.send(reply(index, &message.payload));
                        }
                        Event::Incoming(Incoming::SubAck(_)) => drop(ready.send(())),
                        _ => {}
                    }
                }
            });
            let measured_s = unix_s() - 40_000;
            let key = key(index);
            let epoch = unix_s().unsigned_abs();
            let speaker =
                Speaker { name, key, topic, client, epoch, seq: 0, micro_kwh: 0, measured_s };
            speakers.push(speaker);
        }
        for _ in 0..DEVICES {
            timeout(WAIT, readies.recv()).await.expect("the broker answers");
        }
        let decides = base != crate::bare::BASE;
        Fleet { pid, speakers, replies, sent: HashMap::new(), unsettled: 0, settled: 0, decides }
    }

    /// Orders, 64 under way at each speaker.
    pub async fn orders(&mut self, each: usize, mix: Mix) -> Run {
        let mut waiting: Vec<_> = self
            .speakers
            .iter_mut()
            .map(|s| (0..each).map(|n| s.order(mix.item(n))).collect::<Vec<_>>().into_iter())
            .collect();
        let (began, cpu) = (Instant::now(), cpu_us(self.pid));
        for (index, orders) in waiting.iter_mut().enumerate() {
            for _ in 0..IN_FLIGHT.min(each) {
                let (order, payload) = orders.next().expect("an order");
                self.publish(index, "order", payload, Some(order));
            }
        }
        let mut latencies = Vec::with_capacity(each * DEVICES);
        let mut decided = began;
        while latencies.len() < each * DEVICES {
            let Some((speaker, latency, at)) = self.next_first().await else { continue };
            latencies.push(latency);
            decided = at;
            if let Some((order, payload)) = waiting[speaker].next() {
                self.publish(speaker, "order", payload, Some(order));
            }
        }
        let cpu_us = (cpu_us(self.pid) - cpu) / latencies.len() as f64;
        let wanted = DEVICES * (0..each).filter(|n| mix.item(*n) == SMALL).count();
        self.ended(cpu_us, began, decided, latencies).await.with_approved(wanted)
    }

    /// Orders at a pace, each speaker in turn.
    pub async fn paced(&mut self, per_s: u32, count: usize, mix: Mix) -> Run {
        let mut clock = tokio::time::interval(Duration::from_secs(1) / per_s);
        let (began, cpu) = (Instant::now(), cpu_us(self.pid));
        let mut latencies = Vec::with_capacity(count);
        let (mut number, mut decided) = (0, began);
        while latencies.len() < count {
            tokio::select! {
                _ = clock.tick(), if number < count => {
                    let (turn, index) = (number / DEVICES, number % DEVICES);
                    let (order, payload) = self.speakers[index].order(mix.item(turn));
                    self.publish(index, "order", payload, Some(order));
                    number += 1;
                }
                first = self.next_first() => if let Some((_, latency, at)) = first {
                    latencies.push(latency);
                    decided = at;
                }
            }
        }
        let cpu_us = (cpu_us(self.pid) - cpu) / latencies.len() as f64;
        self.ended(cpu_us, began, decided, latencies).await
    }

    /// Readings, and after every few an order whose reply shows that they were taken. Readings
    /// per second.
    pub async fn readings(&mut self, groups: usize) -> f64 {
        let mut waiting: Vec<_> = self
            .speakers
            .iter_mut()
            .map(|s| (0..groups).map(|_| s.group()).collect::<Vec<_>>().into_iter())
            .collect();
        let began = Instant::now();
        for (index, groups) in waiting.iter_mut().enumerate() {
            for group in groups.take(GROUPS_IN_FLIGHT).collect::<Vec<_>>() {
                self.send_group(index, group);
            }
        }
        let (mut done, mut last) = (0, began);
        while done < groups * DEVICES {
            let Some((speaker, _, at)) = self.next_first().await else { continue };
            (done, last) = (done + 1, at);
            if let Some(group) = waiting[speaker].next() {
                self.send_group(speaker, group);
            }
        }
        (done * READINGS_A_MARK) as f64 / (last - began).as_secs_f64()
    }

    fn send_group(&mut self, speaker: usize, (readings, mark): (Vec<Vec<u8>>, Signed)) {
        for payload in readings {
            self.publish(speaker, "reading", payload, None);
        }
        self.publish(speaker, "order", mark.1, Some(mark.0));
    }

    fn publish(&mut self, speaker: usize, what: &str, payload: Vec<u8>, order: Option<String>) {
        let speaker = &self.speakers[speaker];
        let topic = format!("{}/{what}", speaker.topic);
        if let Some(order) = order {
            self.sent.insert(order, Instant::now());
        }
        let taken = speaker.client.try_publish(topic, QoS::AtLeastOnce, false, payload);
        taken.expect("room for what is in flight");
    }

    /// The next reply; whose and how late it was, if it is an order's first.
    async fn next_first(&mut self) -> Option<(usize, Duration, Instant)> {
        let reply = timeout(WAIT, self.replies.recv()).await.expect("a reply in time");
        let Reply { speaker, order, ends, at } = reply.expect("the speakers live");
        let sent = self.sent.remove(&order);
        match (sent.is_some(), ends) {
            (true, false) => self.unsettled += 1,
            (false, true) if self.unsettled > 0 => {
                self.unsettled -= 1;
                self.settled += 1;
            }
            (true, true) | (false, false | true) => {}
        }
        sent.map(|sent| (speaker, at - sent, at))
    }

    /// Waits until the wallet has settled what was approved.
    async fn ended(
        &mut self,
        cpu_us: f64,
        began: Instant,
        decided: Instant,
        mut latencies: Vec<Duration>,
    ) -> Run {
        let settled_meanwhile = std::mem::take(&mut self.settled);
        let approved = self.unsettled + settled_meanwhile;
        let any = approved > 0;
        while self.unsettled > 0 {
            self.next_first().await;
        }
        let per_s = |end: Instant| latencies.len() as f64 / (end - began).as_secs_f64();
        let decided_per_s = per_s(decided);
        let settled_per_s = any.then(|| per_s(Instant::now()));
        self.settled = 0;
        latencies.sort_unstable();
        let approved = self.decides.then_some(approved);
        Run { cpu_us, decided_per_s, settled_per_s, approved, settled_meanwhile, latencies }
    }
}

/// The processor time of a process so far, of all its threads, in µs.
fn cpu_us(pid: u32) -> f64 {
    const TICK_US: f64 = 10_000.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the program lives");
    let (_, after_name) = stat.rsplit_once(") ").expect("a name");
    let ticks = after_name.split(' ').skip(11).take(2).map(|t| t.parse::<f64>().expect("ticks"));
    ticks.sum::<f64>() * TICK_US
}

type Signed = (String, Vec<u8>);

impl Speaker {
    fn order(&mut self, item: &str) -> Signed {
        let order = uuid::Uuid::now_v7().to_string();
        let body = format!(
            "{{\"order_id\":\"{order}\",\"items\":[{{\"sku\":\"{item}\",\"quantity\":\"1\"}}]}}"
        );
        let payload = self.signed("order", &body);
        (order, payload)
    }

    fn group(&mut self) -> (Vec<Vec<u8>>, Signed) {
        let readings = (0..READINGS_A_MARK).map(|_| self.reading()).collect();
        (readings, self.order(LARGE))
    }

    fn reading(&mut self) -> Vec<u8> {
        self.micro_kwh += 100;
        self.measured_s += 1;
        let at = jiff::Timestamp::from_second(self.measured_s).expect("a time");
        let (whole, rest) = (self.micro_kwh / 1_000_000, self.micro_kwh % 1_000_000);
        let body = format!(
            "{{\"at\":\"{at}\",\"values\":[{{\"quantity\":\"energy\",\"unit\":\"kWh\",\
             \"value\":\"{whole}.{rest:06}\"}}]}}"
        );
        self.signed("reading", &body)
    }

    fn signed(&mut self, what: &str, body: &str) -> Vec<u8> {
        self.seq += 1;
        let topic = format!("{}/{what}", self.topic);
        let count = (self.epoch, self.seq, unix_s());
        let envelope = Envelope::signed(&topic, (&self.name, "k1"), count, body, &self.key);
        serde_json::to_vec(&envelope).expect("an envelope is plain")
    }
}

/// Finds the order's id in a reply of the hub, or in its own bytes that the bare program returns.
fn reply(speaker: usize, payload: &[u8]) -> Reply {
    let text = std::str::from_utf8(payload).expect("text");
    let (_, rest) = text.split_once("order_id").expect("an order's id");
    let rest = rest.trim_start_matches(['\\', '"', ':']);
    let order = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let ends = !text.contains("\"status\":\"approved\"");
    Reply { speaker, order, ends, at: Instant::now() }
}

fn unix_s() -> i64 {
    SystemClock.now().seconds()
}
