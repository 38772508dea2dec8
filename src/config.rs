//! The configuration: one file, the environment above it, defaults beneath; every mistake told
//! with its place.
//!
//! To add a key: name it in [`keys`], give it a field here, read it in [`read`], show it in
//! [`redacted`].

pub mod config_sources;
mod console_section;
pub mod find;
mod keys;
mod layers;
mod mqtt;
pub mod notify_section;
pub mod profiles;
mod redacted;
pub mod schema;
#[cfg(test)]
mod tests;
mod wallet_section;

pub use config_sources::{ConfigSources, read};
pub use find::load;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::money::{Currency, Minor};
pub use homepay_text::problem::Problem;
use jiff::tz::TimeZone;
use notify_section::NotifySettings;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// The file that it came from; none = defaults and the environment alone.
    pub file: Option<PathBuf>,
}

/// All that an owner can set.
#[derive(Clone, Debug)]
pub struct Settings {
    pub home: HomeSettings,
    /// `[rules]`: bounds in time.
    pub rules: Rules,
    pub mqtt: MqttSettings,
    pub store: StoreSettings,
    pub wallet: WalletSettings,
    pub console: ConsoleSettings,
    pub homeassistant: HomeAssistantSettings,
    /// `[[notify]]`: who is told of what.
    pub notify: Vec<NotifySettings>,
    pub log: LogSettings,
}

#[derive(Clone, Debug)]
pub struct HomeSettings {
    /// The IANA name of its zone.
    pub timezone: String,
    pub zone: TimeZone,
    /// The currency of its books.
    pub currency: Currency,
    pub language: Lang,
    /// Where everything is kept.
    pub state_dir: PathBuf,
    /// The household to begin with, applied once, when the store is empty.
    pub household: Option<PathBuf>,
    /// The folder of the owner's own device profiles, which win over the shipped ones.
    pub profiles: PathBuf,
    /// The folder of the owner's own channels, which win over the shipped ones.
    pub channels: PathBuf,
}

/// The broker, and who the hub is there.
#[derive(Clone, Debug)]
pub struct MqttSettings {
    pub broker: BrokerAt,
    /// Where the embedded broker listens.
    pub listen: SocketAddr,
    /// Where it listens with TLS, by `cert_file` and `key_file`.
    pub tls_listen: Option<SocketAddr>,
    pub base: String,
    /// User name, where the broker asks for one.
    pub username: Option<String>,
    pub password: Option<SecretString>,
    /// Certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    /// Under which the broker keeps our unacked messages; none = [`CLIENT_ID`] and a suffix of the
    /// home's own.
    pub client_id: Option<String>,
}

/// What the hub's client id begins with where the owner chose none.
pub const CLIENT_ID: &str = "homepay-hub";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerAt {
    Embedded,
    /// Another one, by `mqtt://` or `mqtts://`.
    Remote {
        /// Name or address, IPv6 without brackets.
        host: String,
        port: u16,
        tls: bool,
    },
}

/// Where the books are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    pub path: PathBuf,
}

#[derive(Clone, Debug)]
pub enum WalletSettings {
    /// A wallet in this process: no money moves.
    Sandbox {
        account: String,
        /// What is in it to begin with.
        balance: Minor,
        /// Where its admin listener is, where one is wanted: loopback only.
        admin: Option<SocketAddr>,
    },
    /// A wallet that speaks `homepay-wallet-v1`.
    Homepay {
        url: Url,
        account: String,
        /// The name of the keys.
        key_id: String,
        /// Signs what we ask: `base64:` text of 32 bytes.
        request_key: SecretString,
        /// Signs what it answers: `base64:` text of 32 bytes.
        response_key: SecretString,
    },
}

/// The pages and the API for owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSettings {
    pub listen: SocketAddr,
    /// Where it listens for the home's network, once that is opened.
    pub network_listen: SocketAddr,
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    /// Pages are shown without TLS to other machines, too.
    pub plain_http: bool,
    /// Names under which it is asked for, beside the machine's own.
    pub names: Vec<String>,
    /// What links in messages begin with, where it is not where it listens.
    pub url: Option<Url>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeAssistantSettings {
    /// Whether devices are announced.
    pub enabled: bool,
    pub discovery_prefix: String,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    pub level: LogLevel,
    pub format: LogFormat,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    /// And what may fail.
    Warn,
    /// And what was done.
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// The word in files, which is also a filter for the log.
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// In which form it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// The home as the domain sees it.
    pub fn home(&self) -> Home {
        Home {
            zone: self.home.zone.clone(),
            currency: self.home.currency,
            lang: self.home.language,
            rules: self.rules,
        }
    }
}
