//! The Assist blueprint is written from the hub's grammar, and Home Assistant's parser hears each
//! sentence of it in one way: what one automation hears twice, other satellites' never hear.
//!
//! After a change of the grammar: `UPDATE_BLUEPRINT=1 cargo test --test it blueprint`.

use crate::voice_export::hear;
use homepay_language::voice_export::{OutputFile, blueprint};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

static WRITTEN: LazyLock<Vec<OutputFile>> = LazyLock::new(blueprint);

/// How often the blueprint's triggers hear each of these, and then each of those that were picked of
/// its own lines.
fn heard(sentences: &[&str]) -> Vec<(String, u64)> {
    let counts = hear("blueprint", &WRITTEN, sentences);
    counts
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_u64().unwrap()))
        .collect()
}

#[test]
fn the_shipped_blueprint_is_current() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("devices/homeassistant/homepay_assist.yaml");
    let [written] = &WRITTEN[..] else { panic!("one file") };
    if std::env::var_os("UPDATE_BLUEPRINT").is_some() {
        std::fs::write(&path, &written.text).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap();
    assert!(shipped == written.text, "{} is not what the grammar says", path.display());
}

/// Sentences of every kind, by those who order, ask and answer.
const ONCE: &[&str] = &[
    "buy two cases of water",
    "get me a loaf of bread",
    "please order mineral water",
    "could you please send us six cokes",
    "can i have a pizza",
    "i'd like to order two bottles of milk",
    "three bags of rice",
    "add milk to my cart",
    "top up thirty yuan of phone credit",
    "买两箱矿泉水",
    "请帮我买矿泉水",
    "我要一箱矿泉水",
    "来三箱矿泉水",
    "帮我来瓶可乐",
    "能不能帮我订一箱牛奶",
    "可以买两箱水吗",
    "再来一瓶",
    "两瓶可乐",
    "打一瓶酱油",
    "快点来两瓶水",
    "来一瓶可乐",
    "how much is left",
    "how much is left today",
    "how much can i still spend this month",
    "今天还能花多少钱",
    "请问本月预算还剩多少",
    "what did the washer cost this month",
    "洗衣机这个月花了多少钱",
    "今天洗衣机用了多少电费",
    "what does it cost to run the washer now",
    "现在开洗衣机要多少钱",
    "洗衣机现在开一次大概要多少电费",
    "how much did we spend today",
    "what have i spent this month",
    "我今天花了多少钱",
    "今天一共花了多少",
    "本月的开销是多少",
    "how much is water",
    "how much does a case of water cost",
    "what's the price of milk",
    "矿泉水多少钱一箱",
    "一斤苹果多少钱",
    "鸡蛋怎么卖",
    "what did i order last",
    "what was my last order",
    "上次买了什么",
    "我刚才订了什么",
    "refund my last order",
    "give me a refund for my last order",
    "把上一单退了吧",
    "cancel my order",
    "取消订单",
    "freeze the kitchen speaker",
    "freeze everything",
    "stop all orders",
    "冻结厨房音箱",
    "把厨房音箱冻结了",
    "冻结家里所有设备",
    "暂停全部订单",
    "47",
    "forty seven",
    "four seven please",
    "the number is 47",
    "四十七",
    "四七",
    "数字是四十七",
    "十号",
];

/// What the house says to others.
const HOUSE: &[&str] = &[
    "stop",
    "cancel",
    "no",
    "never mind",
    "cancel that",
    "turn on the light",
    "can you turn on the light",
    "lock the front door",
    "lock everything",
    "stop everything",
    "pause the music",
    "what time is it",
    "how much does the lamp use",
    "set a timer for ten minutes",
    "add milk to the shopping list",
    "取消",
    "算了",
    "不要了",
    "打开灯",
    "打电话给妈妈",
    "能不能帮我开灯",
    "现在几点",
    "三个小时后提醒我",
    "暂停音乐",
    "暂停全部",
    "锁定前门",
    "停用前门的警报",
];

#[test]
fn each_sentence_is_heard_once() {
    let answers = heard(ONCE);
    // The lines' own sentences make sure that no kind was forgotten.
    assert!(answers.len() > ONCE.len() + 500, "{}", answers.len());
    let others: Vec<_> = answers.iter().filter(|(_, count)| *count != 1).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn the_house_keeps_its_sentences() {
    let answers = heard(HOUSE);
    let claimed: Vec<_> = answers[..HOUSE.len()].iter().filter(|(_, count)| *count != 0).collect();
    assert!(claimed.is_empty(), "{claimed:?}");
}

/// Of the orders in the table, how many the blueprint hears at least, in per cent. What begins with
/// goods and bare amounts in pieces ("six cokes") is left to the house.
const ORDERS_PERCENT_MIN: usize = 85;

#[test]
fn what_the_hub_hears_the_blueprint_hears() {
    let rows: Vec<(&str, &str)> = include_str!("../cases/sentences.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .filter(|(want, _)| !["-", "which", "number 12345"].contains(want))
        .collect();
    let said: Vec<&str> = rows.iter().map(|(_, said)| *said).collect();
    let (mut orders, mut missed) = (0, Vec::new());
    for ((want, said), (_, count)) in rows.iter().zip(heard(&said)) {
        assert!(count <= 1, "{said}: {count}");
        let order = want.contains('=');
        orders += usize::from(order);
        let names_order = said.contains("order") || said.contains('单');
        let house = ["lock ", "锁", "停"].iter().any(|word| said.contains(word));
        match (*want, count) {
            ("cancel", 0) => assert!(!names_order, "{said}"),
            ("cancel", _) => assert!(names_order, "{said}"),
            (_, 0) if order => missed.push(*said),
            (_, 0) => assert!(want.starts_with("freeze") && house, "{said}"),
            _ => {}
        }
    }
    let most = orders * (100 - ORDERS_PERCENT_MIN) / 100;
    assert!(orders > 100 && missed.len() <= most, "{} of {orders}: {missed:#?}", missed.len());
}

#[test]
fn the_command_writes_it_without_a_household() {
    let dir = tempfile::tempdir().unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_homepay"))
        .args(["voice", "export", "blueprint", "--dir", "out", "--json"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    let [written] = &WRITTEN[..] else { panic!("one file") };
    assert_eq!(told["files"][&written.path], written.text);
    assert_eq!(
        std::fs::read_to_string(dir.path().join("out").join(&written.path)).unwrap(),
        written.text
    );
}
