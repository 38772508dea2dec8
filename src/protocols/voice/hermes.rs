//! What Rhasspy 2.5 hears, by the Hermes protocol: intents, and how sessions go.
//!
//! An intent without a session was typed, not spoken, and orders nothing. Fields and their traps as
//! in PyPI rhasspy-hermes 0.6.2: every key is written, absent ones as null; a slot's own confidence
//! is a constant, so that only `asrConfidence` tells how well something was heard.

use super::prompt::{SpeakerPrompt, hermes_words};
use super::session_memory::{Session, SessionMemory};
use super::{
    Question, Speaker, VoiceProtocol, by_words_or_slots, inspect, is_unclear, is_unsure, order,
    refused, said, speaker_at,
};
use crate::native::decoded::{Decoded, TEXT_BYTES_MAX};
use crate::snapshot::Snapshot;
use homepay_domain::event::{ConfirmationAnswer, Event};
use homepay_domain::household::{Device, Home, Lang};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_domain::unclear::{Doubt, MissingPart, Unclear};
use homepay_language::speech::{QuestionSpan, SlotItems, Utterance, digits_of};
use homepay_ports::Message;
use homepay_text::amount::decimal_text;
use homepay_text::clip::clip;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The word of the profile.
const HERMES_PROFILE: &str = "hermes";

/// Rhasspy, or whatever else speaks Hermes. A device's `topic` is its site.
pub struct Hermes;

impl VoiceProtocol for Hermes {
    fn profile(&self) -> &'static str {
        HERMES_PROFILE
    }

    fn subscriptions(&self, _base: &str, _device: &Device) -> Vec<String> {
        TOPICS.iter().map(|topic| (*topic).to_owned()).collect()
    }

    fn rights(&self) -> Vec<String> {
        vec![format!("{ROOT}#")]
    }

    fn is_home_assistants(&self) -> bool {
        false
    }

    fn channel(&self, _snapshot: &Snapshot, topic: &str) -> Option<String> {
        topic.starts_with(ROOT).then(|| HERMES_PROFILE.to_owned())
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        sessions: &mut SessionMemory,
        message: &Message,
        now: UnixMs,
    ) -> Decoded {
        read(snapshot, sessions, message, now)
    }

    fn encode(
        &self,
        _: (&Home, &str),
        (id, device): (&Name, &Device),
        words: &SpeakerPrompt<'_>,
    ) -> (String, Value) {
        hermes_words(device.topic.as_deref().unwrap_or(id.as_str()), words)
    }

    fn inspect(&self, topic: &str, payload: &[u8], retained: bool, _now: UnixMs) -> Value {
        inspect::tried_hermes(topic, payload, retained)
    }
}

/// The first level of all topics.
pub const ROOT: &str = "hermes/";

/// What is listened to.
pub const TOPICS: [&str; 4] = [
    "hermes/intent/#",
    "hermes/dialogueManager/sessionStarted",
    "hermes/dialogueManager/sessionEnded",
    "hermes/dialogueManager/intentNotRecognized",
];

/// The intents, as `homepay voice export rhasspy` names them.
pub mod intents {
    /// Buy something: slots `item`, `quantity`, `unit`, each as often as there are items.
    pub const ORDER_INTENT: &str = "OrderGoods";
    /// The number that confirms: slot `number`.
    pub const CONFIRM: &str = "ConfirmOrder";
    /// The member's PIN: slot `pin`.
    pub const PIN: &str = "GivePin";
    pub const CANCEL: &str = "CancelOrder";
    /// How much is left: slot `span`.
    pub const LEFT: &str = "AskLeft";
    /// What a device cost: slots `device`, `span`.
    pub const COST: &str = "AskCost";
    /// What a run of a device would cost: slot `device`.
    pub const RUN_COST: &str = "AskRunCost";
    /// How much was spent: slot `span`.
    pub const SPENT: &str = "AskSpent";
    /// What an item costs: slot `item`.
    pub const PRICE: &str = "AskPrice";
    /// What was ordered last.
    pub const LAST_ORDER: &str = "AskLastOrder";
    /// Give back what the last order cost.
    pub const REFUND: &str = "RefundLast";
    /// Take no more orders: slot `device`.
    pub const FREEZE: &str = "FreezeDevice";
}

/// What the hub puts into a session, and gets back with everything that is said in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomData {
    /// The order that is asked about.
    pub order_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent<'a> {
    input: Option<String>,
    raw_input: Option<String>,
    #[serde(borrow)]
    intent: IntentName<'a>,
    #[serde(default = "default_site")]
    site_id: String,
    #[serde(borrow)]
    slots: Option<Vec<HermesSlot<'a>>>,
    session_id: Option<String>,
    custom_data: Option<String>,
    #[serde(borrow)]
    asr_confidence: Option<&'a RawValue>,
    lang: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntentName<'a> {
    intent_name: String,
    #[serde(borrow)]
    confidence_score: Option<&'a RawValue>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HermesSlot<'a> {
    slot_name: String,
    raw_value: Option<String>,
    #[serde(borrow)]
    value: Option<SlotValue<'a>>,
}

#[derive(Clone, Debug, Deserialize)]
struct SlotValue<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// What is told of a session.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionNotice {
    session_id: String,
    #[serde(default = "default_site")]
    site_id: String,
    custom_data: Option<String>,
    input: Option<String>,
}

fn default_site() -> String {
    "default".to_owned()
}

impl Intent<'_> {
    /// Reads an intent.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(payload: &[u8]) -> Result<Intent<'_>, String> {
        serde_json::from_slice(payload).map_err(|e| format!("not an intent: {e}"))
    }

    /// Its name, without the owner that some publishers put before it (`mum:OrderGoods`).
    pub fn name(&self) -> &str {
        let name = self.intent.intent_name.as_str();
        name.rsplit_once(':').map_or(name, |(_, name)| name)
    }

    /// Where it was said.
    pub fn site(&self) -> &str {
        &self.site_id
    }

    /// The session in which it was said; none when it was typed.
    pub fn session(&self) -> Option<&str> {
        self.session_id.as_deref().filter(|session| !session.is_empty())
    }

    /// How sure the recogniser was.
    pub fn confidence(&self) -> Option<Decimal> {
        self.asr_confidence.and_then(|raw| decimal_text(raw.get()))
    }

    /// True where the words are not exactly a sentence of the grammar, by the recogniser's own score.
    pub fn is_guessed(&self) -> bool {
        let score = self.intent.confidence_score.map(|raw| decimal_text(raw.get()));
        score.is_some_and(|score| score.is_none_or(|score| score < Decimal::ONE))
    }

    /// What the hub put into its session.
    pub fn custom_data(&self) -> Option<&str> {
        self.custom_data.as_deref()
    }

    /// The words as they were said.
    pub fn text(&self) -> &str {
        self.raw_input.as_deref().or(self.input.as_deref()).unwrap_or_default()
    }

    /// The first value of a slot: what it stands for, or else the words.
    pub fn slot(&self, name: &str) -> Option<String> {
        let slots = self.slots.iter().flatten();
        slots.filter(|slot| slot.slot_name == name).find_map(HermesSlot::text)
    }

    /// The items in the order in which they were said, each with the quantity and the measure word
    /// that stand on its side. `None` where it is not clear to which item they belong: item,
    /// quantity, item.
    pub fn items(&self) -> Option<SlotItems> {
        let slots: Vec<(&str, String)> =
            self.slots.iter().flatten().filter_map(HermesSlot::named).collect();
        let known = slots.iter().filter(|(name, _)| ["item", "quantity", "unit"].contains(name));
        let known: Vec<&(&str, String)> = known.collect();
        let is_item = |slot: &&&(&str, String)| slot.0 == "item";
        let count = known.iter().filter(is_item).count();
        let item_first = known.first().is_some_and(|slot| slot.0 == "item");
        let mut items: SlotItems = Vec::new();
        let (mut quantity, mut unit) = (None, None);
        for (name, text) in known {
            let text = text.clone();
            let last = items.last_mut().filter(|_| item_first);
            let place = match (*name, last) {
                ("item", _) => {
                    items.push((text, quantity.take(), unit.take()));
                    continue;
                }
                ("quantity", Some(last)) => &mut last.1,
                ("quantity", None) => &mut quantity,
                (_, Some(last)) => &mut last.2,
                (_, None) => &mut unit,
            };
            if place.replace(text).is_some() {
                return None;
            }
        }
        let counted = items.iter().filter(|item| item.1.is_some()).count();
        let clear = count <= 1 || counted == 0 || counted == count;
        (clear && quantity.is_none() && unit.is_none()).then_some(items)
    }
}

impl HermesSlot<'_> {
    fn named(&self) -> Option<(&str, String)> {
        Some((self.slot_name.as_str(), self.text()?))
    }

    fn text(&self) -> Option<String> {
        let raw = self.value.as_ref().and_then(|v| v.value).map(RawValue::get);
        let text = raw
            .filter(|raw| *raw != "null")
            .map(|raw| serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned()));
        text.or_else(|| self.raw_value.clone()).filter(|t| !t.trim().is_empty())
    }
}

/// Reads a message on a topic of Hermes.
fn read(snapshot: &Snapshot, ears: &mut SessionMemory, message: &Message, now: UnixMs) -> Decoded {
    let topic = message.topic.strip_prefix(ROOT).unwrap_or_default();
    if topic.starts_with("intent/") {
        return match Intent::parse(&message.payload) {
            Ok(intent) => intent_heard(snapshot, ears, &intent, now),
            Err(why) => refused(why),
        };
    }
    let told: SessionNotice = match serde_json::from_slice(&message.payload) {
        Ok(told) => told,
        Err(e) => return refused(format!("{topic}: {e}")),
    };
    let device = speaker_at(snapshot, HERMES_PROFILE, &[&told.site_id]).cloned();
    let open = told.custom_data.as_deref().and_then(order_of);
    match (topic, device, open) {
        ("dialogueManager/sessionStarted", _, _) => {
            ears.goes_on(&told.session_id, now);
            Decoded::Ignored(format!("session {} began", clip(&told.session_id)))
        }
        ("dialogueManager/sessionEnded", device, order) => {
            ears.ended(&told.session_id);
            let Some((device, order)) = device.zip(order) else {
                return Decoded::Ignored(format!("session {} ended", clip(&told.session_id)));
            };
            answer(device, order, ConfirmationAnswer::Silence, None)
        }
        ("dialogueManager/intentNotRecognized", Some(device), Some(order)) => {
            // Whatever was said, it was meant as the answer: a number that only the grammar missed,
            // or a no.
            let said = answered(snapshot, told.input.as_deref().unwrap_or_default());
            answer(device, order, said, Some(told.session_id))
        }
        _ => Decoded::Ignored(format!("nothing is read on {}", message.topic)),
    }
}

/// The order that a session is about.
pub fn order_of(custom_data: &str) -> Option<OrderId> {
    let data: CustomData = serde_json::from_str(custom_data).ok()?;
    OrderId::parse(&data.order_id).ok()
}

/// Words as an answer to a question: a number, a no, or neither.
fn answered(snapshot: &Snapshot, text: &str) -> ConfirmationAnswer {
    let number = digits_of(text);
    if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
        return ConfirmationAnswer::Number(number);
    }
    match snapshot.lexicon.understand(text) {
        Ok(Utterance::Cancel) => ConfirmationAnswer::Cancel,
        _ => ConfirmationAnswer::Misheard,
    }
}

fn answer(
    device: Name,
    order: OrderId,
    said: ConfirmationAnswer,
    session: Option<String>,
) -> Decoded {
    Decoded::Event(Event::AnswerReceived { stamp: None, device, order, answer: said, session })
}

fn intent_heard(
    snapshot: &Snapshot,
    ears: &mut SessionMemory,
    intent: &Intent<'_>,
    now: UnixMs,
) -> Decoded {
    let site = clip(intent.site());
    let Some(session) = intent.session() else {
        return refused(format!("no session: an intent of {site} was typed, not spoken"));
    };
    let device = speaker_at(snapshot, HERMES_PROFILE, &[intent.site()]);
    match ears.session(session, now) {
        Session::Goes => ears.goes_on(session, now),
        Session::Over => return refused(format!("no session: {} is over", clip(session))),
        // Said before the hub listened, or never: it orders nothing, and whoever said it hears so.
        Session::Unknown => {
            let why = format!("session {} is not known: its start was not received", clip(session));
            let device = device.cloned();
            return Decoded::Refused { device, order: None, code: Code::Stale, why };
        }
    }
    let Some(device) = device else {
        let why = format!("no speaker at site {site}: add a device with its topic = \"{site}\"");
        return Decoded::Refused { device: None, order: None, code: Code::UnknownDevice, why };
    };
    if intent.text().len() > TEXT_BYTES_MAX {
        return refused(format!("{device}: the sentence has more than {TEXT_BYTES_MAX} bytes"));
    }
    let speaker = Speaker {
        device: device.clone(),
        session: Some(session.to_owned()),
        lang: intent.lang.as_deref().and_then(Lang::parse),
        overhears: false,
    };
    let open = intent.custom_data.as_deref().and_then(order_of);
    let session = speaker.session.clone();
    match (intent.name(), open) {
        (intents::CONFIRM, Some(order)) => {
            let number = intent.slot("number").unwrap_or_else(|| intent.text().to_owned());
            answer(speaker.device, order, answered(snapshot, &number), session)
        }
        (intents::PIN, Some(order)) => {
            let pin = digits_of(&intent.slot("pin").unwrap_or_else(|| intent.text().to_owned()));
            Decoded::Pin { stamp: None, device: speaker.device, order, pin, session }
        }
        (intents::CANCEL, Some(order)) => {
            answer(speaker.device, order, ConfirmationAnswer::Cancel, session)
        }
        // Anything else that is said to a question is no yes.
        (_, Some(order)) => answer(speaker.device, order, ConfirmationAnswer::Misheard, session),
        (name, None) => asked(snapshot, speaker, intent, name),
    }
}

/// An intent that begins something.
fn asked(snapshot: &Snapshot, speaker: Speaker, intent: &Intent<'_>, name: &str) -> Decoded {
    let session = speaker.session.clone().unwrap_or_default();
    // Two recognisers that answer in one session heard the same: it is one order.
    let heard = [session.as_str(), "order"];
    let span = match intent.slot("span").as_deref() {
        Some("month" | "this month" | "本月" | "这个月") => QuestionSpan::Month,
        Some(_) | None => QuestionSpan::Today,
    };
    let device = intent.slot("device").and_then(|text| device_named(snapshot, &text));
    let question = match name {
        intents::ORDER_INTENT => {
            let unsure = is_unsure(intent.confidence()) || intent.is_guessed();
            let doubt = unsure.then_some(Doubt::Heard);
            if is_unclear(intent.confidence()) {
                let unclear = Unclear::heard(MissingPart::Certainty, intent.text().to_owned());
                return order(&speaker, &heard, Err(unclear), doubt);
            }
            let Some(items) = intent.items() else {
                let unclear = Unclear::of(MissingPart::Pairing);
                let read = snapshot.lexicon.understand(intent.text());
                return match read {
                    Ok(_) => said(snapshot, speaker, &heard, intent.text(), doubt),
                    Err(_) => order(&speaker, &heard, Err(unclear), doubt),
                };
            };
            return by_words_or_slots(snapshot, speaker, &heard, intent.text(), &items, doubt);
        }
        intents::LEFT => Question::Left(span),
        intents::COST => match device {
            Some(device) => {
                let month = intent.slot("span").is_none();
                Question::Cost(device, if month { QuestionSpan::Month } else { span })
            }
            None => Question::Unclear,
        },
        intents::RUN_COST => device.map_or(Question::Unclear, Question::RunCost),
        intents::SPENT => Question::Spent(span),
        intents::PRICE => {
            let sku = intent.slot("item").and_then(|item| snapshot.lexicon.sku_named(&item));
            sku.map_or(Question::Unclear, Question::Price)
        }
        intents::LAST_ORDER => Question::LastOrder,
        intents::REFUND => Question::RefundLast,
        intents::FREEZE => match (intent.slot("device"), device) {
            (None, _) => Question::Freeze(None),
            (Some(_), Some(device)) => Question::Freeze(Some(device)),
            (Some(_), None) => Question::Unclear,
        },
        intents::CONFIRM | intents::PIN | intents::CANCEL => Question::Unclear,
        other => return Decoded::Ignored(format!("intent {} is not ours", clip(other))),
    };
    Decoded::Question { speaker, question }
}

/// A device by its id or its name.
pub fn device_named(snapshot: &Snapshot, text: &str) -> Option<Name> {
    let text = text.trim();
    let by_id = Name::parse(text).ok().filter(|id| snapshot.household.devices.contains_key(id));
    by_id.or_else(|| {
        let mut named = snapshot.household.devices.iter();
        let found =
            named.find(|(_, device)| device.name.all().any(|name| name.eq_ignore_ascii_case(text)));
        found.map(|(id, _)| id.clone())
    })
}
