//! Codes: those that an authenticator app shows, and recovery codes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use homepay_domain::access::{Account, ProofUsed, RECOVERY_CODES};
use homepay_domain::household::Secret;
use homepay_domain::time::UnixMs;
use qrcodegen::{QrCode, QrCodeEcc};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use totp_rs::{Builder, Secret as TotpKey, Totp};

/// Seconds that a code is shown for. One before and one after is taken, too.
const STEP_S: u64 = 30;

/// The bytes of a secret: as many as the hash has.
const SECRET_BYTES: usize = 20;

/// The letters and digits of a recovery code, none of which looks like another: 32, five bits each.
const RECOVERY_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";

/// The letters of a recovery code: 80 bits.
const RECOVERY_CHARS: usize = 16;

/// A secret for a new app, in base 32.
pub(crate) fn new_secret() -> Secret {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    Secret::new(&TotpKey::from(bytes.to_vec()).to_base32())
}

fn totp(secret: &Secret, account: &str) -> Option<Totp> {
    let key = TotpKey::try_from_base32(secret.expose()).ok()?;
    let builder = Builder::new().with_secret(key).with_step_duration(STEP_S).with_skew(1);
    builder.with_account_name(account.replace(':', " ")).with_issuer(Some("homepay")).build().ok()
}

/// What an app reads from a QR code.
pub(crate) fn otpauth(secret: &Secret, account: &str) -> Option<String> {
    totp(secret, account)?.to_url().ok()
}

/// Whose step a code is, where it is right.
pub(crate) fn step_of(secret: &Secret, code: &str, now: UnixMs) -> Option<u64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    totp(secret, "homepay")?.check(&code, u64::try_from(now.seconds()).ok()?)
}

/// What a code proves: that of the app, or a recovery code where such a one may be used.
pub(crate) fn proof_of(
    account: &Account,
    code: &str,
    may_recover: bool,
    now: UnixMs,
) -> Option<ProofUsed> {
    let step = account.totp.as_ref().and_then(|totp| step_of(&totp.secret, code, now));
    let hash = recovery_hash(code);
    let is_known = may_recover && account.recovery.contains(&hash);
    step.map(|step| ProofUsed::Totp { step }).or(is_known.then_some(ProofUsed::Recovery { hash }))
}

/// New recovery codes, for whoever they are shown to once.
pub(crate) fn new_recovery_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| recovery_code(&rand::random())).collect()
}

fn recovery_code(bytes: &[u8; RECOVERY_CHARS]) -> String {
    let mut code = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        let letter = RECOVERY_LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'a');
        code.push(char::from(letter));
    }
    code
}

/// What is kept of a recovery code. It is random: no slow hash is needed.
pub(crate) fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    STANDARD.encode(Sha256::digest(plain.to_ascii_lowercase()))
}

/// A QR code as the path of a picture, and how wide that is.
pub(crate) fn qr_path(text: &str) -> Option<(i32, String)> {
    /// The empty border that readers want, in modules.
    const BORDER: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + BORDER, y + BORDER);
        }
    }
    Some((code.size() + 2 * BORDER, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_rfc_6238_is_right_in_its_step_and_beside_it() {
        // The RFC's secret; its codes have eight digits, of which an app shows the last six.
        let secret = Secret::new(&TotpKey::from(b"12345678901234567890".to_vec()).to_base32());
        let at = |seconds: i64| UnixMs(0).plus_s(seconds);
        assert_eq!(step_of(&secret, "287082", at(59)), Some(1));
        assert_eq!(step_of(&secret, "287 082", at(80)), Some(1));
        assert_eq!(step_of(&secret, "287082", at(120)), None);
        assert_eq!(step_of(&secret, "", at(59)), None);
        assert!(otpauth(&secret, "mum:1").is_some_and(|url| url.starts_with("otpauth://totp/")));
    }

    #[test]
    fn recovery_codes_are_all_different_and_found_however_they_are_written() {
        let codes = new_recovery_codes();
        let hashes: std::collections::BTreeSet<_> =
            codes.iter().map(|code| recovery_hash(code)).collect();
        assert_eq!((codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        let written = codes[0].replace('-', " ").to_uppercase();
        assert!(hashes.contains(&recovery_hash(&written)) && codes[0].len() == 19, "{codes:?}");
    }
}
