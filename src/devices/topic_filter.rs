//! Which messages belong to a device: its topic identifies it, and every pattern that agrees with
//! what the captures of that topic hold is heard for it.

use super::made::Profile;
use super::pattern::{Captures, TopicPattern, agree};
use super::pick::CHANNEL;
use homepay_text::clip::clip;

/// The name under which a channel is kept that the household's topic names.
pub const PICKED: &str = "#channel";

/// One topic, or filter, on which a device is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFilter {
    /// What to subscribe to.
    pub filter: String,
    /// Which of the profile's messages.
    pub(super) message: usize,
    pub(super) pattern: TopicPattern,
}

impl TopicFilter {
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
    /// What a household's topic says of the captures: once for each way in which it may be read.
    ///
    /// # Errors
    /// Says by which topics the profile finds a device.
    pub fn identities(&self, topic: &str) -> Result<Vec<Captures>, String> {
        let free = Captures::new();
        let skipped = self.skip.iter().any(|pattern| pattern.capture(topic, &free).is_some());
        let of_messages = self.messages.iter().filter(|message| {
            // Where the payload names the device a topic of messages would be that of all.
            message.captures.is_empty()
        });
        let of_messages = of_messages.flat_map(|message| &message.topics);
        // What is any topic at all says nothing that a base does not say better.
        let mut of_messages = of_messages.filter(|pattern| !pattern.is_any_topic());
        let exact = of_messages.find_map(|pattern| pattern.capture(topic, &free));
        let found: Vec<Captures> = match exact {
            Some(exact) => vec![exact],
            None => {
                let fitting = self.bases.iter().filter_map(|base| base.capture(topic, &free));
                fitting.take(if self.every_base { self.bases.len() } else { 1 }).collect()
            }
        };
        if skipped || found.is_empty() {
            let known = self.bases.iter().chain(self.messages.iter().flat_map(|m| &m.topics));
            let known: Vec<&str> = known.map(TopicPattern::as_str).take(4).collect();
            return Err(format!(
                "topic \"{}\" is none by which {} finds a device: write one like {}",
                clip(topic),
                self.id,
                known.join(" or ")
            ));
        }
        let named = |mut identity: Captures| {
            if let Some(channel) = identity.get(CHANNEL).cloned() {
                identity.insert(PICKED.to_owned(), channel);
            }
            self.with_defaults(identity)
        };
        Ok(found.into_iter().map(named).collect())
    }

    /// What a household's topic says of the captures where it fits one base.
    ///
    /// # Errors
    /// Says by which topics the profile finds a device.
    pub fn identity(&self, topic: &str) -> Result<Captures, String> {
        Ok(self.identities(topic)?.into_iter().next().unwrap_or_default())
    }

    /// Where a device is heard.
    pub fn topic_filters(&self, identity: &Captures) -> Vec<TopicFilter> {
        let mut heard: Vec<TopicFilter> = Vec::new();
        for (message, form) in self.messages.iter().enumerate() {
            for pattern in form.topics.iter().filter(|pattern| pattern.admits(identity)) {
                for filter in pattern.filters(identity) {
                    let same =
                        |other: &TopicFilter| other.filter == filter && other.pattern == *pattern;
                    if !heard.iter().any(same) {
                        heard.push(TopicFilter { filter, message, pattern: pattern.clone() });
                    }
                }
            }
        }
        heard
    }

    /// What to subscribe to for a household's topic; the topic itself where the profile does not
    /// know it.
    pub fn filters(&self, topic: &str) -> Vec<String> {
        let Ok(identities) = self.identities(topic) else { return vec![topic.to_owned()] };
        let heard = identities.iter().flat_map(|identity| self.topic_filters(identity));
        let mut filters: Vec<String> = heard.map(|heard| heard.filter).collect();
        filters.sort();
        filters.dedup();
        filters
    }
}

/// True where a subscription brings what is published on a topic.
pub fn covers(filter: &str, topic: &str) -> bool {
    let mut levels = topic.split('/');
    for of in filter.split('/') {
        match (of, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (word, Some(level)) if word == level => {}
            (_, _) => return false,
        }
    }
    levels.next().is_none()
}

/// Captures of a topic together with what is known of the device.
pub fn joined(identity: &Captures, found: Captures) -> Captures {
    let mut all = identity.clone();
    all.extend(found);
    all
}
