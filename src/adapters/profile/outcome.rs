//! What came of reading a message: figures, states, and what was ignored and why.

use super::form::KindForm;
use super::moment::Moment;
use super::pattern::Captures;
use rust_decimal::Decimal;

/// What a message held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome<'p> {
    /// What the captures of its topic hold, and those of its payload where it is of one device.
    pub captures: Captures,
    /// Figures.
    pub readings: Vec<Reading<'p>>,
    /// Words: whether it is there, and properties that no figure is known for.
    pub states: Vec<State>,
    /// What was not taken.
    pub ignored: Vec<Ignored<'p>>,
    /// Why there is nothing, where there is nothing.
    pub reason: Option<&'p str>,
    /// True when the broker kept it from earlier: figures set a baseline and nothing else.
    pub retained: bool,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<'p> {
    /// What it is.
    pub quantity: &'p str,
    /// The unit that it is told in.
    pub unit: &'static str,
    /// How much.
    pub value: Decimal,
    /// How its numbers hang together.
    pub kind: KindForm,
    /// Where it stood.
    pub path: &'p str,
    /// When it was measured, by a clock that was set.
    pub time: Option<Moment>,
    /// What changes when the counter begins anew.
    pub reset_marker: Option<String>,
    /// Where the counter begins again from zero, in its told unit.
    pub modulus: Option<Decimal>,
    /// Energy is added up from it, over gaps of no more than so many seconds.
    pub integrate_gap_s: Option<u32>,
    /// Of several sources the lowest is used.
    pub priority: u8,
    /// The device, where the payload names it.
    pub device: Option<String>,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What it is.
    pub quantity: String,
    /// The word.
    pub value: String,
    /// The device, where the payload names it.
    pub device: Option<String>,
}

/// The state that says whether a device is there.
pub const AVAILABILITY: &str = "availability";

/// A device that is there.
pub const ONLINE: &str = "online";

/// A device that is away.
pub const OFFLINE: &str = "offline";

/// Something that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored<'p> {
    /// Where it stood.
    pub path: &'p str,
    /// The word for why.
    pub reason: &'p str,
    /// What stood there, clipped.
    pub held: Option<String>,
}

/// The reason for what is not in a message, which is nothing to speak of.
pub const ABSENT: &str = "absent";

/// The reason for fields without a value.
pub const NULL: &str = "null";

/// Words for reasons with what they mean.
const MEANINGS: &[(&str, &str)] = &[
    (ABSENT, "not in the message"),
    (NULL, "null: the device has no value for it"),
    ("boolean", "true or false is a state, not a figure"),
    ("empty_value", "empty: the device has no value for it"),
    ("unavailable", "a word for having no value"),
    ("not_a_number", "no number: what a sensor sends that has measured nothing"),
    ("not_numeric", "a text that is no number"),
    ("not_one_value", "several values or an object where one value was expected"),
    ("several_values", "the path names several values and the profile does not add them up"),
    ("wrong_type", "of another type than the profile takes"),
    ("negative", "a counter cannot be below zero"),
    ("not_measured", "the number stands for having measured nothing"),
    ("too_large", "larger than can be kept"),
    ("twin", "the same quantity was read elsewhere in this message"),
    ("clock_not_set", "the device's clock is not set: the time of arrival is used"),
    ("time_without_zone", "a time without a zone: the time of arrival is used"),
    ("not_a_time", "no time: the time of arrival is used"),
    ("unknown_word", "neither a word for being there nor for being away"),
    ("retained", "kept by the broker from earlier, and the profile takes none of these"),
    ("not_text", "not UTF-8 text"),
    ("not_json", "not JSON"),
    ("not_a_frame", "not a frame of Xiaomi's hub"),
    ("not_an_envelope", "not an envelope of the hub's own"),
    ("topic_not_read", "no message of the profile is published on this topic"),
    ("all_null", "every field is null: nothing was measured"),
    ("empty_payload", "empty: the topic was deleted, or there is no value"),
    ("no_figures", "nothing that the profile reads is in it"),
    ("not_electric_energy", "called energy, and is none: signal strength or lightning"),
    ("delta_without_energy", "an update of other things; what is missing is not zero"),
    ("device_error_rollover", "the device says that its counter went backwards"),
    ("device_error", "the device says that it could not read"),
    ("counter_known_wrong", "this model's counter is known to be wrong: power is added up"),
    ("resets_daily", "begins anew each day or month: no counter"),
    ("device_error_rate_too_high", "the device says that it read more than can have flowed"),
    ("never_used", "beside the value, and never used in its place"),
    ("not_a_status", "a message about other things than the state"),
    ("not_a_property", "a message about other things than properties"),
    ("not_a_power", "called power, and is none"),
    ("refused_by_profile", "the profile refuses such messages"),
    ("held_drop", "a counter fell: held until it rises again or comes back"),
    ("held_jump", "a counter rose more than it can: held, never billed"),
    ("held_until_clear", "still held: not clear yet what it is"),
    ("counter_restarted", "the counter began anew"),
    ("gap_not_counted", "too long without power being told: nothing was counted for it"),
    ("power_too_large", "more than the device can draw: nothing was counted for it"),
    ("other_device", "of another device"),
    ("baseline_only", "kept by the broker from earlier: sets a baseline, never use"),
    ("suspect_zero", "a counter that showed more shows zero: held until it is clear"),
    ("suspect_drop", "a counter fell: held until it is clear"),
    ("suspect_jump", "a counter rose to many times what it was: look at it"),
];

/// What a reason's word means, in words.
pub fn meaning(reason: &str) -> &str {
    let found = MEANINGS.iter().find(|(word, _)| *word == reason);
    found.map_or("by the profile", |(_, meaning)| meaning)
}

impl Ignored<'_> {
    /// Why, in words.
    pub fn why(&self) -> String {
        match &self.held {
            Some(held) => format!("{}: {held}", meaning(self.reason)),
            None => meaning(self.reason).to_owned(),
        }
    }

    /// True for what an owner may wonder about; what is simply not there is not.
    pub fn is_notable(&self) -> bool {
        ![ABSENT, NULL, "twin", "time_without_zone"].contains(&self.reason)
    }
}

/// How many times its last value a counter may show before it is looked at.
const JUMP: Decimal = Decimal::TEN;

/// What is odd about a counter's value after an earlier one, as far as two values tell.
pub fn suspicion(previous: Decimal, value: Decimal) -> Option<&'static str> {
    if value >= previous {
        let jumped = previous >= Decimal::ONE && value >= previous.saturating_mul(JUMP);
        return jumped.then_some("suspect_jump");
    }
    Some(if value.is_zero() { "suspect_zero" } else { "suspect_drop" })
}
