//! Named signatures of services; a channel's file says which.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How a request is signed, with the channel's key `secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Time and code in the query: the code covers the time and the secret.
    DingTalk,
    /// Time and code in the body: the code's key is both.
    Feishu,
    /// Three headers over id, time and body.
    StandardWebhooks,
}

/// Every signature with its word in files.
pub const SIGNATURES: [(&str, Signature); 3] = [
    ("dingtalk", Signature::DingTalk),
    ("feishu", Signature::Feishu),
    ("standard-webhooks", Signature::StandardWebhooks),
];

fn code(key: &[u8], message: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a key of any length does");
    mac.update(message);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The code of a DingTalk robot, for a time in unix milliseconds.
pub fn dingtalk(secret: &str, at_ms: i64) -> String {
    code(secret.as_bytes(), format!("{at_ms}\n{secret}").as_bytes())
}

/// The code of a Feishu robot, for a time in unix seconds.
pub fn feishu(secret: &str, at_s: i64) -> String {
    code(format!("{at_s}\n{secret}").as_bytes(), b"")
}

/// The code of Standard Webhooks 1.0.0. A secret with `whsec_` before it is base64, any other is taken
/// as it is written.
pub fn standard_webhooks(secret: &str, id: &str, at_s: i64, body: &[u8]) -> String {
    let coded = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = coded.unwrap_or_else(|| secret.as_bytes().to_vec());
    let mut message = format!("{id}.{at_s}.").into_bytes();
    message.extend(body);
    format!("v1,{}", code(&key, &message))
}
