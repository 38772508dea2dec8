//! The owner's pages, by plain HTTP against the real daemon.

mod approval;
#[cfg(feature = "passkeys")]
mod authenticator;
mod browser;
mod codes;
mod doors;
mod first_run;
mod pages;
#[cfg(feature = "passkeys")]
mod passkeys;
