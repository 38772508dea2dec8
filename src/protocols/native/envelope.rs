//! The signed envelope.

use crate::snapshot::{SigningKey, Snapshot};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use homepay_domain::event::Stamp;
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first line of what is signed.
pub const ENVELOPE_SCHEME: &str = "homepay-device-v1";

/// A message to the hub, with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Version of this form; always 1.
    #[schemars(range(min = 1, max = 1))]
    pub v: u8,
    /// The device, or the owner's key id under `request/`.
    pub device: String,
    /// Which of its keys signed.
    pub key: String,
    /// Counts the signer's starts.
    pub epoch: u64,
    /// Counts the messages of an epoch.
    pub seq: u64,
    /// When it signed, in unix seconds.
    pub ts: i64,
    /// The body, as text, exactly as signed.
    pub body: String,
    /// Authenticates the rest: HMAC-SHA256, in base64.
    pub mac: String,
}

impl Envelope {
    /// Signs a body. What speakers do; here for the demo, the tests and the documents.
    #[must_use]
    pub fn signed(
        topic: &str,
        (device, key): (&str, &str),
        (epoch, seq, ts): (u64, u64, i64),
        body: &str,
        secret: &[u8],
    ) -> Envelope {
        let mut envelope = Envelope {
            v: 1,
            device: device.to_owned(),
            key: key.to_owned(),
            epoch,
            seq,
            ts,
            body: body.to_owned(),
            mac: String::new(),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key length");
        envelope.feed(topic, &mut mac);
        envelope.mac = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        envelope
    }

    /// True when the mac is the key's over this message on this topic. Constant time.
    pub fn verifies(&self, topic: &str, mut mac: Hmac<Sha256>) -> bool {
        let Ok(given) = BASE64_STANDARD.decode(&self.mac) else { return false };
        self.feed(topic, &mut mac);
        mac.verify_slice(&given).is_ok()
    }

    fn feed(&self, topic: &str, mac: &mut Hmac<Sha256>) {
        let (epoch, seq, ts) = (self.epoch.to_string(), self.seq.to_string(), self.ts.to_string());
        let parts =
            [ENVELOPE_SCHEME, topic, &self.device, &self.key, &epoch, &seq, &ts, &self.body];
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                mac.update(b"\n");
            }
            mac.update(part.as_bytes());
        }
    }

    /// Checks who signed: the code that refuses, or the stamp.
    ///
    /// # Errors
    /// `malformed` for another version, `bad_signature` for an unknown key or a wrong mac.
    pub fn authenticate(
        &self,
        snapshot: &Snapshot,
        signer: &str,
        topic: &str,
        payload: &[u8],
    ) -> Result<Stamp, Code> {
        if self.v != 1 {
            return Err(Code::Malformed);
        }
        let key = Name::parse(&self.key).map_err(|_| Code::BadSignature)?;
        let SigningKey { mac, window } = snapshot.key(signer, &key).ok_or(Code::BadSignature)?;
        if !self.verifies(topic, mac) {
            return Err(Code::BadSignature);
        }
        let mut sha = Sha256::new();
        sha.update(topic);
        sha.update(b"\n");
        sha.update(payload);
        let digest = hex::encode(sha.finalize());
        let (epoch, seq, ts) = (self.epoch, self.seq, self.ts);
        Ok(Stamp { signer: window, epoch, seq, ts, digest: digest.into() })
    }
}
