//! An order that waited is judged anew when somebody says yes: by the rules as they stand then, and
//! without what it took of the limits itself.

use super::ask::refused_early;
use super::checks::plain_check;
use super::evaluate::{Verdict, judge_without};
use super::pay;
use crate::book::Book;
use crate::decision::{Change, Decision};
use crate::limits::used::Hold;
use crate::limits::{Target, TargetLine};
use crate::marks::{Mark, reached};
use crate::order::{Order, State};
use crate::reply::Code;
use crate::time::UnixMs;

/// What an order that waited may do now.
pub enum Waited {
    /// The rules let it go on; it takes its room anew. Within how many seconds an owner must say yes,
    /// where one must.
    GoesOn {
        /// The seconds; none where no limit asks for an owner.
        approve: Option<i64>,
    },
    /// They do not: it is declined, and its device was told.
    Declined,
}

/// Judges an order that waits, and takes its room in the periods of now or ends it.
pub fn judge_again(book: &Book, order: &mut Order, decision: &mut Decision, at: UnixMs) -> Waited {
    let verdict = verdict(book, order, at);
    let looked = verdict.looked;
    decision.changes.push(Change::Judged { order: order.id.clone(), looked });
    if let Some(reason) = verdict.refused {
        reached(Mark::JudgedAgainDeclined);
        pay::end(order, State::Declined, Some(reason), at);
        pay::say(order, decision, at);
        return Waited::Declined;
    }
    hold_anew(order, verdict.holds);
    Waited::GoesOn { approve: verdict.approve }
}

fn verdict(book: &Book, order: &Order, at: UnixMs) -> Verdict {
    if book.is_frozen(order.device()) {
        return refused_early("frozen", Code::Frozen);
    }
    let lines = TargetLine::of(order);
    let target = Target::of(&book.household, order, &lines);
    judge_without(book, target, Some(order), at, vec![plain_check("frozen", "pass")])
}

/// Puts new holds in the place of those before. A limit that no longer applies gets its room back.
fn hold_anew(order: &mut Order, holds: Vec<Hold>) {
    let mut before = std::mem::replace(&mut order.holds, holds);
    before.retain(|hold| order.holds.iter().all(|new| new.limit != hold.limit));
    before.iter_mut().for_each(Hold::free);
    order.holds.extend(before);
}
