//! What the edge remembers of conversations: which are over, and what XiaoAI heard last. Lost with a
//! restart, on purpose: what was begun before it must be said again.

use super::{SESSION_S, SPEECH_FRESH_S};
use homepay_domain::ids::Name;
use homepay_domain::time::UnixMs;
use std::collections::{BTreeMap, VecDeque};

/// Sessions that are remembered; the oldest is forgotten first.
const SESSIONS_MAX: usize = 256;

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// It ended, or nothing was heard of it for [`SESSION_S`].
    Over,
    /// It goes on, as far as is known.
    Goes,
    /// It was not heard to begin.
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub struct SessionMemory {
    /// Session, when it gave a last sign of life (`None`: it ended).
    sessions: VecDeque<(String, Option<UnixMs>)>,
    /// By device: what was said last and has not been used, and when it was told.
    words: BTreeMap<Name, (String, UnixMs)>,
    /// By device: the time of what was taken last.
    taken: BTreeMap<Name, UnixMs>,
}

impl SessionMemory {
    /// A session gives a sign of life.
    pub fn goes_on(&mut self, session: &str, now: UnixMs) {
        self.put(session, Some(now));
    }

    pub fn ended(&mut self, session: &str) {
        self.put(session, None);
    }

    fn put(&mut self, session: &str, sign: Option<UnixMs>) {
        self.sessions.retain(|(known, _)| known != session);
        self.sessions.push_back((session.to_owned(), sign));
        if self.sessions.len() > SESSIONS_MAX {
            self.sessions.pop_front();
        }
    }

    /// How a session stands. One that was not heard to begin is not known: it may be a copy of what
    /// was said before the hub listened.
    pub fn session(&self, session: &str, now: UnixMs) -> Session {
        match self.sessions.iter().find(|(known, _)| known == session) {
            None => Session::Unknown,
            Some((_, None)) => Session::Over,
            Some((_, Some(last))) if now.since_ms(*last) > SESSION_S * 1_000 => Session::Over,
            Some((_, Some(_))) => Session::Goes,
        }
    }

    /// Keeps what a device heard.
    pub fn keep_words(&mut self, device: &Name, words: String, now: UnixMs) {
        self.words.insert(device.clone(), (words, now));
    }

    /// What a device heard last. Words are used once: a later time without words of its own has none.
    pub fn take_words(&mut self, device: &Name, now: UnixMs) -> Option<String> {
        let (words, told_at) = self.words.remove(device)?;
        (now.since_ms(told_at).abs() <= SPEECH_FRESH_S * 1_000).then_some(words)
    }

    /// True when something newer than all before was said to a device at that time; remembered.
    pub fn is_newer(&mut self, device: &Name, at: UnixMs) -> bool {
        let newer = self.taken.get(device).is_none_or(|last| at > *last);
        if newer {
            self.taken.insert(device.clone(), at);
        }
        newer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_word_or_by_silence_and_memory_is_bounded() {
        let mut ears = SessionMemory::default();
        let start = UnixMs(1_000_000);
        assert_eq!(ears.session("a", start), Session::Unknown, "it began before we listened");
        ears.goes_on("a", start);
        assert_eq!(ears.session("a", start.plus_s(SESSION_S)), Session::Goes);
        assert_eq!(ears.session("a", start.plus_s(SESSION_S + 1)), Session::Over);
        ears.goes_on("a", start.plus_s(20));
        assert_eq!(ears.session("a", start.plus_s(45)), Session::Goes);
        ears.ended("a");
        assert_eq!(ears.session("a", start.plus_s(45)), Session::Over);
        for number in 0..2 * SESSIONS_MAX {
            ears.goes_on(&number.to_string(), start);
        }
        assert_eq!(ears.sessions.len(), SESSIONS_MAX);
    }
}
