//! The real binary, killed, flooded and lied to.

mod flood;
mod house;
mod kill;
mod owner;
mod voice;
