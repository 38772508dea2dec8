//! Use, alerts and the monthly bill, over the pure decision.

use homepay::adapters::household::read_household;
use homepay::domain::book::Book;
use homepay::domain::decide::decide;
use homepay::domain::decision::{Change, Effect};
use homepay::domain::event::{Event, How, Sight, Value, Wish};
use homepay::domain::facts::Facts;
use homepay::domain::household::{Home, Lang, Rules};
use homepay::domain::ids::{Name, OrderId};
use homepay::domain::meter::Quantity;
use homepay::domain::money::{Currency, Minor};
use homepay::domain::order::State;
use homepay::domain::settlement::Ask;
use homepay::domain::time::UnixMs;
use std::collections::BTreeMap;

const POWER: &str = r#"
[[devices]]
id = "washer"
kind = "appliance"
name = "洗衣机"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/washer"
max_power_w = 2500
tariff = "power"
[[tariffs]]
id = "power"
utility = "electricity"
payee = "shop"
versions = [{ from = "2026-01-01", price = "0.60", unit = "kWh" }, { from = "2026-11-16", price = "1.00", unit = "kWh" }]
[[alerts]]
device = "washer"
period = "month"
cost = "10.00"
bands = [50, 80, 100]
"#;

struct World {
    book: Book,
    effects: Vec<Effect>,
}

fn at(text: &str) -> UnixMs {
    UnixMs(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

impl World {
    fn new(limits: &str) -> World {
        let home = Home {
            zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
            currency: Currency::from_code("CNY").unwrap(),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let text = format!("{}{POWER}{limits}", include_str!("orders/household.toml"));
        let none = |_: &str| Err("none".to_owned());
        let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
        let mut world = World { book: Book::new(home), effects: Vec::new() };
        let apply = Event::OwnerWished { stamp: None, wish: Wish::Apply(Box::new(house)) };
        world.decide(&apply, at("2026-11-01T00:00:00+08:00"));
        world.decide(&Event::ClockTicked, at("2026-11-01T02:00:00+08:00"));
        world
    }

    fn decide(&mut self, event: &Event, now: UnixMs) -> Vec<Change> {
        let taken = BTreeMap::new();
        let facts = Facts { book: &self.book, order: None, heard: false, taken, chance: 47 };
        let decision = decide(&facts, event, now);
        for change in &decision.changes {
            self.book.apply(change);
        }
        self.book.seen = self.book.time(now);
        self.effects.extend(decision.effects);
        decision.changes
    }

    /// The washer's counter shows this.
    fn shows(&mut self, kwh: i64, when: &str) {
        let event = Event::ReadingTaken {
            stamp: None,
            device: Name::parse("washer").unwrap(),
            at: at(when),
            values: vec![Value {
                quantity: Quantity::Energy,
                micro: kwh * 1_000_000,
                how: How::default(),
            }],
            retained: false,
            sight: Sight::default(),
        };
        self.decide(&event, at(when));
        self.decide(&Event::ClockTicked, at(when));
    }

    fn bands(&self) -> Vec<u16> {
        let warned = self.effects.iter().filter_map(|effect| match effect {
            Effect::Warn(alert) => alert.band,
            _ => None,
        });
        warned.collect()
    }
}

#[test]
fn a_band_warns_once_in_its_month() {
    let mut world = World::new("");
    world.shows(100, "2026-11-02T08:00:00+08:00");
    assert!(world.bands().is_empty(), "the first reading is a baseline");
    world.shows(109, "2026-11-02T14:00:00+08:00");
    assert_eq!(world.bands(), [50], "9 kWh at 0.60 are 5.40 of 10.00");
    world.shows(109, "2026-11-02T15:00:00+08:00");
    world.shows(119, "2026-11-03T15:00:00+08:00");
    assert_eq!(world.bands(), [50, 80, 100], "11.40: both bands, each once");
    world.shows(120, "2026-11-03T16:00:00+08:00");
    assert_eq!(world.bands(), [50, 80, 100]);
    world.decide(&Event::ClockTicked, at("2026-12-01T02:00:00+08:00"));
    world.shows(130, "2026-12-01T12:00:00+08:00");
    assert!(world.bands().len() == 3, "most of it was used in November");
    world.shows(140, "2026-12-02T12:00:00+08:00");
    assert_eq!(world.bands()[3..], [50, 80, 100], "a new month warns anew");
}

#[test]
fn the_month_before_is_billed_once_and_through_the_limits() {
    let limits = "[[limits]]\nid = \"bills\"\nscope = { category = \"electricity\" }\n\
        period = \"month\"\namount = \"500.00\"\n";
    let mut world = World::new(limits);
    world.shows(100, "2026-11-10T00:00:00+08:00");
    world.shows(110, "2026-11-10T12:00:00+08:00");
    world.shows(120, "2026-11-20T12:00:00+08:00");
    world.decide(&Event::ClockTicked, at("2026-12-01T00:30:00+08:00"));
    let id = OrderId::from_store("bill.power.2026-11");
    assert!(!world.book.open.contains_key(&id), "late readings of the last hour still count");
    world.decide(&Event::ClockTicked, at("2026-12-01T01:00:01+08:00"));
    let bill = world.book.open[&id].clone();
    // 10 at 0.60; then 10 over ten days, of which 5.5 at 0.60 and 4.5 at 1.00, shared by time.
    assert_eq!((bill.state, bill.amount), (State::Approved, Minor(1380)));
    let asks = |w: &World| {
        w.effects
            .iter()
            .filter(|e| matches!(e, Effect::Ask { ask: Ask::Authorize { .. }, .. }))
            .count()
    };
    assert_eq!(asks(&world), 1);
    world.decide(&Event::ClockTicked, at("2026-12-05T00:00:00+08:00"));
    assert_eq!(asks(&world), 1, "a month is billed once");
    let used = world.book.uses.window(&Name::parse("bills").unwrap(), "month:2026-12-01");
    assert_eq!(used.held, Minor(1380));
}

#[test]
fn a_bill_that_no_limit_covers_is_not_paid_and_said() {
    let mut world = World::new("");
    world.shows(100, "2026-11-10T00:00:00+08:00");
    world.shows(110, "2026-11-10T12:00:00+08:00");
    world.decide(&Event::ClockTicked, at("2026-12-01T02:00:00+08:00"));
    assert!(world.book.open.is_empty());
    assert!(world.book.alerts.contains_key("bill_unpaid.power.2026-11"));
}
