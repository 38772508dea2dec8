//! The configuration's schema, from the list of its keys. What the values must be is judged by
//! `homepay check`, which says file and line.

use super::keys::{Key, KeyKind, SECTIONS, variable};
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

fn table(section: &str, keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut property = match key.kind {
            KeyKind::Text => json!({"type": "string"}),
            KeyKind::Count => json!({"type": "integer", "minimum": 0}),
            KeyKind::Texts => json!({"type": "array", "items": {"type": "string"}}),
            KeyKind::Flag => json!({"type": "boolean"}),
            KeyKind::Secret => json!({"type": "string", "writeOnly": true}),
        };
        let variable = variable(section, key.name);
        property["description"] = json!(format!("{} Also {variable}.", key.about));
        if !key.default.is_empty() {
            property["default"] = match key.kind {
                KeyKind::Flag => json!(key.default == "true"),
                KeyKind::Count => json!(key.default.parse::<u64>().ok()),
                KeyKind::Text | KeyKind::Texts | KeyKind::Secret => json!(key.default),
            };
        }
        properties.insert(key.name.to_owned(), property);
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}
