//! A limit is lowered by a door that does not know who speaks: that holds at once. Whatever would
//! let more through needs an owner's authority, by whatever door it comes.

use super::limit_edit::LimitEdits;
use crate::book::Book;
use crate::decision::{CommandOutcome, Decision, Effect};
use crate::facts::Facts;
use crate::fault_injection::{InjectedFault, is_injected};
use crate::ids::Name;
use crate::limits::{Cap, Limit, Scope};
use crate::money::Minor;
use crate::reply::Code;
use crate::time::UnixMs;

/// The limit of a device alone, over this period, that is in force: the strictest where there are
/// more. Limits that also ask for a member, a category or a payee are others.
pub fn plain_limit<'a>(book: &'a Book, wanted: &Limit, at: UnixMs) -> Option<&'a Limit> {
    let limits = book.household.limits.values();
    let plain = limits.filter(|l| l.scope == wanted.scope && l.period == wanted.period);
    plain.filter(|l| in_force(l, at)).min_by_key(|l| strictness(l))
}

/// Amounts first, the least of them before the others; then the spoken absence of one.
fn strictness(limit: &Limit) -> (u8, Option<Minor>) {
    match limit.amount {
        Cap::At(amount) => (0, Some(amount)),
        Cap::Unlimited => (1, None),
        Cap::Inherit => (2, None),
    }
}

fn in_force(limit: &Limit, at: UnixMs) -> bool {
    limit.valid_from.is_none_or(|from| from <= at) && limit.valid_to.is_none_or(|to| at < to)
}

/// Decides a lower amount. `wanted` names the device, the period and the amount. Where there is no such
/// limit none is made: it would outlive the one that covers the device now, and then open it.
pub(super) fn lower_limit(facts: &Facts<'_>, wanted: &Limit, at: UnixMs) -> Decision {
    let (book, Cap::At(to)) = (facts.book, wanted.amount) else {
        return Decision::refused(Code::Forbidden, "only an owner can remove a limit");
    };
    let Some(device) =
        wanted.scope.device.as_ref().filter(|d| book.household.devices.contains_key(d))
    else {
        return Decision::refused(Code::UnknownDevice, "there is no such device");
    };
    let next = match plain_limit(book, wanted, at) {
        Some(now) => match now.amount {
            Cap::At(amount) if to > amount && !is_injected(InjectedFault::EntityRaises) => {
                return Decision::refused(
                    Code::Forbidden,
                    format!("only an owner raises {}", now.id),
                );
            }
            // What opens the device is not a narrowing: without a stated amount it may not order.
            Cap::Inherit if !is_covered(book, device, at) => return opens(device),
            Cap::At(_) | Cap::Unlimited | Cap::Inherit => {
                Limit { amount: Cap::At(to), ..now.clone() }
            }
        },
        None if !is_covered(book, device, at) => return opens(device),
        None => {
            let why = format!("{device} has no limit of its own there: only an owner makes one");
            return Decision::refused(Code::Forbidden, why);
        }
    };
    let mut edits = LimitEdits::new(facts, &book.household, at);
    edits.set(&next);
    let (changes, _) = edits.done();
    let effects = vec![Effect::Refresh(None), Effect::Refresh(Some(device.clone()))];
    Decision { changes, effects, outcome: CommandOutcome::Done(None) }
}

fn opens(device: &Name) -> Decision {
    let why = format!("{device} may not order yet: its first limit is an owner's to set");
    Decision::refused(Code::NoLimitSet, why)
}

/// True where a limit states an amount for whatever the device orders, for good: one more limit
/// then only narrows.
fn is_covered(book: &Book, device: &Name, at: UnixMs) -> bool {
    let room = book.household.devices.get(device).and_then(|d| d.room.as_ref());
    book.household.limits.values().any(|limit| {
        let Scope { home: _, device: of, room: within, member, category, payee } = &limit.scope;
        limit.states_amount()
            && !limit.scope.is_empty()
            && of.as_ref().is_none_or(|of| of == device)
            && within.as_ref().is_none_or(|within| Some(within) == room)
            && member.is_none()
            && category.is_none()
            && payee.is_none()
            && in_force(limit, at)
            && limit.valid_to.is_none()
    })
}
