//! Which devices are heard: in the list of all, and of those that never were in `check`.

use super::Failure;
use super::client::{Client, escaped};
use crate::config::Settings;
use homepay_devices::outcome::meaning;
use homepay_devices::registry::registry;
use homepay_domain::household::{Device, DeviceKind, Household};
use homepay_domain::ids::Name;
use homepay_store::sqlite::reader::Reader;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is shown in the place of a time.
const NEVER: &str = "never heard";

/// A device of the list with when it was heard, what it showed last, and what was ignored of it.
pub(super) async fn with_hearing(client: &Client, mut row: Value) -> Result<Value, Failure> {
    let id = row["id"].as_str().unwrap_or_default().to_owned();
    let is_speaker = row["kind"] == "speaker";
    let state = client.get(&format!("/v1/devices/{}", escaped(&id))).await?;
    row["heard_at"] = state["heard_at"].clone();
    row["heard"] = match (state["heard_at"].as_str(), is_speaker) {
        (Some(at), _) => json!(at),
        (None, true) => Value::Null,
        (None, false) => json!(NEVER),
    };
    row["availability"] = state["availability"].clone();
    row["last_reading"] = state["last_reading"].clone();
    let last = state["last_reading"].as_object().into_iter().flatten();
    let last = last.map(|(quantity, told)| {
        let text = |name: &str| told[name].as_str().unwrap_or_default();
        format!("{quantity} {} {}", text("value"), text("unit"))
    });
    row["last"] = json!(last.collect::<Vec<_>>().join(", "));
    let ignored: Vec<Value> = state["notes"].as_array().cloned().unwrap_or_default();
    let of = |note: &Value| {
        let text = |name: &str| note[name].as_str().unwrap_or_default();
        format!("{} ({})", text("reason"), text("of"))
    };
    row["passed_over"] = json!(ignored.iter().map(of).collect::<Vec<_>>().join(", "));
    row["ignored"] = Value::Array(ignored);
    Ok(row)
}

/// Devices of the books that never told a figure, a line each, as the store has it.
pub(super) async fn never_heard(settings: &Settings, household: &Household) -> Vec<String> {
    let Ok(reader) = Reader::open(&settings.store.path).await else { return Vec::new() };
    let heard = reader.heard_devices().await;
    reader.close().await;
    let Ok(heard) = heard else { return Vec::new() };
    let silent = household
        .devices
        .iter()
        .filter(|(id, device)| device.kind != DeviceKind::Speaker && !heard.measured.contains(*id));
    let told = silent.map(|(id, device)| {
        let sighting = heard.sightings.get(id);
        let spoke = sighting.is_some_and(|sighting| sighting.heard_at.0 > 0);
        let reasons: BTreeSet<&str> =
            sighting.iter().flat_map(|s| &s.notes).map(|note| note.reason.as_str()).collect();
        let lang = settings.home.language;
        let (what, why) = if spoke || !reasons.is_empty() {
            let why: Vec<String> = reasons.iter().map(|reason| meaning(lang, reason)).collect();
            ("was received, but nothing in it could be counted", format!(" ({})", why.join("; ")))
        } else {
            (NEVER, String::new())
        };
        format!("note: {id}: {what}{why}{}", listened(device))
    });
    told.collect()
}

/// Where a device would be heard.
fn listened(device: &Device) -> String {
    let profile = registry().get(device.profile.as_str());
    let (Some(profile), Some(topic)) = (profile, &device.topic) else { return String::new() };
    let filters = profile.filters(topic);
    let shown = filters.iter().take(FILTERS_SHOWN_MAX).map(String::as_str).collect::<Vec<_>>();
    let more = if filters.len() > FILTERS_SHOWN_MAX { " and others" } else { "" };
    format!(": the hub listens on {}{more}", shown.join(", "))
}

/// How many topics are named of a device.
const FILTERS_SHOWN_MAX: usize = 4;

/// Devices whose profile goes by models and does not know theirs, a line each.
pub(super) fn unknown_models(household: &Household) -> Vec<String> {
    let told = household.devices.iter().filter_map(|(id, device)| unknown_model(id, device));
    told.collect()
}

/// The same of one device.
pub(super) fn unknown_model(id: &Name, device: &Device) -> Option<String> {
    let profile = registry().get(device.profile.as_str())?;
    let what = profile.unknown_model(device.model.as_deref())?;
    Some(format!("note: {id}: {what}"))
}
