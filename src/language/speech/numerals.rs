//! Numbers as they are said, in both languages.

use super::text::{Token, TokenKind};
use chinese_number::{
    ChineseCase, ChineseCountMethod, ChineseToNumber, ChineseVariant, NumberToChinese,
};
use homepay_text::amount::plain_decimal;
use rust_decimal::Decimal;
use text2num::{Language, text2digits};

/// The largest number that is read, so that nothing overflows.
const NUMBER_MAX: u64 = 999_999_999;

/// The most words that one English number has.
const NUMBER_WORDS_MAX: usize = 10;

/// The most characters that a Chinese number has, that of [`NUMBER_MAX`]. A longer run is not looked
/// at to its end: every place of a sentence may begin a number.
const HAN_NUMERAL_CHARS_MAX: usize = 17;

/// The most digits behind 点.
const HAN_DECIMALS_MAX: usize = 18;

/// Characters of which Chinese numbers are written.
const HAN_NUMERALS: &str = "零〇一二两三四五六七八九十百千万亿";

/// Digits that are said one by one, by their value.
const HAN_DIGITS: [&str; 10] = ["零〇", "一幺", "二两", "三", "四", "五", "六", "七", "八", "九"];

/// Words of which English numbers are made. Ordinals and "dozens" are none of them.
const ENGLISH: [&str; 31] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "and",
];

/// True for a token of which numbers are made.
pub(super) fn is_numeral(token: &Token) -> bool {
    match token.kind {
        TokenKind::Digits => true,
        TokenKind::Han => HAN_NUMERALS.contains(token.text.as_str()),
        TokenKind::Word => token.text != "and" && ENGLISH.contains(&token.text.as_str()),
        TokenKind::Pause | TokenKind::Question | TokenKind::Mark => false,
    }
}

/// The number at the front, and how many tokens it takes. A run that is no number is none at all:
/// "两三" is not two.
pub(super) fn number_at(tokens: &[Token]) -> Option<(Decimal, usize)> {
    let first = tokens.first()?;
    let (value, len) = match first.kind {
        TokenKind::Digits => (plain_decimal(&first.text)?, 1),
        TokenKind::Han => han_number(tokens)?,
        TokenKind::Word => english_number(tokens)?,
        TokenKind::Pause | TokenKind::Question | TokenKind::Mark => return None,
    };
    // "3万", "two 3": what goes on as a number was not read whole.
    let goes_on = tokens.get(len).is_some_and(|next| {
        is_numeral(next) && !(next.text == "两" && first.kind != TokenKind::Word)
    });
    (!goes_on && value <= Decimal::from(NUMBER_MAX)).then_some((value, len))
}

fn han_number(tokens: &[Token]) -> Option<(Decimal, usize)> {
    let first = tokens.first()?;
    if first.text == "俩" {
        return Some((Decimal::TWO, 1));
    }
    if first.text == "仨" {
        return Some((Decimal::from(3), 1));
    }
    let numeral = |t: &Token| t.kind == TokenKind::Han && HAN_NUMERALS.contains(t.text.as_str());
    let mut len = run_within(tokens, HAN_NUMERAL_CHARS_MAX + 1, numeral)?;
    // At the end of a number 两 is the weight, not the two.
    if len > 1 && tokens[len - 1].text == "两" {
        len -= 1;
    }
    if len > HAN_NUMERAL_CHARS_MAX {
        return None;
    }
    let run: String = tokens[..len].iter().map(|t| t.text.as_str()).collect();
    let whole = han_whole(&run)?;
    let behind = tokens.get(len).filter(|t| t.text == "点").map_or(&[][..], |_| &tokens[len + 1..]);
    let count = run_within(behind, HAN_DECIMALS_MAX, |t| han_digit(&t.text).is_some())?;
    let decimals: String = behind[..count].iter().filter_map(|t| han_digit(&t.text)).collect();
    if decimals.is_empty() {
        return Some((Decimal::from(whole), len));
    }
    let value = plain_decimal(&format!("{whole}.{decimals}"))?;
    Some((value, len + 1 + decimals.len()))
}

/// How many tokens at the front are alike; none where they are more than `most`.
pub(super) fn run_within(
    tokens: &[Token],
    most: usize,
    alike: impl Fn(&Token) -> bool,
) -> Option<usize> {
    let run = tokens.iter().take(most + 1).take_while(|t| alike(t)).count();
    (run <= most).then_some(run)
}

/// A whole number in Chinese characters, written as people write it: what the crate would read
/// otherwise than it writes it is no number.
fn han_whole(run: &str) -> Option<u64> {
    let run = run.replace('两', "二").replace('〇', "零");
    let value: u64 = run.as_str().to_number(ChineseCountMethod::TenThousand).ok()?;
    let written = han_text(value)?;
    let run = run.strip_prefix("一十").map_or(run.clone(), |rest| format!("十{rest}"));
    let short = written.strip_suffix(['十', '百', '千']).is_some_and(|short| {
        // 一百二 is 120; a lone 二 is not 20.
        short == run && run.chars().count() > 2
    });
    (written == run || short).then_some(value).filter(|v| *v <= NUMBER_MAX)
}

/// True for a number whose last power was left out: 一百二 is 120, but 一百二个 may be 102.
pub(super) fn is_shortened(number: &[Token]) -> bool {
    let [.., before, last] = number else { return false };
    before.kind == TokenKind::Han
        && "百千万亿".contains(&before.text)
        && han_digit(&last.text).is_some()
}

/// A number in Chinese characters.
pub(crate) fn han_text(value: u64) -> Option<String> {
    value
        .to_chinese(ChineseVariant::Simple, ChineseCase::Lower, ChineseCountMethod::TenThousand)
        .ok()
}

fn han_digit(text: &str) -> Option<char> {
    let value = HAN_DIGITS.iter().position(|same| same.contains(text))?;
    char::from_digit(u32::try_from(value).ok()?, 10)
}

fn english_number(tokens: &[Token]) -> Option<(Decimal, usize)> {
    let known = |t: &&Token| t.kind == TokenKind::Word && ENGLISH.contains(&t.text.as_str());
    let mut words: Vec<&str> = Vec::new();
    // "a hundred" is one hundred.
    let article = tokens[0].text == "a"
        && tokens.get(1).is_some_and(|t| ["hundred", "thousand"].contains(&t.text.as_str()));
    if article {
        words.push("one");
    }
    let rest = &tokens[usize::from(article)..];
    words.extend(rest.iter().take_while(known).take(NUMBER_WORDS_MAX).map(|t| t.text.as_str()));
    // "two and a half": the longest front that is a number.
    for len in (1..=words.len()).rev() {
        if words[len - 1] != "and"
            && let Some(value) = english_digits(&words[..len])
        {
            return Some((plain_decimal(&value)?, len));
        }
    }
    None
}

fn english_digits(words: &[&str]) -> Option<String> {
    let digits = text2digits(&words.join(" "), &Language::english()).ok()?;
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)
}

/// A number that is said as an answer, as its digits: whole, or digit by digit.
pub(super) fn spoken_digits(tokens: &[Token]) -> Option<String> {
    if tokens.is_empty() || tokens.len() > NUMBER_WORDS_MAX {
        return None;
    }
    if tokens.iter().all(|t| t.kind == TokenKind::Digits && !t.text.contains('.')) {
        return Some(tokens.iter().map(|t| t.text.as_str()).collect());
    }
    if let Some((value, len)) = number_at(tokens)
        && len == tokens.len()
        && value.is_integer()
    {
        return Some(value.normalize().to_string());
    }
    tokens.iter().map(digit).collect()
}

fn digit(token: &Token) -> Option<char> {
    match token.kind {
        TokenKind::Han => han_digit(&token.text),
        TokenKind::Word if ["oh", "o"].contains(&token.text.as_str()) => Some('0'),
        TokenKind::Word => {
            let value = ENGLISH.iter().take(10).position(|word| *word == token.text)?;
            char::from_digit(u32::try_from(value).ok()?, 10)
        }
        TokenKind::Digits => token.text.parse().ok().filter(char::is_ascii_digit),
        TokenKind::Pause | TokenKind::Question | TokenKind::Mark => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::tokens;
    use super::*;

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        let table = [
            ("两", Some(("2", 1))),
            ("一百二", Some(("120", 3))),
            ("一百零五箱", Some(("105", 4))),
            ("一十二", Some(("12", 3))),
            ("两千三", Some(("2300", 3))),
            ("十两", Some(("10", 1))),
            ("二两", Some(("2", 1))),
            ("一点五", Some(("1.5", 3))),
            ("一点", Some(("1", 1))),
            ("俩", Some(("2", 1))),
            ("两三箱", None),
            ("二三十", None),
            ("十十", None),
            ("百", None),
            ("3万", None),
            ("2.5 kg", Some(("2.5", 1))),
            ("forty seven", Some(("47", 2))),
            ("a hundred eggs", Some(("100", 2))),
            ("one hundred and five", Some(("105", 4))),
            ("two and a half", Some(("2", 1))),
            ("two three", None),
            ("twenty twelve", None),
            ("second", None),
            ("hundreds", None),
            ("a", None),
        ];
        for (said, want) in table {
            let got = number_at(&tokens(said));
            let want = want.map(|(v, len)| (v.parse().expect("a decimal"), len));
            assert_eq!(got, want, "{said}");
        }
    }

    #[test]
    fn a_long_run_of_numerals_is_not_looked_at_to_its_end() {
        let largest = "九亿九千九百九十九万九千九百九十九";
        assert_eq!(largest.chars().count(), HAN_NUMERAL_CHARS_MAX);
        let read = number_at(&tokens(&format!("{largest}两米")));
        assert_eq!(read, Some((Decimal::from(NUMBER_MAX), HAN_NUMERAL_CHARS_MAX)));
        assert_eq!(number_at(&tokens("一点五五")), Some(("1.55".parse().expect("a decimal"), 4)));
        for (front, again) in
            [("", "九"), ("", "一百"), ("", "九千九百"), ("一点", "五"), ("一", "十")]
        {
            for times in [50, 100, 300] {
                let said = tokens(&format!("{front}{}", again.repeat(times)));
                let steps = std::cell::Cell::new(0);
                let counted = |_: &Token| {
                    steps.set(steps.get() + 1);
                    true
                };
                assert_eq!(run_within(&said, HAN_NUMERAL_CHARS_MAX, counted), None);
                assert_eq!(steps.get(), HAN_NUMERAL_CHARS_MAX + 1, "whatever the length");
                assert_eq!(number_at(&said), None, "{front}{again}… {times}");
            }
        }
    }

    #[test]
    fn an_answer_is_its_digits() {
        let table = [
            ("四 七", Some("47")),
            ("四十七", Some("47")),
            ("一二三四", Some("1234")),
            ("两 零 幺", Some("201")),
            ("forty-seven", Some("47")),
            ("four seven", Some("47")),
            ("two oh five", Some("205")),
            ("4 7", Some("47")),
            ("0047", Some("0047")),
            ("yes", None),
            ("四十七八", None),
            ("4.7", None),
        ];
        for (said, want) in table {
            assert_eq!(spoken_digits(&tokens(said)).as_deref(), want, "{said}");
        }
    }
}
