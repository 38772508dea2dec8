//! What `homepay device` is told.

use super::args::KeyCommand;
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(super) enum DeviceCommand {
    /// All devices
    List,
    /// Add a device
    Add {
        id: String,
        /// speaker, appliance, meter or production
        #[arg(long)]
        kind: String,
        /// How people call it
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        room: Option<String>,
        #[arg(long, default_value = "homepay-native")]
        profile: String,
        /// Where it publishes
        #[arg(long)]
        topic: Option<String>,
        /// Its model, where the profile tells models apart
        #[arg(long)]
        model: Option<String>,
        /// Which of its channels count, added up; repeat it for several, leave it out for all
        #[arg(long)]
        channel: Vec<String>,
        #[arg(long)]
        max_power_w: Option<u32>,
        #[arg(long)]
        tariff: Option<String>,
    },
    /// Remove a device; its orders stay in the books
    Remove { id: String },
    /// Keys of a device
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// How a device stands: limits, use, cost, last reading
    Read { id: String },
    /// Decode one message with a profile; the daemon may be off
    Try(TryArgs),
    /// Listen at the broker for a while and propose devices, ready to paste into the household
    Discover {
        /// How long to listen, such as 30s or 5m
        #[arg(long = "for", default_value = "30s")]
        listen_for: String,
    },
}

#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["payload", "payload_base64"])))]
pub(super) struct TryArgs {
    /// A profile's id, or a profile.toml
    pub profile: String,
    /// Where the message was published
    #[arg(long)]
    pub topic: String,
    /// The message
    #[arg(long, allow_hyphen_values = true)]
    pub payload: Option<String>,
    /// The message in base64, for what is no text
    #[arg(long)]
    pub payload_base64: Option<String>,
    /// As one that the broker kept from earlier
    #[arg(long)]
    pub retained: bool,
    /// The device's model, where the profile tells models apart
    #[arg(long)]
    pub model: Option<String>,
    /// Which of its channels count, as in the household
    #[arg(long)]
    pub channel: Vec<String>,
    /// Which of its registers count
    #[arg(long)]
    pub register: Vec<String>,
    /// What the counter showed before
    #[arg(long)]
    pub previous: Option<String>,
}
