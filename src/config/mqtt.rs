//! `[mqtt]`: which broker, and who the hub is there.

use super::config_sources::{address, topic};
use super::layers::{KeyId, Layers};
use super::{BrokerAt, MqttSettings};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use url::Url;

const BROKER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1883);

pub(super) fn mqtt(layers: &Layers<'_>) -> Option<MqttSettings> {
    let broker = broker(layers);
    let username = layers.text(("mqtt", "username")).map(str::to_owned);
    let password = layers.secret(("mqtt", "password"), ("mqtt", "password_file"));
    if password.is_some() && username.is_none() {
        layers.wrong(("mqtt", "username"), "is missing: a password needs a user name");
    }
    let base = layers.text(("mqtt", "base")).unwrap_or("homepay");
    topic(layers, ("mqtt", "base"), base);
    let client_id = layers.text(("mqtt", "client_id"));
    if client_id.is_some_and(|id| id.is_empty() || id.contains('\0')) {
        layers.wrong(("mqtt", "client_id"), "is empty: no session can be kept without one");
    }
    let tls_listen = address(layers, ("mqtt", "tls_listen"));
    let ca_file = certificates(layers, ("mqtt", "ca_file"));
    let cert_file = certificates(layers, ("mqtt", "cert_file"));
    let key_file = private_key(layers, ("mqtt", "key_file"));
    if cert_file.is_some() != key_file.is_some() {
        let there = if cert_file.is_some() { "cert_file" } else { "key_file" };
        layers.wrong(("mqtt", there), "cert_file and key_file go together: write both");
    }
    if tls_listen.is_some() && cert_file.is_none() && key_file.is_none() {
        layers.wrong(("mqtt", "tls_listen"), "needs cert_file and key_file");
    }
    Some(MqttSettings {
        broker: broker?,
        listen: address(layers, ("mqtt", "listen")).unwrap_or(BROKER),
        tls_listen,
        base: base.to_owned(),
        username,
        password: password.map(SecretString::from),
        ca_file,
        cert_file,
        key_file,
        client_id: client_id.map(str::to_owned),
    })
}

/// A file of certificates.
pub(super) fn certificates(layers: &Layers<'_>, id: KeyId) -> Option<PathBuf> {
    pem(layers, id, "certificate", "CERTIFICATE", |text| {
        let mut found = CertificateDer::pem_slice_iter(text).peekable();
        found.peek().is_some() && found.all(|one| one.is_ok())
    })
}

/// A file of a private key.
pub(super) fn private_key(layers: &Layers<'_>, id: KeyId) -> Option<PathBuf> {
    let one = |text: &[u8]| PrivateKeyDer::from_pem_slice(text).is_ok();
    pem(layers, id, "private key", "PRIVATE KEY", one)
}

/// A file in PEM, read before anything starts: what is wrong with it would show only on the link.
fn pem(
    layers: &Layers<'_>,
    id: KeyId,
    what: &str,
    mark: &str,
    is_one: impl Fn(&[u8]) -> bool,
) -> Option<PathBuf> {
    let path = layers.path(id)?;
    if let Some(text) = layers.file(id)
        && !is_one(text.as_bytes())
    {
        let file = path.display();
        let what = format!("{file} holds no {what}: it needs one in PEM, -----BEGIN {mark}-----");
        layers.wrong(id, what);
    }
    Some(path)
}

fn broker(layers: &Layers<'_>) -> Option<BrokerAt> {
    let id = ("mqtt", "url");
    let text = layers.text(id).unwrap_or("embedded");
    if text == "embedded" {
        return Some(BrokerAt::Embedded);
    }
    let fault = || {
        let what = "is \"embedded\", \"mqtt://host:1883\" or \"mqtts://host:8883\"";
        layers.wrong(id, what);
    };
    let Ok(url) = Url::parse(text) else {
        fault();
        return None;
    };
    let tls = match url.scheme() {
        "mqtt" => false,
        "mqtts" => true,
        _ => {
            fault();
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        layers.wrong(id, "holds a user or password: write them as username and password_file");
        return None;
    }
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() || !bare {
        fault();
        return None;
    }
    if !tls && layers.text(("mqtt", "ca_file")).is_some() {
        layers.wrong(("mqtt", "ca_file"), "is of no use without TLS: write mqtts:// in url");
    }
    let port = url.port().unwrap_or(if tls { 8883 } else { 1883 });
    Some(BrokerAt::Remote { host, port, tls })
}
