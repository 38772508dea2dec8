//! When a device was heard last, whether it is there by its own word, and what was lately not
//! taken of what it said.

use super::event::DeviceStatus;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many reasons are kept of one device.
pub const NOTES_MAX: usize = 16;

/// A device that goes on as before is written down again no more often than this, in milliseconds.
pub const STEP_MS: i64 = 60_000;

/// Something of a device that was held or not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingIssue {
    /// The word for why.
    pub reason: String,
    /// Where it stood, or of which quantity it is.
    pub of: String,
    /// When it was so last.
    pub at: UnixMs,
}

/// What is known of a device besides its figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// When it was heard last, as far as written down.
    pub heard_at: UnixMs,
    /// Since when it is known to be in the household while it told no figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<UnixMs>,
    /// Whether it is there, by its own word.
    #[serde(default)]
    pub online: Option<bool>,
    /// How long it may be silent, in seconds, by its profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_s: Option<u32>,
    /// What was held or not taken, the oldest first.
    #[serde(default)]
    pub notes: VecDeque<ReadingIssue>,
}

impl Sighting {
    /// The sighting after a message, or `None` where there is nothing new to write down.
    ///
    /// A message that the broker kept from earlier is no proof that the device is there now; its
    /// own word on whether it is stays true until it says otherwise, and is taken.
    #[must_use]
    pub fn after(&self, sight: &DeviceStatus, at: UnixMs, retained: bool) -> Option<Sighting> {
        let mut next = self.clone();
        let mut new = false;
        if !retained && at.since_ms(self.heard_at) >= STEP_MS {
            next.heard_at = at;
            new = true;
        }
        if let Some(online) = sight.online {
            new |= self.online != Some(online);
            next.online = Some(online);
        } else if !retained && self.online == Some(false) {
            // Who speaks is there.
            next.online = Some(true);
            new = true;
        }
        if sight.silence_s.is_some() && next.silence_s != sight.silence_s {
            next.silence_s = sight.silence_s;
            new = true;
        }
        for (reason, of) in &sight.reasons {
            let known = next.notes.iter().position(|n| n.reason == *reason && n.of == *of);
            let lately = known.is_some_and(|i| at.since_ms(next.notes[i].at) < STEP_MS);
            if lately {
                continue;
            }
            if let Some(index) = known {
                next.notes.remove(index);
            }
            next.notes.push_back(ReadingIssue { reason: reason.clone(), of: of.clone(), at });
            if next.notes.len() > NOTES_MAX {
                next.notes.pop_front();
            }
            new = true;
        }
        if new && !retained {
            next.heard_at = next.heard_at.max(at);
        }
        new.then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(online: Option<bool>, reasons: &[&str]) -> DeviceStatus {
        let reasons = reasons.iter().map(|r| ((*r).to_owned(), "$".to_owned())).collect();
        DeviceStatus { online, reasons, ..DeviceStatus::default() }
    }

    #[test]
    fn only_what_is_new_is_written_down() {
        let at = |s: i64| UnixMs(1_000_000_000 + s * 1_000);
        let first = Sighting::default().after(&sight(None, &[]), at(0), false).expect("new");
        assert_eq!(first.after(&sight(None, &[]), at(59), false), None);
        let off = first.after(&sight(Some(false), &[]), at(1), true).expect("a last will");
        assert_eq!((off.online, off.heard_at), (Some(false), at(0)));
        let back = off.after(&sight(None, &["null"]), at(2), false).expect("who speaks is there");
        assert_eq!((back.online, back.notes.len()), (Some(true), 1));
        assert_eq!(back.after(&sight(None, &["null"]), at(30), false), None);
        let mut many = back;
        for index in 0..100 {
            let word = format!("reason-{index}");
            many = many.after(&sight(None, &[&word]), at(100 + index), false).expect("new");
        }
        assert_eq!(many.notes.len(), NOTES_MAX);
    }
}
