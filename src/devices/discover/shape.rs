//! Families that announce nothing and are known by their topics and payloads.

use super::{Discovery, Proposal, Seen, text_of};
use crate::decode::decode;
use crate::outcome::Interpretation;
use crate::pattern::fill;
use crate::registry::registry;
use homepay_text::amount::decimal_text;
use std::collections::BTreeSet;

/// A family: its profile, what its topics or payloads hold, and the topic of a device.
struct Shape {
    profile: &'static str,
    in_topic: &'static str,
    in_payload: &'static str,
    device: &'static str,
    found_by: &'static str,
}

const SHAPES: [Shape; 15] = [
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
        profile: "evcc",
        in_topic: "/site/pv",
        in_payload: "",
        device: "{root}/{part}/pv",
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
        device: "{topic}/id={device}",
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
        profile: "xiaomi-gateway3",
        in_topic: "central/report",
        in_payload: "properties_changed",
        device: "central/report/{device}",
        found_by: "XiaomiGateway3",
    },
    Shape {
        profile: "dsmr-reader",
        in_topic: "/reading/electricity_",
        in_payload: "",
        device: "{root}/{part}",
        found_by: "DSMR-reader",
    },
    Shape {
        profile: "dsmr-reader",
        in_topic: "/consumption/gas/delivered",
        in_payload: "",
        device: "{root}/{part}/{utility}",
        found_by: "DSMR-reader",
    },
    Shape {
        profile: "teleinfo",
        in_topic: "teleinfo/",
        in_payload: "",
        device: "{root}/{device}",
        found_by: "Teleinfo",
    },
    Shape {
        profile: "opendtu",
        in_topic: "/0/yieldtotal",
        in_payload: "",
        device: "{root}/{device}",
        found_by: "OpenDTU",
    },
    Shape {
        profile: "opendtu",
        in_topic: "/ch0/YieldTotal",
        in_payload: "",
        device: "{root}/{device}",
        found_by: "AhoyDTU",
    },
    Shape {
        profile: "solar-inverter",
        in_topic: "",
        in_payload: "\"pvenergytotal\"",
        device: "{topic}",
        found_by: "Grott",
    },
    Shape {
        profile: "solar-inverter",
        in_topic: "modbus/inverter",
        in_payload: "\"energytotal\"",
        device: "{topic}",
        found_by: "SolarEdge2MQTT",
    },
];

pub(super) fn devices(seen: &Seen, found: &mut Discovery) {
    let mut new = Vec::new();
    for (topic, payload) in seen.iter().filter(|(topic, _)| !found.hears(topic)) {
        let text = String::from_utf8_lossy(payload);
        for shape in &SHAPES {
            if !topic.contains(shape.in_topic) || !text.contains(shape.in_payload) {
                continue;
            }
            let Some(profile) = registry().get(shape.profile) else { continue };
            let outcome = decode(profile, None, topic, payload, false);
            let told = !outcome.readings.is_empty()
                || outcome.ignored.iter().any(|ignored| ignored.reason == "unit_not_known")
                || (shape.profile == "xiaomi-gateway3" && !outcome.states.is_empty());
            if told {
                add(&mut new, shape, topic, &outcome);
            }
        }
    }
    found.devices.extend(new);
}

/// Topics of sensors of which nobody said what they measure: the owner is asked.
pub(super) fn unannounced(seen: &Seen, found: &mut Discovery) {
    for (topic, payload) in seen {
        let is_state = topic.ends_with("/state") && topic.contains("/sensor/");
        let number = text_of(payload).is_some_and(|text| decimal_text(text).is_some());
        let place = topic.strip_suffix("/state").unwrap_or(topic);
        let described = seen.contains_key(&format!("{place}/unit_of_measurement"));
        if !is_state || !number || described || found.hears(topic) {
            continue;
        }
        let name = place.rsplit('/').next().unwrap_or(place);
        if announced(seen, topic) || !may_count(name) {
            continue;
        }
        let why = "nobody says what it counts and in which unit: turn on Home Assistant discovery \
                   (ESPHome) or publish_attributes (statestream), or write its model, such as \
                   \"energy-kwh\"";
        found.ask(topic, name, why.to_owned());
    }
}

/// True where Home Assistant's discovery tells of a topic, of whatever class.
fn announced(seen: &Seen, topic: &str) -> bool {
    let node = topic.split("/sensor/").next().unwrap_or_default();
    seen.iter().any(|(config, payload)| {
        config.ends_with("/config") && {
            let text = String::from_utf8_lossy(payload);
            text.contains(topic)
                || (!node.is_empty() && text.contains(&format!("\"~\":\"{node}\"")))
        }
    })
}

/// True for names that use could hide behind: only these are worth a question.
fn may_count(name: &str) -> bool {
    let name = name.to_lowercase();
    ["energy", "kwh", "power", "gas", "water", "meter", "total"]
        .iter()
        .any(|word| name.contains(word))
}

fn add(found: &mut Vec<Proposal>, shape: &Shape, topic: &str, outcome: &Interpretation<'_>) {
    let lead = if topic.starts_with('/') { "/" } else { "" };
    let mut place = format!("{lead}{}", fill(shape.device, &outcome.captures));
    // A topic that ends with a meter's id is that meter's alone.
    if let Some((topic, id)) = place.rsplit_once("/id=")
        && topic.ends_with(id)
    {
        place = topic.to_owned();
    }
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
    // What measures the whole house goes by its place.
    let is_meter = place.ends_with("/site") || place.contains("/counter/");
    found.push(Proposal {
        name: place.clone(),
        kind: if is_meter { "meter" } else { "" },
        profile: shape.profile,
        topic: place,
        measures: measures.collect::<BTreeSet<String>>().into_iter().collect(),
        found_by: shape.found_by,
        ..Proposal::default()
    });
}
