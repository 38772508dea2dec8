//! Figures for `/metrics`, by their names.

use metrics::{counter, gauge};

/// Messages by what became of them.
pub fn message(outcome: &'static str) {
    counter!("homepay_messages_total", "outcome" => outcome).increment(1);
}

/// Messages that were refused, by code.
pub fn refused(code: &'static str) {
    counter!("homepay_refused_total", "code" => code).increment(1);
}

/// A PIN was compared with a member's hash, which is made to be slow.
pub fn pin_compared() {
    counter!("homepay_pin_comparisons_total").increment(1);
}

/// A turn of some length stood.
pub fn turn(events: usize, seconds: f64) {
    counter!("homepay_turns_total").increment(1);
    counter!("homepay_events_total").increment(u64::try_from(events).unwrap_or(u64::MAX));
    metrics::histogram!("homepay_turn_seconds").record(seconds);
}

pub fn turn_failed() {
    counter!("homepay_turns_failed_total").increment(1);
}

/// What the wallet said.
pub fn wallet_answer(answer: &'static str) {
    counter!("homepay_wallet_answers_total", "answer" => answer).increment(1);
}

/// How many things wait for a turn.
#[expect(clippy::cast_precision_loss, reason = "a queue is far shorter than 2^52")]
pub fn queue_len(len: usize) {
    gauge!("homepay_queue_length").set(len as f64);
}

/// How many publications wait for the broker.
#[expect(clippy::cast_precision_loss, reason = "an outbox is far shorter than 2^52")]
pub fn outbox_len(len: usize) {
    gauge!("homepay_outbox_length").set(len as f64);
}

/// Whether the broker is there.
pub fn broker_up(up: bool) {
    gauge!("homepay_broker_up").set(if up { 1.0 } else { 0.0 });
}

/// Whether the wallet answered last.
pub fn wallet_up(up: bool) {
    gauge!("homepay_wallet_up").set(if up { 1.0 } else { 0.0 });
}

/// A list of market prices was read, or could not be.
pub fn prices(read: bool) {
    let outcome = if read { "read" } else { "failed" };
    counter!("homepay_price_lists_total", "outcome" => outcome).increment(1);
}
