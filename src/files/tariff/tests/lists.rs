//! Lists of prices and of use.

use crate::tariff::spot::{PriceListUnit, SpotList, read_spot};
use crate::tariff::used::{days_of, read_used};
use homepay_domain::meter::Quantity;
use homepay_domain::tariff::Slot;
use jiff::civil::date;
use jiff::tz::TimeZone;

#[test]
fn a_list_of_prices_is_read_in_any_of_its_forms() {
    let eur = |text: &str| read_spot(text, PriceListUnit::parse("EUR/MWh").ok());
    let csv = "start,value\n2026-03-29T01:00+01:00,100\n2026-03-29T03:00+02:00,-50.5\n";
    let json = r#"[{"start":"2026-03-29T01:00+01:00","value":100},
        {"start":"2026-03-29T03:00+02:00","value":-5.05e1}]"#;
    let object = r#"{"unit":"ct/kWh","prices":[
        {"start":"2026-03-29T00:00Z","end":"2026-03-29T01:00Z","value":"10"},
        {"start":"2026-03-29T01:00Z","end":"2026-03-29T02:00Z","value":-5.05}]}"#;
    for text in [csv, json, object] {
        let list = eur(text).expect(text).prices;
        assert_eq!(list.0.len(), 8, "the hour that the clock skips is no hour");
        let first = Slot(1_774_742_400 / 900);
        let prices = [first, first.plus(4)].map(|slot| list.0[&slot].to_string());
        assert_eq!(prices, ["0.1", "-0.0505"]);
    }
    // The hour that comes twice has two prices.
    let autumn = "start;EUR/MWh\n2026-10-25T02:00+02:00;1\n2026-10-25T02:00+01:00;2\n";
    assert_eq!(read_spot(autumn, None).expect("it reads").prices.0.len(), 8);
    let quarter = "start,p/kWh\n2026-01-01T00:00Z,1\n2026-01-01T00:15Z,2\n";
    assert_eq!(read_spot(quarter, None).expect("it reads").prices.0.len(), 2);
}

#[test]
fn a_list_of_prices_that_is_wrong_says_where() {
    for (text, what) in [
        ("", "is empty"),
        ("start,value\n", "no rows"),
        ("begin,value\n2026-01-01T00:00Z,1\n", "no column is called start"),
        ("start,valeu\n2026-01-01T00:00Z,1\n", "did you mean \"value\"?"),
        ("start,value\n2026-01-01T00:00Z\n", "line 2: 1 cells"),
        ("start,value\n2026-01-01 00:00,1\n", "line 2: \"2026-01-01 00:00\" is not a time"),
        ("start,value\n2026-01-01T00:00Z,1\n", "one price alone needs its end"),
        ("start,value,end\n2026-01-01T02:00Z,1,2026-01-01T00:00Z\n", "a second to 31 days"),
        (
            "start,value,end\n2026-01-01T00:10Z,1,2026-01-01T00:25Z\n",
            "from 2026-01-01T00:00:00+00:00 has a price for 5 of its minutes",
        ),
        ("start,value\n2026-01-01T00:00Z,1\n2026-01-01T01:00Z,NaN\n", "line 3: \"NaN\""),
        ("start,value\n2026-01-01T00:00Z,1\n2026-01-01T01:00Z,\n", "line 3: \"\" is not a price"),
        ("start,value\n2026-01-01T00:00Z,1\n2026-01-01T00:00Z,1\n", "alone needs its end"),
        (
            "start,value,end\n2026-01-01T00:00Z,1,2026-01-01T01:00Z\n\
             2026-01-01T00:30Z,1,2026-01-01T01:00Z\n",
            "line 3: 2026-01-01T00:30:00+00:00 has a price already, in line 2",
        ),
        (r#"[{"start":"2026-01-01T00:00Z","value":null}]"#, "one price alone"),
        (r#"{"prices":[{"start":"2026-01-01T00:00Z"}]}"#, "missing field"),
        ("start,EUR/Wh\n2026-01-01T00:00Z,1\n", "is not a unit of a price"),
    ] {
        let read = read_spot(text, PriceListUnit::parse("EUR/MWh").ok());
        let told = read.and_then(SpotList::whole).expect_err(text);
        assert!(told.contains(what), "{text}: {told}");
    }
    let told = read_spot("start,value\n2026-01-01T00:00Z,1\n", None).expect_err("no unit");
    assert!(told.contains("does not give its unit"), "{told}");
}

#[test]
fn one_row_that_is_wrong_takes_nothing_from_the_others() {
    let text = "start,value,end\n2026-01-01T00:00Z,10,2026-01-01T00:38Z\n\
        2026-01-01T00:38Z,25,2026-01-01T01:00Z\n2026-01-01T01:00Z,much,2026-01-01T02:00Z\n\
        2026-01-01T02:00Z,30,2026-01-01T02:05Z\n2026-01-01T03:00Z,30,2026-01-01T06:00Z\n";
    let list = read_spot(text, PriceListUnit::parse("EUR/kWh").ok()).expect("most of it reads");
    let first = Slot(1_767_225_600 / 900);
    let price = |slot: i64| list.prices.0.get(&first.plus(slot)).map(ToString::to_string);
    let prices: Vec<Option<String>> = (0..5).map(price).collect();
    let want = [Some("10"), Some("10"), Some("17"), Some("25"), None];
    assert_eq!(prices, want.map(|of| of.map(str::to_owned)), "8 minutes of 10, 7 of 25");
    assert_eq!(list.means, [first.plus(2)]);
    assert_eq!(list.prices.0.len(), 16);
    assert_eq!(list.refused.len(), 2, "{:?}", list.refused);
    assert!(list.refused[0].contains("line 4: \"much\" is not a price"), "{:?}", list.refused);
    assert!(list.refused[1].contains("a price for 5 of its minutes"), "{:?}", list.refused);
}

#[test]
fn use_is_read_and_shared_out() {
    let text = "start,kWh,end\n2026-01-01T00:00+08:00,1.5,2026-01-01T01:00+08:00\n\
        2026-01-01T01:00+08:00,0.000001,\n";
    let used = read_used(text, Quantity::Energy).expect("it reads");
    assert_eq!((used.slots().len(), used.total()), (5, 1_500_001));
    assert!(used.slots().iter().all(|of| !of.estimated));
    let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
    assert_eq!(days_of(&used, &zone), Some((date(2026, 1, 1), date(2026, 1, 2))));
    let day = "start,kWh,end\n2026-01-01T00:00Z,24,2026-01-02T00:00Z\n";
    let day = read_used(day, Quantity::Energy).expect("it reads");
    assert!(day.slots().len() == 96 && day.slots().iter().all(|of| of.estimated));
    for (text, what) in [
        ("start,kWh\n2026-01-01T00:00Z,-1\n", "line 2: \"-1\" is not a use in kWh"),
        ("start,kWh\n2026-01-01T00:00Z,lots\n", "line 2: \"lots\""),
        ("start,kWh,end\n2026-01-01T00:00Z,1,2026-02-01T00:00Z\n", "line 2: a row spans"),
        ("when,kWh\n2026-01-01T00:00Z,1\n", "no column is called start"),
    ] {
        let told = read_used(text, Quantity::Energy).expect_err(text);
        assert!(told.contains(what), "{text}: {told}");
    }
}
