//! Goods and devices with a name for each language: what is heard, said, written and read again.

use super::household;
use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::money::{Currency, Minor};
use homepay_domain::order::OrderLine;
use homepay_domain::reply::{Code, Reply, Status};
use homepay_domain::time::UnixMs;
use homepay_files::household::{read_household, write_household};
use homepay_language::phrases::Phrases;
use homepay_language::speech::{Lexicon, QuestionSpan, Utterance};
use std::sync::Arc;

const CHILDRENS_HOUSE: &str = r#"
[[payees]]
id = "shop"
name = { zh-CN = "街角便利店", en = "Corner shop" }

[[catalog]]
sku = "water"
name = { zh-CN = "矿泉水 24 瓶", en = "mineral water" }
aliases = ["矿泉水"]
unit = "箱"
price = "29.90"
payee = "shop"

[[catalog]]
sku = "credit"
name = { zh-CN = "话费", en = "phone credit" }
unit = "元"
price = "1.00"

[[rooms]]
id = "bath"
name = { zh-CN = "浴室", en = "bathroom" }

[[devices]]
id = "washer-1"
kind = "appliance"
name = { zh-CN = "洗衣机", en = "Bosch" }
room = "bath"
profile = "homepay-native"
keys = { k1 = "base64:MDEyMzQ1Njc4OWFiY2RlZg==" }
"#;

fn home() -> Home {
    Home {
        zone: jiff::tz::TimeZone::UTC,
        currency: Currency::from_code("CNY").unwrap(),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    }
}

#[test]
fn what_is_called_by_two_languages_is_written_as_it_was_read() {
    let house = household(CHILDRENS_HOUSE);
    let text = write_household(&house, &home());
    assert!(text.contains("name = { zh-CN = \"洗衣机\", en = \"Bosch\" }"), "{text}");
    assert!(text.contains("[[rooms]]\nid = \"bath\"\nname = { zh-CN = \"浴室\""), "{text}");
    // As the books keep it.
    let kept: Household = serde_json::from_str(&serde_json::to_string(&house).unwrap()).unwrap();
    assert_eq!(kept, house);
    let bath = Name::parse("bath").unwrap();
    assert_eq!([Lang::ZhCn, Lang::En].map(|l| house.room_name(&bath, l)), ["浴室", "bathroom"]);
    let attic = Name::parse("attic").unwrap();
    assert_eq!(house.room_name(&attic, Lang::ZhCn), "attic", "a room without a name is its id");
    let again = read_household(&text, "again", &home(), &|_| Err("none".to_owned()));
    assert_eq!(again.unwrap_or_else(|p| panic!("{p:?}")), house);
}

#[test]
fn a_name_in_one_language_only_and_one_that_two_things_share_are_told() {
    let none = |_: &str| Err("none".to_owned());
    let lacking = CHILDRENS_HOUSE.replace(", en = \"Bosch\"", "");
    let problems = read_household(&lacking, "x", &home(), &none).unwrap_err();
    assert!(problems.iter().any(|p| p.to_string().contains("en")), "{problems:?}");
    let lacking = CHILDRENS_HOUSE.replace(", en = \"bathroom\"", "");
    let problems = read_household(&lacking, "x", &home(), &none).unwrap_err();
    assert!(problems.iter().any(|p| p.to_string().contains("en")), "{problems:?}");
    let shared = CHILDRENS_HOUSE.replace("en = \"phone credit\"", "en = \"Mineral Water\"");
    let problems = read_household(&shared, "x", &home(), &none).unwrap_err();
    assert!(problems.iter().any(|p| p.to_string().contains("two items")), "{problems:?}");
}

#[test]
fn what_was_spent_what_a_thing_costs_and_what_was_ordered_last_are_asked() {
    let lexicon = Lexicon::of(&household(CHILDRENS_HOUSE));
    let water = || Utterance::Price(Name::parse("water").unwrap());
    let table: [(Utterance, &[&str]); 5] = [
        (
            Utterance::Spent(QuestionSpan::Today),
            &[
                "今天花了多少钱",
                "我们今天一共花了多少",
                "今天的开销是多少",
                "how much did we spend today",
                "how much have I spent so far today",
                "今天花了多少錢？",
            ],
        ),
        (
            Utterance::Spent(QuestionSpan::Month),
            &[
                "这个月一共花了多少钱",
                "本月消费多少",
                "how much have we spent this month",
                "how much was spent this month",
            ],
        ),
        (
            water(),
            &[
                "矿泉水多少钱",
                "一箱矿泉水多少钱",
                "矿泉水多少钱一箱",
                "矿泉水怎么卖",
                "矿泉水的价格是多少",
                "how much is a case of mineral water",
                "how much does mineral water cost",
                "what's the price of mineral water",
                "what does a case of mineral water cost",
            ],
        ),
        (
            Utterance::LastOrder,
            &[
                "上一单买了什么",
                "我上次买了什么",
                "上次订的是什么",
                "what did I order last",
                "what was my last order",
                "what did we buy last time",
            ],
        ),
        (
            Utterance::Freeze(None),
            &[
                "冻结家里所有设备",
                "把家里所有设备都冻结",
                "暂停所有付款",
                "冻结所有的音箱",
                "freeze all devices",
            ],
        ),
    ];
    for (want, sentences) in table {
        for said in sentences {
            assert_eq!(lexicon.understand(said).as_ref(), Ok(&want), "{said}");
        }
    }
}

#[test]
fn the_answers_name_the_figures() {
    let (house, phrases, now) =
        (household(CHILDRENS_HOUSE), Phrases::new(), UnixMs(1_795_300_000_000));
    let item = |sku| &house.catalog[&Name::parse(sku).unwrap()];
    let (home, zh, en) = (home(), Lang::ZhCn, Lang::En);
    let table = [
        (phrases.price(&home, zh, item("water")), "一箱矿泉水二十九块九。"),
        (
            phrases.price(&home, en, item("water")),
            "one case of mineral water costs twenty-nine ninety.",
        ),
        (phrases.price(&home, zh, item("credit")), "话费按金额买。"),
        (
            phrases.spent(&home, zh, QuestionSpan::Month, Minor(12_340)),
            "这个月一共花了一百二十三块四。",
        ),
        (phrases.spent(&home, en, QuestionSpan::Today, Minor::ZERO), "Nothing was spent today."),
        (phrases.last_order(&home, zh, None, now), "还没有下过单。"),
    ];
    for (said, want) in table {
        assert_eq!(said, want);
    }
}

#[test]
fn both_names_are_heard_and_each_answer_has_its_own() {
    let lexicon = Lexicon::of(&household(CHILDRENS_HOUSE));
    for said in ["buy two cases of mineral water", "买两箱矿泉水"] {
        assert!(matches!(lexicon.understand(said), Ok(Utterance::Order(_))), "{said}");
    }
    let washer = Name::parse("washer-1").unwrap();
    for said in ["what did the Bosch cost today", "洗衣机今天花了多少钱"] {
        let heard = lexicon.understand(said);
        assert!(
            matches!(&heard, Ok(Utterance::Cost { device, .. }) if *device == washer),
            "{said}"
        );
    }
    let house = household(CHILDRENS_HOUSE);
    let line = |sku: &str, quantity: &str, amount| {
        let sku = Name::parse(sku).unwrap();
        let item = &house.catalog[&sku];
        let (name, unit) = (item.name.clone(), item.unit.clone());
        OrderLine {
            sku,
            name,
            quantity: quantity.to_owned(),
            amount: Minor(amount),
            category: None,
            unit,
        }
    };
    let said = |lang, line: OrderLine, status, owners: &str| {
        let device = Name::parse("kitchen").unwrap();
        let at = UnixMs(1_795_300_000_000);
        let reply = Reply::refusal(&device, None, Code::Stale, lang, at);
        let amount = Some(line.amount);
        let lines: Arc<[OrderLine]> = Arc::new([line]);
        let deadline = Some(at.plus_s(600));
        let reply = Reply { status, reason: None, amount, lines, deadline, ..reply };
        Phrases::new().reply(&home(), owners, &reply)
    };
    let water = || line("water", "2", 5_980);
    let credit = || line("credit", "50", 5_000);
    let table = [
        (
            Lang::En,
            water(),
            Status::Approved,
            "OK: two cases of mineral water, fifty-nine eighty in all. Paying now.",
        ),
        (Lang::ZhCn, water(), Status::Approved, "好的，两箱矿泉水，一共五十九块八，正在付款。"),
        (Lang::En, credit(), Status::Approved, "OK: phone credit for fifty yuan. Paying now."),
        (Lang::ZhCn, credit(), Status::Approved, "好的，五十块的话费，正在付款。"),
    ];
    for (lang, line, status, want) in table {
        assert_eq!(said(lang, line, status, ""), want);
    }
    let asked = said(Lang::ZhCn, water(), Status::AwaitingApproval, "妈妈");
    assert!(asked.contains("已发给妈妈，请等确认"), "{asked}");
    let asked = said(Lang::En, water(), Status::AwaitingApproval, "Ann and Bob");
    assert!(asked.contains("I've asked Ann and Bob"), "{asked}");
}
