//! A sentence as tokens: one Han character, one word of letters, one number, one mark.
//!
//! Both sides of every comparison come through here, so that width, case, accents, traditional
//! characters, plurals and titles make no difference.

use std::borrow::Cow;
use unicode_normalization::char::decompose_canonical;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Han,
    /// A word of letters.
    Word,
    /// Digits, with decimals where there are some.
    Digits,
    /// A pause: a comma, a full stop.
    Pause,
    Question,
    /// Any other mark: quotes, a minus, brackets.
    Mark,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// As it was said, in small letters.
    pub text: String,
    /// As it is looked up: a word without its plural.
    pub key: String,
}

/// The longest sentence that is read, in characters; what is longer says too much.
pub(super) const SENTENCE_CHARS_MAX: usize = 400;

/// A character as it is compared: of plain width and without accents. Marks that are not spoken are
/// blanks, numerals of bank notes the plain ones.
fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '·' | '•' | '®' | '™' | '©' => ' ',
        '’' | '‘' | '`' | '´' => '\'',
        '甚' => '什',
        '妳' => '你',
        '壹' => '一',
        '贰' => '二',
        '叁' => '三',
        '肆' => '四',
        '柒' => '七',
        '捌' => '八',
        '玖' => '九',
        '佰' => '百',
        '仟' => '千',
        c if c.is_ascii() || is_han(c) => c,
        c => unaccented(c),
    }
}

/// The letter of a letter with an accent.
fn unaccented(c: char) -> char {
    let mut letter = None;
    decompose_canonical(c, |part| {
        if letter.is_none() {
            letter = Some(part);
        }
    });
    letter.filter(|l| l.is_ascii_alphabetic()).unwrap_or(c)
}

/// A text in simplified characters. Only what has Han characters is looked at.
fn simplified(text: &str) -> Cow<'_, str> {
    if text.contains(is_han) { Cow::Owned(hanconv::t2s(text)) } else { Cow::Borrowed(text) }
}

/// True for a character that is a word by itself.
fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇')
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let text = match text.char_indices().nth(SENTENCE_CHARS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let chars: Vec<char> =
        simplified(text).chars().map(plain).flat_map(char::to_lowercase).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let rest = &chars[at..];
        let len = if is_han(c) {
            out.push(token(TokenKind::Han, &rest[..1]));
            1
        } else if c.is_ascii_digit() {
            let len = number_len(rest);
            out.push(token(TokenKind::Digits, &rest[..len]));
            len
        } else if c.is_alphabetic() {
            let inside = |c: &char| (c.is_alphabetic() && !is_han(*c)) || *c == '\'';
            let len = rest.iter().take_while(|c| inside(c)).count();
            out.push(token(TokenKind::Word, &rest[..len]));
            len
        } else {
            let joins = c == '-' && at > 0 && chars[at - 1].is_alphanumeric();
            if !c.is_whitespace() && !joins {
                out.push(token(mark(c), &rest[..1]));
            }
            1
        };
        at += len;
    }
    out
}

fn mark(c: char) -> TokenKind {
    match c {
        ',' | '.' | ';' | '!' | '，' | '。' | '、' | '；' | '！' | '…' | '~' => {
            TokenKind::Pause
        }
        '?' | '？' => TokenKind::Question,
        _ => TokenKind::Mark,
    }
}

/// The length of the number at the front: digits, and decimals only where digits follow a point.
fn number_len(chars: &[char]) -> usize {
    let digits = |from: usize| chars[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(0);
    let point = chars.get(whole) == Some(&'.');
    let decimals = if point { digits(whole + 1) } else { 0 };
    if decimals > 0 { whole + 1 + decimals } else { whole }
}

fn token(kind: TokenKind, chars: &[char]) -> Token {
    let text: String = chars.iter().collect();
    let key = if kind == TokenKind::Word { singular(&text) } else { text.clone() };
    Token { kind, text, key }
}

/// Titles by their short forms: recognisers write both.
const TITLES: [(&str, &str); 3] = [("doctor", "dr"), ("mister", "mr"), ("saint", "st")];

/// Endings that a word and its plural share once both are cut: cookie and cookies, knife and knives,
/// shoe and shoes, quiche and quiches.
const ENDS: [(&str, &str); 7] =
    [("ies", "y"), ("ie", "y"), ("ves", "f"), ("ve", "f"), ("fe", "f"), ("oes", "o"), ("oe", "o")];

/// A word as it is compared: near enough to its singular, the same for one and for many. It need not
/// be a word.
fn singular(word: &str) -> String {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let word = TITLES.iter().find(|(long, _)| *long == word).map_or(word, |(_, short)| *short);
    if word.len() < 4 || word.ends_with("ss") {
        return word.to_owned();
    }
    let known = ENDS.iter().find_map(|(end, one)| {
        let stem = word.strip_suffix(end).filter(|stem| stem.len() > 2)?;
        Some(format!("{stem}{one}"))
    });
    if let Some(known) = known {
        return known;
    }
    let hissing = ["sses", "xes", "ches", "shes", "che", "she", "sse"];
    if let Some(end) = hissing.iter().find(|end| word.ends_with(**end)) {
        let cut = if end.ends_with('s') { 2 } else { 1 };
        return word[..word.len() - cut].to_owned();
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// True for a word of letters that is said of more than one: eggs, not egg.
pub(super) fn is_plural(token: &Token) -> bool {
    let many = token.text.ends_with('s') && !token.text.ends_with("ss");
    token.kind == TokenKind::Word && many && !token.text.ends_with("'s") && token.text != token.key
}

/// Words as they were said: blanks between those of letters.
pub(super) fn as_said(said: &[Token]) -> String {
    let mut out = String::new();
    for (at, token) in said.iter().enumerate() {
        let joins = at == 0 || said[at - 1].kind == TokenKind::Han || token.kind == TokenKind::Han;
        if !joins && token.kind != TokenKind::Pause && token.kind != TokenKind::Question {
            out.push(' ');
        }
        out.push_str(&token.text);
    }
    out
}

/// A text as it is compared where two are to be told apart: its tokens, with blanks between words.
pub fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = TokenKind::Han;
    for token in tokens(text) {
        if matches!(token.kind, TokenKind::Pause | TokenKind::Question) {
            continue;
        }
        if before != TokenKind::Han && token.kind != TokenKind::Han {
            out.push(' ');
        }
        before = token.kind;
        out.push_str(&token.key);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_into_what_is_said() {
        let keys = |text| tokens(text).into_iter().map(|t| t.key).collect::<Vec<_>>().join("|");
        assert_eq!(keys("买２箱Ｗater，谢谢"), "买|2|箱|water|，|谢|谢".replace('，', ","));
        assert_eq!(keys("twenty-one boxes of 7up"), "twenty|one|box|of|7|up");
        assert_eq!(keys("1.5kg tomatoes."), "1.5|kg|tomato|.");
        assert_eq!(keys("-2 loaves, I’d"), "-|2|loaf|,|i'd");
    }
}
