//! Messages of devices: what they ask, answer and measure.

use super::envelope::Envelope;
use crate::snapshot::{Snapshot, device_signer};
use crate::voice::{Question, Speaker};
use crate::{homeassistant, readings};
use homepay_domain::event::{
    ConfirmationAnswer, DeviceStatus, Event, OrderRequest, ReadingTime, ReadingValue, Stamp,
    ValueSemantics,
};
use homepay_domain::fault_injection::{InjectedFault, is_injected};
use homepay_domain::household::{DeviceKind, Lang};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_domain::unclear::{Doubt, MissingPart, Unclear};
use homepay_language::speech;
use homepay_ports::{MESSAGE_BYTES_MAX, Message};
use homepay_text::amount::plain_decimal;
use homepay_text::clip::clip;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The most of one item that one order may ask for.
pub const QUANTITY_MAX: i64 = 10_000;

/// The longest sentence that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 1_000;

/// How far ahead of ours a reading's clock may be, in seconds.
pub const AHEAD_S_MAX: i64 = 300;

/// How many values one reading may hold.
pub const VALUES_MAX: usize = 64;

/// The body of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    /// The asker's id: 8 to 64 of `[A-Za-z0-9_-]`.
    pub order_id: String,
    /// What was said. Either this or `items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is wanted. Either this or `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ItemBody>>,
    /// Id of the member who spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The language of the replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Id of the voice session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The currency that the asker counts in; another than the home's is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// One item of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemBody {
    /// Sku of the catalogue's item.
    pub sku: String,
    /// How many, as decimal text.
    pub quantity: String,
}

/// The body of a confirmation: one of `answer`, `pin` and `cancel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// Id of the order.
    pub order_id: String,
    /// The number that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The PIN that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// True = forget the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<bool>,
}

/// The body of a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingBody {
    /// When it was measured, RFC 3339 with offset.
    pub at: String,
    /// Values that were measured together.
    pub values: Vec<ValueBody>,
}

/// One value of a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueBody {
    /// `energy`, `energy_export`, `power`, `water_volume` or `gas_volume`.
    pub quantity: String,
    /// The unit of the value.
    pub unit: String,
    /// An exact decimal, as text.
    pub value: String,
}

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    Event(Event),
    /// A message of several devices: what it says of each.
    Events(Vec<Event>),
    /// A PIN was said: it is compared before the event is made.
    Pin {
        /// The envelope; none where the broker vouches for the device.
        stamp: Option<Stamp>,
        device: Name,
        order: OrderId,
        pin: String,
        /// The voice session in which it was said, where that is told.
        session: Option<String>,
    },
    /// A number or a no was said to a speaker, which only the books know the order of.
    AnswerToOpen {
        speaker: Speaker,
        said: ConfirmationAnswer,
    },
    /// Words that say nothing: where a question of this speaker is open they were its answer, and are
    /// asked for again; else they are an order that was not understood.
    Misheard {
        speaker: Speaker,
        /// The order that it is where nothing is open.
        event: Box<Event>,
    },
    /// A speaker is asked, or told, what is no order.
    Question {
        speaker: Speaker,
        question: Question,
    },
    /// A limit was asked for by an entity of Home Assistant.
    Number(homeassistant::number::NumberRequest),
    Request(super::owner_request::OwnerRequest),
    /// Refused; the device is told when it is known.
    Refused {
        /// The device, when it is known and is a speaker.
        device: Option<Name>,
        /// The order, where it could be read.
        order: Option<OrderId>,
        code: Code,
        /// In words, for the log.
        why: String,
    },
    /// An owner's request that is refused before it is decided, and names what its caller waits for:
    /// the caller is told.
    RefusedRequest {
        /// The owner's key, where there is such a one.
        key: Option<Name>,
        code: Code,
        verb: String,
        transaction: String,
        why: String,
    },
    /// Nothing to do: a reading that holds nothing, a device's other topics.
    Ignored(String),
}

impl Decoded {
    /// The speaker that said it without an envelope, where it is one.
    pub fn unsigned_speaker(&self) -> Option<&Name> {
        match self {
            Decoded::Event(Event::OrderRequested(None, asked)) => Some(&asked.device),
            Decoded::Event(Event::AnswerReceived { stamp: None, device, .. })
            | Decoded::Pin { stamp: None, device, .. } => Some(device),
            Decoded::AnswerToOpen { speaker, .. }
            | Decoded::Misheard { speaker, .. }
            | Decoded::Question { speaker, .. } => Some(&speaker.device),
            Decoded::Refused { device, .. } => device.as_ref(),
            Decoded::Event(_)
            | Decoded::Events(_)
            | Decoded::Pin { .. }
            | Decoded::Number(_)
            | Decoded::Request(_)
            | Decoded::RefusedRequest { .. }
            | Decoded::Ignored(_) => None,
        }
    }
}

/// Reads a message. `now` bounds what a reading may claim of its time.
pub fn read(snapshot: &Snapshot, message: &Message, now: UnixMs) -> Decoded {
    read_unless(snapshot, message, now, &|_| false)
}

/// The same, but the words of a signed order are not read where its digest is `worn_out`: it came so
/// often that it was decided before, and is answered as then.
pub fn read_unless(
    snapshot: &Snapshot,
    message: &Message,
    now: UnixMs,
    worn_out: &dyn Fn(&Arc<str>) -> bool,
) -> Decoded {
    if let Some(prices) = super::price_message::read(snapshot, message) {
        return prices;
    }
    let own = message.topic.strip_prefix(&snapshot.base).and_then(|t| t.strip_prefix('/'));
    let Some(own) = own else { return readings::read(snapshot, message, now) };
    if let Some(verb) = own.strip_prefix("request/") {
        return super::owner_request::read(snapshot, message, verb);
    }
    let entity =
        own.strip_prefix("dev/").map(|e| homeassistant::number::read(snapshot, message, e));
    if let Some(asked) = entity {
        let nothing = || Decoded::Ignored(format!("no entity is at {}", message.topic));
        return asked.map_or_else(nothing, Decoded::Number);
    }
    let parts: Vec<&str> = own.split('/').collect();
    let ["device", device, what] = parts[..] else {
        return Decoded::Ignored(format!("nothing is read on {}", message.topic));
    };
    let known = Name::parse(device).ok().and_then(|d| snapshot.household.devices.get_key_value(&d));
    let Some((device, known)) = known else {
        return refused(None, Code::UnknownDevice, format!("no device {device}"));
    };
    let speaks = known.kind == DeviceKind::Speaker;
    let to = (speaks && what != "reading").then_some(device);
    match open(snapshot, message, device) {
        Err((code, why)) => refused(to, code, why),
        Ok(_) if what != "reading" && !speaks => {
            refused(None, Code::UnknownDevice, format!("{device} is not a speaker"))
        }
        Ok((stamp, body)) => match what {
            "order" => {
                let reads_words = !worn_out(&stamp.digest);
                order(snapshot, device, stamp, &body, reads_words)
            }
            "confirm" => confirm(device, stamp, &body),
            "reading" => reading(device, stamp, &body, message.retained, now),
            _ => Decoded::Ignored(format!("nothing is read on {}", message.topic)),
        },
    }
}

type Rejection = (Code, String);

fn open(
    snapshot: &Snapshot,
    message: &Message,
    device: &Name,
) -> Result<(Stamp, String), Rejection> {
    if message.payload.len() > MESSAGE_BYTES_MAX {
        return Err((Code::Malformed, format!("more than {MESSAGE_BYTES_MAX} bytes")));
    }
    let envelope: Envelope = serde_json::from_slice(&message.payload)
        .map_err(|e| (Code::Malformed, format!("not an envelope: {e}")))?;
    if envelope.device != device.as_str() {
        return Err((Code::BadSignature, "the envelope is another device's".to_owned()));
    }
    let signer = device_signer(device);
    let stamp = envelope
        .authenticate(snapshot, &signer, &message.topic, &message.payload)
        .map_err(|code| (code, format!("key {} does not verify", clip(&envelope.key))))?;
    let is_reading = message.topic.ends_with("/reading");
    if message.retained && !is_reading && !is_injected(InjectedFault::RetainedTaken) {
        return Err((Code::Retained, "an order is never taken from a retained message".into()));
    }
    Ok((stamp, envelope.body))
}

fn order(
    snapshot: &Snapshot,
    device: &Name,
    stamp: Stamp,
    body: &str,
    reads_words: bool,
) -> Decoded {
    match order_asked(snapshot, device, body, reads_words) {
        Ok(asked) => Decoded::Event(Event::OrderRequested(Some(stamp), asked)),
        Err((order, why)) => {
            Decoded::Refused { device: Some(device.clone()), order, code: Code::Malformed, why }
        }
    }
}

fn order_asked(
    snapshot: &Snapshot,
    device: &Name,
    body: &str,
    reads_words: bool,
) -> Result<OrderRequest, (Option<OrderId>, String)> {
    let body: OrderBody =
        serde_json::from_str(body).map_err(|e| (None, format!("not an order: {e}")))?;
    let id = OrderId::parse(&body.order_id).map_err(|e| (None, e.to_string()))?;
    let bad = |why: String| (Some(id.clone()), why);
    let member = body.member.as_deref().map(Name::parse).transpose();
    let member = member.map_err(|e| bad(e.to_string()))?;
    if let Some(unknown) = member.as_ref().filter(|m| !snapshot.household.members.contains_key(m)) {
        return Err(bad(format!("there is no member {unknown}")));
    }
    let currency = body.currency.as_deref().map(Currency::from_code).transpose();
    let currency = currency.map_err(|e| bad(e.to_string()))?;
    let mut doubt = None;
    let items = match (&body.text, &body.items) {
        (Some(text), None) if text.len() <= TEXT_BYTES_MAX && !reads_words => {
            Err(Unclear::of(MissingPart::Words))
        }
        (Some(text), None) if text.len() <= TEXT_BYTES_MAX => {
            let order = snapshot.lexicon.order(text);
            doubt = order.as_ref().ok().filter(|order| order.alike).map(|_| Doubt::Alike);
            order.map(|order| order.items)
        }
        (None, Some(items)) => Ok(items
            .iter()
            .map(|item| asked_item(item).map_err(bad))
            .collect::<Result<Vec<_>, _>>()?),
        (Some(_), None) => return Err(bad(format!("text is longer than {TEXT_BYTES_MAX} bytes"))),
        (Some(_), Some(_)) | (None, None) => {
            return Err(bad("an order has either text or items".to_owned()));
        }
    };
    Ok(OrderRequest {
        device: device.clone(),
        order: id,
        fingerprint: fingerprint(device, &body).into(),
        items,
        member,
        lang: body.lang.as_deref().and_then(Lang::parse),
        session: body.session.filter(|s| s.len() <= TEXT_BYTES_MAX),
        currency,
        doubt,
        heard_at: None,
        answer_within_s: None,
    })
}

/// What makes two orders the same: who asked, and for what.
fn fingerprint(device: &Name, body: &OrderBody) -> String {
    let said = (device, &body.text, &body.items, &body.member, &body.currency);
    let text = serde_json::to_string(&said).expect("texts are plain values");
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn asked_item(item: &ItemBody) -> Result<(Name, Decimal), String> {
    let sku = Name::parse(&item.sku).map_err(|e| e.to_string())?;
    let quantity = plain_decimal(&item.quantity)
        .ok_or_else(|| format!("\"{}\" is not a quantity", clip(&item.quantity)))?;
    if quantity <= Decimal::ZERO || quantity > Decimal::from(QUANTITY_MAX) || quantity.scale() > 3 {
        return Err(format!(
            "a quantity is above 0, at most {QUANTITY_MAX}, and has at most 3 decimals"
        ));
    }
    Ok((sku, quantity))
}

fn confirm(device: &Name, stamp: Stamp, body: &str) -> Decoded {
    let bad = |order, why| Decoded::Refused {
        device: Some(device.clone()),
        order,
        code: Code::Malformed,
        why,
    };
    let body: ConfirmBody = match serde_json::from_str(body) {
        Ok(body) => body,
        Err(e) => return bad(None, format!("not a confirmation: {e}")),
    };
    let order = match OrderId::parse(&body.order_id) {
        Ok(order) => order,
        Err(e) => return bad(None, e.to_string()),
    };
    let device = device.clone();
    match (body.answer, body.pin, body.cancel) {
        (Some(answer), None, None) => {
            let said = ConfirmationAnswer::Number(speech::digits_of(&answer));
            Decoded::Event(Event::AnswerReceived {
                stamp: Some(stamp),
                device,
                order,
                answer: said,
                session: None,
            })
        }
        (None, Some(pin), None) if pin.len() <= TEXT_BYTES_MAX => {
            Decoded::Pin { stamp: Some(stamp), device, order, pin, session: None }
        }
        (None, None, Some(true)) => Decoded::Event(Event::AnswerReceived {
            stamp: Some(stamp),
            device,
            order,
            answer: ConfirmationAnswer::Cancel,
            session: None,
        }),
        _ => bad(Some(order), "say one of answer, pin and cancel: true".to_owned()),
    }
}

fn reading(device: &Name, stamp: Stamp, body: &str, retained: bool, now: UnixMs) -> Decoded {
    match reading_values(body, now) {
        Ok((at, values)) => Decoded::Event(Event::ReadingReceived {
            stamp: Some(stamp),
            device: device.clone(),
            at: ReadingTime::Reported(at),
            values,
            retained,
            status: DeviceStatus::default(),
        }),
        Err(why) => refused(None, Code::Malformed, why),
    }
}

fn reading_values(body: &str, now: UnixMs) -> Result<(UnixMs, Vec<ReadingValue>), String> {
    let body: ReadingBody =
        serde_json::from_str(body).map_err(|e| format!("not a reading: {e}"))?;
    let at: jiff::Timestamp =
        body.at.parse().map_err(|e| format!("at: \"{}\": {e}", clip(&body.at)))?;
    let at = UnixMs(at.as_millisecond());
    if at > now.plus_s(AHEAD_S_MAX) {
        return Err(format!("at: {} is in the future", clip(&body.at)));
    }
    if body.values.len() > VALUES_MAX {
        return Err(format!("more than {VALUES_MAX} values"));
    }
    let values = body.values.iter().map(value).collect::<Result<_, _>>()?;
    Ok((at.min(now), values))
}

fn value(body: &ValueBody) -> Result<ReadingValue, String> {
    let quantity = Quantity::parse(&body.quantity)
        .ok_or_else(|| format!("unknown quantity \"{}\"", clip(&body.quantity)))?;
    let number = plain_decimal(&body.value)
        .filter(|n| !n.is_sign_negative() || !quantity.is_counter())
        .ok_or_else(|| {
            format!("\"{}\" is not a reading of {}", clip(&body.value), body.quantity)
        })?;
    let micro = quantity.micro(number, &body.unit).ok_or_else(|| {
        format!(
            "{} is not measured in \"{}\": use {}",
            body.quantity,
            clip(&body.unit),
            quantity.unit()
        )
    })?;
    Ok(ReadingValue { quantity, micro, semantics: ValueSemantics::default() })
}

fn refused(device: Option<&Name>, code: Code, why: String) -> Decoded {
    Decoded::Refused { device: device.cloned(), order: None, code, why }
}
