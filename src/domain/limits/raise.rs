//! Whether an edit lets anybody spend more than before.

use super::{Cap, Limit};

/// True unless every difference is known to take room away: what is not known to lower counts as raising.
#[must_use]
pub fn raises(before: &Limit, after: &Limit) -> bool {
    let lowered = Limit {
        version: before.version,
        made_at: before.made_at,
        amount: before.amount,
        max_count: before.max_count,
        max_per_item: before.max_per_item,
        confirm_above: before.confirm_above,
        approve_above: before.approve_above,
        ..after.clone()
    };
    lowered != *before
        || cap_raises(before.amount, after.amount)
        || bound_raises(before.max_count, after.max_count)
        || bound_raises(before.max_per_item, after.max_per_item)
        || bound_raises(before.confirm_above, after.confirm_above)
        || bound_raises(before.approve_above, after.approve_above)
}

/// An amount where none was said opens what no other limit covers.
fn cap_raises(before: Cap, after: Cap) -> bool {
    match (before, after) {
        (Cap::At(before), Cap::At(after)) => after > before,
        (Cap::Unlimited, Cap::At(_)) => false,
        (before, after) => before != after,
    }
}

/// A bound that is gone, or higher, lets more through; one that is new lets less.
fn bound_raises<T: PartialOrd>(before: Option<T>, after: Option<T>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => after > before,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Name;
    use crate::limits::Scope;
    use crate::limits::window::Period;
    use crate::money::Minor;

    fn limit() -> Limit {
        let minor = |amount| Some(Minor(amount));
        Limit {
            amount: Cap::At(Minor(10_000)),
            max_count: Some(5),
            max_per_item: minor(4_000),
            confirm_above: minor(2_000),
            approve_above: minor(6_000),
            ..Limit::new(Name::parse("day").expect("an id"), Scope::default(), Period::Day)
        }
    }

    #[test]
    fn less_of_anything_lowers_and_more_or_none_raises() {
        type Edit = fn(&mut Limit);
        let lower: [Edit; 6] = [
            |limit| limit.amount = Cap::At(Minor(9_999)),
            |limit| limit.amount = Cap::At(Minor(0)),
            |limit| limit.max_count = Some(4),
            |limit| limit.max_per_item = Some(Minor(1)),
            |limit| limit.confirm_above = Some(Minor(0)),
            |limit| limit.version += 1,
        ];
        let raise: [Edit; 8] = [
            |limit| limit.amount = Cap::At(Minor(10_001)),
            |limit| limit.amount = Cap::Unlimited,
            |limit| limit.amount = Cap::Inherit,
            |limit| limit.max_count = None,
            |limit| limit.max_per_item = Some(Minor(4_001)),
            |limit| limit.approve_above = None,
            |limit| limit.period = Period::Order,
            |limit| {
                limit.amount = Cap::At(Minor(1));
                limit.confirm_above = None;
            },
        ];
        for (edits, expected) in [(&lower[..], false), (&raise[..], true)] {
            for edit in edits {
                let (before, mut after) = (limit(), limit());
                edit(&mut after);
                assert_eq!(raises(&before, &after), expected, "{after:?}");
            }
        }
        let silent = Limit { amount: Cap::Inherit, ..limit() };
        assert!(raises(&silent, &limit()), "it opens what nothing else covers");
        let boundless = Limit { amount: Cap::Unlimited, ..limit() };
        assert!(!raises(&boundless, &limit()));
    }
}
