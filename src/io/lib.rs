//! The hub's doors to the outside: brokers, external or embedded, HTTP, the clock.

pub mod broker;
pub mod bus;
pub mod certificate;
pub mod home_ca;
pub mod http;
pub mod http_server;
pub mod listen;
pub mod mqtt;
pub mod multicast;
pub mod system_clock;
pub mod topic;
