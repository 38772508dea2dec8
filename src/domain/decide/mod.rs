//! What an event leads to. One pure function: facts, event and time in, a decision out.
//!
//! Order of checks for an order, fixed: authentic (at the edge), fresh, unseen → not frozen →
//! item, price, currency → hours → category, payee → one-order limit → periodic limits at every
//! matching scope → counts → risk → confirm → approve.

pub mod access;
pub mod answer;
mod approval;
mod ask;
mod balance;
pub mod checks;
mod clock_step;
mod credentials;
mod doubt;
pub mod evaluate;
pub mod limit_edit;
pub mod lower;
mod market_prices;
mod notify;
mod owner_command;
mod pay;
mod payable;
mod phases;
mod power;
mod reading;
mod reevaluate;
mod rerate;
mod tick;
mod upkeep;
mod wallet_status;
pub mod watch;

pub use market_prices::passed_over;
pub use rerate::check_correction;

use super::book::Book;
use super::decision::{Change, Decision, Effect};
use super::event::{Event, Stamp};
use super::facts::Facts;
use super::fault_injection::{InjectedFault, is_injected};
use super::ids::OrderId;
use super::replay::ReplayWindow;
use super::reply::{Code, Reply};
use super::time::UnixMs;
use crate::marks::{Mark, reached};
use answer::Answered;

/// How far a signature's time may be from ours, in seconds.
pub const REQUEST_FRESH_S: i64 = 300;

/// Decides one event. What the journal tells of it begins with who acted.
pub fn decide(facts: &Facts<'_>, event: &Event, now: UnixMs) -> Decision {
    let mut decision = decide_event(facts, event, now);
    notify::tell_people(facts.book, &mut decision, now);
    if decision.changes.iter().any(Change::is_journalled)
        && let Some(actor) = event.actor()
    {
        decision.changes.insert(0, Change::Acted { actor });
    }
    decision
}

fn decide_event(facts: &Facts<'_>, event: &Event, now: UnixMs) -> Decision {
    match event {
        Event::OrderRequested(stamp, asked) => ask::order_asked(facts, stamp.as_ref(), asked, now),
        Event::AnswerReceived { stamp, device, order, answer: said, session } => {
            let heard = Answered { device, order, said, session: session.as_deref() };
            answer::answer_heard(facts, stamp.as_ref(), heard, now)
        }
        Event::ReadingReceived { stamp, device, at, values, retained, status: sight } => {
            let heard = reading::ReadingInput {
                device,
                at: *at,
                values,
                retained: *retained,
                status: sight,
            };
            reading::reading_taken(facts, stamp.as_ref(), &heard, now)
        }
        Event::WalletAnswered { number, asked, answer, .. } => {
            wallet_status::wallet_answered(facts, *number, asked, answer, now)
        }
        Event::OwnerCommanded { stamp, actor, command: wish } => {
            owner_command::owner_wished(facts, stamp.as_ref(), (actor, wish), now)
        }
        Event::AccessRequested { actor, access } => {
            access::access_asked(facts, (actor, access), now)
        }
        Event::PricesReceived { source, prices, retained, .. } => {
            market_prices::prices_told(facts, source, (prices, *retained), now)
        }
        Event::BalanceReceived { available } => balance::balance_told(facts, *available, now),
        Event::StoreRecovered { since, why } => upkeep::store_recovered(facts, *since, why, now),
        Event::BooksChecked { faults } => upkeep::books_checked(facts, faults, now),
        Event::PaymentsUnknown { payments } => upkeep::payments_unknown(facts, payments, now),
        Event::BooksBegun { why } => upkeep::books_begun(facts, why, now),
        Event::WorkSetAside { what, why } => upkeep::work_set_aside(facts, what, why, now),
        Event::ClockWatched { standing, anchor } => {
            clock_step::clock_watched(facts, *standing, anchor, now)
        }
        Event::ClockStepped { from, by_ms, witness, .. } => {
            clock_step::clock_stepped(facts, (*from, *by_ms), witness, now)
        }
        Event::RoutesRead { routes } => notify::routes_read(facts, routes, now),
        Event::NoticeAnswered { notice, delivery } => {
            notify::answered(facts, notice, delivery, now)
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
    if facts.already_processed && !is_injected(InjectedFault::RedeliveryNotRecognised) {
        reached(Mark::CameAgain);
        decision.effects.push(Effect::RepeatReply { digest: stamp.digest.clone() });
        return Err(decision);
    }
    let window = match admit(facts.book, stamp, now) {
        Ok(window) => window,
        Err(Code::Replayed) if is_injected(InjectedFault::RedeliveryNotRecognised) => {
            facts.book.replay_windows.get(&stamp.signer).copied().unwrap_or_default()
        }
        Err(code) => {
            decision.effects.push(Effect::Reply(refuse(code)));
            return Err(decision);
        }
    };
    decision.changes.push(Change::ReplayWindowAdvanced { signer: stamp.signer.clone(), window });
    decision
        .effects
        .push(Effect::CacheReply { digest: stamp.digest.clone(), order: order.clone() });
    Ok(decision)
}

/// Whether a signed message is fresh and unseen: the signer's window after it, or the code that
/// refuses it. A message that is refused here changes nothing.
///
/// # Errors
/// `stale` or `replayed`.
pub fn admit(book: &Book, stamp: &Stamp, now: UnixMs) -> Result<ReplayWindow, Code> {
    let age = now.seconds().saturating_sub(stamp.ts);
    if !(-REQUEST_FRESH_S..=REQUEST_FRESH_S).contains(&age) {
        return Err(Code::Stale);
    }
    let window = book.replay_windows.get(&stamp.signer).copied().unwrap_or_default();
    window.advance(stamp.epoch, stamp.seq).ok_or(Code::Replayed)
}
