//! How the console is reached from the home's network.

use super::client::Client;
use super::out::Out;
use super::{Done, Exit};
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Subcommand, Debug)]
pub(super) enum ConsoleSubcommand {
    /// Let phones in the home's network reach the console, over TLS; it stays so until it is closed
    Open,
    /// Let only this machine reach the console
    Close,
    /// Show where the console is reached
    Status,
}

pub(super) async fn console(client: &Client, command: ConsoleSubcommand, out: Out) -> Done {
    let told = match command {
        ConsoleSubcommand::Open => client.post("/v1/console/open", &json!({})).await?,
        ConsoleSubcommand::Close => client.post("/v1/console/close", &json!({})).await?,
        ConsoleSubcommand::Status => client.get("/v1/console").await?,
    };
    out.document(&told, words);
    Ok(Exit::Done)
}

fn words(told: &Value) -> String {
    if told["open"] != true {
        return "only this machine reaches the console; for phones: homepay console open"
            .to_owned();
    }
    let listed = |of: &str| {
        let all = told[of].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    };
    let mut lines = vec!["the console:".to_owned(), listed("addresses")];
    if let Some(fingerprint) = told["fingerprint"].as_str() {
        let here = listed("trust");
        lines.push(format!(
            "set a phone up first, so that it knows this home's certificates:\n{here}"
        ));
        lines.push(format!("their authority's SHA-256, to be compared there:\n  {fingerprint}"));
    }
    lines.join("\n")
}
