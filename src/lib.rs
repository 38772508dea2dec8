//! homepay: a smart-home voice-payment hub.

pub mod adapters;
pub mod config;
pub mod domain;
pub mod io;
pub mod ports;
pub mod store;
