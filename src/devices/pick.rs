//! Channels and registers: one device may count in several places, of which a household picks some.

use super::made::{Field, Profile};
use super::pattern::{Captures, fill};
use super::profile_form::FieldForm;
use homepay_text::problem::hint;
use std::borrow::Cow;
use std::collections::BTreeSet;
use toml::Spanned;

/// The capture that names a channel.
pub const CHANNEL: &str = "channel";

/// How much later than a counter of the whole those of its parts are turned to, as a priority.
pub const PARTS_LATER: u8 = 64;

/// Which channels and registers of a device count; an empty list means that all do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    pub channels: Vec<String>,
    pub registers: Vec<String>,
}

impl Pick {
    /// A pick of channels alone.
    pub fn of_channels<T: Into<String>>(channels: impl IntoIterator<Item = T>) -> Pick {
        Pick { channels: channels.into_iter().map(Into::into).collect(), registers: Vec::new() }
    }

    /// True where nothing is picked, so that everything counts.
    pub fn is_all(&self) -> bool {
        self.channels.is_empty() && self.registers.is_empty()
    }

    /// True where a field with these names counts.
    pub(super) fn takes(
        &self,
        field: &Field,
        channel: Option<&str>,
        register: Option<&str>,
    ) -> bool {
        if self.is_all() {
            return !field.detail;
        }
        let one_of = |picked: &[String], name: Option<&str>, by_parts: bool| match name {
            _ if picked.is_empty() => true,
            Some(name) => picked.iter().any(|of| of == name),
            None => !by_parts,
        };
        let picked = one_of(&self.channels, channel, field.by_channel)
            && one_of(&self.registers, register, field.by_register);
        let named = (channel.is_some() && !self.channels.is_empty())
            || (register.is_some() && !self.registers.is_empty());
        picked && (named || !field.detail)
    }
}

/// The name of a field's channel or register on a topic; none where the topic does not say it.
pub(super) fn named<'p>(template: &'p str, captures: &Captures) -> Option<Cow<'p, str>> {
    if !template.contains('{') {
        return Some(template.into());
    }
    let name = fill(template, captures);
    (!name.contains('{')).then(|| name.into())
}

/// A field written once for all channels, as one for each of them.
pub(super) fn of_each_channel(field: &FieldForm, channels: &[String]) -> Vec<FieldForm> {
    let mark = format!("{{{CHANNEL}}}");
    let put = |text: &Spanned<String>, channel: &str| {
        Spanned::new(text.span(), text.get_ref().replace(&mark, channel))
    };
    let of = |channel: &String| {
        let mut field = field.clone();
        field.path = field.path.as_ref().map(|path| put(path, channel));
        field.paths = field.paths.iter().map(|path| put(path, channel)).collect();
        field.minus = field.minus.as_ref().map(|path| put(path, channel));
        field.channel = field.channel.as_ref().map(|name| name.replace(&mark, channel));
        field
    };
    channels.iter().map(of).collect()
}

/// What a profile knows of channels or registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileParts {
    /// Those that it names.
    pub names: BTreeSet<String>,
    /// True where devices may have others, which stand in their messages.
    pub open: bool,
}

impl ProfileParts {
    fn of<'a>(templates: impl Iterator<Item = &'a str>) -> ProfileParts {
        let mut parts = ProfileParts::default();
        for template in templates {
            if template.contains('{') {
                parts.open = true;
            } else {
                parts.names.insert(template.to_owned());
            }
        }
        parts
    }

    /// What is wrong with a name that a household picks; `what` is `channel` or `register`.
    pub fn problem(&self, what: &str, name: &str, profile: &str) -> Option<String> {
        if self.open || self.names.contains(name) {
            return None;
        }
        if self.names.is_empty() {
            return Some(format!("devices with the profile \"{profile}\" have no {what}s"));
        }
        let near = hint(name, self.names.iter().map(String::as_str));
        let all: Vec<&str> = self.names.iter().map(String::as_str).collect();
        Some(format!("there is no {what} \"{name}\"{near} (there are: {})", all.join(", ")))
    }
}

impl Profile {
    fn all_fields(&self) -> impl Iterator<Item = &Field> {
        let of_messages = self.messages.iter().flat_map(|message| &message.fields);
        of_messages.chain(self.models.iter().flat_map(|m| m.fields.iter().flatten()))
    }

    /// True for one of the channels that devices may have where their messages name them.
    pub fn has_channel(&self, name: &str) -> bool {
        self.channels.iter().any(|channel| channel == name)
    }

    /// The channels that its devices have.
    pub fn channels(&self) -> ProfileParts {
        let mut parts =
            ProfileParts::of(self.all_fields().filter_map(|field| field.channel.as_deref()));
        parts.names.extend(self.channels.iter().cloned());
        parts
    }

    /// The registers that its devices have.
    pub fn registers(&self) -> ProfileParts {
        ProfileParts::of(self.all_fields().filter_map(|field| field.register.as_deref()))
    }
}
