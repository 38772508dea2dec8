//! Speakers that do not sign: Rhasspy by the Hermes protocol, Home Assistant Assist, XiaoAI.
//!
//! The broker vouches for them, so whoever may publish on their topics may order within the
//! speaker's limits: `devices/<family>/README.md` says which rights to give to whom. What they lack
//! in proof they must make up for: an order needs a living session or a fresh time, and where that
//! is not sure, a number said aloud.

pub mod assist;
pub mod hermes;
pub mod inspect;
pub mod prompt;
pub mod session_memory;
pub mod xiaoai;

use super::native::decoded::Decoded;
use super::snapshot::Snapshot;
use homepay_domain::event::{ConfirmationAnswer, Event, OrderRequest};
use homepay_domain::household::{Device, Home, Lang};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_domain::unclear::{Doubt, MissingPart, Unclear};
use homepay_language::speech::{QuestionSpan, SlotItems, Utterance};
use homepay_ports::{MESSAGE_BYTES_MAX, Message};
use rust_decimal::Decimal;
use serde_json::Value;
use session_memory::SessionMemory;
use sha2::{Digest, Sha256};

/// How long a spoken question stays open, in seconds: Rhasspy ends a silent session after it.
pub const SESSION_S: i64 = 30;

/// How old what was said may be when it is heard, in seconds.
pub const SPEECH_FRESH_S: i64 = 60;

/// A recogniser that is less sure than this of what it heard was not understood, in per cent.
pub const CONFIDENCE_MIN_PCT: i64 = 50;

/// A recogniser that is less sure than this, or does not say, has its orders confirmed by a number
/// whatever they cost, in per cent.
pub const CONFIDENCE_SURE_PCT: i64 = 75;

/// A way in which speakers hear and speak that do not sign.
///
/// What such a speaker lacks in proof the protocol makes up for: nothing is ordered without a living
/// session or a fresh time.
pub trait VoiceProtocol: Sync {
    /// The word by which a device of the household names it.
    fn profile(&self) -> &'static str;

    /// What to subscribe to for a speaker, as filters.
    fn subscriptions(&self, base: &str, device: &Device) -> Vec<String>;

    /// What a speaker's own user of the embedded broker may read beside its replies, as filters.
    fn rights(&self) -> Vec<String> {
        Vec::new()
    }

    /// True where Home Assistant speaks for such speakers, under its own user of the broker.
    fn is_home_assistants(&self) -> bool;

    /// By which channel a topic's speakers are heard, for what is bounded by channel: the protocol's, or
    /// a device's own; `None` where the topic is not of this protocol.
    fn channel(&self, snapshot: &Snapshot, topic: &str) -> Option<String>;

    /// Reads a message on one of its topics; it was not retained, and is not too long.
    fn decode(
        &self,
        snapshot: &Snapshot,
        sessions: &mut SessionMemory,
        message: &Message,
        now: UnixMs,
    ) -> Decoded;

    /// Words for a speaker as topic and payload; [`prompt::SpeakBody`] where it has no own form.
    fn encode(
        &self,
        (home, base): (&Home, &str),
        (id, _device): (&Name, &Device),
        words: &prompt::SpeakerPrompt<'_>,
    ) -> (String, Value) {
        prompt::speak(home, base, id, words)
    }

    /// What one message holds, with nothing known but the protocol: what `device try` shows.
    fn inspect(&self, topic: &str, payload: &[u8], retained: bool, now: UnixMs) -> Value;
}

macro_rules! listed {
    ($($module:ident::$protocol:ident = $word:literal,)+) => {
        /// Every protocol; the first whose topic it is reads a message.
        pub const PROTOCOLS: &[&dyn VoiceProtocol] = &[$(&$module::$protocol),+];
    };
}

homepay_devices::voice_protocols!(listed);

/// The protocol of a profile, if it is a speaker's.
pub fn protocol_of(profile: &str) -> Option<&'static dyn VoiceProtocol> {
    PROTOCOLS.iter().copied().find(|protocol| protocol.profile() == profile)
}

/// Who spoke, and where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    pub device: Name,
    /// The session or transaction that waits.
    pub session: Option<String>,
    /// The language of the answer; unset = the home's.
    pub lang: Option<Lang>,
    /// True where all that is said near it is heard, whomever it is meant for: what is plainly none
    /// of the hub's business is met with silence.
    pub overhears: bool,
}

/// What is asked or told that is no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// How much may still be spent.
    Left(QuestionSpan),
    /// What a device cost.
    Cost(Name, QuestionSpan),
    /// What a run of a device would cost.
    RunCost(Name),
    /// How much was spent.
    Spent(QuestionSpan),
    /// What an item costs.
    Price(Name),
    /// What was ordered last.
    LastOrder,
    /// Give back what the last order cost.
    RefundLast,
    /// Take no more orders.
    Freeze(Option<Name>),
    /// Which of these was meant?
    Which(Vec<Name>),
    /// A number, or a no, where nothing was asked.
    NothingOpen,
    /// What was said could not be read.
    Unclear,
}

/// Reads a message of a speaker that does not sign; `None` where its topic is none of theirs.
pub fn read(
    snapshot: &Snapshot,
    ears: &mut SessionMemory,
    message: &Message,
    now: UnixMs,
) -> Option<Decoded> {
    let topic = message.topic.as_str();
    let of_topic = |protocol: &&&dyn VoiceProtocol| protocol.channel(snapshot, topic).is_some();
    let protocol = PROTOCOLS.iter().find(of_topic)?;
    if message.payload.len() > MESSAGE_BYTES_MAX {
        return Some(refused(format!("{topic}: more than {MESSAGE_BYTES_MAX} bytes")));
    }
    if message.retained {
        return Some(Decoded::Refused {
            device: None,
            order: None,
            code: Code::Retained,
            why: format!("{topic}: nothing is ordered by a retained message"),
        });
    }
    Some(protocol.decode(snapshot, ears, message, now))
}

/// By which channel speakers that do not sign are heard on a topic: a protocol's, or a device's own;
/// `None` where it is none of theirs.
pub fn channel_of(snapshot: &Snapshot, topic: &str) -> Option<String> {
    PROTOCOLS.iter().find_map(|protocol| protocol.channel(snapshot, topic))
}

/// The broker's user under whom Home Assistant speaks for its speakers.
pub const HOME_ASSISTANT: &str = "homeassistant";

/// Whether a user of our broker may speak for a speaker that does not sign: its own user, and Home
/// Assistant's for speakers that it stands for.
pub fn may_speak(snapshot: &Snapshot, user: &str, device: &Name) -> bool {
    let known = snapshot.household.devices.get(device);
    let protocol = known.and_then(|device| protocol_of(device.profile.as_str()));
    let is_bridged = protocol.is_some_and(VoiceProtocol::is_home_assistants);
    user == device.as_str() || (is_bridged && user == HOME_ASSISTANT)
}

/// The speaker of a profile whose `topic`, or else whose id, is one of these.
fn speaker_at<'a>(snapshot: &'a Snapshot, profile: &str, places: &[&str]) -> Option<&'a Name> {
    let of_door = snapshot.routes.voices.get(profile)?;
    places.iter().find_map(|place| of_door.get(*place))
}

/// True where a recogniser was not sure, or did not say: its orders are confirmed by a number.
fn is_unsure(confidence: Option<Decimal>) -> bool {
    confidence.is_none_or(|c| c < Decimal::new(CONFIDENCE_SURE_PCT, 2))
}

fn is_unclear(confidence: Option<Decimal>) -> bool {
    confidence.is_some_and(|c| c < Decimal::new(CONFIDENCE_MIN_PCT, 2))
}

/// An order, with an id made of what it was heard by: the same session, or the same moment, is the
/// same order.
fn order(
    speaker: &Speaker,
    heard: &[&str],
    items: Result<Vec<(Name, Decimal)>, Unclear>,
    doubt: Option<Doubt>,
) -> Decoded {
    let mut hash = Sha256::new_with_prefix(speaker.device.as_str());
    for part in heard {
        hash.update([0]);
        hash.update(part);
    }
    let fingerprint = hex::encode(hash.finalize());
    let id = format!("voice-{}", &fingerprint[..ID_HEX_CHARS]);
    let Ok(order) = OrderId::parse(&id) else { return refused(format!("{id} is not an id")) };
    Decoded::Event(Event::OrderRequested(
        None,
        OrderRequest {
            device: speaker.device.clone(),
            order,
            fingerprint: fingerprint.into(),
            items,
            member: None,
            lang: speaker.lang,
            session: speaker.session.clone(),
            currency: None,
            doubt,
            heard_at: None,
            answer_within_s: Some(SESSION_S),
        },
    ))
}

/// 128 bits of a hash.
const ID_HEX_CHARS: usize = 32;

/// What a sentence leads to that was said to a speaker which asked nothing.
fn said(
    snapshot: &Snapshot,
    speaker: Speaker,
    heard: &[&str],
    text: &str,
    doubt: Option<Doubt>,
) -> Decoded {
    let question = match snapshot.lexicon.understand(text) {
        Ok(Utterance::Order(spoken)) if speaker.overhears && !spoken.by_verb => {
            return not_ours(&speaker);
        }
        Ok(Utterance::Order(spoken)) => {
            let doubt = if spoken.alike { Some(Doubt::Alike) } else { doubt };
            return order(&speaker, heard, Ok(spoken.items), doubt);
        }
        Err(_) if speaker.overhears && !snapshot.lexicon.asks_for_goods(text) => {
            return not_ours(&speaker);
        }
        // An order that is not understood is told, and can be looked up like every other. While a
        // question is open it is an answer that was misheard.
        Err(unclear) => {
            let Decoded::Event(event) = order(&speaker, heard, Err(unclear), doubt) else {
                return refused("an id that is none".to_owned());
            };
            return Decoded::Misheard { speaker, event: Box::new(event) };
        }
        Ok(Utterance::Left { day_or_month }) => Question::Left(day_or_month),
        Ok(Utterance::Cost { device, span }) => Question::Cost(device, span),
        Ok(Utterance::RunCost { device }) => Question::RunCost(device),
        Ok(Utterance::Spent(span)) => Question::Spent(span),
        Ok(Utterance::Price(sku)) => Question::Price(sku),
        Ok(Utterance::LastOrder) => Question::LastOrder,
        Ok(Utterance::RefundLast) => Question::RefundLast,
        Ok(Utterance::Freeze(device)) => Question::Freeze(device),
        Ok(Utterance::Which(_)) if speaker.overhears && !snapshot.lexicon.has_verb(text) => {
            return not_ours(&speaker);
        }
        Ok(Utterance::Which(skus)) => Question::Which(skus),
        Ok(Utterance::Cancel) => {
            let said = ConfirmationAnswer::Cancel;
            return Decoded::AnswerToOpen { speaker, said };
        }
        Ok(Utterance::Number(number)) => {
            let said = ConfirmationAnswer::Number(number);
            return Decoded::AnswerToOpen { speaker, said };
        }
    };
    Decoded::Question { speaker, question }
}

/// A sentence with the slots that a recogniser cut it into. The words go first; what only the slots
/// caught is asked about, and not looked at where a word turns the sentence round: the slots leave
/// such words out.
fn by_words_or_slots(
    snapshot: &Snapshot,
    speaker: Speaker,
    heard: &[&str],
    text: &str,
    slots: &SlotItems,
    doubt: Option<Doubt>,
) -> Decoded {
    let turned = |unclear: &Unclear| match unclear.missing {
        MissingPart::Request | MissingPart::Command | MissingPart::Verb => true,
        MissingPart::Words
        | MissingPart::Certainty
        | MissingPart::Item
        | MissingPart::OneItem
        | MissingPart::Meaning
        | MissingPart::Quantity
        | MissingPart::Number
        | MissingPart::Measure
        | MissingPart::Whole
        | MissingPart::Bounds
        | MissingPart::Thing
        | MissingPart::Pairing
        | MissingPart::Once
        | MissingPart::OpenQuestion => false,
    };
    let read = snapshot.lexicon.understand(text);
    if slots.is_empty() || read.is_ok() || read.as_ref().is_err_and(turned) {
        let differs = !slots.is_empty()
            && read.is_ok_and(|read| {
                matches!(read, Utterance::Order(order) if !snapshot.lexicon.agrees(&order.items, slots))
            });
        // The words and the slots say two things: one of them was heard wrong.
        let doubt = doubt.or(differs.then_some(Doubt::Heard));
        return said(snapshot, speaker, heard, text, doubt);
    }
    let items = slots.iter().map(|(item, quantity, unit)| {
        snapshot.lexicon.slot_order(item, quantity.as_deref(), unit.as_deref())
    });
    order(&speaker, heard, items.collect(), Some(Doubt::Heard))
}

fn not_ours(speaker: &Speaker) -> Decoded {
    Decoded::Ignored(format!("{}: the sentence does not order anything", speaker.device))
}

fn refused(why: String) -> Decoded {
    Decoded::Refused { device: None, order: None, code: Code::Malformed, why }
}

#[cfg(test)]
mod tests;
