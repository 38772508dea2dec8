//! Speakers, appliances and meters.

use super::parts;
use super::tables::ParseContext;
use homepay_devices::NATIVE;
use homepay_devices::registry::registry;
use homepay_devices::voices::{VOICE_PROFILES, voice_profile};
use homepay_domain::household::{Device, DeviceKind, Secret};
use homepay_domain::ids::Name;
use homepay_text::amount::plain_decimal;
use homepay_text::keys::key_bytes;
use homepay_text::problem::{hint, shown};
use homepay_text::toml_table::{Located, TomlTable, text_of};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The words for kinds of devices.
pub(super) const KINDS: [(&str, DeviceKind); 4] = [
    ("speaker", DeviceKind::Speaker),
    ("appliance", DeviceKind::Appliance),
    ("meter", DeviceKind::Meter),
    ("production", DeviceKind::Production),
];

/// How many keys may sign for a device: the one in use, and the next.
const KEYS_MAX: usize = 2;

/// The longest topic that MQTT carries, in bytes.
const TOPIC_BYTES_MAX: usize = 65_535;

pub(super) fn device(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<Device> {
    let kind = sheet.need_choice("kind", &KINDS);
    let name = sheet.need_label("name");
    let room = sheet.name("room");
    let profile = profile(sheet);
    let topic = sheet.text("topic");
    let model = sheet.text("model");
    let channel = parts::channels(sheet, profile.as_ref());
    let registers = parts::registers(context, sheet, profile.as_ref());
    let phases_net = parts::phases_net(sheet, profile.as_ref(), model.as_ref().map(|m| m.value));
    let max_power_w = sheet.whole("max_power_w");
    let modulus = above_zero(sheet, "modulus", "100000");
    let run_kwh = above_zero(sheet, "run_kwh", "1.2");
    let tariff = context.refer(&context.tariffs, sheet.name("tariff"));
    let keys = keys(context, sheet);
    if let Some(profile) = &profile {
        found_by(sheet, profile, topic);
        let speaker = kind.as_ref().is_some_and(|kind| kind.value == DeviceKind::Speaker);
        let hears = voice_profile(profile.value.as_str()).is_some();
        let all = [NATIVE]
            .into_iter()
            .chain(VOICE_PROFILES.iter().copied())
            .collect::<Vec<_>>()
            .join(", ");
        if speaker && !hears && profile.value.as_str() != NATIVE {
            let what = format!(
                "a speaker has one of the profiles {all}: \"{}\" reads figures, not orders",
                profile.value
            );
            sheet.wrong(profile.at, what);
        }
        if hears && kind.as_ref().is_some_and(|kind| kind.value != DeviceKind::Speaker) {
            let what = format!("\"{}\" takes orders: write kind = \"speaker\"", profile.value);
            sheet.wrong(profile.at, what);
        }
    }
    if let Some(watts) = max_power_w.filter(|watts| watts.value == 0) {
        sheet.wrong(watts.at, "max_power_w is zero: every reading would be refused");
    }
    Some(Device {
        kind: kind?.value,
        name: name?,
        room: room.map(|room| room.value),
        profile: profile?.value,
        topic: topic.map(|topic| topic.value.to_owned()),
        model: model.map(|model| model.value.to_owned()),
        channel,
        registers,
        phases_net,
        max_power_w: max_power_w.map(|watts| watts.value),
        modulus,
        tariff,
        run_kwh,
        keys,
    })
}

fn profile(sheet: &TomlTable<'_>) -> Option<Located<Name>> {
    let profile = sheet.need_name("profile")?;
    let id = profile.value.as_str();
    if voice_profile(id).is_none() && registry().get(id).is_none() {
        let all = registry().ids().chain(VOICE_PROFILES.iter().copied());
        let near = hint(id, all.clone());
        let all = all.collect::<Vec<_>>().join(", ");
        sheet.wrong(profile.at, format!("there is no profile \"{id}\"{near} (there are: {all})"));
        return None;
    }
    Some(profile)
}

/// Notes a topic that is missing, is of no use, or cannot be one.
fn found_by(sheet: &TomlTable<'_>, profile: &Located<Name>, topic: Option<Located<&str>>) {
    let native = profile.value.as_str() == NATIVE;
    match topic {
        None if native || sheet.has("topic") => {}
        None => sheet.missing(&format!("topic, by which \"{}\" finds the device,", profile.value)),
        Some(topic) if native => {
            let what = "topic is of no use: a device with this profile speaks the hub's own topics";
            sheet.wrong(topic.at, what);
        }
        Some(Located { value, at }) => {
            let sized = !value.is_empty() && value.len() <= TOPIC_BYTES_MAX;
            if !sized || value.contains(['+', '#', '\0']) {
                let what = format!(
                    "topic \"{}\" is not one topic: write it in full, without + and #",
                    shown(value)
                );
                sheet.wrong(at, what);
            } else if let Some(known) = registry().get(profile.value.as_str())
                && let Err(what) = known.identity(value)
            {
                sheet.wrong(at, what);
            }
        }
    }
}

fn above_zero(sheet: &TomlTable<'_>, key: &'static str, such: &str) -> Option<Decimal> {
    let text = sheet.text(key)?;
    let read = plain_decimal(text.value).filter(|number| *number > Decimal::ZERO);
    if read.is_none() {
        let what =
            format!("{key} \"{}\" is not a number above zero: write \"{such}\"", shown(text.value));
        sheet.wrong(text.at, what);
    }
    read
}

fn keys(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> BTreeMap<Name, Secret> {
    let mut keys = BTreeMap::new();
    let Some(table) = sheet.sheet("keys") else { return keys };
    let count = table.entries().count();
    if count > KEYS_MAX {
        let what = format!("keys has {count} keys: at most {KEYS_MAX} may be active, retire one");
        sheet.wrong(table.at(), what);
    }
    for (id, value) in table.entries() {
        let name = sheet.name_of("keys", id);
        let Some(text) = text_of(context.page, id.value, value) else { continue };
        let key = Secret::new(text.value);
        if let Err(why) = key_bytes(&key) {
            sheet.wrong(text.at, format!("key \"{}\": {why}", shown(id.value)));
        }
        keys.extend(name.map(|name| (name.value, key)));
    }
    keys
}
