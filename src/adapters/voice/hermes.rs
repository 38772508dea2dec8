//! What Rhasspy 2.5 hears, by the Hermes protocol: intents, and how sessions go.
//!
//! An intent without a session was typed, not spoken, and orders nothing. Fields and their traps as
//! in PyPI rhasspy-hermes 0.6.2: every key is written, absent ones as null; a slot's own confidence
//! is a constant, so that only `asrConfidence` tells how well something was heard.

use super::ears::{Ears, Session};
use super::{Door, Question, Speaker, is_unclear, must_confirm, order, refused, said, speaker_at};
use crate::adapters::amount::decimal_text;
use crate::adapters::native::heard::{Heard, TEXT_BYTES_MAX, clip};
use crate::adapters::snapshot::Snapshot;
use crate::adapters::speech::{Span, digits_of};
use crate::domain::event::{Event, Said};
use crate::domain::household::Lang;
use crate::domain::ids::{Name, OrderId};
use crate::domain::reply::Code;
use crate::domain::time::UnixMs;
use crate::ports::Message;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    pub const ORDER: &str = "OrderGoods";
    /// The number that confirms: slot `number`.
    pub const CONFIRM: &str = "ConfirmOrder";
    /// The member's PIN: slot `pin`.
    pub const PIN: &str = "GivePin";
    /// Forget it.
    pub const CANCEL: &str = "CancelOrder";
    /// How much is left: slot `span`.
    pub const LEFT: &str = "AskLeft";
    /// What a device cost: slots `device`, `span`.
    pub const COST: &str = "AskCost";
    /// What a run of a device would cost: slot `device`.
    pub const RUN_COST: &str = "AskRunCost";
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

/// An intent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent<'a> {
    input: Option<String>,
    raw_input: Option<String>,
    intent: IntentName,
    #[serde(default = "default_site")]
    site_id: String,
    id: Option<String>,
    #[serde(borrow)]
    slots: Option<Vec<Slot<'a>>>,
    session_id: Option<String>,
    custom_data: Option<String>,
    #[serde(borrow)]
    asr_confidence: Option<&'a RawValue>,
    lang: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntentName {
    intent_name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Slot<'a> {
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
struct SessionTold {
    session_id: String,
    #[serde(default = "default_site")]
    site_id: String,
    custom_data: Option<String>,
    input: Option<String>,
}

fn default_site() -> String {
    "default".to_owned()
}

/// Items as they were named: item, quantity, measure word.
pub type SlotItems = Vec<(String, Option<String>, Option<String>)>;

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
        slots.filter(|slot| slot.slot_name == name).find_map(Slot::text)
    }

    /// The items in the order in which they were said; a quantity and a measure word stand before or
    /// after their item.
    pub fn items(&self) -> SlotItems {
        let mut items: SlotItems = Vec::new();
        let (mut quantity, mut unit) = (None, None);
        for slot in self.slots.iter().flatten() {
            let Some(text) = slot.text() else { continue };
            match (slot.slot_name.as_str(), items.last_mut()) {
                ("item", _) => items.push((text, quantity.take(), unit.take())),
                ("quantity", Some(last)) if last.1.is_none() && slot_ends(self) => {
                    last.1 = Some(text);
                }
                ("quantity", _) => quantity = Some(text),
                ("unit", Some(last)) if last.2.is_none() && slot_ends(self) => last.2 = Some(text),
                ("unit", _) => unit = Some(text),
                _ => {}
            }
        }
        items
    }
}

/// True where the first slot is an item: then what belongs to it stands after it.
fn slot_ends(intent: &Intent<'_>) -> bool {
    intent.slots.iter().flatten().next().is_some_and(|slot| slot.slot_name == "item")
}

impl Slot<'_> {
    fn text(&self) -> Option<String> {
        let raw = self.value.as_ref().and_then(|v| v.value).map(RawValue::get);
        let text = raw
            .filter(|raw| *raw != "null")
            .map(|raw| serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned()));
        text.or_else(|| self.raw_value.clone()).filter(|t| !t.trim().is_empty())
    }
}

/// Reads a message on a topic of Hermes.
pub fn read(snapshot: &Snapshot, ears: &mut Ears, message: &Message, now: UnixMs) -> Heard {
    let topic = message.topic.strip_prefix(ROOT).unwrap_or_default();
    if topic.starts_with("intent/") {
        return match Intent::parse(&message.payload) {
            Ok(intent) => intent_heard(snapshot, ears, &intent, now),
            Err(why) => refused(why),
        };
    }
    let told: SessionTold = match serde_json::from_slice(&message.payload) {
        Ok(told) => told,
        Err(e) => return refused(format!("{topic}: {e}")),
    };
    let device = speaker_at(snapshot, Door::Hermes, &[&told.site_id]).cloned();
    let open = told.custom_data.as_deref().and_then(order_of);
    match (topic, device, open) {
        ("dialogueManager/sessionStarted", _, _) => {
            ears.goes_on(&told.session_id, now);
            Heard::Ignored(format!("session {} began", clip(&told.session_id)))
        }
        ("dialogueManager/sessionEnded", device, order) => {
            ears.ended(&told.session_id);
            let Some((device, order)) = device.zip(order) else {
                return Heard::Ignored(format!("session {} ended", clip(&told.session_id)));
            };
            answer(device, order, Said::Silence, None)
        }
        ("dialogueManager/intentNotRecognized", Some(device), Some(order)) => {
            // Whatever was said, it was meant as the answer: a number that only the grammar missed,
            // or a no.
            let number = digits_of(told.input.as_deref().unwrap_or_default());
            answer(device, order, Said::Number(number), Some(told.session_id))
        }
        _ => Heard::Ignored(format!("nothing is read on {}", message.topic)),
    }
}

/// The order that a session is about.
pub fn order_of(custom_data: &str) -> Option<OrderId> {
    let data: CustomData = serde_json::from_str(custom_data).ok()?;
    OrderId::parse(&data.order_id).ok()
}

fn answer(device: Name, order: OrderId, said: Said, session: Option<String>) -> Heard {
    Heard::Event(Event::AnswerHeard { stamp: None, device, order, said, session })
}

fn intent_heard(snapshot: &Snapshot, ears: &mut Ears, intent: &Intent<'_>, now: UnixMs) -> Heard {
    let site = clip(intent.site());
    let Some(session) = intent.session() else {
        return refused(format!("no session: an intent of {site} was typed, not spoken"));
    };
    if ears.session(session, now) == Session::Over {
        return refused(format!("no session: {} is over", clip(session)));
    }
    ears.goes_on(session, now);
    let Some(device) = speaker_at(snapshot, Door::Hermes, &[intent.site()]) else {
        let why = format!("no speaker at site {site}: add a device with its topic = \"{site}\"");
        return Heard::Refused { device: None, order: None, code: Code::UnknownDevice, why };
    };
    if intent.text().len() > TEXT_BYTES_MAX {
        return refused(format!("{device}: more than {TEXT_BYTES_MAX} bytes were said"));
    }
    let speaker = Speaker {
        device: device.clone(),
        session: Some(session.to_owned()),
        lang: intent.lang.as_deref().and_then(Lang::parse),
    };
    let open = intent.custom_data.as_deref().and_then(order_of);
    let session = speaker.session.clone();
    match (intent.name(), open) {
        (intents::CONFIRM, Some(order)) => {
            let number = intent.slot("number").unwrap_or_else(|| intent.text().to_owned());
            answer(speaker.device, order, Said::Number(digits_of(&number)), session)
        }
        (intents::PIN, Some(order)) => {
            let pin = digits_of(&intent.slot("pin").unwrap_or_else(|| intent.text().to_owned()));
            Heard::Pin { stamp: None, device: speaker.device, order, pin, session }
        }
        (intents::CANCEL, Some(order)) => answer(speaker.device, order, Said::Cancel, session),
        // Anything else that is said to a question is no yes.
        (_, Some(order)) => answer(speaker.device, order, Said::Number(String::new()), session),
        (name, None) => asked(snapshot, speaker, intent, name),
    }
}

/// An intent that begins something.
fn asked(snapshot: &Snapshot, speaker: Speaker, intent: &Intent<'_>, name: &str) -> Heard {
    let session = speaker.session.clone().unwrap_or_default();
    let heard = [session.as_str(), intent.id.as_deref().unwrap_or_default(), name, intent.text()];
    let span = match intent.slot("span").as_deref() {
        Some("month" | "this month" | "本月" | "这个月") => Span::Month,
        Some(_) | None => Span::Today,
    };
    let device = intent.slot("device").and_then(|text| device_named(snapshot, &text));
    let question = match name {
        intents::ORDER => {
            let unsure = must_confirm(intent.confidence());
            let items = if is_unclear(intent.confidence()) {
                Err(Code::NotUnderstood)
            } else if intent.items().is_empty() {
                return said(snapshot, speaker, &heard, intent.text(), unsure);
            } else {
                slot_items(snapshot, &intent.items())
            };
            return order(&speaker, &heard, items, unsure);
        }
        intents::LEFT => Question::Left(span),
        intents::COST => match device {
            Some(device) => {
                let month = intent.slot("span").is_none();
                Question::Cost(device, if month { Span::Month } else { span })
            }
            None => Question::Unclear,
        },
        intents::RUN_COST => device.map_or(Question::Unclear, Question::RunCost),
        intents::REFUND => Question::RefundLast,
        intents::FREEZE => match (intent.slot("device"), device) {
            (None, _) => Question::Freeze(None),
            (Some(_), Some(device)) => Question::Freeze(Some(device)),
            (Some(_), None) => Question::Unclear,
        },
        intents::CONFIRM | intents::PIN | intents::CANCEL => Question::Unclear,
        other => return Heard::Ignored(format!("intent {} is not ours", clip(other))),
    };
    Heard::Question { speaker, question }
}

/// The items of an order's slots.
///
/// # Errors
/// The code for the first that is not understood: an order is taken whole or not at all.
pub fn slot_items(snapshot: &Snapshot, items: &SlotItems) -> Result<Vec<(Name, Decimal)>, Code> {
    let read = |(item, quantity, unit): &(String, Option<String>, Option<String>)| {
        snapshot.lexicon.slot_order(item, quantity.as_deref(), unit.as_deref())
    };
    items.iter().map(read).collect()
}

/// A device by its id or its name.
pub fn device_named(snapshot: &Snapshot, text: &str) -> Option<Name> {
    let text = text.trim();
    let by_id = Name::parse(text).ok().filter(|id| snapshot.household.devices.contains_key(id));
    by_id.or_else(|| {
        let mut named = snapshot.household.devices.iter();
        let found = named.find(|(_, device)| device.name.eq_ignore_ascii_case(text));
        found.map(|(id, _)| id.clone())
    })
}
