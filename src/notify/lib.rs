//! How people are told: what a message to a channel looks like, and what its answer means. Nothing here
//! sends, waits or asks a clock.
//!
//! - [`channel`]: a channel as its file describes it; [`form`] reads the file, [`registry`] has all
//! - [`template`]: texts with named fields
//! - [`request`]: a message as the request of a channel, signed by [`signature`]
//! - [`verdict`]: what the answer means: delivered, refused, or to be tried again
//! - [`webpush`]: Web Push (RFC 8291, RFC 8292)

pub mod channel;
pub mod form;
pub mod registry;
pub mod request;
pub mod signature;
pub mod template;
#[cfg(test)]
mod tests;
pub mod verdict;
pub mod webpush;
