//! What was begun and is to be ended by the same browser soon: kept in memory, used once.

use homepay_domain::time::UnixMs;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homepay_domain::household::Secret;
use homepay_domain::ids::Name;

/// How long something may be ended after it was begun, in seconds.
pub(crate) const PENDING_S: i64 = 120;

/// How many such things wait at a time; the oldest makes room.
const PENDING_MAX: usize = 256;

/// What waits for its end.
#[derive(Clone)]
pub(crate) enum Pending {
    /// The password was right, by this hash: a code is to come.
    SecondFactor { member: Name, hash: Secret },
    /// An app is shown this secret, in base 32: its first code is to come.
    TotpSecret { member: Name, secret: Secret },
    /// A passkey signed that it is this member who acts: good for one form.
    Proven { member: Name },
    /// A passkey is asked for.
    #[cfg(feature = "passkeys")]
    Passkey(Box<crate::passkeys::Asked>),
}

/// The things that wait, by tokens that nobody can guess.
#[derive(Clone, Default)]
pub(crate) struct PendingDesk(Arc<Mutex<BTreeMap<String, (UnixMs, Pending)>>>);

impl PendingDesk {
    /// Begins something; the token ends it.
    pub fn begin(&self, now: UnixMs, what: Pending) -> String {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (since, _)| is_fresh(*since, now));
        if waiting.len() >= PENDING_MAX {
            let oldest = waiting.iter().min_by_key(|(_, (since, _))| *since);
            let oldest = oldest.map(|(token, _)| token.clone()).unwrap_or_default();
            waiting.remove(&oldest);
        }
        waiting.insert(token.clone(), (now, what));
        token
    }

    /// What the token ends, once, and not too late.
    pub fn end(&self, now: UnixMs, token: &str) -> Option<Pending> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, what) = waiting.remove(token)?;
        is_fresh(since, now).then_some(what)
    }
}

fn is_fresh(since: UnixMs, now: UnixMs) -> bool {
    (0..=PENDING_S * 1_000).contains(&now.since_ms(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_is_ended_once_and_within_two_minutes() {
        let desk = PendingDesk::default();
        let member = Name::parse("mum").expect("an id");
        let begin = |at| desk.begin(at, Pending::Proven { member: member.clone() });
        let token = begin(UnixMs(0));
        assert!(desk.end(UnixMs(1), &token).is_some());
        assert!(desk.end(UnixMs(1), &token).is_none());
        let token = begin(UnixMs(0));
        assert!(desk.end(UnixMs(0).plus_s(PENDING_S + 1), &token).is_none());
        let first = begin(UnixMs(0));
        (0..PENDING_MAX).for_each(|_| drop(begin(UnixMs(1))));
        assert!(desk.end(UnixMs(2), &first).is_none());
    }
}
