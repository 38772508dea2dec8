//! What came of reading a message: figures, states, and what was ignored and why.

use super::load::Load;
use super::moment::Moment;
use super::pattern::Captures;
use super::profile_form::KindForm;
use homepay_domain::household::Lang;
use homepay_language::phrases::Phrases;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::sync::OnceLock;

/// The names of a channel and of a register.
pub type PartNames<'p> = (Option<Cow<'p, str>>, Option<Cow<'p, str>>);

/// What a message held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interpretation<'p> {
    /// What the captures of its topic hold, and those of its payload where it is of one device.
    pub captures: Captures,
    pub readings: Vec<Reading<'p>>,
    /// Words: whether it is there, and properties that no figure is known for.
    pub states: Vec<ReportedState>,
    /// What was not taken.
    pub ignored: Vec<Ignored<'p>>,
    /// Channel and register of each power that has no value now, where power is held until the next is
    /// told.
    pub power_unknown: Vec<PartNames<'p>>,
    /// Why there is nothing, where there is nothing.
    pub reason: Option<&'p str>,
    /// True when the broker kept it from earlier: figures set a baseline and nothing else.
    pub retained: bool,
}

impl Interpretation<'_> {
    /// True where anything was read.
    pub fn says_something(&self) -> bool {
        !self.readings.is_empty() || !self.states.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<'p> {
    pub quantity: &'p str,
    /// The unit that it is told in.
    pub unit: &'static str,
    pub value: Decimal,
    /// How its numbers hang together.
    pub kind: KindForm,
    pub path: &'p str,
    /// When it was measured, by a clock that was set.
    pub time: Option<Moment>,
    /// What changes when the counter begins anew.
    pub reset_marker: Option<String>,
    /// Where the counter begins again from zero, in its told unit.
    pub modulus: Option<Decimal>,
    /// Energy is added up from it, over gaps of no more than so many seconds.
    pub integrate_gap_s: Option<u32>,
    /// Where its field takes another figure off: whether that one was there.
    pub net: Option<bool>,
    /// What kind of device counts here, where its field says so.
    pub load: Option<Load>,
    /// Of several sources the lowest is used.
    pub priority: u8,
    /// Of which channel of the device it is.
    pub channel: Option<Cow<'p, str>>,
    /// On which of the meter's registers it stands.
    pub register: Option<Cow<'p, str>>,
    /// The device, where the payload names it.
    pub device: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedState {
    pub quantity: String,
    pub value: String,
    /// The device, where the payload names it.
    pub device: Option<String>,
    /// True for the word of what stands between the device and the broker.
    pub between: bool,
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

/// The reasons for which a field that is there has no value: what it showed before is no longer so.
pub const WITHOUT_VALUE: [&str; 5] =
    [NULL, "unavailable", "not_a_number", "empty_value", EMPTY_PAYLOAD];

/// The reason for a message with nothing in it.
pub const EMPTY_PAYLOAD: &str = "empty_payload";

/// The reason for what is told of a channel or register that nobody chose.
pub const NOT_CHOSEN: &str = "not_chosen";

/// What a reason's word means, in words. A word of an own profile means what the profile says.
pub fn meaning(lang: Lang, reason: &str) -> String {
    static STATE_PHRASES: OnceLock<Phrases> = OnceLock::new();
    let words = STATE_PHRASES.get_or_init(Phrases::new);
    let id = format!("reading-{reason}");
    let id = if words.has(lang, &id) { &id } else { OTHER };
    words.plain(lang, id)
}

/// The phrase for reasons that have none of their own.
pub const OTHER: &str = "reading-other";

impl Ignored<'_> {
    pub fn why(&self, lang: Lang) -> String {
        match &self.held {
            Some(held) => format!("{}: {held}", meaning(lang, self.reason)),
            None => meaning(lang, self.reason),
        }
    }

    /// True for what an owner may wonder about; what is simply not there is not.
    pub fn is_notable(&self) -> bool {
        ![ABSENT, NULL, NOT_CHOSEN, "twin", "time_without_zone"].contains(&self.reason)
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
