//! The replay window of a signer: which (epoch, seq) pairs were heard.

use super::household::Secret;
use super::ids::Name;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Hex digits of a key's hash that tell it from another one of the same name.
const KEY_DIGITS: usize = 8;

/// What a replay window is kept under: who signs (`device:<id>` or `owner:<id>`), with which key. A key
/// that is made anew begins a new window, also under an old name.
#[must_use]
pub fn window_name(signer: &str, key: &Name, secret: &Secret) -> String {
    let digest = hex::encode(Sha256::digest(secret.expose()));
    format!("{signer}/{key}#{}", &digest[..KEY_DIGITS])
}

/// Remembers the 64 newest sequence numbers of the newest epoch of a signer's key. It is moved only after
/// the signature held, and is stored with the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayWindow {
    /// The newest epoch heard.
    pub epoch: u64,
    /// The greatest sequence number heard in it.
    pub top: u64,
    /// Bit n = `top - n` was heard.
    pub bits: u64,
}

/// How many sequence numbers the window remembers.
pub const REPLAY_WINDOW_LEN: u64 = 64;

impl ReplayWindow {
    /// The window after hearing (epoch, seq), or `None` when it was heard before or is too old to
    /// tell.
    #[must_use]
    pub fn advance(self, epoch: u64, seq: u64) -> Option<ReplayWindow> {
        if self.bits == 0 || epoch > self.epoch {
            return Some(ReplayWindow { epoch, top: seq, bits: 1 });
        }
        if epoch < self.epoch {
            return None;
        }
        if seq > self.top {
            let by = seq - self.top;
            let kept = if by >= REPLAY_WINDOW_LEN { 0 } else { self.bits << by };
            return Some(ReplayWindow { epoch, top: seq, bits: kept | 1 });
        }
        let back = self.top - seq;
        if back >= REPLAY_WINDOW_LEN || self.bits & (1 << back) != 0 {
            return None;
        }
        Some(ReplayWindow { bits: self.bits | (1 << back), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_device_key_or_secret_has_another_window() {
        let name = |text| Name::parse(text).expect("an id");
        let (k1, k2) = (name("k1"), name("k2"));
        let (one, two) = (Secret::new("base64:AAAA"), Secret::new("base64:BBBB"));
        let windows = [
            window_name("device:kitchen", &k1, &one),
            window_name("device:kids", &k1, &one),
            window_name("device:kitchen", &k2, &one),
            window_name("device:kitchen", &k1, &two),
        ];
        let different: std::collections::BTreeSet<_> = windows.iter().collect();
        assert_eq!(different.len(), windows.len(), "{windows:?}");
        assert_eq!(windows[0], window_name("device:kitchen", &k1, &one));
    }

    #[test]
    fn each_pair_is_heard_once() {
        let mut w = ReplayWindow::default();
        let steps = [
            (3, 812, true),
            (3, 812, false),
            (3, 810, true),
            (3, 810, false),
            (3, 900, true),
            (3, 837, true),
            (3, 836, false),
            (3, 899, true),
            (2, 999, false),
            (4, 0, true),
            (4, 0, false),
            (3, 901, false),
            (4, u64::MAX, true),
            (4, u64::MAX, false),
        ];
        for (epoch, seq, want) in steps {
            let next = w.advance(epoch, seq);
            assert_eq!(next.is_some(), want, "{epoch}/{seq}");
            w = next.unwrap_or(w);
        }
    }
}
