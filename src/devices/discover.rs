//! Devices that announce themselves, as proposals for the household: messages in, proposals out.
//!
//! To add a way in which devices announce themselves: one function from the messages to what is
//! found, and a line in [`look`]. Units come from what devices and brokers say of them: where they
//! do not, the owner is asked.

mod announced;
mod homeassistant;
mod homie;
mod shape;
mod shelly;
mod statestream;
#[cfg(test)]
mod tests;
mod unit;
mod written;
mod zigbee;

use super::load::Load;
use super::registry::registry;
use super::topic_filter::covers;
use std::collections::{BTreeMap, BTreeSet};
pub use written::toml;

/// The newest payload by topic.
pub type Seen = BTreeMap<String, Vec<u8>>;

/// A device as it could stand in the household.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    pub id: String,
    /// `appliance`, `meter` or `production`.
    pub kind: &'static str,
    /// How it calls itself.
    pub name: String,
    /// The profile that fits.
    pub profile: &'static str,
    pub topic: String,
    /// Its model, where the profile tells models apart.
    pub model: Option<String>,
    /// Which of its channels this is, where it has several.
    pub channel: Option<String>,
    /// The most that it is taken to draw, in watts: more is held until it is proved.
    pub max_power_w: Option<u32>,
    /// What it measures, with units, as far as it says so.
    pub measures: Vec<String>,
    /// How it was found.
    pub found_by: &'static str,
    /// What the owner should know of it before it is used.
    pub note: Option<String>,
}

/// Something that may measure use and does not say what: only the owner knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenQuestion {
    pub topic: String,
    /// How it calls itself.
    pub name: String,
    /// What is not known, and how to say it.
    pub why: String,
}

/// What the messages propose, and what the owner must be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// In the order of profiles and topics; each device once.
    pub devices: Vec<Proposal>,
    /// In the order of topics.
    pub questions: Vec<OpenQuestion>,
}

/// The longest id that is made of a name, in characters.
const ID_CHARS_MAX: usize = 40;

/// What is kept of a topic when it speaks again: the newest payload, but of what tells only what
/// changed, all of it.
pub fn newer(topic: &str, before: Vec<u8>, came: Vec<u8>) -> Vec<u8> {
    if topic.ends_with("/events/rpc") {
        shelly::joined(&before, &came).unwrap_or(came)
    } else {
        came
    }
}

impl Discovery {
    /// True where some device that was found hears a topic.
    fn hears(&self, topic: &str) -> bool {
        self.by(topic).is_some()
    }

    /// The place of the device that was found on a topic.
    fn by(&self, topic: &str) -> Option<usize> {
        self.devices.iter().position(|proposal| {
            let profile = registry().get(proposal.profile);
            let filters = profile.map(|p| p.filters(&proposal.topic)).unwrap_or_default();
            filters.iter().any(|filter| covers(filter, topic))
        })
    }

    fn ask(&mut self, topic: &str, name: &str, why: String) {
        let (topic, name) = (topic.to_owned(), name.to_owned());
        if self.questions.iter().all(|question| question.topic != topic) {
            self.questions.push(OpenQuestion { topic, name, why });
        }
    }
}

/// What the messages propose. Who tells the most of a device goes first: what others say of the
/// same topics adds to it.
pub fn look(seen: &Seen) -> Discovery {
    let mut found = Discovery::default();
    found.devices.extend(zigbee::devices(seen));
    found.devices.extend(announced::tasmota(seen));
    found.devices.extend(announced::shelly_one(seen));
    found.devices.extend(shelly::devices(seen));
    homie::devices(seen, &mut found);
    shape::devices(seen, &mut found);
    homeassistant::sensors(seen, &mut found);
    statestream::sensors(seen, &mut found);
    shape::unannounced(seen, &mut found);
    let mut places = BTreeSet::new();
    found.devices.retain(|proposal| {
        places.insert((proposal.profile, proposal.topic.clone(), proposal.channel.clone()))
    });
    let mut ids = BTreeSet::new();
    for (index, proposal) in found.devices.iter_mut().enumerate() {
        if proposal.kind.is_empty() {
            proposal.kind = kind_of(proposal);
        }
        proposal.max_power_w = proposal.max_power_w.or_else(|| bound_of(proposal));
        proposal.id = free_id(&proposal.name, proposal.profile, index, &mut ids);
        proposal.note = proposal.note.take().or_else(|| unknown_model(proposal));
    }
    let place = |of: &Proposal| (of.profile, of.topic.clone(), of.channel.clone());
    found.devices.sort_by_key(place);
    found.questions.sort_by(|a, b| a.topic.cmp(&b.topic));
    found
}

/// The devices that the messages propose.
pub fn propose(seen: &Seen) -> Vec<Proposal> {
    look(seen).devices
}

/// What to say where a profile goes by models and does not know this one.
fn unknown_model(proposal: &Proposal) -> Option<String> {
    let profile = registry().get(proposal.profile)?;
    profile.unknown_model(proposal.model.as_deref())
}

/// The most that a device of its kind draws, where it measures that.
fn bound_of(proposal: &Proposal) -> Option<u32> {
    let measures = |quantity: &str| proposal.measures.iter().any(|m| m.starts_with(quantity));
    let profile =
        registry().get(proposal.profile).filter(|_| measures("energy") || measures("power"))?;
    match proposal.kind {
        "appliance" => profile.max_power_of(proposal.model.as_deref()),
        _ => Some(Load::House.watts()),
    }
}

fn kind_of(proposal: &Proposal) -> &'static str {
    let profile = registry().get(proposal.profile);
    match profile.and_then(|profile| profile.proposed_as.as_deref()) {
        Some("meter") => return "meter",
        Some("production") => return "production",
        Some(_) | None => {}
    }
    let measures = |quantity: &str| proposal.measures.iter().any(|m| m.starts_with(quantity));
    if measures("energy_export") && !measures("energy ") {
        return "production";
    }
    let said = format!("{} {}", proposal.name, proposal.model.as_deref().unwrap_or_default());
    let said = said.to_lowercase();
    let counted = ["water_volume", "gas_volume", "heat_energy", "cooling_energy"];
    let most_w = profile.and_then(|profile| profile.max_power_of(proposal.model.as_deref()));
    // A meter's own counters go both ways; a wallbox may give back from a car.
    let both =
        measures("energy_export") && measures("energy ") && most_w != Some(Load::Wallbox.watts());
    let meter = said.contains("meter") || both || counted.into_iter().any(measures);
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

/// A payload as JSON, where it is.
fn json_of(payload: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(payload).ok()
}

/// A payload as text, where it is.
fn text_of(payload: &[u8]) -> Option<&str> {
    std::str::from_utf8(payload).ok().map(str::trim).filter(|text| !text.is_empty())
}
