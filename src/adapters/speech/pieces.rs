//! A sentence as pieces: names, quantities, small words, and what is none of them.

use super::lexicon::{Lexicon, joined};
use super::measures::{Measure, Quantity};
use super::numerals::is_numeral;
use super::quantity::quantity_at;
use super::sounds::sounds;
use super::text::{Kind, Token};
use super::words::{Word, word_at};
use std::ops::Range;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// A name.
    Name {
        /// The items that answer to it: more than one is not clear.
        items: Vec<usize>,
        /// True where it was said in letters.
        latin: bool,
    },
    /// How many.
    Quantity(Quantity),
    /// A small word.
    Word(Word),
    /// A pause.
    Pause,
    /// A question mark.
    Question,
    /// Nothing that is known.
    Unknown(Range<usize>),
}

/// A name in a sentence.
struct Found {
    span: Range<usize>,
    items: Vec<usize>,
}

/// How many names of one sentence may be only alike: a sentence that was heard twice wrong was
/// not heard well enough to spend money by.
const ALIKE_MAX: usize = 1;

/// The longest name that is looked for by likeness, in tokens.
const ALIKE_TOKENS_MAX: usize = 12;

/// The pieces of a sentence. Names are found as they are written; where something unknown is left,
/// one of them may be only alike. `None` where a number runs into a name: "来八八宝粥".
pub(super) fn pieces(lexicon: &Lexicon, said: &[Token]) -> Option<Vec<Piece>> {
    let mut names = exact(lexicon, said);
    let joins =
        |at: usize| at > 0 && at < said.len() && is_numeral(&said[at - 1]) && is_numeral(&said[at]);
    if names.iter().any(|n| joins(n.span.start) || joins(n.span.end)) {
        return None;
    }
    let first = cut(lexicon, said, &names);
    let unknown: Vec<Range<usize>> = first.iter().filter_map(unknown_span).collect();
    let stopped = first.contains(&Piece::Word(Word::Stop));
    if unknown.is_empty() || stopped {
        return Some(first);
    }
    let alike = alike(lexicon, said, &names, &unknown);
    if alike.is_empty() || alike.len() > ALIKE_MAX {
        return Some(first);
    }
    names.extend(alike);
    names.sort_by_key(|n| n.span.start);
    Some(cut(lexicon, said, &names))
}

fn unknown_span(piece: &Piece) -> Option<Range<usize>> {
    match piece {
        Piece::Unknown(span) => Some(span.clone()),
        Piece::Name { .. }
        | Piece::Quantity(_)
        | Piece::Word(_)
        | Piece::Pause
        | Piece::Question => None,
    }
}

/// Names as they are written, the longest first where two begin together.
fn exact(lexicon: &Lexicon, said: &[Token]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < said.len() {
        match lexicon.names.longest(&said[at..]) {
            Some((items, len)) => {
                found.push(Found { span: at..at + len, items: items.to_vec() });
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
    names: &[Found],
    unknown: &[Range<usize>],
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < said.len() {
        let end = names.iter().map(|n| n.span.start).filter(|start| *start > at).min();
        let inside = names.iter().any(|n| n.span.contains(&at));
        let end = end.unwrap_or(said.len()).min(at + ALIKE_TOKENS_MAX);
        let hit = if inside { None } else { alike_at(lexicon, &said[at..end]) };
        let hit = hit.map(|(items, len)| Found { span: at..at + len, items });
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
    let han = said.iter().take_while(|t| t.kind == Kind::Han).count();
    if let Some(sounds) = sounds(&said[..han])
        && let Some((items, len)) = lexicon.sounds.longest_key(sounds.iter().map(String::as_str))
    {
        return Some((items.to_vec(), len));
    }
    let words = said.iter().take_while(|t| t.kind == Kind::Word).count();
    (1..=words).rev().find_map(|len| {
        let items = lexicon.spellings.near(&joined(&said[..len]));
        (!items.is_empty()).then_some((items, len))
    })
}

fn cut(lexicon: &Lexicon, said: &[Token], names: &[Found]) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < said.len() {
        if let Some(name) = names.iter().find(|n| n.span.start == at) {
            let latin = said[name.span.clone()].iter().all(|t| t.kind != Kind::Han);
            out.push(Piece::Name { items: name.items.clone(), latin });
            at = name.span.end;
            continue;
        }
        let end = names.iter().map(|n| n.span.start).find(|start| *start > at);
        let rest = &said[at..end.unwrap_or(said.len())];
        let (piece, len) = one(lexicon, rest).unwrap_or((Piece::Unknown(at..at + 1), 1));
        match (&piece, out.last_mut()) {
            (Piece::Unknown(span), Some(Piece::Unknown(before))) => before.end = span.end,
            // 五块的香皂 is five yuan's worth of it, 五块香皂 are five bars.
            (Piece::Word(Word::Of), Some(Piece::Quantity(of)))
                if of.measure == Some(Measure::Block) =>
            {
                of.measure = Some(Measure::Money);
                out.push(piece);
            }
            _ => out.push(piece),
        }
        at += len;
    }
    out
}

fn one(lexicon: &Lexicon, rest: &[Token]) -> Option<(Piece, usize)> {
    match rest.first()?.kind {
        Kind::Pause => return Some((Piece::Pause, 1)),
        Kind::Question => return Some((Piece::Question, 1)),
        Kind::Han | Kind::Word | Kind::Digits | Kind::Mark => {}
    }
    let quantity = quantity_at(&lexicon.measures, rest);
    let word = word_at(rest);
    match (quantity, word) {
        (Some((quantity, len)), word) if word.is_none_or(|(_, other)| len >= other) => {
            Some((Piece::Quantity(quantity), len))
        }
        (_, word) => word.map(|(word, len)| (Piece::Word(word), len)),
    }
}
