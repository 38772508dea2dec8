//! Readings of devices that have a profile: from a message on their own topics to an event.

use super::native::decoded::Decoded;
use super::snapshot::{Hit, Snapshot};
use homepay_devices::load::Load;
use homepay_devices::outcome::{AVAILABILITY, Interpretation, ONLINE, Reading};
use homepay_devices::pattern::Captures;
use homepay_devices::pick::{PARTS_LATER, Pick};
use homepay_devices::profile_form::KindForm;
use homepay_devices::registry::registry;
use homepay_devices::topic_filter;
use homepay_domain::event::{DeviceStatus, Event, ReadingTime, ReadingValue, ValueSemantics};
use homepay_domain::household::{Device, DeviceKind};
use homepay_domain::ids::Name;
use homepay_domain::meter::Quantity;
use homepay_domain::reply::Code;
use homepay_domain::time::UnixMs;
use homepay_ports::{MESSAGE_BYTES_MAX, Message};
use homepay_text::clip::clip;
use rust_decimal::Decimal;

/// How far ahead of ours a device's clock may be for its times to be used, in seconds: one day.
const CLOCK_AHEAD_S_MAX: i64 = 86_400;

/// How old a reading may be by its own time, in seconds: two days, for which single readings are kept.
const READING_AGE_S_MAX: i64 = 2 * 86_400;

/// The most reasons of one message that are kept.
const REASONS_MAX: usize = 4;

/// Reads a message on a device's own topic.
pub fn read(snapshot: &Snapshot, message: &Message, now: UnixMs) -> Decoded {
    let hits = snapshot.hits(&message.topic);
    if hits.is_empty() {
        return Decoded::Ignored(format!("no device publishes on {}", clip(&message.topic)));
    }
    if message.payload.len() > MESSAGE_BYTES_MAX {
        let why = format!("{}: more than {MESSAGE_BYTES_MAX} bytes", clip(&message.topic));
        return Decoded::Refused { device: None, order: None, code: Code::Malformed, why };
    }
    let mut events: Vec<Event> =
        hits.into_iter().filter_map(|hit| of_device(snapshot, hit, message, now)).collect();
    match events.len() {
        0 => Decoded::Ignored(format!("nothing to keep on {}", clip(&message.topic))),
        1 => Decoded::Event(events.remove(0)),
        _ => Decoded::Events(events),
    }
}

fn of_device(snapshot: &Snapshot, hit: Hit<'_>, message: &Message, now: UnixMs) -> Option<Event> {
    let device = snapshot.household.devices.get(hit.device)?;
    let profile = registry().get(device.profile.as_str())?;
    let model = profile.model(device.model.as_deref());
    let pick = pick_of(device, &hit.captures);
    let (payload, retained) = (&message.payload, message.retained);
    let of = (hit.message, model);
    let outcome = profile.read_message(of, hit.captures, &pick, payload, retained);
    let most = profile.max_power_of(device.model.as_deref());
    let context =
        MessageContext { device, pick: &pick, most_w: most, silence_s: profile.silence_s };
    event(hit.device, &outcome, &context, now)
}

/// Which channels and registers of a device count: those that the household picks, or the channel
/// that its topic names.
fn pick_of(device: &Device, captures: &Captures) -> Pick {
    let mut pick = Pick {
        channels: device.channel.clone(),
        registers: device.registers.keys().cloned().collect(),
    };
    if let (true, Some(channel)) = (pick.channels.is_empty(), captures.get(topic_filter::PICKED)) {
        pick.channels.push(channel.clone());
    }
    pick
}

/// What a message's figures are taken with, besides themselves.
struct MessageContext<'a> {
    device: &'a Device,
    pick: &'a Pick,
    /// The most that such a device draws, in watts.
    most_w: Option<u32>,
    silence_s: Option<u32>,
}

impl MessageContext<'_> {
    /// The part of the device that a figure is of; none where it is of all that is read of it.
    fn part(&self, (channel, register): (Option<&str>, Option<&str>)) -> Option<String> {
        let channel = channel.filter(|_| self.pick.channels.len() != 1);
        let register = register.filter(|_| self.pick.registers.len() != 1);
        match (channel, register) {
            (None, None) => None,
            (Some(of), None) | (None, Some(of)) => Some(of.to_owned()),
            (Some(channel), Some(register)) => Some(format!("{channel}/{register}")),
        }
    }

    /// True where a device that produces tells what it sent out and what it drew: of the two that
    /// counts in which it produces, the other is next to nothing, and never both.
    fn passes_over(&self, outcome: &Interpretation<'_>, reading: &Reading<'_>) -> bool {
        let sent = |r: &Reading<'_>| {
            r.quantity == Quantity::EnergyExport.as_str() && r.channel == reading.channel
        };
        let out = outcome.readings.iter().find(|r| sent(r));
        let drew = outcome.readings.iter().any(|r| r.quantity == Quantity::Energy.as_str());
        match (self.device.kind, out) {
            (DeviceKind::Production, Some(out)) if out.value.is_zero() => drew && sent(reading),
            (DeviceKind::Production, Some(_)) => reading.quantity == Quantity::Energy.as_str(),
            (_, _) => false,
        }
    }

    /// The tariff's window in which a figure's register counts.
    fn window(&self, reading: &Reading<'_>) -> Option<String> {
        let register = reading.register.as_deref()?;
        self.device.registers.get(register).filter(|window| !window.is_empty()).cloned()
    }
}

/// What a message of a device means for the books; nothing where it held nothing.
fn event(
    device: &Name,
    outcome: &Interpretation<'_>,
    context: &MessageContext<'_>,
    now: UnixMs,
) -> Option<Event> {
    let mut sight = DeviceStatus::default();
    let mut values = Vec::new();
    let mut at = ReadingTime::Received(now);
    let passed_over = |reading: &Reading<'_>| context.passes_over(outcome, reading);
    for reading in outcome.readings.iter().filter(|reading| !passed_over(reading)) {
        if let Some(moment) = &reading.time {
            let age_ms = now.since_ms(moment.at);
            if (-CLOCK_AHEAD_S_MAX * 1_000..=READING_AGE_S_MAX * 1_000).contains(&age_ms) {
                at = ReadingTime::Reported(moment.at.min(now));
            } else {
                sight.reasons.push(("clock_far_off".to_owned(), reading.path.to_owned()));
            }
        }
        match value(reading, context) {
            Ok(Some(value)) => values.push(value),
            Ok(None) => {}
            Err(reason) => sight.reasons.push((reason.to_owned(), reading.path.to_owned())),
        }
    }
    for state in outcome.states.iter().filter(|state| state.quantity == AVAILABILITY) {
        let online = state.value == ONLINE;
        sight.online = (!(online && state.between)).then_some(online);
    }
    let notable = outcome.ignored.iter().filter(|ignored| ignored.is_notable());
    sight.reasons.extend(notable.map(|i| (i.reason.to_owned(), i.path.to_owned())));
    if let Some(reason) = outcome.reason.filter(|reason| says_something(reason))
        && sight.reasons.iter().all(|(known, _)| known != reason)
    {
        sight.reasons.push((reason.to_owned(), "$".to_owned()));
    }
    if outcome.retained && !values.is_empty() {
        sight.reasons.push(("baseline_only".to_owned(), "$".to_owned()));
    }
    let unknown = outcome.power_unknown.iter();
    let unknown =
        unknown.map(|(channel, register)| context.part((channel.as_deref(), register.as_deref())));
    sight.power_unknown.extend(unknown);
    sight.reasons.truncate(REASONS_MAX);
    if values.is_empty() && sight == DeviceStatus::default() {
        return None;
    }
    sight.silence_s = context.silence_s;
    let (device, retained) = (device.clone(), outcome.retained);
    Some(Event::ReadingReceived { stamp: None, device, at, values, retained, status: sight })
}

/// False for the reasons of messages that are simply about other things.
fn says_something(reason: &str) -> bool {
    !["delta_without_energy", "topic_not_read", "other_device"].contains(&reason)
}

/// A figure as the books keep it; `None` for what they do not keep.
fn value(
    reading: &Reading<'_>,
    context: &MessageContext<'_>,
) -> Result<Option<ReadingValue>, &'static str> {
    let Some(quantity) = Quantity::parse(reading.quantity) else { return Ok(None) };
    let micro = |value: Decimal| quantity.micro(value, reading.unit);
    let micro_of_value = micro(reading.value).ok_or("too_large")?;
    let part = context.part((reading.channel.as_deref(), reading.register.as_deref()));
    // A counter of the whole goes before those of its parts.
    let later = if part.is_some() && context.pick.is_all() { PARTS_LATER } else { 0 };
    let how = ValueSemantics {
        part,
        window: context.window(reading),
        interval: reading.kind == KindForm::Interval,
        integrate_gap_s: reading.integrate_gap_s,
        marker: reading.reset_marker.clone(),
        modulus_micro: reading.modulus.and_then(micro),
        net: reading.net,
        most_w: reading.load.map(Load::watts).or(context.most_w),
        priority: reading.priority.saturating_add(later),
    };
    Ok(Some(ReadingValue { quantity, micro: micro_of_value, semantics: how }))
}

#[cfg(test)]
#[path = "../devices/samples.rs"]
mod samples;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod tests;
