//! How names sound, and how they are misspelt.

use super::text::{Token, TokenKind};
use pinyin::ToPinyin;
use std::collections::BTreeMap;

/// The shortest word run in which one slip is let pass, in letters: shorter words are too often
/// other words ("coke", "cake").
const LETTERS_MIN: usize = 7;

/// The longest run that is looked up, in letters.
const LETTERS_MAX: usize = 60;

/// How many slips are let pass in a name of letters.
const SLIPS_MAX: usize = 1;

/// The sound of a Han character as southern speakers and recognisers mix it up: no tone, zh = z,
/// ch = c, sh = s, l = n, ing = in, eng = en.
pub(super) fn sound(token: &Token) -> Option<String> {
    let spelt = token.text.chars().next()?.to_pinyin()?.plain();
    let spelt = ["zh", "ch", "sh"]
        .iter()
        .find(|start| spelt.starts_with(**start))
        .map_or(spelt.to_owned(), |start| format!("{}{}", &start[..1], &spelt[2..]));
    let spelt = spelt.strip_prefix('l').map_or(spelt.clone(), |rest| format!("n{rest}"));
    let flat = ["ing", "eng"].iter().any(|end| spelt.ends_with(end));
    Some(if flat { spelt[..spelt.len() - 1].to_owned() } else { spelt })
}

/// The sounds of a run of Han characters; `None` where it holds anything else.
pub(super) fn sounds(tokens: &[Token]) -> Option<Vec<String>> {
    tokens.iter().map(|t| if t.kind == TokenKind::Han { sound(t) } else { None }).collect()
}

/// Names of letters by every way to leave one letter out: two that differ by one slip share one.
pub(super) struct Spellings<T> {
    by_rest: BTreeMap<Box<str>, Vec<usize>>,
    names: Vec<(String, T)>,
}

impl<T: Copy + PartialEq> Spellings<T> {
    pub fn new() -> Spellings<T> {
        Spellings { by_rest: BTreeMap::new(), names: Vec::new() }
    }

    pub fn add(&mut self, name: &str, value: T) {
        let letters = name.chars().count();
        if !(LETTERS_MIN - SLIPS_MAX..=LETTERS_MAX).contains(&letters) {
            return;
        }
        self.names.push((name.to_owned(), value));
        let index = self.names.len() - 1;
        for rest in rests(name) {
            let same = self.by_rest.entry(rest.into_boxed_str()).or_default();
            if !same.contains(&index) {
                same.push(index);
            }
        }
    }

    /// Every name that is one slip away at most and begins with the same letter.
    pub fn near(&self, said: &str) -> Vec<T> {
        let letters = said.chars().count();
        let mut found = Vec::new();
        if letters > LETTERS_MAX {
            return found;
        }
        for rest in rests(said) {
            for index in self.by_rest.get(rest.as_str()).into_iter().flatten() {
                let (name, value) = &self.names[*index];
                let alike = letters.max(name.chars().count()) >= LETTERS_MIN
                    && name.chars().next() == said.chars().next()
                    && strsim::osa_distance(name, said) <= SLIPS_MAX;
                if alike && !found.contains(value) {
                    found.push(*value);
                }
            }
        }
        found
    }
}

/// The word, and the word without each of its letters.
fn rests(word: &str) -> impl Iterator<Item = String> {
    let without = word.char_indices().map(|(at, c)| {
        let mut rest = String::with_capacity(word.len());
        rest.push_str(&word[..at]);
        rest.push_str(&word[at + c.len_utf8()..]);
        rest
    });
    [word.to_owned()].into_iter().chain(without)
}

#[cfg(test)]
mod tests {
    use super::super::text::tokens;
    use super::*;

    #[test]
    fn what_sounds_alike_is_alike() {
        for (a, b) in [("狂泉水", "矿泉水"), ("流奶", "牛奶"), ("栗枝", "荔枝"), ("林", "零")]
        {
            assert_eq!(sounds(&tokens(a)), sounds(&tokens(b)), "{a} {b}");
        }
        for (a, b) in [("鱼丸", "猪丸"), ("有糖", "无糖"), ("红茶", "绿茶")] {
            assert_ne!(sounds(&tokens(a)), sounds(&tokens(b)), "{a} {b}");
        }
        assert_eq!(sounds(&tokens("a水")), None);
    }

    #[test]
    fn one_slip_is_let_pass_in_long_words_only() {
        let mut names = Spellings::new();
        for (index, name) in ["banana", "coke", "mineral water", "carrot"].into_iter().enumerate() {
            names.add(name, index);
        }
        assert_eq!(names.near("bannana"), [0]);
        assert_eq!(names.near("mineral watr"), [2]);
        assert_eq!(names.near("mineral wtaer"), [2]);
        for other in ["cake", "parrots", "mineral oil", "canana", "banan"] {
            assert!(names.near(other).is_empty(), "{other}");
        }
    }
}
