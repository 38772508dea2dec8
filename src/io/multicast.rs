//! The console's name in the home's network, by multicast DNS: phones find `homepay.local` without a
//! router that knows it.

use mdns_sd::{ServiceDaemon, ServiceInfo};
use std::net::IpAddr;

/// Tells the network a name until it is dropped.
pub struct Announced {
    daemon: ServiceDaemon,
}

impl Announced {
    /// Announces a name, such as `homepay.local`, at every address of this machine.
    ///
    /// # Errors
    /// When multicast cannot be used here.
    pub fn begin(name: &str, port: u16) -> Result<Announced, String> {
        let told = |fault: mdns_sd::Error| fault.to_string();
        let daemon = ServiceDaemon::new().map_err(told)?;
        let host = format!("{}.", name.trim_end_matches('.'));
        let instance = name.split('.').next().unwrap_or(name);
        let no_addresses: &[IpAddr] = &[];
        let info = ServiceInfo::new(
            "_https._tcp.local.",
            instance,
            &host,
            no_addresses,
            port,
            &[][..] as &[(&str, &str)],
        );
        let info = info.map_err(told)?.enable_addr_auto();
        daemon.register(info).map_err(told)?;
        Ok(Announced { daemon })
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // The network forgets the name by itself where it cannot be told.
        let _ = self.daemon.shutdown();
    }
}

/// The addresses at which the home's network reaches this machine.
#[must_use]
pub fn own_addresses() -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let is_reached = |address: &IpAddr| match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(_) => false,
    };
    let mut all: Vec<IpAddr> = all.iter().map(if_addrs::Interface::ip).filter(is_reached).collect();
    all.sort();
    all.dedup();
    all
}
