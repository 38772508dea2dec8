//! How people are told: how the last messages went, and whether one arrives.

use super::client::Client;
use super::out::{Out, table};
use super::{Done, Exit, Failure};
use clap::Subcommand;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a trial message is waited for.
const TRIAL_WAIT: Duration = Duration::from_secs(20);

/// How often it is looked at whether it arrived.
const TRIAL_LOOK: Duration = Duration::from_millis(250);

#[derive(Subcommand, Debug)]
pub(super) enum NotifyCommand {
    /// Show who is told of what, and how the last message went
    List,
    /// Send a trial message and wait until it is taken or refused
    Test {
        /// An entry [[notify]] of the configuration; all of them without it
        id: Option<String>,
    },
}

pub(super) async fn notify(client: &Client, command: NotifyCommand, out: Out) -> Done {
    match command {
        NotifyCommand::List => {
            let list = client.get("/v1/notify").await?;
            out.document(&list, listed);
            Ok(Exit::Done)
        }
        NotifyCommand::Test { id } => test(client, id.as_deref(), out).await,
    }
}

fn listed(list: &Value) -> String {
    let entries = list["entries"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() {
        return "nobody is told: add [[notify]] to the configuration (docs: notifications)"
            .to_owned();
    }
    let rows = entries.iter().map(|entry| {
        let words: Vec<&str> =
            entry["what"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let last = &entry["last"];
        json!({
            "id": entry["id"], "channel": entry["channel"], "member": entry["member"],
            "what": words.join(" "), "waiting": entry["waiting"].to_string(),
            "last": last["state"], "at": last["at"], "why": last["why"],
        })
    });
    let columns = &[
        ("entry", "id"),
        ("channel", "channel"),
        ("member", "member"),
        ("what", "what"),
        ("waiting", "waiting"),
        ("last", "last"),
        ("at", "at"),
        ("why", "why"),
    ];
    table(&Value::Array(rows.collect()), columns)
}

/// Sends, and looks until each entry has an outcome.
async fn test(client: &Client, id: Option<&str>, out: Out) -> Done {
    client.command("notify/test", &json!({ "id": id })).await?;
    let until = tokio::time::Instant::now() + TRIAL_WAIT;
    let (list, open) = loop {
        let list = client.get("/v1/notify").await?;
        let asked = entries(&list, id);
        let open = asked.iter().filter(|entry| !is_told(entry)).count();
        if open == 0 || tokio::time::Instant::now() >= until {
            break (json!({ "entries": asked }), open);
        }
        tokio::time::sleep(TRIAL_LOOK).await;
    };
    out.document(&list, listed);
    let delivered = |entry: &Value| entry["last"]["state"] == "delivered";
    let entries = list["entries"].as_array().cloned().unwrap_or_default();
    let ways: Vec<&str> =
        entries.iter().filter(|e| !delivered(e)).filter_map(|e| e["id"].as_str()).collect();
    match (open, ways.is_empty()) {
        (_, true) => Ok(Exit::Done),
        (_, false) => Err(Failure::no(format!("not delivered: {}", ways.join(", ")))),
    }
}

fn entries(list: &Value, id: Option<&str>) -> Vec<Value> {
    let all = list["entries"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|entry| id.is_none_or(|id| entry["id"] == id)).collect()
}

/// True once the trial has an outcome, or was tried and failed for now.
fn is_told(entry: &Value) -> bool {
    let last = &entry["last"];
    last["id"].as_str().is_some_and(|id| id.contains(".trial."))
        && (entry["waiting"] == 0 || last["state"] == "waiting")
}
