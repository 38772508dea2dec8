//! Which amount belongs to which thing.

use super::measures::{Measure, SpokenQuantity};
use super::order::Sentence;
use super::pieces::{Named, PlacedPiece, SentencePiece};
use super::text::as_said;
use super::words::Word;
use homepay_domain::unclear::{MissingPart, Unclear};
use std::ops::Range;

/// A thing, and how many of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub named: Named,
    /// How many, and where that was said.
    pub quantity: Option<(SpokenQuantity, Range<usize>)>,
    /// True where "some" stood before it.
    pub some: bool,
}

/// A name, or a quantity, in the order in which they were said.
#[derive(Clone, Debug, PartialEq)]
enum Mention<'a> {
    Name { named: &'a Named, some: bool },
    Quantity(SpokenQuantity, &'a Range<usize>),
}

/// Things with their amounts: a name with at most one, or several that all have theirs on the same
/// side. "矿泉水两箱大米" is not clear, nor is "两箱矿泉水和大米".
pub(super) fn pairs(sentence: &Sentence<'_>) -> Result<Vec<Pair>, Unclear> {
    let pieces = sentence.pieces.as_slice();
    in_place(sentence)?;
    if pieces.iter().any(|(piece, _)| *piece == SentencePiece::Word(Word::Each)) {
        return of_each(sentence);
    }
    let begin = pieces.iter().position(|(piece, _)| !says_nothing(piece)).unwrap_or(pieces.len());
    // 再加一提抽纸 goes on from an order before.
    let goes_on = matches!(pieces.get(begin), Some((SentencePiece::Word(Word::More), _)));
    let pieces = &pieces[begin + usize::from(goes_on)..];
    let joins =
        |(piece, _): &PlacedPiece| matches!(piece, SentencePiece::Word(Word::And | Word::More));
    let mut all = Vec::new();
    for clause in pieces.split(joins) {
        all.extend(of_clause(sentence, clause)?);
    }
    mixed(sentence, &all)?;
    Ok(all)
}

fn says_nothing(piece: &SentencePiece) -> bool {
    matches!(
        piece,
        SentencePiece::Pause | SentencePiece::Word(Word::Filler | Word::Weak | Word::Verb)
    )
}

/// An amount before the first of several things that are named alone, or after the last of them, may
/// be meant of all: "两箱矿泉水和大米", "牛奶和矿泉水两箱". "Milk and three bags of rice" is clear.
fn mixed(sentence: &Sentence<'_>, all: &[Pair]) -> Result<(), Unclear> {
    let bare = |pair: &&Pair| pair.quantity.is_none();
    let Some(first) = all.iter().find(bare) else { return Ok(()) };
    let unclear = all.iter().enumerate().any(|(at, pair)| {
        let before = |(_, span): &(SpokenQuantity, Range<usize>)| {
            let names = sentence.pieces.iter().filter(|(p, _)| matches!(p, SentencePiece::Name(_)));
            names.filter(|(_, name)| name.start < span.start).count() <= at
        };
        match &pair.quantity {
            // The amount stands before its name: it may be meant of bare names behind it.
            Some(quantity) if before(quantity) => all[at..].iter().any(|p| p.quantity.is_none()),
            Some(_) => all[..at].iter().any(|p| p.quantity.is_none()),
            None => false,
        }
    });
    if unclear { Err(sentence.about(MissingPart::Quantity, &first.named)) } else { Ok(()) }
}

/// Words that bind must have what they bind beside them.
fn in_place(sentence: &Sentence<'_>) -> Result<(), Unclear> {
    let pieces = &sentence.pieces;
    let name = |at: usize| matches!(pieces.get(at), Some((SentencePiece::Name(_), _)));
    for (at, (piece, span)) in pieces.iter().enumerate() {
        let stands = match piece {
            SentencePiece::Word(Word::Of) => {
                let of = |(p, _): &PlacedPiece| {
                    matches!(p, SentencePiece::Quantity(_) | SentencePiece::Word(Word::Each))
                };
                name(at + 1) && at > 0 && of(&pieces[at - 1])
            }
            SentencePiece::Word(Word::Some) => name(at + 1),
            // A bare number, or a measure word alone, says nothing unless its thing follows.
            SentencePiece::Quantity(q) if q.measure.is_none() || q.alone => {
                let of =
                    pieces.get(at + 1).is_some_and(|(p, _)| *p == SentencePiece::Word(Word::Of));
                let each = pieces.iter().any(|(p, _)| *p == SentencePiece::Word(Word::Each));
                let counted_out = q.dozens && q.measure.is_none();
                let money = !q.alone && is_money(sentence, &pieces[..at]);
                name(at + 1 + usize::from(of)) || counted_out || money || (each && !q.alone)
            }
            SentencePiece::Quantity(_)
            | SentencePiece::Word(_)
            | SentencePiece::Name(_)
            | SentencePiece::Pause
            | SentencePiece::Question
            | SentencePiece::Unknown => true,
        };
        if !stands {
            let heard = as_said(&sentence.said[span.clone()]);
            let vague = matches!(piece, SentencePiece::Quantity(q) if q.vague);
            let missing = if vague { MissingPart::Number } else { MissingPart::Thing };
            return Err(Unclear::heard(missing, heard));
        }
    }
    Ok(())
}

/// 话费充五十: true where the last thing that was named is bought by the amount.
fn is_money(sentence: &Sentence<'_>, before: &[PlacedPiece]) -> bool {
    let last = before.iter().rev().find(|(piece, _)| matches!(piece, SentencePiece::Name(_)));
    let Some((SentencePiece::Name(named), _)) = last else { return false };
    let [item] = named.items[..] else { return false };
    sentence.lexicon.items[item].unit == Some(Measure::Money)
}

/// 牛奶和矿泉水各两箱, "coke and pepsi, two cans each": one amount for every thing that is named.
fn of_each(sentence: &Sentence<'_>) -> Result<Vec<Pair>, Unclear> {
    let parts = parts(&sentence.pieces);
    let unclear = || Unclear::of(MissingPart::Pairing);
    let quantities = parts.iter().filter(|part| matches!(part, Mention::Quantity(..)));
    let names = parts.len() - quantities.clone().count();
    let [Mention::Quantity(quantity, span)] = quantities.collect::<Vec<_>>()[..] else {
        return Err(unclear());
    };
    let at_an_end = matches!(parts.first(), Some(Mention::Quantity(..)))
        || matches!(parts.last(), Some(Mention::Quantity(..)));
    let each =
        sentence.pieces.iter().filter(|(p, _)| *p == SentencePiece::Word(Word::Each)).count();
    if names < 2 || !at_an_end || each != 1 {
        return Err(unclear());
    }
    let of = |part: &Mention<'_>| match part {
        Mention::Name { named, some: false } => {
            let quantity = Some((*quantity, (*span).clone()));
            Some(Pair { named: (*named).clone(), quantity, some: false })
        }
        Mention::Name { some: true, .. } | Mention::Quantity(..) => None,
    };
    let pairs: Vec<Pair> = parts.iter().filter_map(of).collect();
    if pairs.len() == names { Ok(pairs) } else { Err(unclear()) }
}

/// The things between two joining words. They have a thing, or the joining word hangs in the air.
fn of_clause(sentence: &Sentence<'_>, clause: &[PlacedPiece]) -> Result<Vec<Pair>, Unclear> {
    let runs: Vec<Vec<Mention<'_>>> = clause
        .split(|(piece, _)| *piece == SentencePiece::Pause)
        .map(parts)
        .filter(|run| !run.is_empty())
        .collect();
    let is_name = |part: &Mention<'_>| matches!(part, Mention::Name { .. });
    let pairs = if runs.iter().all(|run| run.iter().any(is_name)) {
        let paired: Option<Vec<Vec<Pair>>> = runs.iter().map(|run| paired(run)).collect();
        paired.map(|pairs| pairs.concat())
    } else {
        // "矿泉水，两箱": a pause inside one thing.
        let whole: Vec<Mention<'_>> = runs.iter().flatten().cloned().collect();
        match whole.iter().filter(|part| is_name(part)).count() {
            0 => None,
            1 => paired(&whole),
            _ => None,
        }
    };
    let quantity = clause.iter().find(|(piece, _)| matches!(piece, SentencePiece::Quantity(_)));
    let named = clause.iter().any(|(piece, _)| matches!(piece, SentencePiece::Name(_)));
    match (pairs, quantity) {
        (Some(pairs), _) if !pairs.is_empty() => Ok(pairs),
        (_, Some((_, span))) if !named => {
            let heard = as_said(&sentence.said[span.clone()]);
            Err(Unclear::heard(MissingPart::Thing, heard))
        }
        (_, None) if !named => Err(Unclear::of(MissingPart::Item)),
        _ => Err(Unclear::of(MissingPart::Pairing)),
    }
}

fn parts(pieces: &[PlacedPiece]) -> Vec<Mention<'_>> {
    let mut out = Vec::new();
    let mut some = false;
    for (piece, span) in pieces {
        match piece {
            SentencePiece::Name(named) => {
                out.push(Mention::Name { named, some });
                some = false;
            }
            SentencePiece::Quantity(quantity) => out.push(Mention::Quantity(*quantity, span)),
            SentencePiece::Word(Word::Some | Word::VerbSome) => some = true,
            SentencePiece::Word(_)
            | SentencePiece::Pause
            | SentencePiece::Question
            | SentencePiece::Unknown => {}
        }
    }
    out
}

/// Names and quantities in pairs.
fn paired(run: &[Mention<'_>]) -> Option<Vec<Pair>> {
    let pair = |name: &Mention<'_>, quantity: Option<&Mention<'_>>| match (name, quantity) {
        (Mention::Name { named, some }, None) => {
            Some(Pair { named: (*named).clone(), quantity: None, some: *some })
        }
        (Mention::Name { named, some }, Some(Mention::Quantity(quantity, span))) => {
            let quantity = Some((*quantity, (*span).clone()));
            Some(Pair { named: (*named).clone(), quantity, some: *some })
        }
        _ => None,
    };
    match run {
        [name] => Some(vec![pair(name, None)?]),
        [Mention::Quantity(..), ..] if run.len().is_multiple_of(2) => {
            run.chunks_exact(2).map(|two| pair(&two[1], Some(&two[0]))).collect()
        }
        [Mention::Name { .. }, ..] if run.len().is_multiple_of(2) => {
            run.chunks_exact(2).map(|two| pair(&two[0], Some(&two[1]))).collect()
        }
        _ => None,
    }
}
