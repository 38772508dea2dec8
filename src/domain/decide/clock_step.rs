//! The machine's clock leapt, came back, or somebody agrees with it.

use super::answer::raise;
use super::owner_command::done;
use super::pay;
use crate::alert::{Alert, AlertKind, Detail, Severity};
use crate::book::Book;
use crate::decision::{Change, Decision, Effect};
use crate::facts::Facts;
use crate::limits::used::{Hold, ROLLING};
use crate::order::Order;
use crate::reply::Code;
use crate::tariff::{SLOT_S, SlotUse};
use crate::time::UnixMs;
use crate::timekeeper::{ClockStanding, ClockWitness, LEAP_MS_MAX, TimeAnchor};

/// How far ahead use is looked for that a leap brought into the books, in seconds: a hundred years.
const USE_AHEAD_S: i64 = 100 * 366 * 86_400;

/// How the wall clock stands: an alert while it is not believed, and a word when it is again.
pub fn clock_watched(
    facts: &Facts<'_>,
    standing: ClockStanding,
    anchor: &TimeAnchor,
    now: UnixMs,
) -> Decision {
    let mut decision = Decision::nothing();
    decision.changes.push(Change::TimeAnchored { anchor: anchor.clone() });
    let (book, at) = (facts.book, facts.book.time(now));
    let shows = match standing {
        ClockStanding::Agrees => {
            believed(book, &mut decision, at);
            return decision;
        }
        ClockStanding::Ahead { by_ms } => at.plus_ms(by_ms),
        ClockStanding::Behind { by_ms } => at.plus_ms(by_ms.saturating_neg()),
    };
    if open_alert(book).is_none() {
        let time = at.in_zone(&book.home.zone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let kind = AlertKind::ClockLeapt;
        let mut alert = Alert::new(kind, Severity::Critical, "clock", &time, at);
        alert.detail = Some(Detail::Since { at: shows });
        raise(alert, &mut decision);
    }
    decision
}

fn open_alert(book: &Book) -> Option<&Alert> {
    let is_open =
        |alert: &&Alert| alert.kind == AlertKind::ClockLeapt && alert.resolved_at.is_none();
    book.alerts.values().find(is_open)
}

fn believed(book: &Book, decision: &mut Decision, at: UnixMs) {
    if let Some(alert) = open_alert(book) {
        let alert = Alert { resolved_at: Some(at), ..alert.clone() };
        decision.effects.push(Effect::Warn(Box::new(alert.clone())));
        decision.changes.push(Change::Alert { alert: Box::new(alert) });
    }
}

/// Moves the books' time. Forward it only goes on from there; back, everything that was written
/// after the new time is moved with it, and the limits' periods are counted anew.
pub fn clock_stepped(
    facts: &Facts<'_>,
    (expected, by_ms): (UnixMs, i64),
    witness: &ClockWitness,
    now: UnixMs,
) -> Decision {
    let (book, from) = (facts.book, facts.book.time(now));
    let to = from.plus_ms(by_ms);
    if from.since_ms(expected).abs() > LEAP_MS_MAX {
        let why = "the books' time was moved meanwhile: look again with `homepay clock status`";
        return Decision::refused(Code::WrongState, why);
    }
    if by_ms == 0 {
        return Decision::refused(Code::WrongState, "the clock agrees: there is nothing to accept");
    }
    if by_ms < 0 && *witness != ClockWitness::Owner {
        return Decision::refused(Code::Forbidden, "only an owner can undo a clock step");
    }
    let mut decision = done(Vec::new());
    if by_ms < 0 {
        take_back(facts, by_ms, to, &mut decision);
    }
    believed(book, &mut decision, to);
    decision.changes.push(Change::ClockStepped { from, to, witness: witness.clone() });
    decision
}

fn take_back(facts: &Facts<'_>, by_ms: i64, to: UnixMs, decision: &mut Decision) {
    let book = facts.book;
    let ended = facts.ahead.iter().filter(|order| !book.open.contains_key(&order.id));
    for before in book.open.values().chain(ended) {
        let after = moved_order(book, before, by_ms, to);
        if after != *before {
            let asks = after.attempt != before.attempt;
            decision.put_order(Some(before), after.clone());
            if asks {
                // What waits to be asked is handed out anew: its time moved.
                pay::hand_out(&after, decision);
            }
        }
    }
    for ((device, quantity), meter) in &book.meters {
        let after = meter.clone().moved(&|at| moved(at, by_ms, to));
        let slots = by_ms.div_euclid(SLOT_S * 1_000);
        let ahead = (to.plus_s(SLOT_S), to.plus_s(USE_AHEAD_S));
        let used = book.usage.between(device, *quantity, ahead);
        let mut added: Vec<SlotUse> = Vec::with_capacity(2 * used.slots().len());
        added.extend(used.slots().iter().map(|of| SlotUse { slot: of.slot.plus(slots), ..*of }));
        added.extend(used.slots().iter().map(|of| SlotUse { micro: -of.micro, ..*of }));
        if after != *meter || !added.is_empty() {
            let (device, quantity) = (device.clone(), *quantity);
            decision.changes.push(Change::MeterMoved { device, quantity, meter: after, added });
        }
    }
}

/// A time that a leap brought into the books, as it would have been without it.
fn moved(time: UnixMs, by_ms: i64, to: UnixMs) -> UnixMs {
    if time > to { time.plus_ms(by_ms) } else { time }
}

fn moved_order(book: &Book, before: &Order, by_ms: i64, to: UnixMs) -> Order {
    let mut order = before.clone();
    let shift = |time: &mut UnixMs| *time = moved(*time, by_ms, to);
    // Deadlines of orders from before the leap were set before it, and may lie ahead rightly.
    if order.changed_at > to {
        order.due.iter_mut().for_each(shift);
    }
    if let Some(attempt) = &mut order.attempt
        && attempt.since > to
    {
        for time in [&mut attempt.since, &mut attempt.doubt_at, &mut attempt.due] {
            shift(time);
        }
    }
    for time in [&mut order.asked_at, &mut order.changed_at] {
        shift(time);
    }
    order.captured_at.iter_mut().for_each(shift);
    order.returned_at.iter_mut().for_each(shift);
    for hold in order.holds.iter_mut().filter(|hold| hold.at > to) {
        shift(&mut hold.at);
        hold.window = window_of(book, hold);
    }
    order
}

/// The period that a hold belongs to by its own time; as it was where the limit is gone.
fn window_of(book: &Book, hold: &Hold) -> String {
    let limit = book.household.limits.get(&hold.limit).filter(|_| hold.window != ROLLING);
    limit.map_or_else(
        || hold.window.clone(),
        |l| l.period.window(l.alignment, l.week_start, &book.home.zone, hold.at).key,
    )
}
