//! Every topic by which a household may name a device leads to its figures.

use super::read;
use super::samples::{payload, samples};
use crate::native::decoded::Decoded;
use crate::snapshot::Snapshot;
use homepay_devices::decode::interpret;
use homepay_devices::discover::{Proposal, Seen, propose};
use homepay_devices::made::Profile;
use homepay_devices::pattern::{Captures, TopicPattern, fill};
use homepay_devices::registry::Registry;
use homepay_devices::topic_filter::covers;
use homepay_domain::event::Event;
use homepay_domain::household::{Device, Home, Household, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::money::Currency;
use homepay_domain::time::UnixMs;
use homepay_ports::Message;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn home_with(device: &Value) -> Snapshot {
    let home = Home {
        zone: TimeZone::UTC,
        currency: Currency::from_code("EUR").expect("a currency"),
        lang: Lang::En,
        rules: Rules::default(),
    };
    let device: Device = serde_json::from_str(&device.to_string()).expect("a device");
    let mut household = Household::default();
    household.devices.insert(Name::parse("meter").expect("a name"), device);
    Snapshot::new("homepay", home, household)
}

/// How many figures for the books a device that is found so takes from a message.
fn figures(snapshot: &Snapshot, topic: &str, payload: &[u8]) -> usize {
    let covered = snapshot.subscriptions().iter().any(|filter| covers(filter, topic));
    let message = Message { topic: topic.to_owned(), payload: payload.to_vec(), retained: false };
    let heard = read(snapshot, &message, UnixMs(1_795_300_000_000));
    let Decoded::Event(Event::ReadingReceived { values, .. }) = heard else { return 0 };
    if covered { values.len() } else { 0 }
}

#[test]
fn every_base_of_every_profile_is_heard_and_reaches_a_figure() {
    let shelf = Registry::shipped();
    let mut deaf = Vec::new();
    for profile in shelf.all() {
        let samples = samples(&profile.id);
        for base in profile.bases.iter().flat_map(|base| base.filters(&named(base))) {
            let reaches = |sample: &Value| {
                let topic = sample["topic"].as_str().unwrap_or_default();
                let Some(base) = filled(profile, &base, topic, &payload(sample)) else {
                    return false;
                };
                let registers: BTreeMap<&str, &str> =
                    sample["register"].as_str().map(|of| (of, "")).into_iter().collect();
                let device = json!({"kind": "meter", "name": "x", "profile": profile.id,
                    "topic": base, "model": sample["model"],
                    "channel": sample["channel"].as_str().into_iter().collect::<Vec<_>>(),
                    "registers": registers});
                figures(&home_with(&device), topic, &payload(sample)) > 0
            };
            if !samples.iter().any(reaches) {
                deaf.push(format!("{}: {base}", profile.id));
            }
        }
    }
    assert!(deaf.is_empty(), "no sample is read by\n{}", deaf.join("\n"));
}

/// Each capture that may be anything, as a place to be filled in; those of few words stay open, so
/// that there is one topic for each word.
fn named(base: &TopicPattern) -> Captures {
    base.names()
        .filter(|name| base.is_free(name))
        .map(|n| (n.to_owned(), format!("{{{n}}}")))
        .collect()
}

/// A base with what a sample's topic and payload say of its captures.
fn filled(profile: &Profile, base: &str, topic: &str, payload: &[u8]) -> Option<String> {
    let outcome = interpret(profile, topic, payload);
    let base = fill(base, &outcome.captures);
    (!base.contains('{')).then_some(base)
}

#[test]
fn every_topic_that_discovery_writes_is_heard_and_reaches_a_figure() {
    for line in include_str!("../../devices/discover/announced.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let (seen, later) = (messages(&case["messages"]), messages(&case["later"]));
        for proposal in propose(&seen) {
            let snapshot = home_with(&device_of(&proposal));
            let reaches =
                |(topic, payload): (&String, &Vec<u8>)| figures(&snapshot, topic, payload) > 0;
            let heard = seen.iter().chain(&later).any(reaches) || by_samples(&proposal, &snapshot);
            assert!(heard, "{}: {} is deaf", case["about"], proposal.topic);
        }
    }
}

/// True where a message such as the profile's samples, on a topic of the device, reaches a figure.
fn by_samples(proposal: &Proposal, snapshot: &Snapshot) -> bool {
    let shelf = Registry::shipped();
    let profile = shelf.get(proposal.profile).expect("a shipped profile");
    let known = profile.identities(&proposal.topic).expect("a topic of the profile");
    let heard: Vec<_> = known.iter().flat_map(|identity| profile.topic_filters(identity)).collect();
    samples(&profile.id).iter().any(|sample| {
        let topic = sample["topic"].as_str().expect("a topic");
        let of = profile.route(topic).map(|(message, _)| message);
        let same = heard.iter().filter(|heard| Some(heard.message()) == of && !heard.is_wild());
        same.into_iter().any(|heard| figures(snapshot, &heard.filter, &payload(sample)) > 0)
    })
}

fn messages(of: &Value) -> Seen {
    let text =
        |payload: &Value| payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
    let all = of.as_object().into_iter().flatten();
    all.map(|(topic, payload)| (topic.clone(), text(payload).into_bytes())).collect()
}

fn device_of(proposal: &Proposal) -> Value {
    json!({"kind": proposal.kind, "name": proposal.name, "profile": proposal.profile,
        "topic": proposal.topic, "model": proposal.model,
        "channel": proposal.channel.iter().collect::<Vec<_>>()})
}
