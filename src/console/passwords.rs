//! Passwords are hashed and compared beside the flow, one at a time: Argon2 takes its time and 19 MiB.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use homepay_domain::household::Secret;
use std::sync::{Arc, LazyLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How short a password may be, in characters.
pub(crate) const PASSWORD_CHARS_MIN: usize = 12;

/// How long a password may be, in bytes.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// Compared with where there is no such member, so that this takes as long: the hash of nothing that
/// anybody knows.
static NOBODYS: LazyLock<Option<Secret>> = LazyLock::new(|| {
    let unknown: [u8; 32] = rand::random();
    let hash = Argon2::default().hash_password(&unknown).ok()?;
    Some(Secret::new(&hash.to_string()))
});

/// The one place at which passwords are worked on.
#[derive(Clone)]
pub(crate) struct PasswordDesk(Arc<Semaphore>);

impl Default for PasswordDesk {
    fn default() -> PasswordDesk {
        PasswordDesk(Arc::new(Semaphore::new(1)))
    }
}

impl PasswordDesk {
    /// Waits for the desk. What was refused meanwhile is looked at once it is one's own.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        self.0.clone().acquire_owned().await.ok()
    }
}

/// The hash of a password, as a PHC string. It is made with the desk's permit.
pub(crate) async fn hashed(_desk: &OwnedSemaphorePermit, password: String) -> Option<Secret> {
    let made = tokio::task::spawn_blocking(move || {
        let hash = Argon2::default().hash_password(password.as_bytes()).ok()?;
        Some(Secret::new(&hash.to_string()))
    });
    made.await.ok().flatten()
}

/// Whether a password is right. Where there is nobody it is wrong, and takes as long.
pub(crate) async fn is_right(
    _desk: &OwnedSemaphorePermit,
    hash: Option<Secret>,
    password: String,
) -> bool {
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let compared = tokio::task::spawn_blocking(move || {
        let is_known = hash.is_some();
        let Some(hash) = hash.or_else(|| NOBODYS.clone()) else { return false };
        let is_it = PasswordHash::new(hash.expose()).is_ok_and(|hash| {
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
        });
        is_it && is_known
    });
    compared.await.unwrap_or(false)
}

/// Whether it may become a password: the words that say why not, and how long it is.
pub(crate) fn fault_of(password: &str) -> Option<(&'static str, usize)> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        return Some(("password-short", chars));
    }
    (password.len() > PASSWORD_BYTES_MAX).then_some(("password-long", chars))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_argon2id_and_only_its_password_fits() {
        let desk = PasswordDesk::default().turn().await.expect("the desk");
        let hash = hashed(&desk, "correct horse battery".to_owned()).await.expect("a hash");
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        assert!(is_right(&desk, Some(hash.clone()), "correct horse battery".to_owned()).await);
        assert!(!is_right(&desk, Some(hash), "correct horse".to_owned()).await);
        assert!(!is_right(&desk, None, String::new()).await);
    }

    #[test]
    fn a_password_has_twelve_characters_in_any_script() {
        assert_eq!(fault_of("早上好早上好早上好早上好"), None);
        assert_eq!(fault_of("short"), Some(("password-short", 5)));
        assert!(fault_of(&"x".repeat(1_025)).is_some());
    }
}
