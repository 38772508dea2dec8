//! Signatures of `homepay-wallet-v1`: RFC 9421 `hmac-sha256` over a fixed list of components, with
//! an RFC 9530 Content-Digest for the body.
//!
//! A request covers method, authority, path, query, digest, content type and, whenever the header
//! is there, the idempotency key (a GET carries none, and its list is shorter by just that one).
//! A response covers its status and digest, and the method, path, query and digest of the request it
//! answers, so that one page of a statement cannot be shown as another; ours also cover the request's signature, so that an answer to one request cannot be
//! shown as the answer to another. Requests and responses have different keys and tags: a message
//! cannot be reflected. Seen nonces are the server's to remember.

use super::base::{RequestView, ResponseView, Signed, header_value, signature_base};
use super::structured::{Component, SignatureInput, byte_sequence, quote, signature_input};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use homepay_domain::time::UnixMs;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// The tag of request signatures.
pub const REQUEST_TAG: &str = "homepay-wallet-v1";
/// The tag of response signatures.
pub const RESPONSE_TAG: &str = "homepay-wallet-v1-response";
/// The oldest signature that counts, in seconds, and the longest that one may ask to count.
pub const AGE_S_MAX: i64 = 300;
/// How far a signer's clock may be ahead of ours, in seconds.
pub const SKEW_S_MAX: i64 = 30;
/// The length of a nonce: 128 bits.
pub const NONCE_BYTES: usize = 16;

const ALGORITHM: &str = "hmac-sha256";
const LABEL: &str = "sig1";
const NONCE_BYTES_MAX: usize = 64;

/// A key with its name.
#[derive(Clone, Copy)]
pub struct SigningSecret<'a> {
    /// The parameter `keyid` of the signature.
    pub id: &'a str,
    /// The shared secret for HMAC-SHA256.
    pub secret: &'a [u8],
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignFault {
    /// A header is missing or not of its form.
    #[error("{0} is missing or malformed")]
    Malformed(&'static str),
    /// The body is not the one that was signed.
    #[error("the content digest does not match the body")]
    Digest,
    /// Something that must be covered is not.
    #[error("the signature does not cover {0}")]
    NotCovered(&'static str),
    /// A covered component is not in the message.
    #[error("the covered component {0} is not in the message")]
    Absent(String),
    /// A parameter is missing or has another value than it must.
    #[error("the signature's {0} is missing or wrong")]
    Parameter(&'static str),
    /// Created in the future, too long ago, or expired.
    #[error("the signature is not fresh: {0}")]
    NotFresh(&'static str),
    /// The code itself is wrong.
    #[error("the signature is wrong")]
    Wrong,
}

/// What a good signature says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// The unix second at which it was signed, by the signer's clock.
    pub created_s: i64,
    /// From this unix second on it no longer counts.
    pub expires_s: i64,
    /// The nonce's bytes; empty for a response without one.
    pub nonce: Vec<u8>,
}

/// The value of `Content-Digest` for a body.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// Adds `content-digest`, `signature-input` and `signature` to a request's headers. The headers
/// must hold `content-type`, and `idempotency-key` where there is one. After `life_s` seconds, at
/// most [`AGE_S_MAX`], it no longer counts.
///
/// # Errors
/// When a component is missing or a name cannot be written.
pub fn sign_request(
    request: RequestView<'_>,
    key: SigningSecret<'_>,
    now: UnixMs,
    life_s: i64,
    nonce: [u8; NONCE_BYTES],
) -> Result<Vec<(String, String)>, SignFault> {
    let keyed = header_value(request.headers, "idempotency-key").is_some();
    let mut headers = request.headers.to_vec();
    headers.push(("content-digest".to_owned(), content_digest(request.body)));
    let components = list(REQUEST_COVERS.iter().filter(|c| keyed || c.0 != "idempotency-key"));
    let signed = Signed::Request(RequestView { headers: &headers, ..request });
    let added = sign(signed, &components, key, REQUEST_TAG, (now, life_s), nonce)?;
    headers.extend(added);
    Ok(headers)
}

/// Adds `content-digest`, `signature-input` and `signature` to a response's headers. What the
/// request itself lacks (one that is refused as unsigned) is left out of the list.
///
/// # Errors
/// When a name cannot be written.
pub fn sign_response(
    response: ResponseView<'_>,
    request: RequestView<'_>,
    key: SigningSecret<'_>,
    now: UnixMs,
    nonce: [u8; NONCE_BYTES],
) -> Result<Vec<(String, String)>, SignFault> {
    let mut headers = response.headers.to_vec();
    headers.push(("content-digest".to_owned(), content_digest(response.body)));
    let has = |name: &str| header_value(request.headers, name).is_some();
    let covers = RESPONSE_COVERS.iter().chain([&("signature", true)]);
    let components = list(covers.filter(|(name, req)| !req || name.starts_with('@') || has(name)));
    let signed = Signed::Response(ResponseView { headers: &headers, ..response }, request);
    let added = sign(signed, &components, key, RESPONSE_TAG, (now, AGE_S_MAX), nonce)?;
    headers.extend(added);
    Ok(headers)
}

/// Checks a request's signature and digest. The caller then checks that the nonce is new.
///
/// # Errors
/// Says what is wrong; nothing in the request may be believed.
pub fn verify_request(
    request: RequestView<'_>,
    key: SigningSecret<'_>,
    now: UnixMs,
) -> Result<VerifiedSignature, SignFault> {
    let keyed = header_value(request.headers, "idempotency-key").is_some();
    let required = REQUEST_COVERS.iter().filter(|c| keyed || c.0 != "idempotency-key");
    let verified = verify(Signed::Request(request), required, key, REQUEST_TAG, now)?;
    if (NONCE_BYTES..=NONCE_BYTES_MAX).contains(&verified.nonce.len()) {
        Ok(verified)
    } else {
        Err(SignFault::Parameter("nonce"))
    }
}

/// Checks the signature and digest of a response to `request`.
///
/// # Errors
/// Says what is wrong; nothing in the response may be believed.
pub fn verify_response(
    response: ResponseView<'_>,
    request: RequestView<'_>,
    key: SigningSecret<'_>,
    now: UnixMs,
) -> Result<VerifiedSignature, SignFault> {
    let signed = Signed::Response(response, request);
    verify(signed, RESPONSE_COVERS.iter(), key, RESPONSE_TAG, now)
}

/// A component's name, and whether it is the request's, seen from a response.
type Cover = (&'static str, bool);

const REQUEST_COVERS: [Cover; 7] = [
    ("@method", false),
    ("@authority", false),
    ("@path", false),
    ("@query", false),
    ("content-digest", false),
    ("content-type", false),
    ("idempotency-key", false),
];

const RESPONSE_COVERS: [Cover; 6] = [
    ("@status", false),
    ("content-digest", false),
    ("@method", true),
    ("@path", true),
    ("@query", true),
    ("content-digest", true),
];

fn list<'c>(covers: impl Iterator<Item = &'c Cover>) -> Vec<Component> {
    covers.map(|(name, req)| Component { name: (*name).to_owned(), of_request: *req }).collect()
}

fn mac(key: SigningSecret<'_>, base: &str) -> Result<Hmac<Sha256>, SignFault> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.secret).map_err(|_| SignFault::Parameter("keyid"))?;
    mac.update(base.as_bytes());
    Ok(mac)
}

fn sign(
    signed: Signed<'_>,
    components: &[Component],
    key: SigningSecret<'_>,
    tag: &str,
    (now, life_s): (UnixMs, i64),
    nonce: [u8; NONCE_BYTES],
) -> Result<[(String, String); 2], SignFault> {
    let names: Vec<String> = components
        .iter()
        .map(|c| format!("\"{}\"{}", c.name, if c.of_request { ";req" } else { "" }))
        .collect();
    let created = now.seconds();
    let raw = format!(
        "({});created={created};keyid={};alg=\"{ALGORITHM}\";expires={};nonce=\"{}\";tag=\"{tag}\"",
        names.join(" "),
        quote(key.id).ok_or(SignFault::Parameter("keyid"))?,
        created.saturating_add(life_s.clamp(1, AGE_S_MAX)),
        STANDARD.encode(nonce),
    );
    let base = signature_base(signed, components, &raw).map_err(SignFault::Absent)?;
    let code = STANDARD.encode(mac(key, &base)?.finalize().into_bytes());
    Ok([
        ("signature-input".to_owned(), format!("{LABEL}={raw}")),
        ("signature".to_owned(), format!("{LABEL}=:{code}:")),
    ])
}

fn verify<'c>(
    signed: Signed<'_>,
    required: impl Iterator<Item = &'c Cover>,
    key: SigningSecret<'_>,
    tag: &str,
    now: UnixMs,
) -> Result<VerifiedSignature, SignFault> {
    let header = |name| header_value(signed.headers(), name);
    let input = header("signature-input")
        .and_then(|field| signature_input(&field))
        .ok_or(SignFault::Malformed("signature-input"))?;
    let code = header("signature")
        .and_then(|field| byte_sequence(&field, &input.label))
        .ok_or(SignFault::Malformed("signature"))?;
    for (name, of_request) in required {
        if !input.components.iter().any(|c| c.name == *name && c.of_request == *of_request) {
            return Err(SignFault::NotCovered(name));
        }
    }
    check_params(&input, key.id, tag, now)?;
    let base = signature_base(signed, &input.components, &input.raw).map_err(SignFault::Absent)?;
    mac(key, &base)?.verify_slice(&code).map_err(|_| SignFault::Wrong)?;
    let digest = header("content-digest")
        .and_then(|field| byte_sequence(&field, "sha-256"))
        .ok_or(SignFault::Malformed("content-digest"))?;
    if !bool::from(Sha256::digest(signed.body()).as_slice().ct_eq(&digest)) {
        return Err(SignFault::Digest);
    }
    let nonce = match input.text("nonce") {
        Some(text) => STANDARD.decode(text).map_err(|_| SignFault::Parameter("nonce"))?,
        None => Vec::new(),
    };
    let number = |name| input.integer(name).unwrap_or(0);
    Ok(VerifiedSignature { nonce, created_s: number("created"), expires_s: number("expires") })
}

fn check_params(
    input: &SignatureInput,
    keyid: &str,
    tag: &str,
    now: UnixMs,
) -> Result<(), SignFault> {
    for (name, wanted) in [("keyid", keyid), ("tag", tag), ("alg", ALGORITHM)] {
        if input.text(name) != Some(wanted) {
            return Err(SignFault::Parameter(name));
        }
    }
    let created = input.integer("created").ok_or(SignFault::Parameter("created"))?;
    let expires = input.integer("expires").ok_or(SignFault::Parameter("expires"))?;
    let now = now.seconds();
    if created > now.saturating_add(SKEW_S_MAX) {
        return Err(SignFault::NotFresh("created in the future"));
    }
    if now.saturating_sub(created) > AGE_S_MAX {
        return Err(SignFault::NotFresh("created too long ago"));
    }
    if expires <= now {
        return Err(SignFault::NotFresh("expired"));
    }
    if expires.saturating_sub(created) > AGE_S_MAX {
        return Err(SignFault::Parameter("expires"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
