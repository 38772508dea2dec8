//! What readings become, over the pure decision: resets, moduli, intervals, sources, power that is
//! added up, and what a kept message may do.

use homepay_domain::book::Book;
use homepay_domain::decide::decide;
use homepay_domain::decision::Change;
use homepay_domain::event::{
    DeviceStatus, Event, OwnerCommand, ReadingTime, ReadingValue, ValueSemantics,
};
use homepay_domain::facts::Facts;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::meter::{Meter, Quantity, Shown, units_text};
use homepay_domain::money::Currency;
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use serde_json::Value as Json;
use std::collections::BTreeMap;

const HOUSE: &str = r#"
[[devices]]
id = "plug"
kind = "appliance"
name = "插座"
profile = "generic-json"
topic = "a/plug"
"#;

mod minutes;

struct ReadingWorld {
    book: Book,
    used: i64,
}

impl ReadingWorld {
    fn new() -> ReadingWorld {
        ReadingWorld::of(HOUSE)
    }

    fn of(house: &str) -> ReadingWorld {
        let home = Home {
            zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
            currency: Currency::from_code("CNY").unwrap(),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let none = |_: &str| Err("none".to_owned());
        let house = read_household(house, "test", &home, &none).unwrap();
        let mut world = ReadingWorld { book: Book::new(home), used: 0 };
        let apply = Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: OwnerCommand::Apply(Box::new(house)),
        };
        world.decide(&apply, UnixMs(0));
        world
    }

    fn decide(&mut self, event: &Event, now: UnixMs) {
        self.used += decided(&mut self.book, event, now);
    }

    /// One step of a case: after so many seconds and milliseconds, by the device's clock or by
    /// ours, a value of a quantity, taken in some way.
    fn step(&mut self, step: &Json, second: i64) {
        let quantity = Quantity::parse(step["quantity"].as_str().unwrap_or("energy")).unwrap();
        let micro = |name: &str| {
            let number = step[name].as_str()?.parse().unwrap();
            Some(quantity.micro(number, quantity.unit()).unwrap())
        };
        let at = UnixMs(1_767_225_600_000).plus_s(second);
        let at = at.plus_ms(step["ms"].as_i64().unwrap_or(0));
        if let Some(online) = step["online"].as_bool() {
            let sight = DeviceStatus { online: Some(online), ..DeviceStatus::default() };
            return self.decide(&reading(ReadingTime::Received(at), Vec::new(), false, sight), at);
        }
        let part = step["part"].as_str().map(str::to_owned);
        if step["power_unknown"] == true {
            let sight = DeviceStatus { power_unknown: vec![part], ..DeviceStatus::default() };
            return self.decide(&reading(ReadingTime::Received(at), Vec::new(), false, sight), at);
        }
        let how = ValueSemantics {
            part,
            window: step["window"].as_str().map(str::to_owned),
            interval: step["interval"] == true,
            integrate_gap_s: step["gap_s"].as_u64().map(|s| u32::try_from(s).unwrap()),
            marker: step["marker"].as_str().map(str::to_owned),
            modulus_micro: micro("modulus"),
            net: step["net"].as_bool(),
            most_w: step["most_w"].as_u64().map(|w| u32::try_from(w).unwrap()),
            priority: u8::try_from(step["priority"].as_u64().unwrap_or(0)).unwrap(),
        };
        let measured = if step["told"] == true {
            ReadingTime::Reported(at)
        } else {
            ReadingTime::Received(at)
        };
        let values =
            vec![ReadingValue { quantity, micro: micro("value").unwrap(), semantics: how }];
        let event = reading(measured, values, step["retained"] == true, DeviceStatus::default());
        self.decide(&event, at);
    }
}

/// Decides, and applies what was decided; how much use was added.
fn decided(book: &mut Book, event: &Event, now: UnixMs) -> i64 {
    let facts = Facts {
        ahead: Vec::new(),
        bought: Vec::new(),
        book,
        order: None,
        already_processed: false,
        holds: BTreeMap::new(),
        around: BTreeMap::new(),
        challenge: 47,
    };
    let decision = decide(&facts, event, now);
    let mut used = 0;
    for change in &decision.changes {
        if let Change::Read { added, quantity: Quantity::Energy | Quantity::Water, .. } = change {
            used += added.iter().map(|of_slot| of_slot.micro).sum::<i64>();
        }
        book.apply(change);
    }
    book.seen = book.time(now);
    used
}

fn reading(
    at: ReadingTime,
    values: Vec<ReadingValue>,
    retained: bool,
    sight: DeviceStatus,
) -> Event {
    let device = Name::parse("plug").unwrap();
    Event::ReadingReceived { stamp: None, device, at, values, retained, status: sight }
}

/// An hour of readings, each ten seconds, that waited at the broker while the hub was away.
#[test]
fn what_waited_in_a_queue_is_all_counted_over_the_time_that_it_waited() {
    let mut world = ReadingWorld::new();
    let mut step = |second: i64, ms: i64, micro: i64| {
        let value = units_text(micro);
        world.step(&serde_json::json!({"value": value, "ms": ms, "most_w": 3680}), second);
    };
    step(0, 0, 500_000_000);
    for n in 1..=360 {
        step(3_600, n, 500_000_000 + n * 8_500);
    }
    step(3_610, 0, 500_000_000 + 361 * 8_500);
    assert_eq!(world.used, 361 * 8_500);
    let plug = Name::parse("plug").unwrap();
    let begin = UnixMs(1_767_225_600_000);
    for quarter in 0..4 {
        let span = (begin.plus_s(quarter * 900), begin.plus_s((quarter + 1) * 900));
        let used = world.book.usage.between(&plug, Quantity::Energy, span).total();
        assert!((760_000..=770_000).contains(&used), "{quarter}: {used}");
    }
    assert!(world.book.alerts.is_empty(), "{:?}", world.book.alerts);
}

#[test]
fn readings_become_use_as_the_cases_say() {
    for line in include_str!("readings/cases.jsonl").lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let mut world = ReadingWorld::new();
        for step in case["steps"].as_array().unwrap() {
            world.step(step, step["s"].as_i64().unwrap());
        }
        let used = rust_decimal::Decimal::new(world.used, 6).normalize().to_string();
        assert_eq!(Json::from(used), case["used"], "{}", case["about"]);
        let plug = Name::parse("plug").unwrap();
        let notes = world.book.sightings.get(&plug).map(|s| &s.notes);
        let notes: Vec<&str> = notes.into_iter().flatten().map(|n| n.reason.as_str()).collect();
        let want: Vec<&str> =
            case["notes"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        assert_eq!(notes, want, "{}", case["about"]);
    }
}

/// A leap that is taken back moves every counter of a device, also those of its channels.
#[test]
fn a_counter_is_moved_with_all_its_parts() {
    let shown = |ms| Shown { at: UnixMs(ms), micro: 5 };
    let of = |ms| Meter { last: Some(shown(ms)), ..Meter::default() };
    let whole = of(70).with_part("1", of(60)).with_part("2", of(70));
    let moved = whole.moved(&|at: UnixMs| at.plus_ms(-50));
    let last = |meter: &Meter| meter.last.map(|last| last.at.0);
    assert_eq!(last(&moved), Some(20));
    assert_eq!(moved.parts.values().map(last).collect::<Vec<_>>(), [Some(10), Some(20)]);
}

/// A meter that nets over phases shows neither what one phase drew while another gave it back.
#[test]
fn phases_are_set_off_where_the_homes_meter_does() {
    let plug = Name::parse("plug").unwrap();
    let both = |drawn: i64, given: i64, part: Option<&str>| {
        let how = ValueSemantics { part: part.map(str::to_owned), ..ValueSemantics::default() };
        [(Quantity::Energy, drawn), (Quantity::EnergyExport, given)].map(|(quantity, milli)| {
            ReadingValue { quantity, micro: milli * 1_000, semantics: how.clone() }
        })
    };
    for (phases, used, sent) in
        [("", 500, 300), ("phases = \"each\"\n", 500, 300), ("phases = \"net\"\n", 200, 0)]
    {
        for parts in [&[None][..], &[Some("a"), Some("b")]] {
            let mut world = ReadingWorld::of(&format!("{HOUSE}{phases}"));
            let begin = UnixMs(1_767_225_600_000);
            // In the first minutes one part draws what the other gives back, and then some.
            for (second, drawn, given) in [(0, 0, 0), (60, 300, 100), (1_200, 500, 300)] {
                let of = |part: &Option<&str>| match part {
                    None => both(drawn, given, None),
                    Some("a") => both(1_000 + drawn, 7_000, *part),
                    Some(_) => both(90_000, 4_000 + given, *part),
                };
                let values = parts.iter().flat_map(of).collect();
                let at = begin.plus_s(second);
                let event =
                    reading(ReadingTime::Reported(at), values, false, DeviceStatus::default());
                world.decide(&event, at);
            }
            let span = (begin, begin.plus_s(3_600));
            let of = |quantity| world.book.usage.between(&plug, quantity, span).total() / 1_000;
            let found = (of(Quantity::Energy), of(Quantity::EnergyExport));
            assert_eq!(found, (used, sent), "{phases}{parts:?}");
        }
    }
}

#[test]
fn phases_that_are_told_apart_cannot_be_set_off() {
    let house = HOUSE.replace("generic-json", "go-e").replace("a/plug", "go-eCharger/1");
    let home = ReadingWorld::new().book.home.clone();
    let none = |_: &str| Err("none".to_owned());
    let found = read_household(&format!("{house}phases = \"net\"\n"), "test", &home, &none);
    let found = found.unwrap_err();
    assert!(found[0].what.contains("in one message"), "{found:?}");
    assert!(read_household(&format!("{house}phases = \"each\"\n"), "test", &home, &none).is_ok());
}

/// A reading of a channel that comes after a newer one is told, and nothing is lost by it.
#[test]
fn a_late_reading_of_a_channel_is_told() {
    let mut world = ReadingWorld::new();
    for (second, value) in [(0, "10"), (600, "10.2"), (300, "10.05"), (900, "10.3")] {
        world.step(&serde_json::json!({"value": value, "part": "0", "told": true}), second);
    }
    assert_eq!(world.used, 300_000);
    let notes = &world.book.sightings[&Name::parse("plug").unwrap()].notes;
    assert_eq!(notes.iter().map(|n| n.reason.as_str()).collect::<Vec<_>>(), ["late_not_taken"]);
}
