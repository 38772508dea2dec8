//! The hub's own topics: signed envelopes in, replies and events out. CONTRACT section 3.

pub mod actor_view;
pub mod bill;
pub mod decoded;
pub mod detail;
pub mod encode;
pub mod envelope;
pub mod owner_request;
pub mod price_message;
pub mod states;
pub mod verbs;
