//! What a household's sentences can name, made ready to be looked up.

use super::measures::{Measure, Measures};
use super::names::{spellings, spoken};
use super::numerals::number_at;
use super::sounds::{Spellings, sounds};
use super::text::{Token, TokenKind, tokens};
use super::trie::Trie;
use super::words::word_at;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::label::Label;
use homepay_domain::unclear::{MissingPart, Unclear};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How many items are asked about at most when it is not clear which is meant.
pub(super) const WHICH_MAX: usize = 5;

/// Words for the same thing in both languages: a device named in one is found in the other.
const SAME: &[&[&str]] = &[
    &["厨房", "kitchen"],
    &["客厅", "living room", "lounge"],
    &["卧室", "bedroom"],
    &["浴室", "卫生间", "bathroom"],
    &["儿童房", "kids", "kid's room", "kids room"],
    &["书房", "study"],
    &["音箱", "音响", "speaker"],
    &["洗衣机", "washer", "washing machine"],
    &["烘干机", "dryer", "tumble dryer"],
    &["洗碗机", "dishwasher"],
    &["冰箱", "fridge", "refrigerator"],
    &["空调", "ac", "air conditioner", "aircon"],
    &["热水器", "water heater", "boiler"],
    &["充电桩", "ev charger", "car charger"],
    &["电视", "电视机", "tv", "television"],
    &["烤箱", "oven"],
    &["电表", "electricity meter", "power meter"],
];

static SAME_WORDS: LazyLock<Vec<Vec<Vec<Token>>>> = LazyLock::new(|| {
    SAME.iter().map(|row| row.iter().map(|word| tokens(word)).collect()).collect()
});

/// An item as sentences count it.
pub(super) struct LexiconItem {
    pub sku: Name,
    /// What it is called.
    pub label: Label,
    /// The measure that it is sold by.
    pub unit: Option<Measure>,
    /// The word of that measure.
    pub unit_word: Option<Box<str>>,
}

/// What a household's sentences can name.
pub struct Lexicon {
    pub(super) items: Vec<LexiconItem>,
    pub(super) names: Trie<usize>,
    pub(super) sounds: Trie<usize>,
    pub(super) spellings: Spellings<usize>,
    pub(super) measures: Measures,
    pub(super) devices: Vec<Name>,
    pub(super) device_names: Trie<usize>,
    /// For every word the names that hold it, to ask back with.
    parts: BTreeMap<Box<str>, Vec<usize>>,
    whole: Vec<(Vec<String>, usize)>,
    skus: BTreeMap<Name, usize>,
}

impl Lexicon {
    /// Makes a household's names ready.
    pub fn of(household: &Household) -> Lexicon {
        let mut lexicon = Lexicon {
            items: Vec::with_capacity(household.catalog.len()),
            names: Trie::new(),
            sounds: Trie::new(),
            spellings: Spellings::new(),
            measures: Measures::new(),
            devices: household.devices.keys().cloned().collect(),
            device_names: Trie::new(),
            parts: BTreeMap::new(),
            whole: Vec::new(),
            skus: BTreeMap::new(),
        };
        for (sku, item) in &household.catalog {
            let unit = item.unit.as_deref().and_then(|u| lexicon.measures.of_catalogue(u));
            let index = lexicon.items.len();
            let (label, unit_word) = (item.name.clone(), item.unit.as_deref().map(Box::from));
            lexicon.items.push(LexiconItem { sku: sku.clone(), label, unit, unit_word });
            lexicon.skus.insert(sku.clone(), index);
            for name in item.aliases.iter().map(String::as_str).chain(item.name.all()) {
                lexicon.add_name(name, index);
            }
        }
        for (index, (id, device)) in household.devices.iter().enumerate() {
            let spoken_id = id.as_str().replace('-', " ");
            for name in device.name.all().chain([spoken_id.as_str()]) {
                let said = tokens(name);
                lexicon.device_names.add(keys(&said), index);
                let concepts = concepts(&said).0;
                lexicon.device_names.add(concepts.iter().map(String::as_str), index);
            }
        }
        lexicon
    }

    /// The one item that is named at the front, and how many tokens its name takes.
    pub(super) fn item_at(&self, said: &[Token]) -> Option<(&Name, usize)> {
        let (items, len) = self.names.longest(said)?;
        let [item] = items else { return None };
        Some((&self.items[*item].sku, len))
    }

    /// The item of a sku.
    pub(super) fn item_of(&self, sku: &Name) -> Option<usize> {
        self.skus.get(sku).copied()
    }

    /// The skus of items, each once.
    pub(super) fn skus_of(&self, items: &[usize]) -> Vec<Name> {
        let mut skus: Vec<Name> = items.iter().map(|i| self.items[*i].sku.clone()).collect();
        skus.sort();
        skus.dedup();
        skus
    }

    /// Something that is missing about an item.
    pub(super) fn about(&self, missing: MissingPart, item: usize) -> Unclear {
        let entry = &self.items[item];
        let (item, unit) = (Some(Box::new(entry.label.clone())), entry.unit_word.clone());
        Unclear { item, unit, ..Unclear::of(missing) }
    }

    /// It is not clear which of these items is meant.
    pub(super) fn one_of(&self, items: &[usize]) -> Unclear {
        let which = items.iter().map(|item| self.items[*item].label.clone()).collect();
        Unclear { which, ..Unclear::of(MissingPart::OneItem) }
    }

    /// True where nobody can say an item: none of its names has words of its own.
    pub fn cannot_be_said(&self, sku: &Name) -> bool {
        let named = |item: usize| self.whole.iter().any(|(_, of)| *of == item);
        self.item_of(sku).is_some_and(|item| !named(item))
    }

    fn add_name(&mut self, name: &str, item: usize) {
        let said = spoken(&tokens(name));
        if said.is_empty() || means_nothing(&said) {
            return;
        }
        for spelling in spellings(name) {
            self.names.add(spelling.iter().map(String::as_str), item);
            let sounds = sounds(&tokens(&spelling.join(" "))).filter(|sounds| sounds.len() > 1);
            if let Some(sounds) = sounds {
                self.sounds.add(sounds.iter().map(String::as_str), item);
            }
        }
        if said.iter().all(|t| t.kind == TokenKind::Word) {
            self.spellings.add(&joined(&said), item);
        }
        let index = self.whole.len();
        for key in keys(&said) {
            let holders = self.parts.entry(Box::from(key)).or_default();
            if holders.last() != Some(&index) {
                holders.push(index);
            }
        }
        self.whole.push((keys(&said).map(str::to_owned).collect(), item));
    }

    /// The items of whose names a run of words is a part; none where there are too many to ask.
    pub(super) fn holding(&self, run: &[Token]) -> Vec<usize> {
        let rarest = run
            .iter()
            .map(|t| self.parts.get(t.key.as_str()))
            .min_by_key(|holders| holders.map_or(0, Vec::len));
        let mut found: Vec<usize> = Vec::new();
        for index in rarest.flatten().into_iter().flatten() {
            let (name, item) = &self.whole[*index];
            let holds =
                name.windows(run.len()).any(|w| w.iter().zip(run).all(|(a, b)| *a == b.key));
            if holds && !found.contains(item) {
                found.push(*item);
            }
            if found.len() > WHICH_MAX {
                return Vec::new();
            }
        }
        found
    }

    /// The device that is named at the front, and how many tokens its name takes. A name that two
    /// devices share is nobody's.
    pub(super) fn device_at(&self, said: &[Token]) -> Option<(&Name, usize)> {
        let plain = self.device_names.longest(said).map(|(found, len)| (found, len, len));
        let (found, _, len) = plain.or_else(|| {
            let (front, lens) = concepts(said);
            let keys = front.iter().map(String::as_str);
            let (found, count) = self.device_names.longest_key(keys)?;
            Some((found, count, lens.iter().take(count).sum()))
        })?;
        let [device] = found else { return None };
        Some((self.devices.get(*device)?, len))
    }
}

pub(super) fn keys(said: &[Token]) -> impl Iterator<Item = &str> {
    said.iter().map(|t| t.key.as_str())
}

/// A run of words as one text.
pub(super) fn joined(said: &[Token]) -> String {
    keys(said).collect::<Vec<_>>().join(" ")
}

/// True for a name that is made of numbers and small words alone: as a name it would turn every
/// sentence round.
fn means_nothing(said: &[Token]) -> bool {
    let mut at = 0;
    while at < said.len() {
        let word = word_at(&said[at..]).map(|(_, len)| len);
        let number = number_at(&said[at..]).map(|(_, len)| len);
        let Some(len) = word.max(number) else { return false };
        at += len;
    }
    true
}

/// A name with every known word replaced by what it means, so that both languages meet; and how
/// many tokens each of them had.
fn concepts(said: &[Token]) -> (Vec<String>, Vec<usize>) {
    let (mut out, mut lens) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < said.len() {
        let begins = |word: &Vec<Token>| {
            said.len() - at >= word.len()
                && word.iter().zip(&said[at..]).all(|(a, b)| a.key == b.key)
        };
        let known = SAME_WORDS.iter().enumerate().flat_map(|(row, words)| {
            words.iter().filter(|w| begins(w)).map(move |word| (word.len(), row))
        });
        match known.max_by_key(|(len, _)| *len) {
            Some((len, row)) => {
                out.push(format!("#{row}"));
                lens.push(len);
                at += len;
            }
            None => {
                out.push(said[at].key.clone());
                lens.push(1);
                at += 1;
            }
        }
    }
    (out, lens)
}
