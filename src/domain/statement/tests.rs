//! What orders add up to.

use super::days::Days;
use super::totals::By;
use super::{MovementKind, Statement, movements};
use crate::ids::Name;
use crate::money::{Currency, Minor};
use crate::order::Order;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// Two categories, a part captured, two refunds; a capture at 23:59 and a refund after midnight.
fn order() -> Order {
    let text = r#"{"id":"order-0001","origin":{"from":"device","device":"kitchen"},
        "lang":"en","fingerprint":"","state":"refunded","amount":1000,
        "lines":[{"sku":"tea","name":"茶","quantity":"1","amount":333,"category":"grocery"},
            {"sku":"card","name":"点卡","quantity":"1","amount":334,"category":"games"},
            {"sku":"rice","name":"米","quantity":"1","amount":333,"category":"grocery"}],
        "approve_within_s":600,"captured":999,"captured_at":1795276740000,
        "refunded":999,"refunds":2,"returned":[[1,100],[2,899]],
        "returned_at":[1795276800000,1795363200000],"asked_at":0,"changed_at":1795363200000}"#;
    serde_json::from_str(text).expect("an order")
}

fn of(days: Days) -> Statement {
    let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
    let cny = Currency::from_code("CNY").expect("CNY");
    Statement::of((days, &zone, cny), Minor::ZERO, [&order()], [])
}

#[test]
fn what_came_back_in_full_leaves_nothing_behind() {
    let zone = TimeZone::UTC;
    let all = movements(&order(), &zone, Currency::from_code("CNY").expect("CNY"));
    let ids: Vec<&str> = all.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids, ["order-0001", "order-0001-r1", "order-0001-r2"]);
    let amounts: Vec<i64> = all.iter().map(|m| m.amount.0).collect();
    assert_eq!(amounts, [999, -100, -899]);
    for category in ["grocery", "games"] {
        let of = |m: &super::Movement| {
            let part =
                m.parts.iter().find(|p| p.category.as_ref().map(Name::as_str) == Some(category));
            part.expect("each has both").amount.0
        };
        assert_eq!(all.iter().map(of).sum::<i64>(), 0, "{category}");
    }
}

#[test]
fn each_movement_stands_in_the_day_on_which_it_moved() {
    let first = of(Days::day(date(2026, 11, 21)));
    assert_eq!(first.movements.len(), 1, "23:59 is the day before");
    assert_eq!((first.paid(), first.returned()), (Minor(999), Minor::ZERO));
    let second = of(Days::day(date(2026, 11, 22)));
    assert_eq!(second.movements.len(), 1, "00:00 is the new day");
    assert_eq!((second.movements[0].kind, second.net()), (MovementKind::Refund, Minor(-100)));
    let month = of(Days::month(date(2026, 11, 5)));
    assert_eq!((month.movements.len(), month.net()), (3, Minor::ZERO));
    let totals = month.totals(By::Category);
    let (paid, returned) =
        totals.values().fold((0, 0), |(p, r), t| (p + t.paid.0, r + t.returned.0));
    assert_eq!((paid, returned), (999, 999));
    assert_eq!(Days::week(date(2026, 11, 22)).first, date(2026, 11, 16), "from Monday");
    assert_eq!(Days::year(date(2024, 2, 29)).last(), date(2024, 12, 31));
}
