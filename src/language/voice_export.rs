//! What other recognisers are to listen for, written from the household: the sentences of
//! [`crate::speech`], in their own formats.
//!
//! Intents: `OrderGoods` (slots `item` = the sku, `quantity`, `unit`), `ConfirmOrder` (`number`),
//! `GivePin` (`pin`, Rhasspy only: Assist would keep it in its history),
//! `CancelOrder`, `AskLeft` (`span` = `today` or `month`), `AskCost` (`device`, `span`),
//! `AskRunCost` (`device`),
//! `RefundLast`, `FreezeDevice` (`device`, left out for the whole home). The blueprint has none: it
//! hands the words themselves to the hub.

mod blueprint;
mod factored;
mod hassil;
mod intent_script;
mod rhasspy;
mod sentence_set;

pub use blueprint::blueprint;
pub use hassil::hassil;
pub use rhasspy::rhasspy;

use crate::phrases::{confirm_readings, count_reading};
use crate::speech::{QueryIntent, QuestionSpan, SPANS, han_text, templates, unit_words};
use homepay_domain::household::{Household, Lang};
use std::collections::BTreeSet;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path inside the folder of choice.
    pub path: String,
    pub text: String,
}

/// The most of an item that a listed quantity goes up to; more is said to homepay in a sentence.
const QUANTITY_LISTED_MAX: u64 = 99;

/// A word or phrase, and what its slot holds then.
type SlotPhrase = (String, String);

/// The names of the catalogue with their skus.
fn goods(household: &Household) -> Vec<SlotPhrase> {
    let named = household.catalog.iter().flat_map(|(sku, item)| {
        let names = item.aliases.iter().map(String::as_str).chain(item.name.all());
        names.map(move |name| (plain(name), sku.to_string()))
    });
    once(named.map(|(name, sku)| (in_words(&name), sku)))
}

/// The names of the devices with their ids.
fn devices(household: &Household) -> Vec<SlotPhrase> {
    let named = household.devices.iter().flat_map(|(id, device)| {
        let spoken_id = id.as_str().replace('-', " ");
        let names = device.name.all().map(|name| (plain(name), id.to_string()));
        names.chain([(spoken_id, id.to_string())]).collect::<Vec<_>>()
    });
    once(named)
}

/// Every measure word that fits something of the catalogue, in one language.
fn units(household: &Household, lang: Lang) -> Vec<SlotPhrase> {
    let units = household.catalog.values().filter_map(|item| item.unit.as_deref());
    let words = units.flat_map(|unit| unit_words(unit, lang));
    once(words.map(|word| (word.clone(), word)))
}

/// Quantities as they are said, with their digits.
fn quantities(lang: Lang) -> Vec<SlotPhrase> {
    let listed = (1..=QUANTITY_LISTED_MAX).flat_map(|n| {
        count_reading(lang, n).into_iter().map(move |said| (said.replace('-', " "), n.to_string()))
    });
    let article = match lang {
        Lang::ZhCn => Vec::new(),
        Lang::En => vec![("a".to_owned(), "1".to_owned()), ("an".to_owned(), "1".to_owned())],
    };
    once(listed.chain(article))
}

/// The numbers that orders are confirmed by, said whole and digit by digit.
fn confirmations(lang: Lang) -> Vec<SlotPhrase> {
    let read = (10..=99_u8).flat_map(|number| {
        confirm_readings(lang, number)
            .into_iter()
            .map(move |said| (said.replace('-', " "), number.to_string()))
    });
    once(read)
}

/// Each phrase once: one that two things answer to would say neither.
fn once(named: impl Iterator<Item = SlotPhrase>) -> Vec<SlotPhrase> {
    let mut seen = BTreeSet::new();
    named.filter(|(said, _)| !said.is_empty() && seen.insert(said.clone())).collect()
}

/// A name as it is said: small letters, no marks that grammars would take for their own.
fn plain(name: &str) -> String {
    let kept = name.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' });
    kept.flat_map(char::to_lowercase)
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Numbers inside a Chinese name as they are said: recognisers write no digits there.
fn in_words(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let words = name.split(' ').map(|word| {
        let number = word.parse().ok().and_then(han_text);
        number.unwrap_or_else(|| word.to_owned())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The templates of an intent, without those that are another's. Measure words that change nothing
/// are left to the hub's own reading.
fn sentences(lang: Lang, wanted: QueryIntent) -> impl Iterator<Item = String> {
    let of_intent = templates(lang).iter().filter(move |(w, _)| *w == wanted);
    let plain = of_intent.map(|(_, text)| text.replace("[<measure>] ", ""));
    plain.filter(|text| !text.contains("<measure>"))
}

/// The words for days, with the name of each.
fn spans(lang: Lang) -> Vec<SlotPhrase> {
    let words = SPANS.iter().flat_map(|(span, words)| words.iter().map(move |w| (*w, *span)));
    let ours = words.filter(|(word, _)| word.is_ascii() == (lang == Lang::En));
    ours.map(|(word, span)| {
        let name = match span {
            QuestionSpan::Today => "today",
            QuestionSpan::Month => "month",
        };
        (word.to_owned(), name.to_owned())
    })
    .collect()
}

/// A text in quotes: what JSON quotes, YAML reads alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
