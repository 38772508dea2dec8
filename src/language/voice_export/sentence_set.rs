//! The sentences of templates, one by one, so that what two of them say is said once.

use homepay_domain::household::Lang;
use std::collections::{BTreeMap, BTreeSet};

/// Home Assistant's list that stands for any words, at least one.
pub(super) const ANY: &str = "{wish}";

/// A sentence: characters of Chinese or words of English, and [`ANY`].
pub(super) type Parts = Vec<String>;

/// A text without brackets, cut into parts.
pub(super) fn parts(lang: Lang, text: &str) -> Parts {
    match lang {
        Lang::ZhCn => text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect(),
        Lang::En => text.split_whitespace().map(str::to_owned).collect(),
    }
}

/// Every sentence that a template stands for. `spans` are the words for days; any other slot may be
/// any words.
pub(super) fn expanded(lang: Lang, spans: &[String], template: &str) -> Vec<Parts> {
    let mut rest = template;
    ways(lang, spans, &mut rest)
}

/// Reads ways until the closing bracket.
fn ways(lang: Lang, spans: &[String], rest: &mut &str) -> Vec<Parts> {
    let mut done = Vec::new();
    let mut way = vec![Parts::new()];
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let next = match c {
            ')' | ']' => {
                *rest = after;
                break;
            }
            '|' => {
                *rest = after;
                done.append(&mut way);
                way.push(Parts::new());
                continue;
            }
            '(' | '[' => {
                *rest = after;
                let mut inner = ways(lang, spans, rest);
                inner.extend((c == '[').then(Parts::new));
                inner
            }
            '<' => {
                let (slot, behind) = after.split_once('>').unwrap_or((after, ""));
                *rest = behind;
                match slot {
                    "span" => spans.iter().map(|span| parts(lang, span)).collect(),
                    _ => vec![vec![ANY.to_owned()]],
                }
            }
            _ => {
                let len = rest.find(['(', ')', '[', ']', '|', '<']).unwrap_or(rest.len());
                let literal = parts(lang, &rest[..len]);
                *rest = &rest[len..];
                vec![literal]
            }
        };
        way = joined(&way, &next);
    }
    done.extend(way);
    done
}

/// Each of the first with each of the second behind it.
fn joined(first: &[Parts], second: &[Parts]) -> Vec<Parts> {
    let pairs = first.iter().flat_map(|head| second.iter().map(move |tail| (head, tail)));
    pairs.map(|(head, tail)| [head.as_slice(), tail.as_slice()].concat()).collect()
}

/// Those that no other one of them hears already, each with its first kind.
pub(super) fn uncovered<K: Copy>(said: impl IntoIterator<Item = (K, Parts)>) -> Vec<(K, Parts)> {
    let mut kinds: BTreeMap<(usize, usize, Parts), K> = BTreeMap::new();
    for (kind, parts) in said {
        // Whoever hears another one is shorter, or has fewer words of its own.
        let own = parts.iter().filter(|part| *part != ANY).count();
        kinds.entry((parts.len(), own, parts)).or_insert(kind);
    }
    let mut open = Open::default();
    let mut kept = Vec::new();
    for ((_, _, parts), kind) in kinds {
        if !open.hears(&parts) {
            open.add(&parts);
            kept.push((kind, parts));
        }
    }
    kept
}

/// Sentences with [`ANY`], by their first part.
#[derive(Default)]
pub(super) struct Open(BTreeMap<String, Vec<Parts>>);

impl Open {
    /// Adds one; what has no [`ANY`] hears only itself.
    pub fn add(&mut self, said: &Parts) {
        if said.iter().any(|part| part == ANY) {
            self.0.entry(said[0].clone()).or_default().push(said.clone());
        }
    }

    /// True where one of them hears everything that this one stands for.
    pub fn hears(&self, said: &Parts) -> bool {
        let first = said.first().map_or("", String::as_str);
        let wide = [first, ANY].into_iter().filter_map(|first| self.0.get(first)).flatten();
        let mut ends_alike = wide
            .filter(|wide| wide.last().is_some_and(|end| end == ANY) || wide.last() == said.last());
        ends_alike.any(|wide| hears(wide, said))
    }
}

/// True where everything that `said` stands for fits `wide`, too.
fn hears(wide: &[String], said: &[String]) -> bool {
    let Some((first, later)) = wide.split_first() else { return said.is_empty() };
    if first == ANY {
        return (1..=said.len()).any(|len| hears(later, &said[len..]));
    }
    said.split_first().is_some_and(|(next, behind)| next == first && hears(later, behind))
}

/// Phrases of which none begins another one: with any words behind, the shorter one hears both.
pub(super) fn shortest(phrases: impl IntoIterator<Item = Parts>) -> BTreeSet<Parts> {
    let all: BTreeSet<Parts> = phrases.into_iter().collect();
    let begun = |phrase: &Parts| (1..phrase.len()).any(|len| all.contains(&phrase[..len]));
    all.iter().filter(|phrase| !begun(phrase)).cloned().collect()
}

/// What each of `before` may stand before, so that no sentence begins with two of them, nor with one
/// and without: for all that share their heads, these.
pub(super) fn apart(
    before: impl IntoIterator<Item = Parts>,
    heads: &BTreeSet<Parts>,
) -> BTreeMap<BTreeSet<Parts>, BTreeSet<Parts>> {
    let mut whole = heads.clone();
    let mut by_heads: BTreeMap<BTreeSet<Parts>, BTreeSet<Parts>> = BTreeMap::new();
    for phrase in before.into_iter().collect::<BTreeSet<_>>() {
        let behind = |head: &Parts| [phrase.as_slice(), head.as_slice()].concat();
        let free = heads.iter().filter(|head| !either_begins(&whole, &behind(head)));
        let free: BTreeSet<Parts> = free.cloned().collect();
        whole.extend(free.iter().map(behind));
        by_heads.entry(free).or_default().insert(phrase);
    }
    by_heads
}

/// True where one of the phrases begins this one, or this one begins one of them.
fn either_begins(phrases: &BTreeSet<Parts>, said: &Parts) -> bool {
    let begins = (1..=said.len()).any(|len| phrases.contains(&said[..len]));
    begins || phrases.range(said.clone()..).next().is_some_and(|next| next.starts_with(said))
}
