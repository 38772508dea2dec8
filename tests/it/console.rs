//! The owner's pages, by plain HTTP against the real daemon.

mod approval;
mod browser;
mod doors;
mod first_run;
