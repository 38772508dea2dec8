//! A sentence to items of the catalogue: simple and strict. What is not clearly one thing is not
//! understood; money is never guessed with.

use crate::domain::household::{Household, Item};
use crate::domain::ids::Name;
use crate::domain::reply::Code;
use chinese_number::{ChineseCountMethod, ChineseToNumber};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Words that may stand around an order and mean nothing for it. Longest first where one begins
/// another.
const FILLERS: &[&str] = &[
    "麻烦你",
    "麻烦",
    "帮我",
    "给我",
    "我想要",
    "我想",
    "我要",
    "请",
    "下单",
    "订购",
    "购买",
    "采购",
    "再来",
    "买点",
    "买",
    "来点",
    "来",
    "订",
    "点",
    "要",
    "一下",
    "谢谢你",
    "谢谢",
    "吧",
    "的",
    "了",
    "呗",
    "would like",
    "could you",
    "can you",
    "please",
    "thank you",
    "thanks",
    "order",
    "buy",
    "get",
    "bring",
    "i'd like",
    "i want",
    "want",
    "need",
    "some",
    "the",
    "for",
    "us",
    "me",
    "to",
    "of",
    "i",
];

/// Words that turn an order round, or make it a question: never an order.
const STOPPERS: &[&str] = &[
    "不", "别", "没", "取消", "退", "吗", "多少", "几", "如果", "还是", "或者", "not", "don't",
    "dont", "no", "never", "cancel", "refund", "or", "if", "how", "what", "stop", "without",
];

/// Measure words, and the ones that mean the same.
const MEASURES: &[(&str, &[&str])] = &[
    ("箱", &["箱子", "箱", "cases", "case", "boxes", "box", "cartons", "carton"]),
    ("瓶", &["瓶", "bottles", "bottle"]),
    ("袋", &["袋", "bags", "bag"]),
    ("包", &["包", "packs", "pack"]),
    ("盒", &["盒"]),
    ("斤", &["斤"]),
    ("公斤", &["公斤", "千克", "kilos", "kilo", "kg"]),
    ("张", &["张", "tickets", "ticket"]),
];

/// Measure words that fit everything.
const ANY_MEASURE: &[&str] = &["个", "份", "件", "pieces", "piece"];

const ENGLISH: &[(&str, i64)] = &[
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("dozen", 12),
];

/// The days that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The local day.
    Today,
    /// The calendar month.
    Month,
}

/// What a sentence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// Buy these, so many of each in the catalogue's unit.
    Order(Vec<(Name, Decimal)>),
    /// Forget what was asked.
    Cancel,
    /// A number, as its digits: the answer to a confirmation.
    Number(String),
    /// How much may still be spent.
    Left {
        /// In which period.
        day_or_month: Span,
    },
    /// What a device cost.
    Cost {
        /// The device.
        device: Name,
        /// In which period.
        span: Span,
    },
    /// Give back what the last order cost.
    RefundLast,
    /// Freeze a device, or the whole home.
    Freeze(Option<Name>),
    /// Something was named that more than one item may be, or that no item is quite called: ask
    /// which of these is meant. Never an order.
    Which(Vec<Name>),
}

/// What a household's sentences can name, made ready to be looked up.
pub struct Lexicon {
    catalog: BTreeMap<Name, Item>,
}

impl Lexicon {
    /// Makes a household's names ready.
    pub fn of(household: &Household) -> Lexicon {
        Lexicon { catalog: household.catalog.clone() }
    }

    /// Reads a sentence.
    ///
    /// # Errors
    /// `unknown_item` when nothing known is named, `not_understood` when it is not clear what is
    /// meant.
    pub fn understand(&self, text: &str) -> Result<Utterance, Code> {
        understand(text, &self.catalog).map(Utterance::Order)
    }

    /// Reads a sentence that can only be an order.
    ///
    /// # Errors
    /// As [`Lexicon::understand`]; whatever is no order is `not_understood`.
    pub fn order(&self, text: &str) -> Result<Vec<(Name, Decimal)>, Code> {
        match self.understand(text)? {
            Utterance::Order(lines) => Ok(lines),
            Utterance::Cancel
            | Utterance::Number(_)
            | Utterance::Left { .. }
            | Utterance::Cost { .. }
            | Utterance::RefundLast
            | Utterance::Freeze(_)
            | Utterance::Which(_) => Err(Code::NotUnderstood),
        }
    }

    /// Reads the raw words that other recognisers fill their slots with: an item's name, alias or
    /// sku (`_` counts as `-`), how many (none = one) and the measure word.
    ///
    /// # Errors
    /// As [`Lexicon::understand`].
    pub fn slot_order(
        &self,
        item: &str,
        quantity: Option<&str>,
        unit: Option<&str>,
    ) -> Result<(Name, Decimal), Code> {
        let sku = Name::parse(&item.trim().replace('_', "-")).ok();
        let named = sku.and_then(|sku| self.catalog.get(&sku)).map_or(item, |i| i.name.as_str());
        let text = format!("{} {} {named}", quantity.unwrap_or_default(), unit.unwrap_or_default());
        let lines = self.order(&text)?;
        lines.into_iter().next().ok_or(Code::NotUnderstood)
    }
}

/// Reads a sentence as an order.
///
/// # Errors
/// `unknown_item` when nothing of the catalogue is named, `not_understood` when it is not clear
/// what, or how many.
fn understand(text: &str, catalog: &BTreeMap<Name, Item>) -> Result<Vec<(Name, Decimal)>, Code> {
    let text = normal(text);
    if STOPPERS.iter().any(|word| find_word(&text, word).is_some()) {
        return Err(Code::NotUnderstood);
    }
    let (sku, item, rest) = named(&text, catalog)?;
    let (before, after) = rest;
    let (count_before, left_before) = counted(&before, item)?;
    let (count_after, left_after) = counted(&after, item)?;
    if !only_fillers(&left_before) || !only_fillers(&left_after) {
        return Err(Code::NotUnderstood);
    }
    let count = match (count_before, count_after) {
        (Some(_), Some(_)) => return Err(Code::NotUnderstood),
        (Some(count), None) | (None, Some(count)) => count,
        (None, None) => 1,
    };
    if count < 1 {
        return Err(Code::NotUnderstood);
    }
    Ok(vec![(sku.clone(), Decimal::from(count))])
}

/// A spoken number as digits: `47`, `四十七` and ` 47。` are the same.
pub fn digits_of(answer: &str) -> String {
    let plain: String = answer.chars().filter(|c| c.is_alphanumeric()).collect();
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        return plain;
    }
    let chinese: Result<u64, _> = plain.as_str().to_number(ChineseCountMethod::TenThousand);
    chinese.map_or(plain, |n| n.to_string())
}

/// A text as it is compared: small letters, plain digits, no punctuation.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '’' => '\'',
            '，' | '。' | '！' | '？' | '、' | ',' | '.' | '!' | '?' | ';' | '；' => ' ',
            c => c,
        };
        out.extend(c.to_lowercase());
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Finds a word: whole where it is of ASCII letters, anywhere where it is not.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let ascii = word.is_ascii();
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[*at + word.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !ascii || (!inside(before) && !inside(after))
    })
}

type Named<'a> = (&'a Name, &'a Item, (String, String));

/// The one item that is named, by its longest name. Two different ones are not understood.
fn named<'a>(text: &str, catalog: &'a BTreeMap<Name, Item>) -> Result<Named<'a>, Code> {
    let mut found: Vec<(usize, usize, &Name, &Item)> = Vec::new();
    for (sku, item) in catalog {
        let names = item.aliases.iter().chain([&item.name]).map(|n| normal(n));
        for name in names.filter(|n| !n.is_empty()) {
            if let Some(at) = find_word(text, &name) {
                found.push((at, at + name.len(), sku, item));
            }
        }
    }
    let longest = found.iter().max_by_key(|(from, to, _, _)| to - from).copied();
    let Some((from, to, sku, item)) = longest else { return Err(Code::UnknownItem) };
    // Another item named elsewhere in the sentence, or one of the same name here, is not clear.
    let clear = found
        .iter()
        .all(|(f, t, other, _)| *other == sku || (*f >= from && *t <= to && t - f < to - from));
    if !clear {
        return Err(Code::NotUnderstood);
    }
    Ok((sku, item, (text[..from].to_owned(), text[to..].to_owned())))
}

/// Takes a count with its measure word out of a text. A measure word that is not the item's is
/// not understood: two bottles are not two cases.
fn counted(text: &str, item: &Item) -> Result<(Option<i64>, String), Code> {
    let mut rest = text.to_owned();
    if let Some(unit) = &item.unit {
        for word in measures_like(unit) {
            cut(&mut rest, word);
        }
    }
    for word in ANY_MEASURE {
        cut(&mut rest, word);
    }
    let mut numbers = Vec::new();
    rest = chinese_and_digits(&rest, &mut numbers)?;
    for (word, value) in ENGLISH {
        while cut(&mut rest, word) {
            numbers.push(*value);
        }
    }
    match numbers[..] {
        [] => Ok((None, rest)),
        [count] => Ok((Some(count), rest)),
        // "a dozen"
        [12, 1] | [1, 12] => Ok((Some(12), rest)),
        _ => Err(Code::NotUnderstood),
    }
}

fn measures_like(unit: &str) -> Vec<&str> {
    let same = MEASURES.iter().find(|(m, words)| *m == unit || words.contains(&unit));
    let mut words = vec![unit];
    words.extend(same.iter().flat_map(|(_, words)| words.iter().copied()));
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    words
}

fn cut(text: &mut String, word: &str) -> bool {
    let Some(at) = find_word(text, word) else { return false };
    text.replace_range(at..at + word.len(), " ");
    true
}

/// Takes runs of digits and Chinese numerals out of a text.
fn chinese_and_digits(text: &str, numbers: &mut Vec<i64>) -> Result<String, Code> {
    let mut rest = String::new();
    let mut run = String::new();
    for c in text.chars().chain([' ']) {
        let numeral = c.is_ascii_digit() || "零一二两三四五六七八九十百千万".contains(c);
        if numeral {
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            numbers.push(number(&run).ok_or(Code::NotUnderstood)?);
            run.clear();
            rest.push(' ');
        }
        rest.push(c);
    }
    Ok(rest)
}

fn number(run: &str) -> Option<i64> {
    if run.bytes().all(|b| b.is_ascii_digit()) {
        return run.parse().ok();
    }
    let run = run.replace('两', "二");
    let value: u64 = run.as_str().to_number(ChineseCountMethod::TenThousand).ok()?;
    i64::try_from(value).ok()
}

fn only_fillers(text: &str) -> bool {
    let mut rest = text.to_owned();
    for word in FILLERS {
        while cut(&mut rest, word) {}
    }
    rest.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::household::CaptureWhen;
    use crate::domain::money::Minor;

    fn catalog() -> BTreeMap<Name, Item> {
        let item = |name: &str, aliases: &[&str], unit: &str| Item {
            name: name.to_owned(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            unit: Some(unit.to_owned()),
            price: Minor(2990),
            currency: None,
            category: None,
            payee: None,
            capture: CaptureWhen::Immediate,
        };
        let sku = |text: &str| Name::parse(text).expect("a sku");
        BTreeMap::from([
            (sku("water-24"), item("矿泉水 24 瓶", &["矿泉水", "water"], "箱")),
            (sku("milk"), item("牛奶", &["milk", "oat milk"], "盒")),
            (sku("rice"), item("大米", &["rice"], "袋")),
        ])
    }

    #[test]
    fn clear_sentences_are_orders() {
        let table = [
            ("买两箱矿泉水", "water-24", 2),
            ("请帮我买一箱矿泉水，谢谢", "water-24", 1),
            ("矿泉水来三箱", "water-24", 3),
            ("我要十二袋大米", "rice", 12),
            ("买矿泉水", "water-24", 1),
            ("buy two boxes of water", "water-24", 2),
            ("please order 3 bags of rice", "rice", 3),
            ("I want a water, thanks", "water-24", 1),
            ("买2箱矿泉水", "water-24", 2),
            ("get us oat milk please", "milk", 1),
        ];
        for (text, sku, count) in table {
            let want = vec![(Name::parse(sku).expect("a sku"), Decimal::from(count))];
            assert_eq!(understand(text, &catalog()), Ok(want), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let table = [
            ("买两瓶矿泉水", Code::NotUnderstood),
            ("不要买矿泉水", Code::NotUnderstood),
            ("don't buy water", Code::NotUnderstood),
            ("买矿泉水和大米", Code::NotUnderstood),
            ("买两箱三箱矿泉水", Code::NotUnderstood),
            ("买零箱矿泉水", Code::NotUnderstood),
            ("买火箭", Code::UnknownItem),
            ("矿泉水多少钱", Code::NotUnderstood),
            ("buy watermelon", Code::UnknownItem),
            ("买半箱矿泉水", Code::NotUnderstood),
            ("", Code::UnknownItem),
        ];
        for (text, code) in table {
            assert_eq!(understand(text, &catalog()), Err(code), "{text}");
        }
    }

    #[test]
    fn a_spoken_number_is_its_digits() {
        for (said, want) in [("47", "47"), (" 47。", "47"), ("四十七", "47"), ("yes", "yes")] {
            assert_eq!(digits_of(said), want);
        }
    }
}
