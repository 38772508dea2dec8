//! Sentences to orders, questions and commands: a small grammar over the household's own names.
//!
//! Simple and strict. Every word of a sentence must be known and in its place, or the sentence is
//! not understood: money is never guessed with. Names may be a little off (one letter in a long
//! word, another tone or a neighbouring sound in Chinese), but only one of a sentence, only where
//! no other item is as near, and never beside a name that was heard exactly.
//!
//! `text` cuts a sentence into tokens; `numerals`, `quantity` and `measures` read how many;
//! `lexicon` and `sounds` know the names; `words` the small words between them; `pieces` puts
//! these over a sentence and `order` makes an order of them. `template` and `asked` read questions
//! and commands, `slots` what other recognisers have cut up already.

mod asked;
mod lexicon;
mod measures;
mod numerals;
mod order;
mod pieces;
mod quantity;
mod slots;
mod sounds;
mod template;
mod text;
mod trie;
mod units;
mod words;

pub(crate) use asked::{Wanted, templates};
pub use lexicon::Lexicon;
pub(crate) use numerals::han_text;
pub(crate) use template::SPANS;
pub(crate) use text::normal;
pub(crate) use units::{Spoken, spoken_unit, unit_words, without_count};

use crate::domain::ids::Name;
use crate::domain::reply::Code;
use rust_decimal::Decimal;

/// The days that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The local day.
    Today,
    /// The calendar month.
    Month,
}

/// What a sentence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// Buy these, so many of each in the catalogue's unit.
    Order(Vec<(Name, Decimal)>),
    /// Forget what was asked.
    Cancel,
    /// A number, as its digits: the answer to a confirmation.
    Number(String),
    /// How much may still be spent.
    Left {
        /// In which period.
        day_or_month: Span,
    },
    /// What a device cost.
    Cost {
        /// The device.
        device: Name,
        /// In which period.
        span: Span,
    },
    /// What a run of a device would cost.
    RunCost {
        /// The device.
        device: Name,
    },
    /// Give back what the last order cost.
    RefundLast,
    /// Freeze a device, or the whole home.
    Freeze(Option<Name>),
    /// Something was named that more than one item may be, or that no item is quite called: ask
    /// which of these is meant. Never an order.
    Which(Vec<Name>),
}

impl Lexicon {
    /// Reads a sentence.
    ///
    /// # Errors
    /// `unknown_item` when nothing known is named, `not_understood` when it is not clear what is
    /// meant.
    pub fn understand(&self, sentence: &str) -> Result<Utterance, Code> {
        let said = text::tokens(sentence);
        match asked::asked(self, &said) {
            Some(heard) => Ok(heard),
            None => order::order(self, &said),
        }
    }

    /// Reads a sentence that can only be an order.
    ///
    /// # Errors
    /// As [`Lexicon::understand`]; whatever is no order is `not_understood`.
    pub fn order(&self, sentence: &str) -> Result<Vec<(Name, Decimal)>, Code> {
        match order::order(self, &text::tokens(sentence))? {
            Utterance::Order(lines) => Ok(lines),
            Utterance::Cancel
            | Utterance::Number(_)
            | Utterance::Left { .. }
            | Utterance::Cost { .. }
            | Utterance::RunCost { .. }
            | Utterance::RefundLast
            | Utterance::Freeze(_)
            | Utterance::Which(_) => Err(Code::NotUnderstood),
        }
    }
}

/// A spoken number as digits: `47`, `四十七`, `forty-seven`, `四 七` and ` 47。` are the same. What
/// is no number comes back as its letters.
pub fn digits_of(answer: &str) -> String {
    let pauses = |t: &text::Token| matches!(t.kind, text::Kind::Pause | text::Kind::Question);
    let said: Vec<text::Token> = text::tokens(answer).into_iter().filter(|t| !pauses(t)).collect();
    numerals::spoken_digits(&said)
        .unwrap_or_else(|| answer.chars().filter(|c| c.is_alphanumeric()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spoken_number_is_its_digits() {
        let same = ["47", " 47。", "四十七", "forty-seven", "四 七", "４７", "forty seven."];
        for said in same {
            assert_eq!(digits_of(said), "47", "{said}");
        }
        assert_eq!(digits_of("yes"), "yes");
        assert_eq!(digits_of(""), "");
    }
}
