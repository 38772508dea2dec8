//! Use, alerts and the monthly bill, over the pure decision.

use homepay_domain::book::Book;
use homepay_domain::decide::decide;
use homepay_domain::decision::{Change, Effect};
use homepay_domain::event::{
    DeviceStatus, Event, OwnerCommand, ReadingTime, ReadingValue, ValueSemantics,
};
use homepay_domain::facts::Facts;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::meter::Quantity;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::{Order, State};
use homepay_domain::settlement::PaymentCommand;
use homepay_domain::time::UnixMs;
use homepay_domain::usage::correction::Correction;
use homepay_domain::usage_bill::{Recomputed, UsageBill};
use homepay_engine::state_views::bills;
use homepay_files::household::read_household;
use homepay_language::phrases::Phrases;
use serde_json::json;
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

struct UseWorld {
    book: Book,
    effects: Vec<Effect>,
}

fn at(text: &str) -> UnixMs {
    UnixMs(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

impl UseWorld {
    fn new(limits: &str) -> UseWorld {
        let home = Home {
            zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
            currency: Currency::from_code("CNY").unwrap(),
            lang: Lang::En,
            rules: Rules::default(),
        };
        let text = format!(
            "{}{POWER}{limits}",
            include_str!("../../../tests/cases/orders-household.toml")
        );
        let none = |_: &str| Err("none".to_owned());
        let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
        let mut world = UseWorld { book: Book::new(home), effects: Vec::new() };
        let apply = Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: OwnerCommand::Apply(Box::new(house)),
        };
        world.decide(&apply, at("2026-11-01T00:00:00+08:00"));
        world.decide(&Event::ClockTicked, at("2026-11-01T02:00:00+08:00"));
        world
    }

    fn decide(&mut self, event: &Event, now: UnixMs) -> Vec<Change> {
        let taken = BTreeMap::new();
        let facts = Facts {
            ahead: Vec::new(),
            bought: Vec::new(),
            book: &self.book,
            order: None,
            already_processed: false,
            holds: taken,
            around: BTreeMap::new(),
            challenge: 47,
        };
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
        self.device_shows("washer", kwh, when);
    }

    fn device_shows(&mut self, device: &str, kwh: i64, when: &str) {
        let event = Event::ReadingReceived {
            stamp: None,
            device: Name::parse(device).unwrap(),
            at: ReadingTime::Reported(at(when)),
            values: vec![ReadingValue {
                quantity: Quantity::Energy,
                micro: kwh * 1_000_000,
                semantics: ValueSemantics::default(),
            }],
            retained: false,
            status: DeviceStatus::default(),
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
    let mut world = UseWorld::new("");
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
    let mut world = UseWorld::new(limits);
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
    let asks = |w: &UseWorld| {
        w.effects
            .iter()
            .filter(|e| {
                matches!(e, Effect::SendCommand { ask: PaymentCommand::Authorize { .. }, .. })
            })
            .count()
    };
    assert_eq!(asks(&world), 1);
    world.decide(&Event::ClockTicked, at("2026-12-05T00:00:00+08:00"));
    assert_eq!(asks(&world), 1, "a month is billed once");
    let used = world.book.uses.window(&Name::parse("bills").unwrap(), "month:2026-12-01");
    assert_eq!(used.held, Minor(1380));
}

#[test]
fn two_bills_of_one_month_do_not_pass_a_limit_together() {
    let limits = "[[devices]]\nid = \"dryer\"\nkind = \"appliance\"\nname = \"烘干机\"\n\
        profile = \"zigbee2mqtt\"\ntopic = \"zigbee2mqtt/dryer\"\ntariff = \"second\"\n\
        [[tariffs]]\nid = \"second\"\nutility = \"electricity\"\npayee = \"shop\"\n\
        versions = [{ from = \"2026-01-01\", price = \"0.60\", unit = \"kWh\" }]\n\
        [[limits]]\nid = \"bills\"\nscope = { category = \"electricity\" }\n\
        period = \"month\"\namount = \"10.00\"\n";
    let mut world = UseWorld::new(limits);
    for device in ["washer", "dryer"] {
        world.device_shows(device, 100, "2026-11-10T00:00:00+08:00");
        world.device_shows(device, 110, "2026-11-10T12:00:00+08:00");
    }
    world.decide(&Event::ClockTicked, at("2026-12-01T02:00:00+08:00"));
    let used = world.book.uses.window(&Name::parse("bills").unwrap(), "month:2026-12-01");
    assert_eq!(used.held, Minor(600), "6.00 and 6.00 are more than 10.00");
    assert!(world.book.alerts.contains_key("bill_unpaid.second.2026-11"));
}

#[test]
fn a_bill_that_no_limit_covers_is_not_paid_and_said() {
    let mut world = UseWorld::new("");
    world.shows(100, "2026-11-10T00:00:00+08:00");
    world.shows(110, "2026-11-10T12:00:00+08:00");
    world.decide(&Event::ClockTicked, at("2026-12-01T02:00:00+08:00"));
    assert!(world.book.open.is_empty());
    assert!(world.book.alerts.contains_key("bill_unpaid.power.2026-11"));
}

fn billed(total: i64) -> UseWorld {
    let limits = "[[limits]]\nid = \"bills\"\nscope = { category = \"electricity\" }\n\
        period = \"month\"\namount = \"500.00\"\n";
    let mut world = UseWorld::new(limits);
    world.shows(100, "2026-11-20T00:00:00+08:00");
    world.shows(110, "2026-11-20T12:00:00+08:00");
    world.decide(&Event::ClockTicked, at("2026-12-01T02:00:00+08:00"));
    let made = world.bill("2026-11");
    assert_eq!((made.total, made.owed), (Minor(1000), Minor::ZERO));
    let power = Name::parse("power").unwrap();
    let anew = Recomputed { tariff: power, period: "2026-11".to_owned(), total: Minor(total) };
    let wish = OwnerCommand::Rerate(vec![anew]);
    world.decide(
        &Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: wish,
        },
        at("2026-12-02T09:00:00+08:00"),
    );
    world
}

impl UseWorld {
    fn bill(&self, period: &str) -> UsageBill {
        let power = Name::parse("power").unwrap();
        self.book.usage_bills[&(power, period.to_owned())].clone()
    }

    /// 10 kWh at 1.00 in a month, and its bill.
    fn month(&mut self, month: &str, counter: i64, next: &str) -> Option<Order> {
        self.shows(counter, &format!("{month}-10T00:00:00+08:00"));
        self.shows(counter + 10, &format!("{month}-10T12:00:00+08:00"));
        self.decide(&Event::ClockTicked, at(&format!("{next}-01T02:00:00+08:00")));
        let id = OrderId::from_store(&format!("bill.power.{month}"));
        self.book.open.get(&id).cloned()
    }
}

#[test]
fn a_settled_bill_is_put_right_by_a_line_in_the_next_one() {
    let mut world = billed(1120);
    let made = world.bill("2026-11");
    assert_eq!((made.total, made.owed), (Minor(1120), Minor(120)));
    assert_eq!(made.earlier.len(), 1, "what it was is kept");
    assert_eq!(made.earlier[0].1, Minor(1000));
    let told = json!(bills("homepay", &Phrases::new(), &world.book));
    let of = |period: &str| {
        let told = told["usage"].as_array().unwrap().iter().find(|bill| bill["period"] == period);
        told.unwrap().clone()
    };
    let told = of("2026-11");
    assert_eq!((&told["total"], &told["carried"]), (&json!("11.20"), &json!("1.20")));
    assert_eq!(told["earlier"][0]["total"], json!("10.00"), "{told}");
    assert_eq!(of("2026-10")["total"], json!(null), "nothing was measured");
    let next = world.month("2026-12", 110, "2027-01").unwrap();
    let lines: Vec<i64> = next.lines.iter().map(|line| line.amount.0).collect();
    assert_eq!((next.amount, lines), (Minor(1120), vec![1000, 120]));
    assert!(next.lines[1].name.to_string().contains("2026-11"), "{:?}", next.lines);
    assert_eq!(world.bill("2026-11").owed, Minor::ZERO, "once");
    let later = world.month("2027-01", 120, "2027-02").unwrap();
    assert_eq!((later.amount, later.lines.len()), (Minor(1000), 1));
}

#[test]
fn what_was_paid_too_much_is_taken_off_until_it_is_gone() {
    let mut world = billed(-400);
    assert_eq!(world.bill("2026-11").owed, Minor(-1400));
    assert!(world.month("2026-12", 110, "2027-01").is_none(), "nothing is to be paid");
    assert_eq!(world.bill("2026-11").owed, Minor::ZERO);
    assert_eq!(world.bill("2026-12").owed, Minor(-400));
    let later = world.month("2027-01", 120, "2027-02").unwrap();
    assert_eq!(later.amount, Minor(600));
}

#[test]
fn a_month_before_the_hub_was_there_is_not_billed() {
    let world = UseWorld::new("");
    assert_eq!(world.bill("2026-10").total, Minor::ZERO);
    assert!(world.book.open.is_empty() && world.book.alerts.is_empty());
}

/// A correction of what the washer used.
fn correction(from: &str, to: &str, kwh: i64) -> Correction {
    Correction {
        device: Name::parse("washer").unwrap(),
        quantity: Quantity::Energy,
        from: at(from),
        to: at(to),
        micro: kwh * 1_000_000,
        why: "the plug showed the dryer too".to_owned(),
    }
}

impl UseWorld {
    fn corrects(&mut self, said: Correction, when: &str) -> Vec<Change> {
        let wish = OwnerCommand::CorrectUse(Box::new(said));
        self.decide(
            &Event::OwnerCommanded {
                stamp: None,
                actor: homepay_domain::actor::Actor::System,
                command: wish,
            },
            at(when),
        )
    }

    /// What is looked at by the clock, one thing a tick, all of it.
    fn ticks(&mut self, when: &str) {
        (0..6).for_each(|_| drop(self.decide(&Event::ClockTicked, at(when))));
    }
}

#[test]
fn use_that_is_put_right_lately_is_in_the_next_bill_by_itself() {
    let mut world = billed(1000);
    let of_day = ("2026-11-20T00:00:00+08:00", "2026-11-20T12:00:00+08:00");
    world.corrects(correction(of_day.0, of_day.1, 7), "2026-12-02T10:00:00+08:00");
    world.ticks("2026-12-02T10:00:01+08:00");
    world.ticks("2026-12-02T10:16:00+08:00");
    let made = world.bill("2026-11");
    assert_eq!((made.total, made.owed), (Minor(700), Minor(-300)));
    assert_eq!(made.earlier.len(), 1, "what it was is kept");
    world.ticks("2026-12-02T10:40:00+08:00");
    assert_eq!(world.bill("2026-11"), made, "once");
    let next = world.month("2026-12", 110, "2027-01").unwrap();
    assert_eq!(next.amount, Minor(700), "10.00 less 3.00");
}

#[test]
fn use_that_is_put_right_long_after_waits_for_the_owner() {
    let mut world = billed(1000);
    let of_day = ("2026-11-20T00:00:00+08:00", "2026-11-20T12:00:00+08:00");
    world.corrects(correction(of_day.0, of_day.1, 7), "2026-12-08T10:00:00+08:00");
    world.ticks("2026-12-08T10:30:00+08:00");
    assert_eq!(world.bill("2026-11").total, Minor(1000));
}

#[test]
fn a_correction_that_cannot_be_is_refused() {
    let mut world = billed(1000);
    let now = "2026-12-08T10:00:00+08:00";
    let good = || correction("2026-11-20T00:00:00+08:00", "2026-11-20T12:00:00+08:00", 7);
    let device = Name::parse("nobody").unwrap();
    let bad = [
        Correction { device, ..good() },
        Correction { quantity: Quantity::Power, ..good() },
        Correction { micro: -1, ..good() },
        Correction { from: good().to, ..good() },
        Correction { to: at("2026-12-08T10:15:00+08:00"), ..good() },
        Correction { from: at("2026-11-20T00:01:00+08:00"), ..good() },
        Correction { from: at("2025-10-20T00:00:00+08:00"), ..good() },
        // The washer draws 2.5 kW at most: 30 kWh in twelve hours.
        Correction { micro: 30_000_001, ..good() },
        Correction { why: "  ".to_owned(), ..good() },
        Correction { why: "x".repeat(201), ..good() },
    ];
    for said in bad {
        assert_eq!(world.corrects(said.clone(), now), [], "{said:?}");
    }
    assert_eq!(world.corrects(good(), now).len(), 1);
}

#[test]
fn use_from_before_the_hub_was_there_moves_tiers_and_is_owed_to_nobody() {
    let mut world = UseWorld::new("");
    assert!(world.bill("2026-10").unmeasured);
    let year = ("2026-01-01T00:00:00+08:00", "2026-11-01T00:00:00+08:00");
    let now = "2026-11-02T10:00:00+08:00";
    assert_eq!(world.corrects(correction(year.0, year.1, 900), now).len(), 1);
    let washer = Name::parse("washer").unwrap();
    let used = world.book.usage.between(&washer, Quantity::Energy, (at(year.0), at(year.1)));
    assert_eq!(used.total(), 900_000_000, "what the counter of a year's tiers begins with");
    world.ticks("2026-11-02T10:00:01+08:00");
    world.ticks("2026-11-02T10:16:00+08:00");
    let power = Name::parse("power").unwrap();
    let anew = Recomputed { tariff: power, period: "2026-10".to_owned(), total: Minor(5400) };
    let wish = OwnerCommand::Rerate(vec![anew]);
    world.decide(
        &Event::OwnerCommanded {
            stamp: None,
            actor: homepay_domain::actor::Actor::System,
            command: wish,
        },
        at("2026-11-02T11:00:00+08:00"),
    );
    assert_eq!(world.bill("2026-10").owed, Minor::ZERO, "nobody asks for October again");
}
