//! The heart: pure rules over plain values. No async, clock, I/O, randomness, logging, hash maps
//! or floats; time, ids and random numbers come in as arguments.

pub mod ids;
pub mod money;
pub mod settlement;
pub mod time;
