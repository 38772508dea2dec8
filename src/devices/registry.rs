//! All profiles: those that are shipped, and the owner's own, which win.

use super::made::Profile;
use homepay_text::problem::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The shipped profiles: name of the folder under `devices/`, and the file. `build.rs` lists them.
pub const SHIPPED_PROFILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// Profiles by id. A shipped one is read when it is first asked for: a home has few makes.
#[derive(Debug)]
pub struct Registry {
    profiles: BTreeMap<String, RegistryEntry>,
}

/// A profile, or what it will be read from.
#[derive(Debug)]
struct RegistryEntry {
    text: &'static str,
    profile: OnceLock<Arc<Profile>>,
}

impl RegistryEntry {
    fn get(&self, id: &str) -> &Arc<Profile> {
        self.profile.get_or_init(|| {
            let read = Profile::read(id, self.text);
            Arc::new(read.expect("a test reads every shipped profile"))
        })
    }
}

static SHELF: OnceLock<Registry> = OnceLock::new();

impl Registry {
    /// The shipped profiles alone.
    pub fn shipped() -> Registry {
        let slot = |text: &'static str| RegistryEntry { text, profile: OnceLock::new() };
        let profiles = SHIPPED_PROFILES.iter().map(|(id, text)| ((*id).to_owned(), slot(text)));
        Registry { profiles: profiles.collect() }
    }

    /// Puts a profile in the place of one with the same id.
    pub fn put(&mut self, profile: Profile) {
        let id = profile.id.clone();
        let slot = RegistryEntry { text: "", profile: OnceLock::from(Arc::new(profile)) };
        self.profiles.insert(id, slot);
    }

    /// A profile by its id, or by another that it answers to.
    pub fn get(&self, id: &str) -> Option<&Arc<Profile>> {
        match self.profiles.get_key_value(id) {
            Some((id, slot)) => Some(slot.get(id)),
            None => self.all().find(|profile| profile.aliases.iter().any(|alias| alias == id)),
        }
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> + Clone {
        self.profiles.keys().map(String::as_str)
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.profiles.iter().map(|(id, slot)| slot.get(id))
    }
}

/// The profiles of this process: the shipped ones, and the owner's own where [`install`] was
/// called before.
pub fn registry() -> &'static Registry {
    SHELF.get_or_init(Registry::shipped)
}

/// Adds the owner's own profiles, as files with their texts. Once, before any profile is used.
///
/// # Errors
/// Every mistake in them, with file and line.
pub fn install(own: &[(String, String)]) -> Result<(), Vec<Problem>> {
    if own.is_empty() {
        return Ok(());
    }
    let mut shelf = Registry::shipped();
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
