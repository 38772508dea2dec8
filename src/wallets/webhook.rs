//! Standard Webhooks 1.0.0: how a wallet's callbacks are signed.
//!
//! The code covers `id.timestamp.body`. A message may carry several signatures, and a receiver
//! may know several secrets, so that a secret can be changed without a gap.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far a callback's time may be from ours, in seconds.
pub const TOLERANCE_S: i64 = 300;
/// The most signatures that are looked at in one message.
const SIGNATURES_MAX: usize = 8;

/// Why a callback is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFault {
    /// A header is missing or malformed.
    #[error("{0} is missing or malformed")]
    Header(&'static str),
    /// Too old or too new.
    #[error("the callback's time is more than {TOLERANCE_S} s from ours")]
    NotFresh,
    /// No signature is ours.
    #[error("no signature of the callback is right")]
    Wrong,
}

/// Reads a secret: base64 with or without `whsec_` before it.
pub fn secret(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok().filter(|s| !s.is_empty())
}

/// The three headers of a callback.
///
/// # Errors
/// When the secret cannot be a key.
pub fn sign(
    id: &str,
    at_s: i64,
    body: &[u8],
    secret: &[u8],
) -> Result<[(String, String); 3], WebhookFault> {
    let code = STANDARD.encode(mac(id, &at_s.to_string(), body, secret)?.finalize().into_bytes());
    Ok([
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), at_s.to_string()),
        ("webhook-signature".to_owned(), format!("v1,{code}")),
    ])
}

/// Checks a callback and gives its id, under which the receiver recognises a repetition.
///
/// # Errors
/// Says what is wrong; nothing in the callback may be believed.
pub fn verify(
    headers: &[(String, String)],
    body: &[u8],
    secrets: &[&[u8]],
    now_s: i64,
) -> Result<String, WebhookFault> {
    let header = |name: &'static str| {
        let mut found = headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
        found.next().filter(|v| !v.is_empty()).ok_or(WebhookFault::Header(name))
    };
    let id = header("webhook-id")?;
    let stamp = header("webhook-timestamp")?;
    let signatures = header("webhook-signature")?;
    let at: i64 = stamp.parse().map_err(|_| WebhookFault::Header("webhook-timestamp"))?;
    if now_s.saturating_sub(at).unsigned_abs() > TOLERANCE_S.unsigned_abs() {
        return Err(WebhookFault::NotFresh);
    }
    for text in signatures.split(' ').take(SIGNATURES_MAX) {
        let Some(code) = text.strip_prefix("v1,").and_then(|t| STANDARD.decode(t).ok()) else {
            continue;
        };
        for secret in secrets {
            if mac(id, stamp, body, secret)?.verify_slice(&code).is_ok() {
                return Ok(id.to_owned());
            }
        }
    }
    Err(WebhookFault::Wrong)
}

fn mac(id: &str, at: &str, body: &[u8], secret: &[u8]) -> Result<Hmac<Sha256>, WebhookFault> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| WebhookFault::Wrong)?;
    for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{text, vectors};

    type Headers = Vec<(String, String)>;

    fn published() -> (Headers, Vec<u8>, Vec<u8>, i64) {
        let case = &vectors()["standard_webhooks"];
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers = names.iter().map(|n| ((*n).to_owned(), text(&case[*n]))).collect();
        let at = text(&case["webhook-timestamp"]).parse().expect("seconds");
        let key = secret(&text(&case["secret"])).expect("a secret");
        (headers, text(&case["payload"]).into_bytes(), key, at)
    }

    #[test]
    fn the_published_callback_is_made_and_believed() {
        let (headers, body, key, at) = published();
        assert_eq!(sign(&headers[0].1, at, &body, &key).expect("signs").to_vec(), headers);
        for now in [at, at + TOLERANCE_S, at - TOLERANCE_S] {
            assert_eq!(verify(&headers, &body, &[&key], now), Ok(headers[0].1.clone()));
        }
    }

    #[test]
    fn several_signatures_and_secrets_and_a_bare_secret_are_accepted() {
        let (mut headers, body, key, at) = published();
        headers[2].1 = format!("v1a,AAAA v1,AAAA {} v2,xx", headers[2].1);
        assert!(verify(&headers, &body, &[b"another", &key], at).is_ok());
        let bare = text(&vectors()["standard_webhooks"]["secret"]).replace("whsec_", "");
        assert_eq!(secret(&bare), Some(key));
        assert_eq!(secret("whsec_"), None);
    }

    #[test]
    fn anything_else_is_refused() {
        let (headers, body, key, at) = published();
        for now in [at + TOLERANCE_S + 1, at - TOLERANCE_S - 1, i64::MAX, i64::MIN] {
            assert_eq!(verify(&headers, &body, &[&key], now), Err(WebhookFault::NotFresh));
        }
        for missing in 0..3 {
            let mut fewer = headers.clone();
            fewer.remove(missing);
            assert!(matches!(verify(&fewer, &body, &[&key], at), Err(WebhookFault::Header(_))));
        }
        let mut other = body.clone();
        other[3] ^= 1;
        assert_eq!(verify(&headers, &other, &[&key], at), Err(WebhookFault::Wrong));
        let mut id = headers.clone();
        id[0].1.push('x');
        assert_eq!(verify(&id, &body, &[&key], at), Err(WebhookFault::Wrong));
        let mut version = headers.clone();
        version[2].1 = headers[2].1.replace("v1,", "v2,");
        assert_eq!(verify(&version, &body, &[&key], at), Err(WebhookFault::Wrong));
        let mut stamp = headers;
        stamp[1].1 = i64::MIN.to_string();
        assert_eq!(verify(&stamp, &body, &[&key], at), Err(WebhookFault::NotFresh));
    }
}
