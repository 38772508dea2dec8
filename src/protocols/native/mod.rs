//! The hub's own topics: signed envelopes in, replies and events out. CONTRACT section 3.

pub mod actor_view;
pub mod bill;
pub mod detail;
pub mod envelope;
pub mod heard;
pub mod prices;
pub mod states;
pub mod told;
pub mod wish;
