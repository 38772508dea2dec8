//! Keys of devices and owners as people write them: `base64:…`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use homepay_domain::household::Secret;

/// Shortest device key, in bytes.
pub const KEY_BYTES_MIN: usize = 16;

/// Longest device key, in bytes.
pub const KEY_BYTES_MAX: usize = 64;

/// Reads a key of the form `base64:…`.
///
/// # Errors
/// Says what is wrong with it, without showing it.
pub fn key_bytes(secret: &Secret) -> Result<Vec<u8>, String> {
    let text = secret.expose().strip_prefix("base64:").ok_or("a key is written as \"base64:…\"")?;
    let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| "a key's base64 is not valid")?;
    if (KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(format!(
            "a key has {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, this one has {}",
            bytes.len()
        ))
    }
}
