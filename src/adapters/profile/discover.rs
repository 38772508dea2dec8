//! Devices that announce themselves, as proposals for the household: messages in, proposals out.
//!
//! To add a way in which devices announce themselves: one function from the messages to proposals,
//! and a line in [`propose`].

mod announced;
mod homeassistant;
mod homie;
mod shape;
#[cfg(test)]
mod tests;
mod zigbee;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The newest payload by topic.
pub type Seen = BTreeMap<String, Vec<u8>>;

/// A device as it could stand in the household.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// A free id.
    pub id: String,
    /// `appliance` or `meter`.
    pub kind: &'static str,
    /// How it calls itself.
    pub name: String,
    /// The profile that fits.
    pub profile: &'static str,
    /// Where it publishes.
    pub topic: String,
    /// Its model, where the profile tells models apart.
    pub model: Option<String>,
    /// What it measures, with units, as far as it says so.
    pub measures: Vec<String>,
    /// How it was found.
    pub found_by: &'static str,
}

/// The longest id that is made of a name, in characters.
const ID_CHARS_MAX: usize = 40;

/// What the messages propose, in the order of profiles and topics; each device once.
pub fn propose(seen: &Seen) -> Vec<Proposal> {
    let mut found = zigbee::devices(seen);
    found.extend(announced::tasmota(seen));
    found.extend(announced::shelly_one(seen));
    found.extend(announced::shelly_two(seen));
    found.extend(homie::devices(seen));
    found.extend(homeassistant::sensors(seen));
    found.extend(shape::devices(seen));
    let mut places = BTreeSet::new();
    found.retain(|proposal| places.insert((proposal.profile, proposal.topic.clone())));
    let mut ids = BTreeSet::new();
    for (index, proposal) in found.iter_mut().enumerate() {
        proposal.kind = kind_of(proposal);
        proposal.id = free_id(&proposal.name, proposal.profile, index, &mut ids);
    }
    found.sort_by(|a, b| (a.profile, &a.topic).cmp(&(b.profile, &b.topic)));
    found
}

fn kind_of(proposal: &Proposal) -> &'static str {
    let said = format!("{} {}", proposal.name, proposal.model.as_deref().unwrap_or_default());
    let said = said.to_lowercase();
    let measures = |quantity: &str| proposal.measures.iter().any(|m| m.starts_with(quantity));
    let meter = said.contains("meter") || measures("water_volume") || measures("gas_volume");
    if meter { "meter" } else { "appliance" }
}

fn free_id(name: &str, profile: &str, index: usize, taken: &mut BTreeSet<String>) -> String {
    let mut id = String::new();
    for c in name.to_lowercase().chars().take(ID_CHARS_MAX) {
        match c {
            'a'..='z' | '0'..='9' => id.push(c),
            _ if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            _ => {}
        }
    }
    let mut id = id.trim_matches('-').to_owned();
    if id.is_empty() {
        id = format!("{profile}-{}", index + 1);
    }
    let first = id.clone();
    for number in 2.. {
        if taken.insert(id.clone()) {
            break;
        }
        id = format!("{first}-{number}");
    }
    id
}

/// The proposals as household TOML, ready to paste.
pub fn toml(proposals: &[Proposal]) -> String {
    let mut text = String::new();
    for proposal in proposals {
        let measures = match proposal.measures.as_slice() {
            [] => "what it measures was not said".to_owned(),
            some => some.join(", "),
        };
        let text_of = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let _ = writeln!(text, "# {}: {measures}", proposal.found_by);
        let _ = writeln!(text, "[[devices]]\nid = {}", text_of(&proposal.id));
        let _ = writeln!(text, "kind = {}", text_of(proposal.kind));
        let _ = writeln!(text, "name = {}", text_of(&proposal.name));
        let _ = writeln!(text, "profile = {}", text_of(proposal.profile));
        let _ = writeln!(text, "topic = {}", text_of(&proposal.topic));
        if let Some(model) = &proposal.model {
            let _ = writeln!(text, "model = {}", text_of(model));
        }
        text.push('\n');
    }
    text
}

/// A payload as JSON, where it is.
fn json_of(payload: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(payload).ok()
}

/// A payload as text, where it is.
fn text_of(payload: &[u8]) -> Option<&str> {
    std::str::from_utf8(payload).ok().map(str::trim).filter(|text| !text.is_empty())
}

/// The model under which a profile without units in its messages reads a unit.
fn unit_model(unit: &str, device_class: &str, is_export: bool) -> Option<(&'static str, String)> {
    let (model, quantity) = match (unit, device_class) {
        ("kWh", _) if is_export => ("energy-export-kwh", "energy_export"),
        ("kWh", _) => ("energy-kwh", "energy"),
        ("Wh", _) => ("energy-wh", "energy"),
        ("MWh", _) => ("energy-mwh", "energy"),
        ("W", _) => ("power-w", "power"),
        ("kW", _) => ("power-kw", "power"),
        ("m³" | "m3", "gas") => ("gas-m3", "gas_volume"),
        ("L" | "l", "gas") => ("gas-l", "gas_volume"),
        ("ft³" | "ft3", "gas") => ("gas-ft3", "gas_volume"),
        ("CCF", "gas") => ("gas-ccf", "gas_volume"),
        ("m³" | "m3", _) => ("water-m3", "water_volume"),
        ("L" | "l", _) => ("water-l", "water_volume"),
        ("gal", _) => ("water-gal", "water_volume"),
        _ => return None,
    };
    Some((model, format!("{quantity} {unit}")))
}
