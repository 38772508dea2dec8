//! The auditor's own reckoning of limits: civil time, shares, what each order takes.

use crate::auditor::{Account, Auditor};
use crate::household::GOODS;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{Alignment, Period, WeekStart};
use homepay_domain::limits::{Cap, Limit, OnRefund};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Whether an earlier instant lies in the window of a later one. Replies tell whole seconds only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// It does.
    Yes,
    /// The seconds do not tell.
    Perhaps,
    /// It does not.
    No,
}

fn day(zone: &TimeZone, at_s: i64) -> Date {
    let at = jiff::Timestamp::from_second(at_s).expect("a time of this world");
    at.to_zoned(zone.clone()).date()
}

/// The first day of the period that a day falls into; months counted one at a time.
fn first_day(limit: &Limit, today: Date) -> Date {
    let anchor = match limit.alignment {
        Alignment::Anchored { from } => from,
        Alignment::Calendar => jiff::civil::date(2024, 1, 1),
    };
    match limit.period {
        Period::Day => today,
        Period::Week => {
            let monday_first = i64::from(today.weekday().to_monday_zero_offset());
            let back = match limit.week_start {
                WeekStart::Monday => monday_first,
                WeekStart::Sunday => (monday_first + 1) % 7,
            };
            today.checked_sub(back.days()).expect("within the calendar")
        }
        Period::Month | Period::Year => {
            let step = if limit.period == Period::Month { 1 } else { 12 };
            let nth = |n: i64| anchor.checked_add((n * step).months()).expect("in the calendar");
            let n = (1..).find(|n| nth(*n) > today).expect("the calendar goes on");
            nth(n - 1)
        }
        Period::Order | Period::AllTime | Period::Rolling { .. } => anchor,
    }
}

/// Whether `earlier` lies in the window that `at` has under `limit`.
pub fn within(limit: &Limit, zone: &TimeZone, at_s: i64, earlier_s: i64) -> Within {
    let sure = |yes| if yes { Within::Yes } else { Within::No };
    match limit.period {
        Period::Order => Within::No,
        Period::AllTime => Within::Yes,
        Period::Rolling { span_s } => match (at_s - earlier_s) - span_s {
            ..-1 => Within::Yes,
            -1..=0 => Within::Perhaps,
            _ => Within::No,
        },
        Period::Day | Period::Week | Period::Month | Period::Year => {
            sure(first_day(limit, day(zone, at_s)) == first_day(limit, day(zone, earlier_s)))
        }
    }
}

/// The category of an item; what is not in the catalogue is a bill for energy.
fn category_of(sku: &str) -> &'static str {
    GOODS.iter().find(|g| g.0 == sku).map_or("energy", |(_, _, category, ..)| category)
}

/// What an order asks of a limit; none where the limit does not apply.
pub fn share(limit: &Limit, order: &Account) -> Option<i64> {
    let scope = &limit.scope;
    let met = |wanted: &Option<Name>, has: Option<&str>| {
        wanted.as_ref().is_none_or(|wanted| Some(wanted.as_str()) == has)
    };
    if !met(&scope.device, Some(&order.device)) || !met(&scope.member, order.member.as_deref()) {
        return None;
    }
    let lines = order.lines.iter().filter(|(sku, _)| met(&scope.category, Some(category_of(sku))));
    let amounts: Vec<i64> = lines.map(|(_, amount)| *amount).collect();
    (!amounts.is_empty()).then(|| amounts.iter().sum())
}

/// What the dearest piece of an order costs by the catalogue, of those that a limit looks at.
fn dearest(limit: &Limit, order: &Account) -> i64 {
    let wanted = limit.scope.category.as_ref();
    let pieces = order.lines.iter().filter_map(|(sku, _)| {
        // A bill has no pieces.
        let (_, price, category, ..) = GOODS.iter().find(|g| g.0 == sku)?;
        wanted.is_none_or(|w| w.as_str() == *category).then_some(*price)
    });
    pieces.max().unwrap_or_default()
}

/// What an accepted order takes of a limit now.
fn taken(limit: &Limit, order: &Account) -> Option<i64> {
    let (share, restores) = *order.shares.get(limit.id.as_str())?;
    Some(match order.state.as_str() {
        "declined" | "cancelled" | "expired" | "failed" => 0,
        "settled" | "refunding" | "partially_refunded" | "refunded" => {
            let spent = share.min(order.captured);
            if restores { spent.min(order.captured - order.refunded) } else { spent }
        }
        _ => share,
    })
}

/// Whether an accepted order has a place in counts: while it is open, and once it bought something.
fn counts(order: &Account) -> bool {
    let ended = ["declined", "cancelled", "expired", "failed"].contains(&order.state.as_str());
    !ended || order.captured > order.refunded
}

/// What is taken of a limit as an order at `at_s` sees it: least and most, amount and count.
fn used(auditor: &Auditor, limit: &Limit, at_s: i64) -> ((i64, u32), (i64, u32)) {
    let (mut least, mut most) = ((0, 0), (0, 0));
    for order in auditor.orders.values() {
        let Some(taken) = taken(limit, order) else { continue };
        let within = within(limit, &auditor.zone, at_s, order.at_s);
        if within != Within::No {
            most = (most.0 + taken, most.1 + u32::from(counts(order)));
        }
        if within == Within::Yes {
            least = (least.0 + taken, least.1 + u32::from(counts(order)));
        }
    }
    (least, most)
}

/// An order was accepted: every limit has room for it. Gives back its shares.
pub fn accepted(auditor: &Auditor, id: &str, order: &mut Account) -> Result<(), String> {
    for limit in auditor.limits.values() {
        let Some(share) = share(limit, order) else { continue };
        let ((taken, count), _) = used(auditor, limit, order.at_s);
        if let Cap::At(cap) = limit.amount
            && taken + share > cap.0
        {
            return Err(format!(
                "limit {} ({:?}) is exceeded by {id}: {taken} + {share} > {}",
                limit.id, limit.period, cap.0
            ));
        }
        if limit.max_per_item.is_some_and(|most| dearest(limit, order) > most.0) {
            return Err(format!("limit {}: {id} has a piece that costs too much", limit.id));
        }
        let counted = limit.period != Period::Order;
        if limit.max_count.is_some_and(|max| counted && count >= max) {
            return Err(format!("limit {}: {id} is one order too many ({count})", limit.id));
        }
        if counted {
            let restores = limit.refund_rule() == OnRefund::Restore;
            order.shares.insert(limit.id.to_string(), (share, restores));
        }
    }
    Ok(())
}

/// An order was refused for a limit: it really had no room. Figures of limits whose period was
/// edited are left alone: what was held there counts until the period ends.
pub fn refused(
    auditor: &Auditor,
    id: &str,
    order: &Account,
    code: &str,
    rule: &str,
) -> Result<(), String> {
    let found = auditor.limits.iter().find(|(name, _)| name.as_str() == rule);
    let (_, limit) = found.ok_or_else(|| format!("{id} is refused by {rule}, not in force"))?;
    if auditor.reshaped.contains(rule) {
        return Ok(());
    }
    let share = share(limit, order).ok_or_else(|| format!("{rule} does not apply to {id}"))?;
    let (_, (taken, count)) = used(auditor, limit, order.at_s);
    let rightly = match (code, limit.amount) {
        ("limit_exceeded", Cap::At(cap)) => taken + share > cap.0,
        ("per_item_exceeded", _) => {
            limit.max_per_item.is_some_and(|most| dearest(limit, order) > most.0)
        }
        ("count_exceeded", _) => limit.max_count.is_some_and(|max| count >= max),
        _ => false,
    };
    if rightly {
        return Ok(());
    }
    Err(format!(
        "{id} is refused by {rule} ({code}) wrongly: {taken} taken, {share} asked, {count}"
    ))
}

/// By what the wallet moved: no window of any limit holds more than its largest cap.
pub fn final_sums(auditor: &Auditor, net: &dyn Fn(&str) -> (i64, i64)) -> Result<(), String> {
    for (rule, versions) in &auditor.versions {
        for limit in versions.iter().filter(|l| !matches!(l.period, Period::Rolling { .. })) {
            let judged: Vec<_> = auditor
                .orders
                .iter()
                .filter(|(_, o)| o.judged_by.get(rule).is_some_and(|l| l.period == limit.period))
                .collect();
            for (_, last) in &judged {
                let mut sum = 0;
                let mut cap = 0;
                for (id, order) in &judged {
                    if within(limit, &auditor.zone, last.at_s, order.at_s) != Within::Yes {
                        continue;
                    }
                    let Some((share, restores)) = order.shares.get(rule) else { continue };
                    let (captured, refunded) = net(id);
                    let undone = ["cancelled", "expired", "failed"].contains(&order.state.as_str());
                    let back = if *restores || undone { refunded } else { 0 };
                    sum += (*share).min(captured).min(captured - back);
                    if let Some(Cap::At(c)) = order.judged_by.get(rule).map(|l| l.amount) {
                        cap = cap.max(c.0);
                    }
                }
                if sum > cap {
                    return Err(format!("limit {rule}: {sum} moved, at most {cap} was allowed"));
                }
            }
        }
    }
    Ok(())
}
