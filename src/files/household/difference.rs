//! What a new household changes, in lines that a person reads. Keys are never shown.

use super::write::{KeyValue, TableEntry, entries};
use homepay_domain::household::{Home, Household};

/// What becomes of `before` with `after` in its place: `+` new, `~` changed, `-` gone.
pub fn difference(before: &Household, after: &Household, home: &Home) -> Vec<String> {
    let old = entries(before, home);
    let new = entries(after, home);
    let same = |a: &TableEntry, b: &TableEntry| (a.table, &a.id) == (b.table, &b.id);
    let mut lines = Vec::new();
    for entry in &new {
        match old.iter().find(|other| same(other, entry)) {
            None => {
                let fields: Vec<String> = shown_fields(entry).map(added).collect();
                lines.push(format!("+ {} {}: {}", entry.word, entry.id, fields.join(", ")));
            }
            Some(other) => {
                let changes = changes(other, entry);
                if !changes.is_empty() {
                    lines.push(format!("~ {} {}: {}", entry.word, entry.id, changes.join(", ")));
                }
            }
        }
    }
    for entry in old.iter().filter(|entry| !new.iter().any(|other| same(other, entry))) {
        lines.push(format!("- {} {}", entry.word, entry.id));
    }
    lines
}

/// The fields beside the id, which stands at the line's head.
fn shown_fields(entry: &TableEntry) -> impl Iterator<Item = &KeyValue> {
    entry.fields.iter().filter(|field| !matches!(field.key, "id" | "sku"))
}

fn added(field: &KeyValue) -> String {
    format!("{} {}", field.key, field.shown)
}

fn changes(old: &TableEntry, new: &TableEntry) -> Vec<String> {
    let mut changes = Vec::new();
    for field in shown_fields(new) {
        match old.fields.iter().find(|other| other.key == field.key) {
            None => changes.push(added(field)),
            Some(other) if other.value == field.value => {}
            // What is shown of a secret may be the same though the secret is another.
            Some(other) if other.shown == field.shown => {
                changes.push(format!("{} changed ({})", field.key, field.shown));
            }
            Some(other) => {
                changes.push(format!("{} {} → {}", field.key, other.shown, field.shown));
            }
        }
    }
    let kept = |field: &&KeyValue| new.fields.iter().any(|other| other.key == field.key);
    for field in shown_fields(old).filter(|field| !kept(field)) {
        changes.push(format!("{} removed (was {})", field.key, field.shown));
    }
    changes
}
