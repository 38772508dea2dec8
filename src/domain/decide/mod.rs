//! What an event leads to. One pure function: facts, event and time in, a decision out.
//!
//! Order of checks for an order, fixed: authentic (at the edge), fresh, unseen → not frozen →
//! item, price, currency → hours → category, payee → one-order limit → periodic limits at every
//! matching scope → counts → risk → confirm → approve.

mod answer;
mod ask;
mod judge;
mod pay;
mod reading;
mod tick;
mod wallet;
mod wish;

use super::decision::Decision;
use super::event::{Event, Stamp};
use super::facts::Facts;
use super::replay::ReplayWindow;
use super::reply::Code;
use super::time::UnixMs;

/// How far a signature's time may be from ours, in seconds.
pub const FRESH_S: i64 = 300;

/// Decides one event.
pub fn decide(facts: &Facts<'_>, event: &Event, now: UnixMs) -> Decision {
    match event {
        Event::OrderAsked(stamp, asked) => ask::order_asked(facts, stamp, asked, now),
        Event::AnswerHeard { stamp, device, order, said } => {
            answer::answer_heard(facts, stamp, device, order, said, now)
        }
        Event::ReadingTaken { stamp, device, at, values, retained, sight } => {
            let heard = reading::Heard { device, at: *at, values, retained: *retained, sight };
            reading::reading_taken(facts, stamp.as_ref(), &heard, now)
        }
        Event::WalletAnswered { number, asked, answer, .. } => {
            wallet::wallet_answered(facts, *number, asked, answer, now)
        }
        Event::OwnerWished { stamp, wish } => wish::owner_wished(facts, stamp.as_ref(), wish, now),
        Event::Started => tick::started(facts, now),
        Event::ClockTicked => tick::clock_ticked(facts, now),
    }
}

/// Whether a signed message is fresh and unseen: the signer's window after it, or the code that
/// refuses it. A message that is refused here changes nothing.
fn admit(facts: &Facts<'_>, stamp: &Stamp, now: UnixMs) -> Result<ReplayWindow, Code> {
    let age = now.seconds().saturating_sub(stamp.ts);
    if !(-FRESH_S..=FRESH_S).contains(&age) {
        return Err(Code::Stale);
    }
    let window = facts.book.heard.get(&stamp.signer).copied().unwrap_or_default();
    window.heard(stamp.epoch, stamp.seq).ok_or(Code::Replayed)
}
