//! Stand-ins that are real: servers one can pay at without paying.

pub mod wallet;
