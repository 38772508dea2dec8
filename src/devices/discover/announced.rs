//! Tasmota and Shelly: what they announce of themselves.

use super::{Proposal, Seen, json_of, text_of};
use crate::decode::decode;
use crate::load::Load;
use crate::registry::registry;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) fn tasmota(seen: &Seen) -> Vec<Proposal> {
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for (topic, payload) in seen {
        let announced = topic.starts_with("tasmota/discovery/") && topic.ends_with("/config");
        if !announced {
            continue;
        }
        let Some(config) = json_of(payload) else { continue };
        let (Some(name), Some(full)) = (config["t"].as_str(), config["ft"].as_str()) else {
            continue;
        };
        let prefix = config["tp"][2].as_str().unwrap_or("tele");
        let base = full.replace("%prefix%", prefix).replace("%topic%", name);
        let base = base.trim_end_matches('/').to_owned();
        known.insert(base.clone());
        let sensors = topic.replace("/config", "/sensors");
        let sensors = seen.get(&sensors).and_then(|payload| json_of(payload));
        let told = sensors.map(|sensors| measured(&sensors["sn"]));
        if told.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let called = config["dn"].as_str().or(config["fn"][0].as_str()).unwrap_or(name);
        found.push(of_tasmota(&base, called, config["md"].as_str(), told.unwrap_or_default()));
    }
    for (topic, payload) in seen {
        let Some(base) = topic.strip_suffix("/LWT") else { continue };
        let word = text_of(payload).unwrap_or_default();
        let tele = base.split('/').any(|level| level == "tele");
        if !tele || known.contains(base) || !["Online", "Offline"].contains(&word) {
            continue;
        }
        let name = base.split('/').filter(|level| *level != "tele").collect::<Vec<_>>().join("/");
        let sensor = seen.get(&format!("{base}/SENSOR")).and_then(|payload| json_of(payload));
        let told = sensor.map(|sensor| measured(&sensor));
        if told.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        found.push(of_tasmota(base, &name, None, told.unwrap_or_default()));
    }
    found
}

/// What a sensor message of Tasmota measures.
fn measured(sensor: &Value) -> Vec<String> {
    let Some(profile) = registry().get("tasmota") else { return Vec::new() };
    let outcome = decode(profile, None, "tele/any/SENSOR", sensor.to_string().as_bytes(), false);
    let mut told: Vec<String> = Vec::new();
    for reading in &outcome.readings {
        let measure = format!("{} {}", reading.quantity, reading.unit);
        if !told.contains(&measure) {
            told.push(measure);
        }
    }
    told
}

fn of_tasmota(base: &str, name: &str, model: Option<&str>, measures: Vec<String>) -> Proposal {
    Proposal {
        name: name.to_owned(),
        profile: "tasmota",
        topic: format!("{base}/SENSOR"),
        model: model.map(str::to_owned),
        measures,
        found_by: "Tasmota",
        ..Proposal::default()
    }
}

pub(super) fn shelly_one(seen: &Seen) -> Vec<Proposal> {
    let mut ids: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    for (topic, payload) in seen {
        let Some(rest) = topic.strip_prefix("shellies/") else { continue };
        if rest == "announce" || rest.ends_with("/announce") {
            let Some(told) = json_of(payload) else { continue };
            let model = told["model"].as_str().map(str::to_owned);
            ids.extend(told["id"].as_str().map(|id| (id.to_owned(), model)));
        } else if let Some(id) = rest.strip_suffix("/online") {
            ids.insert((id.to_owned(), None));
        }
    }
    let told: BTreeSet<String> =
        ids.iter().filter(|(_, model)| model.is_some()).map(|(id, _)| id.clone()).collect();
    let mut found = Vec::new();
    for (id, model) in ids {
        if model.is_none() && told.contains(&id) {
            continue;
        }
        for (part, channel) in channels(seen, &id) {
            let measures = if part == "emeter" {
                vec!["energy Wh".to_owned(), "power W".to_owned()]
            } else {
                vec!["energy W·min".to_owned(), "power W".to_owned()]
            };
            found.push(Proposal {
                name: if channel == "0" { id.clone() } else { format!("{id}-{channel}") },
                profile: "shelly-gen1",
                topic: format!("shellies/{id}/{part}/{channel}"),
                model: model.clone(),
                max_power_w: (part == "emeter").then_some(Load::House.watts()),
                measures,
                found_by: "Shelly",
                ..Proposal::default()
            });
        }
    }
    found
}

/// The channels of a device that told of power; the first relay where none did yet.
fn channels(seen: &Seen, id: &str) -> BTreeSet<(String, String)> {
    let prefix = format!("shellies/{id}/");
    let mut channels = BTreeSet::new();
    for topic in seen.keys() {
        let Some(rest) = topic.strip_prefix(&prefix) else { continue };
        if let [part, channel, "power"] = rest.split('/').collect::<Vec<_>>()[..] {
            channels.insert((part.to_owned(), channel.to_owned()));
        }
    }
    if channels.is_empty() {
        channels.insert(("relay".to_owned(), "0".to_owned()));
    }
    channels
}
