//! The ways in which one name is said and written: M&M's is "m and m's", 5号电池 is 五号电池.

use super::numerals::{han_text, number_at};
use super::text::{Token, TokenKind, tokens};
use crate::phrases::english_number;

/// Every run of keys by which a name is found; none for a name that nobody can say.
pub(super) fn spellings(name: &str) -> Vec<Vec<String>> {
    let written = tokens(name);
    let said: Vec<Token> = spoken(&written);
    if said.is_empty() {
        return Vec::new();
    }
    let mut all = vec![keys(&said), keys(&written)];
    all.extend(with_and(&written));
    all.extend(without_marks(&written));
    for keys in all.clone() {
        all.extend(digits_for_numerals(&keys));
        all.extend(han_for_digits(&keys));
        all.extend(words_for_digits(&keys));
    }
    let mut out: Vec<Vec<String>> = Vec::new();
    for keys in all {
        if !keys.is_empty() && !out.contains(&keys) {
            out.push(keys);
        }
    }
    out
}

/// What is spoken of a name: marks and pauses are not.
pub(super) fn spoken(written: &[Token]) -> Vec<Token> {
    let silent =
        |t: &&Token| !matches!(t.kind, TokenKind::Pause | TokenKind::Question | TokenKind::Mark);
    written.iter().filter(silent).cloned().collect()
}

fn keys(said: &[Token]) -> Vec<String> {
    said.iter().map(|t| t.key.clone()).collect()
}

/// "&" and "+" are read aloud.
fn with_and(written: &[Token]) -> Option<Vec<String>> {
    let joins = |t: &Token| t.text == "&" || t.text == "+";
    written.iter().any(joins).then(|| {
        let spoken = written.iter().filter(|t| joins(t) || t.kind != TokenKind::Mark);
        let spoken = spoken.filter(|t| !matches!(t.kind, TokenKind::Pause | TokenKind::Question));
        spoken.map(|t| if joins(t) { "and".to_owned() } else { t.key.clone() }).collect()
    })
}

/// The letters beside a mark run together: "M&Ms", "MMs", "M and Ms".
fn without_marks(written: &[Token]) -> Vec<Vec<String>> {
    let mark = |t: &Token| t.kind == TokenKind::Mark || t.text.contains('\'');
    if !written.iter().any(mark) {
        return Vec::new();
    }
    let text: String = written.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    let bare = |text: &str| keys(&spoken(&tokens(text)));
    let no_apostrophe = text.replace('\'', "");
    let mut all = vec![bare(&no_apostrophe), bare(&no_apostrophe.replace('&', " and "))];
    let no_blank = no_apostrophe.replace(" & ", "");
    all.push(bare(&no_blank));
    all.push(keys(&tokens(&no_apostrophe)));
    all
}

fn tokens_of(keys: &[String]) -> Vec<Token> {
    tokens(&keys.join(" "))
}

/// 五号电池 is written 5号电池, too, and "seven up" 7up.
fn digits_for_numerals(keys: &[String]) -> Option<Vec<String>> {
    let said = tokens_of(keys);
    let mut out = Vec::new();
    let mut at = 0;
    while at < said.len() {
        let number = number_at(&said[at..]).filter(|_| said[at].kind != TokenKind::Digits);
        match number.filter(|(value, _)| value.is_integer()) {
            Some((value, len)) => {
                out.push(value.normalize().to_string());
                at += len;
            }
            None => {
                out.push(said[at].key.clone());
                at += 1;
            }
        }
    }
    (out != keys).then_some(out)
}

/// 5号电池 is said 五号电池.
fn han_for_digits(keys: &[String]) -> Option<Vec<String>> {
    let read = |digits: &str| han_text(digits.parse().ok()?);
    for_digits(keys, |digits| Some(read(digits)?.chars().map(String::from).collect()))
}

/// "3 Musketeers" are said "three Musketeers".
fn words_for_digits(keys: &[String]) -> Option<Vec<String>> {
    let read = |digits: &str| Some(english_number(digits.parse().ok()?));
    for_digits(keys, |digits| Some(tokens(&read(digits)?).into_iter().map(|t| t.key).collect()))
}

fn for_digits(keys: &[String], read: impl Fn(&str) -> Option<Vec<String>>) -> Option<Vec<String>> {
    let is_digits = |key: &String| key.bytes().all(|b| b.is_ascii_digit());
    if !keys.iter().any(is_digits) {
        return None;
    }
    let mut out = Vec::new();
    for key in keys {
        match Some(key).filter(|key| is_digits(key)).and_then(|key| read(key)) {
            Some(words) => out.extend(words),
            None => out.push(key.clone()),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_it_is_said_and_as_it_is_written() {
        let table: [(&str, &[&str]); 7] = [
            ("M&M's", &["m&m's", "M and M's", "m&ms", "MMs", "m and ms", "M & Ms"]),
            ("Dr. Pepper", &["dr pepper", "Dr. Pepper", "doctor pepper"]),
            ("3 Musketeers", &["3 musketeers", "three musketeers", "3 Musketeer"]),
            ("5号电池", &["五号电池", "5號電池", "５号电池"]),
            ("Häagen-Dazs", &["haagen dazs", "haagen-dazs"]),
            ("Lay's", &["lays", "lay's"]),
            ("7up", &["seven up", "7 up"]),
        ];
        for (name, said) in table {
            let known = spellings(name);
            for said in said {
                assert!(known.contains(&keys(&tokens(said))), "{name}: {said} of {known:?}");
            }
        }
        assert!(spellings("!?").is_empty());
    }
}
