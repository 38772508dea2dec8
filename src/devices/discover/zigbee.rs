//! Zigbee2MQTT: `<base>/bridge/devices`, the only place with units.

use super::{Proposal, Seen, json_of};
use crate::made::Profile;
use crate::registry::registry;
use crate::unit::Conversion;
use serde_json::Value;
use std::collections::BTreeSet;

/// Properties that tell of use, with what they are.
const PROPERTIES: [(&str, &str); 10] = [
    ("energy", "energy"),
    ("energy_wh", "energy"),
    ("consumed_energy", "energy"),
    ("consumption", "energy"),
    ("produced_energy", "energy_export"),
    ("power", "power"),
    ("active_power", "power"),
    ("current_summ_delivered", "energy"),
    ("gas", "gas_volume"),
    ("water_consumed", "water_volume"),
];

/// Beginnings of properties that end with the channel.
const OF_CHANNELS: [(&str, &str); 4] = [
    ("energy_produced_", "energy_export"),
    ("produced_energy_", "energy_export"),
    ("energy_", "energy"),
    ("power_", "power"),
];

const ZIGBEE_PROFILE: &str = "zigbee2mqtt";

/// How deep features of features are looked at.
const EXPOSED_DEPTH_MAX: usize = 6;

pub(super) fn devices(seen: &Seen) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (topic, payload) in seen {
        let Some(base) = topic.strip_suffix("/bridge/devices") else { continue };
        let Some(Value::Array(devices)) = json_of(payload) else { continue };
        found.extend(devices.iter().flat_map(|device| proposals(base, device)));
    }
    found
}

fn proposals(base: &str, device: &Value) -> Vec<Proposal> {
    let definition = &device["definition"];
    let exposes = definition["exposes"].as_array();
    let (Some(name), Some(exposes), Some(profile)) =
        (device["friendly_name"].as_str(), exposes, registry().get(ZIGBEE_PROFILE))
    else {
        return Vec::new();
    };
    let mut exposed = Vec::new();
    for feature in exposes {
        gather(feature, profile, &mut exposed, 0);
    }
    let whole: Vec<&Exposed> = exposed.iter().filter(|of| of.channel.is_none()).collect();
    let channels: BTreeSet<&String> = exposed.iter().filter_map(|of| of.channel.as_ref()).collect();
    // What is told of the whole is not told again by its endpoints.
    let counts = |of: &&Exposed| of.quantity != "power";
    let by_channel = !channels.is_empty() && !whole.iter().any(counts);
    let model = definition["model"].as_str();
    let model = odd_unit(profile, model, &exposed).or_else(|| model.map(str::to_owned));
    let of = |channel: Option<&String>| {
        let told = exposed.iter().filter(|of| !by_channel || of.channel.as_ref() == channel);
        let told = told.filter(|of| by_channel || of.channel.is_none());
        Proposal {
            name: channel.map_or_else(|| name.to_owned(), |channel| format!("{name} {channel}")),
            profile: ZIGBEE_PROFILE,
            topic: format!("{base}/{name}"),
            model: model.clone(),
            channel: channel.cloned(),
            measures: told.map(|of| format!("{} {}", of.quantity, of.unit)).collect(),
            found_by: "Zigbee2MQTT",
            ..Proposal::default()
        }
    };
    match (exposed.is_empty(), by_channel) {
        (true, _) => Vec::new(),
        (false, true) => channels.into_iter().map(|channel| of(Some(channel))).collect(),
        (false, false) => vec![of(None)],
    }
}

/// A property that tells of use.
struct Exposed {
    property: String,
    quantity: &'static str,
    unit: String,
    channel: Option<String>,
}

fn gather(feature: &Value, profile: &Profile, exposed: &mut Vec<Exposed>, depth: usize) {
    if depth > EXPOSED_DEPTH_MAX {
        return;
    }
    for inner in feature["features"].as_array().into_iter().flatten() {
        gather(inner, profile, exposed, depth + 1);
    }
    let numeric = feature["type"] == "numeric";
    let (Some(property), true) = (feature["property"].as_str(), numeric) else { return };
    let Some(unit) = feature["unit"].as_str() else { return };
    let unit = if unit == "l" { "L" } else { unit };
    let whole = PROPERTIES.iter().find(|(name, _)| *name == property);
    let of_channel = || {
        let fitting = OF_CHANNELS.iter().find_map(|(prefix, quantity)| {
            let channel = property.strip_prefix(prefix)?;
            profile.has_channel(channel).then(|| (*quantity, channel.to_owned()))
        });
        fitting.map(|(quantity, channel)| (quantity, Some(channel)))
    };
    if let Some((quantity, channel)) = whole.map(|(_, of)| (*of, None)).or_else(of_channel) {
        let (property, unit) = (property.to_owned(), unit.to_owned());
        exposed.push(Exposed { property, quantity, unit, channel });
    }
}

/// Where the profile would read a property of this model in another unit: the model by which it
/// reads it in this one.
fn odd_unit(profile: &Profile, model: Option<&str>, exposed: &[Exposed]) -> Option<String> {
    exposed.iter().filter(|of| of.channel.is_none()).find_map(|of| {
        let Exposed { property, quantity, unit, .. } = of;
        let told = Conversion::of(quantity, unit).ok()?;
        let path = format!("$.{property}");
        if profile.reads(model, &path) == Some(told) {
            return None;
        }
        let odd = format!("{property}-{}", unit.to_lowercase());
        (profile.reads(Some(&odd), &path) == Some(told)).then_some(odd)
    })
}
