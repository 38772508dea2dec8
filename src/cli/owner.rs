//! An owner who lost the password, or has none yet.

use super::client::Client;
use super::out::Out;
use super::{Done, Exit};
use crate::config::Loaded;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub(super) enum OwnerSubcommand {
    /// Make a setup code, with which an owner gets a new password at the console; whoever is signed in
    /// as that owner is signed out
    Reset,
}

pub(super) async fn owner(
    loaded: &Loaded,
    client: &Client,
    command: OwnerSubcommand,
    out: Out,
) -> Done {
    let OwnerSubcommand::Reset = command;
    let told = client.post("/v1/owner/reset", &json!({})).await?;
    let console = loaded.settings.console.listen;
    out.document(&told, |told| {
        let code = told["code"].as_str().unwrap_or_default();
        format!(
            "open http://{console}/setup and type the code {code}; it counts until homepay stops"
        )
    });
    Ok(Exit::Done)
}
