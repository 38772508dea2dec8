//! For trying out: a wallet that moves no money, and devices that are none.

pub mod devices;
pub mod wallet;
