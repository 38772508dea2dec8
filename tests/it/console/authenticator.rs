//! A passkey in software: makes a key, and signs with it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody was there, and the authenticator verified who.
pub const VERIFIED: u8 = 0b101;

/// Somebody was there.
pub const PRESENT: u8 = 0b001;

/// A new key comes with it.
const WITH_KEY: u8 = 0b100_0000;

pub struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 16],
    origin: String,
    count: u32,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Authenticator {
    pub fn at(port: u16) -> Authenticator {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        let origin = format!("http://localhost:{port}");
        Authenticator { key, id: *b"a test's passkey", origin, count: 0 }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["options"]["publicKey"]["challenge"];
        let data = json!({"type": kind, "challenge": challenge, "origin": self.origin,
            "crossOrigin": false});
        data.to_string().into_bytes()
    }

    fn authenticator_data(&mut self, flags: u8) -> Vec<u8> {
        self.count += 1;
        let mut data = Sha256::digest("localhost").to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    /// Answers a question for a new key.
    pub fn make(&mut self, begun: &Value) -> Value {
        let mut data = self.authenticator_data(VERIFIED | WITH_KEY);
        data.extend([0; 16]);
        data.extend(16_u16.to_be_bytes());
        data.extend(self.id);
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..]);
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        let client = self.client_data("webauthn.create", begun);
        json!({"token": begun["token"], "name": "Test key", "credential": {"id": text(&self.id),
            "rawId": text(&self.id), "type": "public-key", "extensions": {}, "response":
            {"attestationObject": text(&attestation), "clientDataJSON": text(&client)}}})
    }

    /// Answers a question for a signature.
    pub fn sign(&mut self, begun: &Value, flags: u8) -> Value {
        let data = self.authenticator_data(flags);
        let client = self.client_data("webauthn.get", begun);
        let mut message = data.clone();
        message.extend(Sha256::digest(&client));
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        json!({"token": begun["token"], "credential": {"id": text(&self.id),
            "rawId": text(&self.id), "type": "public-key", "extensions": {}, "response":
            {"authenticatorData": text(&data), "clientDataJSON": text(&client),
                "signature": text(signature.as_ref()), "userHandle": null}}})
    }
}
