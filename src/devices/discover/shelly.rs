//! Shelly of the second generation and later: each channel is a device of its own.

use super::{Proposal, Seen, json_of};
use crate::registry::registry;
use homepay_text::amount::decimal_text;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SHELLY_PROFILE: &str = "shelly-gen2";

/// Components that count, where their part of a message shows that.
const COUNTING: [&str; 10] =
    ["switch", "pm1", "cover", "light", "rgb", "rgbw", "cct", "em1", "em1data", "em"];

/// Two messages that each told only what changed, as one.
pub(super) fn joined(before: &[u8], came: &[u8]) -> Option<Vec<u8>> {
    let (mut all, newer) = (json_of(before)?, json_of(came)?);
    let parts = newer["params"].as_object()?.clone();
    let known = all["params"].as_object_mut()?;
    for (component, told) in parts {
        match (known.get_mut(&component).and_then(Value::as_object_mut), told.as_object()) {
            (Some(known), Some(told)) => known.extend(told.clone()),
            (_, _) => {
                known.insert(component, told);
            }
        }
    }
    serde_json::to_vec(&all).ok()
}

pub(super) fn devices(seen: &Seen) -> Vec<Proposal> {
    let mut found = Vec::new();
    let mut devices: BTreeMap<String, ShellyDevice> = BTreeMap::new();
    for (topic, payload) in seen {
        if let Some(prefix) = topic.strip_suffix("/events/rpc") {
            let Some(told) = json_of(payload) else { continue };
            let Some(source) = told["src"].as_str().filter(|s| s.starts_with("shelly")) else {
                continue;
            };
            let device = devices.entry(prefix.to_owned()).or_default();
            device.model = source.split('-').next().map(str::to_owned);
            for (component, state) in told["params"].as_object().into_iter().flatten() {
                device.note(component, state);
            }
        } else if let Some((prefix, component)) = topic.rsplit_once("/status/") {
            let Some(told) = json_of(payload) else { continue };
            devices.entry(prefix.to_owned()).or_default().note(component, &told);
        }
    }
    for (prefix, device) in devices {
        found.extend(device.proposals(&prefix));
    }
    found
}

#[derive(Default)]
struct ShellyDevice {
    model: Option<String>,
    channels: BTreeSet<String>,
    /// True where a component told what only a meter tells.
    is_meter: bool,
    /// Channels that send out: balcony solar behind a plug.
    producing: BTreeSet<String>,
}

impl ShellyDevice {
    fn note(&mut self, component: &str, state: &Value) {
        let Some((kind, number)) = component.split_once(':') else { return };
        let counts = ["aenergy", "apower", "act_power", "total_act_energy", "total_act_power"];
        let counts = counts.iter().any(|name| !state[*name].is_null()) || kind == "emdata";
        if counts && (COUNTING.contains(&kind) || kind == "emdata") {
            self.channels.insert(number.to_owned());
            self.is_meter |= kind.starts_with("em");
            let power = decimal_text(&state["apower"].to_string());
            if power.is_some_and(|power| power < Decimal::ZERO) {
                self.producing.insert(number.to_owned());
            }
        }
    }

    fn proposals(self, prefix: &str) -> Vec<Proposal> {
        let known =
            registry().get(SHELLY_PROFILE).map(|p| p.channels_of(self.model.as_deref()).to_vec());
        let mut channels = self.channels;
        channels.extend(known.unwrap_or_default());
        if self.model.is_none() && channels.is_empty() {
            return Vec::new();
        }
        let only = self.producing.iter().next().filter(|_| channels.len() == 1);
        let of = |channel: Option<&String>| Proposal {
            name: channel.map_or_else(|| prefix.to_owned(), |of| format!("{prefix} {of}")),
            kind: match (self.is_meter, channel.or(only)) {
                (true, _) => "meter",
                (false, Some(of)) if self.producing.contains(of) => "production",
                (false, _) => "",
            },
            profile: SHELLY_PROFILE,
            topic: format!("{prefix}/events/rpc"),
            model: self.model.clone(),
            channel: channel.cloned(),
            measures: vec!["energy Wh".to_owned(), "power W".to_owned()],
            found_by: "Shelly",
            ..Proposal::default()
        };
        if channels.len() > 1 {
            channels.iter().map(|channel| of(Some(channel))).collect()
        } else {
            vec![of(None)]
        }
    }
}
