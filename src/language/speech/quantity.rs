//! How many, by which measure, at the front of a sentence.

use super::measures::{Measure, Measures, SpokenQuantity};
use super::numerals::{is_numeral, is_shortened, number_at, run_within};
use super::text::{Token, TokenKind, is_plural};
use rust_decimal::Decimal;

fn half() -> Decimal {
    Decimal::new(5, 1)
}

/// Words for no number in particular.
const VAGUE: [&[&str]; 10] = [
    &["a", "few"],
    &["few"],
    &["several"],
    &["many"],
    &["lots"],
    &["a", "lot"],
    &["plenty"],
    &["a", "bunch"],
    &["若", "干"],
    &["好", "几"],
];

/// Characters that make a number of several: 几个, 十几个, 二十多个.
const SEVERAL: [&str; 3] = ["几", "多", "余"];

/// The most characters that a number of several has.
const SEVERAL_CHARS_MAX: usize = 12;

/// Reads on through the words of one quantity.
struct QuantityReader<'a> {
    measures: &'a Measures,
    tokens: &'a [Token],
    at: usize,
}

/// The quantity at the front, and how many tokens it takes.
pub(super) fn quantity_at(
    measures: &Measures,
    tokens: &[Token],
) -> Option<(SpokenQuantity, usize)> {
    let mut reader = QuantityReader { measures, tokens, at: 0 };
    let quantity = reader
        .fraction()
        .or_else(|| reader.halves())
        .or_else(|| reader.vague_word())
        .or_else(|| reader.numbered())
        .or_else(|| reader.several())
        .or_else(|| reader.alone())?;
    Some((quantity, reader.at))
}

impl<'a> QuantityReader<'a> {
    fn rest(&self) -> &'a [Token] {
        &self.tokens[self.at..]
    }

    fn word(&mut self, words: &[&str]) -> bool {
        let here = self.rest().first().is_some_and(|t| words.contains(&t.text.as_str()));
        self.at += usize::from(here);
        here
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let here = self.rest().len() >= words.len()
            && self.rest().iter().zip(words).all(|(token, word)| token.text == *word);
        self.at += if here { words.len() } else { 0 };
        here
    }

    fn measure(&mut self) -> Option<Measure> {
        let (measure, len) = self.measures.at(self.rest())?;
        self.at += len;
        Some(measure)
    }

    /// 半斤, "half a dozen", "a half kilo".
    fn halves(&mut self) -> Option<SpokenQuantity> {
        let start = self.at;
        let article = self.word(&["a"]);
        if !self.word(&["half", "半"]) {
            self.at = start;
            return None;
        }
        if !article {
            self.word(&["a", "an"]);
        }
        let found = self.measure().and_then(|m| self.measured(half(), Some(m)));
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// 四分之三公斤, "three quarters of a kilo", "a quarter kilo".
    fn fraction(&mut self) -> Option<SpokenQuantity> {
        let start = self.at;
        let found = self.parted();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn parted(&mut self) -> Option<SpokenQuantity> {
        let (number, len) = match number_at(self.rest()) {
            Some(read) => read,
            None => (Decimal::ONE, usize::from(self.rest().first()?.text == "a")),
        };
        self.at += len;
        let count = if self.word(&["quarter", "quarters"]) {
            self.word(&["of"]);
            self.word(&["a", "an"]);
            number.checked_div(Decimal::from(4))?
        } else if len > 0 && self.words(&["分", "之"]) {
            let (part, len) = number_at(self.rest())?;
            self.at += len;
            part.checked_div(number)?
        } else {
            return None;
        };
        let measure = self.measure()?;
        self.measured(count, Some(measure))
    }

    /// 两箱, 一斤半, "two and a half kilos", "a couple of boxes", "another box".
    fn numbered(&mut self) -> Option<SpokenQuantity> {
        let start = self.at;
        self.number_first().or_else(|| {
            self.at = start;
            None
        })
    }

    fn number_first(&mut self) -> Option<SpokenQuantity> {
        // 俩 and 仨 hold their measure word.
        let holds = self.rest().first().is_some_and(|t| ["俩", "仨"].contains(&t.text.as_str()));
        let another = self.word(&["another"]);
        let mut shortened = false;
        let mut count = if let Some((count, len)) = number_at(self.rest()) {
            shortened = is_shortened(&self.rest()[..len]);
            self.at += len;
            count
        } else if self.words(&["a", "couple", "of"])
            || self.words(&["a", "couple"])
            || self.words(&["couple", "of"])
        {
            Decimal::TWO
        } else if another || self.word(&["a", "an"]) {
            Decimal::ONE
        } else if self.rest().first()?.text == "dozen" {
            // "dozen eggs"; 打 without a number is a verb.
            Decimal::ONE
        } else {
            return None;
        };
        self.word(&["more"]);
        if self.words(&["and", "a", "half"]) {
            count += half();
        }
        if self.word(&["几", "多", "来"]) {
            let measure = self.measure()?;
            return Some(SpokenQuantity::vague(Some(measure)));
        }
        let measure = self.measure().or(holds.then_some(Measure::Piece));
        let vague = shortened && !matches!(measure, None | Some(Measure::Money | Measure::Block));
        let quantity = self.measured(count, measure)?;
        Some(SpokenQuantity { vague: vague || quantity.vague, ..quantity })
    }

    /// "a few boxes", 若干箱: no number at all.
    fn vague_word(&mut self) -> Option<SpokenQuantity> {
        if !VAGUE.iter().any(|words| self.words(words)) {
            return None;
        }
        self.word(&["of"]);
        let measure = self.measure();
        self.word(&["of"]);
        Some(SpokenQuantity::vague(measure))
    }

    /// 几箱, 两三箱: characters of numbers that are none.
    fn several(&mut self) -> Option<SpokenQuantity> {
        let start = self.at;
        let numeral = |t: &Token| {
            t.kind == TokenKind::Han && (is_numeral(t) || SEVERAL.contains(&t.text.as_str()))
        };
        let run = run_within(self.rest(), SEVERAL_CHARS_MAX, numeral)?;
        self.at += run;
        let measure = self.measure().filter(|_| run > 0);
        if measure.is_none() {
            self.at = start;
            return None;
        }
        Some(SpokenQuantity::vague(measure))
    }

    /// 来瓶醋: a measure word without a number is one of it; "bottles of" are no number.
    fn alone(&mut self) -> Option<SpokenQuantity> {
        let (measure, len) = self.measures.at(self.rest())?;
        let fits = match measure {
            Measure::Counted(_) | Measure::Piece | Measure::Portion | Measure::Millilitres(_) => {
                true
            }
            Measure::Grams(grams) => grams >= 500,
            // 打 alone is a verb, 块 alone is nothing.
            Measure::Dozen | Measure::Money | Measure::Block => false,
        };
        if !fits {
            return None;
        }
        let plural = is_plural(&self.rest()[len - 1]);
        self.at += len;
        let quantity = self.measured(Decimal::ONE, Some(measure))?;
        Some(SpokenQuantity { alone: true, vague: plural, ..quantity })
    }

    /// What follows a measure word: 半, a second measure after a dozen, 五毛 after 块.
    fn measured(&mut self, count: Decimal, measure: Option<Measure>) -> Option<SpokenQuantity> {
        let plain = SpokenQuantity::plain(count, measure);
        match measure {
            None => self.cents(count).or(Some(plain)),
            Some(Measure::Dozen) => {
                let more = self.word(&["半"]) || self.words(&["and", "a", "half"]);
                let dozens = count + if more { half() } else { Decimal::ZERO };
                let count = dozens.checked_mul(Decimal::from(12))?;
                let start = self.at;
                self.word(&["of"]);
                let measure = self.measure();
                if measure.is_none() {
                    self.at = start;
                }
                Some(SpokenQuantity { dozens: true, ..SpokenQuantity::plain(count, measure) })
            }
            Some(Measure::Money | Measure::Block) => Some(self.money(plain)),
            // 半斤八两 is a saying, not an amount.
            Some(Measure::Grams(grams))
                if count.is_integer() && self.small_weight(grams).is_some() =>
            {
                let (more, len) = self.small_weight(grams)?;
                self.at += len;
                Some(SpokenQuantity { count: count.checked_add(more)?, ..plain })
            }
            Some(
                Measure::Counted(_)
                | Measure::Piece
                | Measure::Portion
                | Measure::Grams(_)
                | Measure::Millilitres(_),
            ) => {
                let more = self.word(&["半"]) || self.words(&["and", "a", "half"]);
                Some(SpokenQuantity {
                    count: count + if more { half() } else { Decimal::ZERO },
                    ..plain
                })
            }
        }
    }

    /// 三两 after 两斤: what a smaller weight adds, in the larger one, and its length.
    fn small_weight(&self, grams: u32) -> Option<(Decimal, usize)> {
        let (count, len) =
            number_at(self.rest()).filter(|_| self.rest()[0].kind == TokenKind::Han)?;
        match self.measures.at(&self.rest()[len..])? {
            (Measure::Grams(small), more) if small < grams => {
                let part = count.checked_mul(Decimal::from(small))?;
                Some((part.checked_div(Decimal::from(grams))?, len + more))
            }
            _ => None,
        }
    }

    fn cents(&mut self, count: Decimal) -> Option<SpokenQuantity> {
        if !self.word(&["毛", "角"]) {
            return None;
        }
        self.word(&["钱"]);
        let count = count.checked_div(Decimal::TEN)?;
        Some(SpokenQuantity::plain(count, Some(Measure::Money)))
    }

    /// 三十五块五, 三块五毛钱; 五块 alone may be five bars.
    fn money(&mut self, plain: SpokenQuantity) -> SpokenQuantity {
        let tenths = number_at(self.rest()).filter(|(tenths, len)| {
            *len == 1 && *tenths < Decimal::TEN && self.rest()[0].kind == TokenKind::Han
        });
        let Some((tenths, len)) = tenths else {
            let money = self.word(&["钱"]);
            let measure = if money { Some(Measure::Money) } else { plain.measure };
            return SpokenQuantity { measure, ..plain };
        };
        self.at += len;
        self.word(&["毛", "角"]);
        self.word(&["钱"]);
        let count = plain.count + tenths / Decimal::TEN;
        SpokenQuantity { count, measure: Some(Measure::Money), ..plain }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::tokens;
    use super::*;

    #[test]
    fn quantities_are_read_to_their_end() {
        let measures = Measures::new();
        let grams = |g| Some(Measure::Grams(g));
        let table = [
            ("半斤", "0.5", grams(500), 2),
            ("一斤半", "1.5", grams(500), 3),
            ("二两", "2", grams(50), 2),
            ("两公斤", "2", grams(1_000), 3),
            ("三十五块五", "35.5", Some(Measure::Money), 5),
            ("五十块钱", "50", Some(Measure::Money), 4),
            ("三块五毛钱", "3.5", Some(Measure::Money), 5),
            ("五毛", "0.5", Some(Measure::Money), 2),
            ("五块", "5", Some(Measure::Block), 2),
            ("一打", "12", None, 2),
            ("half a dozen", "6", None, 3),
            ("a dozen", "12", None, 2),
            ("two and a half kilos", "2.5", grams(1_000), 5),
            ("a kilo and a half", "1.5", grams(1_000), 5),
            ("half a kilo", "0.5", grams(1_000), 3),
            ("a couple of", "2", None, 3),
            ("another", "1", None, 1),
            ("another two", "2", None, 2),
            ("dozen", "12", None, 1),
            ("两斤三两", "2.3", grams(500), 4),
            ("四分之三公斤", "0.75", grams(1_000), 6),
            ("three quarters of a kilo", "0.75", grams(1_000), 5),
            ("a quarter kilo", "0.25", grams(1_000), 3),
            ("a hundred and twenty", "120", None, 4),
            ("50 yuan", "50", Some(Measure::Money), 2),
        ];
        for (said, count, measure, len) in table {
            let (quantity, read) = quantity_at(&measures, &tokens(said)).expect(said);
            let count: Decimal = count.parse().expect("a decimal");
            assert_eq!((quantity.count, quantity.measure, read), (count, measure, len), "{said}");
        }
        for said in ["半", "half", "dozens", "块"] {
            assert_eq!(quantity_at(&measures, &tokens(said)), None, "{said}");
        }
        let vague = [
            "两三箱",
            "几箱",
            "several",
            "一百二个",
            "两千三斤",
            "十几个",
            "二十多箱",
            "bottles of",
            "a few boxes",
            "lots of",
        ];
        for said in vague {
            let read = quantity_at(&measures, &tokens(said)).expect(said);
            assert!(read.0.vague, "{said}: {read:?}");
        }
        for said in ["一百二十个", "一百二块", "a bottle of", "来两千三百斤"] {
            let read = quantity_at(&measures, &tokens(said.trim_start_matches('来')));
            assert!(!read.expect(said).0.vague, "{said}");
        }
    }
}
