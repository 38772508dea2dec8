//! A JSON Schema as tables.

use serde_json::Value;
use std::fmt::Write;

/// The tables of an object and of what it is made of, with headings of a depth.
pub(crate) fn tables(schema: &Value, depth: usize, title: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    if has_properties(schema) {
        rows(&mut out, schema);
    }
    let none = serde_json::Map::new();
    let mut definitions: Vec<(&String, &Value)> =
        schema["$defs"].as_object().unwrap_or(&none).iter().collect();
    definitions.sort_by_key(|(name, _)| part(name));
    for (name, definition) in definitions {
        let _ = write!(out, "\n{} {}\n", "#".repeat(depth), title(name));
        if let Some(about) = definition["description"].as_str() {
            let _ = write!(out, "\n{}\n", one_line(about));
        }
        if has_properties(definition) {
            rows(&mut out, definition);
        } else {
            choices(&mut out, definition);
        }
    }
    out
}

/// What a part of a document is called on a page: its type's name in plain words, without the endings
/// by which the code tells kinds of types apart.
pub(crate) fn part(name: &str) -> String {
    let endings = ["Told", "View", "Doc", "Row", "Form", "Word", "Body"];
    let bare = endings.iter().find_map(|ending| name.strip_suffix(ending));
    let mut words = String::new();
    for letter in bare.filter(|bare| !bare.is_empty()).unwrap_or(name).chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn has_properties(schema: &Value) -> bool {
    schema["properties"].as_object().is_some_and(|all| !all.is_empty())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Bounds that say only how wide a number is in the code.
const OF_TYPES: [u64; 4] = [0, u8::MAX as u64, u16::MAX as u64, u32::MAX as u64];

/// One table: each key, what it holds, whether it must be there, what it is.
pub(crate) fn rows(out: &mut String, schema: &Value) {
    let none = Vec::new();
    let required = schema["required"].as_array().unwrap_or(&none);
    out.push_str("\n| key | holds | |\n|---|---|---|\n");
    for (key, value) in schema["properties"].as_object().expect("properties") {
        let must = required.iter().any(|name| name == key);
        // Where a value may also be taken away, what it is stands with its first form.
        let about = value["description"].as_str().or(value["anyOf"][0]["description"].as_str());
        let about = one_line(about.unwrap_or_default()).replace('|', "\\|");
        let mut notes = Vec::new();
        if must {
            notes.push("Required.".to_owned());
        }
        match &value["default"] {
            Value::Null => {}
            Value::Array(all) if all.is_empty() => {}
            Value::Object(all) if all.is_empty() => {}
            default => notes.push(format!("Default `{default}`.")),
        }
        for (bound, word) in [("minimum", "least"), ("maximum", "most")] {
            if let Some(limit) = value[bound].as_u64().filter(|limit| !OF_TYPES.contains(limit)) {
                notes.push(format!("The {word} is {limit}."));
            }
        }
        let words = [about, notes.join(" ")].join(" ");
        let _ = writeln!(out, "| `{key}` | {} | {} |", holds(value), words.trim());
    }
}

/// What a value is, in a few words.
fn holds(value: &Value) -> String {
    if let Some(reference) = value["$ref"].as_str() {
        return format!("*{}*", part(reference.trim_start_matches("#/$defs/")));
    }
    for of in ["anyOf", "oneOf"] {
        if let Some(all) = value[of].as_array() {
            let kinds = all.iter().filter(|one| one["type"] != "null").map(holds);
            return kinds.collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(word) = value["const"].as_str() {
        return format!("`{word}`");
    }
    if let Some(all) = value["enum"].as_array() {
        let words = all.iter().filter_map(Value::as_str).map(|word| format!("`{word}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    let kinds: Vec<&str> = match &value["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let words = kinds.into_iter().filter(|kind| *kind != "null").map(|kind| match kind {
        "array" if !value["items"].is_null() => format!("list of {}", holds(&value["items"])),
        "object" if value["additionalProperties"].is_object() => {
            format!("table of {}", holds(&value["additionalProperties"]))
        }
        "array" => "list".to_owned(),
        "object" => "table".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "string" => "text".to_owned(),
        other => other.to_owned(),
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// What one of several words means.
fn choices(out: &mut String, definition: &Value) {
    let all = ["oneOf", "anyOf"].iter().find_map(|of| definition[of].as_array());
    let Some(all) = all else {
        let _ = write!(out, "\n{}.\n", holds(definition));
        return;
    };
    out.push('\n');
    for one in all {
        let about = one_line(one["description"].as_str().unwrap_or_default());
        let _ = writeln!(out, "- {}: {about}", holds(one));
    }
}
