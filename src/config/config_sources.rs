//! Values as they were written to settings that hold.

use super::console_section::console;
use super::layers::{KeyId, Layers};
use super::profiles::{CHANNELS_FOLDER, FOLDER};
use super::{
    HomeAssistantSettings, HomeSettings, LogFormat, LogLevel, LogSettings, Problem, Settings,
    StoreSettings, mqtt, wallet_section,
};
use homepay_domain::household::{Lang, Rules};
use homepay_domain::limits::hours::Hours;
use homepay_domain::money::Currency;
use homepay_text::problem::{hint, shown};
use homepay_text::span;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// All that settings are made of.
#[derive(Clone, Copy)]
pub struct ConfigSources<'a> {
    /// The file's path and text.
    pub file: Option<(&'a Path, &'a str)>,
    pub env: &'a BTreeMap<String, String>,
    /// Reads a file that is named, such as one that holds a secret.
    pub files: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// Makes settings.
///
/// # Errors
/// All that is wrong.
pub fn read(given: &ConfigSources<'_>) -> Result<Settings, Vec<Problem>> {
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
    let rules = rules(layers, home.as_ref().map(|home| home.currency));
    let mqtt = mqtt::mqtt(layers);
    let state_dir = home.as_ref().map(|home| home.state_dir.clone()).unwrap_or_default();
    let store = store(layers, &state_dir);
    let wallet = wallet_section::wallet(layers, home.as_ref().map(|home| home.currency));
    let console = console(layers);
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
        // They name channels, which are only known once it is known where they are.
        notify: Vec::new(),
        log,
    })
}

const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

const LANGUAGES: [(&str, Lang); 2] = [("zh-CN", Lang::ZhCn), ("en", Lang::En)];

pub(super) fn word<T: Copy>(layers: &Layers<'_>, id: KeyId, words: &[(&str, T)]) -> Option<T> {
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
    if let Err(why) = &zone {
        layers.wrong(("home", "timezone"), why);
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
        zone: zone.ok()?,
        currency: currency.ok()?,
        language: word(layers, ("home", "language"), &LANGUAGES).unwrap_or_default(),
        state_dir: state_dir?,
        household: layers.path(("home", "household")),
        profiles: layers.path(("home", "profiles")).unwrap_or_else(|| FOLDER.into()),
        channels: layers.path(("home", "channels")).unwrap_or_else(|| CHANNELS_FOLDER.into()),
    })
}

/// A zone with a name of its own: `Local`, offsets and POSIX rules are none.
fn zone(name: &str) -> Result<TimeZone, String> {
    let zone = TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some());
    zone.ok_or_else(|| {
        let all: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = hint(name, all.iter().map(String::as_str));
        format!("\"{}\" is not an IANA time zone such as Asia/Shanghai{near}", shown(name))
    })
}

fn usual_state_dir(layers: &Layers<'_>) -> Option<PathBuf> {
    let state = layers.variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = layers.variable("HOME").map(|home| Path::new(home).join(".local").join("state"));
    state.or(home).map(|state| state.join("homepay"))
}

/// The most days before it is due that a bill is paid.
const BILL_LEAD_DAYS_MAX: i64 = 28;

fn rules(layers: &Layers<'_>, currency: Option<Currency>) -> Rules {
    let usual = Rules::default();
    let span = |key, usual_s| match layers.text(("rules", key)).map(span::seconds) {
        None => usual_s,
        Some(Ok(span_s)) => span_s,
        Some(Err(why)) => {
            layers.wrong(("rules", key), why);
            usual_s
        }
    };
    let quiet = layers.text(("rules", "quiet_hours")).filter(|text| !text.is_empty());
    let quiet = quiet.and_then(|text| {
        Hours::parse(text).map_err(|why| layers.wrong(("rules", "quiet_hours"), why)).ok()
    });
    let id = ("rules", "bill_lead_days");
    let lead = layers.text(id).map(str::parse::<i64>);
    let bill_lead_days = match lead {
        None => usual.bill_lead_days,
        Some(Ok(days)) if (0..=BILL_LEAD_DAYS_MAX).contains(&days) => days,
        Some(_) => {
            layers.wrong(id, format!("is 0 to {BILL_LEAD_DAYS_MAX} days"));
            usual.bill_lead_days
        }
    };
    let low = layers.text(("rules", "wallet_low")).filter(|text| !text.is_empty());
    let wallet_low = low.zip(currency).and_then(|(text, currency)| {
        let read = currency.parse(text);
        read.map_err(|why| layers.wrong(("rules", "wallet_low"), why.to_string())).ok()
    });
    Rules {
        quiet,
        bill_lead_days,
        wallet_low,
        tier_ahead_s: span("tier_ahead", usual.tier_ahead_s),
        confirm_within_s: span("confirm_within", usual.confirm_within_s),
        approve_within_s: span("approve_within", usual.approve_within_s),
        gives_up_after_s: span("gives_up_after", usual.gives_up_after_s),
        hold_for_s: span("hold_for", usual.hold_for_s),
    }
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

fn homeassistant(layers: &Layers<'_>) -> HomeAssistantSettings {
    let id = ("homeassistant", "discovery_prefix");
    let prefix = layers.text(id).unwrap_or("homeassistant");
    topic(layers, id, prefix);
    HomeAssistantSettings {
        enabled: flag(layers, ("homeassistant", "enabled")).unwrap_or(true),
        discovery_prefix: prefix.to_owned(),
    }
}

/// Notes what cannot begin a topic of ours.
pub(super) fn topic(layers: &Layers<'_>, id: KeyId, text: &str) {
    let levels = text.split('/').all(|level| !level.is_empty());
    if !levels || text.starts_with('$') || text.contains(['+', '#', '\0']) {
        let what = format!("\"{}\" is not a base for topics: write \"homepay\"", shown(text));
        layers.wrong(id, what);
    }
}

pub(super) fn flag(layers: &Layers<'_>, id: KeyId) -> Option<bool> {
    word(layers, id, &[("true", true), ("false", false)])
}

pub(super) fn address(layers: &Layers<'_>, id: KeyId) -> Option<SocketAddr> {
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
