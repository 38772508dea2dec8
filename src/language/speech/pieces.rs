//! A sentence as pieces: names, quantities, small words, and what is none of them.

use super::lexicon::{Lexicon, joined};
use super::measures::{Measure, SpokenQuantity, is_own};
use super::numerals::is_numeral;
use super::quantity::quantity_at;
use super::sounds::sounds;
use super::text::{Token, TokenKind, is_plural};
use super::words::{Word, word_at};
use std::ops::Range;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SentencePiece {
    Name(Named),
    Quantity(SpokenQuantity),
    Word(Word),
    Pause,
    Question,
    /// Nothing that is known.
    Unknown,
}

/// A name in a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    /// The items that answer to it: more than one is not clear.
    pub items: Vec<usize>,
    /// True where it was said in letters: Chinese counts nothing without a measure word.
    pub latin: bool,
    /// True where it was said of more than one: "eggs".
    pub plural: bool,
    /// True where the name itself reads as a quantity of something: 六个核桃.
    pub counts: bool,
    /// True where what was heard only sounds or looks like it.
    pub alike: bool,
}

/// A piece, and the tokens that it takes.
pub(super) type PlacedPiece = (SentencePiece, Range<usize>);

/// A name that was found.
struct NameMatch {
    span: Range<usize>,
    items: Vec<usize>,
    alike: bool,
}

/// How many names of one sentence may be only alike: a sentence that was heard twice wrong was
/// not heard well enough to spend money by.
const ALIKE_MAX: usize = 1;

/// The longest name that is looked for by likeness, in tokens.
const ALIKE_TOKENS_MAX: usize = 12;

/// The pieces of a sentence, with names only as they are written. `Err` with the tokens where a
/// number runs into a name: "来八八宝粥".
pub(super) fn pieces(lexicon: &Lexicon, said: &[Token]) -> Result<Vec<PlacedPiece>, Range<usize>> {
    let names = exact(lexicon, said);
    // "two 3 Musketeers", "coke zero 六罐": words of letters end where another writing begins.
    let joins = |at: usize| {
        at > 0
            && at < said.len()
            && is_numeral(&said[at - 1])
            && is_numeral(&said[at])
            && (said[at - 1].kind == TokenKind::Word) == (said[at].kind == TokenKind::Word)
    };
    match names.iter().find(|n| joins(n.span.start) || joins(n.span.end)) {
        Some(name) => Err(name.span.start.saturating_sub(1)..said.len().min(name.span.end + 1)),
        None => Ok(cut(lexicon, said, &names)),
    }
}

/// The same, where one run of unknown words is a name that it only sounds or looks like. None where
/// there is no such name, or its own amount was not said with a number and its measure word: plain
/// talk is no order.
pub(super) fn alike_pieces(lexicon: &Lexicon, said: &[Token]) -> Option<Vec<PlacedPiece>> {
    let mut names = exact(lexicon, said);
    let first = cut(lexicon, said, &names);
    let unknown: Vec<Range<usize>> = first
        .iter()
        .filter(|(p, _)| *p == SentencePiece::Unknown)
        .map(|(_, span)| span.clone())
        .collect();
    let alike = alike(lexicon, said, &names, &unknown);
    if alike.is_empty() || alike.len() > ALIKE_MAX {
        return None;
    }
    names.extend(alike);
    names.sort_by_key(|n| n.span.start);
    let cut = cut(lexicon, said, &names);
    let at =
        cut.iter().position(|(p, _)| matches!(p, SentencePiece::Name(named) if named.alike))?;
    let SentencePiece::Name(named) = &cut[at].0 else { return None };
    let [item] = named.items[..] else { return None };
    let unit = lexicon.items[item].unit;
    let counted = |piece: Option<&PlacedPiece>| {
        matches!(piece, Some((SentencePiece::Quantity(q), _))
            if !q.alone && !q.vague && is_own(unit, q.measure))
    };
    let before = cut[..at].iter().rev().find(|(p, _)| *p != SentencePiece::Word(Word::Of));
    (counted(before) || counted(cut.get(at + 1))).then_some(cut)
}

/// Names as they are written, the longest first where two begin together.
fn exact(lexicon: &Lexicon, said: &[Token]) -> Vec<NameMatch> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < said.len() {
        match lexicon.names.longest(&said[at..]) {
            Some((items, len)) => {
                let (span, items) = (at..at + len, items.to_vec());
                found.push(NameMatch { span, items, alike: false });
                at += len;
            }
            None => at += 1,
        }
    }
    found
}

/// Names that sound like, or are spelt nearly like, what is unknown. They touch no exact name:
/// an item with something unknown beside it is not understood.
fn alike(
    lexicon: &Lexicon,
    said: &[Token],
    names: &[NameMatch],
    unknown: &[Range<usize>],
) -> Vec<NameMatch> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < said.len() {
        let end = names.iter().map(|n| n.span.start).filter(|start| *start > at).min();
        let inside = names.iter().any(|n| n.span.contains(&at));
        let end = end.unwrap_or(said.len()).min(at + ALIKE_TOKENS_MAX);
        let hit = if inside { None } else { alike_at(lexicon, &said[at..end]) };
        let hit = hit.map(|(items, len)| NameMatch { span: at..at + len, items, alike: true });
        match hit.filter(|h| unknown.iter().any(|u| u.start < h.span.end && h.span.start < u.end)) {
            Some(hit) => {
                at = hit.span.end;
                found.push(hit);
            }
            None => at += 1,
        }
    }
    found
}

fn alike_at(lexicon: &Lexicon, said: &[Token]) -> Option<(Vec<usize>, usize)> {
    let han = said.iter().take_while(|t| t.kind == TokenKind::Han).count();
    if let Some(sounds) = sounds(&said[..han])
        && let Some((items, len)) = lexicon.sounds.longest_key(sounds.iter().map(String::as_str))
    {
        return Some((items.to_vec(), len));
    }
    let words = said.iter().take_while(|t| t.kind == TokenKind::Word).count();
    (1..=words).rev().find_map(|len| {
        let items = lexicon.spellings.near(&joined(&said[..len]));
        (!items.is_empty()).then_some((items, len))
    })
}

fn cut(lexicon: &Lexicon, said: &[Token], names: &[NameMatch]) -> Vec<PlacedPiece> {
    let mut out: Vec<PlacedPiece> = Vec::new();
    let mut at = 0;
    while at < said.len() {
        if let Some(name) = names.iter().find(|n| n.span.start == at) {
            out.push((SentencePiece::Name(named(lexicon, said, name)), name.span.clone()));
            at = name.span.end;
            continue;
        }
        let end = names.iter().map(|n| n.span.start).find(|start| *start > at);
        let rest = &said[at..end.unwrap_or(said.len())];
        let (piece, len) = one(lexicon, rest).unwrap_or((SentencePiece::Unknown, 1));
        match (&piece, out.last_mut()) {
            (SentencePiece::Unknown, Some((SentencePiece::Unknown, before))) => {
                before.end = at + len
            }
            // 五块的香皂 is five yuan's worth of it, 五块香皂 are five bars.
            (SentencePiece::Word(Word::Of), Some((SentencePiece::Quantity(of), _)))
                if of.measure == Some(Measure::Block) =>
            {
                of.measure = Some(Measure::Money);
                out.push((piece, at..at + len));
            }
            _ => out.push((piece, at..at + len)),
        }
        at += len;
    }
    out
}

fn named(lexicon: &Lexicon, said: &[Token], found: &NameMatch) -> Named {
    let words = &said[found.span.clone()];
    let latin = words.iter().all(|t| t.kind != TokenKind::Han);
    let plural = latin && words.last().is_some_and(is_plural);
    // 六个核桃 may be six walnuts, "3 Musketeers" three of them.
    let counts = quantity_at(&lexicon.measures, words).is_some_and(|(quantity, len)| {
        let by_measure = quantity.measure.is_some() && !quantity.alone && !quantity.vague;
        len < words.len() && (by_measure || (plural && quantity.measure.is_none()))
    });
    Named { items: found.items.clone(), latin, plural, counts, alike: found.alike }
}

fn one(lexicon: &Lexicon, rest: &[Token]) -> Option<(SentencePiece, usize)> {
    match rest.first()?.kind {
        TokenKind::Pause => return Some((SentencePiece::Pause, 1)),
        TokenKind::Question => return Some((SentencePiece::Question, 1)),
        TokenKind::Han | TokenKind::Word | TokenKind::Digits | TokenKind::Mark => {}
    }
    let quantity = quantity_at(&lexicon.measures, rest);
    let word = word_at(rest);
    match (quantity, word) {
        (Some((quantity, len)), word) if word.is_none_or(|(_, other)| len >= other) => {
            Some((SentencePiece::Quantity(quantity), len))
        }
        (_, word) => word.map(|(word, len)| (SentencePiece::Word(word), len)),
    }
}
