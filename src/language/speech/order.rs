//! Pieces to an order: every thing with its own quantity, nothing left over, nothing guessed.

use super::lexicon::Lexicon;
use super::measures::{Measure, SpokenQuantity, Unsaid, comes_singly, in_bounds, unsaid};
use super::pairing::{Pair, pairs};
use super::pieces::{Named, PlacedPiece, SentencePiece, alike_pieces, pieces};
use super::text::{Token, as_said};
use super::words::{Word, word_at};
use super::{SpokenOrder, Utterance};
use homepay_domain::ids::Name;
use homepay_domain::unclear::{MissingPart, Unclear};
use rust_decimal::Decimal;
use std::ops::Range;

/// How many things one sentence may order.
const THINGS_MAX: usize = 20;

/// A sentence being read as an order.
pub(super) struct Sentence<'a> {
    pub lexicon: &'a Lexicon,
    pub said: &'a [Token],
    pub pieces: Vec<PlacedPiece>,
}

/// Reads a sentence as an order.
pub(super) fn order(lexicon: &Lexicon, said: &[Token]) -> Result<Utterance, Unclear> {
    let pieces = match pieces(lexicon, said) {
        Ok(pieces) => pieces,
        Err(span) => return Err(Unclear::heard(MissingPart::Number, as_said(&said[span]))),
    };
    let sentence = Sentence { lexicon, said, pieces };
    let missing = match sentence.order() {
        Ok(order) => return Ok(Utterance::Order(order)),
        Err(missing) => missing,
    };
    // What is only alike is asked about; what only holds the words of a name, too.
    let alike = alike_pieces(lexicon, said).map(|pieces| Sentence { lexicon, said, pieces });
    if let Some(order) = alike.and_then(|sentence| sentence.order().ok()) {
        return Ok(Utterance::Order(SpokenOrder { alike: true, ..order }));
    }
    sentence.which().ok_or(missing)
}

/// True where a word orders something.
pub(super) fn has_verb(said: &[Token]) -> bool {
    let orders = |word| {
        matches!(word, Word::Verb | Word::VerbSome | Word::Ask | Word::May | Word::Add | Word::Deed)
    };
    (0..said.len()).any(|at| word_at(&said[at..]).is_some_and(|(word, _)| orders(word)))
}

/// True where a thing of the catalogue is named as it is written.
pub(super) fn names_goods(lexicon: &Lexicon, said: &[Token]) -> bool {
    pieces(lexicon, said)
        .map_or(true, |p| p.iter().any(|(p, _)| matches!(p, SentencePiece::Name(_))))
}

impl Sentence<'_> {
    fn has(&self, word: Word) -> bool {
        self.pieces.iter().any(|(piece, _)| *piece == SentencePiece::Word(word))
    }

    fn words(&self, span: &Range<usize>) -> String {
        as_said(&self.said[span.clone()])
    }

    fn first(&self, is: impl Fn(&SentencePiece) -> bool) -> Option<String> {
        self.pieces.iter().find(|(piece, _)| is(piece)).map(|(_, span)| self.words(span))
    }

    /// What is ordered, or what is missing for it to be an order.
    fn order(&self) -> Result<SpokenOrder, Unclear> {
        self.nothing_against_it()?;
        let by_verb = self.asks()?;
        let pairs = pairs(self)?;
        let mut items: Vec<(Name, Decimal)> = Vec::with_capacity(pairs.len());
        for pair in &pairs {
            let (sku, count) = self.line(pair)?;
            if items.iter().any(|(other, _)| *other == sku) {
                return Err(self.about(MissingPart::Once, &pair.named));
            }
            items.push((sku, count));
        }
        if items.len() > THINGS_MAX {
            return Err(Unclear::of(MissingPart::Bounds));
        }
        Ok(SpokenOrder { items, alike: false, by_verb })
    }

    /// Refuses what holds a word that is not known, or that makes something else of it.
    fn nothing_against_it(&self) -> Result<(), Unclear> {
        let is = |word: Word| move |piece: &SentencePiece| *piece == SentencePiece::Word(word);
        let named = self.pieces.iter().any(|(piece, _)| matches!(piece, SentencePiece::Name(_)));
        if let Some(word) = self.first(is(Word::Stop)) {
            return Err(Unclear::heard(MissingPart::Request, word));
        }
        let unknown = self.first(|piece| *piece == SentencePiece::Unknown);
        if let Some(word) = self.first(is(Word::Query)).filter(|_| named || unknown.is_none()) {
            return Err(Unclear::heard(MissingPart::Command, word));
        }
        match unknown {
            Some(words) if named => Err(Unclear::heard(MissingPart::Meaning, words)),
            Some(words) => Err(Unclear::heard(MissingPart::Item, words)),
            None => Ok(()),
        }
    }

    /// Whether it asks for something, by a word or by a quantity alone.
    fn asks(&self) -> Result<bool, Unclear> {
        let verb = self.has(Word::Verb) || self.has(Word::VerbSome);
        let tail = self.has(Word::Tail) || self.has(Word::Tag) || self.is_question();
        let added = self.has(Word::Add) && self.has(Word::Basket);
        let may = self.has(Word::May);
        // A question orders only where it asks the hub to.
        let asks = self.has(Word::Ask) || (self.has(Word::Tag) && verb) || (may && tail);
        if (tail || may) && !asks {
            return Err(Unclear::of(MissingPart::Command));
        }
        if !added && (self.has(Word::Add) || self.has(Word::Basket)) {
            return Err(Unclear::of(MissingPart::Verb));
        }
        let counted = self.pieces.iter().any(
            |(piece, _)| matches!(piece, SentencePiece::Quantity(q) if q.measure.is_some() || q.dozens),
        );
        let by_verb = verb || asks || added || (self.has(Word::Deed) && counted);
        if by_verb || (self.is_counted() && !self.has(Word::Weak) && !self.has(Word::Deed)) {
            return Ok(by_verb);
        }
        let named = self.pieces.iter().any(|(piece, _)| matches!(piece, SentencePiece::Name(_)));
        Err(Unclear::of(if named { MissingPart::Verb } else { MissingPart::Item }))
    }

    /// True where something is counted so that no verb is needed: by a number with a measure word, or
    /// in English by the number alone. "卷胶带" and 话费两百 may be anything.
    fn is_counted(&self) -> bool {
        self.pieces.iter().enumerate().any(|(at, (piece, _))| {
            let SentencePiece::Quantity(quantity) = piece else { return false };
            let latin =
                matches!(self.pieces.get(at + 1), Some((SentencePiece::Name(n), _)) if n.latin);
            !quantity.alone && (quantity.measure.is_some() || quantity.dozens || latin)
        })
    }

    fn is_question(&self) -> bool {
        self.pieces.iter().any(|(piece, _)| *piece == SentencePiece::Question)
    }

    /// The item of a thing, and how many of it.
    fn line(&self, pair: &Pair) -> Result<(Name, Decimal), Unclear> {
        let [item] = pair.named.items[..] else {
            return Err(self.lexicon.one_of(&pair.named.items));
        };
        let entry = &self.lexicon.items[item];
        let count = match &pair.quantity {
            None => self.one(pair, entry.unit)?,
            Some((quantity, span)) => {
                let about = |missing| Unclear {
                    heard: self.words(span).into(),
                    ..self.about(missing, &pair.named)
                };
                counted(&pair.named, quantity, entry.unit).map_err(about)?
            }
        };
        Ok((entry.sku.clone(), count))
    }

    /// One of a thing whose number was not said, where that is clear.
    fn one(&self, pair: &Pair, unit: Option<Measure>) -> Result<Decimal, Unclear> {
        let singular = pair.named.latin && !pair.named.plural;
        let many = pair.named.plural && comes_singly(unit);
        let clear = match unsaid(unit) {
            Unsaid::One => (!pair.some || singular) && !many,
            Unsaid::OneOfSingular => singular && !pair.some,
            Unsaid::Unknown => false,
        };
        if clear && !pair.named.counts {
            Ok(Decimal::ONE)
        } else {
            Err(self.about(MissingPart::Quantity, &pair.named))
        }
    }

    pub fn about(&self, missing: MissingPart, named: &Named) -> Unclear {
        match named.items.first() {
            Some(item) => self.lexicon.about(missing, *item),
            None => Unclear::of(missing),
        }
    }

    /// Where only the thing's name is not clear: the items of whose names it is a part.
    fn which(&self) -> Option<Utterance> {
        let mut unknown = self
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, (piece, _))| *piece == SentencePiece::Unknown);
        let (at, (_, span)) = unknown.next()?;
        let named = self.pieces.iter().any(|(piece, _)| matches!(piece, SentencePiece::Name(_)));
        if unknown.next().is_some() || named {
            return None;
        }
        let items = self.lexicon.holding(&self.said[span.clone()]);
        let mut pieces = self.pieces.clone();
        pieces[at].0 = SentencePiece::Name(Named {
            items: items.clone(),
            latin: true,
            plural: false,
            counts: false,
            alike: false,
        });
        let as_named = Sentence { lexicon: self.lexicon, said: self.said, pieces };
        as_named.nothing_against_it().ok()?;
        as_named.asks().ok()?;
        pairs(&as_named).ok()?;
        (!items.is_empty()).then(|| Utterance::Which(self.lexicon.skus_of(&items)))
    }
}

/// So many of an item, by the measure that it is sold by.
fn counted(
    named: &Named,
    quantity: &SpokenQuantity,
    unit: Option<Measure>,
) -> Result<Decimal, MissingPart> {
    if quantity.vague {
        return Err(MissingPart::Number);
    }
    let bare = quantity.measure.is_none() && !quantity.dozens;
    if bare && !named.latin && unit != Some(Measure::Money) {
        // 一百二酱油: so many yuan's worth, or so many bottles?
        return Err(MissingPart::Measure);
    }
    let parts = SpokenQuantity { count: quantity.count.ceil(), ..*quantity };
    match quantity.fit(unit) {
        Some(count) if in_bounds(count) => Ok(count),
        Some(_) => Err(MissingPart::Bounds),
        None if quantity.count != parts.count && parts.fit(unit).is_some() => {
            Err(MissingPart::Whole)
        }
        None if quantity.count <= Decimal::ZERO => Err(MissingPart::Bounds),
        None => Err(MissingPart::Measure),
    }
}
