//! Pieces to an order: every thing with its own quantity, nothing left over, nothing guessed.

use super::Utterance;
use super::lexicon::Lexicon;
use super::measures::{Measure, Quantity, in_bounds, one_is_clear};
use super::pieces::{Piece, pieces};
use super::text::Token;
use super::words::Word;
use crate::domain::ids::Name;
use crate::domain::reply::Code;
use rust_decimal::Decimal;

/// How many things one sentence may order.
const THINGS_MAX: usize = 20;

/// Reads a sentence as an order.
pub(super) fn order(lexicon: &Lexicon, said: &[Token]) -> Result<Utterance, Code> {
    let Some(pieces) = pieces(lexicon, said) else { return Err(Code::NotUnderstood) };
    let named = pieces.iter().any(|p| matches!(p, Piece::Name { .. }));
    let stopped = pieces.contains(&Piece::Word(Word::Stop));
    let refused = if named || stopped { Code::NotUnderstood } else { Code::UnknownItem };
    match things(&pieces) {
        Some(things) => ordered(lexicon, &things),
        None => which(lexicon, said, &pieces).ok_or(refused),
    }
}

/// Something that is asked for.
#[derive(Clone, Debug, PartialEq)]
struct Thing {
    items: Vec<usize>,
    /// True where it was named in letters: Chinese counts nothing without a measure word.
    latin: bool,
    quantity: Option<Quantity>,
    some: bool,
}

fn ordered(lexicon: &Lexicon, things: &[Thing]) -> Result<Utterance, Code> {
    let mut lines: Vec<(Name, Decimal)> = Vec::with_capacity(things.len());
    for thing in things {
        let [item] = thing.items[..] else { return Ok(ask_back(lexicon, &thing.items)) };
        let entry = &lexicon.items[item];
        let count = counted(thing, entry.unit).ok_or(Code::NotUnderstood)?;
        if lines.iter().any(|(sku, _)| *sku == entry.sku) {
            return Err(Code::NotUnderstood);
        }
        lines.push((entry.sku.clone(), count));
    }
    if lines.is_empty() || lines.len() > THINGS_MAX {
        return Err(Code::NotUnderstood);
    }
    Ok(Utterance::Order(lines))
}

fn counted(thing: &Thing, unit: Option<Measure>) -> Option<Decimal> {
    let Some(quantity) = thing.quantity else {
        // "some eggs" are not one egg.
        let clear = one_is_clear(unit) && !(thing.some && unit == Some(Measure::Piece));
        return clear.then_some(Decimal::ONE);
    };
    let bare = quantity.measure.is_none() && !quantity.dozens;
    if bare && !thing.latin && unit != Some(Measure::Money) {
        // 一百二酱油: so many yuan's worth, or so many bottles?
        return None;
    }
    quantity.fit(unit).filter(|count| in_bounds(*count))
}

/// What pieces ask for; `None` where anything is unknown, out of place or left over.
fn things(pieces: &[Piece]) -> Option<Vec<Thing>> {
    let has = |word| pieces.contains(&Piece::Word(word));
    if has(Word::Stop) || pieces.iter().any(|p| matches!(p, Piece::Unknown(_))) {
        return None;
    }
    // A question orders only where it asks the hub to.
    let asks = has(Word::Ask) || (has(Word::Tag) && has(Word::Verb));
    if (has(Word::Tail) || has(Word::Tag) || pieces.contains(&Piece::Question)) && !asks {
        return None;
    }
    let counted = pieces.iter().any(|p| matches!(p, Piece::Quantity(_)));
    let asked = has(Word::Verb) || has(Word::Ask) || (counted && !has(Word::Weak));
    if !asked || !in_place(pieces) {
        return None;
    }
    let mut things = Vec::new();
    let clauses: Vec<&[Piece]> = pieces.split(is_join).collect();
    for clause in &clauses {
        things.extend(clause_things(clause)?);
    }
    (!things.is_empty()).then_some(things)
}

fn is_join(piece: &Piece) -> bool {
    matches!(piece, Piece::Word(Word::And))
}

/// Words that bind must have what they bind beside them.
fn in_place(pieces: &[Piece]) -> bool {
    let name = |at: usize| matches!(pieces.get(at), Some(Piece::Name { .. }));
    pieces.iter().enumerate().all(|(at, piece)| match piece {
        Piece::Word(Word::Of) => {
            name(at + 1) && at > 0 && matches!(pieces[at - 1], Piece::Quantity(_))
        }
        Piece::Word(Word::Some) => name(at + 1),
        // A bare number, or a measure word alone, says nothing unless its thing follows.
        Piece::Quantity(q) if q.measure.is_none() || q.alone => {
            let of = pieces.get(at + 1) == Some(&Piece::Word(Word::Of));
            let counted_out = q.dozens && q.measure.is_none();
            name(at + 1 + usize::from(of)) || counted_out
        }
        Piece::Quantity(_)
        | Piece::Word(
            Word::Verb
            | Word::Ask
            | Word::Filler
            | Word::Weak
            | Word::And
            | Word::Tag
            | Word::Tail
            | Word::Stop,
        )
        | Piece::Name { .. }
        | Piece::Pause
        | Piece::Question
        | Piece::Unknown(_) => true,
    })
}

/// One part of a sentence as names (true) and quantities (false), in order.
type Run<'a> = Vec<Part<'a>>;

/// A name with whether it was said in letters, or a quantity; and whether "some" stood before it.
type Part<'a> = (Option<(&'a Vec<usize>, bool)>, Option<Quantity>, bool);

/// The things between two joining words. They have a thing, or the joining word hangs in the air.
fn clause_things(clause: &[Piece]) -> Option<Vec<Thing>> {
    let parts: Vec<Run<'_>> =
        clause.split(|p| *p == Piece::Pause).map(run).filter(|run| !run.is_empty()).collect();
    let whole: Run<'_> = parts.iter().flatten().copied().collect();
    let together = if parts.iter().all(|run| run.iter().any(|(name, _, _)| name.is_some())) {
        parts.iter().map(paired).collect::<Option<Vec<_>>>()?.concat()
    } else {
        // "矿泉水，两箱": a pause inside one thing.
        let names = whole.iter().filter(|(name, _, _)| name.is_some()).count();
        if names != 1 {
            return None;
        }
        paired(&whole)?
    };
    (!together.is_empty()).then_some(together)
}

fn run(pieces: &[Piece]) -> Run<'_> {
    let mut out: Run<'_> = Vec::new();
    let mut some = false;
    for piece in pieces {
        match piece {
            Piece::Name { items, latin } => {
                out.push((Some((items, *latin)), None, some));
                some = false;
            }
            Piece::Quantity(quantity) => out.push((None, Some(*quantity), false)),
            Piece::Word(Word::Some) => some = true,
            Piece::Word(
                Word::Verb
                | Word::Ask
                | Word::Filler
                | Word::Weak
                | Word::And
                | Word::Of
                | Word::Tag
                | Word::Tail
                | Word::Stop,
            )
            | Piece::Pause
            | Piece::Question
            | Piece::Unknown(_) => {}
        }
    }
    out
}

/// Names and quantities in pairs: one name with at most one quantity, or several that all have
/// theirs on the same side. "矿泉水两箱大米" is not clear.
fn paired(run: &Run<'_>) -> Option<Vec<Thing>> {
    let thing = |part: &Part<'_>, quantity| {
        let (items, latin) = part.0?;
        Some(Thing { items: items.clone(), latin, quantity, some: part.2 })
    };
    match run.as_slice() {
        [name] => Some(vec![thing(name, None)?]),
        pairs if pairs.len().is_multiple_of(2) => pairs
            .chunks_exact(2)
            .map(|pair| match (pair[0].1, pair[1].1) {
                (Some(quantity), None) if pairs[0].1.is_some() => thing(&pair[1], Some(quantity)),
                (None, Some(quantity)) if pairs[0].1.is_none() => thing(&pair[0], Some(quantity)),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// Where only the thing's name is not clear: the items of whose names it is a part.
fn which(lexicon: &Lexicon, said: &[Token], pieces: &[Piece]) -> Option<Utterance> {
    let mut unknown = pieces.iter().enumerate().filter_map(|(at, piece)| match piece {
        Piece::Unknown(span) => Some((at, span.clone())),
        Piece::Name { .. }
        | Piece::Quantity(_)
        | Piece::Word(_)
        | Piece::Pause
        | Piece::Question => None,
    });
    let (at, span) = unknown.next()?;
    if unknown.next().is_some() || pieces.iter().any(|p| matches!(p, Piece::Name { .. })) {
        return None;
    }
    let items = lexicon.holding(&said[span]);
    let mut as_named = pieces.to_vec();
    as_named[at] = Piece::Name { items: items.clone(), latin: true };
    things(&as_named)?;
    (!items.is_empty()).then(|| ask_back(lexicon, &items))
}

fn ask_back(lexicon: &Lexicon, items: &[usize]) -> Utterance {
    let mut skus: Vec<Name> = items.iter().map(|i| lexicon.items[*i].sku.clone()).collect();
    skus.sort();
    skus.dedup();
    Utterance::Which(skus)
}
