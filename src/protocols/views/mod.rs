//! What the hub answers: one form for each thing that owners look at or have done. The same struct is
//! answered over HTTP, published over MQTT and described by schema and OpenAPI.
//!
//! Money and quantities are decimal text, instants RFC 3339; null = not known or none.

pub mod alerts;
pub mod approval;
pub mod clock;
pub mod commands;
pub mod journal;
pub mod limits;
pub mod notify;
pub mod orders;
pub mod prices;
pub mod run_cost;
pub mod usage;
pub mod wallet;
