//! What was used: by day, what a run costs, and use that an owner puts right.

mod import;

pub(super) use import::{FileOptions, file_text, use_of_file};

use super::client::Client;
use super::out::{Out, table};
use super::{Done, Exit, Failure};
use crate::config::Loaded;
use clap::Subcommand;
use homepay_api::usage::Corrected;
use homepay_domain::limits::window::plus_days;
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use jiff::civil::Date;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub(super) enum UsageCommand {
    /// What a run of a device costs now, and when it is cheapest within a day
    BeforeRun {
        /// The device
        device: String,
        /// When it would begin, such as 2026-11-22T22:00:00+08:00; else now
        #[arg(long, value_name = "TIME")]
        at: Option<jiff::Timestamp>,
    },
    /// Put right what a counter said wrongly: what was really used in a span
    Correct {
        /// The device
        device: String,
        /// Since when, local time on a quarter of an hour, such as 2026-11-03T08:00
        #[arg(long, value_name = "TIME")]
        from: jiff::civil::DateTime,
        /// Until when
        #[arg(long, value_name = "TIME")]
        to: jiff::civil::DateTime,
        /// What was used in it, such as 1.2; it is shared out over the span by time
        #[arg(long, value_name = "N")]
        used: String,
        /// Of what, such as energy or water; else what the device's tariff prices
        #[arg(long)]
        quantity: Option<String>,
        /// Why, for whoever reads the journal
        #[arg(long)]
        why: String,
        /// Show what it would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take a device's past in from a supplier's file: Green Button, Enedis, Octopus, PG&E, most CSV of
    /// meters' portals, or CSV and JSON with start, kWh and perhaps end
    Import {
        /// The device
        device: String,
        /// The file
        file: std::path::PathBuf,
        /// Of what, such as energy or gas; else what the device's tariff prices
        #[arg(long)]
        quantity: Option<String>,
        #[command(flatten)]
        said: import::FileOptions,
        /// Put it in the place of what the device told itself
        #[arg(long)]
        replace: bool,
        /// Show what is in the file, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn usage(
    loaded: &Loaded,
    client: &Client,
    (command, device, period): (Option<UsageCommand>, Option<String>, &str),
    out: Out,
) -> Done {
    match command {
        None => show(loaded, client, device, period, out).await,
        Some(UsageCommand::BeforeRun { device, at }) => {
            let at = at.map_or(String::new(), |at| format!("?at_ms={}", at.as_millisecond()));
            let told = client.get(&format!("/v1/devices/{device}/run{at}")).await?;
            out.document(&told, |told| told["say"].as_str().unwrap_or_default().to_owned());
            Ok(Exit::Done)
        }
        Some(UsageCommand::Import { device, file, quantity, said, replace, dry_run }) => {
            let asked = import::ImportRequest { device, file, said, quantity, replace, dry_run };
            import::import(loaded, client, asked, out).await
        }
        Some(UsageCommand::Correct { device, from, to, used, quantity, why, dry_run }) => {
            let said = Corrected { device, quantity, from, to, used, why, dry_run };
            let told = client.post("/v1/usage/correct", &json!(said)).await?;
            out.document(&told, |told| {
                let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
                let costs = match (told["cost_was"].as_str(), told["cost"].as_str()) {
                    (Some(was), Some(now)) => {
                        format!(", {now} {} in place of {was}", text("currency"))
                    }
                    _ => String::new(),
                };
                let then = if said.dry_run {
                    "Nothing was changed: this is what it would come to"
                } else {
                    "Bills that were made stay: what differs goes into the next one (homepay tariff \
                     rerate, where the cycle ended over three days ago)"
                };
                let (used, unit, was) = (text("used"), text("unit"), text("was"));
                format!("{}: {used} {unit} in place of {was}{costs}. {then}", said.device)
            });
            Ok(Exit::Done)
        }
    }
}

async fn show(
    loaded: &Loaded,
    client: &Client,
    device: Option<String>,
    period: &str,
    out: Out,
) -> Done {
    let today = SystemClock.now().in_zone(&loaded.settings.home.zone).date();
    let (first, next) = days_of(period, today)?;
    let mut usage = client.get(&format!("/v1/usage?first={first}&next={next}")).await?;
    if let (Some(device), Some(rows)) = (device, usage["usage"].as_array_mut()) {
        // One that is not known is told so.
        client.get(&format!("/v1/devices/{device}")).await?;
        rows.retain(|row| row["device"] == device.as_str());
    }
    let columns: &[(&str, &str)] = &[
        ("device", "device"),
        ("day", "day"),
        ("quantity", "quantity"),
        ("used", "used"),
        ("cost", "cost"),
        ("estimated", "estimated"),
    ];
    out.document(&usage, |usage| table(&usage["usage"], columns));
    Ok(Exit::Done)
}

/// The days of a period: `today`, `yesterday`, `month`, `last-month`, `2026-11`, `2026-11-21`.
fn days_of(period: &str, today: Date) -> Result<(Date, Date), Failure> {
    let month = |first: Date| (first, plus_days(first.last_of_month(), 1));
    let fault = || {
        Failure::usage(format!(
            "--period {period}: write today, yesterday, month, last-month or 2026-11"
        ))
    };
    Ok(match period {
        "today" | "day" => (today, plus_days(today, 1)),
        "yesterday" => (plus_days(today, -1), today),
        "month" => month(today.first_of_month()),
        "last-month" => month(plus_days(today.first_of_month(), -1).first_of_month()),
        other if other.len() == 7 => {
            month(format!("{other}-01").parse::<Date>().map_err(|_| fault())?)
        }
        other => {
            let day = other.parse::<Date>().map_err(|_| fault())?;
            (day, plus_days(day, 1))
        }
    })
}
