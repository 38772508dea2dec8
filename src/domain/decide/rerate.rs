//! What was billed is computed anew: where an owner puts use right, where use or prices are told
//! late, and where a tariff was corrected. A bill that was made is never rewritten; the next one
//! puts it right.

use super::owner_command::done;
use super::reading::bounds;
use crate::bill::{BILL_AFTER_S, Billing};
use crate::book::Book;
use crate::decision::{Change, Decision, Effect};
use crate::event::ValueSemantics;
use crate::facts::Facts;
use crate::limits::window::midnight;
use crate::meter::units_text;
use crate::reply::Code;
use crate::tariff::{SLOT_S, Slot};
use crate::time::UnixMs;
use crate::usage::correction::{
    CORRECTED_S_MAX, Correction, IMPORTED_SLOTS_MAX, Imported, WHY_CHARS_MAX,
};
use crate::usage::{UtcDay, priced_quantity};
use crate::usage_bill::{Recomputed, UsageBill};

/// For how long after its cycle a bill is computed anew by itself, in seconds: readings that come
/// late are taken for two days, and a market's prices are corrected for as long.
pub const RERATE_WITHIN_S: i64 = 3 * 86_400;

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
        if !(BILL_AFTER_S..RERATE_WITHIN_S).contains(&over) || !at_hand() {
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
    if let Err((code, why)) = check_correction(facts.book, said, at) {
        return Decision::refused(code, why);
    }
    let book = facts.book;
    let was = book.usage.between(&said.device, said.quantity, (said.from, said.to)).total();
    let added = said.puts_right(&book.home, &book.household, &book.usage);
    let mut decision =
        done(vec![Change::Corrected { correction: Box::new(said.clone()), was, at, added }]);
    decision.effects.push(Effect::Refresh(Some(said.device.clone())));
    decision
}

/// Use from a supplier's file: a device's past.
pub fn import(facts: &Facts<'_>, said: &Imported, at: UnixMs) -> Decision {
    let book = facts.book;
    if let Err((code, why)) = check_import(book, said, at) {
        return Decision::refused(code, why);
    }
    let known = book.usage.between(&said.device, said.quantity, said.span());
    let added = said.adds(&known);
    let (from, to) = said.span();
    let micro = added.iter().fold(0_i64, |sum, of| sum.saturating_add(of.micro));
    let correction = Correction {
        device: said.device.clone(),
        quantity: said.quantity,
        from,
        to,
        micro: known.total().saturating_add(micro),
        why: format!("imported from {}", said.file),
    };
    let mut decision = done(vec![Change::Corrected {
        correction: Box::new(correction),
        was: known.total(),
        at,
        added,
    }]);
    decision.effects.push(Effect::Refresh(Some(said.device.clone())));
    decision
}

fn check_import(book: &Book, said: &Imported, at: UnixMs) -> Result<(), (Code, String)> {
    let bad = |why: String| Err((Code::Malformed, why));
    let Some(device) = book.household.devices.get(&said.device) else {
        let why = format!("there is no device {}: see homepay device list", said.device);
        return Err((Code::UnknownDevice, why));
    };
    if !said.quantity.is_counter() {
        return bad(format!("{} is not used: import a counter", said.quantity.as_str()));
    }
    if said.used.is_empty() || said.used.len() > IMPORTED_SLOTS_MAX {
        let (has, most) = (said.used.len(), IMPORTED_SLOTS_MAX);
        return bad(format!("{has} quarters of an hour: 1 to {most} are taken at once"));
    }
    let ordered = said.used.is_sorted_by(|one, next| one.part() < next.part());
    if !ordered || said.used.iter().any(|of| of.micro < 0 || of.minute != 0) {
        return bad(
            "each quarter of an hour must appear once, with a use of zero or more".to_owned()
        );
    }
    if said.span().1 > at {
        let to = said.span().1.rfc3339(&book.home.zone);
        return bad(format!("the file goes on into the future, until {to}"));
    }
    let per_hour = bounds(device, said.quantity, &ValueSemantics::default()).per_hour_micro;
    let most = i128::from(per_hour) * i128::from(SLOT_S) / 3_600;
    if let Some(over) = said.used.iter().find(|of| i128::from(of.micro) > most) {
        let (when, unit) = (over.start().rfc3339(&book.home.zone), said.quantity.unit());
        let (used, device) = (units_text(over.micro), &said.device);
        return bad(format!(
            "{used} {unit} in the quarter of an hour from {when} is more than {device} can use: is it \
             the right file and unit? Else set max_power_w in the household"
        ));
    }
    if said.file.chars().count() > WHY_CHARS_MAX {
        return bad(format!("name the file in at most {WHY_CHARS_MAX} characters"));
    }
    Ok(())
}

/// Whether an owner's word on what was used can be so.
///
/// # Errors
/// Why it cannot.
pub fn check_correction(book: &Book, said: &Correction, at: UnixMs) -> Result<(), (Code, String)> {
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
    let stated = bounds(device, said.quantity, &ValueSemantics::default()).per_hour_micro;
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
