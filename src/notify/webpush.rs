//! Web Push: a message that only the browser can read (RFC 8291), and who sends it (RFC 8292).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homepay_domain::time::UnixMs;
use ring::signature::KeyPair as _;
use ring::{aead, agreement, hkdf, rand, signature};
use serde_json::json;

/// The longest message, in bytes: what push services take, less what encryption adds.
pub const PUSH_BYTES_MAX: usize = 3_993;

/// The size of a record, in bytes: a message is one.
const RECORD_BYTES: u32 = 4_096;

/// Marks the last record of a message (RFC 8188).
const LAST_RECORD: u8 = 2;

/// For how long a token is good, in seconds; push services take no more than a day.
const TOKEN_S: i64 = 12 * 3_600;

/// Why a message cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFault {
    /// The browser's keys are none.
    Keys,
    /// The message is longer than [`PUSH_BYTES_MAX`].
    TooLong,
    /// The hub's own key is none.
    OwnKey,
}

/// Where a browser is told, and with which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserKeys {
    /// Its public key, `p256dh`.
    pub public: Vec<u8>,
    pub auth: Vec<u8>,
}

impl BrowserKeys {
    /// Reads them as a browser tells them: base64url without padding.
    ///
    /// # Errors
    /// When they are not a point of P-256 and sixteen bytes.
    pub fn parse(p256dh: &str, auth: &str) -> Result<BrowserKeys, PushFault> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        let public = bytes(p256dh).ok().filter(|key| key.len() == 65 && key.first() == Some(&4));
        let auth = bytes(auth).ok().filter(|auth| auth.len() == 16);
        public.zip(auth).map(|(public, auth)| BrowserKeys { public, auth }).ok_or(PushFault::Keys)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(key: &hkdf::Prk, info: &[&[u8]], out: &mut [u8]) -> Result<(), PushFault> {
    let derived = key.expand(info, Length(out.len())).and_then(|okm| okm.fill(out));
    derived.map_err(|_| PushFault::Keys)
}

/// A body for `content-encoding: aes128gcm`: one record, with a key of its own.
///
/// # Errors
/// When the browser's keys are none, or the message is too long.
pub fn encrypt(browser: &BrowserKeys, message: &[u8]) -> Result<Vec<u8>, PushFault> {
    if message.len() > PUSH_BYTES_MAX {
        return Err(PushFault::TooLong);
    }
    let keys = |_| PushFault::Keys;
    let random = rand::SystemRandom::new();
    let own = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &random);
    let own = own.map_err(keys)?;
    let public = own.compute_public_key().map_err(keys)?;
    let theirs = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, &browser.public);
    let mut material = [0; 32];
    agreement::agree_ephemeral(own, &theirs, |shared| {
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, &browser.auth).extract(shared);
        expand(&key, &[b"WebPush: info\0", &browser.public, public.as_ref()], &mut material)
    })
    .map_err(keys)??;
    let mut salt = [0; 16];
    rand::SecureRandom::fill(&random, &mut salt).map_err(keys)?;
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&material);
    let (mut content_key, mut nonce) = ([0; 16], [0; 12]);
    expand(&key, &[b"Content-Encoding: aes128gcm\0"], &mut content_key)?;
    expand(&key, &[b"Content-Encoding: nonce\0"], &mut nonce)?;
    let mut sealed = message.to_vec();
    sealed.push(LAST_RECORD);
    let content_key = aead::UnboundKey::new(&aead::AES_128_GCM, &content_key).map_err(keys)?;
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    aead::LessSafeKey::new(content_key)
        .seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut sealed)
        .map_err(keys)?;
    let mut body = salt.to_vec();
    body.extend(RECORD_BYTES.to_be_bytes());
    body.push(u8::try_from(public.as_ref().len()).unwrap_or(u8::MAX));
    body.extend(public.as_ref());
    body.extend(sealed);
    Ok(body)
}

/// The hub's key pair: by it push services know who sends.
pub struct SenderKey(signature::EcdsaKeyPair);

impl SenderKey {
    /// A new one, as it is kept (PKCS#8).
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn generate() -> Result<Vec<u8>, PushFault> {
        let random = rand::SystemRandom::new();
        let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = signature::EcdsaKeyPair::generate_pkcs8(kind, &random);
        document.map(|document| document.as_ref().to_vec()).map_err(|_| PushFault::OwnKey)
    }

    /// One that was kept.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(pkcs8: &[u8]) -> Result<SenderKey, PushFault> {
        let random = rand::SystemRandom::new();
        let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = signature::EcdsaKeyPair::from_pkcs8(kind, pkcs8, &random);
        pair.map(SenderKey).map_err(|_| PushFault::OwnKey)
    }

    /// What a browser is told as `applicationServerKey`.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref())
    }

    /// The header `authorization` for the origin of a push service. `contact` is an address at which
    /// its operator finds the sender: `mailto:` or `https:`.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn authorization(
        &self,
        origin: &str,
        contact: &str,
        now: UnixMs,
    ) -> Result<String, PushFault> {
        let until = now.seconds().saturating_add(TOKEN_S);
        let head = URL_SAFE_NO_PAD.encode(json!({"typ": "JWT", "alg": "ES256"}).to_string());
        let claims = json!({"aud": origin, "exp": until, "sub": contact}).to_string();
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
        let random = rand::SystemRandom::new();
        let code = self.0.sign(&random, signed.as_bytes()).map_err(|_| PushFault::OwnKey)?;
        let code = URL_SAFE_NO_PAD.encode(code.as_ref());
        // No blank after the comma: some readers take it for a part of the key.
        Ok(format!("vapid t={signed}.{code},k={}", self.public()))
    }
}
