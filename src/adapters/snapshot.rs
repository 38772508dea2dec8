//! What translation needs of a home, made anew whenever the household changes.

use super::voice::Door;
use crate::adapters::speech::Lexicon;
use crate::domain::household::{Device, Home, Household, Secret};
use crate::domain::ids::Name;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

/// Shortest device key, in bytes.
pub const KEY_BYTES_MIN: usize = 16;

/// Longest device key, in bytes.
pub const KEY_BYTES_MAX: usize = 64;

/// Reads a key of the form `base64:…`.
///
/// # Errors
/// Says what is wrong with it, without showing it.
pub fn key_bytes(secret: &Secret) -> Result<Vec<u8>, String> {
    let text = secret.expose().strip_prefix("base64:").ok_or("a key is written as \"base64:…\"")?;
    let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| "a key's base64 is not valid")?;
    if (KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(format!(
            "a key has {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, this one has {}",
            bytes.len()
        ))
    }
}

/// A home as translation sees it.
pub struct Snapshot {
    /// The base topic.
    pub base: String,
    /// Zone, currency, language.
    pub home: Home,
    /// People, things, devices.
    pub household: Household,
    /// What sentences can name.
    pub lexicon: Lexicon,
    /// Keyed hashes by signer and key, ready to be cloned.
    keys: BTreeMap<(String, Name), Hmac<Sha256>>,
    /// Devices by the topic on which their profile finds them.
    topics: BTreeMap<String, Name>,
}

impl Snapshot {
    /// Makes a snapshot. Keys that cannot be read are left out: nothing verifies under them.
    pub fn new(base: &str, home: Home, household: Household) -> Snapshot {
        let mut keys = BTreeMap::new();
        let mut add = |signer: String, id: &Name, secret: &Secret| {
            if let Ok(mac) = key_bytes(secret).map(|b| Hmac::<Sha256>::new_from_slice(&b)) {
                keys.extend(mac.ok().map(|mac| ((signer, id.clone()), mac)));
            }
        };
        for (id, device) in &household.devices {
            for (key, secret) in &device.keys {
                add(device_signer(id), key, secret);
            }
        }
        for (id, key) in &household.owner_keys {
            add(owner_signer(id), id, &key.key);
        }
        let topics = household
            .devices
            .iter()
            .filter(|(_, d)| Door::of_profile(d.profile.as_str()).is_none())
            .filter_map(|(id, d)| d.topic.clone().map(|topic| (topic, id.clone())))
            .collect();
        let lexicon = Lexicon::of(&household);
        Snapshot { base: base.to_owned(), home, household, lexicon, keys, topics }
    }

    /// The keyed hash of a signer's key.
    pub fn key(&self, signer: &str, key: &Name) -> Option<Hmac<Sha256>> {
        self.keys.get(&(signer.to_owned(), key.clone())).cloned()
    }

    /// The device that publishes on a topic of its own.
    pub fn device_at(&self, topic: &str) -> Option<(&Name, &Device)> {
        let id = self.topics.get(topic)?;
        self.household.devices.get_key_value(id)
    }

    /// What to subscribe to: the hub's own topics, and those of devices with other profiles.
    pub fn subscriptions(&self) -> Vec<String> {
        let base = &self.base;
        let mut filters = vec![
            format!("{base}/device/+/order"),
            format!("{base}/device/+/confirm"),
            format!("{base}/device/+/reading"),
            format!("{base}/request/#"),
        ];
        let voices = self.household.devices.values().flat_map(|device| {
            let door = Door::of_profile(device.profile.as_str());
            door.map_or(Vec::new(), |door| door.subscriptions(base, device))
        });
        // Sites share their topics.
        let voices: BTreeSet<String> = voices.collect();
        filters.extend(voices);
        filters.extend(self.topics.keys().cloned());
        filters
    }
}

/// The signer's name of a device.
pub fn device_signer(device: &Name) -> String {
    format!("device:{device}")
}

/// The signer's name of an owner's key.
pub fn owner_signer(key: &Name) -> String {
    format!("owner:{key}")
}
