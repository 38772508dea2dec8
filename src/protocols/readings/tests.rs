use super::{MessageContext, event};
use homepay_devices::decode::decode;
use homepay_devices::outcome::{Interpretation, meaning};
use homepay_devices::pick::Pick;
use homepay_devices::registry::Registry;
use homepay_domain::event::{Event, ReadingTime};
use homepay_domain::household::Lang;
use homepay_domain::ids::Name;
use homepay_domain::time::UnixMs;

/// What the books take of a message of a device of which nothing else is said.
fn taken(id: &Name, outcome: &Interpretation<'_>, now: UnixMs) -> Option<Event> {
    let text = r#"{"kind":"meter","name":"meter","profile":"generic-json","topic":"home/meter"}"#;
    let device = serde_json::from_str(text).expect("a device");
    let context =
        MessageContext { device: &device, pick: &Pick::default(), most_w: None, silence_s: None };
    event(id, outcome, &context, now)
}

#[test]
fn a_time_that_is_too_far_off_is_told_and_the_message_counts_from_its_arrival() {
    let shelf = Registry::shipped();
    let profile = shelf.get("generic-json").expect("a shipped profile");
    let now = UnixMs(1_795_300_000_000);
    let device = Name::parse("meter").expect("a name");
    for (age_h, is_used) in [(0, true), (47, true), (49, false), (-25, false)] {
        let told = now.plus_s(-age_h * 3_600);
        let time = told.rfc3339(&jiff::tz::TimeZone::UTC);
        let payload = format!("{{\"energy\":1.5,\"timestamp\":\"{time}\"}}");
        let outcome = decode(profile, None, "home/meter", payload.as_bytes(), false);
        let Some(Event::ReadingReceived { at, status: sight, .. }) = taken(&device, &outcome, now)
        else {
            panic!("{payload} is a reading")
        };
        let want = if is_used { ReadingTime::Reported(told) } else { ReadingTime::Received(now) };
        assert_eq!(at, want, "{age_h} h old");
        let said = sight.reasons.iter().any(|(reason, _)| reason == "clock_far_off");
        assert_eq!(said, !is_used, "{age_h} h old");
        assert!(is_used || meaning(Lang::En, "clock_far_off").contains("two days"));
    }
}

#[test]
fn a_power_that_is_held_until_the_next_ends_where_it_has_no_value() {
    let shelf = Registry::shipped();
    let (now, id) = (UnixMs(1_795_300_000_000), Name::parse("meter").expect("a name"));
    let statestream = ("ha-statestream", Some("power-w-integrated"), "ha/sensor/kettle/state");
    let of = |(profile, model, topic), payload: &str, retained| {
        let profile = shelf.get(profile).expect("a shipped profile");
        let outcome = decode(profile, model, topic, payload.as_bytes(), retained);
        match taken(&id, &outcome, now) {
            Some(Event::ReadingReceived { values, status: sight, .. }) => {
                (values.len(), sight.power_unknown)
            }
            _ => (0, Vec::new()),
        }
    };
    for (payload, retained) in
        [("unavailable", false), ("unknown", true), ("nan", false), ("", false)]
    {
        assert_eq!(of(statestream, payload, retained), (0, vec![None]), "{payload:?}");
    }
    assert_eq!(of(statestream, "12.5", false), (1, Vec::new()));
    // A word that is no word for having none says nothing of it.
    assert_eq!(of(statestream, "soon", false), (0, Vec::new()));
    let counter = ("ha-statestream", Some("energy-kwh"), "ha/sensor/kettle/state");
    assert_eq!(of(counter, "unavailable", false), (0, Vec::new()), "counters lose nothing");
}
