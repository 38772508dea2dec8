//! Sentences made of pieces over a large catalogue, and what noise makes of them.

use super::household;
use homepay_domain::ids::Name;
use homepay_language::speech::{Lexicon, Utterance};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many entries the catalogue has.
const ENTRIES: usize = 2_000;

/// How many sentences are made.
const SENTENCES: u64 = 4_000;

/// A small seeded generator, so that every run makes the same sentences.
struct SentenceRng(u64);

impl SentenceRng {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

const MAKERS: [(&str, &str); 20] = [
    ("康达", "kangda"),
    ("福源", "fuyuan"),
    ("金穗", "jinsui"),
    ("绿野", "greenfield"),
    ("北海", "northsea"),
    ("云山", "cloudhill"),
    ("天和", "tianhe"),
    ("百味", "baiwei"),
    ("老张", "laozhang"),
    ("海鸥", "seagull"),
    ("长城", "greatwall"),
    ("月牙", "crescent"),
    ("红叶", "redleaf"),
    ("白鹭", "egret"),
    ("松果", "pinecone"),
    ("麦香", "wheatly"),
    ("清泉", "clearspring"),
    ("东风", "eastwind"),
    ("五谷", "fivegrain"),
    ("雪域", "snowland"),
];

const KINDS: [(&str, &str, &str); 20] = [
    ("矿泉水", "mineral water", "箱"),
    ("纯牛奶", "fresh milk", "盒"),
    ("酱油", "soy sauce", "瓶"),
    ("大米", "rice", "袋"),
    ("糙米", "brown rice", "公斤"),
    ("苹果", "apples", "斤"),
    ("抽纸", "tissues", "包"),
    ("可乐", "cola", "罐"),
    ("花生油", "peanut oil", "桶"),
    ("卷纸", "toilet paper", "提"),
    ("洗衣液", "detergent", "瓶"),
    ("面条", "noodles", "包"),
    ("饼干", "biscuits", "袋"),
    ("绿茶", "green tea", "盒"),
    ("鸡蛋", "eggs", "个"),
    ("啤酒", "beer", "听"),
    ("香皂", "soap", "块"),
    ("咖啡", "coffee", "袋"),
    ("猫粮", "cat food", "袋"),
    ("牙膏", "toothpaste", "支"),
];

const SORTS: [(&str, &str); 5] = [
    ("", ""),
    ("精选", "choice"),
    ("儿童", "kids"),
    ("家庭装", "family size"),
    ("有机", "organic"),
];

struct Entry {
    sku: Name,
    zh: String,
    en: String,
    unit: &'static str,
}

fn entries() -> Vec<Entry> {
    let mut out = Vec::new();
    for (zh_maker, en_maker) in MAKERS {
        for (zh_sort, en_sort) in SORTS {
            for (zh, en, unit) in KINDS {
                let sku = Name::parse(&format!("sku-{}", out.len())).unwrap();
                let en = format!("{en_maker} {en_sort} {en}").replace("  ", " ");
                out.push(Entry { sku, zh: format!("{zh_maker}{zh_sort}{zh}"), en, unit });
            }
        }
    }
    assert_eq!(out.len(), ENTRIES);
    out
}

pub fn large() -> Lexicon {
    let mut text = String::new();
    for Entry { sku, zh, en, unit } in entries() {
        writeln!(
            text,
            "[[catalog]]\nsku = \"{sku}\"\nname = \"{zh}\"\naliases = [\"{en}\"]\nunit = \"{unit}\"\n\
             price = \"3.00\""
        )
        .unwrap();
    }
    Lexicon::of(&household(&text))
}

const COUNTS: [(&str, &str, i64); 8] = [
    ("一", "one", 1),
    ("两", "two", 2),
    ("三", "three", 3),
    ("五", "5", 5),
    ("10", "ten", 10),
    ("十二", "twelve", 12),
    ("二十四", "twenty-four", 24),
    ("一百零五", "one hundred and five", 105),
];

fn english_measure(unit: &str) -> &'static str {
    let table = [
        ("箱", "cases of"),
        ("盒", "boxes of"),
        ("瓶", "bottles of"),
        ("袋", "bags of"),
        ("公斤", "kilos of"),
        ("斤", "jin of"),
        ("包", "packs of"),
        ("罐", "cans of"),
        ("桶", "barrels of"),
        ("提", "bundles of"),
        ("个", ""),
        ("听", "cans of"),
        ("块", "bars of"),
        ("支", "tubes of"),
    ];
    table.iter().find(|(zh, _)| *zh == unit).map(|(_, en)| *en).unwrap()
}

type Lines = BTreeMap<Name, Decimal>;

/// A sentence, and what it orders.
fn sentence(dice: &mut SentenceRng, entries: &[Entry]) -> (String, Lines) {
    let mut lines = Lines::new();
    let mut things = Vec::new();
    let chinese = dice.roll(2) == 0;
    for _ in 0..=dice.roll(3) {
        let entry = dice.pick(entries);
        let (zh, en, count) = *dice.pick(&COUNTS);
        if lines.contains_key(&entry.sku) {
            continue;
        }
        lines.insert(entry.sku.clone(), Decimal::from(count));
        let Entry { unit, zh: name, en: english, .. } = entry;
        things.push(if chinese {
            format!("{zh}{unit}{name}")
        } else {
            format!("{en} {} {english}", english_measure(unit)).replace("  ", " ")
        });
    }
    let said = if chinese {
        let before = *dice.pick(&["买", "请帮我买", "来", "我要", "嗯，给我订", ""]);
        let between = *dice.pick(&["和", "、", "，", "还有"]);
        format!("{before}{}{}", things.join(between), dice.pick(&["", "，谢谢", "吧"]))
    } else {
        let before = *dice.pick(&["buy ", "please order ", "could you get me ", "I'd like ", ""]);
        let between = *dice.pick(&[" and ", ", ", " plus "]);
        format!("{before}{}{}", things.join(between), dice.pick(&["", " please", ", thanks"]))
    };
    (said, lines)
}

fn ordered(lexicon: &Lexicon, said: &str) -> Option<Lines> {
    match lexicon.understand(said) {
        Ok(Utterance::Order(order)) if !order.alike => Some(order.items.into_iter().collect()),
        _ => None,
    }
}

#[test]
fn made_sentences_are_read_as_they_were_made() {
    let (lexicon, entries) = (large(), entries());
    let mut dice = SentenceRng(7);
    for _ in 0..SENTENCES {
        let (said, lines) = sentence(&mut dice, &entries);
        assert_eq!(ordered(&lexicon, &said), Some(lines), "{said}");
    }
}

#[test]
fn noise_never_orders_anything_else() {
    let (lexicon, entries) = (large(), entries());
    let mut dice = SentenceRng(11);
    let noise: Vec<char> = "不没三了水米的x四z2?，\"-e".chars().collect();
    let (mut still, mut refused) = (0, 0);
    for _ in 0..SENTENCES {
        let (said, lines) = sentence(&mut dice, &entries);
        let mut chars: Vec<char> = said.chars().collect();
        let at = dice.roll(chars.len());
        // A numeral or a join that is changed is another sentence, and rightly read as one.
        let meant = |c: char| "零一二两三四五十百、，和还有, ".contains(c) || c.is_ascii_digit();
        if meant(chars[at]) || at > 0 && meant(chars[at - 1]) {
            continue;
        }
        let numeral = |c: Option<&char>| c.is_some_and(|c| meant(*c));
        let beside = numeral(chars.get(at + 1)) || numeral(chars.get(at));
        let new = *dice.pick(&noise);
        match dice.roll(3) {
            0 => drop(chars.remove(at)),
            _ if meant(new) && beside => continue,
            1 => chars[at] = new,
            _ => chars.insert(at, new),
        }
        let edited: String = chars.into_iter().collect();
        match ordered(&lexicon, &edited) {
            None => refused += 1,
            Some(read) => {
                let same = |(sku, count): (&Name, &Decimal)| lines.get(sku) == Some(count);
                assert!(read.iter().all(same), "{said} became {edited}, and ordered {read:?}");
                still += 1;
            }
        }
    }
    println!("{still} edited sentences were still understood, {refused} refused");
    assert!(still > 100 && refused > 1_000);
}

#[test]
fn garbage_orders_nothing() {
    let lexicon = large();
    let mut dice = SentenceRng(13);
    let stuff: Vec<char> =
        "买两箱水康达福源的了不 abcdefgh twoxes,。？123\u{0}\u{202e}😀é\n\"{}[]".chars().collect();
    for _ in 0..SENTENCES {
        let len = dice.roll(40);
        let said: String = (0..len).map(|_| *dice.pick(&stuff)).collect();
        assert_eq!(ordered(&lexicon, &said), None, "{said}");
    }
}
