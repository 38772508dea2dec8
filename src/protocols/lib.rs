//! MQTT messages to events, and effects to publications: pure translation, both ways.
//!
//! | room | |
//! |---|---|
//! | [`native`] | the hub's own topics: signed envelopes, orders, readings, owners' requests |
//! | [`voice`] | speakers that do not sign: Hermes, Assist, XiaoAI |
//! | [`readings`] | devices that a profile describes |
//! | [`homeassistant`] | entities of Home Assistant |
//! | [`views`] | what the hub answers over HTTP and MQTT |
//! | [`snapshot`] | what translation needs of a home |
//!
//! What this room must never do: decide, remember, or look at a clock.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod homeassistant;
pub mod native;
pub mod readings;
pub mod snapshot;
pub mod views;
pub mod voice;
