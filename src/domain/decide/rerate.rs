//! What was billed is computed anew: where an owner puts use right, where use or prices are told
//! late, and where a tariff was corrected. A bill that was made is never rewritten; the next one
//! puts it right.

use super::reading::bounds;
use super::wish::done;
use crate::domain::bill::{BILL_AFTER_S, Billing};
use crate::domain::book::Book;
use crate::domain::decision::{Change, Decision, Effect};
use crate::domain::event::How;
use crate::domain::facts::Facts;
use crate::domain::limits::window::midnight;
use crate::domain::meter::units_text;
use crate::domain::reply::Code;
use crate::domain::tariff::{Divider, Slot, SlotUse, Use};
use crate::domain::time::UnixMs;
use crate::domain::usage::correction::{CORRECTED_S_MAX, Correction, WHY_CHARS_MAX};
use crate::domain::usage::{UtcDay, priced_quantity};
use crate::domain::usage_bill::{Recomputed, UsageBill};

/// For how long after its cycle a bill is computed anew by itself, in seconds: readings that come
/// late are taken for two days, and a market's prices are corrected for as long.
pub const LATE_S: i64 = 3 * 86_400;

/// Bills that were computed anew.
pub fn rerate(facts: &Facts<'_>, bills: &[Recomputed], at: UnixMs) -> Decision {
    let known = |now: &Recomputed| {
        let made = facts.book.usage_bills.get(&(now.tariff.clone(), now.period.clone()))?;
        made.rerated(now.total, at)
    };
    done(bills.iter().filter_map(known).map(changed).collect())
}

fn changed(bill: UsageBill) -> Change {
    Change::UsageBill { bill: Box::new(bill) }
}

/// Bills of cycles that ended lately: what came late counts.
pub fn look(book: &Book, decision: &mut Decision, at: UnixMs) {
    let billing = Billing::of(book);
    for made in book.usage_bills.values() {
        let Some((id, tariff)) = book.household.tariffs.get_key_value(&made.tariff) else {
            continue;
        };
        let zone = &book.home.zone;
        let over = at.since_ms(midnight(made.to, zone)) / 1_000;
        let first = UtcDay::of(midnight(billing.since(tariff, made.from), zone));
        let quantity = priced_quantity(tariff);
        let billed = billing.billed_devices(id);
        let at_hand = || billed.iter().all(|d| book.use_kept_since(d, quantity, at) <= first);
        if !(BILL_AFTER_S..LATE_S).contains(&over) || !at_hand() {
            continue;
        }
        let days = (made.from, made.to);
        if !billing.was_measured((id, tariff), days) {
            continue;
        }
        let now = billing.bill((id, tariff), days).ok();
        let anew = now.and_then(|bill| made.rerated(bill.total, at));
        decision.changes.extend(anew.map(changed));
    }
}

/// An owner says what was used in a span.
pub fn correct(facts: &Facts<'_>, said: &Correction, at: UnixMs) -> Decision {
    if let Err((code, why)) = check(facts.book, said, at) {
        return Decision::refused(code, why);
    }
    let span = (said.from, said.to);
    let known = facts.book.usage.between(&said.device, said.quantity, span);
    let taken = known.slots().iter();
    let taken = taken.map(|of| SlotUse { micro: -of.micro, estimated: false, ..*of });
    let tariff = facts.book.household.devices.get(&said.device).and_then(|d| d.tariff.as_ref());
    let tariff = tariff.and_then(|id| facts.book.household.tariffs.get(id));
    let supply = tariff.map(|tariff| tariff.supply(&facts.book.home));
    let better = Divider::of(supply).spread((said.from, said.to), said.micro);
    let added = Use::new(taken.chain(better)).slots().to_vec();
    let mut decision = done(vec![Change::Corrected {
        correction: Box::new(said.clone()),
        was: known.total(),
        at,
        added,
    }]);
    decision.effects.push(Effect::Refresh(Some(said.device.clone())));
    decision
}

fn check(book: &Book, said: &Correction, at: UnixMs) -> Result<(), (Code, String)> {
    let bad = |why: String| Err((Code::Malformed, why));
    let on_slot = |at: UnixMs| Slot::of(at).start() == at;
    let Some(device) = book.household.devices.get(&said.device) else {
        let why = format!("there is no device {}: see homepay device list", said.device);
        return Err((Code::UnknownDevice, why));
    };
    if !said.quantity.is_counter() {
        return bad(format!("{} is not used: correct a counter", said.quantity.as_str()));
    }
    if said.micro < 0 {
        return bad("what was used is zero or more".to_owned());
    }
    let zone = &book.home.zone;
    if said.from >= said.to {
        let (from, to) = (said.from.rfc3339(zone), said.to.rfc3339(zone));
        return bad(format!("the span ends ({to}) before it begins ({from})"));
    }
    if said.to > at {
        return bad(format!("the span ends in the future, at {}", said.to.rfc3339(zone)));
    }
    if !on_slot(said.from) || !on_slot(said.to) {
        return bad("use is kept by quarters of an hour: begin and end with one".to_owned());
    }
    if said.to.since_ms(said.from) > CORRECTED_S_MAX * 1_000 {
        return bad(format!("correct at most {} days at once", CORRECTED_S_MAX / 86_400));
    }
    let meter = book.meters.get(&(said.device.clone(), said.quantity));
    let stated = bounds(device, said.quantity, &How::default()).per_hour_micro;
    let per_hour = meter.and_then(|meter| meter.bound_micro).unwrap_or(stated);
    let most = i128::from(per_hour) * i128::from(said.to.since_ms(said.from)) / 3_600_000;
    if i128::from(said.micro) > most {
        let most = units_text(i64::try_from(most).unwrap_or(i64::MAX));
        let (device, unit) = (&said.device, said.quantity.unit());
        return bad(format!(
            "{device} can use {most} {unit} in that time at most: is it the right unit? Else set \
             max_power_w in the household"
        ));
    }
    if said.why.trim().is_empty() || said.why.chars().count() > WHY_CHARS_MAX {
        return bad(format!("say why, in at most {WHY_CHARS_MAX} characters"));
    }
    Ok(())
}
