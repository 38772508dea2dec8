//! The books' time.

use super::client::Client;
use super::out::Out;
use super::{Done, Exit};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub(super) enum ClockCommand {
    /// The books' time, the machine's, and by how much they differ
    Status,
    /// Believe the machine's clock where it is ahead of the books
    Accept {
        /// Take back a leap that the books made: the machine's clock is right and behind them
        #[arg(long)]
        back: bool,
    },
}

pub(super) async fn clock(client: &Client, command: ClockCommand, out: Out) -> Done {
    if let ClockCommand::Accept { back } = command {
        client.post("/v1/clock", &json!({ "back": back })).await?;
    }
    let status = client.get("/v1/clock").await?;
    out.document(&status, |status| {
        let text = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
        let off_s = status["off_s"].as_i64().unwrap_or_default();
        let standing = match text("standing").as_str() {
            "ahead" => format!(
                "the machine's clock is {off_s} s ahead and not believed: where it is right, use \
                 `homepay clock accept`"
            ),
            "behind" => format!(
                "the machine's clock is {} s behind: where it is right and the books leapt, use \
                 `homepay clock accept --back`",
                -off_s
            ),
            _ => "they agree".to_owned(),
        };
        format!("books    {}\nmachine  {}\n{standing}", text("books"), text("machine"))
    });
    Ok(Exit::Done)
}
