//! A tree of token keys: finds the longest of many phrases at the front of a sentence.

use super::text::Token;
use std::collections::BTreeMap;

/// Phrases, and what each means.
pub(super) struct Trie<T> {
    nodes: Vec<Node<T>>,
}

struct Node<T> {
    next: BTreeMap<Box<str>, usize>,
    here: Vec<T>,
}

impl<T> Node<T> {
    fn new() -> Node<T> {
        Node { next: BTreeMap::new(), here: Vec::new() }
    }
}

impl<T: PartialEq> Trie<T> {
    pub fn new() -> Trie<T> {
        Trie { nodes: vec![Node::new()] }
    }

    /// Adds a phrase; one without words is not added.
    pub fn add<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>, value: T) {
        let mut at = 0;
        for key in keys {
            at = match self.nodes[at].next.get(key) {
                Some(next) => *next,
                None => {
                    self.nodes.push(Node::new());
                    let next = self.nodes.len() - 1;
                    self.nodes[at].next.insert(Box::from(key), next);
                    next
                }
            };
        }
        if at > 0 && !self.nodes[at].here.contains(&value) {
            self.nodes[at].here.push(value);
        }
    }

    /// The longest phrase at the front, with its length in tokens.
    pub fn longest(&self, tokens: &[Token]) -> Option<(&[T], usize)> {
        self.longest_key(tokens.iter().map(|t| t.key.as_str()))
    }

    /// The longest phrase at the front of a run of keys.
    pub fn longest_key<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Option<(&[T], usize)> {
        let mut at = 0;
        let mut found = None;
        for (index, key) in keys.into_iter().enumerate() {
            let Some(next) = self.nodes[at].next.get(key) else { break };
            at = *next;
            if !self.nodes[at].here.is_empty() {
                found = Some((self.nodes[at].here.as_slice(), index + 1));
            }
        }
        found
    }
}
