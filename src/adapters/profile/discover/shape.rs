//! Families that announce nothing and are known by their topics and payloads.

use super::{Proposal, Seen};
use crate::adapters::profile::decode::decode;
use crate::adapters::profile::outcome::Outcome;
use crate::adapters::profile::pattern::fill;
use crate::adapters::profile::shelf::shelf;

/// A family: its profile, what its topics or payloads hold, and the topic of a device.
struct Shape {
    profile: &'static str,
    in_topic: &'static str,
    in_payload: &'static str,
    device: &'static str,
    found_by: &'static str,
}

const SHAPES: [Shape; 8] = [
    Shape {
        profile: "evcc",
        in_topic: "/loadpoints/",
        in_payload: "",
        device: "{root}/{part}/{number}",
        found_by: "evcc",
    },
    Shape {
        profile: "evcc",
        in_topic: "/site/grid",
        in_payload: "",
        device: "{root}/{part}",
        found_by: "evcc",
    },
    Shape {
        profile: "go-e",
        in_topic: "go-eCharger/",
        in_payload: "",
        device: "{prefix}/{device}",
        found_by: "go-e",
    },
    Shape {
        profile: "openwb",
        in_topic: "openWB/",
        in_payload: "",
        device: "{root}/{part}/{number}",
        found_by: "openWB",
    },
    Shape {
        profile: "wmbusmeters",
        in_topic: "",
        in_payload: "\"media\"",
        device: "{topic}",
        found_by: "wmbusmeters",
    },
    Shape {
        profile: "ai-on-the-edge",
        in_topic: "/json",
        in_payload: "\"raw\"",
        device: "{device}/{number}",
        found_by: "AI-on-the-edge",
    },
    Shape {
        profile: "ha-statestream",
        in_topic: "/sensor/",
        in_payload: "",
        device: "{base}/{domain}/{object}",
        found_by: "Home Assistant statestream",
    },
    Shape {
        profile: "xiaomi-gateway3",
        in_topic: "central/report",
        in_payload: "properties_changed",
        device: "central/report/{device}",
        found_by: "XiaomiGateway3",
    },
];

pub(super) fn devices(seen: &Seen) -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    for (topic, payload) in seen {
        let text = String::from_utf8_lossy(payload);
        for shape in &SHAPES {
            if !topic.contains(shape.in_topic) || !text.contains(shape.in_payload) {
                continue;
            }
            let Some(profile) = shelf().get(shape.profile) else { continue };
            let outcome = decode(profile, None, topic, payload, false);
            // ESPHome's topics look like a statestream's, but have one level less.
            let told = !outcome.readings.is_empty()
                || (shape.profile == "xiaomi-gateway3" && !outcome.states.is_empty());
            if told {
                add(&mut found, shape, topic, &outcome);
            }
        }
    }
    found
}

fn add(found: &mut Vec<Proposal>, shape: &Shape, topic: &str, outcome: &Outcome<'_>) {
    let lead = if topic.starts_with('/') { "/" } else { "" };
    let place = format!("{lead}{}", fill(shape.device, &outcome.captures));
    let measures = outcome.readings.iter().map(|r| format!("{} {}", r.quantity, r.unit));
    let known = found.iter_mut().find(|p| p.profile == shape.profile && p.topic == place);
    if let Some(known) = known {
        for measure in measures {
            if !known.measures.contains(&measure) {
                known.measures.push(measure);
            }
        }
        return;
    }
    found.push(Proposal {
        name: place.clone(),
        profile: shape.profile,
        topic: place,
        measures: measures.collect(),
        found_by: shape.found_by,
        ..Proposal::default()
    });
}
