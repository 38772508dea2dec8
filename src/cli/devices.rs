//! Devices as their messages show them: one message tried, how a device stands, what is on the
//! broker.

use super::client::{Client, escaped};
use super::device_args::TryArgs;
use super::orders::pretty;
use super::out::{Out, table};
use super::{Done, Exit, Failure};
use crate::app::BrokerPlan;
use crate::app::private_files::broker_password;
use crate::config::{CLIENT_ID, Loaded, Settings};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use homepay_devices::decode::{DEVICE, decode_picked};
use homepay_devices::discover::{look, newer, toml as household};
use homepay_devices::made::Profile;
use homepay_devices::outcome::{Interpretation, Reading, meaning, suspicion};
use homepay_devices::pick::Pick;
use homepay_devices::profile_form::{KindForm, TrustForm};
use homepay_devices::registry::registry;
use homepay_devices::voices::{VOICE_PROFILES, voice_profile_of_model};
use homepay_domain::household::Lang;
use homepay_io::listen::listen;
use homepay_io::mqtt::LinkOptions;
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use homepay_protocols::homeassistant::entity_inspect as homeassistant;
use homepay_protocols::voice::inspect::tried;
use homepay_protocols::voice::{VoiceProtocol, protocol_of};
use homepay_text::amount::plain_decimal;
use homepay_text::span;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A profile by its id, or as a file.
fn profile_of(wanted: &str) -> Result<Arc<Profile>, Failure> {
    if let Some(profile) = registry().get(wanted) {
        return Ok(profile.clone());
    }
    if !wanted.contains(['/', '.']) {
        let known: Vec<&str> = registry()
            .ids()
            .chain(VOICE_PROFILES.iter().copied())
            .chain([homeassistant::NAME])
            .collect();
        let known = known.join(", ");
        return Err(Failure::usage(format!(
            "there is no profile {wanted}: use one of {known}, or name a profile.toml"
        )));
    }
    let path = Path::new(wanted);
    let path = if path.is_dir() { path.join("profile.toml") } else { path.to_owned() };
    let file = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|e| Failure::usage(format!("{file}: cannot be read: {e}")))?;
    let read = Profile::read(&file, &text);
    read.map(Arc::new).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::usage(all.join("\n"))
    })
}

pub(super) fn try_profile(loaded: &Loaded, wanted: &TryArgs, out: Out) -> Done {
    let lang = loaded.settings.home.language;
    let payload = match (&wanted.payload, &wanted.payload_base64) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, encoded) => BASE64_STANDARD
            .decode(encoded.as_deref().unwrap_or_default().trim())
            .map_err(|e| Failure::usage(format!("--payload-base64 is no base64: {e}")))?,
    };
    if wanted.profile == homeassistant::NAME {
        let currency = loaded.settings.home.currency;
        let told = homeassistant::tried(currency, &wanted.topic, &payload, wanted.retained);
        return tried_outside(told, wanted, out);
    }
    let voice = voice_profile_of_model(&wanted.profile, wanted.model.as_deref());
    if let Some(protocol) = voice.and_then(protocol_of) {
        return try_voice(protocol, wanted, &payload, out);
    }
    let profile = profile_of(&wanted.profile)?;
    let previous = match &wanted.previous {
        None => None,
        Some(text) => Some(plain_decimal(text).ok_or_else(|| {
            Failure::usage(format!("--previous {text}: write a number such as 812.3"))
        })?),
    };
    let model = wanted.model.as_deref();
    let pick = Pick { channels: wanted.channel.clone(), registers: wanted.register.clone() };
    let message = (payload.as_slice(), wanted.retained);
    let outcome = decode_picked(&profile, model, &pick, &wanted.topic, message);
    let told = reading_doc(&profile, &outcome, previous, lang);
    let read = told["kind"] != "none";
    out.document(&told, |told| shown(&profile, told, lang));
    Ok(if read { Exit::Done } else { Exit::No })
}

/// What a speaker's message holds.
fn try_voice(protocol: &dyn VoiceProtocol, wanted: &TryArgs, payload: &[u8], out: Out) -> Done {
    let now = SystemClock.now();
    let told = tried(protocol, &wanted.topic, payload, wanted.retained, now);
    tried_outside(told, wanted, out)
}

/// What a message holds for which the broker vouches.
fn tried_outside(mut told: Value, wanted: &TryArgs, out: Out) -> Done {
    told["profile"] = json!(wanted.profile);
    told["trust"] = json!("broker");
    let read =
        !matches!(told["kind"].as_str(), Some("none" | "order_rejected" | "command_rejected"));
    out.document(&told, pretty);
    Ok(if read { Exit::Done } else { Exit::No })
}

/// A trial as a document.
fn reading_doc(
    profile: &Profile,
    outcome: &Interpretation<'_>,
    previous: Option<Decimal>,
    lang: Lang,
) -> Value {
    let readings: Vec<Value> =
        outcome.readings.iter().map(|r| reading(r, outcome, previous)).collect();
    let states: Vec<Value> = outcome
        .states
        .iter()
        .map(|state| {
            let mut told = json!({"quantity": state.quantity, "value": state.value});
            put(&mut told, "device", state.device.as_deref());
            told
        })
        .collect();
    let ignored: Vec<Value> = outcome
        .ignored
        .iter()
        .map(|i| json!({"path": i.path, "reason": i.reason, "why": i.why(lang)}))
        .collect();
    let kind = match (readings.is_empty(), states.is_empty()) {
        (false, _) => "reading",
        (true, false) => "state",
        (true, true) => "none",
    };
    let device = outcome.captures.get(DEVICE).or_else(|| outcome.captures.get("topic"));
    let trust = match profile.trust {
        TrustForm::Signed => "signed",
        TrustForm::Broker => "broker",
        TrustForm::None => "none",
    };
    json!({
        "profile": profile.id, "trust": trust, "device": device, "captures": outcome.captures,
        "kind": kind, "retained": outcome.retained, "readings": readings, "states": states,
        "ignored": ignored, "reason": outcome.reason,
        "why": outcome.reason.map(|reason| meaning(lang, reason)),
    })
}

fn put(told: &mut Value, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        told[name] = json!(value);
    }
}

fn reading(
    reading: &Reading<'_>,
    outcome: &Interpretation<'_>,
    previous: Option<Decimal>,
) -> Value {
    let kind = match reading.kind {
        KindForm::Counter => "counter",
        KindForm::Interval => "interval",
        KindForm::Gauge => "gauge",
        KindForm::State => "state",
    };
    let mut told = json!({
        "quantity": reading.quantity, "unit": reading.unit, "value": reading.value.to_string(),
        "kind": kind, "path": reading.path,
    });
    put(&mut told, "channel", reading.channel.as_deref());
    put(&mut told, "register", reading.register.as_deref());
    put(&mut told, "device", reading.device.as_deref());
    put(&mut told, "time", reading.time.as_ref().map(|time| time.text.as_str()));
    put(&mut told, "reset_marker", reading.reset_marker.as_deref());
    if let Some(modulus) = reading.modulus {
        told["modulus"] = json!(modulus.to_string());
    }
    if let Some(gap_s) = reading.integrate_gap_s {
        told["integrate_gap_s"] = json!(gap_s);
    }
    let counts = reading.kind == KindForm::Counter;
    let odd = previous.filter(|_| counts).and_then(|p| suspicion(p, reading.value));
    let flag = odd.or(outcome.retained.then_some("baseline_only"));
    put(&mut told, "flag", flag);
    told
}

/// A trial in words.
fn shown(profile: &Profile, told: &Value, lang: Lang) -> String {
    let mut lines = vec![format!("{} ({})", profile.id, profile.name_in(lang))];
    if let Some(device) = told["device"].as_str() {
        lines.push(format!("device {device}"));
    }
    let rows = |name: &str| told[name].as_array().is_some_and(|rows| !rows.is_empty());
    if rows("readings") {
        let columns = &[
            ("read", "quantity"),
            ("value", "value"),
            ("unit", "unit"),
            ("channel", "channel"),
            ("register", "register"),
            ("kind", "kind"),
            ("at", "path"),
            ("time", "time"),
            ("reset marker", "reset_marker"),
            ("flag", "flag"),
        ];
        lines.push(table(&told["readings"], columns));
    }
    if rows("states") {
        lines.push(table(&told["states"], &[("state", "quantity"), ("value", "value")]));
    }
    if rows("ignored") {
        let columns = &[("ignored", "path"), ("reason", "reason"), ("because", "why")];
        lines.push(table(&told["ignored"], columns));
    }
    if let Some(reason) = told["reason"].as_str() {
        lines.push(format!("nothing is read: {reason} ({})", meaning(lang, reason)));
    }
    if told["retained"] == true {
        lines.push(format!("retained: {}", meaning(lang, "baseline_only")));
    }
    lines.join("\n")
}

/// How a device stands, with what was held or ignored lately.
pub(super) async fn read(client: &Client, id: &str, out: Out) -> Done {
    let state = client.get(&format!("/v1/devices/{}", escaped(id))).await?;
    out.document(&state, |state| {
        let notes = state["notes"].as_array().is_some_and(|notes| !notes.is_empty());
        let mut bare = state.clone();
        bare.as_object_mut().map(|fields| fields.remove("notes"));
        let mut text = pretty(&bare);
        if notes {
            let columns = &[("when", "at"), ("of", "of"), ("reason", "reason"), ("why", "why")];
            text = format!("{text}\nheld or ignored lately\n{}", table(&state["notes"], columns));
        }
        text
    });
    Ok(Exit::Done)
}

/// The filter of everything.
const EVERYTHING: &str = "#";

/// Listens at the broker and proposes devices.
pub(super) async fn discover(loaded: &Loaded, listen_for: &str, out: Out) -> Done {
    let span_s = span::seconds(listen_for).map_err(|e| Failure::usage(format!("--for: {e}")))?;
    let span = Duration::from_secs(span_s.unsigned_abs());
    let options = guest(&loaded.settings)?;
    let place = format!("{}:{}", options.host, options.port);
    let seen = listen(&options, span, newer)
        .await
        .map_err(|e| Failure::no(format!("the broker at {place}: {e}")))?;
    let found = look(&seen);
    let told: Vec<Value> = found
        .devices
        .iter()
        .map(|p| {
            json!({
                "id": p.id, "kind": p.kind, "name": p.name, "profile": p.profile,
                "topic": p.topic, "model": p.model, "channel": p.channel, "measures": p.measures,
                "max_power_w": p.max_power_w, "found_by": p.found_by, "note": p.note,
            })
        })
        .collect();
    let asked = found.questions.iter();
    let asked: Vec<Value> =
        asked.map(|q| json!({"topic": q.topic, "name": q.name, "why": q.why})).collect();
    let document = json!({"topics": seen.len(), "devices": told, "questions": asked,
        "household": household(&found)});
    let nothing = found.devices.is_empty();
    out.document(&document, |_| match nothing && found.questions.is_empty() {
        true => format!(
            "nothing was found on {} topics in {listen_for}: many devices speak seldom, so listen \
             longer (--for 10m), or try a message with `homepay device try`",
            seen.len()
        ),
        false => format!(
            "# Found on {} topics in {listen_for}. Keep what is yours, then `homepay apply`.\n{}",
            seen.len(),
            household(&found).trim_end()
        ),
    });
    Ok(if nothing { Exit::No } else { Exit::Done })
}

/// How to listen at the configured broker without being the hub.
fn guest(settings: &Settings) -> Result<LinkOptions, Failure> {
    let mqtt = &settings.mqtt;
    let mut options = match super::run_command::broker(settings)? {
        BrokerPlan::External(options) => *options,
        BrokerPlan::Embedded { listen, .. } => LinkOptions {
            host: if listen.ip().is_unspecified() {
                "127.0.0.1".to_owned()
            } else {
                listen.ip().to_string()
            },
            port: listen.port(),
            client_id: String::new(),
            username: Some("owner".to_owned()),
            password: Some(broker_password(&settings.home.state_dir, "owner")?.into()),
            tls: None,
            keep_alive: Duration::from_secs(30),
            subscriptions: Vec::new(),
            last_will: None,
            birth: Vec::new(),
            queue_len_max: 1,
        },
    };
    let base = mqtt.client_id.as_deref().unwrap_or(CLIENT_ID);
    options.client_id = format!("{base}-discover-{}", std::process::id());
    options.subscriptions = vec![EVERYTHING.to_owned()];
    Ok(options)
}
