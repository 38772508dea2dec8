//! A profile as its file is written.

use super::load::Load;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A `profile.toml`: how the messages of one make of devices are read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileForm {
    /// Its id, as devices name it.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Other ids that it answers to.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its name in both languages.
    pub name: NameForm,
    /// Who vouches for its messages.
    pub trust: TrustForm,
    /// Where its facts come from.
    pub source: String,
    /// What to know of it.
    #[serde(default)]
    pub notes: String,
    /// Topics by which a household may name a device, besides those of its messages.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub bases: Vec<Spanned<String>>,
    /// True where more than one of the bases may fit a topic: the device is heard by each of them.
    #[serde(default)]
    pub every_base: bool,
    /// The channels that a device may have where its messages name them, as `0|1|2|3`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub channels: Option<Spanned<String>>,
    /// The profile is of no use without a model that it knows: nothing else says what is measured.
    #[serde(default)]
    pub needs_model: bool,
    /// What its tables were read from: names with version and date.
    #[serde(default)]
    pub seen: Vec<SeenForm>,
    /// Topics that look like a device's and are not read.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub skip: Vec<Spanned<String>>,
    /// What captures hold where the household's topic does not say; of several words, as `0|1|2`,
    /// the first. Where no household is asked the others are tried, too.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
    /// As what kind of device it is proposed: `appliance`, `meter` or `production`.
    #[serde(default)]
    pub proposed_as: Option<String>,
    /// What kind of device it is, by what it can draw; not said where it may be anything.
    #[serde(default)]
    pub load: Option<Load>,
    /// The most that such a device can draw, in watts; goes before its kind.
    #[serde(default)]
    pub max_power_w: Option<u32>,
    /// After how many seconds of silence its figures are stale.
    #[serde(default)]
    pub silence_s: Option<u32>,
    /// Its messages, looked through in this order.
    #[serde(default)]
    #[schemars(with = "Vec<MessageForm>")]
    pub messages: Vec<Spanned<MessageForm>>,
    /// What differs between models.
    #[serde(default)]
    pub models: Vec<ModelForm>,
}

/// A name in both languages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    /// The words in Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// The words in English.
    pub en: String,
}

/// A program, firmware or document that a profile's tables were read from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenForm {
    /// Its name, such as `zigbee2mqtt`.
    pub of: String,
    /// Its version, or the state of its source.
    pub version: String,
    /// When that was current, as `2026-08-20`.
    pub date: String,
}

/// Who vouches for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustForm {
    /// The device signs it.
    Signed,
    /// The broker knows who may publish it.
    Broker,
    /// Nobody vouches for its messages.
    None,
}

/// One kind of message.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageForm {
    /// By which models name it; `main` where it is not said.
    #[serde(default)]
    pub id: Option<String>,
    /// Where it is published.
    #[schemars(with = "Vec<String>")]
    pub topics: Vec<Spanned<String>>,
    /// How it is written.
    #[serde(default)]
    pub payload: PayloadForm,
    /// Which parts of it are read, one after the other; the whole where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub each: Option<Spanned<String>>,
    /// Captures that stand in the payload, by path.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub captures: BTreeMap<String, Spanned<String>>,
    /// What fields with a `key` are chosen by: a text with captures.
    #[serde(default)]
    pub key: Option<String>,
    /// When it was measured.
    #[serde(default)]
    pub time: Option<ReadingTimeForm>,
    /// What changes when the device's counters begin anew.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub reset_marker: Option<Spanned<String>>,
    /// What a message that the broker kept from earlier may do.
    #[serde(default)]
    pub retained: RetainedForm,
    /// Conditions under which nothing of it is read.
    #[serde(default)]
    pub refuse: Vec<WhenForm>,
    /// The reason that is told when none of its fields is there.
    #[serde(default)]
    pub otherwise: Option<String>,
    /// Whether the device is there.
    #[serde(default)]
    pub availability: Option<AvailabilityForm>,
    /// Of several messages with the same quantity, the lowest is used.
    #[serde(default)]
    pub priority: u8,
    /// Its figures. Of several with the same quantity the first that can be read is used.
    #[serde(default)]
    #[schemars(with = "Vec<FieldForm>")]
    pub fields: Vec<Spanned<FieldForm>>,
    /// What a part is called that no field with a `key` reads: a state's name, with captures.
    #[serde(default)]
    pub fallback: Option<String>,
}

/// How a payload is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PayloadForm {
    /// JSON, read by paths.
    #[default]
    Json,
    /// One value as plain text, or as a JSON scalar.
    Text,
    /// An envelope of the hub's own, whose body is JSON.
    HomepayEnvelope,
    /// A frame of Xiaomi's local hub with JSON in it.
    XiaomiFrame,
}

/// When something was measured.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingTimeForm {
    /// Where it stands: a room, or a path into the message.
    #[schemars(with = "String")]
    pub path: Spanned<String>,
    /// How it is written.
    pub format: TimeFormat,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// With an offset, as `2026-03-01T08:15:30+08:00`.
    Rfc3339,
    /// Seconds since 1970, also with digits behind the point.
    UnixS,
    /// Whole milliseconds since 1970, UTC.
    UnixMs,
    /// Without a zone: it is not used, but a clock that is not set is seen by it.
    Local,
}

/// What a message that the broker kept from earlier may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetainedForm {
    /// Set a baseline, never use; and say whether the device is there.
    #[default]
    Baseline,
    /// Nothing of it is kept.
    Ignore,
}

/// A condition on one value.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhenForm {
    /// What is looked at in the payload.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// Or a capture of the topic.
    #[serde(default)]
    pub capture: Option<String>,
    /// It is one of these; `*` stands for anything.
    #[serde(default)]
    pub is: Vec<String>,
    /// It is there and none of these.
    #[serde(default)]
    pub not: Vec<String>,
    /// The reason that is told where this refuses a message.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Whether a device is there, by its own word.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityForm {
    /// Where the word stands in JSON; a payload that is no JSON object is the word itself.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// True for the word of what stands between, such as a bridge: that it is there says nothing of
    /// the device, that it is away does.
    #[serde(default)]
    pub between: bool,
    /// Words for being there.
    pub online: Vec<String>,
    /// Words for being away.
    pub offline: Vec<String>,
}

/// One figure or state.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldForm {
    /// Where it stands (RFC 9535); the whole payload where it is not said.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// Or several places, all of which must be there; they are added up.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
    /// Or every name of the uppermost object that fits this, as `energy_{channel}`, with one of the
    /// profile's channels.
    #[serde(default)]
    pub names: Option<String>,
    /// What is taken away from it, where it is there.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub minus: Option<Spanned<String>>,
    /// Only for parts with this key.
    #[serde(default)]
    pub key: Option<String>,
    /// Of which channel of the device it is, with captures: an output, an input, a phase.
    #[serde(default)]
    pub channel: Option<String>,
    /// On which register of the meter it stands, with captures: a tariff's own counter.
    #[serde(default)]
    pub register: Option<String>,
    /// It is a part of what another field tells of the whole: read only where the household picks
    /// its channel or register.
    #[serde(default)]
    pub detail: bool,
    /// The kind that it is of.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub quantity: Option<Spanned<String>>,
    /// The unit that it is in.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub unit: Option<Spanned<String>>,
    /// What the raw number is multiplied by, as decimal text.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub scale: Option<Spanned<String>>,
    /// How its numbers hang together; counted quantities are counters, others gauges.
    #[serde(default)]
    pub kind: Option<KindForm>,
    /// Which types it takes.
    #[serde(default, rename = "type")]
    pub guard: TypeForm,
    /// What becomes of an array.
    #[serde(default)]
    pub aggregate: Option<AggregateForm>,
    /// Only where all of these hold.
    #[serde(default)]
    pub when: Vec<WhenForm>,
    /// Numbers that stand for having none, as decimal text.
    #[serde(default)]
    pub refuse: Vec<String>,
    /// It is never read, for this reason.
    #[serde(default)]
    pub never: Option<String>,
    /// Where its counter begins again from zero, in its unit.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub modulus: Option<Spanned<String>>,
    /// Its own place among several sources of the quantity, in the place of the message's.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Energy is added up from this power, over gaps of no more than so many seconds.
    #[serde(default)]
    pub integrate_gap_s: Option<u32>,
    /// What kind of device counts here, by what it can draw, where that is not the profile's.
    #[serde(default)]
    pub load: Option<Load>,
}

/// How the numbers of a figure hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindForm {
    /// It only rises, and use is the difference.
    Counter,
    /// Each is the use since the one before.
    Interval,
    /// It is what it is now.
    Gauge,
    /// It is a word.
    State,
}

/// Which types a field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TypeForm {
    /// A number, or a text that is one.
    #[default]
    Any,
    /// Nothing but a number.
    Number,
    /// Only a text that is a number.
    Text,
}

/// What becomes of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateForm {
    /// They are added up, as phases are.
    Sum,
}

/// What differs for some models.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelForm {
    /// Which models; `*` stands for anything.
    #[serde(rename = "match")]
    pub matches: Vec<String>,
    /// What kind of device it is, by what it can draw.
    #[serde(default)]
    pub load: Option<Load>,
    /// The most that such a device can draw, in watts; goes before its kind.
    #[serde(default)]
    pub max_power_w: Option<u32>,
    /// The channels that it has, as `0|1`, where that is known.
    #[serde(default)]
    pub channels: Option<String>,
    /// Of which message the fields are; `main` where it is not said.
    #[serde(default)]
    pub of: Option<String>,
    /// The same for other messages, by their ids.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<FieldForm>>")]
    pub also: BTreeMap<String, Vec<Spanned<FieldForm>>>,
    /// Fields in the place of those with the same path and key; others are added before them.
    #[serde(default)]
    #[schemars(with = "Vec<FieldForm>")]
    pub fields: Vec<Spanned<FieldForm>>,
}
