//! The daemon, and the check of what it would start with.

use super::console_address::lead_to_console;
use super::heard::never_heard;
use super::out::{Out, line};
use super::unused_file;
use super::warnings::warnings;
use super::{Done, Exit, Failure};
use crate::app::private_files::client_suffix;
use crate::app::{AppPlan, BrokerPlan, Running, WalletPlan, start};
use crate::config::{self, BrokerAt, CLIENT_ID, Loaded, LogFormat, Settings, WalletSettings};
use crate::lifecycle::stop_on_signals;
use crate::telemetry::logs;
use homepay_domain::household::{Household, Lang, Secret};
use homepay_files::household::{Problem, read_household};
use homepay_io::broker::BrokerTls;
use homepay_io::mqtt::{LinkOptions, TlsOptions};
use homepay_text::keys::key_bytes;
use secrecy::ExposeSecret;
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the link to a broker shows that it lives, in seconds.
const KEEP_ALIVE_S: u64 = 30;

/// Reads the configuration; every problem is listed.
pub(super) fn load(file: Option<&Path>, lang: Option<&str>) -> Result<Loaded, Failure> {
    let mut loaded = config::load(file).map_err(|problems| Failure::usage(listed(&problems)))?;
    if let Some(lang) = lang {
        let known = Lang::parse(lang);
        loaded.settings.home.language =
            known.ok_or_else(|| Failure::usage(format!("--lang {lang}: write zh-CN or en")))?;
    }
    Ok(loaded)
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Where files that a household names are looked for when they are not beside it.
const FILES_FOLDER: &str = "/etc/homepay";

/// Reads a household file; files that it names are looked for beside it, then in
/// [`FILES_FOLDER`]; a tariff then among the shipped ones.
pub(super) fn household_of(path: &Path, settings: &Settings) -> Result<Household, Vec<Problem>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| {
        vec![Problem { file: name.clone(), line: 0, what: format!("cannot be read: {e}") }]
    })?;
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    let files = |file: &str| {
        let beside = std::fs::read_to_string(dir.join(file));
        let found = beside.or_else(|e| {
            std::fs::read_to_string(Path::new(FILES_FOLDER).join(file)).map_err(|_| e)
        });
        found.map_err(|e| format!("{file}: {e}"))
    };
    read_household(&text, &name, &settings.home(), &files)
}

pub(super) async fn run(file: Option<&Path>, lang: Option<&str>, new_books: bool) -> Done {
    let Loaded { settings, file } = load(file, lang)?;
    logs(settings.log.level.as_str(), settings.log.format == LogFormat::Json);
    let (household, told) = household_to_begin_with(&settings).await?;
    for warning in &told {
        tracing::warn!("{warning}");
    }
    let plan = AppPlan { new_books, household, ..plan(&settings)? };
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone()).map_err(|e| Failure::no(e.to_string()))?;
    let running = start(plan, stop).await?;
    greet(&settings, file.as_deref(), &running);
    running.ended().await?;
    Ok(Exit::Done)
}

/// Where everything is, for who has just started it.
fn greet(settings: &Settings, file: Option<&Path>, running: &Running) {
    let file = file.map_or("none (defaults)".to_owned(), |f| f.display().to_string());
    line(&format!("homepay {} is ready", env!("CARGO_PKG_VERSION")));
    line(&format!("  configuration  {file}"));
    line(&format!("  books          {}", settings.store.path.display()));
    match (running.broker, &settings.mqtt.broker) {
        (Some(address), _) => {
            line(&format!("  broker         embedded at mqtt://{address}"));
            if let Some(users) = &running.users {
                line(&format!("  broker users   {}", users.display()));
            }
        }
        (None, BrokerAt::Remote { host, port, .. }) => {
            line(&format!("  broker         {host}:{port}"));
        }
        (None, BrokerAt::Embedded) => {}
    }
    match (&settings.wallet, running.wallet_admin) {
        (WalletSettings::Sandbox { .. }, Some(admin)) => {
            line(&format!("  wallet         sandbox, no money moves (admin http://{admin})"))
        }
        (WalletSettings::Sandbox { .. }, None) => line("  wallet         sandbox, no money moves"),
        (WalletSettings::Homepay { .. }, _) => line("  wallet         as configured"),
    }
    line(&format!("  health         http://{}/readyz", running.console));
    line(&format!("  control        {}", running.control.display()));
    lead_to_console(running.console, running.setup_code.as_deref());
}

/// The household of the configured file, and what is to be said of it. Once books exist the file is
/// not in force: what is wrong with it, or differs, is only said.
async fn household_to_begin_with(
    settings: &Settings,
) -> Result<(Option<Household>, Vec<String>), Failure> {
    let Some(path) = &settings.home.household else { return Ok((None, Vec::new())) };
    let in_books = unused_file::in_books(settings).await;
    match (household_of(path, settings), in_books) {
        (Ok(household), None) => {
            let told = warnings(settings, &household);
            Ok((Some(household), told))
        }
        (Ok(household), Some(in_books)) => {
            let mut told = warnings(settings, &in_books);
            told.extend(unused_file::differs(settings, path, &in_books, &household));
            Ok((Some(household), told))
        }
        (Err(problems), None) => Err(Failure::usage(listed(&problems))),
        (Err(problems), Some(in_books)) => {
            let mut told = warnings(settings, &in_books);
            let what = "is not in force, as the books have a household, and cannot be read";
            told.push(format!("{} {what}: {}", path.display(), listed(&problems)));
            Ok((None, told))
        }
    }
}

/// What the settings put together, without a household.
fn plan(settings: &Settings) -> Result<AppPlan, Failure> {
    let ha = &settings.homeassistant;
    Ok(AppPlan {
        home: settings.home(),
        base: settings.mqtt.base.clone(),
        state_dir: settings.home.state_dir.clone(),
        store: settings.store.path.clone(),
        broker: broker(settings)?,
        wallet: wallet(settings)?,
        console: settings.console.listen,
        network: settings.console.network_listen,
        certificate: settings.console.cert_file.clone().zip(settings.console.key_file.clone()),
        plain_http: settings.console.plain_http,
        names: settings.console.names.clone(),
        links: settings.console.url.as_ref().map(ToString::to_string),
        notify: settings.notify.clone(),
        discovery: ha.enabled.then(|| ha.discovery_prefix.clone()),
        household: None,
        new_books: false,
    })
}

/// Who the hub is at a broker: as the owner wrote, or with a suffix that no other home has.
pub(super) fn client_id(settings: &Settings) -> Result<String, Failure> {
    match &settings.mqtt.client_id {
        Some(written) => Ok(written.clone()),
        None => Ok(format!("{CLIENT_ID}-{}", client_suffix(&settings.home.state_dir)?)),
    }
}

pub(super) fn broker(settings: &Settings) -> Result<BrokerPlan, Failure> {
    let mqtt = &settings.mqtt;
    match &mqtt.broker {
        BrokerAt::Embedded => {
            let tls = match (mqtt.tls_listen, &mqtt.cert_file, &mqtt.key_file) {
                (None, _, _) => None,
                (Some(listen), Some(cert_file), Some(key_file)) => Some(BrokerTls {
                    listen,
                    cert_file: cert_file.clone(),
                    key_file: key_file.clone(),
                }),
                (Some(_), _, _) => {
                    return Err(Failure::usage(
                        "mqtt.tls_listen needs mqtt.cert_file and mqtt.key_file",
                    ));
                }
            };
            Ok(BrokerPlan::Embedded { listen: mqtt.listen, tls })
        }
        BrokerAt::Remote { host, port, tls } => {
            let files = TlsOptions {
                ca_file: mqtt.ca_file.clone(),
                cert_file: mqtt.cert_file.clone(),
                key_file: mqtt.key_file.clone(),
            };
            Ok(BrokerPlan::External(Box::new(LinkOptions {
                host: host.clone(),
                port: *port,
                client_id: client_id(settings)?,
                username: mqtt.username.clone(),
                password: mqtt.password.clone(),
                tls: tls.then_some(files),
                keep_alive: Duration::from_secs(KEEP_ALIVE_S),
                subscriptions: Vec::new(),
                last_will: None,
                birth: Vec::new(),
                queue_len_max: homepay_engine::QUEUE_LEN_MAX,
            })))
        }
    }
}

fn wallet(settings: &Settings) -> Result<WalletPlan, Failure> {
    let key = |name: &str, secret: &secrecy::SecretString| {
        key_bytes(&Secret::new(secret.expose_secret()))
            .map_err(|why| Failure::usage(format!("wallet.{name}: {why}")))
    };
    Ok(match &settings.wallet {
        WalletSettings::Sandbox { account, balance, admin } => {
            WalletPlan::Sandbox { account: account.clone(), balance: *balance, admin: *admin }
        }
        WalletSettings::Homepay { url, account, key_id, request_key, response_key } => {
            WalletPlan::Native {
                url: url.to_string(),
                account: account.clone(),
                key_id: key_id.clone(),
                request_key: key("request_key", request_key)?,
                response_key: key("response_key", response_key)?,
            }
        }
    })
}

/// Judges configuration and household without starting anything.
pub(super) async fn check(file: Option<&Path>, out: Out) -> Done {
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    match config::load(file) {
        Err(found) => problems = found,
        Ok(loaded) => {
            if let Some(path) = &loaded.settings.home.household {
                match household_of(path, &loaded.settings) {
                    Ok(household) => {
                        notes = warnings(&loaded.settings, &household);
                        if let Some(in_books) = unused_file::in_books(&loaded.settings).await {
                            notes.extend(unused_file::differs(
                                &loaded.settings,
                                path,
                                &in_books,
                                &household,
                            ));
                            notes.extend(never_heard(&loaded.settings, &in_books).await);
                        }
                    }
                    Err(found) => problems = found,
                }
            }
        }
    }
    let told: Vec<_> =
        problems.iter().map(|p| json!({"file": p.file, "line": p.line, "what": p.what})).collect();
    let good = problems.is_empty();
    out.document(&json!({"ok": good, "problems": told, "notes": notes}), |_| {
        let read = if good { "everything can be read".to_owned() } else { listed(&problems) };
        std::iter::once(read).chain(notes.iter().cloned()).collect::<Vec<_>>().join("\n")
    });
    Ok(if good { Exit::Done } else { Exit::Usage })
}
