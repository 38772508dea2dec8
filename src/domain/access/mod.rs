//! Who may sign in at the console: accounts, sessions, and how often a password was wrong.
//!
//! Another way to prove who one is (a code, a passkey, an API key) is a field of [`Account`], a variant
//! of [`AccessRequest`] and a function of `decide/access.rs`; the tables and their check need nothing new.

mod change;

pub use change::AccessChange;

use super::household::Secret;
use super::ids::Name;
use super::shared_map::SharedMap;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Wrong tries within [`TRY_SPAN_S`] that are too many.
pub const TRIES_MAX: usize = 5;

/// How long a wrong try counts, in seconds.
pub const TRY_SPAN_S: i64 = 900;

/// How long a session lasts from its sign-in, in seconds: 90 days.
pub const BROWSER_SESSION_S: i64 = 90 * 86_400;

/// How many sessions a member has at most; the oldest makes room.
pub const BROWSER_SESSIONS_MAX: usize = 20;

/// What wrong setup codes are counted under; members' ids are in lower case.
pub const SETUP_SUBJECT: &str = "SETUP";

/// SHA-256 of a session's token, as hex: the token itself is kept by the browser alone.
pub type SessionId = Arc<str>;

/// How a member proves who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The password's Argon2id hash, as a PHC string.
    pub password: Secret,
    pub password_set_at: UnixMs,
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserSession {
    pub member: Name,
    /// What the browser calls itself.
    pub agent: String,
    pub began_at: UnixMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMs>,
}

impl BrowserSession {
    /// True while it may be used.
    #[must_use]
    pub fn is_live(&self, at: UnixMs) -> bool {
        self.ended_at.is_none() && at < self.began_at.plus_s(BROWSER_SESSION_S)
    }
}

/// A session to be: its token was made at the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub id: SessionId,
    /// What the browser calls itself, clipped.
    pub agent: String,
}

/// What is asked of the accounts. Passwords and codes were compared at the edge, beside the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessRequest {
    /// The setup code was right: an owner gets an account, and is signed in.
    SetUp {
        /// Which owner; none = the only one, or one to be made.
        member: Option<Name>,
        /// What an owner to be made is called.
        name: String,
        password: Secret,
        session: NewSession,
        /// True where the code was asked for by `homepay owner reset`.
        is_reset: bool,
    },
    /// A member's password was right.
    SignIn {
        member: Name,
        /// The hash that it was compared with.
        proven: Secret,
        session: NewSession,
    },
    /// A password or a setup code was wrong.
    Tried { subject: Arc<str> },
    /// A session is over, by its own browser or by another one of the member's.
    SignOut { session: SessionId },
    /// Somebody at the hub's machine asked for a new setup code.
    OfferSetup,
}

/// Accounts, sessions and wrong tries of a home.
#[derive(Clone, Debug, Default)]
pub struct AccessBook {
    pub accounts: SharedMap<Name, Account>,
    /// Those that are not over.
    pub sessions: SharedMap<SessionId, BrowserSession>,
    /// When a password or code was wrong lately, by the member or [`SETUP_SUBJECT`].
    pub tries: SharedMap<Arc<str>, Vec<UnixMs>>,
}

impl AccessBook {
    /// Moves the book by one change.
    pub fn apply(&mut self, change: &AccessChange) {
        match change {
            AccessChange::Account { member, account, .. } => {
                if let Some(account) = account {
                    self.accounts.insert(member.clone(), (**account).clone());
                }
            }
            AccessChange::Session { id, session } => {
                if session.ended_at.is_some() {
                    self.sessions.remove(&**id);
                } else {
                    self.sessions.insert(id.clone(), session.clone());
                }
            }
            AccessChange::Tries { subject, at } => {
                if at.is_empty() {
                    self.tries.remove(&**subject);
                } else {
                    self.tries.insert(subject.clone(), at.clone());
                }
            }
            AccessChange::SetupOffered { .. } => {}
        }
    }

    /// A session that may be used, by its token's hash.
    #[must_use]
    pub fn live(&self, id: &str, at: UnixMs) -> Option<&BrowserSession> {
        self.sessions.get(id).filter(|session| session.is_live(at))
    }

    /// Wrong tries that still count.
    #[must_use]
    pub fn recent_tries(&self, subject: &str, at: UnixMs) -> Vec<UnixMs> {
        let since = at.plus_s(-TRY_SPAN_S);
        let tries = self.tries.get(subject).into_iter().flatten();
        tries.filter(|tried| **tried > since).copied().collect()
    }

    /// Until when nobody may try again, where there were too many wrong tries.
    #[must_use]
    pub fn locked_until(&self, subject: &str, at: UnixMs) -> Option<UnixMs> {
        let tries = self.recent_tries(subject, at);
        let first = tries.len().checked_sub(TRIES_MAX)?;
        tries.get(first).map(|tried| tried.plus_s(TRY_SPAN_S))
    }
}
