//! The hub's doors to the outside: brokers, external or embedded, and HTTP.

pub mod broker;
pub mod bus;
pub mod mqtt;
pub mod topic;
