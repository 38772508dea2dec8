//! The wallet from the owner's side, and the sandbox wallet as a process.

use super::args::{SandboxArgs, WalletCommand};
use super::client::Client;
use super::out::{Out, line, table};
use super::{Done, Exit, Failure};
use crate::lifecycle::{stop_on_signals, take_files};
use crate::telemetry::logs;
use homepay_domain::household::Secret;
use homepay_domain::money::Currency;
use homepay_io::system_clock::SystemClock;
use homepay_sandbox::wallet::{SandboxOptions, start};
use homepay_text::keys::key_bytes;
use homepay_wallets::webhook;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(super) async fn wallet(client: &Client, command: WalletCommand, out: Out) -> Done {
    match command {
        WalletCommand::Status => {
            let status = client.get("/v1/wallet/status").await?;
            let reachable = status["reachable"] == true;
            out.document(&status, |s| {
                let word = if reachable { "answers" } else { "does not answer" };
                format!("the wallet {word}; {} orders are unsettled", s["unsettled"])
            });
            Ok(if reachable { Exit::Done } else { Exit::No })
        }
        WalletCommand::Balance => {
            let balance = client.get("/v1/wallet/balance").await?;
            out.document(&balance, |b| {
                let text = |field: &str| b[field].as_str().unwrap_or_default().to_owned();
                let currency = text("currency");
                format!("{} {currency} available, {} held", text("available"), text("held"))
            });
            Ok(Exit::Done)
        }
        WalletCommand::Reconcile { from, to } => {
            if let (Some(from), Some(to)) = (from, to)
                && to <= from
            {
                let what = "--to is the day after the last: it is after --from";
                return Err(Failure::usage(what));
            }
            let household = client.get("/v1/status").await?;
            let zone = zone_of(&household);
            let ms = |day: jiff::civil::Date| {
                homepay_domain::limits::window::midnight(day, &zone).0.to_string()
            };
            let mut asked = Vec::new();
            asked.extend(from.map(|day| format!("from_ms={}", ms(day))));
            asked.extend(to.map(|day| format!("to_ms={}", ms(day))));
            let target = format!("/v1/wallet/reconcile?{}", asked.join("&"));
            let found = client.get(&target).await?;
            let agrees = found["agrees"] == true;
            out.document(&found, |found| {
                if agrees {
                    return format!("{} lines, the wallet and the journal agree", found["lines"]);
                }
                let columns = &[
                    ("line", "line"),
                    ("journal", "journal"),
                    ("wallet", "wallet"),
                    ("why", "why"),
                ];
                table(&found["differences"], columns)
            });
            Ok(if agrees { Exit::Done } else { Exit::No })
        }
    }
}

/// The zone of the offset that the daemon's clock shows: enough for whole days of a statement.
fn zone_of(status: &serde_json::Value) -> jiff::tz::TimeZone {
    let at = status["at"].as_str().unwrap_or_default();
    let offset = at.get(at.len().saturating_sub(6)..).unwrap_or("+00:00");
    jiff::tz::TimeZone::get(offset)
        .ok()
        .or_else(|| {
            let (hours, minutes) = offset.split_once(':')?;
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            let seconds = hours * 3600 + hours.signum() * minutes * 60;
            Some(jiff::tz::Offset::from_seconds(seconds).ok()?.to_time_zone())
        })
        .unwrap_or(jiff::tz::TimeZone::UTC)
}

pub(super) async fn sandbox(args: SandboxArgs) -> Done {
    logs("info", false);
    take_files();
    let currency =
        Currency::from_code(&args.currency).map_err(|e| Failure::usage(e.to_string()))?;
    let balance =
        currency.parse(&args.balance).map_err(|e| Failure::usage(format!("--balance: {e}")))?;
    let callback = match (&args.callback_url, &args.callback_secret_file) {
        (Some(url), Some(file)) => {
            let secret = webhook::secret(read(file)?.trim()).ok_or_else(|| {
                Failure::usage(format!("{}: write whsec_ and base64", file.display()))
            })?;
            Some((url.clone(), secret))
        }
        _ => None,
    };
    let options = SandboxOptions {
        listen: args.listen,
        admin: args.admin,
        db: args.db,
        account: args.account,
        currency,
        balance,
        key_id: args.key_id,
        request_key: key(&args.request_key_file)?,
        response_key: key(&args.response_key_file)?,
        callback,
        clock: Arc::new(SystemClock),
        durable: true,
    };
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone()).map_err(|e| Failure::no(e.to_string()))?;
    let wallet = start(options).await?;
    line(&format!("sandbox wallet at http://{}", wallet.address));
    if let Some(admin) = wallet.admin {
        line(&format!("admin at http://{admin}"));
    }
    stop.cancelled().await;
    wallet.stop().await;
    Ok(Exit::Done)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|e| Failure::usage(format!("{}: {e}", file.display())))
}

fn key(file: &Path) -> Result<Vec<u8>, Failure> {
    key_bytes(&Secret::new(read(file)?.trim()))
        .map_err(|why| Failure::usage(format!("{}: {why}", file.display())))
}
