//! A sentence as tokens: one Han character, one word of letters, one number, one mark.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One Han character.
    Han,
    /// A word of letters.
    Word,
    /// Digits, with decimals where there are some.
    Digits,
    /// A pause: a comma, a full stop.
    Pause,
    /// A question mark.
    Question,
    /// Any other mark: quotes, a minus, brackets.
    Mark,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// As it was said, in small letters.
    pub text: String,
    /// As it is looked up: a word without its plural.
    pub key: String,
}

/// Traditional forms of the characters of which the small words are made; recognisers write them
/// now and then. Names need none: they are found by their sound.
const TRADITIONAL: [(char, char); 40] = [
    ('買', '买'),
    ('兩', '两'),
    ('個', '个'),
    ('請', '请'),
    ('幫', '帮'),
    ('給', '给'),
    ('來', '来'),
    ('點', '点'),
    ('訂', '订'),
    ('單', '单'),
    ('謝', '谢'),
    ('這', '这'),
    ('麼', '么'),
    ('嗎', '吗'),
    ('們', '们'),
    ('還', '还'),
    ('錢', '钱'),
    ('塊', '块'),
    ('張', '张'),
    ('條', '条'),
    ('盒', '盒'),
    ('罐', '罐'),
    ('聽', '听'),
    ('雙', '双'),
    ('萬', '万'),
    ('億', '亿'),
    ('凍', '冻'),
    ('結', '结'),
    ('廚', '厨'),
    ('響', '响'),
    ('機', '机'),
    ('幾', '几'),
    ('沒', '没'),
    ('別', '别'),
    ('購', '购'),
    ('麻', '麻'),
    ('煩', '烦'),
    ('幣', '币'),
    ('費', '费'),
    ('礦', '矿'),
];

/// The longest sentence that is read, in characters; what is longer says too much.
pub(super) const SENTENCE_CHARS_MAX: usize = 400;

/// A character as it is compared: small, of plain width, simplified where it is a small word's.
fn plain(c: char) -> char {
    let c = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '’' | '‘' => '\'',
        c => c,
    };
    TRADITIONAL.iter().find(|(old, _)| *old == c).map_or(c, |(_, new)| *new)
}

/// True for a character that is a word by itself.
fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇')
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> =
        text.chars().take(SENTENCE_CHARS_MAX).map(plain).flat_map(char::to_lowercase).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let rest = &chars[at..];
        let len = if is_han(c) {
            out.push(token(Kind::Han, &rest[..1]));
            1
        } else if c.is_ascii_digit() {
            let len = number_len(rest);
            out.push(token(Kind::Digits, &rest[..len]));
            len
        } else if c.is_alphabetic() {
            let inside = |c: &char| (c.is_alphabetic() && !is_han(*c)) || *c == '\'';
            let len = rest.iter().take_while(|c| inside(c)).count();
            out.push(token(Kind::Word, &rest[..len]));
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

fn mark(c: char) -> Kind {
    match c {
        ',' | '.' | ';' | '!' | '，' | '。' | '、' | '；' | '！' | '…' | '~' => Kind::Pause,
        '?' | '？' => Kind::Question,
        _ => Kind::Mark,
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

fn token(kind: Kind, chars: &[char]) -> Token {
    let text: String = chars.iter().collect();
    let key = if kind == Kind::Word { singular(&text) } else { text.clone() };
    Token { kind, text, key }
}

/// An English word without its plural, near enough: both sides of a comparison are treated alike.
fn singular(word: &str) -> String {
    let word = word.strip_suffix("'s").unwrap_or(word);
    if word.len() < 4 {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ves") {
        return format!("{stem}f");
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    let hissing = ["sses", "xes", "ches", "shes", "oes"];
    if hissing.iter().any(|end| word.ends_with(end)) {
        return word[..word.len() - 2].to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        Some(_) | None => word.to_owned(),
    }
}

/// A text as it is compared where two are to be told apart: its tokens, with blanks between words.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = Kind::Han;
    for token in tokens(text) {
        if matches!(token.kind, Kind::Pause | Kind::Question) {
            continue;
        }
        if before != Kind::Han && token.kind != Kind::Han {
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
