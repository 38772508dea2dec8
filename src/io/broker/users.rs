//! Who may connect, and what each may publish and hear.

use crate::topic;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use homepay_domain::ids::Name;
use sha2::Sha256;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// A salt's length in bytes.
const SALT_BYTES: usize = 16;
/// A tag's length in bytes.
const TAG_BYTES: usize = 32;
/// How a verifier's text begins.
const VERIFIER_SCHEME: &str = "hmac-sha256";

/// What is kept of a password: enough to check it, not to say it. The passwords are the hub's
/// own, 128 random bits, so one round of HMAC-SHA256 is as good as a slow hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    salt: [u8; SALT_BYTES],
    tag: [u8; TAG_BYTES],
}

/// A text that is no verifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a password verifier: hmac-sha256$<salt>$<tag>")]
pub struct VerifierError;

impl Verifier {
    /// Makes one. The salt is random, from the caller.
    pub fn new(password: &[u8], salt: [u8; SALT_BYTES]) -> Verifier {
        Verifier { salt, tag: tag(password, &salt) }
    }

    /// True for the password it was made of, in a time that does not depend on it.
    pub fn accepts(&self, password: &[u8]) -> bool {
        tag(password, &self.salt).ct_eq(&self.tag).into()
    }

    /// The form in which it is stored: `hmac-sha256$<salt>$<tag>`, both in base64.
    pub fn to_text(&self) -> String {
        let salt = STANDARD_NO_PAD.encode(self.salt);
        let tag = STANDARD_NO_PAD.encode(self.tag);
        format!("{VERIFIER_SCHEME}${salt}${tag}")
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`VerifierError`] for anything else.
    pub fn parse(text: &str) -> Result<Verifier, VerifierError> {
        let mut parts = text.split('$');
        let (Some(VERIFIER_SCHEME), Some(salt), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(VerifierError);
        };
        Ok(Verifier { salt: bytes(salt)?, tag: bytes(tag)? })
    }

    /// Accepts nothing that can be found; checked for unknown users, so that they take as long.
    pub(crate) fn of_nobody() -> Verifier {
        Verifier { salt: [0; SALT_BYTES], tag: [0; TAG_BYTES] }
    }
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], VerifierError> {
    let decoded = STANDARD_NO_PAD.decode(text).map_err(|_| VerifierError)?;
    decoded.try_into().map_err(|_| VerifierError)
}

fn tag(password: &[u8], salt: &[u8; SALT_BYTES]) -> [u8; TAG_BYTES] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(salt).expect("HMAC takes keys of every length");
    mac.update(password);
    mac.finalize().into_bytes().into()
}

/// One user: a password and two lists of filters. What is not listed is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    verifier: Verifier,
    publish: Vec<String>,
    subscribe: Vec<String>,
}

impl User {
    /// A user who may do nothing yet.
    pub fn new(verifier: Verifier) -> User {
        User { verifier, publish: Vec::new(), subscribe: Vec::new() }
    }

    /// A device: orders, confirms and reports readings as itself, hears what is said to it.
    pub fn device(base: &str, device: &Name, verifier: Verifier) -> User {
        let own = format!("{base}/device/{}", device.as_str());
        ["order", "confirm", "reading"]
            .iter()
            .fold(User::new(verifier), |user, verb| user.may_publish(format!("{own}/{verb}")))
            .may_subscribe(format!("{own}/#"))
    }

    /// The owner: makes requests, lowers limits, hears everything of the hub's.
    pub fn owner(base: &str, verifier: Verifier) -> User {
        User::new(verifier)
            .may_publish(format!("{base}/request/#"))
            .may_publish(format!("{base}/dev/+/+/set"))
            .may_subscribe(format!("{base}/#"))
    }

    /// Adds a filter of topics to publish on, for devices with topics of their own.
    #[must_use]
    pub fn may_publish(mut self, filter: String) -> User {
        self.publish.push(filter);
        self
    }

    /// Adds a filter of topics to hear.
    #[must_use]
    pub fn may_subscribe(mut self, filter: String) -> User {
        self.subscribe.push(filter);
        self
    }
}

/// All users, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users(BTreeMap<String, User>);

impl Users {
    /// Adds or replaces a user.
    pub fn insert(&mut self, name: impl Into<String>, user: User) {
        self.0.insert(name.into(), user);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&User> {
        self.0.get(name)
    }

    pub(crate) fn accepts(&self, name: &str, password: &[u8]) -> bool {
        match self.0.get(name) {
            Some(user) => user.verifier.accepts(password),
            None => {
                let _same_time = Verifier::of_nobody().accepts(password);
                false
            }
        }
    }

    pub(crate) fn may_publish(&self, name: &str, topic: &str) -> bool {
        let rules = self.0.get(name).map_or(&[][..], |user| &user.publish);
        topic::is_topic(topic) && rules.iter().any(|rule| topic::matches(rule, topic))
    }

    pub(crate) fn may_subscribe(&self, name: &str, filter: &str) -> bool {
        let rules = self.0.get(name).map_or(&[][..], |user| &user.subscribe);
        topic::is_filter(filter) && rules.iter().any(|rule| topic::covers(rule, filter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Users {
        let mut users = Users::default();
        let name = Name::parse("washer").expect("an id");
        let device = User::device("homepay", &name, Verifier::new(b"secret", [7; 16]))
            .may_publish("zigbee2mqtt/washer".to_owned());
        users.insert("washer", device);
        users.insert("owner", User::owner("homepay", Verifier::new(b"own", [8; 16])));
        users
    }

    #[test]
    fn passwords_are_checked_and_kept_as_text() {
        let verifier = Verifier::new(b"secret", [7; 16]);
        assert!(verifier.accepts(b"secret") && !verifier.accepts(b"Secret"));
        assert_eq!(Verifier::parse(&verifier.to_text()), Ok(verifier.clone()));
        for bad in ["", "secret", "hmac-sha256$a$b", &format!("{}$", verifier.to_text())] {
            assert_eq!(Verifier::parse(bad), Err(VerifierError));
        }
        assert!(users().accepts("washer", b"secret"));
        assert!(!users().accepts("washer", b"own") && !users().accepts("", b""));
        assert!(!Verifier::of_nobody().accepts(b""));
    }

    #[test]
    fn a_device_speaks_and_hears_only_as_itself() {
        let users = users();
        for (topic, yes) in [
            ("homepay/device/washer/order", true),
            ("homepay/device/washer/reading", true),
            ("homepay/device/washer/reply", false),
            ("homepay/device/kettle/order", false),
            ("homepay/request/freeze", false),
            ("zigbee2mqtt/washer", true),
            ("zigbee2mqtt/washer/set", false),
        ] {
            assert_eq!(users.may_publish("washer", topic), yes, "{topic}");
        }
        for (filter, yes) in [
            ("homepay/device/washer/#", true),
            ("homepay/device/washer/reply", true),
            ("homepay/device/+/reply", false),
            ("#", false),
            ("$share/g/homepay/device/washer/reply", false),
        ] {
            assert_eq!(users.may_subscribe("washer", filter), yes, "{filter}");
        }
        assert!(users.may_publish("owner", "homepay/request/limit/set"));
        assert!(!users.may_publish("owner", "homepay/device/washer/order"));
        assert!(users.may_publish("owner", "homepay/dev/washer/limit_daily/set"));
        assert!(!users.may_publish("owner", "homepay/dev/washer/limit_daily"));
        assert!(!users.may_publish("washer", "homepay/dev/washer/limit_daily/set"));
        assert!(users.may_subscribe("owner", "homepay/#"));
        assert!(!users.may_subscribe("stranger", "homepay/device/washer/reply"));
    }
}
