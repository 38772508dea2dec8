//! The configuration's schema, from the list of its keys. What the values must be is judged by
//! `homepay check`, which says file and line.

use super::keys::{Key, KeyKind, SECTIONS, variable};
use homepay_domain::notice::NOTICE_TOPICS;
use serde_json::{Map, Value, json};

/// The JSON Schema of `homepay.toml`.
pub fn schema() -> Value {
    let sections: Map<String, Value> = SECTIONS
        .iter()
        .map(|(section, keys)| ((*section).to_owned(), table(section, keys)))
        .collect();
    let mut sections = sections;
    sections.insert("notify".to_owned(), notify());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration",
        "description": "homepay.toml. Every key may be left out, and set in the environment.",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

/// Who is told of what. Which keys a channel needs is said by its file.
fn notify() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let topics: Vec<&str> = NOTICE_TOPICS.iter().map(|(word, _)| *word).collect();
    json!({
        "type": "array",
        "description": "Who is told of what, one entry a way. Not set in the environment.",
        "items": {
            "type": "object",
            "required": ["id", "channel", "what"],
            "additionalProperties": {"type": "string"},
            "properties": {
                "id": text("Its name."),
                "channel": text("A file of `channels/`, by its id."),
                "member": text("Whose it is."),
                "what": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"enum": topics},
                    "description": "What is told.",
                },
                "severity": {
                    "enum": ["info", "warning", "critical"],
                    "default": "warning",
                    "description": "Alerts below it are not told.",
                },
                "quiet_hours": text("When only what is critical is told, such as `22:00-07:00`; the rest is told when they end."),
                "escalate_after": text("Told only of approvals and critical alerts that nobody reacted to for so long, such as `3m`."),
                "language": {"enum": ["zh-CN", "en"], "description": "Else the home's."},
                "text": {
                    "enum": ["full", "short"],
                    "default": "full",
                    "description": "`short` = no amounts or names, only that there is something, and a link.",
                },
            },
        },
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
