//! Homie: units in `$unit` topics (4), or in one `$description` (5).

use super::{Proposal, Seen, json_of, text_of, unit_model};
use serde_json::Value;

pub(super) fn devices(seen: &Seen) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (topic, payload) in seen {
        if let Some(base) = topic.strip_suffix("/$description") {
            found.extend(described(base, payload));
        } else if let Some(property) = topic.strip_suffix("/$unit") {
            let unit = text_of(payload).unwrap_or_default();
            let name = seen.get(&format!("{property}/$name"));
            let name = name.and_then(|name| text_of(name)).unwrap_or(property);
            found.extend(proposal("homie4", property, name, unit));
        }
    }
    found
}

fn described(base: &str, payload: &[u8]) -> Vec<Proposal> {
    let Some(description) = json_of(payload) else { return Vec::new() };
    let device = description["name"].as_str().unwrap_or(base);
    let mut found = Vec::new();
    let none = serde_json::Map::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_else(|| none.clone());
    for (node_id, node) in members(&description["nodes"]) {
        for (id, property) in members(&node["properties"]) {
            let unit = property["unit"].as_str().unwrap_or_default();
            let topic = format!("{base}/{node_id}/{id}");
            let name = format!("{device} {}", property["name"].as_str().unwrap_or(&id));
            found.extend(proposal("homie5", &topic, &name, unit));
        }
    }
    found
}

fn proposal(profile: &'static str, topic: &str, name: &str, unit: &str) -> Option<Proposal> {
    let said = format!("{topic} {name}").to_lowercase();
    let class = if said.contains("gas") { "gas" } else { "" };
    let export = ["export", "produc", "return"].iter().any(|word| said.contains(word));
    let (model, measure) = unit_model(unit, class, export)?;
    Some(Proposal {
        name: name.to_owned(),
        profile,
        topic: topic.to_owned(),
        model: Some(model.to_owned()),
        measures: vec![measure],
        found_by: "Homie",
        ..Proposal::default()
    })
}
