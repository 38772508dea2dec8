//! All profiles: those that are shipped, and the owner's own, which win.

use super::made::Profile;
use crate::adapters::problem::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The shipped profiles: name of the folder under `devices/`, and the file.
pub const SHIPPED: &[(&str, &str)] = &[
    ("ai-on-the-edge", include_str!("../../../devices/ai-on-the-edge/profile.toml")),
    ("esphome", include_str!("../../../devices/esphome/profile.toml")),
    ("evcc", include_str!("../../../devices/evcc/profile.toml")),
    ("generic-json", include_str!("../../../devices/generic-json/profile.toml")),
    ("go-e", include_str!("../../../devices/go-e/profile.toml")),
    ("ha-statestream", include_str!("../../../devices/ha-statestream/profile.toml")),
    ("homepay-native", include_str!("../../../devices/homepay-native/profile.toml")),
    ("homie4", include_str!("../../../devices/homie4/profile.toml")),
    ("homie5", include_str!("../../../devices/homie5/profile.toml")),
    ("openwb", include_str!("../../../devices/openwb/profile.toml")),
    ("shelly-gen1", include_str!("../../../devices/shelly-gen1/profile.toml")),
    ("shelly-gen2", include_str!("../../../devices/shelly-gen2/profile.toml")),
    ("tasmota", include_str!("../../../devices/tasmota/profile.toml")),
    ("wmbusmeters", include_str!("../../../devices/wmbusmeters/profile.toml")),
    ("xiaomi-gateway3", include_str!("../../../devices/xiaomi-gateway3/profile.toml")),
    ("xiaomi-mips-cloud", include_str!("../../../devices/xiaomi-mips-cloud/profile.toml")),
    ("xiaomi-mips-local", include_str!("../../../devices/xiaomi-mips-local/profile.toml")),
    ("zigbee2mqtt", include_str!("../../../devices/zigbee2mqtt/profile.toml")),
];

/// Profiles by id.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    profiles: BTreeMap<String, Arc<Profile>>,
    aliases: BTreeMap<String, String>,
}

static SHELF: OnceLock<Shelf> = OnceLock::new();

impl Shelf {
    /// The shipped profiles alone.
    pub fn shipped() -> Shelf {
        let mut shelf = Shelf::default();
        for (id, text) in SHIPPED {
            let profile = Profile::read(id, text).expect("a test reads every shipped profile");
            shelf.put(profile);
        }
        shelf
    }

    /// Puts a profile in the place of one with the same id.
    pub fn put(&mut self, profile: Profile) {
        for alias in &profile.aliases {
            self.aliases.insert(alias.clone(), profile.id.clone());
        }
        self.profiles.insert(profile.id.clone(), Arc::new(profile));
    }

    /// A profile by its id, or by another that it answers to.
    pub fn get(&self, id: &str) -> Option<&Arc<Profile>> {
        let own = self.profiles.get(id);
        own.or_else(|| self.profiles.get(self.aliases.get(id)?))
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> + Clone {
        self.profiles.keys().map(String::as_str)
    }

    /// Every profile.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.profiles.values()
    }
}

/// The profiles of this process: the shipped ones, and the owner's own where [`take_up`] was
/// called before.
pub fn shelf() -> &'static Shelf {
    SHELF.get_or_init(Shelf::shipped)
}

/// Adds the owner's own profiles, as files with their texts. Once, before any profile is used.
///
/// # Errors
/// Every mistake in them, with file and line.
pub fn take_up(own: &[(String, String)]) -> Result<(), Vec<Problem>> {
    let mut shelf = Shelf::shipped();
    let mut problems = Vec::new();
    for (file, text) in own {
        match Profile::read(file, text) {
            Ok(profile) => shelf.put(profile),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    // Where profiles are in use already, they stay: a process has one shelf.
    let _ = SHELF.set(shelf);
    Ok(())
}
