//! homepay: a smart-home voice-payment hub.

pub mod domain;
pub mod io;
pub mod ports;
pub mod sandbox;
pub mod wallets;
