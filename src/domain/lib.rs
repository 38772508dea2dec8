//! The heart: pure rules over plain values. No async, clock, I/O, randomness, logging, hash maps
//! or floats; time, ids and random numbers come in as arguments.

#![deny(clippy::float_arithmetic, clippy::wildcard_enum_match_arm)]

pub mod access;
pub mod actor;
pub mod alert;
pub mod approval;
pub mod bill;
pub mod book;
pub mod budget;
pub mod decide;
pub mod decision;
pub mod event;
pub mod facts;
pub mod fault_injection;
pub mod forecast;
pub mod held;
pub mod household;
pub mod ids;
pub mod integral;
mod interval;
pub mod label;
pub mod limits;
pub mod live;
pub mod marks;
pub mod meter;
pub mod money;
pub mod notice;
pub mod order;
pub mod payable;
pub mod quantity;
pub mod recent;
pub mod replay;
pub mod reply;
pub mod run_cost;
pub mod settlement;
pub mod shared_map;
pub mod sighting;
pub mod spent;
pub mod statement;
pub mod tariff;
pub mod time;
pub mod timekeeper;
pub mod unclear;
pub mod usage;
pub mod usage_bill;
pub mod watch;
