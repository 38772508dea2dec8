//! Our own TLS client configuration: rustls with ring, whatever the process default is.

use super::options::{LinkFault, TlsOptions};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;

/// Builds the configuration. Files are read once, at start.
pub(crate) fn client_config(options: &TlsOptions) -> Result<ClientConfig, LinkFault> {
    let mut roots = RootCertStore::empty();
    match &options.ca_file {
        Some(file) => {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|e| fault(file, &e))?;
            }
        }
        None => {
            // One bad certificate among the system's must not end the hub: take those that parse.
            let system = rustls_native_certs::load_native_certs();
            let (taken, _refused) = roots.add_parsable_certificates(system.certs);
            if taken == 0 {
                return Err(LinkFault::Tls("no system certificates; set ca_file".to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| LinkFault::Tls(e.to_string()))?
        .with_root_certificates(roots);
    match (&options.cert_file, &options.key_file) {
        (Some(cert), Some(key)) => {
            let chain = certificates(cert)?;
            let key_der = PrivateKeyDer::from_pem_file(key).map_err(|e| fault(key, &e))?;
            builder.with_client_auth_cert(chain, key_der).map_err(|e| fault(cert, &e))
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        _ => Err(LinkFault::Tls("cert_file and key_file belong together".to_owned())),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, LinkFault> {
    let found: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(|e| fault(file, &e))?
        .collect::<Result<_, _>>()
        .map_err(|e| fault(file, &e))?;
    if found.is_empty() {
        return Err(LinkFault::Tls(format!("{}: no certificate in it", file.display())));
    }
    Ok(found)
}

fn fault(file: &Path, error: &dyn std::fmt::Display) -> LinkFault {
    LinkFault::Tls(format!("{}: {error}", file.display()))
}
