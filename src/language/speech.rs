//! Sentences to orders, questions and commands: a small grammar over the household's own names.
//!
//! Simple and strict. Every word of a sentence must be known and in its place, or the sentence is
//! not understood: money is never guessed with. A name is bought at once only as it is written;
//! one that merely sounds or looks like a name (one letter in a long word, another tone or a
//! neighbouring sound in Chinese) is asked about with its number, and only where a number with the
//! item's own measure word was said. What is not understood says what was heard and what is missing.
//!
//! `text` cuts a sentence into tokens; `numerals`, `quantity` and `measures` read how many;
//! `lexicon`, `names` and `sounds` know the names; `words` the small words between them; `pieces`
//! puts these over a sentence, `pairing` gives each thing its amount, and `order` makes an order of
//! them. `template` and `asked` read questions and commands, `answer` the number that confirms,
//! `slots` what other recognisers have cut up already.

mod answer;
mod asked;
mod lexicon;
mod measures;
mod names;
mod numerals;
mod order;
mod pairing;
mod pieces;
mod quantity;
mod slots;
mod sounds;
mod template;
mod text;
mod trie;
mod units;
mod words;

pub(crate) use answer::phrases_before_number;
pub(crate) use asked::{QueryIntent, templates};
pub use lexicon::Lexicon;
pub(crate) use numerals::han_text;
pub use slots::SlotItems;
pub(crate) use template::SPANS;
pub use text::normal;
pub(crate) use units::{SpokenUnit, container_words, spoken_unit, unit_words, without_count};
pub(crate) use words::{Word, phrases_of};

pub use answer::digits_of;
use homepay_domain::ids::Name;
use homepay_domain::unclear::{MissingPart, Unclear};
use rust_decimal::Decimal;

/// The days that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionSpan {
    Today,
    Month,
}

/// What a sentence orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenOrder {
    /// The items, and how many of each in the catalogue's unit.
    pub items: Vec<(Name, Decimal)>,
    /// True where a name was not heard as it is written, but as one that sounds or looks like it:
    /// nothing of it is bought before its number was said.
    pub alike: bool,
    /// True where a word ordered it, and not its amount alone.
    pub by_verb: bool,
}

/// What a sentence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    Order(SpokenOrder),
    /// Forget what was asked.
    Cancel,
    /// A number, as its digits: the answer to a confirmation.
    Number(String),
    /// How much may still be spent.
    Left {
        day_or_month: QuestionSpan,
    },
    /// What a device cost.
    Cost {
        device: Name,
        span: QuestionSpan,
    },
    /// What a run of a device would cost.
    RunCost {
        device: Name,
    },
    /// How much was spent.
    Spent(QuestionSpan),
    /// What an item costs.
    Price(Name),
    /// What was ordered last.
    LastOrder,
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
    /// What was heard, and what was missing to understand it.
    pub fn understand(&self, sentence: &str) -> Result<Utterance, Unclear> {
        let said = text::tokens(sentence);
        if said.is_empty() {
            return Err(Unclear::of(MissingPart::Words));
        }
        match asked::asked(self, &said) {
            Some(heard) => Ok(heard),
            None => order::order(self, &said),
        }
    }

    /// True where a sentence has a word that orders and a thing of the catalogue, whatever else.
    pub fn asks_for_goods(&self, sentence: &str) -> bool {
        let said = text::tokens(sentence);
        order::has_verb(&said) && order::names_goods(self, &said)
    }

    /// True where a sentence has a word that orders.
    pub fn has_verb(&self, sentence: &str) -> bool {
        order::has_verb(&text::tokens(sentence))
    }

    /// Reads a sentence that can only be an order.
    ///
    /// # Errors
    /// As [`Lexicon::understand`]; also for whatever is no order.
    pub fn order(&self, sentence: &str) -> Result<SpokenOrder, Unclear> {
        match order::order(self, &text::tokens(sentence))? {
            Utterance::Order(order) => Ok(order),
            Utterance::Which(skus) => {
                let items: Vec<usize> = skus.iter().filter_map(|sku| self.item_of(sku)).collect();
                Err(self.one_of(&items))
            }
            Utterance::Cancel
            | Utterance::Number(_)
            | Utterance::Left { .. }
            | Utterance::Cost { .. }
            | Utterance::RunCost { .. }
            | Utterance::Spent(_)
            | Utterance::Price(_)
            | Utterance::LastOrder
            | Utterance::RefundLast
            | Utterance::Freeze(_) => Err(Unclear::of(MissingPart::Request)),
        }
    }
}
