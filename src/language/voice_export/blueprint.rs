//! Home Assistant Assist: the blueprint, which hears what the hub does, whatever the catalogue has.
//!
//! Home Assistant hands a sentence to every automation that hears it, and stops looking when one of
//! them hears it twice: other satellites' automations then never run. So each sentence of the
//! grammar is heard in one way only.

use super::factored::factored;
use super::sentence_set::{ANY, Open, Parts, apart, expanded, parts, shortest, uncovered};
use super::{OutputFile, confirmations, quantities, quoted, spans};
use crate::speech::{
    QueryIntent, Word, container_words, phrases_before_number, phrases_of, templates,
};
use homepay_domain::household::Lang;
use std::collections::{BTreeMap, BTreeSet};

/// Everything but the sentences, which take the places of `SENTENCES` and `NUMBERS`.
const BLUEPRINT_FRAME: &str = include_str!("blueprint.yaml");

/// Where Home Assistant looks for it.
const BLUEPRINT_PATH: &str = "blueprints/automation/homepay/homepay_assist.yaml";

/// Words that are also said to locks, players and machines.
const HOUSE_WORDS: [&str; 7] = ["锁", "停", "lock", "block", "pause", "stop", "暂"];

/// What is frozen with a word of the house only where it is named: nothing else of the house is it.
const SHOP_WORDS: [&str; 9] =
    ["下单", "购物", "付款", "支付", "订单", "orders", "spending", "payments", "purchases"];

const BOTH: [Lang; 2] = [Lang::ZhCn, Lang::En];

/// The blueprint: one automation of it for each satellite.
pub fn blueprint() -> Vec<OutputFile> {
    let of_language = |lang: Lang| {
        let heads = Heads::of(lang);
        [orders(lang, &heads), questions(lang, &heads)].concat()
    };
    let asked = BOTH.map(of_language).concat();
    let text =
        BLUEPRINT_FRAME.replace("SENTENCES", &lines(&asked)).replace("NUMBERS", &lines(&numbers()));
    vec![OutputFile { path: BLUEPRINT_PATH.to_owned(), text }]
}

fn lines(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("        - {}\n", quoted(sentence))).collect()
}

/// A language's phrases of one kind, in parts.
fn said(lang: Lang, kinds: &[Word]) -> Vec<Parts> {
    let phrases = kinds.iter().flat_map(|kind| phrases_of(*kind, lang));
    phrases.map(|phrase| parts(lang, phrase)).collect()
}

/// What is said before a question.
fn polite(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::ZhCn => &["请", "请问", "麻烦", "帮我"],
        Lang::En => &["please"],
    }
}

/// What one language orders with, so that no sentence begins with two of them.
struct Heads {
    /// What orders: a verb.
    verbs: BTreeSet<Parts>,
    /// All that orders what follows: also 能不能买 and "can i have".
    order: BTreeSet<Parts>,
    /// Asks for a verb: 能不能帮我, "could you".
    ask: BTreeSet<Parts>,
    /// What may stand before these, and before which.
    before: BTreeMap<BTreeSet<Parts>, BTreeSet<Parts>>,
}

impl Heads {
    fn of(lang: Lang) -> Heads {
        let (ask, closed): (Vec<Parts>, Vec<Parts>) =
            said(lang, &[Word::Ask]).into_iter().partition(|phrase| {
                phrase.last().is_some_and(|last| ["you", "我", "忙"].contains(&last.as_str()))
            });
        let verbs = shortest(said(lang, &[Word::Verb, Word::VerbSome]));
        let more = [said(lang, &[Word::May]), closed].concat();
        let order = shortest(verbs.iter().cloned().chain(more));
        let begun = |phrase: &Parts| (1..=phrase.len()).any(|len| order.contains(&phrase[..len]));
        let ask: BTreeSet<Parts> = ask.into_iter().filter(|phrase| !begun(phrase)).collect();
        let others = [said(lang, &[Word::Deed]), counts(lang)].concat();
        let heads = shortest(order.iter().chain(&ask).cloned().chain(others));
        let before = apart(before(lang), &heads);
        Heads { verbs, order, ask, before }
    }

    /// What hears orders, without what may stand before.
    fn open(&self) -> Open {
        let mut open = Open::default();
        for head in &self.order {
            open.add(&[head.as_slice(), &[ANY.to_owned()]].concat());
        }
        open
    }
}

/// What may stand before an order: small words, and 请帮我.
fn before(lang: Lang) -> Vec<Parts> {
    let small = said(lang, &[Word::Filler, Word::Weak]);
    let for_me = small.iter().filter(|phrase| phrase.last().is_some_and(|last| last == "我"));
    let politely = for_me.flat_map(|for_me| {
        let polite = polite(lang).iter().map(|phrase| parts(lang, phrase));
        polite.map(move |polite| [polite.as_slice(), for_me].concat())
    });
    politely.chain(small.iter().cloned()).collect()
}

/// Numbers from two on: 一箱水多少钱 is a question.
fn counts(lang: Lang) -> Vec<Parts> {
    let counts = quantities(lang).into_iter().filter(|(_, count)| count != "1");
    counts.flat_map(|(said, count)| [parts(lang, &said), digits(lang, &count)]).collect()
}

/// Digits are written without blanks, also in English.
fn digits(lang: Lang, number: &str) -> Parts {
    match lang {
        Lang::ZhCn => number.chars().map(String::from).collect(),
        Lang::En => vec![number.to_owned()],
    }
}

/// Orders by every word that orders, and by a number of containers alone.
fn orders(lang: Lang, heads: &Heads) -> Vec<String> {
    let one = |phrases: &BTreeSet<Parts>| one_of(lang, phrases);
    let words = |kind: Word| one(&shortest(said(lang, &[kind])));
    let containers = container_words(lang);
    let containers = one(&shortest(containers.iter().map(|word| parts(lang, word))));
    let polite = maybe(&polite(lang).join("|"));
    let counts = one(&counts(lang).into_iter().collect());
    let (verbs, order, ask) = (one(&heads.verbs), one(&heads.order), one(&heads.ask));
    let mut lines: Vec<String> = Vec::new();
    let mut line = |pieces: &[&str]| lines.push(together(lang, pieces));
    line(&[&order, ANY]);
    match lang {
        Lang::ZhCn => line(&[&polite, &ask, &verbs, ANY]),
        Lang::En => line(&[&polite, &ask, &polite, &verbs, ANY]),
    }
    for (of, before) in &heads.before {
        let of: BTreeSet<Parts> = of.intersection(&heads.order).cloned().collect();
        if !of.is_empty() {
            line(&[&one(before), &one(&of), ANY]);
        }
    }
    line(&[&polite, &counts, &containers, ANY]);
    match lang {
        Lang::ZhCn => {
            let counts = format!("(一|1|{})", inner(&counts));
            line(&[&polite, &words(Word::Deed), &counts, &containers, ANY]);
        }
        Lang::En => line(&[&polite, &words(Word::Add), ANY, &words(Word::Basket)]),
    }
    lines
}

/// Pieces behind each other.
fn together(lang: Lang, pieces: &[&str]) -> String {
    pieces.join(match lang {
        Lang::ZhCn => "",
        Lang::En => " ",
    })
}

/// Questions and commands. Bare "stop" and "cancel" belong to the whole house.
fn questions(lang: Lang, heads: &Heads) -> Vec<String> {
    let spans: Vec<String> = spans(lang).into_iter().map(|(said, _)| said).collect();
    let ours = templates(lang).iter().filter(|(wanted, _)| *wanted != QueryIntent::CancelBare);
    let all = ours.flat_map(|(wanted, template)| {
        expanded(lang, &spans, template).into_iter().map(move |said| (*wanted, said))
    });
    let orders = heads.open();
    let all =
        uncovered(all.filter(|(wanted, said)| for_shops(*wanted, said) && !orders.hears(said)));
    let mut open = Open::default();
    all.iter().for_each(|(_, said)| open.add(said));
    let polite: Vec<Parts> = polite(lang).iter().map(|phrase| parts(lang, phrase)).collect();
    let mut by_kind: BTreeMap<(QueryIntent, bool), Vec<Parts>> = BTreeMap::new();
    for (wanted, said) in all {
        // Words that begin a sentence take in the politeness, too.
        let takes = polite.iter().all(|before| !open.hears(&[before.as_slice(), &said].concat()));
        by_kind.entry((wanted, takes)).or_default().push(said);
    }
    let polite = maybe(&one_of(lang, &polite.into_iter().collect()));
    let sentences = by_kind.iter().map(|((_, takes), said)| match takes {
        true => together(lang, &[&polite, &factored(lang, said)]),
        false => factored(lang, said),
    });
    sentences.collect()
}

/// False where a sentence that freezes may be meant for a lock, a player or a machine.
fn for_shops(wanted: QueryIntent, said: &Parts) -> bool {
    let text = said.concat();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let freezes = matches!(wanted, QueryIntent::Freeze | QueryIntent::FreezeHome);
    !freezes || !has(&HOUSE_WORDS) || (wanted == QueryIntent::FreezeHome && has(&SHOP_WORDS))
}

/// The numbers that confirm, with what may stand around them.
fn numbers() -> Vec<String> {
    let before = |lang: Lang| -> BTreeSet<Parts> {
        phrases_before_number(lang).map(|phrase| parts(lang, phrase)).collect()
    };
    let [zh, en] = BOTH.map(before);
    let read = |lang: Lang| {
        let said: BTreeSet<Parts> =
            confirmations(lang).iter().map(|(said, _)| parts(lang, said)).collect();
        one_of(lang, &said)
    };
    let digits = (10..=99).map(|number: u8| digits(Lang::ZhCn, &number.to_string())).collect();
    let digits = one_of(Lang::ZhCn, &digits);
    let (zh, en) = (maybe(&one_of(Lang::ZhCn, &zh)), maybe(&one_of(Lang::En, &en)));
    vec![
        format!("{zh}{}[号|吧]", read(Lang::ZhCn)),
        format!("{en} {} [please]", read(Lang::En)),
        // Without blanks the first one would hear them, too.
        format!(
            "{}{digits}[号|吧| please]",
            maybe(&[inner(&zh), &format!("{} ", inner(&en))].join("|"))
        ),
    ]
}

fn one_of(lang: Lang, phrases: &BTreeSet<Parts>) -> String {
    let phrases: Vec<Parts> = phrases.iter().cloned().collect();
    let all = factored(lang, &phrases);
    if all.starts_with('(') && inner(&all) != all { all } else { format!("({all})") }
}

fn maybe(all: &str) -> String {
    format!("[{}]", inner(all))
}

/// What the outer brackets hold.
fn inner(all: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in all.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && at + c.len_utf8() < all.len() {
            return all;
        }
    }
    all.get(1..all.len().saturating_sub(1)).filter(|_| all.starts_with(['(', '['])).unwrap_or(all)
}
