//! Windows that begin within a quarter of an hour: bills and shares are exact to the minute.

use super::reading;
use homepay_domain::bill::Billing;
use homepay_domain::book::Book;
use homepay_domain::event::{
    DeviceStatus, Event, OwnerCommand, ReadingTime, ReadingValue, ValueSemantics,
};
use homepay_domain::household::{DeviceKind, Home, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::midnight;
use homepay_domain::meter::Quantity;
use homepay_domain::money::Currency;
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use rust_decimal::Decimal;

const PLAN: &str = r#"
currency = "EUR"
zone = "Europe/Paris"
[windows]
hp = ["07:34-22:38"]
hc = ["22:38-01:34", "03:00-07:34"]
night = ["01:34-03:00"]
[[versions]]
rates = { hp = "0.30", hc = "0.20", night = "0.10" }
"#;

fn household() -> String {
    let device = |id: &str, kind: &str| {
        format!(
            "[[devices]]\nid = \"{id}\"\nkind = \"{kind}\"\nname = \"{id}\"\n\
             profile = \"generic-json\"\ntopic = \"a/{id}\"\ntariff = \"power\"\n"
        )
    };
    format!(
        "{}{}[[tariffs]]\nid = \"power\"\nutility = \"electricity\"\nfile = \"fr.toml\"\n",
        device("main", "meter"),
        device("plug", "appliance"),
    )
}

fn book() -> Book {
    let home = Home {
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
        currency: Currency::from_code("EUR").unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    };
    let file = |_: &str| Ok(PLAN.to_owned());
    let house =
        read_household(&household(), "test", &home, &file).unwrap_or_else(|p| panic!("{p:?}"));
    let mut book = Book::new(home);
    let apply = Event::OwnerCommanded {
        stamp: None,
        actor: homepay_domain::actor::Actor::System,
        command: OwnerCommand::Apply(Box::new(house)),
    };
    super::decided(&mut book, &apply, UnixMs(0));
    book
}

/// A reading of so many watt-hours at a time of the day.
fn shows(book: &mut Book, device: &str, at: UnixMs, wh: i64) {
    let micro = 1_000_000_000 + wh * 1_000;
    let values = vec![ReadingValue {
        quantity: Quantity::Energy,
        micro,
        semantics: ValueSemantics::default(),
    }];
    let mut event = reading(ReadingTime::Reported(at), values, false, DeviceStatus::default());
    if let Event::ReadingReceived { device: of, .. } = &mut event {
        *of = Name::parse(device).unwrap();
    }
    super::decided(book, &event, at);
}

#[test]
fn a_window_may_begin_at_any_minute() {
    let mut book = book();
    let power = Name::parse("power").unwrap();
    let day = jiff::civil::date(2026, 2, 3);
    let start = midnight(day, &book.home.zone.clone());
    let minute = |clock: i64| start.plus_s(clock * 60);
    // One watt-hour each ten seconds from 22:30 until 22:45 and from 01:30 until 01:40, the plug half of it.
    for (first, last, before) in [(90, 100, 0), (22 * 60 + 30, 22 * 60 + 45, 60)] {
        for step in 0..=(last - first) * 6 {
            let at = minute(first).plus_s(step * 10);
            shows(&mut book, "main", at, before + step);
            shows(&mut book, "plug", at, (before + step) / 2);
        }
    }
    let tariff = book.household.tariffs[&power].clone();
    let billing = Billing::of(&book);
    let days = (day, day.tomorrow().unwrap());
    let bill = billing.bill((&power, &tariff), days).unwrap();
    // 24 Wh at 0.20 until 01:34, 36 at 0.10 until 01:40; 48 at 0.30 until 22:38, 42 at 0.20 until 22:45.
    // By quarters of an hour it would be 0.039.
    assert_eq!(bill.exact, Decimal::new(312, 4));
    assert!(bill.lines.iter().all(|line| !line.estimated), "{:?}", bill.lines);
    let kind = DeviceKind::Appliance;
    let shares = billing.shares((&power, &tariff), kind, days).unwrap();
    let plug = shares.devices.iter().find(|(id, _)| id.as_str() == "plug").unwrap();
    assert_eq!(plug.1.exact, Decimal::new(156, 4), "half of each minute");
}
