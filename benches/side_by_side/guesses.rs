//! Somebody who guesses PINs at one speaker, and how long everybody else waits meanwhile.

use crate::hub::{Hub, SMALL, device, key};
use crate::load::{DEVICES, Fleet, Mix};
use crate::table::{Figures, Target, median};
use argon2::{Argon2, PasswordHasher};
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock as _;
use homepay_protocols::native::envelope::Envelope;
use rumqttc::{AsyncClient, MqttOptions, NetworkOptions, QoS};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// Members with a PIN.
const MEMBERS: usize = 6;
/// Rounds of orders, calm and meanwhile in turn.
const ROUNDS: usize = 5;
/// Orders of the others, a second and in all.
const PER_S: u32 = 100;
const PACED: usize = 500;
/// Between two wrong PINs; each third is followed by a new order to guess at.
const GUESS_EVERY: Duration = Duration::from_millis(5);
/// How often a guess is said again, byte for byte.
const REPLAYS: usize = 2;
/// What the others may wait at most, in milliseconds, p99.
const OTHERS_MS_MAX: f64 = 20.0;

/// The home of the others, with one speaker more whose orders want a PIN.
fn household() -> String {
    let mut text = String::new();
    for member in 0..MEMBERS {
        let hash = Argon2::default().hash_password(format!("{:04}", 4711 + member).as_bytes());
        let hash = hash.expect("a hash");
        let _ = write!(
            text,
            "[[members]]\nid = \"member-{member}\"\nname = \"Member {member}\"\nrole = \"adult\"\n\
             pin_hash = \"{hash}\"\n"
        );
    }
    let _ = write!(
        text,
        "[[limits]]\nid = \"guessed\"\nscope = {{ device = \"{}\" }}\nperiod = \"order\"\n\
         amount = \"100.00\"\nconfirm_above = \"0.01\"\n",
        device(DEVICES)
    );
    text
}

/// Measures the others' p99 without and with the guesses.
pub async fn measure(dir: &Path, broker: u16, figures: &mut Figures) {
    let base = "guessed";
    let hub = Hub::start_with(&dir.join(base), broker, base, DEVICES + 1, &household());
    let mut others = Fleet::connect(broker, base, hub.pid()).await;
    others.paced(PER_S, PACED, Mix::Half).await;
    let mut pairs = Vec::new();
    for round in 0..ROUNDS {
        let calm = others.paced(PER_S, PACED, Mix::Half).await;
        let guesser = tokio::spawn(guess(base, broker, round));
        pairs.push((calm, others.paced(PER_S, PACED, Mix::Half).await));
        guesser.abort();
    }
    let ms = |part: fn(&(crate::load::Run, crate::load::Run)) -> &crate::load::Run| {
        median(pairs.iter().map(|pair| part(pair).percentile(0.99).as_secs_f64() * 1_000.0))
    };
    let (calm, guessed) = (ms(|pair| &pair.0), ms(|pair| &pair.1));
    let how = format!("while PINs are guessed; {calm:.2} ms without");
    let target = Target::Most(OTHERS_MS_MAX);
    figures.add("publish to reply, p99", how, guessed, "ms", target);
}

/// Orders and guesses until it is ended.
async fn guess(base: &str, broker: u16, round: usize) {
    let mut options = MqttOptions::new(format!("guesser-{round}"), "127.0.0.1", broker);
    options.set_keep_alive(Duration::from_secs(60));
    let (client, mut eventloop) = AsyncClient::new(options, 64);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    eventloop.set_network_options(network);
    tokio::spawn(async move { while eventloop.poll().await.is_ok() {} });
    let (name, key, epoch) = (device(DEVICES), key(DEVICES), SystemClock.now().seconds());
    let mut seq = 0;
    let mut sign = |what: &str, body: &str| {
        seq += 1;
        let topic = format!("{base}/device/{name}/{what}");
        let count = (epoch.unsigned_abs(), seq, SystemClock.now().seconds());
        let envelope = Envelope::signed(&topic, (&name, "k1"), count, body, &key);
        (topic, serde_json::to_vec(&envelope).expect("an envelope is plain"))
    };
    for number in 0_usize.. {
        let order = format!("guessed-{round}-{number:05}");
        let item = format!("{{\"sku\":\"{SMALL}\",\"quantity\":\"1\"}}");
        let (topic, payload) =
            sign("order", &format!("{{\"order_id\":\"{order}\",\"items\":[{item}]}}"));
        client.publish(topic, QoS::AtLeastOnce, false, payload).await.expect("a broker");
        for _ in 0..3 {
            let body = format!("{{\"order_id\":\"{order}\",\"pin\":\"0000\"}}");
            let (topic, payload) = sign("confirm", &body);
            for _ in 0..=REPLAYS {
                let (topic, payload) = (topic.clone(), payload.clone());
                client.publish(topic, QoS::AtLeastOnce, false, payload).await.expect("a broker");
            }
            tokio::time::sleep(GUESS_EVERY).await;
        }
    }
}
