//! Tariffs of other formats as tariff files.

use super::args::ImportCommand;
use super::find::text_of;
use crate::cli::out::Out;
use crate::cli::{Done, Exit, Failure};
use homepay_files::tariff::urdb::{ImportOptions, Pooling, import_urdb};
use jiff::tz::TimeZone;
use serde_json::json;
use std::fmt::Write;

pub(super) fn import(command: &ImportCommand, out: Out) -> Done {
    let ImportCommand::Urdb { file, out: to, tiers, zone, from, no_export } = command;
    let tiers = match tiers.as_deref() {
        None => None,
        Some("individual") => Some(Pooling::Individual),
        Some("combined") => Some(Pooling::Combined),
        Some(other) => {
            let what = format!("--tiers {other}: write individual or combined");
            return Err(Failure::usage(what));
        }
    };
    let zone = match zone {
        None => None,
        Some(zone) => Some(TimeZone::get(zone).map_err(|_| {
            Failure::usage(format!("--zone {zone} is not an IANA zone such as America/Chicago"))
        })?),
    };
    let asked = ImportOptions { tiers, zone, from: *from, no_export: *no_export };
    let imported = import_urdb(&text_of(file)?, &asked).map_err(|whats| {
        let file = file.display();
        let whats: Vec<String> = whats.iter().map(|what| format!("{file}: {what}")).collect();
        Failure::no(whats.join("\n"))
    })?;
    if let Some(to) = to {
        std::fs::write(to, &imported.text)
            .map_err(|e| Failure::no(format!("{}: {e}", to.display())))?;
    }
    let value = json!({
        "file": to.as_ref().map(|to| to.display().to_string()),
        "text": imported.text, "said": imported.said,
    });
    out.document(&value, |_| match to {
        None => imported.text.trim_end().to_owned(),
        Some(to) => {
            let mut text = format!("written to {}", to.display());
            for what in &imported.said {
                let _ = write!(text, "\n  {what}");
            }
            text
        }
    });
    Ok(Exit::Done)
}
