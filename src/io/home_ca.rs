//! The home's own certificate authority, for a console that is reached by the home's network: its
//! certificates are good for the console's names alone, whoever steals its key.

use crate::certificate::Served;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, date_time_ymd,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

/// For how long the authority's certificate is good, in years.
const CA_YEARS: i16 = 10;

/// For how long a certificate of the console is good, in days.
const CERTIFICATE_DAYS: i64 = 90;

/// An authority that was made, as it is kept: both as PEM.
#[derive(Clone, Debug)]
pub struct HomeCa {
    pub certificate: String,
    key: String,
}

/// Why an authority cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum HomeCaFault {
    #[error("the home's certificate authority: {0}")]
    Made(#[from] rcgen::Error),
    #[error("the home's certificate authority cannot be read: {0}")]
    Read(#[from] rustls_pki_types::pem::Error),
    #[error(transparent)]
    Served(#[from] rustls::Error),
}

fn day(at: Date) -> (i32, u8, u8) {
    (i32::from(at.year()), at.month().unsigned_abs(), at.day().unsigned_abs())
}

fn valid(params: &mut CertificateParams, from: Date, to: Date) {
    let ((y, m, d), (to_y, to_m, to_d)) = (day(from), day(to));
    params.not_before = date_time_ymd(y, m, d);
    params.not_after = date_time_ymd(to_y, to_m, to_d);
}

impl HomeCa {
    /// Makes an authority that can vouch for these names, and what is below them, alone: for no other
    /// name, and for no address.
    ///
    /// # Errors
    /// When the machine has no random numbers, or a name is not one.
    pub fn make(names: &[String], now: Timestamp) -> Result<HomeCa, HomeCaFault> {
        let key = KeyPair::generate()?;
        let mut params = authority(&key);
        let today = now.to_zoned(TimeZone::UTC).date();
        let (from, to) = (today.saturating_sub(jiff::Span::new().days(1)), jiff::Span::new());
        valid(&mut params, from, today.saturating_add(to.years(CA_YEARS)));
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: names.iter().cloned().map(GeneralSubtree::DnsName).collect(),
            excluded_subtrees: vec![
                GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
                GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
            ],
        });
        let certificate = params.self_signed(&key)?.pem();
        Ok(HomeCa { certificate, key: key.serialize_pem() })
    }

    /// An authority as it was kept.
    ///
    /// # Errors
    /// When either is not what it should be.
    pub fn read(certificate: String, key: String) -> Result<HomeCa, HomeCaFault> {
        KeyPair::from_pem(&key)?;
        CertificateDer::from_pem_slice(certificate.as_bytes())?;
        Ok(HomeCa { certificate, key })
    }

    /// Its key as PEM, to be kept from others.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// SHA-256 of its certificate, as people compare it: pairs of hex digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let der = CertificateDer::from_pem_slice(self.certificate.as_bytes());
        let digest = Sha256::digest(der.map(|der| der.to_vec()).unwrap_or_default());
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// A certificate for the console's names, from yesterday on, and when a newer one is wanted.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn certify(&self, names: &[String], now: Timestamp) -> Result<Served, HomeCaFault> {
        let own_key = KeyPair::from_pem(&self.key)?;
        let issuer = Issuer::new(authority(&own_key), own_key);
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        let today = now.to_zoned(TimeZone::UTC).date();
        let days = |count: i64| jiff::Span::new().days(count);
        valid(
            &mut params,
            today.saturating_sub(days(1)),
            today.saturating_add(days(CERTIFICATE_DAYS)),
        );
        params.distinguished_name = called("homepay");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;
        let own = CertificateDer::from_pem_slice(self.certificate.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes())?;
        Ok(Served::new(vec![certificate.der().clone(), own], &key)?)
    }
}

/// What certificates of an authority say of it: it follows from its key.
fn authority(key: &KeyPair) -> CertificateParams {
    let digest = Sha256::digest(key.public_key_raw());
    let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = called(&format!("homepay, home {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls_pki_types::{ServerName, UnixTime};
    use std::sync::Arc;
    use std::time::Duration;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Whether a browser that trusts the authority would take a certificate for a name.
    fn is_taken(ca: &HomeCa, served: &Served, name: &str, at: Timestamp) -> bool {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(ca.certificate.as_bytes()).expect("PEM");
        roots.add(own).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = verifier.build().expect("a verifier");
        let (first, rest) = served.chain().split_first().expect("a chain");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let seconds = at.as_second().unsigned_abs();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        verifier.verify_server_cert(first, rest, &name, &[], now).is_ok()
    }

    #[test]
    fn it_vouches_for_its_own_names_alone() {
        let now: Timestamp = "2026-11-28T06:00:00Z".parse().expect("an instant");
        let own = names(&["homepay.local", "homepay.home.arpa"]);
        let made = HomeCa::make(&own, now).expect("an authority");
        let ca = HomeCa::read(made.certificate.clone(), made.key_pem().to_owned()).expect("read");
        let served = ca.certify(&own, now).expect("a certificate");
        for name in ["homepay.local", "homepay.home.arpa"] {
            assert!(is_taken(&ca, &served, name, now), "{name}");
        }
        let later = now.checked_add(jiff::SignedDuration::from_hours(24 * 100)).expect("a time");
        assert!(!is_taken(&ca, &served, "homepay.local", later), "it ends");
        for foreign in ["bank.example", "192.168.1.20"] {
            let forged = ca.certify(&names(&[foreign]), now).expect("a certificate");
            assert!(!is_taken(&ca, &forged, foreign, now), "{foreign}");
        }
        let other = HomeCa::make(&own, now).expect("another authority");
        assert!(!is_taken(&other, &served, "homepay.local", now), "another home's");
        assert_ne!(ca.fingerprint(), other.fingerprint());
        assert_eq!(ca.fingerprint().split(':').count(), 32);
    }
}
