//! A supplier's file as a device's past.

use crate::cli::client::Client;
use crate::cli::out::Out;
use crate::cli::tariff::household;
use crate::cli::{Done, Exit, Failure};
use crate::config::Loaded;
use homepay_api::usage::ImportBody;
use homepay_domain::household::Household;
use homepay_domain::meter::{Quantity, units_text};
use homepay_domain::tariff::{SlotUse, Use};
use homepay_domain::usage::correction::IMPORTED_SLOTS_MAX;
use homepay_domain::usage::priced_quantity;
use homepay_files::published::document::ReadContext;
use homepay_files::published::moment::DateOrder;
use homepay_files::published::table::{FileHints, known_unit};
use homepay_files::published::used_of_any;
use homepay_files::tariff::used::read_used;
use homepay_text::encoding::decoded;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: two years of quarters of an hour with room to spare.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The source of tables that are known by their columns alone.
const PLAIN_TABLE: &str = "utility-csv";

/// What was asked for at the command line.
pub(super) struct ImportRequest {
    pub(super) device: String,
    pub(super) file: PathBuf,
    pub(super) said: FileOptions,
    pub(super) quantity: Option<String>,
    pub(super) replace: bool,
    pub(super) dry_run: bool,
}

/// What a file does not say of itself.
#[derive(clap::Args, Clone, Debug, Default)]
pub(in crate::cli) struct FileOptions {
    /// Which number of a date such as 01/02/2026 is the day, where the file leaves it open: dmy or mdy
    #[arg(long, value_name = "ORDER")]
    dates: Option<String>,
    /// What the values are in, where the file does not say it: kWh, Wh, W, m3
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// The column that holds the use, where several can
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
}

impl FileOptions {
    fn hints(&self) -> Result<FileHints<'_>, String> {
        let dates = match self.dates.as_deref() {
            None => None,
            Some("dmy") => Some(DateOrder::DayFirst),
            Some("mdy") => Some(DateOrder::MonthFirst),
            Some(other) => return Err(format!("--dates {other}: write dmy or mdy")),
        };
        let unit = match self.unit.as_deref() {
            None => None,
            Some(unit) => match known_unit(unit) {
                Some(known) if !known.is_empty() => Some(known),
                _ => return Err(format!("--unit {unit}: write kWh, Wh, W or m3")),
            },
        };
        Ok(FileHints { dates, unit, column: self.column.as_deref() })
    }
}

/// The text of a file, whatever it is encoded in.
pub(in crate::cli) fn file_text(path: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| error.to_string();
    let bytes = std::fs::metadata(path).map_err(told)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(format!("has {bytes} bytes: at most {FILE_BYTES_MAX} are read"));
    }
    std::fs::read(path).map(|bytes| decoded(&bytes)).map_err(told)
}

/// The use in a file, and which source it is of.
///
/// # Errors
/// Says which row is wrong.
pub(in crate::cli) fn use_of_file(
    text: &str,
    zone: &TimeZone,
    quantity: Quantity,
    said: &FileOptions,
) -> Result<(Use, &'static str), String> {
    let context = ReadContext::of_file(zone, said.hints()?);
    let plain = || read_used(text, quantity).map(|used| (used, "a list of start and use"));
    match used_of_any(text, &context, quantity) {
        // A list of our own form says more than its columns: its times have offsets.
        Some((PLAIN_TABLE, used)) => plain().or_else(|_| used.map(|used| (used, PLAIN_TABLE))),
        Some((source, used)) => Ok((used?, source)),
        None => plain(),
    }
}

/// What the tariff of a device prices; energy where it has none.
fn priced_of(household: &Household, device: &str) -> Quantity {
    let tariff = household.devices.iter().find(|(id, _)| id.as_str() == device);
    let tariff = tariff.and_then(|(_, device)| household.tariffs.get(device.tariff.as_ref()?));
    tariff.map_or(Quantity::Energy, priced_quantity)
}

pub(super) async fn import(
    loaded: &Loaded,
    client: &Client,
    asked: ImportRequest,
    out: Out,
) -> Done {
    let fault = |what: String| Failure::usage(format!("{}: {what}", asked.file.display()));
    let text = file_text(&asked.file).map_err(fault)?;
    let quantity = match asked.quantity.as_deref() {
        None => priced_of(&household(loaded, client).await?, &asked.device),
        Some(text) => Quantity::parse(text).ok_or_else(|| {
            Failure::usage(format!("--quantity {text}: write energy, water, gas, heat or cooling"))
        })?,
    };
    let zone = &loaded.settings.home.zone;
    let (used, source) = use_of_file(&text, zone, quantity, &asked.said).map_err(fault)?;
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
            let said = ImportBody {
                device: asked.device.clone(),
                quantity: Some(quantity.as_str().to_owned()),
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
