//! Homie: units in `$unit` topics (4), or in one `$description` (5).

use super::unit::{SensorFacts, model};
use super::{Discovery, Proposal, Seen, json_of, text_of};
use serde_json::Value;

pub(super) fn devices(seen: &Seen, found: &mut Discovery) {
    for (topic, payload) in seen {
        if let Some(base) = topic.strip_suffix("/$description") {
            described(base, payload, found);
        } else if let Some(property) = topic.strip_suffix("/$unit") {
            let unit = text_of(payload).unwrap_or_default();
            let name = seen.get(&format!("{property}/$name"));
            let name = name.and_then(|name| text_of(name)).unwrap_or(property);
            take("homie4", property, name, unit, found);
        }
    }
}

fn described(base: &str, payload: &[u8], found: &mut Discovery) {
    let Some(description) = json_of(payload) else { return };
    let device = description["name"].as_str().unwrap_or(base);
    let none = serde_json::Map::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_else(|| none.clone());
    for (node_id, node) in members(&description["nodes"]) {
        for (id, property) in members(&node["properties"]) {
            let unit = property["unit"].as_str().unwrap_or_default();
            let topic = format!("{base}/{node_id}/{id}");
            let name = format!("{device} {}", property["name"].as_str().unwrap_or(&id));
            take("homie5", &topic, &name, unit, found);
        }
    }
}

/// Homie has units and no classes: of volumes only the names say what flows.
fn take(profile: &'static str, topic: &str, name: &str, unit: &str, found: &mut Discovery) {
    let said = format!("{topic} {name}").to_lowercase();
    let class = match (said.contains("gas"), said.contains("water")) {
        (true, false) => "gas",
        (false, true) => "water",
        (true, true) | (false, false) => "",
    };
    match model(SensorFacts { unit, class, names: &said }) {
        None => {}
        // A class that stands in a name alone is no reason to ask about an odd unit.
        Some(Err(why)) if class.is_empty() => found.ask(topic, name, why),
        Some(Err(_)) => {}
        Some(Ok((model, measure))) => found.devices.push(Proposal {
            name: name.to_owned(),
            profile,
            topic: topic.to_owned(),
            model: Some(model),
            measures: vec![measure],
            found_by: "Homie",
            ..Proposal::default()
        }),
    }
}
