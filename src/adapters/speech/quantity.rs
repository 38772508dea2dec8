//! How many, by which measure, at the front of a sentence.

use super::measures::{Measure, Measures, Quantity};
use super::numerals::number_at;
use super::text::{Kind, Token};
use rust_decimal::Decimal;

/// One half.
fn half() -> Decimal {
    Decimal::new(5, 1)
}

/// Reads on through the words of one quantity.
struct Reader<'a> {
    measures: &'a Measures,
    tokens: &'a [Token],
    at: usize,
}

/// The quantity at the front, and how many tokens it takes.
pub(super) fn quantity_at(measures: &Measures, tokens: &[Token]) -> Option<(Quantity, usize)> {
    let mut reader = Reader { measures, tokens, at: 0 };
    let quantity = reader.halves().or_else(|| reader.numbered()).or_else(|| reader.alone())?;
    Some((quantity, reader.at))
}

impl<'a> Reader<'a> {
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
    fn halves(&mut self) -> Option<Quantity> {
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

    /// 两箱, 一斤半, "two and a half kilos", "a couple of boxes", "another box".
    fn numbered(&mut self) -> Option<Quantity> {
        let start = self.at;
        // 俩 and 仨 hold their measure word.
        let holds = self.rest().first().is_some_and(|t| ["俩", "仨"].contains(&t.text.as_str()));
        let mut count = if let Some((count, len)) = number_at(self.rest()) {
            self.at += len;
            count
        } else if self.words(&["a", "couple", "of"])
            || self.words(&["a", "couple"])
            || self.words(&["couple", "of"])
        {
            Decimal::TWO
        } else if self.word(&["a", "an", "another"]) {
            Decimal::ONE
        } else {
            return None;
        };
        self.word(&["more"]);
        if self.words(&["and", "a", "half"]) {
            count += half();
        }
        let measure = self.measure().or(holds.then_some(Measure::Piece));
        let found = self.measured(count, measure);
        if found.is_none() {
            self.at = start;
        }
        found
    }

    /// 来瓶醋: a measure word without a number is one of it.
    fn alone(&mut self) -> Option<Quantity> {
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
        self.at += len;
        let quantity = self.measured(Decimal::ONE, Some(measure))?;
        Some(Quantity { alone: true, ..quantity })
    }

    /// What follows a measure word: 半, a second measure after a dozen, 五毛 after 块.
    fn measured(&mut self, count: Decimal, measure: Option<Measure>) -> Option<Quantity> {
        let plain = Quantity { count, measure, dozens: false, alone: false };
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
                Some(Quantity { count, measure, dozens: true, alone: false })
            }
            Some(Measure::Money | Measure::Block) => Some(self.money(plain)),
            Some(
                Measure::Counted(_)
                | Measure::Piece
                | Measure::Portion
                | Measure::Grams(_)
                | Measure::Millilitres(_),
            ) => {
                let more = self.word(&["半"]) || self.words(&["and", "a", "half"]);
                Some(Quantity { count: count + if more { half() } else { Decimal::ZERO }, ..plain })
            }
        }
    }

    /// 五毛, 五角钱.
    fn cents(&mut self, count: Decimal) -> Option<Quantity> {
        if !self.word(&["毛", "角"]) {
            return None;
        }
        self.word(&["钱"]);
        let count = count.checked_div(Decimal::TEN)?;
        Some(Quantity { count, measure: Some(Measure::Money), dozens: false, alone: false })
    }

    /// 三十五块五, 三块五毛钱; 五块 alone may be five bars.
    fn money(&mut self, plain: Quantity) -> Quantity {
        let tenths = number_at(self.rest()).filter(|(tenths, len)| {
            *len == 1 && *tenths < Decimal::TEN && self.rest()[0].kind == Kind::Han
        });
        let Some((tenths, len)) = tenths else {
            let money = self.word(&["钱"]);
            let measure = if money { Some(Measure::Money) } else { plain.measure };
            return Quantity { measure, ..plain };
        };
        self.at += len;
        self.word(&["毛", "角"]);
        self.word(&["钱"]);
        let count = plain.count + tenths / Decimal::TEN;
        Quantity { count, measure: Some(Measure::Money), ..plain }
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
            ("50 yuan", "50", Some(Measure::Money), 2),
        ];
        for (said, count, measure, len) in table {
            let (quantity, read) = quantity_at(&measures, &tokens(said)).expect(said);
            let count: Decimal = count.parse().expect("a decimal");
            assert_eq!((quantity.count, quantity.measure, read), (count, measure, len), "{said}");
        }
        for said in ["半", "half", "两三箱", "几箱", "dozens", "块", "several"] {
            assert_eq!(quantity_at(&measures, &tokens(said)), None, "{said}");
        }
    }
}
