//! The rules over households and tariffs as they are written: tables of cases, without I/O.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where something is wrong, and prints figures"
)]

mod costs;
mod readings;
mod sentences;
mod tables;
mod tariffs;
mod worked_bills;
