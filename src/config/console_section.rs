//! `[console]`: where the owner's pages are, and by which names.

use super::ConsoleSettings;
use super::config_sources::{address, flag};
use super::layers::Layers;
use super::mqtt::{certificates, private_key};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use url::Url;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420);

/// Where the home's network finds it once it is opened.
const NETWORK_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8421);

pub(super) fn console(layers: &Layers<'_>) -> ConsoleSettings {
    let cert_file = certificates(layers, ("console", "cert_file"));
    let key_file = private_key(layers, ("console", "key_file"));
    if cert_file.is_some() != key_file.is_some() {
        let there = if cert_file.is_some() { "cert_file" } else { "key_file" };
        layers.wrong(("console", there), "cert_file and key_file go together: write both");
    }
    ConsoleSettings {
        listen: address(layers, ("console", "listen")).unwrap_or(LISTEN),
        network_listen: address(layers, ("console", "network_listen")).unwrap_or(NETWORK_LISTEN),
        cert_file,
        key_file,
        plain_http: flag(layers, ("console", "plain_http")).unwrap_or(false),
        names: layers.texts(("console", "names")),
        url: url(layers),
    }
}

fn url(layers: &Layers<'_>) -> Option<Url> {
    let id = ("console", "url");
    let text = layers.text(id).filter(|text| !text.is_empty())?;
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let url = Url::parse(text).ok().filter(is_web);
    if url.is_none() {
        layers.wrong(id, "is not an address: write \"https://homepay.local:8420\"");
    }
    url
}
