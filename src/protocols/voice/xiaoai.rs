//! What XiaoAI heard, as Home Assistant's state stream tells it.
//!
//! *A conversation sensor* tells the words as its state and their time as the attribute `timestamp`,
//! on two topics, both retained, and tells both again after a restart. So words order only together
//! with a time that is fresh and newer than any before; the time comes last and triggers, which also
//! tells the same words said twice. *A virtual event* has fixed words and no time of its own: what it
//! orders is confirmed by a number.

use super::session_memory::SessionMemory;
use super::{SPEECH_FRESH_S, Speaker, VoiceProtocol, inspect, refused, said, speaker_at};
use crate::native::decoded::{Decoded, TEXT_BYTES_MAX};
use crate::snapshot::Snapshot;
use homepay_devices::frame;
use homepay_domain::household::Device;
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_domain::unclear::Doubt;
use homepay_ports::Message;
use homepay_text::clip::clip;
use serde_json::Value;

/// A conversation sensor in Home Assistant. A device's `topic` is where its state stream has it.
pub struct XiaoAi;

/// A virtual event of the central hub: fixed phrases, without time or id.
pub struct XiaoAiEvent;

/// The speaker of a profile that a topic belongs to, and what the level below its own topic tells.
fn speaker_of<'a>(
    snapshot: &'a Snapshot,
    protocol: &dyn VoiceProtocol,
    topic: &'a str,
) -> Option<(&'a Name, &'a str)> {
    let (place, what) = topic.rsplit_once('/')?;
    // The hub's own events lie one level below the device that is named.
    let of_hub = place.strip_suffix(HUB_EVENTS).filter(|_| protocol.profile() == EVENT_PROFILE);
    let places = [Some(place), of_hub];
    let mut found = places.into_iter().flatten();
    let device = found.find_map(|place| speaker_at(snapshot, protocol.profile(), &[place]))?;
    Some((device, what))
}

/// The words of the profiles.
const XIAOAI_PROFILE: &str = "xiaoai";
const EVENT_PROFILE: &str = "xiaoai-event";

impl VoiceProtocol for XiaoAi {
    fn profile(&self) -> &'static str {
        XIAOAI_PROFILE
    }

    fn subscriptions(&self, _base: &str, device: &Device) -> Vec<String> {
        device.topic.iter().map(|topic| format!("{topic}/+")).collect()
    }

    fn is_home_assistants(&self) -> bool {
        true
    }

    fn channel(&self, snapshot: &Snapshot, topic: &str) -> Option<String> {
        speaker_of(snapshot, self, topic).map(|(device, _)| device.to_string())
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        sessions: &mut SessionMemory,
        message: &Message,
        now: UnixMs,
    ) -> Decoded {
        let Some((device, what)) = speaker_of(snapshot, self, &message.topic) else {
            return refused(format!("{}: no speaker is there", message.topic));
        };
        let device = device.clone();
        match what {
            "state" => match words(&message.payload) {
                Ok(words) => {
                    sessions.keep_words(&device, words, now);
                    Decoded::Ignored(format!("{device}: words wait for their time"))
                }
                Err(why) => refused(format!("{device}: {why}")),
            },
            "timestamp" => match time(&message.payload) {
                Ok(at) => spoken(snapshot, sessions, device, at, now),
                Err(why) => refused(format!("{device}: {why}")),
            },
            _ => Decoded::Ignored(format!("{device}: {} is not read", clip(what))),
        }
    }

    fn inspect(&self, topic: &str, payload: &[u8], retained: bool, now: UnixMs) -> Value {
        inspect::tried_xiaoai(topic, payload, retained, now)
    }
}

impl VoiceProtocol for XiaoAiEvent {
    fn profile(&self) -> &'static str {
        EVENT_PROFILE
    }

    fn subscriptions(&self, _base: &str, device: &Device) -> Vec<String> {
        let below = |topic: &String| [format!("{topic}/+"), format!("{topic}{HUB_EVENTS}/+")];
        device.topic.iter().flat_map(below).collect()
    }

    fn is_home_assistants(&self) -> bool {
        true
    }

    fn channel(&self, snapshot: &Snapshot, topic: &str) -> Option<String> {
        speaker_of(snapshot, self, topic).map(|(device, _)| device.to_string())
    }

    fn decode(
        &self,
        snapshot: &Snapshot,
        _sessions: &mut SessionMemory,
        message: &Message,
        now: UnixMs,
    ) -> Decoded {
        let Some((device, what)) = speaker_of(snapshot, self, &message.topic) else {
            return refused(format!("{}: no speaker is there", message.topic));
        };
        let device = device.clone();
        let said = match what {
            "event_type" | "event_name" | "arguments" => words(&message.payload),
            VIRTUAL_EVENT => hub_words(&message.payload),
            _ => return Decoded::Ignored(format!("{device}: {} is not read", clip(what))),
        };
        match said {
            Ok(words) => event(snapshot, device, &words, now),
            Err(why) => refused(format!("{device}: {why}")),
        }
    }

    fn inspect(&self, topic: &str, payload: &[u8], retained: bool, _now: UnixMs) -> Value {
        inspect::tried_xiaoai_event(topic, payload, retained)
    }
}

/// Where the central hub publishes a device's events, below the device.
const HUB_EVENTS: &str = "/event";

/// The event of the central hub that a XiaoAI phrase sets off: service and event.
const VIRTUAL_EVENT: &str = "4.1";

/// The words of the central hub's virtual event, in one of its frames.
///
/// # Errors
/// Says what is no such event.
pub fn hub_words(frame: &[u8]) -> Result<String, String> {
    let text = frame::payload(frame)?;
    let told: serde_json::Value =
        serde_json::from_str(text).map_err(|e| format!("the frame holds no JSON: {e}"))?;
    let argument = &told["arguments"][0]["value"];
    // A name alone, or a list with the name, which may be written as text.
    let inner = argument.as_str().and_then(|text| serde_json::from_str(text).ok());
    let value = inner.as_ref().unwrap_or(argument);
    let name = value.as_str().or_else(|| value[0].as_str()).or_else(|| argument.as_str());
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let name = name.ok_or("the event names nothing")?;
    if name.len() > TEXT_BYTES_MAX {
        return Err(format!("the sentence has more than {TEXT_BYTES_MAX} bytes"));
    }
    Ok(name.to_owned())
}

/// The words of a virtual event, as the topic tells them: of the hub itself, or of a state stream.
///
/// # Errors
/// When they cannot be read.
pub fn event_words(topic: &str, payload: &[u8]) -> Result<String, String> {
    let of_hub = topic.strip_suffix(VIRTUAL_EVENT).and_then(|place| place.strip_suffix('/'));
    match of_hub.filter(|place| place.ends_with(HUB_EVENTS)) {
        Some(_) => hub_words(payload),
        None => words(payload),
    }
}

/// The words of a state: plain text, or a JSON string as attributes are.
///
/// # Errors
/// When they cannot be read.
pub fn words(payload: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(payload).map_err(|e| format!("not UTF-8: {e}"))?;
    let plain = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned());
    let plain = plain.trim().to_owned();
    if plain.len() > TEXT_BYTES_MAX {
        return Err(format!("the sentence has more than {TEXT_BYTES_MAX} bytes"));
    }
    Ok(plain)
}

/// A time as the state stream tells it: RFC 3339, or unix seconds or milliseconds.
///
/// # Errors
/// When it is none.
pub fn time(payload: &[u8]) -> Result<UnixMs, String> {
    let text = words(payload)?;
    if let Ok(number) = text.parse::<i64>() {
        return Ok(UnixMs(if number > MS_FROM { number } else { number.saturating_mul(1_000) }));
    }
    let at: jiff::Timestamp =
        text.parse().map_err(|e| format!("\"{}\" is not a time: {e}", clip(&text)))?;
    Ok(UnixMs(at.as_millisecond()))
}

/// The same time as text, with the offset that it was told in.
pub fn shown_time(payload: &[u8]) -> Option<String> {
    let text = words(payload).ok()?;
    let pieces = jiff::fmt::temporal::Pieces::parse(&text).ok()?;
    let offset = pieces.to_numeric_offset().unwrap_or(jiff::tz::Offset::UTC);
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.display_with_offset(offset).to_string())
}

/// A unix time above this counts milliseconds: in seconds it would be in the year 5138.
const MS_FROM: i64 = 100_000_000_000;

fn spoken(
    snapshot: &Snapshot,
    ears: &mut SessionMemory,
    device: Name,
    at: UnixMs,
    now: UnixMs,
) -> Decoded {
    if now.since_ms(at).abs() > SPEECH_FRESH_S * 1_000 {
        let why = format!("{device}: what was said is older than {SPEECH_FRESH_S} s");
        return Decoded::Refused { device: None, order: None, code: Code::Stale, why };
    }
    if !ears.is_newer(&device, at) {
        let why = format!("{device}: this sentence was received before");
        return Decoded::Refused { device: None, order: None, code: Code::Replayed, why };
    }
    let Some(words) = ears.take_words(&device, now).filter(|w| !w.is_empty()) else {
        return Decoded::Ignored(format!("{device}: a time without words"));
    };
    let moment = at.0.to_string();
    let speaker = Speaker { device, session: Some(moment.clone()), lang: None, overhears: true };
    said(snapshot, speaker, &[&moment, &words], &words, None)
}

/// The hub's event repeats itself after restarts, so what it orders is asked about; while it is, the
/// same event again is the same order.
fn event(snapshot: &Snapshot, device: Name, words: &str, now: UnixMs) -> Decoded {
    let moment = (now.seconds() / EVENT_S).to_string();
    let speaker = Speaker { device, session: Some(moment.clone()), lang: None, overhears: true };
    said(snapshot, speaker, &[&moment, words], words, Some(Doubt::Heard))
}

/// The same event within this span is one, in seconds.
const EVENT_S: i64 = 60;
