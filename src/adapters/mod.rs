//! Between the outside's words and the domain's: pure translation, both ways.
//!
//! To add a way to speak with the hub, add a module that turns its messages into events and its
//! effects into publications. What a translation must never do: decide, remember, or look at a
//! clock.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod amount;
pub mod clip;
pub mod distinct;
pub mod encoding;
pub mod export;
pub mod grid;
pub mod homeassistant;
pub mod household;
pub mod keys;
pub mod native;
pub mod openapi;
pub mod phrases;
pub mod problem;
pub mod profile;
pub mod published;
pub mod readings;
pub mod sheet;
pub mod snapshot;
pub mod span;
pub mod speech;
pub mod tariff;
pub mod units;
pub mod voice;
pub mod voice_export;
