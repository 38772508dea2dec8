//! Messages that come again and again, byte for byte: what they say in words is read a few times, and
//! not at every time. Whoever recorded a long sentence could keep the hub reading.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many messages are remembered; the oldest is forgotten first.
const MESSAGES_MAX: usize = 4_096;

/// So often the words of one message are read: a broker may well hand it over again.
const READ_MAX: u8 = 3;

/// How often each of the newest messages came, by their digests.
#[derive(Debug, Default)]
pub struct Repeats {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    by_digest: BTreeMap<Arc<str>, u8>,
    order: VecDeque<Arc<str>>,
}

impl Repeats {
    /// Counts a message. True where its words need not be read any more: it was decided long since.
    pub fn is_worn_out(&self, digest: &Arc<str>) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { by_digest, order } = &mut *counts;
        if let Some(count) = by_digest.get_mut(digest) {
            *count = count.saturating_add(1);
            return *count > READ_MAX;
        }
        by_digest.insert(digest.clone(), 1);
        order.push_back(digest.clone());
        if order.len() > MESSAGES_MAX
            && let Some(oldest) = order.pop_front()
        {
            by_digest.remove(&oldest);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_of_the_same_is_worn_out_and_old_ones_are_forgotten() {
        let repeats = Repeats::default();
        let digest: Arc<str> = "same".into();
        let came: Vec<bool> = (0..5).map(|_| repeats.is_worn_out(&digest)).collect();
        assert_eq!(came, [false, false, false, true, true]);
        for n in 0..MESSAGES_MAX {
            assert!(!repeats.is_worn_out(&n.to_string().into()));
        }
        assert!(!repeats.is_worn_out(&digest), "forgotten");
        let counts = repeats.counts.lock().expect("whole");
        assert_eq!((counts.by_digest.len(), counts.order.len()), (MESSAGES_MAX, MESSAGES_MAX));
    }
}
