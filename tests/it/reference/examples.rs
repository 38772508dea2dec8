//! The examples of the documents: commands that there are, and files that fit their schemas.

use super::{links, root, shown};
use crate::schemas::{fits, json_of};
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// Pages of what is read by another command line than ours, or is no longer so.
const NOT_OURS: [&str; 1] = ["CHANGELOG.md"];

/// The blocks of a page in a language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|part| part.split("```").next()).collect()
}

/// Every command of ours on a page: those of its shell blocks, and those within a line.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks(text, "sh") {
        for line in block.replace("\\\n", " ").lines() {
            let line = line.split(" #").next().unwrap_or_default();
            let parts = line.split(['|', ';', '&', '>']);
            found.extend(parts.map(|part| part.trim().trim_start_matches("sudo ").to_owned()));
        }
    }
    let spans = text.split('`').skip(1).step_by(2);
    found.extend(spans.filter(|span| !span.contains('\n')).map(str::to_owned));
    found.retain(|command| command.starts_with("homepay "));
    found
}

/// What is wrong with a command line, if something is.
fn wrong(root: &Command, command: &str) -> Option<String> {
    let mut at = root;
    let mut words = command.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            match at.get_arguments().find(|arg| arg.get_long() == Some(long)) {
                Some(arg) if arg.get_action().takes_values() => _ = words.next(),
                Some(_) => {}
                None => return Some(format!("{} has no --{long}", at.get_name())),
            }
        } else if let Some(below) = at.find_subcommand(word) {
            at = below;
        } else if at.has_subcommands() && at.get_positionals().next().is_none() {
            let is_filler = word.starts_with('…') || word.chars().any(|c| c.is_ascii_uppercase());
            return (!is_filler).then(|| format!("{} has no {word}", at.get_name()));
        }
    }
    None
}

#[test]
fn every_command_of_the_documents_exists() {
    let mut ours = homepay::cli::Args::command();
    ours.build();
    let (mut count, mut faults) = (0, String::new());
    for page in links::pages(&root()) {
        let name = shown(&root(), &page);
        let text = std::fs::read_to_string(&page).unwrap();
        for command in commands(&text).iter().filter(|_| !NOT_OURS.contains(&name.as_str())) {
            count += 1;
            if let Some(what) = wrong(&ours, command) {
                let _ = writeln!(faults, "{name}: {command}: {what}");
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(count > 100, "only {count} commands were found");
    for no in ["homepay ordr list", "homepay order lst", "homepay order list --statee settled"] {
        assert!(wrong(&ours, no).is_some(), "{no}");
    }
}

/// By which schema an example is written; none for what is a part of a file.
fn schema(page: &str, keys: &[&String]) -> Option<&'static str> {
    let all = |known: &[&str]| keys.iter().all(|key| known.contains(&key.as_str()));
    if page.ends_with("add-a-device.md") {
        return Some("profile");
    }
    if page.ends_with("add-a-tariff.md") {
        // Its second example is a part of one.
        return keys.iter().any(|key| *key == "versions").then_some("tariff");
    }
    let sections = ["home", "rules", "mqtt", "store", "wallet", "console", "homeassistant", "log"];
    let tables = [
        "members",
        "owner_keys",
        "payees",
        "catalog",
        "rooms",
        "devices",
        "tariffs",
        "alerts",
        "budgets",
        "limits",
        "spot_prices",
    ];
    if all(&sections) {
        return Some("config");
    }
    all(&tables).then_some("household")
}

#[test]
fn examples_fit_their_schemas() {
    let mut counts = std::collections::BTreeMap::new();
    for page in links::pages(&root()) {
        let name = shown(&root(), &page);
        let text = std::fs::read_to_string(&page).unwrap();
        // A list item's block stands three spaces in.
        let text = text.replace("\n   ", "\n");
        for block in blocks(&text, "toml") {
            let value = json_of(block);
            let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
            if let Some(schema) = schema(&name, &keys) {
                *counts.entry(schema).or_insert(0) += 1;
                assert!(fits(schema, &value), "{name} is not as schemas/{schema} has it:\n{block}");
            }
        }
    }
    for (schema, least) in [("household", 10), ("config", 1), ("profile", 1), ("tariff", 1)] {
        assert!(counts.get(schema).is_some_and(|count| *count >= least), "{counts:?}");
    }
}
