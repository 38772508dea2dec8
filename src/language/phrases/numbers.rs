//! Numbers as they are read aloud.

use crate::speech::han_text;
use homepay_domain::household::Lang;
use rust_decimal::Decimal;

const ONES: [&str; 20] = [
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
];

const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Steps of large numbers, the largest first.
const STEPS: [(u64, &str); 4] =
    [(1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred")];

/// The largest number that is put into words; what is larger is read as its digits.
const WORDS_MAX: u64 = 999_999_999_999;

/// A whole number, as it stands before a measure word: 两, 十二, 两百.
pub(super) fn whole(lang: Lang, number: u64) -> String {
    if number > WORDS_MAX {
        return number.to_string();
    }
    match lang {
        Lang::ZhCn => chinese(number),
        Lang::En => english(number),
    }
}

fn chinese(number: u64) -> String {
    let Some(text) = han_text(number) else { return number.to_string() };
    if text == "二" {
        return "两".to_owned();
    }
    let text = text.replace("二百", "两百").replace("二千", "两千");
    match text.strip_prefix('二') {
        Some(rest) if rest.starts_with(['万', '亿']) => format!("两{rest}"),
        Some(_) | None => text,
    }
}

/// A whole number in English words.
pub(crate) fn english(number: u64) -> String {
    let word = |n: u64, words: &[&str]| {
        usize::try_from(n).ok().and_then(|n| words.get(n)).copied().unwrap_or_default().to_owned()
    };
    match number {
        0..20 => word(number, &ONES),
        20..100 => {
            let tens = word(number / 10, &TENS);
            if number.is_multiple_of(10) {
                tens
            } else {
                format!("{tens}-{}", word(number % 10, &ONES))
            }
        }
        _ => {
            let step = STEPS.iter().find(|(size, _)| number >= *size);
            let (size, name) = step.copied().unwrap_or((100, "hundred"));
            let head = format!("{} {name}", english(number / size));
            match number % size {
                0 => head,
                rest => format!("{head} {}", english(rest)),
            }
        }
    }
}

/// A number with decimals: 两, 零点二五, "two point five".
pub(super) fn decimal(lang: Lang, number: Decimal) -> String {
    let text = number.normalize().to_string();
    let (before, after) = text.split_once('.').unwrap_or((&text, ""));
    let Ok(before) = before.parse::<u64>() else { return text };
    if after.is_empty() {
        return whole(lang, before);
    }
    let before = match lang {
        Lang::ZhCn => han_text(before).unwrap_or_default(),
        Lang::En => whole(lang, before),
    };
    match lang {
        Lang::ZhCn => format!("{before}点{}", digits(lang, after)),
        Lang::En => format!("{before} point {}", digits(lang, after)),
    }
}

/// Digits one by one, as a number to confirm with is read: 四七, "four seven".
pub(crate) fn digits(lang: Lang, text: &str) -> String {
    let words: Vec<String> = text
        .chars()
        .filter_map(|c| c.to_digit(10))
        .map(|digit| match lang {
            Lang::ZhCn => han_text(u64::from(digit)).unwrap_or_default(),
            Lang::En => english(u64::from(digit)),
        })
        .collect();
    match lang {
        Lang::ZhCn => words.concat(),
        Lang::En => words.join(" "),
    }
}

/// How a count is said before a measure word: 两 and 二, "two".
pub(crate) fn count_reading(lang: Lang, count: u64) -> Vec<String> {
    let mut readings = vec![whole(lang, count)];
    if lang == Lang::ZhCn
        && let Some(written) = han_text(count).filter(|written| *written != readings[0])
    {
        readings.push(written);
    }
    readings
}

/// How a number to confirm with is said: whole, and digit by digit.
pub(crate) fn confirm_readings(lang: Lang, number: u8) -> Vec<String> {
    let mut readings = vec![whole(lang, u64::from(number)), digits(lang, &number.to_string())];
    if lang == Lang::ZhCn {
        let apart: Vec<String> = readings[1].chars().map(String::from).collect();
        readings.push(apart.join(" "));
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_read_them() {
        let table = [
            (0, "零", "zero"),
            (2, "两", "two"),
            (12, "十二", "twelve"),
            (21, "二十一", "twenty-one"),
            (105, "一百零五", "one hundred five"),
            (200, "两百", "two hundred"),
            (222, "两百二十二", "two hundred twenty-two"),
            (2_000, "两千", "two thousand"),
            (20_000, "两万", "twenty thousand"),
            (
                1_234_567,
                "一百二十三万四千五百六十七",
                "one million two hundred thirty-four thousand \
              five hundred sixty-seven",
            ),
        ];
        for (number, zh, en) in table {
            assert_eq!(whole(Lang::ZhCn, number), zh);
            assert_eq!(whole(Lang::En, number), en);
        }
        assert_eq!(decimal(Lang::ZhCn, Decimal::new(25, 2)), "零点二五");
        assert_eq!(decimal(Lang::En, Decimal::new(250, 2)), "two point five");
        assert_eq!(digits(Lang::ZhCn, "47"), "四七");
        assert_eq!(digits(Lang::En, "40"), "four zero");
    }
}
