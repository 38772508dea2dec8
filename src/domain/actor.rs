//! Who acted.

use crate::access::SessionId;
use crate::ids::Name;
use serde::{Deserialize, Serialize};

/// Who brought about what the journal tells; what nobody asked for is the system's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever signed with an owner's key.
    OwnerKey {
        key: Name,
        member: Name,
    },
    /// A user of this machine, at the control socket.
    LocalUser {
        uid: u32,
    },
    /// A device that orders or answers.
    Speaker {
        device: Name,
        /// Who spoke, where that is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<Name>,
    },
    /// A member who is signed in at the console.
    Member {
        member: Name,
        /// The session's public id: the hash of its token.
        session: SessionId,
    },
    /// An entity of Home Assistant.
    HomeAssistant,
    System,
}
