//! What Home Assistant's Assist hears: a sentence trigger publishes it, an answer is awaited.
//!
//! `devices/homeassistant/` holds the blueprint. Home Assistant's own rights say who may speak there;
//! it does not say who spoke (a satellite has no user).

use super::session_memory::SessionMemory;
use super::{Decoded, Speaker, VoiceProtocol, inspect, refused, speaker_at};
use crate::native::decoded::TEXT_BYTES_MAX;
use crate::snapshot::Snapshot;
use homepay_domain::household::{Device, Lang};
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_language::speech::SlotItems;
use homepay_ports::Message;
use homepay_text::clip::clip;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The word of the profile.
const ASSIST_PROFILE: &str = "ha-assist";

/// Home Assistant's Assist. A device's `topic` is its satellite, or Home Assistant's device.
pub struct Assist;

impl VoiceProtocol for Assist {
    fn profile(&self) -> &'static str {
        ASSIST_PROFILE
    }

    fn subscriptions(&self, base: &str, _device: &Device) -> Vec<String> {
        vec![topic(base)]
    }

    fn is_home_assistants(&self) -> bool {
        true
    }

    fn channel(&self, snapshot: &Snapshot, at: &str) -> Option<String> {
        (at == topic(&snapshot.base)).then(|| "assist".to_owned())
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        _sessions: &mut SessionMemory,
        message: &Message,
        now: UnixMs,
    ) -> Decoded {
        read(snapshot, message, now)
    }

    fn inspect(&self, _topic: &str, payload: &[u8], retained: bool, _now: UnixMs) -> Value {
        inspect::tried_assist(payload, retained)
    }
}

/// What the blueprint publishes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct AssistRequest {
    /// The sentence that was heard.
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
    #[serde(default)]
    pub at: String,
    /// The same, as older blueprints name it.
    #[serde(default)]
    pub ts: Option<String>,
    /// Language of the conversation, as a tag.
    pub lang: Option<String>,
}

/// How old a sentence may be when it is heard, in seconds. The blueprint waits a second longer for
/// the answer, so that nothing is bought of which it said that nobody answered.
pub const ASSIST_FRESH_S: i64 = 5;

/// The longest mark, in bytes.
const CONTEXT_BYTES_MAX: usize = 128;

/// Where Assist's sentences are published.
pub fn topic(base: &str) -> String {
    format!("{base}/in/assist")
}

impl AssistRequest {
    /// Reads a sentence.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(payload: &[u8]) -> Result<AssistRequest, String> {
        let mut asked: AssistRequest =
            serde_json::from_slice(payload).map_err(|e| format!("not a sentence: {e}"))?;
        if asked.text.len() > TEXT_BYTES_MAX {
            return Err(format!("text is longer than {TEXT_BYTES_MAX} bytes"));
        }
        if asked.context_id.is_empty() || asked.context_id.len() > CONTEXT_BYTES_MAX {
            return Err(format!("context_id has 1 to {CONTEXT_BYTES_MAX} bytes"));
        }
        let at = Some(asked.at).filter(|at| !at.is_empty()).or(asked.ts.take());
        Ok(AssistRequest { at: at.ok_or("at is missing: the time of the sentence")?, ..asked })
    }

    /// The slots of an order: item, quantity, unit.
    pub fn order_slots(&self) -> SlotItems {
        let slot = |name: &str| self.slots.get(name).filter(|t| !t.is_empty()).cloned();
        slot("item").map(|item| (item, slot("quantity"), slot("unit"))).into_iter().collect()
    }

    /// When it was said.
    ///
    /// # Errors
    /// When it is no time.
    pub fn said_at(&self) -> Result<UnixMs, String> {
        let at: jiff::Timestamp =
            self.at.parse().map_err(|e| format!("at: \"{}\": {e}", clip(&self.at)))?;
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

fn read(snapshot: &Snapshot, message: &Message, now: UnixMs) -> Decoded {
    let asked = match AssistRequest::parse(&message.payload) {
        Ok(asked) => asked,
        Err(why) => return refused(format!("{}: {why}", message.topic)),
    };
    let places: Vec<&str> =
        [&asked.satellite_id, &asked.device_id].into_iter().flatten().map(String::as_str).collect();
    let Some(device) = speaker_at(snapshot, ASSIST_PROFILE, &places) else {
        let why =
            format!("no speaker {}: add a device with it as its topic", clip(&places.join(" or ")));
        return Decoded::Refused { device: None, order: None, code: Code::UnknownDevice, why };
    };
    match asked.said_at() {
        Err(why) => return refused(format!("{device}: {why}")),
        // Whoever said it was told meanwhile that nobody answers: it is never bought any more, and
        // that is told as news.
        Ok(at) if now.since_ms(at).abs() > ASSIST_FRESH_S * 1_000 => {
            let why = format!("{device}: said at {}, which is not now", clip(&asked.at));
            let device = Some(device.clone());
            return Decoded::Refused { device, order: None, code: Code::Stale, why };
        }
        Ok(_) => {}
    }
    let speaker = Speaker {
        device: device.clone(),
        session: Some(asked.context_id.clone()),
        lang: asked.lang.as_deref().and_then(Lang::parse).or_else(|| lang_of(&asked.text)),
        overhears: false,
    };
    let heard = [asked.context_id.as_str(), asked.text.as_str()];
    super::by_words_or_slots(snapshot, speaker, &heard, &asked.text, &asked.order_slots(), None)
}
