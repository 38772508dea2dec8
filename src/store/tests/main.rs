//! The books on disk: the contract of every body, and what another hand or the disk does to them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where something is wrong, and prints figures"
)]

mod contract;
mod sqlite_books;
mod tampering;
