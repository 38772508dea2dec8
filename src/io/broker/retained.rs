//! What each user has the broker keep: bounded, so that one of them cannot fill the memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of messages that the broker keeps for one user.
const BYTES_OF_USER_MAX: usize = 16 * 1024 * 1024;

/// Topics on which it keeps one.
const TOPICS_OF_USER_MAX: usize = 4_096;

#[derive(Debug, Default)]
struct OwnerShare {
    topics: usize,
    bytes: usize,
}

/// Who had what kept since the start. What was kept before counts for nobody.
#[derive(Debug, Default)]
pub(crate) struct RetainedOwners(Mutex<RetainedIndex>);

#[derive(Debug, Default)]
struct RetainedIndex {
    by_topic: BTreeMap<Arc<str>, (Arc<str>, usize)>,
    by_user: BTreeMap<Arc<str>, OwnerShare>,
}

impl RetainedOwners {
    /// Counts a message that a user wants kept; no bytes take back what is there. False where the
    /// user has too much kept already: then nothing is counted.
    pub(crate) fn admit(&self, user: &Arc<str>, topic: &Arc<str>, bytes: usize) -> bool {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let RetainedIndex { by_topic, by_user } = &mut *books;
        let before = by_topic.get(topic).cloned();
        if let Some((of, was)) = &before
            && let Some(share) = by_user.get_mut(of)
        {
            share.topics = share.topics.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(*was);
        }
        let share = by_user.entry(user.clone()).or_default();
        let fits = share.topics < TOPICS_OF_USER_MAX && share.bytes + bytes <= BYTES_OF_USER_MAX;
        let now = match (bytes, fits) {
            (0, _) => None,
            (_, true) => Some((user.clone(), bytes)),
            // What is there stays, with whoever had it kept.
            (_, false) => before,
        };
        match &now {
            Some((of, bytes)) => {
                let share = by_user.entry(of.clone()).or_default();
                share.topics += 1;
                share.bytes += bytes;
            }
            None => {
                by_topic.remove(topic);
            }
        }
        by_topic.extend(now.map(|now| (topic.clone(), now)));
        bytes == 0 || fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_so_much_kept_and_no_more_and_gets_room_back() {
        let kept = RetainedOwners::default();
        let [bridge, plug]: [Arc<str>; 2] = ["bridge".into(), "plug".into()];
        let topic = |n: usize| -> Arc<str> { format!("zigbee2mqtt/{n}").into() };
        let large = BYTES_OF_USER_MAX / 4;
        for n in 0..4 {
            assert!(kept.admit(&bridge, &topic(n), large), "{n}");
        }
        assert!(!kept.admit(&bridge, &topic(4), 1));
        assert!(kept.admit(&plug, &"plug/state".into(), 1), "another user has a share of its own");
        // The same topic again counts once, and what is taken back makes room.
        assert!(kept.admit(&bridge, &topic(0), large));
        assert!(kept.admit(&bridge, &topic(0), 0));
        assert!(kept.admit(&bridge, &topic(4), large));
        assert!(!kept.admit(&bridge, &topic(5), 1));
        assert!(kept.admit(&bridge, &topic(1), 0));
        for n in 10..10 + TOPICS_OF_USER_MAX - 3 {
            assert!(kept.admit(&bridge, &topic(n), 1), "{n}");
        }
        assert!(!kept.admit(&bridge, &topic(5), 1), "topics are bounded, too");
    }
}
