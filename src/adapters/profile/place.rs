//! Which messages belong to a device: its topic identifies it, and every pattern that agrees with
//! what the captures of that topic hold is heard for it.

use super::made::Profile;
use super::pattern::{Captures, Pattern, agree};
use crate::adapters::native::heard::clip;

/// One topic, or filter, on which a device is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What to subscribe to.
    pub filter: String,
    /// Which of the profile's messages.
    pub(super) message: usize,
    pub(super) pattern: Pattern,
}

impl Heard {
    /// The number of the message.
    pub fn message(&self) -> usize {
        self.message
    }

    /// True when a part of the topic is not known before.
    pub fn is_wild(&self) -> bool {
        self.filter.contains(['+', '#'])
    }

    /// What the captures hold on a topic that is one of these.
    pub fn captures(&self, topic: &str, identity: &Captures) -> Option<Captures> {
        let found = self.pattern.capture(topic, identity)?;
        agree(identity, &found).then_some(found)
    }
}

impl Profile {
    /// What a household's topic says of the captures.
    ///
    /// # Errors
    /// Says by which topics the profile finds a device.
    pub fn identity(&self, topic: &str) -> Result<Captures, String> {
        let free = Captures::new();
        let skipped = self.skip.iter().any(|pattern| pattern.capture(topic, &free).is_some());
        let of_messages = self.messages.iter().filter(|message| {
            // Where the payload names the device a topic of messages would be that of all.
            message.captures.is_empty()
        });
        let patterns = of_messages.flat_map(|message| &message.topics).chain(&self.bases);
        let found = patterns.into_iter().find_map(|pattern| pattern.capture(topic, &free));
        let Some(identity) = found.filter(|_| !skipped) else {
            let known = self.bases.iter().chain(self.messages.iter().flat_map(|m| &m.topics));
            let known: Vec<&str> = known.map(Pattern::as_str).take(4).collect();
            return Err(format!(
                "topic \"{}\" is none by which {} finds a device: write one like {}",
                clip(topic),
                self.id,
                known.join(" or ")
            ));
        };
        Ok(self.with_defaults(identity))
    }

    /// Where a device is heard.
    pub fn heard(&self, identity: &Captures) -> Vec<Heard> {
        let mut heard: Vec<Heard> = Vec::new();
        for (message, form) in self.messages.iter().enumerate() {
            for pattern in form.topics.iter().filter(|pattern| pattern.admits(identity)) {
                for filter in pattern.filters(identity) {
                    if heard.iter().all(|other| other.filter != filter) {
                        heard.push(Heard { filter, message, pattern: pattern.clone() });
                    }
                }
            }
        }
        heard
    }

    /// What to subscribe to for a household's topic; the topic itself where the profile does not
    /// know it.
    pub fn filters(&self, topic: &str) -> Vec<String> {
        match self.identity(topic) {
            Ok(identity) => self.heard(&identity).into_iter().map(|h| h.filter).collect(),
            Err(_) => vec![topic.to_owned()],
        }
    }
}

/// Captures of a topic together with what is known of the device.
pub fn joined(identity: &Captures, found: Captures) -> Captures {
    let mut all = identity.clone();
    all.extend(found);
    all
}
