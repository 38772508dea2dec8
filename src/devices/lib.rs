//! Devices as data: a profile says where a device's figures stand in its messages.
//!
//! To add a make: one folder under `devices/` (or of one's own), no Rust. Its samples are its test.
//! A profile is a [`form`], is made ready by [`made`], and [`decode`] reads messages with it.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod age;
mod compiler;
pub mod decode;
pub mod discover;
pub mod doc;
pub mod frame;
pub mod load;
pub mod made;
pub mod moment;
pub mod outcome;
pub mod part;
pub mod pattern;
pub mod pick;
mod presence;
pub mod profile_form;
pub mod registry;
pub mod scalar;
pub mod topic_filter;
pub mod unit;
pub mod voices;

use pattern::Captures;
use registry::registry;
use std::sync::Arc;

/// The profile of devices that speak the hub's own topics.
pub const NATIVE: &str = "homepay-native";

/// Where a device is heard by its household's topic, each with the captures of that topic.
pub fn places_of(profile: &str, topic: &str) -> Vec<(Arc<Captures>, topic_filter::TopicFilter)> {
    let Some(profile) = registry().get(profile) else { return Vec::new() };
    let Ok(identities) = profile.identities(topic) else { return Vec::new() };
    let of = |identity: Captures| {
        let heard = profile.topic_filters(&identity);
        let identity = Arc::new(identity);
        heard.into_iter().map(move |heard| (identity.clone(), heard))
    };
    identities.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
