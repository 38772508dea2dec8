//! The interpreter: a profile, a topic and a payload in, figures out. It never panics.

use super::doc::{Doc, Matches, NAME_TWICE, Path};
use super::frame;
use super::made::{Field, MessageProfile, Profile};
use super::moment;
use super::outcome::{
    ABSENT, EMPTY_PAYLOAD, Ignored, Interpretation, NOT_CHOSEN, NULL, PartNames, Reading,
    ReportedState, WITHOUT_VALUE,
};
use super::part::{Content, FieldValue, filled, holds};
use super::pattern::{Captures, Topic, fill};
use super::pick::{CHANNEL, Pick, named as named_part};
use super::profile_form::{KindForm, PayloadForm, RetainedForm};
use super::scalar::Scalar;
use homepay_text::clip::clip;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::borrow::Cow;

/// The most parts of one message that are read.
const PARTS_MAX: usize = 256;

/// The capture that names a device.
pub const DEVICE: &str = "device";

/// Reads one message with nothing known but the profile: what `device try` shows.
pub fn interpret<'p>(profile: &'p Profile, topic: &str, payload: &[u8]) -> Interpretation<'p> {
    decode(profile, None, topic, payload, false)
}

pub fn decode<'p>(
    profile: &'p Profile,
    model: Option<&str>,
    topic: &str,
    payload: &[u8],
    retained: bool,
) -> Interpretation<'p> {
    decode_picked(profile, model, &Pick::default(), topic, (payload, retained))
}

/// The same of a device of which some channels or registers are picked; the payload is given with
/// whether the broker kept it from earlier.
pub fn decode_picked<'p>(
    profile: &'p Profile,
    model: Option<&str>,
    pick: &Pick,
    topic: &str,
    (payload, retained): (&[u8], bool),
) -> Interpretation<'p> {
    match profile.route(topic) {
        Some((message, captures)) => {
            let model = profile.model(model);
            // A topic that names the channel is of that one.
            let of_topic = captures.get(CHANNEL).filter(|_| pick.is_all()).cloned();
            let of_topic = of_topic.map(|channel| Pick::of_channels([channel]));
            let pick = of_topic.as_ref().unwrap_or(pick);
            let read = |captures| {
                profile.read_message((message, model), captures, pick, payload, retained)
            };
            if profile.defaults.is_empty() {
                return read(captures);
            }
            let usual = read(captures.clone());
            if usual.says_something() {
                return usual;
            }
            let others = profile.unusual(&captures).into_iter().map(read);
            let mut saying = others.filter(Interpretation::says_something);
            saying.next().unwrap_or(usual)
        }
        None => {
            Interpretation { reason: Some("topic_not_read"), retained, ..Interpretation::default() }
        }
    }
}

impl Profile {
    /// Which message is published on a topic, and what the captures hold.
    pub fn route(&self, topic: &str) -> Option<(usize, Captures)> {
        let (free, topic) = (Captures::new(), Topic::of(topic));
        if self.skip.iter().any(|pattern| pattern.capture_in(&topic, &free).is_some()) {
            return None;
        }
        self.messages.iter().enumerate().find_map(|(index, message)| {
            let found = message.topics.iter().find_map(|p| p.capture_in(&topic, &free));
            found.map(|captures| (index, captures))
        })
    }

    /// The captures with other words than the usual ones where the topic does not say.
    fn unusual(&self, captures: &Captures) -> Vec<Captures> {
        let mut all = Vec::new();
        for (name, words) in self.defaults.iter().filter(|(name, _)| !captures.contains_key(*name))
        {
            for word in words.iter().skip(1) {
                let mut other = captures.clone();
                other.insert(name.clone(), word.clone());
                all.push(other);
            }
        }
        all
    }

    /// Reads a payload as one of the profile's messages. What `bound` says of the captures in the
    /// payload must hold: parts of other devices are passed over.
    pub fn read_message(
        &self,
        (index, model): (usize, Option<usize>),
        bound: Captures,
        pick: &Pick,
        payload: &[u8],
        retained: bool,
    ) -> Interpretation<'_> {
        let message = &self.messages[index];
        let captures = self.with_defaults(bound);
        let fields = self.fields(index, model);
        // Most fields of a message are absent: room for all at once.
        let ignored = Vec::with_capacity(fields.len());
        let outcome = Interpretation { captures, ignored, retained, ..Interpretation::default() };
        let channels = &self.channels;
        let mut reader = FieldReader { message, fields, channels, pick, outcome, extras: None };
        let whole = reader.read(payload);
        if whole == Err(EMPTY_PAYLOAD) {
            reader.power_unknown(fields);
        }
        let mut outcome = reader.outcome;
        if !outcome.says_something() {
            outcome.reason = Some(whole.err().unwrap_or_else(|| nothing_of(message, &outcome)));
        }
        outcome
    }
}

/// Why a message that could be read held nothing.
fn nothing_of<'p>(message: &'p MessageProfile, outcome: &Interpretation<'p>) -> &'p str {
    let told: Vec<&Ignored<'p>> = outcome.ignored.iter().filter(|i| i.reason != ABSENT).collect();
    if told.is_empty() {
        return message.otherwise.as_deref().unwrap_or("no_figures");
    }
    if told.iter().all(|i| i.reason == NULL) {
        return "all_null";
    }
    if told.iter().all(|i| i.reason == NOT_CHOSEN) {
        return NOT_CHOSEN;
    }
    told.iter().find(|i| i.is_notable()).map_or("no_figures", |i| i.reason)
}

pub(super) struct FieldReader<'p, 'k> {
    message: &'p MessageProfile,
    fields: &'p [Field],
    /// The channels that devices may have where messages name them.
    channels: &'p [String],
    pub(super) pick: &'k Pick,
    pub(super) outcome: Interpretation<'p>,
    /// Time and reset marker of a message of several parts, which are those of the whole.
    extras: Option<Extras>,
}

/// What a whole message is refused for.
pub(super) type Whole<'p> = Result<(), &'p str>;

impl<'p> FieldReader<'p, '_> {
    fn read(&mut self, payload: &[u8]) -> Whole<'p> {
        if payload.is_empty() {
            return Err(EMPTY_PAYLOAD);
        }
        if self.outcome.retained && self.message.retained == RetainedForm::Ignore {
            return Err("retained");
        }
        let owned: String;
        let text = match self.message.payload {
            PayloadForm::Json | PayloadForm::Text => text_of(payload)?,
            PayloadForm::XiaomiFrame => frame::payload(payload).map_err(|why| {
                self.ignore("$", "not_a_frame", Some(why));
                "not_a_frame"
            })?,
            PayloadForm::HomepayEnvelope => {
                owned = body_of(payload).ok_or("not_an_envelope")?;
                &owned
            }
        };
        if let Some(availability) = &self.message.availability {
            return self.availability(availability, text);
        }
        if self.message.payload == PayloadForm::Text {
            return self.part(&Content::Text(text));
        }
        let doc = Doc::parse(text).map_err(|(reason, why)| {
            self.ignore("$", reason, Some(why));
            reason
        })?;
        let read = self.parts(&doc);
        if doc.has_a_name_twice() {
            self.outcome.readings.clear();
            self.outcome.states.clear();
            self.outcome.ignored.clear();
            self.ignore("$", NAME_TWICE, None);
            return Err(NAME_TWICE);
        }
        read
    }

    fn parts(&mut self, doc: &Doc<'_>) -> Whole<'p> {
        if let Some(when) = self
            .message
            .refuse
            .iter()
            .find(|when| holds(when, &Content::Json(doc), &self.outcome.captures))
        {
            return Err(&when.reason);
        }
        let Some(each) = &self.message.each else { return self.part(&Content::Json(doc)) };
        let parts = match doc.find(&filled(each, &self.outcome.captures)) {
            Matches::None => return Ok(()),
            Matches::One(one) => vec![one],
            Matches::Many(many) => many,
        };
        let of_all = self.outcome.captures.clone();
        self.extras = Some(self.extras(&Content::Json(doc)));
        let mut first = None;
        for text in parts.into_iter().take(PARTS_MAX) {
            let part = doc.part(text);
            let Some(captures) = self.captured(&of_all, &part) else {
                self.ignore(each.as_str(), "other_device", None);
                continue;
            };
            self.outcome.captures = captures;
            self.part(&Content::Json(&part))?;
            first.get_or_insert_with(|| self.outcome.captures.clone());
        }
        self.outcome.captures = first.unwrap_or(of_all);
        Ok(())
    }

    /// The captures with those of a part; `None` where they say another thing than is bound.
    fn captured(&self, of_all: &Captures, part: &Doc<'_>) -> Option<Captures> {
        let mut captures = of_all.clone();
        for (name, path) in &self.message.captures {
            let Matches::One(text) = part.find(path) else { continue };
            let value = Scalar::of_json(text).text().into_owned();
            match captures.get(name) {
                Some(bound) if *bound != value => return None,
                Some(_) => {}
                None => {
                    captures.insert(name.clone(), value);
                }
            }
        }
        Some(captures)
    }

    fn part(&mut self, part: &Content<'_, '_>) -> Whole<'p> {
        let names_device = self.message.each.is_none() && !self.message.captures.is_empty();
        if let (Content::Json(doc), true) = (part, names_device) {
            let captured = self.captured(&self.outcome.captures, doc);
            self.outcome.captures = captured.ok_or("other_device")?;
        }
        if let (Content::Text(_), Some(when)) = (
            part,
            self.message.refuse.iter().find(|when| holds(when, part, &self.outcome.captures)),
        ) {
            return Err(&when.reason);
        }
        let key = self.message.key.as_ref().map(|key| fill(key, &self.outcome.captures));
        let first_of_part = self.outcome.readings.len();
        let (mut named, mut parts) = (false, false);
        let mut extras = self.extras.clone();
        for field in self.fields {
            if field.key.is_some() && field.key != key {
                continue;
            }
            if !field.when.iter().all(|when| holds(when, part, &self.outcome.captures)) {
                continue;
            }
            named |= field.key.is_some();
            if let Some(prefix) = &field.spread {
                parts |= self.spread(field, prefix, part, &mut extras);
                continue;
            }
            let names = self.names(field);
            if !self.pick.takes(field, names.0.as_deref(), names.1.as_deref()) {
                let there = || part.value(field, &self.outcome.captures).is_ok();
                if self.pick.is_all() && there() {
                    self.ignore(&field.label, NOT_CHOSEN, None);
                }
                continue;
            }
            parts |= names != (None, None);
            let value = part.value(field, &self.outcome.captures);
            if let Some(never) = &field.never {
                if value != Err((ABSENT, None)) {
                    self.ignore(&field.label, never, None);
                }
                continue;
            }
            let twin = self.outcome.readings[first_of_part..].iter().any(|reading| {
                reading.quantity == field.quantity
                    && (reading.channel == names.0 && reading.register == names.1)
            });
            match value {
                Ok(_) if twin => self.ignore(&field.label, "twin", None),
                Ok(FieldValue::Number(value)) => {
                    let extras = extras.get_or_insert_with(|| self.extras(part)).clone();
                    let net = field.minus.as_ref().map(|path| {
                        part.find(&filled(path, &self.outcome.captures)) != Matches::None
                    });
                    self.push(field, names, (value, net), extras);
                }
                Ok(FieldValue::Word(value)) => {
                    let (quantity, device) = (field.quantity.clone(), self.payload_device());
                    self.outcome.states.push(ReportedState {
                        quantity,
                        value,
                        device,
                        between: false,
                    });
                }
                Err((reason, held)) => {
                    if field.integrate_gap_s.is_some() && WITHOUT_VALUE.contains(&reason) {
                        self.outcome.power_unknown.push(names);
                    }
                    self.ignore(&field.label, reason, held);
                }
            }
        }
        if parts {
            self.whole_before_parts(first_of_part);
        }
        if let (Some(fallback), false, Content::Json(doc)) = (&self.message.fallback, named, part) {
            self.fall_back(fallback, doc);
        }
        Ok(())
    }

    fn fall_back(&mut self, fallback: &'p str, doc: &Doc<'_>) {
        let value = Path::parse("$.value").map_or(Matches::None, |path| doc.find(&path));
        let Matches::One(text) = value else { return };
        let quantity = fill(fallback, &self.outcome.captures);
        let value = Scalar::of_json(text).text().into_owned();
        let device = self.payload_device();
        self.outcome.states.push(ReportedState { quantity, value, device, between: false });
        if self.fields.is_empty() {
            self.ignore(fallback, "model_not_known", None);
        }
    }

    /// Reads a field from every name that begins so and ends with a channel. True where any is
    /// there.
    fn spread(
        &mut self,
        field: &'p Field,
        prefix: &str,
        part: &Content<'_, '_>,
        extras: &mut Option<Extras>,
    ) -> bool {
        let Content::Json(doc) = part else { return false };
        let mut any = false;
        for (name, text) in doc.names() {
            let channel = name.strip_prefix(prefix);
            let channel =
                channel.and_then(|name| self.channels.iter().find(|channel| *channel == name));
            let Some(channel) = channel.filter(|of| self.pick.takes(field, Some(of), None)) else {
                continue;
            };
            any = true;
            match part.number_in(text, field) {
                Ok(FieldValue::Number(value)) => {
                    let extras = extras.get_or_insert_with(|| self.extras(part)).clone();
                    let channel = Some(Cow::Borrowed(channel.as_str()));
                    self.push(field, (channel, None), (value, None), extras);
                }
                Ok(FieldValue::Word(_)) => {}
                Err((reason, held)) => self.ignore(&field.label, reason, held),
            }
        }
        any
    }

    /// The channel and the register of a field.
    pub(super) fn names(&self, field: &'p Field) -> PartNames<'p> {
        if field.channel.is_none() && field.register.is_none() {
            return (None, None);
        }
        let of = |name: &'p Option<String>| {
            name.as_deref().and_then(|name| named_part(name, &self.outcome.captures))
        };
        (of(&field.channel), of(&field.register))
    }

    /// Where a quantity is told of the whole, what is told of its parts adds nothing.
    fn whole_before_parts(&mut self, first: usize) {
        let of_whole =
            |reading: &Reading<'_>| reading.channel.is_none() && reading.register.is_none();
        let told = &self.outcome.readings[first..];
        let whole: Vec<&str> = told.iter().filter(|r| of_whole(r)).map(|r| r.quantity).collect();
        if whole.is_empty() {
            return;
        }
        let mut index = 0;
        self.outcome.readings.retain(|reading| {
            index += 1;
            index <= first || of_whole(reading) || !whole.contains(&reading.quantity)
        });
    }

    fn push(
        &mut self,
        field: &'p Field,
        (channel, register): PartNames<'p>,
        (value, net): (Decimal, Option<bool>),
        (time, reset_marker): Extras,
    ) {
        let Some(conversion) = field.conversion else { return };
        let told = |value: Decimal| conversion.apply(value, Decimal::ONE);
        let device = self.payload_device();
        self.outcome.readings.push(Reading {
            quantity: &field.quantity,
            unit: conversion.unit,
            value,
            kind: field.kind,
            path: &field.label,
            time,
            reset_marker: reset_marker.filter(|_| field.kind == KindForm::Counter),
            modulus: field.modulus.and_then(told),
            integrate_gap_s: field.integrate_gap_s,
            load: field.load,
            net,
            priority: field.priority.unwrap_or(self.message.priority),
            channel,
            register,
            device,
        });
    }

    fn payload_device(&self) -> Option<String> {
        let in_payload = self.message.captures.iter().any(|(name, _)| name == DEVICE);
        in_payload.then(|| self.outcome.captures.get(DEVICE).cloned()).flatten()
    }

    /// Time and reset marker of a part: read once a figure needs them.
    fn extras(&mut self, part: &Content<'_, '_>) -> Extras {
        let message = self.message;
        let mut time = None;
        if let Some((path, format)) = &message.time
            && let Matches::One(text) = part.find(&filled(path, &self.outcome.captures))
        {
            match moment::read(&part.scalar(text), *format) {
                Ok(moment) => time = Some(moment),
                Err(reason) => self.ignore(path.as_str(), reason, Some(clip(text))),
            }
        }
        let marker = message.reset_marker.as_ref().and_then(|path| {
            let Matches::One(text) = part.find(&filled(path, &self.outcome.captures)) else {
                return None;
            };
            let text = part.scalar(text).text();
            // A start at the beginning of time is a clock that is not set.
            let is_one = !text.is_empty() && !text.starts_with("1970-");
            is_one.then(|| clip(&text))
        });
        (time, marker)
    }

    pub(super) fn ignore(&mut self, path: &'p str, reason: &'p str, held: Option<String>) {
        self.outcome.ignored.push(Ignored { path, reason, held });
    }
}

type Extras = (Option<moment::Moment>, Option<String>);

fn text_of(payload: &[u8]) -> Result<&str, &'static str> {
    // An empty text is one zero byte in Homie.
    if payload == [0] {
        return Err(EMPTY_PAYLOAD);
    }
    std::str::from_utf8(payload).map_err(|_| "not_text")
}

/// What a signed envelope of the hub's own carries. Its signature is judged elsewhere.
fn body_of(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Outer {
        body: String,
    }
    serde_json::from_slice::<Outer>(payload).ok().map(|outer| outer.body)
}
