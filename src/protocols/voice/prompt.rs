//! What a speaker says that does not listen on the hub's own reply topic.
//!
//! Within a session the answer ends it, or asks on; what comes later is spoken as news, and not in
//! the home's quiet hours. A payment that went through as announced is not announced twice.

use super::{Speaker, hermes, protocol_of};
use homepay_domain::household::{Device, Home, Lang};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::reply::{Reply, Status};
use homepay_domain::time::UnixMs;
use homepay_ports::Publication;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// What shall be spoken, on `<base>/device/<device>/speak`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpeakBody {
    /// Version of this form; always 1.
    pub v: u8,
    /// The asker's mark (Home Assistant's context id); none = news that nobody waits for.
    pub transaction: Option<String>,
    /// The order, where it is about one.
    pub order_id: Option<String>,
    /// The words to be said.
    pub say: String,
    /// The language of the words.
    pub lang: String,
    /// True when the speaker should listen for an answer.
    pub expects_answer: bool,
    /// The instant, in RFC 3339.
    pub at: String,
}

/// Words for a speaker, and who waits for them.
#[derive(Clone, Debug)]
pub struct SpeakerPrompt<'a> {
    /// The session or transaction that waits; none = news.
    pub session: Option<&'a str>,
    /// The order, where it is about one.
    pub order: Option<&'a OrderId>,
    pub say: String,
    pub lang: Lang,
    /// True when an answer is awaited.
    pub asks: bool,
    pub at: UnixMs,
}

/// The spoken form of a reply; `None` for a speaker that signs, and where nothing is to be said.
pub fn reply(
    home: &Home,
    base: &str,
    device: &Device,
    reply: &Reply,
    say: &str,
) -> Option<Publication> {
    let session = reply.session.as_deref();
    if session.is_none() && !is_news(reply.status) {
        return None;
    }
    let words = SpeakerPrompt {
        session,
        order: reply.order.as_ref(),
        say: say.to_owned(),
        lang: reply.lang,
        asks: reply.status == Status::Confirm,
        at: reply.at,
    };
    spoken(home, base, (&reply.device, device), &words)
}

/// What an answer to a question is, in bytes.
pub fn answer(
    home: &Home,
    base: &str,
    device: &Device,
    speaker: &Speaker,
    say: String,
    at: UnixMs,
) -> Option<Publication> {
    let words = SpeakerPrompt {
        session: speaker.session.as_deref(),
        order: None,
        say,
        lang: speaker.lang.unwrap_or(home.lang),
        asks: false,
        at,
    };
    spoken(home, base, (&speaker.device, device), &words)
}

/// News that nobody waits for, in bytes; `None` in quiet hours, and for a speaker that signs.
pub fn news(
    home: &Home,
    base: &str,
    (id, device): (&Name, &Device),
    say: &str,
    at: UnixMs,
) -> Option<Publication> {
    let say = say.to_owned();
    let words = SpeakerPrompt { session: None, order: None, say, lang: home.lang, asks: false, at };
    spoken(home, base, (id, device), &words)
}

/// Settled follows approved, which was spoken.
fn is_news(status: Status) -> bool {
    match status {
        Status::Settled | Status::Confirm | Status::AwaitingApproval => false,
        Status::Approved
        | Status::Declined
        | Status::Cancelled
        | Status::Expired
        | Status::Failed
        | Status::PartiallyRefunded
        | Status::Refunded => true,
    }
}

/// Puts words into bytes; `None` in quiet hours where nobody waits for them.
fn spoken(
    home: &Home,
    base: &str,
    (id, device): (&Name, &Device),
    words: &SpeakerPrompt<'_>,
) -> Option<Publication> {
    let protocol = protocol_of(device.profile.as_str())?;
    let time = words.at.in_zone(&home.zone).time();
    if words.session.is_none() && home.rules.quiet.is_some_and(|quiet| quiet.holds(time)) {
        return None;
    }
    let (topic, payload) = protocol.encode((home, base), (id, device), words);
    Some(Publication { topic, payload: payload.to_string().into_bytes(), retain: false })
}

/// Words as a [`SpeakBody`], on the speaker's topic of the hub's own.
pub(super) fn speak(
    home: &Home,
    base: &str,
    id: &Name,
    words: &SpeakerPrompt<'_>,
) -> (String, Value) {
    let body = SpeakBody {
        v: 1,
        transaction: words.session.map(str::to_owned),
        order_id: words.order.map(ToString::to_string),
        say: words.say.clone(),
        lang: words.lang.tag().to_owned(),
        expects_answer: words.asks,
        at: words.at.rfc3339(&home.zone),
    };
    (format!("{base}/device/{id}/speak"), json!(body))
}

/// Every key is written, as Rhasspy's own parts do.
pub(super) fn hermes_words(site: &str, words: &SpeakerPrompt<'_>) -> (String, Value) {
    let lang = match words.lang {
        Lang::ZhCn => "zh",
        Lang::En => "en",
    };
    let custom = words
        .order
        .map(|order| json!(hermes::CustomData { order_id: order.to_string() }).to_string());
    match words.session {
        Some(session) if words.asks => (
            format!("{}dialogueManager/continueSession", hermes::ROOT),
            json!({
                "sessionId": session, "text": words.say, "customData": custom, "lang": lang,
                "intentFilter": [
                    hermes::intents::CONFIRM, hermes::intents::PIN, hermes::intents::CANCEL,
                ],
                "sendIntentNotRecognized": true, "slot": null,
            }),
        ),
        Some(session) => (
            format!("{}dialogueManager/endSession", hermes::ROOT),
            json!({ "sessionId": session, "text": words.say, "customData": custom }),
        ),
        None => (
            format!("{}tts/say", hermes::ROOT),
            json!({
                "text": words.say, "siteId": site, "lang": lang, "id": null, "sessionId": null,
                "volume": null,
            }),
        ),
    }
}
