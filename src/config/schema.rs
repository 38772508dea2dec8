//! The configuration's schema, from the list of its keys. What the values must be is judged by
//! `homepay check`, which says file and line.

use super::keys::{Kind, SECTIONS, variable};
use serde_json::{Map, Value, json};

/// The JSON Schema of `homepay.toml`.
pub fn schema() -> Value {
    let sections: Map<String, Value> = SECTIONS
        .iter()
        .map(|(section, keys)| ((*section).to_owned(), table(section, keys)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration",
        "description": "homepay.toml. Every key may be left out, and set in the environment.",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn table(section: &str, keys: &[(&str, Kind)]) -> Value {
    let mut properties = Map::new();
    for (key, kind) in keys {
        let description = format!("Also {}.", variable(section, key));
        let property = match kind {
            Kind::Text => json!({"type": "string", "description": description}),
            Kind::Count => json!({"type": "integer", "minimum": 0, "description": description}),
            Kind::Texts => json!({
                "type": "array", "items": {"type": "string"}, "description": description,
            }),
            Kind::Flag => json!({"type": "boolean", "description": description}),
            Kind::Secret => {
                json!({"type": "string", "writeOnly": true, "description": description})
            }
        };
        properties.insert((*key).to_owned(), property);
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}
