//! The number that confirms, as people say it: one reader for every door.

use super::numerals::spoken_digits;
use super::text::{Token, TokenKind, tokens};
use super::trie::Trie;
use super::words::{Word, word_at};
use homepay_domain::household::Lang;
use std::sync::LazyLock;

/// What may stand before the number.
const BEFORE: &[&str] = &[
    "数字是",
    "数字",
    "号码是",
    "号码",
    "数是",
    "数",
    "答案是",
    "答案",
    "是",
    "就是",
    "应该是",
    "我说",
    "我说的是",
    "确认",
    "确认码",
    "确认码是",
    "验证码",
    "验证码是",
    "对",
    "对的",
    "是的",
    "没错",
    "我选",
    "第",
    "the number is",
    "number is",
    "the number",
    "number",
    "it is",
    "it's",
    "its",
    "that is",
    "that's",
    "that would be",
    "that'd be",
    "i say",
    "i said",
    "the answer is",
    "answer is",
    "answer",
    "the code is",
    "code is",
    "code",
    "confirm",
    "yes",
    "yeah",
    "yep",
    "yup",
    "sure",
    "correct",
    "okay it's",
    "i think it's",
    "say",
];

/// What may stand behind it.
const BEHIND: &[&str] =
    &["号", "就是这个", "对吧", "对吗", "对", "没错", "确认", "right", "is it", "confirm"];

static BEFORE_WORDS: LazyLock<Trie<()>> = LazyLock::new(|| phrases(BEFORE));
static BEHIND_WORDS: LazyLock<Trie<()>> = LazyLock::new(|| phrases(BEHIND));

/// What may stand before the number, in one language.
pub(crate) fn phrases_before_number(lang: Lang) -> impl Iterator<Item = &'static str> {
    BEFORE.iter().copied().filter(move |phrase| phrase.is_ascii() == (lang == Lang::En))
}

fn phrases(all: &[&str]) -> Trie<()> {
    let mut words = Trie::new();
    for phrase in all {
        let keys = tokens(phrase);
        words.add(keys.iter().map(|t| t.key.as_str()), ());
    }
    words
}

/// The longest phrase behind a number, in tokens.
const BEHIND_TOKENS_MAX: usize = 4;

/// A spoken number as digits: `47`, `四十七`, `forty-seven`, `四 七`, `数字是四十七` and `47 please`
/// are the same. What is no number comes back as its letters.
pub fn digits_of(answer: &str) -> String {
    number(&tokens(answer))
        .unwrap_or_else(|| answer.chars().filter(|c| c.is_alphanumeric() || *c == '.').collect())
}

/// The number of an answer, with nothing around it but what says that it is one.
pub(super) fn number(said: &[Token]) -> Option<String> {
    let mut front = said;
    while !front.is_empty() {
        // "四七吧，谢谢" and "four seven": the whole first, so that no digit is taken for a word.
        if let Some(number) = ended(front) {
            return Some(number);
        }
        front = &front[before(front)?..];
    }
    None
}

/// The number that begins here, and how it ends.
fn ended(said: &[Token]) -> Option<String> {
    let mut rest = said;
    loop {
        if let Some(number) = plain(rest) {
            return Some(number);
        }
        let len = behind(rest)?;
        rest = &rest[..rest.len() - len];
    }
}

/// Digits with pauses between them: "4, 7".
fn plain(said: &[Token]) -> Option<String> {
    let said: Vec<Token> = said.iter().filter(|t| t.kind != TokenKind::Pause).cloned().collect();
    spoken_digits(&said)
}

fn before(said: &[Token]) -> Option<usize> {
    if said[0].kind == TokenKind::Pause {
        return Some(1);
    }
    let phrase = BEFORE_WORDS.longest(said).map(|(_, len)| len);
    let polite = word_at(said).filter(|(word, _)| *word == Word::Filler).map(|(_, len)| len);
    phrase.max(polite)
}

fn behind(said: &[Token]) -> Option<usize> {
    let last = said.last()?;
    if matches!(last.kind, TokenKind::Pause | TokenKind::Question) {
        return Some(1);
    }
    let longest = said.len().min(BEHIND_TOKENS_MAX);
    (1..=longest).rev().find(|len| {
        let end = &said[said.len() - len..];
        let phrase = BEHIND_WORDS.longest(end).is_some_and(|(_, found)| found == *len);
        phrase || word_at(end) == Some((Word::Filler, *len))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spoken_number_is_its_digits() {
        let same = [
            "47",
            " 47。",
            "四十七",
            "forty-seven",
            "四 七",
            "４７",
            "forty seven.",
            "数字是四十七",
            "47 please",
            "四十七吧",
            "是四十七",
            "嗯，四十七",
            "号码是四七",
            "那个，四十七，谢谢",
            "it's forty-seven",
            "the number is 47",
            "that's 47, thanks",
            "um, four seven",
            "yes, forty-seven",
            "确认四十七",
            "四十七号",
            "對，四十七",
            "4, 7",
            "對，數字是四十七",
            "OK forty seven",
            "47!",
            "请问是四十七吗？".trim_end_matches(['吗', '？']),
        ];
        for said in same {
            assert_eq!(digits_of(said), "47", "{said}");
        }
        assert_eq!(digits_of("yes"), "yes");
        assert_eq!(digits_of(""), "");
        let others = [
            "四十七八",
            "forty-six, no, forty-seven",
            "四十六不对四十七",
            "not 47",
            "不是四十七",
            "is it 47 or 74",
            "forty seven boxes",
            "四十七箱",
            "4.7",
            "the number is not 47",
        ];
        for said in others {
            assert_ne!(digits_of(said), "47", "{said}");
        }
        for said in ["一百九十五 please", "数字是一九五"] {
            assert_eq!(digits_of(said), "195", "{said}");
        }
    }
}
