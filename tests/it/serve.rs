//! The real binary, killed, flooded and lied to.

mod actors;
mod admission;
mod alerts;
mod answers;
mod books;
mod clock;
mod edits;
mod events;
mod flood;
mod homeassistant;
pub mod house;
mod kill;
mod lost_books;
mod messages;
mod notify;
mod old_books;
mod outage;
mod owner;
mod pins;
mod process;
mod rates;
mod rights;
mod states;
mod verbs;
mod voice;
