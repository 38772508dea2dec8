//! The certificate that a listener shows, which may change while it listens.

use arc_swap::ArcSwapOption;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A chain and its key, ready to be shown.
#[derive(Clone, Debug)]
pub struct Served(Arc<CertifiedKey>);

impl Served {
    /// # Errors
    /// When the key is not one that ring has, or not the certificate's.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Served, rustls::Error> {
        let provider = rustls::crypto::ring::default_provider();
        let certified = CertifiedKey::from_der(chain, key.clone_key(), &provider)?;
        Ok(Served(Arc::new(certified)))
    }

    /// The chain, the console's own certificate first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.cert
    }

    /// What two files hold.
    ///
    /// # Errors
    /// Says which file is wrong, and why.
    pub fn read(certificate: &Path, key: &Path) -> Result<Served, String> {
        let wrong =
            |file: &Path, fault: &dyn std::fmt::Display| format!("{}: {fault}", file.display());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|fault| wrong(certificate, &fault))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|fault| wrong(key, &fault))?;
        Served::new(chain, &private).map_err(|fault| wrong(certificate, &fault))
    }
}

/// What is shown at present.
#[derive(Debug, Default)]
pub struct ShownCertificate(ArcSwapOption<CertifiedKey>);

impl ShownCertificate {
    pub fn show(&self, served: Served) {
        self.0.store(Some(served.0));
    }
}

impl ResolvesServerCert for ShownCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load_full()
    }
}

/// Shakes hands with whatever is shown by then. HTTP/1.1 alone: it names its host in one way.
///
/// # Errors
/// When TLS itself cannot be set up.
pub fn acceptor(shown: Arc<ShownCertificate>) -> Result<TlsAcceptor, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(shown);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
