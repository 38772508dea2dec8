//! What the command line prints. The only place that writes to standard output.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use std::io::Write;

#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// One JSON document instead of text.
    pub json: bool,
}

impl Out {
    /// A document: as JSON, or in the words that `text` makes of it.
    pub fn document(self, value: &Value, text: impl FnOnce(&Value) -> String) {
        if self.json {
            line(&value.to_string());
        } else {
            line(&text(value));
        }
    }
}

/// One line, or several.
pub fn line(text: &str) {
    raw(&format!("{text}\n"));
}

/// A text as it is. Whoever reads may have read enough (`| head`): that is no fault.
pub fn raw(text: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A list of objects as a table of some of their fields.
pub fn table(rows: &Value, columns: &[(&str, &str)]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|(title, _)| *title));
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    for row in rows {
        table.add_row(columns.iter().map(|(_, field)| cell(row, field)));
    }
    if rows.is_empty() { "nothing".to_owned() } else { table.to_string() }
}

fn cell(row: &Value, field: &str) -> String {
    let parts = field.split('.').filter(|part| !part.is_empty());
    let value = parts.fold(row, |value, part| &value[part]);
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(|v| cell(v, "")).collect::<Vec<_>>().join(", "),
        Value::Object(_) => {
            let shown = value["name"].as_str().or(value["code"].as_str());
            shown.map_or_else(|| compact(value), str::to_owned)
        }
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::Number(_) => value.to_string(),
    }
}

/// An object on one line, without what is null.
fn compact(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return value.to_string() };
    let shown = fields.iter().filter(|(_, v)| !v.is_null() && **v != Value::Bool(false));
    shown
        .map(|(name, value)| match value {
            Value::Bool(_) => name.clone(),
            value => format!("{name}: {}", cell(value, "")),
        })
        .collect::<Vec<_>>()
        .join(", ")
}
