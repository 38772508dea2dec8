//! What the formats make of texts that mean something in them.

use super::{ClosingBalance, Export, FORMATS, Labels, accounts, expense_account};
use homepay_domain::household::{Household, Lang, Payee};
use homepay_domain::ids::Name;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::Order;
use homepay_domain::statement::Statement;
use homepay_domain::statement::days::Days;
use jiff::civil::date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

const ORDER_DOC: &str = r#"{"id":"order-0001","origin":{"from":"device","device":"kitchen"},
    "lang":"en","fingerprint":"","state":"partially_refunded","amount":1200,"payee":"shop",
    "lines":[{"sku":"tea","name":"=HYPERLINK(\"x\");|\n茶\\","quantity":"2","amount":1200,
        "category":"home-care"}],
    "approve_within_s":600,"captured":1200,"captured_at":1795276740000,"refunded":200,
    "refunds":1,"returned":[[1,200]],"returned_at":[1795276800000],"asked_at":0,"changed_at":0}"#;

fn statement(currency: &str, zone: &str) -> (Statement, Household) {
    let order: Order = serde_json::from_str(ORDER_DOC).expect("an order");
    let zone = TimeZone::get(zone).expect("a zone");
    let currency = Currency::from_code(currency).expect("a currency");
    let days = (Days::month(date(2026, 11, 1)), &zone, currency);
    let mut household = Household::default();
    let shop = Payee { name: "-街角 <&> \"店\"".into() };
    household.payees.insert(Name::parse("shop").expect("an id"), shop);
    (Statement::of(days, Minor(7), [&order], []), household)
}

/// A statement in the format of that name.
fn written(name: &str, of: &Statement, household: &Household, opened: &BTreeSet<String>) -> String {
    let balance = ClosingBalance { on: date(2026, 11, 27), spent: of.closing() };
    let (labels, lang) = (Labels(household), Lang::ZhCn);
    let format = FORMATS.iter().find(|format| format.name() == name).expect("a format");
    format.write(&Export { statement: of, labels, lang, opened, balance })
}

#[test]
fn a_spreadsheet_sees_no_formula() {
    let (of, household) = statement("CNY", "Asia/Shanghai");
    let text = written("csv", &of, &household, &BTreeSet::new());
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let names = rows.headers().expect("a first row").clone();
    let rows: Vec<csv::StringRecord> = rows.records().map(|r| r.expect("a row")).collect();
    let cell = |row: usize, name: &str| {
        let column = names.iter().position(|n| n == name).expect("a column");
        rows[row][column].to_owned()
    };
    assert_eq!(rows.len(), 2);
    assert_eq!(cell(0, "items"), "'=HYPERLINK(\"x\");| 茶\\ ×2");
    assert_eq!(cell(0, "payee_name"), "'-街角 <&> \"店\"");
    assert_eq!((cell(0, "amount"), cell(1, "amount")), ("12.00".into(), "-2.00".into()));
    assert_eq!((cell(0, "date"), cell(1, "date")), ("2026-11-21".into(), "2026-11-22".into()));
}

#[test]
fn texts_end_nothing_early_and_currencies_keep_their_digits() {
    let (of, household) = statement("JPY", "Asia/Kathmandu");
    let text = written("beancount", &of, &household, &BTreeSet::new());
    assert!(
        text.contains("\"-街角 <&> \\\"店\\\"\" \"=HYPERLINK(\\\"x\\\");| 茶\\\\ ×2\""),
        "{text}"
    );
    assert!(text.contains("1970-01-01 open Expenses:Home-care JPY\n"), "{text}");
    assert!(text.contains("  Assets:Homepay:Wallet  -1200 JPY\n"), "{text}");
    let wallet = BTreeSet::from(["Assets:Homepay:Wallet".to_owned()]);
    let text = written("beancount", &of, &household, &wallet);
    assert!(text.contains(" open Expenses:Home-care"), "a new account opens: {text}");
    assert!(!text.contains(" open Assets:Homepay:Wallet"), "one of before does not: {text}");
    let all = accounts(&of.movements).into_iter().collect();
    assert!(!written("beancount", &of, &household, &all).contains(" open "));
    let text = written("hledger", &of, &household, &BTreeSet::new());
    assert!(text.contains("commodity 1000. JPY\n"), "{text}");
    assert!(text.contains(") -街角 <&> \"店\" | =HYPERLINK(\"x\"),/ 茶\\ ×2\n"), "{text}");
    let text = written("ofx", &of, &household, &BTreeSet::new());
    assert!(text.is_ascii(), "{text}");
    let name = "<NAME>-&#34903;&#35282; &lt;&amp;&gt; \"&#24215;\"</NAME>";
    assert!(text.contains(name), "{text}");
    let posted = "<DTPOSTED>20261121120000.000[+5.45]</DTPOSTED>\
                  <DTUSER>20261121214400.000[+5.45]</DTUSER>\
                  <TRNAMT>-1200</TRNAMT><FITID>order-0001</FITID>";
    assert!(text.contains(posted), "{text}");
    assert!(text.contains("<DTASOF>20261127120000.000[+5.45]</DTASOF>"), "{text}");
    assert!(text.contains("<DTSTART>20261101000000.000[+5.45]</DTSTART>"), "{text}");
    assert!(text.contains("<BALAMT>-1007</BALAMT>"), "opening 7 and net 1000: {text}");
}

#[test]
fn two_categories_never_share_an_account() {
    let account = |id: &str| expense_account(Name::parse(id).ok().as_ref());
    assert_eq!(account("grocery"), "Expenses:Grocery");
    assert_eq!(account("home-care"), "Expenses:Home-care");
    assert_eq!(account("3c"), "Expenses:3c");
    assert_eq!(expense_account(None), "Expenses:Uncategorised");
}
