//! Zigbee2MQTT: `<base>/bridge/devices`, the only place with units.

use super::{Proposal, Seen, json_of};
use crate::adapters::profile::made::Profile;
use crate::adapters::profile::shelf::shelf;
use crate::adapters::profile::unit::Conversion;
use serde_json::Value;

/// Properties that tell of use, with what they are.
const PROPERTIES: [(&str, &str); 9] = [
    ("energy", "energy"),
    ("energy_wh", "energy"),
    ("consumed_energy", "energy"),
    ("consumption", "energy"),
    ("produced_energy", "energy_export"),
    ("power", "power"),
    ("active_power", "power"),
    ("gas", "gas_volume"),
    ("water_consumed", "water_volume"),
];

const PROFILE: &str = "zigbee2mqtt";

/// How deep features of features are looked at.
const DEPTH_MAX: usize = 6;

pub(super) fn devices(seen: &Seen) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (topic, payload) in seen {
        let Some(base) = topic.strip_suffix("/bridge/devices") else { continue };
        let Some(Value::Array(devices)) = json_of(payload) else { continue };
        found.extend(devices.iter().filter_map(|device| proposal(base, device)));
    }
    found
}

fn proposal(base: &str, device: &Value) -> Option<Proposal> {
    let name = device["friendly_name"].as_str()?;
    let definition = &device["definition"];
    let mut exposed = Vec::new();
    for feature in definition["exposes"].as_array()? {
        gather(feature, &mut exposed, 0);
    }
    if exposed.is_empty() {
        return None;
    }
    let model = definition["model"].as_str().map(str::to_owned);
    let profile = shelf().get(PROFILE)?;
    let model = match odd_unit(profile, model.as_deref(), &exposed) {
        Some(odd) => Some(odd),
        None => model,
    };
    let measures = exposed.iter().map(|(_, quantity, unit)| format!("{quantity} {unit}")).collect();
    Some(Proposal {
        name: name.to_owned(),
        profile: PROFILE,
        topic: format!("{base}/{name}"),
        model,
        measures,
        found_by: "Zigbee2MQTT",
        ..Proposal::default()
    })
}

type Exposed = (String, &'static str, String);

fn gather(feature: &Value, exposed: &mut Vec<Exposed>, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    for inner in feature["features"].as_array().into_iter().flatten() {
        gather(inner, exposed, depth + 1);
    }
    let numeric = feature["type"] == "numeric";
    let (Some(property), true) = (feature["property"].as_str(), numeric) else { return };
    let known = PROPERTIES.iter().find(|(name, _)| *name == property);
    if let (Some((_, quantity)), Some(unit)) = (known, feature["unit"].as_str()) {
        let unit = if unit == "l" { "L" } else { unit };
        exposed.push((property.to_owned(), quantity, unit.to_owned()));
    }
}

/// Where the profile would read a property of this model in another unit: the model by which it
/// reads it in this one.
fn odd_unit(profile: &Profile, model: Option<&str>, exposed: &[Exposed]) -> Option<String> {
    exposed.iter().find_map(|(property, quantity, unit)| {
        let told = Conversion::of(quantity, unit).ok()?;
        let path = format!("$.{property}");
        if profile.reads(model, &path) == Some(told) {
            return None;
        }
        let odd = format!("{property}-{}", unit.to_lowercase());
        (profile.reads(Some(&odd), &path) == Some(told)).then_some(odd)
    })
}
