//! Where the house touches the world: sockets and clocks behind the ports.

pub mod http;
