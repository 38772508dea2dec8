//! Orders, alerts, use and bills as they are decided and published: tables of cases, without I/O.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where something is wrong, and prints figures"
)]

mod alerts;
mod orders;
mod use_and_bills;

use homepay_domain::actor::Actor;
use homepay_domain::event::{Event, OwnerCommand};

/// What an owner wants, as the engine hears it.
pub fn wished(wish: OwnerCommand) -> Event {
    Event::OwnerCommanded { stamp: None, actor: Actor::System, command: wish }
}
