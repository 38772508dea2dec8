//! Devices as data: a profile says where a device's figures stand in its messages.
//!
//! To add a make: one folder under `devices/`, no Rust. Its samples are its test.

use super::amount::decimal_text;
use super::native::heard::{Heard, clip};
use super::snapshot::Snapshot;
use crate::domain::event::{Event, Value};
use crate::domain::meter::Quantity;
use crate::domain::reply::Code;
use crate::domain::time::UnixMs;
use crate::ports::{MESSAGE_BYTES_MAX, Message};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The profile of devices that speak the hub's own topics.
pub const NATIVE: &str = "homepay-native";

/// The shipped profiles.
const SHIPPED: &[&str] = &[include_str!("../../devices/zigbee2mqtt/profile.toml")];

/// How a make of devices is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its id, as devices name it.
    pub id: String,
    /// Its name by language.
    pub name: BTreeMap<String, String>,
    /// Who vouches for its messages: `broker`.
    pub trust: String,
    /// Where its facts come from.
    pub source: String,
    /// What to know of it.
    #[serde(default)]
    pub notes: String,
    /// Where figures stand.
    pub fields: Vec<Field>,
}

/// Where one figure stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Names from the top of the JSON object, as `$.energy` or `$.ENERGY.Total`.
    pub path: String,
    /// What it is.
    pub quantity: String,
    /// In which unit.
    pub unit: String,
}

/// What a field held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRead {
    /// Where it stands.
    pub path: String,
    /// The value, or why it is not one.
    pub value: Result<Value, String>,
}

/// The shipped profiles, by id.
pub fn shipped() -> &'static BTreeMap<String, Profile> {
    static PROFILES: OnceLock<BTreeMap<String, Profile>> = OnceLock::new();
    PROFILES.get_or_init(|| {
        SHIPPED
            .iter()
            .map(|text| toml::from_str::<Profile>(text).expect("a shipped profile parses"))
            .map(|profile| (profile.id.clone(), profile))
            .collect()
    })
}

/// Reads a message on a device's own topic.
pub fn read(snapshot: &Snapshot, message: &Message, now: UnixMs) -> Heard {
    let Some((id, device)) = snapshot.device_at(&message.topic) else {
        return Heard::Ignored(format!("no device publishes on {}", clip(&message.topic)));
    };
    let refused = |why| Heard::Refused { device: None, order: None, code: Code::Malformed, why };
    let Some(profile) = shipped().get(device.profile.as_str()) else {
        return Heard::Ignored(format!("{id} speaks the hub's own topics"));
    };
    if message.payload.len() > MESSAGE_BYTES_MAX {
        return refused(format!("{id}: more than {MESSAGE_BYTES_MAX} bytes"));
    }
    if message.payload.is_empty() {
        return Heard::Ignored(format!("{id}: empty"));
    }
    match profile.fields(&message.payload) {
        Err(why) => refused(format!("{id}: {why}")),
        Ok(fields) => {
            let values: Vec<Value> = fields.into_iter().filter_map(|f| f.value.ok()).collect();
            if values.is_empty() {
                return Heard::Ignored(format!("{id}: no figures"));
            }
            let retained = message.retained;
            Heard::Event(Event::ReadingTaken {
                stamp: None,
                device: id.clone(),
                at: now,
                values,
                retained,
            })
        }
    }
}

impl Profile {
    /// Reads each field of a payload: its value, or why there is none.
    ///
    /// # Errors
    /// When the payload is not a JSON object.
    pub fn fields(&self, payload: &[u8]) -> Result<Vec<FieldRead>, String> {
        let top: BTreeMap<String, &RawValue> =
            serde_json::from_slice(payload).map_err(|e| format!("not a JSON object: {e}"))?;
        Ok(self
            .fields
            .iter()
            .map(|field| FieldRead { path: field.path.clone(), value: field.value(&top) })
            .collect())
    }
}

impl Field {
    fn value(&self, top: &BTreeMap<String, &RawValue>) -> Result<Value, String> {
        let raw = self.find(top).ok_or("not in the message")?;
        let quantity = Quantity::parse(&self.quantity)
            .ok_or_else(|| format!("the profile names no quantity: {}", self.quantity))?;
        let text = raw.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(raw);
        let number = decimal_text(text)
            .filter(|n| !n.is_sign_negative() || !quantity.is_counter())
            .ok_or_else(|| format!("{} is not a reading", clip(raw)))?;
        let micro = quantity
            .micro(number, &self.unit)
            .ok_or_else(|| format!("{} {} does not fit", clip(raw), self.unit))?;
        Ok(Value { quantity, micro })
    }

    fn find<'a>(&self, top: &BTreeMap<String, &'a RawValue>) -> Option<&'a str> {
        let mut names = self.path.strip_prefix("$.")?.split('.');
        let mut raw: &'a RawValue = top.get(names.next()?).copied()?;
        for name in names {
            let inner: BTreeMap<String, &'a RawValue> = serde_json::from_str(raw.get()).ok()?;
            raw = inner.get(name).copied()?;
        }
        Some(raw.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Sample {
        topic: String,
        payload: String,
        values: Vec<Wanted>,
    }

    #[derive(Deserialize)]
    struct Wanted {
        quantity: String,
        value: String,
        unit: String,
    }

    #[test]
    fn every_sample_reads_as_it_says() {
        let samples = include_str!("../../devices/zigbee2mqtt/samples.jsonl");
        let profile = &shipped()["zigbee2mqtt"];
        for line in samples.lines() {
            let sample: Sample = serde_json::from_str(line).expect("a sample");
            let read: Vec<Value> = profile
                .fields(sample.payload.as_bytes())
                .unwrap_or_default()
                .into_iter()
                .filter_map(|f| f.value.ok())
                .collect();
            let want: Vec<Value> = sample
                .values
                .iter()
                .map(|w| {
                    let quantity = Quantity::parse(&w.quantity).expect("a quantity");
                    let value = decimal_text(&w.value).expect("a number");
                    Value { quantity, micro: quantity.micro(value, &w.unit).expect("fits") }
                })
                .collect();
            assert_eq!(read, want, "{} {}", sample.topic, sample.payload);
        }
    }
}
