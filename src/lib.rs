//! homepay: a smart-home voice-payment hub.

pub mod adapters;
pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod io;
pub mod lifecycle;
pub mod ports;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod wallets;
