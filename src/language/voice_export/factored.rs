//! A set of sentences as one sentence of Home Assistant's, with `(one|other)` and `[maybe]`, in which
//! each of them is found in one way only.
//!
//! The sentences make a tree of their parts; equal ends are one, which gives a graph without rings
//! from the first part to the end. Where every way passes the same node, it is cut.

use super::sentence_set::Parts;
use homepay_domain::household::Lang;
use std::collections::BTreeMap;

/// The node behind all sentences.
const END: usize = 0;

/// What leads to [`END`] where a sentence may be over.
const OVER: &str = "";

/// A node's ways on.
type Ways = BTreeMap<String, usize>;

/// Nodes, each behind those that it leads to.
struct Graph {
    nodes: Vec<Ways>,
    /// The nearest node that every way from here passes.
    cuts: Vec<usize>,
    known: BTreeMap<Ways, usize>,
    lang: Lang,
}

/// One expression for the sentences, which are not empty.
pub(super) fn factored(lang: Lang, sentences: &[Parts]) -> String {
    let mut graph =
        Graph { nodes: vec![Ways::new()], cuts: vec![END], known: BTreeMap::new(), lang };
    let mut sorted: Vec<&[String]> = sentences.iter().map(Vec::as_slice).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let first = graph.node(&sorted);
    graph.together(&graph.between(first, END))
}

impl Graph {
    /// The node before these sorted ends of sentences.
    fn node(&mut self, ends: &[&[String]]) -> usize {
        let mut ways = Ways::new();
        for of_one in ends.chunk_by(|a, b| a.first() == b.first()) {
            match of_one[0].first() {
                None => ways.insert(OVER.to_owned(), END),
                Some(part) => {
                    let later: Vec<&[String]> = of_one.iter().map(|end| &end[1..]).collect();
                    let next = self.node(&later);
                    ways.insert(part.clone(), next)
                }
            };
        }
        if let Some(same) = self.known.get(&ways) {
            return *same;
        }
        let cut = ways.values().copied().reduce(|a, b| self.meeting(a, b)).unwrap_or(END);
        self.nodes.push(ways.clone());
        self.cuts.push(cut);
        let node = self.nodes.len() - 1;
        self.known.insert(ways, node);
        node
    }

    /// The nearest node that every way from both passes: a cut was always there before its node.
    fn meeting(&self, a: usize, b: usize) -> usize {
        let (mut a, mut b) = (a, b);
        while a != b {
            if a > b {
                a = self.cuts[a];
            } else {
                b = self.cuts[b];
            }
        }
        a
    }

    /// All ways from a node to one that every way passes, as pieces behind each other.
    fn between(&self, from: usize, to: usize) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut at = from;
        while at != to {
            pieces.extend(self.one_of(at, self.cuts[at]));
            at = self.cuts[at];
        }
        pieces
    }

    /// The ways from a node to its cut.
    fn one_of(&self, node: usize, cut: usize) -> Vec<String> {
        let mut by_next: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (part, next) in &self.nodes[node] {
            by_next.entry(*next).or_default().push(part.clone());
        }
        let mut ways: Vec<Vec<String>> = Vec::new();
        for (next, mut parts) in by_next {
            let over = parts.first().is_some_and(|part| part == OVER);
            if over {
                parts.remove(0);
                ways.push(Vec::new());
            }
            if !parts.is_empty() {
                let mut way = vec![bracketed(&parts)];
                way.extend(self.between(next, cut));
                ways.push(way);
            }
        }
        let mut behind = Vec::new();
        while ways.len() > 1
            && let Some(last) = ways[0].last().cloned()
            && ways.iter().all(|way| way.last() == Some(&last))
        {
            ways.iter_mut().for_each(|way| drop(way.pop()));
            behind.insert(0, last);
        }
        let maybe = ways.iter().any(Vec::is_empty);
        ways.retain(|way| !way.is_empty());
        let mut pieces = match &mut ways[..] {
            [] => Vec::new(),
            [one] if !maybe => std::mem::take(one),
            ways => {
                let ways: Vec<String> = ways.iter().map(|way| self.together(way)).collect();
                let ways: Vec<&str> = ways.iter().map(|way| without_brackets(way)).collect();
                let (open, close) = if maybe { ('[', ']') } else { ('(', ')') };
                vec![format!("{open}{}{close}", ways.join("|"))]
            }
        };
        pieces.append(&mut behind);
        pieces
    }

    fn together(&self, pieces: &[String]) -> String {
        pieces.join(match self.lang {
            Lang::ZhCn => "",
            Lang::En => " ",
        })
    }
}

fn bracketed(ways: &[String]) -> String {
    match ways {
        [one] => one.clone(),
        ways => format!("({})", ways.join("|")),
    }
}

/// `a|b` of `(a|b)`, where the brackets hold the whole.
fn without_brackets(way: &str) -> &str {
    match way.strip_prefix('(').and_then(|way| way.strip_suffix(')')) {
        Some(inner) if !inner.contains(['(', ')', '[', ']']) => inner,
        _ => way,
    }
}
