//! Values as they were written to settings that hold.

use super::layers::{Id, Layers};
use super::{
    BrokerAt, ConsoleSettings, HomeAssistantSettings, HomeSettings, LogFormat, LogLevel,
    LogSettings, MqttSettings, Problem, Settings, StoreSettings, WalletSettings,
};
use crate::adapters::problem::{hint, shown};
use crate::adapters::snapshot::key_bytes;
use crate::adapters::span;
use crate::domain::household::{Lang, Rules, Secret};
use crate::domain::money::{Currency, Minor};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// All that settings are made of.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The file's path and text.
    pub file: Option<(&'a Path, &'a str)>,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// Reads a file that holds a secret.
    pub files: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// Makes settings.
///
/// # Errors
/// All that is wrong.
pub fn read(given: &Given<'_>) -> Result<Settings, Vec<Problem>> {
    let layers = Layers::new(given)?;
    let settings = settings(&layers);
    let problems = layers.into_problems();
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        Some(_) | None => Err(problems),
    }
}

fn settings(layers: &Layers<'_>) -> Option<Settings> {
    let home = home(layers);
    let rules = rules(layers);
    let mqtt = mqtt(layers);
    let state_dir = home.as_ref().map(|home| home.state_dir.clone()).unwrap_or_default();
    let store = store(layers, &state_dir);
    let wallet = wallet(layers, home.as_ref().map(|home| home.currency));
    let console =
        ConsoleSettings { listen: address(layers, ("console", "listen")).unwrap_or(CONSOLE) };
    let homeassistant = homeassistant(layers);
    let log = LogSettings {
        level: word(layers, ("log", "level"), &LEVELS).unwrap_or(LogLevel::Info),
        format: word(layers, ("log", "format"), &FORMATS).unwrap_or(LogFormat::Text),
    };
    Some(Settings {
        home: home?,
        rules,
        mqtt: mqtt?,
        store: store?,
        wallet: wallet?,
        console,
        homeassistant,
        log,
    })
}

const CONSOLE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8420);

const BROKER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1883);

const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

const LANGUAGES: [(&str, Lang); 2] = [("zh-CN", Lang::ZhCn), ("en", Lang::En)];

fn word<T: Copy>(layers: &Layers<'_>, id: Id, words: &[(&str, T)]) -> Option<T> {
    let text = layers.text(id)?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = hint(text, all.iter().copied());
        layers.wrong(id, format!("is one of {}, not \"{}\"{near}", all.join(", "), shown(text)));
    }
    found
}

fn home(layers: &Layers<'_>) -> Option<HomeSettings> {
    let timezone = layers.text(("home", "timezone")).unwrap_or("Asia/Shanghai");
    let zone = zone(timezone);
    if zone.is_none() {
        let near = hint(
            timezone,
            jiff::tz::db()
                .available()
                .map(|name| name.to_string())
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str),
        );
        let what =
            format!("\"{}\" is not an IANA time zone such as Asia/Shanghai{near}", shown(timezone));
        layers.wrong(("home", "timezone"), what);
    }
    let code = layers.text(("home", "currency")).unwrap_or("CNY");
    let currency = Currency::from_code(code);
    if let Err(error) = &currency {
        layers.wrong(("home", "currency"), error.to_string());
    }
    let state_dir = layers.path(("home", "state_dir")).or_else(|| usual_state_dir(layers));
    if state_dir.is_none() {
        layers.wrong(("home", "state_dir"), "is missing, and there is no HOME to put it under");
    }
    Some(HomeSettings {
        timezone: timezone.to_owned(),
        zone: zone?,
        currency: currency.ok()?,
        language: word(layers, ("home", "language"), &LANGUAGES).unwrap_or_default(),
        state_dir: state_dir?,
        household: layers.path(("home", "household")),
    })
}

/// A zone with a name of its own: `Local`, offsets and POSIX rules are none.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some())
}

fn usual_state_dir(layers: &Layers<'_>) -> Option<PathBuf> {
    let state = layers.variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = layers.variable("HOME").map(|home| Path::new(home).join(".local").join("state"));
    state.or(home).map(|state| state.join("homepay"))
}

fn rules(layers: &Layers<'_>) -> Rules {
    let usual = Rules::default();
    let span = |key, usual_s| match layers.text(("rules", key)).map(span::seconds) {
        None => usual_s,
        Some(Ok(span_s)) => span_s,
        Some(Err(why)) => {
            layers.wrong(("rules", key), why);
            usual_s
        }
    };
    Rules {
        confirm_within_s: span("confirm_within", usual.confirm_within_s),
        approve_within_s: span("approve_within", usual.approve_within_s),
        gives_up_after_s: span("gives_up_after", usual.gives_up_after_s),
        hold_for_s: span("hold_for", usual.hold_for_s),
    }
}

fn mqtt(layers: &Layers<'_>) -> Option<MqttSettings> {
    let broker = broker(layers);
    let username = layers.text(("mqtt", "username")).map(str::to_owned);
    let password = layers.secret(("mqtt", "password"), ("mqtt", "password_file"));
    if password.is_some() && username.is_none() {
        layers.wrong(("mqtt", "username"), "is missing: a password needs a user name");
    }
    let base = layers.text(("mqtt", "base")).unwrap_or("homepay");
    topic(layers, ("mqtt", "base"), base);
    let client_id = layers.text(("mqtt", "client_id")).unwrap_or("homepay-hub");
    if client_id.is_empty() || client_id.contains('\0') {
        layers.wrong(("mqtt", "client_id"), "is empty: no session can be kept without one");
    }
    let tls_listen = address(layers, ("mqtt", "tls_listen"));
    let cert_file = layers.path(("mqtt", "cert_file"));
    let key_file = layers.path(("mqtt", "key_file"));
    if cert_file.is_some() != key_file.is_some() {
        let there = if cert_file.is_some() { "cert_file" } else { "key_file" };
        layers.wrong(("mqtt", there), "cert_file and key_file go together: write both");
    }
    if tls_listen.is_some() && cert_file.is_none() && key_file.is_none() {
        layers.wrong(("mqtt", "tls_listen"), "needs cert_file and key_file");
    }
    Some(MqttSettings {
        broker: broker?,
        listen: address(layers, ("mqtt", "listen")).unwrap_or(BROKER),
        tls_listen,
        base: base.to_owned(),
        username,
        password: password.map(SecretString::from),
        ca_file: layers.path(("mqtt", "ca_file")),
        cert_file,
        key_file,
        client_id: client_id.to_owned(),
    })
}

fn broker(layers: &Layers<'_>) -> Option<BrokerAt> {
    let id = ("mqtt", "url");
    let text = layers.text(id).unwrap_or("embedded");
    if text == "embedded" {
        return Some(BrokerAt::Embedded);
    }
    let fault = || {
        let what = "is \"embedded\", \"mqtt://host:1883\" or \"mqtts://host:8883\"";
        layers.wrong(id, what);
    };
    let Ok(url) = Url::parse(text) else {
        fault();
        return None;
    };
    let tls = match url.scheme() {
        "mqtt" => false,
        "mqtts" => true,
        _ => {
            fault();
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        layers.wrong(id, "holds a user or password: write them as username and password_file");
        return None;
    }
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() || !bare {
        fault();
        return None;
    }
    if !tls && layers.text(("mqtt", "ca_file")).is_some() {
        layers.wrong(("mqtt", "ca_file"), "is of no use without TLS: write mqtts:// in url");
    }
    let port = url.port().unwrap_or(if tls { 8883 } else { 1883 });
    Some(BrokerAt::Remote { host, port, tls })
}

fn store(layers: &Layers<'_>, state_dir: &Path) -> Option<StoreSettings> {
    let id = ("store", "url");
    let text = layers.text(id).unwrap_or("sqlite:homepay.db");
    if text.starts_with("postgres") {
        layers
            .wrong(id, "this version keeps its books in SQLite only: write \"sqlite:homepay.db\"");
        return None;
    }
    let path = text.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
    match path {
        Some(path) if !path.is_empty() && !path.contains([':', '?']) => {
            Some(StoreSettings { path: state_dir.join(path) })
        }
        Some(_) | None => {
            layers.wrong(id, "is not a file for the books: write \"sqlite:homepay.db\"");
            None
        }
    }
}

/// Which connector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wallet {
    Sandbox,
    Homepay,
}

fn wallet(layers: &Layers<'_>, currency: Option<Currency>) -> Option<WalletSettings> {
    let id = ("wallet", "kind");
    let text = layers.text(id);
    if let Some(kind @ ("stripe" | "wechat")) = text {
        let what = format!(
            "this version has no connector to {kind}: write \"homepay\" for a wallet that speaks \
             homepay-wallet-v1, or \"sandbox\""
        );
        layers.wrong(id, what);
        return None;
    }
    let words = [("homepay", Wallet::Homepay), ("sandbox", Wallet::Sandbox)];
    match (text, word(layers, id, &words)) {
        (None, _) | (_, Some(Wallet::Sandbox)) => {
            let account = layers.text(("wallet", "account")).unwrap_or("home-1").to_owned();
            Some(WalletSettings::Sandbox { account, balance: balance(layers, currency?)? })
        }
        (Some(_), Some(Wallet::Homepay)) => homepay_wallet(layers),
        (Some(_), None) => None,
    }
}

fn balance(layers: &Layers<'_>, currency: Currency) -> Option<Minor> {
    let Some(text) = layers.text(("wallet", "balance")) else {
        return currency.round(Decimal::from(500));
    };
    let read = currency.parse(text);
    read.map_err(|error| layers.wrong(("wallet", "balance"), error.to_string())).ok()
}

fn homepay_wallet(layers: &Layers<'_>) -> Option<WalletSettings> {
    let need = |key: &'static str| {
        let text = layers.text(("wallet", key)).filter(|text| !text.is_empty());
        if text.is_none() {
            let what = format!("{key} is missing: kind = \"homepay\" needs it");
            layers.wrong(("wallet", "kind"), what);
        }
        text.map(str::to_owned)
    };
    let url = need("url").and_then(|text| {
        let url = Url::parse(&text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host().is_some_and(|host| host != Host::Domain(""))
                && url.username().is_empty()
                && url.password().is_none()
        });
        if url.is_none() {
            layers.wrong(("wallet", "url"), "is not an address: write \"https://wallet.example\"");
        }
        url
    });
    let account = need("account");
    let key_id = need("key_id");
    let request_key = wallet_key(layers, ("wallet", "request_key"), ("wallet", "request_key_file"));
    let response_key =
        wallet_key(layers, ("wallet", "response_key"), ("wallet", "response_key_file"));
    Some(WalletSettings::Homepay {
        url: url?,
        account: account?,
        key_id: key_id?,
        request_key: request_key?,
        response_key: response_key?,
    })
}

/// How many bytes a wallet's key has.
const WALLET_KEY_BYTES: usize = 32;

fn wallet_key(layers: &Layers<'_>, id: Id, file_id: Id) -> Option<SecretString> {
    let said = layers.text(id).is_some() || layers.text(file_id).is_some();
    let Some(text) = layers.secret(id, file_id) else {
        if !said {
            let what = format!("{} is missing: kind = \"homepay\" needs it", file_id.1);
            layers.wrong(("wallet", "kind"), what);
        }
        return None;
    };
    let text = text.trim();
    let at = if layers.text(id).is_some() { id } else { file_id };
    match key_bytes(&Secret::new(text)) {
        Ok(bytes) if bytes.len() == WALLET_KEY_BYTES => Some(SecretString::from(text)),
        Ok(bytes) => {
            let count = bytes.len();
            layers.wrong(at, format!("a key has {WALLET_KEY_BYTES} bytes, this one has {count}"));
            None
        }
        Err(why) => {
            layers.wrong(at, why);
            None
        }
    }
}

fn homeassistant(layers: &Layers<'_>) -> HomeAssistantSettings {
    let id = ("homeassistant", "discovery_prefix");
    let prefix = layers.text(id).unwrap_or("homeassistant");
    topic(layers, id, prefix);
    let flags = [("true", true), ("false", false)];
    HomeAssistantSettings {
        enabled: word(layers, ("homeassistant", "enabled"), &flags).unwrap_or(true),
        discovery_prefix: prefix.to_owned(),
    }
}

/// Notes what cannot begin a topic of ours.
fn topic(layers: &Layers<'_>, id: Id, text: &str) {
    let levels = text.split('/').all(|level| !level.is_empty());
    if !levels || text.starts_with('$') || text.contains(['+', '#', '\0']) {
        let what = format!("\"{}\" is not a base for topics: write \"homepay\"", shown(text));
        layers.wrong(id, what);
    }
}

fn address(layers: &Layers<'_>, id: Id) -> Option<SocketAddr> {
    let text = layers.text(id)?;
    let plain = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let read = plain.as_deref().unwrap_or(text).parse();
    if read.is_err() {
        let what =
            format!("\"{}\" is not an address and port: write \"127.0.0.1:8420\"", shown(text));
        layers.wrong(id, what);
    }
    read.ok()
}
