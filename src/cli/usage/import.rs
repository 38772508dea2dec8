//! A supplier's file as a device's past.

use crate::adapters::published::read::Context;
use crate::adapters::published::used_of_any;
use crate::adapters::tariff::used::read_used;
use crate::api::usage::ImportAsked;
use crate::cli::client::Client;
use crate::cli::out::Out;
use crate::cli::{Done, Exit, Failure};
use crate::config::Loaded;
use crate::domain::meter::{Quantity, units_text};
use crate::domain::tariff::{SlotUse, Use};
use crate::domain::usage::correction::IMPORTED_SLOTS_MAX;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What was asked for at the command line.
pub(super) struct Asked {
    pub(super) device: String,
    pub(super) file: PathBuf,
    pub(super) quantity: Option<String>,
    pub(super) replace: bool,
    pub(super) dry_run: bool,
}

/// The use in a file, and which source it is of.
///
/// # Errors
/// Says which row is wrong.
pub(in crate::cli) fn use_of_file(
    text: &str,
    zone: &TimeZone,
    quantity: Quantity,
) -> Result<(Use, &'static str), String> {
    let context = Context { zone: "", timezone: zone, with_tax: false, now: None };
    match used_of_any(text, &context, quantity) {
        Some((source, used)) => Ok((used?, source)),
        None => Ok((read_used(text, quantity)?, "a list of start and use")),
    }
}

pub(super) async fn import(loaded: &Loaded, client: &Client, asked: Asked, out: Out) -> Done {
    let fault = |what: String| Failure::usage(format!("{}: {what}", asked.file.display()));
    let text = std::fs::read_to_string(&asked.file).map_err(|e| fault(e.to_string()))?;
    let quantity = match asked.quantity.as_deref() {
        None => Quantity::Energy,
        Some(text) => Quantity::parse(text).ok_or_else(|| {
            Failure::usage(format!("--quantity {text}: write energy, water or gas"))
        })?,
    };
    let zone = &loaded.settings.home.zone;
    let (used, source) = use_of_file(&text, zone, quantity).map_err(fault)?;
    let slots: Vec<SlotUse> =
        used.slots().iter().map(|of| SlotUse { imported: true, ..*of }).collect();
    let (first, last) = match (slots.first(), slots.last()) {
        (Some(first), Some(last)) => (first.start(), last.slot.next().start()),
        _ => return Err(fault("has no rows".to_owned())),
    };
    let name = asked.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into());
    let mut told = json!({
        "device": asked.device, "source": source, "from": first.rfc3339(zone),
        "to": last.rfc3339(zone), "in_file": units_text(used.total()), "unit": quantity.unit(),
        "quarters": slots.len(), "dry_run": asked.dry_run,
    });
    if !asked.dry_run {
        let (mut added, mut kept) = (Decimal::ZERO, 0);
        for chunk in slots.chunks(IMPORTED_SLOTS_MAX) {
            let said = ImportAsked {
                device: asked.device.clone(),
                quantity: asked.quantity.clone(),
                used: chunk.to_vec(),
                file: name.clone(),
                replace: asked.replace,
            };
            let answer = client.post("/v1/usage/import", &json!(said)).await?;
            let of = answer["added"].as_str().and_then(|text| text.parse::<Decimal>().ok());
            added += of.unwrap_or_default();
            kept += answer["kept"].as_u64().unwrap_or_default();
        }
        told["added"] = json!(added.normalize().to_string());
        told["kept"] = json!(kept);
    }
    out.document(&told, shown);
    Ok(Exit::Done)
}

fn shown(told: &Value) -> String {
    let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
    let in_file = format!(
        "{} {} from {} until {} ({})",
        text("in_file"),
        text("unit"),
        text("from"),
        text("to"),
        text("source")
    );
    match told["added"].as_str() {
        None => format!("{in_file}. Nothing was changed"),
        Some(added) if told["kept"] == json!(0) => format!("{in_file}: added {added}"),
        Some(added) => format!(
            "{in_file}: added {added}. For {} of {} quarters of an hour its use was known: that \
             stays (--replace takes the file's)",
            told["kept"], told["quarters"]
        ),
    }
}
