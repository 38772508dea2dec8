//! Alerts over the pure decision: each kind fires when it should, once, also over a restart; what was
//! noted is not said again, what was snoozed is, and nobody is woken.

use crate::wished;
use homepay_domain::alert::{Alert, AlertKind, Detail};
use homepay_domain::book::Book;
use homepay_domain::decide::decide;
use homepay_domain::decision::Effect;
use homepay_domain::event::{DeviceStatus, Event, OwnerCommand, ReadingTime, ReadingValue};
use homepay_domain::facts::Facts;
use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::limits::hours::Hours;
use homepay_domain::meter::Quantity;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::time::UnixMs;
use homepay_domain::watch::Watch;
use homepay_files::household::read_household;
use homepay_language::phrases::Phrases;
use std::collections::BTreeMap;

const DEVICES: &str = include_str!("alerts/household.toml");

/// Ticks after which everything that is due was looked at: one thing a tick.
const TICKS: i64 = 6;

pub struct AlertWorld {
    pub book: Book,
    pub effects: Vec<Effect>,
    pub now: UnixMs,
}

pub fn at(text: &str) -> UnixMs {
    UnixMs(format!("{text}+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

impl AlertWorld {
    pub fn new(more: &str, rules: Rules, begin: &str) -> AlertWorld {
        let home = Home {
            zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
            currency: Currency::from_code("CNY").unwrap(),
            lang: Lang::En,
            rules,
        };
        let text = format!("{DEVICES}{more}");
        let none = |_: &str| Err("none".to_owned());
        let house = read_household(&text, "test", &home, &none).unwrap_or_else(|p| panic!("{p:?}"));
        let mut world = AlertWorld { book: Book::new(home), effects: Vec::new(), now: at(begin) };
        let apply = wished(OwnerCommand::Apply(Box::new(house)));
        world.decide(&apply);
        world
    }

    pub fn decide(&mut self, event: &Event) {
        let facts = Facts {
            ahead: Vec::new(),
            bought: Vec::new(),
            book: &self.book,
            order: None,
            already_processed: false,
            holds: BTreeMap::new(),
            around: BTreeMap::new(),
            challenge: 47,
        };
        let decision = decide(&facts, event, self.now);
        for change in &decision.changes {
            self.book.apply(change);
        }
        self.book.seen = self.book.time(self.now);
        self.effects.extend(decision.effects);
    }

    /// Time goes on until then, and everything is looked at.
    pub fn until(&mut self, when: &str) {
        self.now = at(when);
        for _ in 0..TICKS {
            self.decide(&Event::ClockTicked);
            self.now = self.now.plus_ms(250);
        }
    }

    /// A device's counter shows so many hundredths of a kWh.
    pub fn shows(&mut self, device: &str, centi_kwh: i64, when: &str) {
        self.now = at(when);
        let (quantity, micro) = (Quantity::Energy, centi_kwh * 10_000);
        self.decide(&Event::ReadingReceived {
            stamp: None,
            device: name(device),
            at: ReadingTime::Reported(self.now),
            values: vec![ReadingValue { quantity, micro, semantics: Default::default() }],
            retained: false,
            status: DeviceStatus::default(),
        });
    }

    /// A counter over days from a date on, as used a day, read each midnight.
    pub fn days(&mut self, device: &str, from: &str, centi_kwh: &[i64]) -> i64 {
        let first: jiff::civil::Date = from.parse().unwrap();
        let mut sum = 1_000;
        self.shows(device, sum, &format!("{first}T00:00:00"));
        for (index, used) in (1_i64..).zip(centi_kwh) {
            sum += used;
            let day = first.checked_add(jiff::Span::new().days(index)).unwrap();
            self.shows(device, sum, &format!("{day}T00:00:00"));
        }
        sum
    }

    /// What the store and a new process make of the book.
    pub fn restart(&mut self) {
        self.book.watch = Watch::default();
        let again = self.book.alerts.iter().map(|(id, alert)| {
            let doc = serde_json::to_string(alert).unwrap();
            (id.clone(), serde_json::from_str(&doc).unwrap())
        });
        self.book.alerts = again.collect();
    }

    pub fn told(&self, kind: AlertKind) -> Vec<&Alert> {
        let told = self.effects.iter().filter_map(|effect| match effect {
            Effect::Warn(alert) if alert.kind == kind => Some(&**alert),
            _ => None,
        });
        told.collect()
    }

    pub fn aloud(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::SpeakAlert(_))).count()
    }

    pub fn says(&self, alert: &Alert) -> [String; 2] {
        let phrases = Phrases::new();
        [Lang::ZhCn, Lang::En].map(|lang| phrases.alert(&self.book.home, alert, lang))
    }
}

mod rules;

const BILL: &str = "[[alerts]]\ntariff = \"power\"\ncost = \"100.00\"\nbands = [50, 100]\n";

#[test]
fn a_bills_bands_go_by_its_cycle_and_hold_over_a_restart() {
    let mut world = AlertWorld::new(BILL, Rules::default(), "2026-11-14T00:00:00");
    // The cycle begins on the 15th; a kWh costs 0.50 in the first tier.
    world.days("meter", "2026-11-14", &[3_000, 3_000, 3_000, 3_000, 3_000]);
    world.until("2026-11-19T00:00:30");
    let bands: Vec<_> = world.told(AlertKind::CostBand).iter().map(|a| a.band).collect();
    assert_eq!(bands, [Some(50)], "120 kWh since the 15th, 60.00 of 100.00");
    let alert = world.told(AlertKind::CostBand)[0].clone();
    assert_eq!((alert.value, alert.limit), (Some(Minor(6_000)), Some(Minor(10_000))));
    assert_eq!(alert.period, "2026-11-15--2026-12-14");
    let [zh, en] = world.says(&alert);
    assert!(zh.contains("电费账单已到六十块") && zh.contains("超过了一百块的百分之五十"), "{zh}");
    assert!(en.contains("The electricity bill for November 15 to December 14"), "{en}");
    world.restart();
    world.until("2026-11-19T00:20:00");
    assert_eq!(world.told(AlertKind::CostBand).len(), 1, "once in its cycle");
}

#[test]
fn nothing_is_looked_at_twice_while_nothing_is_read() {
    let mut world = AlertWorld::new(BILL, Rules::default(), "2026-11-14T00:00:00");
    world.days("meter", "2026-11-14", &[3_000]);
    world.until("2026-11-15T00:00:30");
    let before = world.book.watch.clone();
    world.now = at("2026-11-15T00:01:00");
    world.decide(&Event::ClockTicked);
    assert_eq!(world.book.watch, before);
}

#[test]
fn a_bill_that_will_be_too_high_is_told_before_it_is() {
    let mut world = AlertWorld::new(BILL, Rules::default(), "2026-11-01T00:00:00");
    world.days("meter", "2026-11-01", &[800; 20]);
    world.until("2026-11-21T00:00:30");
    // 30 days at 8 kWh, of which 200 at 0.50 and 40 at 0.80, but for the quarter of an hour that runs.
    let told = world.told(AlertKind::CostProjected);
    let (alert, count) = (told[0].clone(), told.len());
    assert_eq!((count, alert.value), (1, Some(Minor(13_193))), "{alert:?}");
    assert!(matches!(alert.detail, Some(Detail::Projected { low, high }) if low <= high));
    let [zh, en] = world.says(&alert);
    assert!(zh.contains("照这样用"), "{zh}");
    assert!(en.contains("will come to about one hundred thirty-one yuan"), "{en}");
    world.restart();
    world.until("2026-11-21T00:20:00");
    assert_eq!(world.told(AlertKind::CostProjected).len(), 1);
}

#[test]
fn a_tier_is_told_some_days_ahead_and_when_it_begins() {
    let mut world = AlertWorld::new("", Rules::default(), "2026-11-01T00:00:00");
    // 200 kWh from the 15th on end on the 10th of December.
    let mut sum = world.days("meter", "2026-11-01", &[800; 30]);
    world.until("2026-12-01T00:00:30");
    assert!(world.told(AlertKind::TierAhead).is_empty(), "nine days are too far");
    for day in 2..=5 {
        sum += 800;
        world.shows("meter", sum, &format!("2026-12-0{day}T00:00:00"));
    }
    world.until("2026-12-05T00:00:30");
    let alert = world.told(AlertKind::TierAhead)[0].clone();
    let [zh, en] = world.says(&alert);
    assert!(zh.contains("用电还剩40 度就进入第二档"), "{zh}");
    assert!(zh.contains("每度八毛"), "{zh}");
    assert!(en.contains("tier 2 begins about December 10, in 40 kWh"), "{en}");
    world.restart();
    world.until("2026-12-05T01:00:00");
    assert_eq!(world.told(AlertKind::TierAhead).len(), 1);
    world.shows("meter", sum + 4_100, "2026-12-06T00:00:00");
    world.until("2026-12-06T00:01:00");
    let told = world.told(AlertKind::TierCrossed);
    assert_eq!(told.len(), 1);
    assert!(world.says(told[0])[1].contains("each kWh now costs"), "{:?}", world.says(told[0]));
    assert!(
        world.book.alerts.values().all(|a| a.kind != AlertKind::TierAhead || !a.is_open(world.now))
    );
    world.until("2026-12-06T08:00:00");
    assert_eq!(world.told(AlertKind::TierCrossed).len(), 1);
}

#[test]
fn a_device_that_never_told_a_figure_is_told_a_day_after_it_was_added() {
    let wallbox = "[[devices]]\nid = \"wallbox\"\nkind = \"appliance\"\nname = \"充电桩\"\n\
        profile = \"go-e\"\ntopic = \"go-eCharger/222162\"\n";
    let mut world = AlertWorld::new(wallbox, Rules::default(), "2026-11-02T08:00:00");
    let told = |world: &AlertWorld| {
        let told = world.told(AlertKind::MeterSilent).into_iter();
        let own = told.filter(|a| a.device == Some(name("wallbox"))).map(|a| world.says(a));
        own.collect::<Vec<_>>()
    };
    world.until("2026-11-02T08:01:00");
    world.until("2026-11-03T07:50:00");
    assert!(told(&world).is_empty(), "a day has not passed");
    world.until("2026-11-03T09:00:00");
    world.restart();
    world.until("2026-11-06T09:00:00");
    let said = told(&world);
    assert_eq!(said.len(), 1, "once: {said:?}");
    assert!(said[0][1].starts_with("Nothing was ever heard of 充电桩"), "{said:?}");
    assert!(said[0][0].contains("一直没有消息"), "{said:?}");
    world.shows("wallbox", 1_000, "2026-11-06T10:00:00");
    world.until("2026-11-06T11:00:00");
    let said = told(&world);
    assert_eq!((said.len(), said[1][1].as_str()), (2, "充电桩 is heard again."), "{said:?}");
}

#[test]
fn a_silent_device_is_told_once_and_when_it_is_heard_again() {
    fn silent(world: &AlertWorld) -> Vec<&Alert> {
        let told = world.told(AlertKind::MeterSilent).into_iter();
        told.filter(|alert| alert.device == Some(name("washer"))).collect()
    }
    let mut world = AlertWorld::new("", Rules::default(), "2026-11-01T00:00:00");
    world.shows("washer", 1_000, "2026-11-01T08:00:00");
    world.until("2026-11-02T07:59:00");
    assert!(silent(&world).is_empty());
    world.until("2026-11-02T08:15:00");
    world.restart();
    world.until("2026-11-03T08:20:00");
    let told = silent(&world);
    assert_eq!(told.len(), 1, "once for each silence");
    assert!(world.says(told[0])[0].contains("没有收到洗衣机的消息"), "{:?}", world.says(told[0]));
    world.shows("washer", 1_010, "2026-11-03T09:00:00");
    world.until("2026-11-03T09:01:00");
    let told = silent(&world);
    assert!(told.len() == 2 && told[1].resolved_at.is_some());
    assert_eq!(world.says(told[1])[1], "洗衣机 is heard again.");
}

#[test]
fn a_device_unlike_itself_is_told_in_words_that_people_use() {
    let mut world = AlertWorld::new("", Rules::default(), "2026-10-01T00:00:00");
    let mut use_of_days = [130, 125, 135, 128, 131, 127, 133].repeat(4);
    use_of_days.push(410);
    world.days("washer", "2026-10-01", &use_of_days);
    world.until("2026-10-30T00:30:00");
    assert!(world.told(AlertKind::UnusualUse).is_empty(), "late readings of the day may come");
    world.until("2026-10-30T01:00:30");
    let told = world.told(AlertKind::UnusualUse);
    assert_eq!(told.len(), 1);
    let [zh, en] = world.says(told[0]);
    assert!(zh.starts_with("洗衣机昨天用了 4.1 度，平常约 1.3 度。"), "{zh}");
    assert!(
        en.starts_with("洗衣机 used 4.1 kWh yesterday; it usually uses about 1.3 kWh."),
        "{en}"
    );
    world.restart();
    world.until("2026-10-30T09:00:00");
    assert_eq!(world.told(AlertKind::UnusualUse).len(), 1);
}

const REPEATED: &str =
    "[[alerts]]\ntariff = \"power\"\ncost = \"100.00\"\nbands = [10, 50]\nrepeat = \"6h\"\n";

#[test]
fn what_nobody_noted_is_said_again_until_somebody_does() {
    let mut world = AlertWorld::new(REPEATED, Rules::default(), "2026-11-15T00:00:00");
    world.shows("meter", 1_000, "2026-11-15T00:00:00");
    world.shows("meter", 13_000, "2026-11-18T00:00:00");
    world.until("2026-11-18T00:00:30");
    let count = |world: &AlertWorld| world.told(AlertKind::CostBand).len();
    assert_eq!(count(&world), 2, "both bands");
    world.until("2026-11-18T06:05:00");
    assert_eq!(count(&world), 3, "only the higher one comes again");
    let again = world.told(AlertKind::CostBand)[2].clone();
    assert_eq!((again.band, again.repeated), (Some(50), 1));
    assert!(world.says(&again)[0].starts_with("再提醒一次："));
    world.restart();
    world.until("2026-11-18T07:00:00");
    assert_eq!(count(&world), 3, "a restart repeats nothing");
    let id = again.id.clone();
    let until = at("2026-11-19T00:00:00");
    let wish = OwnerCommand::SnoozeAlert(id.clone(), until);
    world.decide(&wished(wish));
    world.until("2026-11-18T20:00:00");
    assert_eq!(count(&world), 3, "snoozed");
    world.until("2026-11-19T00:01:00");
    assert_eq!(count(&world), 4, "it is still so");
    world.decide(&wished(OwnerCommand::AckAlert(id)));
    world.until("2026-11-25T00:00:00");
    assert_eq!(count(&world), 4, "somebody took note");
}

#[test]
fn nothing_is_said_again_once_its_period_is_over() {
    let mut world = AlertWorld::new(REPEATED, Rules::default(), "2026-11-15T00:00:00");
    world.shows("meter", 1_000, "2026-11-15T00:00:00");
    world.shows("meter", 13_000, "2026-11-18T00:00:00");
    world.until("2026-11-18T00:00:30");
    world.until("2026-12-15T00:00:30");
    assert_eq!(world.told(AlertKind::CostBand).len(), 2);
}

#[test]
fn what_is_critical_is_said_aloud_but_wakes_nobody() {
    let rules = Rules { quiet: Some(Hours::parse("22:00-07:00").unwrap()), ..Rules::default() };
    let rule = "[[alerts]]\ntariff = \"power\"\ncost = \"50.00\"\nbands = [50, 100]\n";
    let mut world = AlertWorld::new(rule, rules, "2026-11-15T00:00:00");
    world.shows("meter", 1_000, "2026-11-15T00:00:00");
    world.shows("meter", 13_000, "2026-11-18T00:00:00");
    world.until("2026-11-18T00:00:30");
    assert_eq!((world.told(AlertKind::CostBand).len(), world.aloud()), (2, 0));
    world.restart();
    world.until("2026-11-18T06:59:00");
    assert_eq!(world.aloud(), 0);
    world.until("2026-11-18T07:01:00");
    assert_eq!(world.aloud(), 1, "the critical one, when the night is over");
    world.restart();
    world.until("2026-11-18T09:00:00");
    assert_eq!(world.aloud(), 1);
}

#[test]
fn of_several_bands_crossed_at_once_the_highest_is_spoken() {
    let rule = "[[alerts]]\ntariff = \"power\"\ncost = \"50.00\"\nbands = [30, 50, 80, 100]\n\
                speak = true\nrepeat = \"1h\"\n";
    // A kWh costs 0.50: of 50.00, 26.00, 45.00 and 55.00 are spent at once.
    for (used, crossed, highest) in [(5_200, 2, 50), (9_000, 3, 80), (11_000, 4, 100)] {
        let mut world = AlertWorld::new(rule, Rules::default(), "2026-11-15T00:00:00");
        world.shows("meter", 1_000, "2026-11-15T00:00:00");
        world.shows("meter", 1_000 + used, "2026-11-18T12:00:00");
        let spoken = |world: &AlertWorld| -> Vec<u16> {
            let spoken = world.effects.iter().filter_map(|effect| match effect {
                Effect::SpeakAlert(alert) => alert.band,
                _ => None,
            });
            spoken.collect()
        };
        world.until("2026-11-18T12:00:30");
        let told = world.told(AlertKind::CostBand).len();
        assert_eq!((told, spoken(&world)), (crossed, vec![highest]), "{used}");
        world.restart();
        world.until("2026-11-18T13:30:00");
        assert_eq!(spoken(&world), [highest; 2], "{used}: said again, alone");
    }
}

#[test]
fn a_low_wallet_is_told_once_until_it_is_filled() {
    let rules = Rules { wallet_low: Some(Minor(5_000)), ..Rules::default() };
    let mut world = AlertWorld::new("", rules, "2026-11-15T12:00:00");
    let told = |world: &mut AlertWorld, available| {
        world.decide(&Event::BalanceReceived { available: Minor(available) });
        world.now = world.now.plus_s(3_600);
    };
    for available in [5_000, 4_999] {
        told(&mut world, available);
    }
    world.restart();
    told(&mut world, 1_000);
    let alert = world.told(AlertKind::WalletLow)[0].clone();
    assert_eq!((world.told(AlertKind::WalletLow).len(), alert.value), (1, Some(Minor(4_999))));
    let [zh, en] = world.says(&alert);
    assert!(zh.starts_with("钱包只剩四十九块九毛九，不到五十块。"), "{zh}");
    assert!(en.contains("Please top it up"), "{en}");
    told(&mut world, 20_000);
    assert!(world.told(AlertKind::WalletLow)[1].resolved_at.is_some());
    told(&mut world, 10);
    assert_eq!(world.told(AlertKind::WalletLow).len(), 3, "low again");
}

const DRYER: &str = r#"
[[tariffs]]
id = "tou"
utility = "electricity"
payee = "grid"
file = "tariffs/cn/shanghai-tou.toml"
[[devices]]
id = "dryer"
kind = "appliance"
name = "烘干机"
profile = "generic-json"
topic = "a/dryer"
tariff = "tou"
"#;

#[test]
fn a_run_has_its_price_before_it_is_begun() {
    let mut world = AlertWorld::new(DRYER, Rules::default(), "2026-11-01T00:00:00");
    let dryer = name("dryer");
    let home = |world: &AlertWorld| {
        let (book, at) = (world.book.clone(), world.now);
        homepay_domain::run_cost::cost_of_run(&book, &dryer, at)
    };
    let mut sum = 1_000;
    for day in 1..=4 {
        for (minute, used) in [(0, 0), (15, 60), (30, 60), (45, 60), (59, 0)] {
            sum += used;
            world.shows("dryer", sum, &format!("2026-11-0{day}T20:{minute:02}:00"));
        }
        let known = home(&world).is_ok();
        assert_eq!(known, day == 4, "day {day}: the third run is over on the fourth day");
    }
    world.now = at("2026-11-05T20:00:00");
    let cost = home(&world).unwrap();
    assert_eq!((cost.run.micro, cost.run.slots, cost.run.runs), (1_800_000, 3, Some(4)));
    // 1.8 kWh by day and by night, in the first tier.
    let (begin, least) = cost.later.unwrap();
    assert_eq!(begin, at("2026-11-05T22:00:00"));
    assert_eq!((cost.now, least), (Minor(111), Minor(55)));
    let phrases = Phrases::new();
    let said = |lang| {
        let known = Some((cost.now, cost.later));
        phrases.run_cost(&world.book.home, lang, "烘干机", known, world.now)
    };
    assert_eq!(said(Lang::ZhCn), "现在开烘干机大约要一块一毛一，今晚十点以后大约五毛五。");
    assert!(said(Lang::En).starts_with("Running 烘干机 now costs about one yuan eleven; from "));
}

const MARKET: &str = r#"
[[spot_prices]]
id = "market"
topic = "prices/market"
[[tariffs]]
id = "spot"
utility = "electricity"
file = "spot.toml"
text = '''
id = "spot"
name = { zh-CN = "现货", en = "Market price" }
utility = "electricity"
currency = "CNY"
zone = "Asia/Shanghai"

[spot]
source = "market"
slot_minutes = 60

[[versions]]
source = "made up"
'''
"#;

#[test]
fn market_prices_that_are_missing_are_told_once_and_when_they_come() {
    let mut world = AlertWorld::new(MARKET, Rules::default(), "2026-11-15T12:00:00");
    world.until("2026-11-15T12:00:10");
    assert!(world.told(AlertKind::PricesMissing).is_empty(), "they may be on their way");
    world.until("2026-11-15T12:03:00");
    world.restart();
    world.until("2026-11-15T12:10:00");
    world.until("2026-11-15T12:16:00");
    let told = world.told(AlertKind::PricesMissing);
    assert_eq!(told.len(), 1);
    let [zh, en] = world.says(told[0]);
    assert!(zh.contains("没有market的市场电价"), "{zh}");
    assert!(en.contains("there is no total without them"), "{en}");
    let mut prices = homepay_domain::tariff::SpotPrices::default();
    let first = homepay_domain::tariff::Slot::of(at("2026-11-15T12:00:00"));
    prices.put(first, 48, rust_decimal::Decimal::new(4, 1));
    let (source, doubts) = (name("market"), Vec::new());
    world.decide(&Event::PricesReceived { source, prices, retained: false, doubts });
    world.until("2026-11-15T12:20:00");
    let told = world.told(AlertKind::PricesMissing);
    assert!(told.len() == 2 && told[1].resolved_at.is_some(), "{told:?}");
}
