//! Messages as they come, up to what is decided of them: tables of cases, without I/O.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where something is wrong, and prints figures"
)]

mod bad_input;
mod numbers;
