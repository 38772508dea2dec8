//! What Home Assistant's Assist hears: a sentence trigger publishes it, an answer is awaited.
//!
//! `devices/homeassistant/` holds the blueprint. Home Assistant's own rights say who may speak there;
//! it does not say who spoke (a satellite has no user).

use super::{Door, FRESH_S, Heard, Speaker, refused, said, speaker_at};
use crate::adapters::native::heard::{TEXT_BYTES_MAX, clip};
use crate::adapters::snapshot::Snapshot;
use crate::domain::household::Lang;
use crate::domain::reply::Code;
use crate::domain::time::UnixMs;
use crate::ports::Message;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the blueprint publishes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Asked {
    /// The sentence.
    pub text: String,
    /// Words of the sentence by the trigger's names: `item`, `quantity`, `unit`.
    #[serde(default)]
    pub slots: std::collections::BTreeMap<String, String>,
    /// Home Assistant's id of the device that heard it.
    pub device_id: Option<String>,
    /// The satellite that heard it.
    pub satellite_id: Option<String>,
    /// The caller's mark, given back with the answer.
    pub context_id: String,
    /// When it was said, RFC 3339 with offset.
    pub ts: String,
    /// The conversation's language.
    pub lang: Option<String>,
}

/// The longest mark, in bytes.
const CONTEXT_BYTES_MAX: usize = 128;

/// Where Assist's sentences are published.
pub fn topic(base: &str) -> String {
    format!("{base}/in/assist")
}

impl Asked {
    /// Reads a sentence.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(payload: &[u8]) -> Result<Asked, String> {
        let asked: Asked =
            serde_json::from_slice(payload).map_err(|e| format!("not a sentence: {e}"))?;
        if asked.text.len() > TEXT_BYTES_MAX {
            return Err(format!("text is longer than {TEXT_BYTES_MAX} bytes"));
        }
        if asked.context_id.is_empty() || asked.context_id.len() > CONTEXT_BYTES_MAX {
            return Err(format!("context_id has 1 to {CONTEXT_BYTES_MAX} bytes"));
        }
        Ok(asked)
    }

    /// The slots of an order: item, quantity, unit.
    pub fn order_slots(&self) -> Option<(&str, Option<&str>, Option<&str>)> {
        let slot = |name: &str| self.slots.get(name).map(String::as_str).filter(|t| !t.is_empty());
        slot("item").map(|item| (item, slot("quantity"), slot("unit")))
    }

    /// When it was said.
    ///
    /// # Errors
    /// When it is no time.
    pub fn at(&self) -> Result<UnixMs, String> {
        let at: jiff::Timestamp =
            self.ts.parse().map_err(|e| format!("ts: \"{}\": {e}", clip(&self.ts)))?;
        Ok(UnixMs(at.as_millisecond()))
    }
}

/// The language that a sentence is written in, by its letters; a number tells nothing. Home Assistant
/// names the conversation's language only since its triggers carry what the user put in.
fn lang_of(text: &str) -> Option<Lang> {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    match (text.contains(is_han), text.contains(|c: char| c.is_ascii_alphabetic())) {
        (true, _) => Some(Lang::ZhCn),
        (false, true) => Some(Lang::En),
        (false, false) => None,
    }
}

/// Reads a sentence.
pub fn read(snapshot: &Snapshot, message: &Message, now: UnixMs) -> Heard {
    let asked = match Asked::parse(&message.payload) {
        Ok(asked) => asked,
        Err(why) => return refused(format!("{}: {why}", message.topic)),
    };
    let places: Vec<&str> =
        [&asked.satellite_id, &asked.device_id].into_iter().flatten().map(String::as_str).collect();
    let Some(device) = speaker_at(snapshot, Door::Assist, &places) else {
        let why =
            format!("no speaker {}: add a device with it as its topic", clip(&places.join(" or ")));
        return Heard::Refused { device: None, order: None, code: Code::UnknownDevice, why };
    };
    match asked.at() {
        Err(why) => return refused(format!("{device}: {why}")),
        Ok(at) if now.since_ms(at).abs() > FRESH_S * 1_000 => {
            let why = format!("{device}: said at {}, which is not now", clip(&asked.ts));
            return Heard::Refused { device: None, order: None, code: Code::Stale, why };
        }
        Ok(_) => {}
    }
    let speaker = Speaker {
        device: device.clone(),
        session: Some(asked.context_id.clone()),
        lang: asked.lang.as_deref().and_then(Lang::parse).or_else(|| lang_of(&asked.text)),
    };
    let heard = [asked.context_id.as_str(), asked.text.as_str()];
    // The whole sentence goes first. What only its slots caught is asked about: the words that the
    // slots leave out may turn it round.
    let slots = asked.order_slots().filter(|_| snapshot.lexicon.understand(&asked.text).is_err());
    match slots {
        Some((item, quantity, unit)) => {
            let item = snapshot.lexicon.slot_order(item, quantity, unit);
            super::order(&speaker, &heard, item.map(|item| vec![item]), true)
        }
        None => said(snapshot, speaker, &heard, &asked.text, false),
    }
}
