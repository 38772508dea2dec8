//! Sentences to orders and questions, and decisions to words; in Chinese and in English.
//!
//! | room | |
//! |---|---|
//! | [`speech`] | what was said → items, numbers, questions |
//! | [`phrases`] | replies, alerts and answers → words, from the `.ftl` files beside it |
//! | [`voice_export`] | the sentences that are understood, for other recognisers |
//!
//! What this room must never do: decide, remember, or look at a clock.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod phrases;
pub mod speech;
pub mod voice_export;
