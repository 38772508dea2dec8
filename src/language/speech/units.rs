//! Measure words as they are said back, and listed for others.

use super::measures::{FIXED, Measure, Measures, ROWS, means, row, same};
use super::text::tokens;
use homepay_domain::household::Lang;

/// A measure word as a language says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpokenUnit {
    /// One by one: English says nothing between the number and the thing.
    Piece,
    /// A word for one and for more.
    Word(String, String),
    /// Money: the number is an amount.
    Money,
}

/// The catalogue's measure word in a language; an unknown one is said as it is written.
pub(crate) fn spoken_unit(unit: &str, lang: Lang) -> SpokenUnit {
    let said = tokens(unit);
    let measure = Measures::known(&said);
    let as_written = || SpokenUnit::Word(unit.to_owned(), unit.to_owned());
    let both = |zh: &str, en: &str| match lang {
        Lang::ZhCn => SpokenUnit::Word(zh.to_owned(), zh.to_owned()),
        Lang::En => SpokenUnit::Word(en.to_owned(), plural(en)),
    };
    match measure {
        None => as_written(),
        Some(Measure::Piece) if lang == Lang::En => SpokenUnit::Piece,
        Some(Measure::Piece) => both("个", "piece"),
        Some(Measure::Portion) => both("份", "portion"),
        Some(Measure::Dozen) => both("打", "dozen"),
        Some(Measure::Money) => SpokenUnit::Money,
        Some(Measure::Block) => both("块", "bar"),
        Some(Measure::Grams(_) | Measure::Millilitres(_)) => weight(measure, lang, unit),
        Some(Measure::Counted(index)) => {
            let own = row(index).filter(|row| row.lang == lang).is_some();
            let other = ROWS.iter().position(|r| {
                r.lang == lang && means(index).first().is_some_and(|m| r.means.contains(m))
            });
            match (own, other.and_then(row)) {
                (true, _) if lang == Lang::En => {
                    let one = said.iter().map(|t| t.key.as_str()).collect::<Vec<_>>().join(" ");
                    SpokenUnit::Word(one.clone(), plural(&one))
                }
                (false, Some(row)) => both(row.words[0], row.words[0]),
                (true | false, _) => as_written(),
            }
        }
    }
}

/// Words for what holds goods (箱, "bottles"): they count nothing else, as 个 and 分 do.
pub(crate) fn container_words(lang: Lang) -> Vec<String> {
    let words = ROWS.iter().filter(|row| row.lang == lang).flat_map(|row| row.words);
    let both = words.flat_map(|word| match lang {
        Lang::ZhCn => vec![(*word).to_owned()],
        Lang::En => vec![(*word).to_owned(), plural(word)],
    });
    both.collect()
}

fn weight(measure: Option<Measure>, lang: Lang, unit: &str) -> SpokenUnit {
    let words = FIXED.iter().find(|(m, _)| Some(*m) == measure).map(|(_, words)| *words);
    let long = words.into_iter().flatten().copied().filter(|w| w.is_ascii() == (lang == Lang::En));
    let word = match lang {
        Lang::ZhCn => long.into_iter().next(),
        // "kilo" before "kg" and "gram" before "g": abbreviations are not words.
        Lang::En => long.into_iter().find(|w| w.len() > 2),
    };
    let word = word.unwrap_or(unit);
    match lang {
        Lang::ZhCn => SpokenUnit::Word(word.to_owned(), word.to_owned()),
        Lang::En => SpokenUnit::Word(word.to_owned(), plural(word)),
    }
}

fn plural(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("af") {
        return format!("{stem}aves");
    }
    let hissing = ["x", "ss", "ch", "sh"].iter().any(|end| word.ends_with(end));
    if word == "dozen" || word == "jin" {
        word.to_owned()
    } else if hissing {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

/// A name without the number of pieces in one of it: "矿泉水 24 瓶" is said 矿泉水. Weights and
/// volumes stay: they tell two sorts apart.
pub(crate) fn without_count(name: &str) -> &str {
    let words: Vec<&str> = name.split_whitespace().collect();
    let [.., count, unit] = words[..] else { return name };
    let counted = matches!(
        Measures::known(&tokens(unit)),
        Some(Measure::Counted(_) | Measure::Piece | Measure::Portion | Measure::Block)
    );
    if words.len() < 3 || !counted || !count.bytes().all(|b| b.is_ascii_digit()) {
        return name;
    }
    name.rfind(count).map_or(name, |at| name[..at].trim_end())
}

/// Every word of a language that fits the catalogue's measure.
pub(crate) fn unit_words(unit: &str, lang: Lang) -> Vec<String> {
    let of_lang = |words: &[&str]| -> Vec<String> {
        let words = words.iter().filter(|w| w.is_ascii() == (lang == Lang::En));
        words
            .flat_map(|w| {
                if lang == Lang::En {
                    vec![(*w).to_owned(), plural(w)]
                } else {
                    vec![(*w).to_owned()]
                }
            })
            .collect()
    };
    match Measures::known(&tokens(unit)) {
        None => vec![unit.to_owned()],
        Some(Measure::Counted(of)) => {
            let fitting = (0..ROWS.len()).filter(|said| same(*said, of)).filter_map(row);
            fitting.filter(|r| r.lang == lang).flat_map(|r| of_lang(r.words)).collect()
        }
        Some(
            measure @ (Measure::Piece
            | Measure::Portion
            | Measure::Dozen
            | Measure::Grams(_)
            | Measure::Millilitres(_)
            | Measure::Money
            | Measure::Block),
        ) => {
            let words = FIXED.iter().find(|(m, _)| *m == measure).map(|(_, words)| *words);
            words.map(of_lang).unwrap_or_default()
        }
    }
}
