//! What an event leads to. One pure function: facts, event and time in, a decision out.
//!
//! Order of checks for an order, fixed: authentic (at the edge), fresh, unseen → not frozen →
//! item, price, currency → hours → category, payee → one-order limit → periodic limits at every
//! matching scope → counts → risk → confirm → approve.

pub mod answer;
mod ask;
mod balance;
mod clock;
mod doubt;
mod judge;
mod judge_again;
pub mod limit_edit;
pub mod lower;
mod pay;
mod payable;
mod phases;
mod power;
mod prices;
mod reading;
mod rerate;
mod tick;
mod upkeep;
mod wallet;
pub mod watch;
mod wish;

pub use prices::passed_over;
pub use rerate::check_correction;

use super::book::Book;
use super::decision::{Change, Decision, Effect};
use super::event::{Event, Stamp};
use super::facts::Facts;
use super::ids::OrderId;
use super::planted::{Planted, planted};
use super::replay::ReplayWindow;
use super::reply::{Code, Reply};
use super::time::UnixMs;
use answer::Answered;

/// How far a signature's time may be from ours, in seconds.
pub const FRESH_S: i64 = 300;

/// Decides one event. What the journal tells of it begins with who acted.
pub fn decide(facts: &Facts<'_>, event: &Event, now: UnixMs) -> Decision {
    let mut decision = decide_event(facts, event, now);
    if decision.changes.iter().any(Change::is_journalled)
        && let Some(actor) = event.actor()
    {
        decision.changes.insert(0, Change::Acted { actor });
    }
    decision
}

fn decide_event(facts: &Facts<'_>, event: &Event, now: UnixMs) -> Decision {
    match event {
        Event::OrderAsked(stamp, asked) => ask::order_asked(facts, stamp.as_ref(), asked, now),
        Event::AnswerHeard { stamp, device, order, said, session } => {
            let heard = Answered { device, order, said, session: session.as_deref() };
            answer::answer_heard(facts, stamp.as_ref(), heard, now)
        }
        Event::ReadingTaken { stamp, device, at, values, retained, sight } => {
            let heard = reading::Heard { device, at: *at, values, retained: *retained, sight };
            reading::reading_taken(facts, stamp.as_ref(), &heard, now)
        }
        Event::WalletAnswered { number, asked, answer, .. } => {
            wallet::wallet_answered(facts, *number, asked, answer, now)
        }
        Event::OwnerWished { stamp, actor, wish } => {
            wish::owner_wished(facts, stamp.as_ref(), (actor, wish), now)
        }
        Event::PricesTold { source, prices, retained, .. } => {
            prices::prices_told(facts, source, (prices, *retained), now)
        }
        Event::BalanceTold { available } => balance::balance_told(facts, *available, now),
        Event::StoreRecovered { since, why } => upkeep::store_recovered(facts, *since, why, now),
        Event::BooksChecked { faults } => upkeep::books_checked(facts, faults, now),
        Event::PaymentsUnknown { payments } => upkeep::payments_unknown(facts, payments, now),
        Event::BooksBegun { why } => upkeep::books_begun(facts, why, now),
        Event::WorkSetAside { what, why } => upkeep::work_set_aside(facts, what, why, now),
        Event::ClockWatched { standing, anchor } => {
            clock::clock_watched(facts, *standing, anchor, now)
        }
        Event::ClockStepped { from, by_ms, witness } => {
            clock::clock_stepped(facts, (*from, *by_ms), witness, now)
        }
        Event::Started { anchor } => tick::started(facts, anchor, now),
        Event::ClockTicked => tick::clock_ticked(facts, now),
    }
}

/// Admits the message that an order or an answer came with: its signer's window moves, what is said
/// to it is remembered. `Err` where it is not looked at further: it was heard before and is answered
/// as then, or it is refused. What came without an envelope has neither.
fn enter(
    facts: &Facts<'_>,
    stamp: Option<&Stamp>,
    order: &OrderId,
    refuse: &dyn Fn(Code) -> Reply,
    now: UnixMs,
) -> Result<Decision, Decision> {
    let mut decision = Decision::nothing();
    let Some(stamp) = stamp else { return Ok(decision) };
    if facts.heard && !planted(Planted::RedeliveryNotRecognised) {
        decision.effects.push(Effect::SayAgain { digest: stamp.digest.clone() });
        return Err(decision);
    }
    let window = match admit(facts.book, stamp, now) {
        Ok(window) => window,
        Err(Code::Replayed) if planted(Planted::RedeliveryNotRecognised) => {
            facts.book.heard.get(&stamp.signer).copied().unwrap_or_default()
        }
        Err(code) => {
            decision.effects.push(Effect::Say(refuse(code)));
            return Err(decision);
        }
    };
    decision.changes.push(Change::Heard { signer: stamp.signer.clone(), window });
    decision.effects.push(Effect::Remember { digest: stamp.digest.clone(), order: order.clone() });
    Ok(decision)
}

/// Whether a signed message is fresh and unseen: the signer's window after it, or the code that
/// refuses it. A message that is refused here changes nothing.
///
/// # Errors
/// `stale` or `replayed`.
pub fn admit(book: &Book, stamp: &Stamp, now: UnixMs) -> Result<ReplayWindow, Code> {
    let age = now.seconds().saturating_sub(stamp.ts);
    if !(-FRESH_S..=FRESH_S).contains(&age) {
        return Err(Code::Stale);
    }
    let window = book.heard.get(&stamp.signer).copied().unwrap_or_default();
    window.heard(stamp.epoch, stamp.seq).ok_or(Code::Replayed)
}
